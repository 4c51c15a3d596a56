package rtsp

import (
	"context"
	"path"
	"time"

	"github.com/bluenviron/gortsplib/v5/pkg/base"

	"airloom/output"
	"airloom/output/link"
)

// ID is the last element of the path that the address publishes at. It may be a secret.
func (d *Dialer) ID() string { return path.Base(d.target.url.Path) }

// Try goes the way of Open, step by step, for another path than the configured one,
// and says how long each step took. What the server lets announce is let go of at
// once, before it is recorded.
func (d *Dialer) Try(ctx context.Context, how output.Trial) []output.Step {
	t := d.way.Try(ctx, how.Upto, d.target.tls, d.tls, "rtsp")
	defer t.Close()
	as, w := d.as(how.ID), (*wire)(nil)
	t.Step(output.StageHandshake, func() (string, error) {
		w = newWire(t.Conn, t.TCP, as)
		r, err := w.ask(base.Options, as.url, nil, nil)
		if err == nil && (r.StatusCode == base.StatusUnauthorized || r.StatusCode == base.StatusForbidden) {
			err = as.refused(base.Options, r)
		}
		return "", err
	})
	announced := false
	t.Step(output.StagePublish, func() (string, error) {
		err := announce(w, how)
		announced = err == nil
		return "", err
	})
	if announced {
		_ = t.TCP.SetDeadline(time.Now().Add(link.LeaveWithin))
		if w.say(base.Teardown, as.url, nil, nil) == nil {
			_, _ = w.answer()
		}
	}
	return t.Steps
}

// announce offers the stream.
func announce(w *wire, how output.Trial) error {
	s, err := newSession(w, how.Info)
	if err != nil {
		return err
	}
	sdp, err := s.tracks.sdp()
	if err != nil {
		return &output.Fault{Kind: output.KindMedia, Err: err}
	}
	return s.accepted(base.Announce, w.target.url, base.Header{"Content-Type": {"application/sdp"}}, sdp)
}

// as is the target with another last element of its path.
func (d *Dialer) as(id string) target {
	t := d.target
	u := *t.url
	u.Path, u.RawPath = path.Join(path.Dir(u.Path), id), ""
	t.url = &u
	return t
}
