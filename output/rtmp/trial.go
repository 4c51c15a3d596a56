package rtmp

import (
	"context"
	"crypto/tls"
	"strings"
	"time"

	"github.com/bluenviron/gortmplib/pkg/handshake"

	"airloom/output"
	"airloom/output/link"
)

// ID is the id that the address publishes as: its key without parameters. It is
// a secret where a service has no other key.
func (d *Dialer) ID() string {
	id, _, _ := strings.Cut(d.target.key, "?")
	return id
}

// Try goes the way of Open, step by step, for another id than the configured
// one, and says how long each step took. What the server has taken is taken back
// at once, before there is any media: so nothing is left to be watched, and no
// server has time to miss what was not sent.
func (d *Dialer) Try(ctx context.Context, how output.Trial) []output.Step {
	t := d.way.Try(ctx, how.Upto, d.target.tls, d.tls, "rtmp")
	defer t.Close()
	as, w := d.as(how.ID), (*wire)(nil)
	t.Step(output.StageHandshake, func() (string, error) {
		w = newWire(t.Conn, t.TCP)
		if _, _, err := handshake.DoClient(w.count, false, false); err != nil {
			return "", as.target.openFault(stepHandshake, err)
		}
		return "", nil
	})
	t.Step(output.StageApp, func() (string, error) { return as.target.app, as.connect(w) })
	taken := false
	t.Step(output.StagePublish, func() (string, error) {
		if d.prepare != nil {
			query, err := d.prepare(ctx)
			if err != nil {
				return "", err
			}
			as = &Dialer{target: as.target.with(query)}
			_ = t.TCP.SetDeadline(time.Now().Add(link.OpenWithin))
		}
		stream, err := as.create(w)
		if err == nil {
			err = as.start(w, stream)
		}
		taken = err == nil
		return "", err
	})
	if taken {
		w.takeBack(as.target.key)
	}
	return t.Steps
}

// as is a dialer for another id at the same place.
func (d *Dialer) as(id string) *Dialer {
	t := d.target
	if _, query, ok := strings.Cut(t.key, "?"); ok {
		id += "?" + query
	}
	t.key, t.own = id, d.target.key
	return &Dialer{target: t}
}

// takeBack ends a publication that nothing was sent for, and waits until the server
// has read that.
func (w *wire) takeBack(key string) {
	_ = w.tcp.SetDeadline(time.Now().Add(link.LeaveWithin))
	if w.unpublish(key) != nil {
		return
	}
	if c, ok := w.conn.(*tls.Conn); ok {
		_ = c.CloseWrite()
	}
	_ = w.tcp.CloseWrite()
	for {
		if _, err := w.read(); err != nil {
			return
		}
	}
}
