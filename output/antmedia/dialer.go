package antmedia

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"time"

	"airloom/output"
	"airloom/output/rtmp"
	"airloom/playout/media"
)

const (
	// patience is how long a connect waits for the API where it can do without:
	// so a server that is back is published to within a second though its API hangs.
	patience = 400 * time.Millisecond
	// hasty is that for an API that has hung before.
	hasty = 50 * time.Millisecond
	// askAgain is how soon the API is asked again of an id that somebody holds.
	askAgain = 4 * time.Second
	// takeAgain is how soon an id is taken over again: two who may both do that would
	// else throw each other off several times a second.
	takeAgain = time.Minute
	// A server that is closing the last session is asked again this often, for this long.
	insistEach = 200 * time.Millisecond
	insist     = 2 * time.Second
)

// Options say how a Dialer uses the API.
type Options struct {
	Client     *Client
	Credential Credential
	InURL      bool // a credential stands in the URL
	Create     bool // a broadcast that the server does not know is made
	Takeover   bool // whoever holds the id is stopped
	Log        *slog.Logger
}

// Dialer makes sessions with an Ant Media Server by RTMP, with the API's help as
// far as there is any.
type Dialer struct {
	*rtmp.Dialer
	Options
	opened chan struct{} // receives a value when a session has begun

	mu       sync.Mutex
	past     Past
	live     bool  // the session of past is under way
	slow     bool  // the API hung when it was last asked
	noToken  error // why the present connect has no credential
	notMade  error
	stranger Answer        // the last that told of one who holds the id
	took     time.Time     // when somebody was last thrown off
	refused  time.Time     // since the last session: the first refusal without a reason
	stopped  time.Time     // likewise, when the server last stopped one for us
	skew     time.Duration // of the server's clock to ours
	size     [2]int
}

// NewDialer returns a dialer around that of RTMP, which is its own from now on.
func NewDialer(d *rtmp.Dialer, o Options) *Dialer {
	if o.Credential.By == "" {
		o.Credential.By = ByNone
	}
	a := &Dialer{Dialer: d, Options: o, opened: make(chan struct{}, 1)}
	o.Client.Hide(d.ID(), o.Credential.Secret)
	d.Prepare(a.prepare)
	return a
}

// Open asks the server to take the stream. Where it refuses since it still holds
// our last session, that is stopped, and it is asked again until it has closed it.
func (d *Dialer) Open(ctx context.Context, conn net.Conn, info media.StreamInfo) (output.Session, error) {
	s, err := d.Dialer.Open(ctx, conn, info)
	for began, passing := time.Now(), false; err != nil; s, err = d.Dialer.Open(ctx, conn, info) {
		if passing, err = d.explain(ctx, err); !passing || time.Since(began) > insist {
			return nil, err
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(insistEach):
		}
		if conn, err = d.Reach(ctx); err != nil {
			return nil, err
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.past, d.live, d.stranger = Past{Opened: time.Now()}, true, Answer{}
	d.refused, d.stopped = time.Time{}, time.Time{}
	d.size = [2]int{info.Width, info.Height}
	select {
	case d.opened <- struct{}{}:
	default:
	}
	return &session{s, d}, nil
}

// session tells the dialer when it ends.
type session struct {
	output.Session
	dialer *Dialer
}

func (s *session) Run(ctx context.Context, in <-chan *media.Packet) error {
	err := s.Session.Run(ctx, in)
	s.dialer.mu.Lock()
	defer s.dialer.mu.Unlock()
	if s.dialer.live = false; err != nil {
		s.dialer.past.Broke = time.Now()
	}
	return err
}

// prepare does, once the app has taken the connection, what helps the publish
// that follows. Nothing that fails here keeps the stream from being sent: whether
// it mattered, the server's answer tells.
func (d *Dialer) prepare(ctx context.Context) (query string, _ error) {
	d.mu.Lock()
	wait, known, skew := patience, time.Since(d.stranger.At) < askAgain, d.skew
	if d.slow {
		wait = hasty
	}
	d.noToken, d.notMade = nil, nil
	d.mu.Unlock()
	if !known {
		d.clear(ctx, wait)
		d.mu.Lock()
		skew = d.skew
		d.mu.Unlock()
	}
	if d.Credential.By == ByNone {
		return "", nil
	}
	query, err := d.Credential.query(ctx, d.Client, d.ID(), time.Now().Add(skew))
	if err != nil {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.noToken = err
	}
	return query, nil
}

// clear has the broadcast made if there is none, and stops who holds it if that
// is ours or is to be taken over.
func (d *Dialer) clear(ctx context.Context, wait time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	a, err := d.ask(ctx)
	switch {
	case err != nil:
	case !a.Known && d.Create:
		err = d.Client.Create(ctx, d.ID())
		d.mu.Lock()
		defer d.mu.Unlock()
		d.notMade = err
	case a.Known:
		d.free(ctx, a)
	}
}

// ask asks for the broadcast, and remembers how that went.
func (d *Dialer) ask(ctx context.Context) (Answer, error) {
	a, err := d.Client.Broadcast(ctx, d.ID())
	d.mu.Lock()
	defer d.mu.Unlock()
	var e *Error
	d.slow = errors.As(err, &e) && e.Cause == CauseTimeout
	if err == nil && !a.Date.IsZero() {
		d.skew = a.Date.Sub(a.At)
	}
	return a, err
}

// free ends the session that holds the id, if it is ours or is to be taken over,
// and reports whether it did.
func (d *Dialer) free(ctx context.Context, a Answer) bool {
	d.mu.Lock()
	owner := OwnerOf(a, d.past, time.Now())
	d.stranger = Answer{}
	recently := !d.took.IsZero() && time.Since(d.took) < takeAgain
	if owner == Stranger {
		d.stranger = a
	}
	d.mu.Unlock()
	switch {
	case owner == Nobody || owner == Stranger && (!d.Takeover || recently):
		return false
	case owner == Stranger:
		d.Log.Warn("taking the stream id over: "+holder(a, time.Now()), "event", "antmedia-takeover")
	default:
		d.Log.Info("the server still holds our last session: stopping it", "event", "antmedia-ghost", "began", rough(a.Running(time.Now())))
	}
	if err := d.Client.Stop(ctx, d.ID()); err != nil {
		d.Log.Warn("the session that holds the stream id could not be stopped: "+err.Error(), "event", "antmedia-held")
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stopped = time.Now()
	if d.stranger = (Answer{}); owner == Stranger {
		d.took = d.stopped
	}
	return true
}

// explain turns a refusal without a reason into words, and reports whether its
// reason is out of the way or about to be.
func (d *Dialer) explain(ctx context.Context, err error) (passing bool, _ error) {
	if c := output.CauseOf(err); c != output.CauseNoReason && c != output.CauseIDInUse || ctx.Err() != nil {
		return false, err
	}
	d.mu.Lock()
	if d.refused.IsZero() {
		d.refused = time.Now()
	}
	c := Case{Answer: d.stranger, Past: d.past, Credential: d.Credential.By, NoToken: d.noToken, NotMade: d.notMade,
		Refused: d.refused, Stopped: d.stopped}
	wait := answersWithin
	if d.slow {
		wait = patience
	}
	d.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	if c.Credential == ByNone && d.InURL {
		c.Credential = byURL
	}
	if time.Since(c.Answer.At) > askAgain {
		if c.Answer, c.Err = d.ask(ctx); c.Err == nil {
			passing = d.free(ctx, c.Answer)
		}
	}
	c.Now = time.Now()
	return passing || c.closing(), Explain(c)
}
