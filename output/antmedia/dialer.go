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
	// hasty is that for an API that has hung when it was given all its time.
	hasty = 50 * time.Millisecond
	// askAgain is for how long its word holds while we are refused: so it is asked no
	// oftener. A session of ours ends that.
	askAgain = 5 * time.Second
	// takeAgain is how soon an id is taken over again: two who may both do that would
	// else throw each other off several times a second.
	takeAgain = time.Minute
	// vainFor is how long nobody is thrown off once that was in vain, or what shows that
	// we may publish was not accepted.
	vainFor = 10 * time.Minute
	// warnAgain is how soon the log says again that a session could not be stopped.
	warnAgain = time.Minute
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

	mu      sync.Mutex
	past    Past
	live    bool  // the session of past is under way
	slow    bool  // the API hung when it was last given all its time
	noToken error // why the present connect has no credential
	word    word
	took    time.Time     // when somebody was last thrown off
	vain    time.Time     // when that, or our credential, last did not get us in; zero since we got in
	warned  time.Time     // that a session could not be stopped
	refused time.Time     // since the last session: the first refusal without a reason
	stopped time.Time     // likewise, when the server last stopped one for us
	skew    time.Duration // of the server's clock to ours
	size    [2]int
}

// word is what the API last said of the broadcast.
type word struct {
	Answer
	err     error // why it said nothing
	made    bool  // it did not know the broadcast, which was then made
	notMade error
	at      time.Time // zero: nothing that still holds
}

func (w word) holds() bool { return time.Since(w.at) < askAgain }

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
	for began := time.Now(); err != nil; s, err = d.Dialer.Open(ctx, conn, info) {
		var passing bool
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
	d.past, d.live, d.word = Past{Opened: time.Now()}, true, word{}
	d.refused, d.stopped, d.vain = time.Time{}, time.Time{}, time.Time{}
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
	wait, known := patience, d.word.holds()
	if d.slow {
		wait = hasty
	}
	d.mu.Unlock()
	within := func(do func(context.Context)) {
		ctx, cancel := context.WithTimeout(ctx, wait)
		defer cancel()
		do(ctx)
	}
	var w word
	if !known {
		within(func(ctx context.Context) { w = d.learn(ctx) })
	}
	d.mu.Lock()
	skew := d.skew
	d.mu.Unlock()
	query, err := d.Credential.query(ctx, d.Client, d.ID(), time.Now().Add(skew))
	d.mu.Lock()
	d.noToken = err
	d.mu.Unlock()
	if !known && w.err == nil { // only now: nobody is thrown off for one who has nothing to show
		within(func(ctx context.Context) { d.free(ctx, w.Answer) })
	}
	return query, nil
}

// learn asks for the broadcast, and has it made if there is none. What comes of
// that holds for a while, unless it was not given the time.
func (d *Dialer) learn(ctx context.Context) word {
	var w word
	w.Answer, w.err = d.ask(ctx)
	failed := w.err
	if w.err == nil && !w.Known && d.Create {
		w.notMade = d.Client.Create(ctx, d.ID())
		w.made, failed = w.notMade == nil, w.notMade
		w.Known = w.made
	}
	if w.at = time.Now(); failed == nil || ctx.Err() == nil {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.word = w
	}
	return w
}

// ask asks for the broadcast, and remembers how that went.
func (d *Dialer) ask(ctx context.Context) (Answer, error) {
	a, err := d.Client.Broadcast(ctx, d.ID())
	d.mu.Lock()
	defer d.mu.Unlock()
	var e *Error
	if err == nil || ctx.Err() == nil { // else it was not given its time
		d.slow = errors.As(err, &e) && e.Cause == CauseTimeout
	}
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
	mayTake := d.Takeover && d.noToken == nil && over(d.took, takeAgain) && over(d.vain, vainFor)
	d.mu.Unlock()
	if owner == Nobody || owner == Stranger && !mayTake {
		return false
	}
	err := d.Client.Stop(ctx, d.ID())
	d.mu.Lock()
	defer d.mu.Unlock()
	if err != nil {
		if over(d.warned, warnAgain) {
			d.warned = time.Now()
			d.Log.Warn("the session that holds the stream id could not be stopped: "+err.Error(), "event", "antmedia-held")
		}
		return false
	}
	d.stopped, d.word.Status = time.Now(), "finished"
	if owner == Stranger {
		d.took, d.vain = d.stopped, d.stopped
		d.Log.Warn("taking the stream id over: "+holder(a, d.stopped), "event", "antmedia-takeover")
	} else {
		d.Log.Info("the server still holds our last session: stopping it", "event", "antmedia-ghost", "began", rough(a.Running(d.stopped)))
	}
	return true
}

// over reports whether so much time has passed since.
func over(since time.Time, d time.Duration) bool { return since.IsZero() || time.Since(since) >= d }

// explain turns a refusal without a reason into words, and reports whether its
// reason is out of the way or about to be. We are refused anyway, so that the API is
// given all the time that it may take.
func (d *Dialer) explain(ctx context.Context, err error) (passing bool, _ error) {
	cause := output.CauseOf(err)
	if cause != output.CauseNoReason && cause != output.CauseIDInUse || ctx.Err() != nil {
		d.inVain(cause)
		return false, err
	}
	d.mu.Lock()
	if d.refused.IsZero() {
		d.refused = time.Now()
	}
	w := d.word
	d.mu.Unlock()
	if !w.holds() {
		w = d.learn(ctx)
		if passing = w.made; w.err == nil && d.free(ctx, w.Answer) {
			passing, w.Status = true, "finished"
		}
	}
	d.mu.Lock()
	c := Case{Answer: w.Answer, Err: w.err, NotMade: w.notMade, Past: d.past, Now: time.Now(),
		Credential: d.Credential.By, NoToken: d.noToken, Refused: d.refused, Stopped: d.stopped}
	d.mu.Unlock()
	if c.Credential == ByNone && d.InURL {
		c.Credential = byURL
	}
	f := Explain(c)
	if passing = passing || c.closing(); !passing && c.NoToken == nil {
		d.inVain(f.Cause)
	}
	return passing, f
}

// inVain notes that what we showed was not accepted, if that is the cause.
func (d *Dialer) inVain(cause output.Cause) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if cause == output.CauseCredential {
		d.vain = time.Now()
	}
}
