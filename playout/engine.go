package playout

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"airloom/playlist"
	"airloom/playout/media"
	"airloom/playout/timeline"
)

// Config is what the engine is told once.
type Config struct {
	House media.House
	// HoldMax is how long the last picture stands in for a tick that is late,
	// before the filler or the slate does.
	HoldMax time.Duration
	// StallMax is how long a clip may give nothing before it is given up.
	StallMax time.Duration
	// Filler is played, looped, while an item keeps the channel waiting; nil: none.
	Filler *media.Spec
	// Resolve turns an entry into what is to be opened. It may not block.
	Resolve func(playlist.Entry) (media.Spec, error)
	// Wall reads the time of day; nil: the system's clock.
	Wall func() time.Time
}

// Rooms is what the engine works with. None of the functions may block;
// Foretell and the last three may be nil.
type Rooms struct {
	Opener  Opener
	Encoder Encoder
	Rundown Rundown
	// Slate gives a handle to the picture that is shown when nothing can play.
	Slate func() media.Picture
	// Report receives what aired and what did not.
	Report func(Row)
	// Foretell receives, as soon as it is found that an item cannot play, the row
	// that Report will receive if it still is to air when its time comes.
	Foretell func(Row)
	Log      *slog.Logger
	// Zero is told the time of day at which tick 0 was due, or would have been:
	// at the start, when the system's clock has been stepped, and after the
	// process stood still. The rundown is asked anew after each.
	Zero func(time.Time)
	// Banned reports that a file version is left out since an earlier run.
	Banned func(version string) bool
	// Ban is told of a file version that is left out from now on, until the file
	// changes or [Engine.Lift].
	Ban func(version string, e playlist.Entry, cause error)
}

// Engine airs the rundown, one tick a Step. All of it belongs to the goroutine
// that steps it, but for Snapshot, Refresh, Beat and the orders: Air, Hold,
// Slate and Lift.
type Engine struct {
	cfg   Config
	rooms Rooms
	grid  timeline.Grid
	limit limits
	ctx   context.Context    // bounds the clips' lives
	stop  context.CancelFunc // ends the clips

	n       int64          // the tick to air next: the only clock of content
	sample  int64          // S(n)
	samples int            // how many samples sound with tick n
	on      playlist.Entry // what is on air, or was last
	air     *feed          // it, while it is
	first   int64          // the channel's tick at which the item's tick 0 stands
	pos     int64          // the item's next unaired tick
	chase   bool           // after a crash: late ticks are dropped until the item is where it would be
	slow    slowness

	look     prospect       // what follows when the item on air is over
	lookFrom int64          // it is not opened before this tick
	due      prospect       // what the clock puts in its place…
	cutAt    int64          // …at this tick
	coming   playlist.Entry // what that will be, while it is too early to open it
	hopeAt   int64          // a change of plan lets what failed be tried again from this tick
	order    *order         // what an operator wants on air
	forced   forced         // what an operator shows in place of everything
	mail     chan func()

	told        map[string]string // the cause last logged for an item
	barren      map[string]bool   // what has been reported not to air since nothing does
	missed      map[string]bool   // what was planned for a time and has been reported not to air
	banned      map[string]bool   // file versions that crashed a decoder twice
	rows        rows              // what airs, in pieces that abut
	last        media.Picture     // the picture on air, for a hold
	gap         int64             // ticks since the item on air gave one
	filler      *feed             // stands in when a hold has lasted too long
	fillerRetry int64             // not opened again before this tick
	zero        time.Time         // the time of day of tick 0

	ticks, held, skipped, late atomic.Int64
	snapshot                   atomic.Pointer[Snapshot]
	refresh                    atomic.Bool
	beat                       chan struct{}
}

// limits are the configured times in ticks.
type limits struct {
	hold, stall, crash, retry, slow, breath, early, lead, second int64
}

// crashHold is how long a hold a crashed decoder may cost, retryAll how long to
// wait before everything that failed is tried again, slowHold how long an item
// that decodes slower than real time may hold the picture in all, breath how long
// the next item's start keeps clear of a join, early how long before it is
// needed the filler is opened, lead how long before a cut what airs then is.
const (
	crashHold = time.Second
	retryAll  = 3 * time.Second
	slowHold  = 900 * time.Millisecond
	breath    = time.Second
	early     = time.Second
	lead      = 15 * time.Second
)

// New returns an engine at tick 0. Nothing is opened before Run or the first Step.
func New(cfg Config, rooms Rooms) *Engine {
	g := timeline.Of(cfg.House)
	if cfg.Wall == nil {
		cfg.Wall = time.Now
	}
	e := &Engine{
		cfg: cfg, rooms: rooms, grid: g,
		limit: limits{
			hold: g.Ticks(cfg.HoldMax), stall: g.Ticks(cfg.StallMax), crash: g.Ticks(crashHold), retry: g.Ticks(retryAll),
			slow: g.Ticks(slowHold), breath: g.Ticks(breath), early: g.Ticks(early), lead: g.Ticks(lead), second: max(1, g.Ticks(time.Second)),
		},
		samples: g.Samples(0),
		look:    newProspect(), due: newProspect(), cutAt: Never,
		told: map[string]string{}, barren: map[string]bool{}, missed: map[string]bool{}, banned: map[string]bool{},
		mail: make(chan func(), 16), beat: make(chan struct{}, 1),
	}
	e.ctx, e.stop = context.WithCancel(context.Background())
	e.rows.report = rooms.Report
	e.snapshot.Store(&Snapshot{CutAt: Never, NextAt: Never})
	e.refresh.Store(true) // the first Step asks for everything
	return e
}

// Step airs one tick. It calls nothing that can block.
func (e *Engine) Step() {
	e.attend()
	e.emit(e.tick())
	e.prepare()
	e.n++
	e.sample += int64(e.samples)
	e.samples = int(e.grid.Sample(e.n+1) - e.sample)
	e.ticks.Store(e.n)
	select {
	case e.beat <- struct{}{}:
	default:
	}
}

// tick makes the tick that airs now.
func (e *Engine) tick() *media.Tick {
	if e.forced.outcome != "" {
		return e.force()
	}
	if e.n >= e.cutAt {
		e.cutIn()
	}
	if e.order != nil && e.order.now && e.order.feed.warm() {
		e.obey()
	}
	t := e.fromItem()
	if t == nil {
		return e.standIn()
	}
	e.gapOver()
	e.airs(e.air.shows, true, "")
	return t
}

// prepare has what comes ready before its time. What it costs in the steady
// state is a few comparisons.
func (e *Engine) prepare() {
	if e.n%e.limit.second == 0 {
		e.everySecond()
	}
	if e.due.feed != nil || e.n >= e.cutAt-e.limit.lead {
		e.tend(&e.due)
	}
	if e.order != nil {
		e.tendOrder()
	}
	if e.look.feed != nil || e.wantsLook() {
		e.tend(&e.look)
		e.runsOn(&e.look)
	}
}

// emit gives the tick to the encoder and remembers its picture for a hold.
func (e *Engine) emit(t *media.Tick) {
	if e.last != nil {
		e.last.Release()
	}
	e.last = t.Picture.Ref()
	if !e.rooms.Encoder.Offer(t) {
		e.skipped.Add(1)
	}
}

// Close gives back everything the engine holds; Run does it by itself. The
// engine may not be stepped after. Orders that wait are answered.
func (e *Engine) Close() {
	e.stop()
	e.rows.closes(Cut, Reason(ErrStopped.Error()))
	if e.order != nil {
		e.refuse(ErrStopped)
	}
	e.look.close()
	e.due.close()
	for _, f := range []*feed{e.air, e.filler} {
		if f != nil {
			f.close()
		}
	}
	e.air, e.filler = nil, nil
	if e.last != nil {
		e.last.Release()
		e.last = nil
	}
}
