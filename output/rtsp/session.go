package rtsp

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/bluenviron/gortsplib/v5/pkg/base"
	"github.com/bluenviron/gortsplib/v5/pkg/headers"

	"airloom/output"
	"airloom/output/link"
	"airloom/playout/media"
)

const (
	reportEvery = 5 * time.Second
	mostEarly   = 25 // pictures that wait for the first sound
)

// Session is one publication.
type Session struct {
	wire   *wire
	guard  output.Guard
	tracks *tracks
	// Pictures that wait for the first sound, until they go together.
	early    []*media.Packet
	together bool

	began time.Time    // when the first packet was sent
	due   [2]time.Time // when each track's next report is
	alive atomic.Int64 // Unix nanoseconds
	words atomic.Pointer[string]
}

func newSession(w *wire, info media.StreamInfo) (*Session, error) {
	t, err := newTracks(info)
	if err != nil {
		return nil, &output.Fault{Kind: output.KindMedia, Err: err}
	}
	s := &Session{wire: w, guard: output.Guard{Info: info}, tracks: t}
	s.alive.Store(time.Now().UnixNano())
	return s, nil
}

// record leads the server from the first request to RECORD.
func (s *Session) record() error {
	w := s.wire
	u := w.target.url
	// Not every server knows OPTIONS; those that do tell here who may ask.
	if _, err := w.ask(base.Options, u, nil, nil); err != nil {
		return err
	}
	sdp, err := s.tracks.sdp()
	if err != nil {
		return &output.Fault{Kind: output.KindMedia, Err: err}
	}
	if err := s.accepted(base.Announce, u, base.Header{"Content-Type": {"application/sdp"}}, sdp); err != nil {
		return err
	}
	for k, m := range s.tracks.media {
		at, err := m.URL(u)
		if err != nil {
			return w.target.openFault(base.Setup, err)
		}
		unicast, record := headers.TransportDeliveryUnicast, headers.TransportModeRecord
		th := headers.Transport{Protocol: headers.TransportProtocolTCP, Delivery: &unicast, Mode: &record, InterleavedIDs: &[2]int{2 * k, 2*k + 1}}
		if err := s.accepted(base.Setup, at, base.Header{"Transport": th.Marshal()}, nil); err != nil {
			return err
		}
	}
	return s.accepted(base.Record, u, base.Header{"Range": {"npt=0.000-"}}, nil)
}

func (s *Session) accepted(method base.Method, u *base.URL, h base.Header, body []byte) error {
	r, err := s.wire.ask(method, u, h, body)
	if err == nil && r.StatusCode != base.StatusOK {
		err = s.wire.target.refused(method, r)
	}
	return err
}

// Progress implements output.Session.
func (s *Session) Progress() output.Progress {
	return output.Progress{Sent: s.wire.sent.Load(), Alive: time.Unix(0, s.alive.Load())}
}

// Run implements output.Session.
func (s *Session) Run(ctx context.Context, in <-chan *media.Packet) error {
	r, err := link.Talk(ctx, s.wire.tcp, s.wire.spoken, &s.alive, s.read, func(r *link.Reader) error { return s.write(ctx, in, r) })
	if err == nil {
		return r.Leave(s.wire.conn, s.wire.tcp, s.leave)
	}
	var words string
	if w := s.words.Load(); w != nil {
		words = *w
	}
	return link.Lost(err, words)
}

// read notes what the server says until the connection ends.
func (s *Session) read() error {
	for {
		m, err := s.wire.read()
		if err != nil {
			return err
		}
		a, ok := m.(*base.Response)
		if !ok {
			continue // a receiver's report
		}
		s.wire.pongs.Add(1)
		if a.StatusCode == base.StatusSessionNotFound {
			words := fmt.Sprintf("%d %s", a.StatusCode, s.wire.target.redact(a.StatusMessage))
			s.words.Store(&words)
			return errors.New(words)
		}
	}
}

// write sends every packet as it comes, until in is closed or ctx is done (nil)
// or the connection breaks.
func (s *Session) write(ctx context.Context, in <-chan *media.Packet, r *link.Reader) error {
	ping := time.NewTicker(link.PingEvery)
	defer ping.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return nil
		case <-r.Done:
			return r.Err
		case <-ping.C:
			err = s.wire.say(base.Options, s.wire.target.url, nil, nil)
		case p, ok := <-in:
			if !ok {
				return nil
			}
			err = s.send(p)
		}
		if err != nil {
			return err
		}
	}
}

func (s *Session) send(p *media.Packet) error {
	if ok, err := s.guard.Check(p); !ok {
		return err
	}
	at, ok := s.tracks.at(p)
	switch {
	case !ok:
		return nil
	case s.together:
		return s.give(p, at)
	case p.Kind == media.Video && len(s.early) < mostEarly:
		s.early = append(s.early, p)
		return nil
	}
	return s.begin(p, at)
}

// begin sends what the session begins with. Servers such as mediamtx do not look
// into reports: when each track's first packet arrives is to them how sound
// stands to picture. So the first sound follows the first picture as long after
// it as it sounds; further pictures wait for it, some tens of milliseconds.
func (s *Session) begin(p *media.Packet, at int64) error {
	s.together = true
	rest := append(s.early, p)
	s.early = nil
	if p.Kind == media.Audio {
		if err := s.give(rest[0], 0); err != nil {
			return err
		}
		time.Sleep(min(50*time.Millisecond, time.Duration(at)*time.Second/time.Duration(s.tracks.clock[media.Audio])))
		if err := s.give(p, at); err != nil {
			return err
		}
		rest = rest[1 : len(rest)-1]
	}
	for _, p := range rest {
		at, _ := s.tracks.at(p)
		if err := s.give(p, at); err != nil {
			return err
		}
	}
	return nil
}

// give writes a packet.
func (s *Session) give(p *media.Packet, at int64) error {
	now := time.Now()
	if s.began.IsZero() {
		s.began = now
	}
	b, err := s.tracks.frames(p, at)
	if err != nil {
		return &output.Fault{Kind: output.KindMedia, Err: fmt.Errorf("the %s cannot be put into RTP: %w", p.Kind, err)}
	}
	if !now.Before(s.due[p.Kind]) {
		// Before the media, so that a receiver can place its first packet.
		s.due[p.Kind] = now.Add(reportEvery)
		if _, err := s.wire.Write(s.tracks.report(p.Kind, at, s.began)); err != nil {
			return err
		}
	}
	_, err = s.wire.Write(b)
	return err
}

// leave tells the server that the publication ends.
func (s *Session) leave() error { return s.wire.say(base.Teardown, s.wire.target.url, nil, nil) }
