package hls

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bluenviron/gohlslib/v2"

	"airloom/output"
	"airloom/playout/media"
)

// Variant is how an Output is made up.
type Variant string

// The variants.
const (
	MPEGTS     Variant = "mpegts"     // for old players, and servers that pull
	FMP4       Variant = "fmp4"       // for players of today
	LowLatency Variant = "lowlatency" // about 2 s behind, where players can
)

const (
	// spare segments are served for a while after they have left the playlist: a
	// player may have read it just before.
	spare = 3
	// longest is how far a segment of a broken stream may grow, in bytes.
	longest = 32 << 20
)

// OutputConfig says what an Output is like.
type OutputConfig struct {
	Name     string
	Target   string // where players find it, for people
	Variant  Variant
	Segment  time.Duration // of a segment, at least: it ends at a keyframe
	Segments int           // that are offered
	Info     media.StreamInfo
	Log      *slog.Logger
}

// Output is the stream for players, and for servers that pull: one of the ways
// out. It serves [Output.ServeHTTP], goes on over everything that befalls the
// stream, and ends its playlist when an operator stops it.
type Output struct {
	cfg      OutputConfig
	count    int // segments offered
	sink     *Sink
	log      *slog.Logger
	wanted   *output.Switch
	requests chan struct{}
	rate     output.Rate
	on       atomic.Bool // packets are taken

	awaiting sync.WaitGroup // for muxers to have something to show

	mu      sync.Mutex
	shown   *muxer // whose playlists are told
	past    *muxer // the one before: its segments are still served, for a while
	state   output.State
	since   time.Time
	down    time.Time // since when nothing new comes; zero while it does, and while stopped
	players players
}

// NewOutput checks the stream's headers. Nothing is served until Run.
func NewOutput(cfg OutputConfig) (*Output, error) {
	as := shape{segment: cfg.Segment, count: cfg.Segments + spare, most: longest}
	switch cfg.Variant {
	case MPEGTS:
		as.variant = gohlslib.MuxerVariantMPEGTS
	case FMP4:
		as.variant = gohlslib.MuxerVariantFMP4
	case LowLatency:
		as.variant, as.count = gohlslib.MuxerVariantLowLatency, max(cfg.Segments, segments)+spare
	default:
		return nil, errors.New("prepare HLS: there is no variant " + string(cfg.Variant))
	}
	sink, err := newSink(Config{Info: cfg.Info, Log: cfg.Log}, as)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	o := &Output{
		cfg: cfg, count: as.count - spare, sink: sink, log: sink.log.With("output", cfg.Name), wanted: output.NewSwitch(),
		requests: make(chan struct{}, maxPulling), state: output.Waiting, since: now, down: now,
		players: players{seen: map[player]time.Time{}},
	}
	sink.came, sink.went, sink.grown = o.came, o.went, o.grown
	return o, nil
}

// Offer takes a packet, or drops it where there is no room; it never blocks.
func (o *Output) Offer(p *media.Packet) {
	if o.on.Load() {
		o.sink.Offer(p)
	}
}

// Run keeps the stream on offer until the context ends, and returns nil then.
func (o *Output) Run(ctx context.Context) error {
	defer o.awaiting.Wait()
	o.wanted.Lives(ctx, o.born, func(life context.Context) {
		_ = o.sink.Run(life) // never fails
		o.on.Store(false)
		o.sink.drain()
		o.close(ctx.Err() == nil)
	})
	return nil
}

// born begins a run if one is wanted.
func (o *Output) born(end context.CancelFunc) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.wanted.Begin(end) {
		return false
	}
	o.enter(output.Waiting)
	o.on.Store(true)
	return true
}

// close ends the playlist: for good where an operator asked for it. At the
// process's end it stays open, since players that have seen a stream's end do not
// come back, and the channel may be up again in seconds.
func (o *Output) close(forGood bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.enter(output.Stopped)
	if o.shown != nil {
		o.shown.ended = forGood
	}
}

// enter sets the state. The lock is held.
func (o *Output) enter(s output.State) {
	if o.state == s {
		return
	}
	now := time.Now()
	o.state, o.since = s, now
	switch {
	case s != output.Waiting:
		o.down = time.Time{}
	case o.down.IsZero():
		o.down = now
	}
}

// came waits, beside the stream, until the muxer has something to show.
func (o *Output) came(m *muxer) {
	o.awaiting.Add(1)
	go func() {
		defer o.awaiting.Done()
		if _, ok := m.list(index); ok {
			o.show(m)
		}
	}()
}

// epoch is the second from which numbers are counted: those of a channel that was
// started anew go on after those of the one before, whatever that had come to.
var epoch = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)

// show tells players of the muxer from now on, in the place of the one before.
func (o *Output) show(m *muxer) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if m.over {
		return
	}
	if old := o.shown; old != nil {
		m.first, m.cuts = old.first+old.after(), old.cuts+1
		o.log.Info("HLS goes on after a gap: players see a discontinuity", "event", "hls-discontinuity")
	} else {
		m.first = max(0, int64(time.Since(epoch)/time.Second)) // a clock that is not set yet
		m.cuts = m.first
		o.log.Info("publishing", "event", "publishing", "target", o.cfg.Target, "variant", o.cfg.Variant)
	}
	o.shown, o.past = m, o.shown
	o.enter(output.Publishing)
}

// went notes that no more packets come to the muxer. What it has told last is
// told on until another has something to show.
func (o *Output) went(m *muxer) {
	o.mu.Lock()
	defer o.mu.Unlock()
	m.over = true
	if m == o.shown {
		m.final = m.lists()
		o.enter(output.Waiting)
	}
	m.close()
}

// grown lets go of the muxer before this one, once this one's list has been all new
// for as long as a list is: no player is still at the old segments.
func (o *Output) grown(m *muxer) {
	o.mu.Lock()
	done := o.past == nil || m != o.shown
	o.mu.Unlock()
	if done || m.sequence() < int64(o.count) {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.past = nil
}

// Status is a snapshot. Its Sessions are the players lately seen.
func (o *Output) Status() output.Status {
	now := time.Now()
	o.mu.Lock()
	defer o.mu.Unlock()
	s := output.Status{
		Name: o.cfg.Name, Protocol: "hls", State: o.state, Since: o.since, DownSince: o.down, Target: o.cfg.Target,
		Dropped: o.sink.Dropped(), Sessions: int64(o.players.lately(now)),
	}
	if o.state == output.Waiting {
		s.LastError = "no segment is whole yet"
	}
	s.Sent, s.Bitrate = o.rate.Sum(now)
	return s
}
