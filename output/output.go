package output

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net"
	"sync"
	"time"

	"airloom/playout/media"
)

// A session's clock counts milliseconds in 31 bits.
const (
	renewLimit = 1<<31*time.Millisecond - time.Hour
	queueFor   = 4 * time.Second // of pictures
)

// Config says how an output behaves.
type Config struct {
	Name     string
	Protocol string // for the status
	// RenewAfter is the age at which a session is replaced by a new one at the
	// next join. 0: 480 h.
	RenewAfter time.Duration
	// Aged is how old the first session is taken to be when it opens: for tests
	// of what happens after days.
	Aged time.Duration
}

// Output keeps one server supplied. It is made by New and lives in Run.
type Output struct {
	name     string
	renew    time.Duration
	aged     time.Duration // the next session when it opens
	info     media.StreamInfo
	dial     Dialer
	keyframe func()
	log      *slog.Logger
	queue    *queue
	wanted   *Switch

	mu      sync.Mutex
	status  Status
	retry   Retry
	session Session
	meter   meter
	told    outage
}

// New returns an output that is wanted but not running. requestKeyframe asks
// the encoder for a keyframe soon; it may not block.
func New(cfg Config, info media.StreamInfo, dial Dialer, requestKeyframe func(), log *slog.Logger) *Output {
	if cfg.RenewAfter <= 0 {
		cfg.RenewAfter = 480 * time.Hour
	}
	now := time.Now()
	pictures := int(queueFor.Seconds()) * int((info.FPS.Num+info.FPS.Den-1)/info.FPS.Den)
	return &Output{
		name:     cfg.Name,
		renew:    min(cfg.RenewAfter, renewLimit),
		aged:     cfg.Aged,
		info:     info,
		dial:     dial,
		keyframe: requestKeyframe,
		log:      log.With("output", cfg.Name, "target", dial.Target()),
		queue:    newQueue(pictures),
		wanted:   NewSwitch(),
		status:   Status{Name: cfg.Name, Protocol: cfg.Protocol, Target: dial.Target(), State: Waiting, Since: now, DownSince: now},
	}
}

// Offer takes a packet for the session, if there is one. It never blocks.
func (o *Output) Offer(p *media.Packet) {
	if o.queue.offer(p) {
		o.keyframe()
	}
}

// Run keeps the server supplied until ctx is done; then it ends the session
// cleanly and returns nil. Nothing of it is left running.
func (o *Output) Run(ctx context.Context) error {
	defer o.enter(Stopped)
	o.wanted.Lives(ctx, o.born, o.live)
	return nil
}

// born registers a life if one is wanted.
func (o *Output) born(end context.CancelFunc) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.wanted.Begin(end) {
		o.setState(Stopped)
		// What was wrong before says nothing about the next start.
		o.status.Attempt, o.status.LastError, o.status.LastKind, o.status.LastCause, o.told = 0, "", "", "", outage{dropped: o.told.dropped}
		return false
	}
	o.setState(Waiting)
	o.retry = Retry{}
	return true
}

// Stop ends the session cleanly and keeps the output off until Start.
func (o *Output) Stop() { o.wanted.Turn(false) }

// Start undoes Stop.
func (o *Output) Start() { o.wanted.Turn(true) }

// Renew replaces the session by a new one at the next keyframe, and asks for one.
func (o *Output) Renew() {
	o.queue.renew()
	o.keyframe()
}

// Join tells the output that a join has just aired: the moment that costs
// viewers least, if the session is due to be renewed.
func (o *Output) Join() {
	o.mu.Lock()
	due := !o.status.RenewAt.IsZero() && !time.Now().Before(o.status.RenewAt)
	o.mu.Unlock()
	if due {
		o.Renew()
	}
}

var errRenewed = errors.New("the session is due to be renewed")

// live reaches the server, publishes, and begins again, until ctx is done.
func (o *Output) live(ctx context.Context) {
	defer o.queue.end()
	for {
		conn, err := o.reach(ctx)
		if err != nil {
			return
		}
		o.enter(Connecting)
		session, err := o.dial.Open(ctx, conn, o.info)
		now := time.Now()
		if err == nil {
			err = o.publish(ctx, session)
		}
		lived := time.Since(now)
		if ctx.Err() != nil {
			return
		}
		if errors.Is(err, errRenewed) {
			o.renewed(lived)
			continue
		}
		o.failed(err, o.retryNow().Ended(lived, KindOf(err), time.Now(), rand.Float64()))
	}
}

type reached struct {
	conn net.Conn
	err  error
}

// reach returns a way to the server, however long it takes; an error only when
// ctx is done.
func (o *Output) reach(ctx context.Context) (net.Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	results, underWay := make(chan reached), 0
	defer func() {
		cancel()
		for ; underWay > 0; underWay-- {
			if r := <-results; r.conn != nil {
				_ = r.conn.Close()
			}
		}
	}()
	timer := time.NewTimer(o.retryNow().Wait(time.Now()))
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-timer.C:
			o.probing()
			if underWay < maxProbes {
				underWay++
				go func() {
					conn, err := o.dial.Reach(ctx)
					results <- reached{conn, err}
				}()
			}
		case r := <-results:
			underWay--
			if r.err == nil {
				return r.conn, nil
			}
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			o.failed(r.err, o.retryNow().Failed(KindOf(r.err), time.Now(), rand.Float64()))
		}
		timer.Reset(o.retryNow().Wait(time.Now()))
	}
}

// publish feeds the session until it ends or is to be renewed.
func (o *Output) publish(ctx context.Context, session Session) error {
	in, done := make(chan *media.Packet), make(chan error, 1)
	aged := o.opened(session)
	defer o.closed()
	o.queue.begin()
	go func() { done <- session.Run(ctx, in) }()
	o.keyframe()
	second := time.NewTicker(time.Second)
	defer second.Stop()
	limit := time.NewTimer(min(o.renew+o.renew/10, renewLimit) - aged)
	defer limit.Stop()
	var p *media.Packet
	for {
		cut := false
		if p == nil {
			p, cut = o.queue.next()
		}
		if cut {
			close(in)
			if err := <-done; err != nil {
				o.log.Warn("old session did not end cleanly", "event", "session-unclean", "err", err)
			}
			return errRenewed
		}
		to := in
		if p == nil {
			to = nil
		}
		select {
		case to <- p:
			p = nil
		case <-o.queue.ready:
		case err := <-done:
			return err
		case <-second.C:
			o.measure(session.Progress())
		case <-limit.C: // no join has come
			o.Renew()
		}
	}
}
