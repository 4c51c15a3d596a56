package playout

import (
	"context"
	"errors"
	"io"
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
}

// Rooms is what the engine works with.
type Rooms struct {
	Opener  Opener
	Encoder Encoder
	Rundown Rundown
	// Slate gives a handle to the picture that is shown when nothing can play.
	Slate func() media.Picture
	// Report receives what aired and what did not. It may not block.
	Report func(Row)
	Log    *slog.Logger
}

// Engine airs the rundown, one tick a Step. All of it belongs to the goroutine
// that steps it, but for Snapshot, Refresh and Beat.
type Engine struct {
	cfg   Config
	rooms Rooms
	grid  timeline.Grid
	limit limits
	ctx   context.Context // bounds the clips' lives

	n     int64 // the tick to air next: the only clock of content
	air   *feed // the item on air
	first int64 // the channel's tick at which the item's tick 0 stands
	chase bool  // after a crash: late ticks are dropped until the item is where it would be
	slow  slowness

	look        *feed              // the item after it, opened and waiting
	swap        *feed              // what an edit puts in its place, once ready
	lookFrom    int64              // the next item is not opened before this tick
	failed      map[string]bool    // items that failed since one last aired
	told        map[string]string  // the cause last logged for an item
	after       playlist.Entry     // the entry the look-ahead goes on from
	retry       int64              // nothing is opened before this tick
	banned      map[string]bool    // file versions that crashed a decoder twice
	rows        rows               // what airs, in pieces that abut
	last        media.Picture      // the picture on air, for a hold
	gap         int64              // ticks since the item on air gave one
	filler      *feed              // stands in when a hold has lasted too long
	fillerRetry int64              // not opened again before this tick
	stop        context.CancelFunc // ends the clips

	ticks, held, skipped, late atomic.Int64
	snapshot                   atomic.Pointer[Snapshot]
	refresh                    atomic.Bool
	beat                       chan struct{}
}

// limits are the configured times in ticks.
type limits struct {
	hold, stall, crash, retry, slow, breath, early int64
}

// crashHold is how long a hold a crashed decoder may cost, retryAll how long to
// wait before everything that failed is tried again, slowHold how long an item
// that decodes slower than real time may hold the picture in all, breath how long
// the next item's start keeps clear of a join, early how long before it is
// needed the filler is opened.
const (
	crashHold = time.Second
	retryAll  = 3 * time.Second
	slowHold  = 900 * time.Millisecond
	breath    = time.Second
	early     = time.Second
)

// New returns an engine at tick 0. Nothing is opened before Run or the first Step.
func New(cfg Config, rooms Rooms) *Engine {
	g := timeline.Of(cfg.House)
	e := &Engine{
		cfg: cfg, rooms: rooms, grid: g,
		limit: limits{
			hold: g.Ticks(cfg.HoldMax), stall: g.Ticks(cfg.StallMax),
			crash: g.Ticks(crashHold), retry: g.Ticks(retryAll), slow: g.Ticks(slowHold), breath: g.Ticks(breath), early: g.Ticks(early),
		},
		failed: map[string]bool{}, told: map[string]string{}, banned: map[string]bool{},
		beat: make(chan struct{}, 1),
	}
	e.ctx, e.stop = context.WithCancel(context.Background())
	e.rows.report = rooms.Report
	e.snapshot.Store(&Snapshot{})
	return e
}

// Step airs one tick. It calls nothing that can block.
func (e *Engine) Step() {
	if e.refresh.Swap(false) {
		e.lookUpAgain()
	}
	t := e.fromItem()
	if t == nil {
		t = e.standIn()
	} else {
		e.gapOver()
	}
	e.emit(t)
	e.lookAhead()
	e.n++
	e.ticks.Store(e.n)
	select {
	case e.beat <- struct{}{}:
	default:
	}
}

// joins bounds how many items that end without a tick one Step passes over.
const joins = 4

// fromItem returns the tick of the item on air, going over a join where one is
// due; nil if the rundown has nothing ready.
func (e *Engine) fromItem() *media.Tick {
	for range joins {
		if e.air == nil && !e.join() {
			return nil
		}
		err := e.air.peek()
		switch {
		case err == nil:
			if t := e.inTime(); t != nil {
				return t
			}
			if e.air != nil { // not due yet, or the late ticks are not all dropped
				return nil
			}
		case errors.Is(err, media.ErrNotReady):
			if e.wait() {
				return nil
			}
		case errors.Is(err, io.EOF):
			e.end(Played, nil)
		case media.KindOf(err) == media.FaultCrashed:
			if e.reopen(err) {
				return nil
			}
		default:
			e.end(outcomeOf(err), err)
		}
	}
	return nil
}

// inTime returns the head of the item on air if it is due at this tick. After a
// crash the reopened clip may be behind where the item would be by now, and its
// late ticks are dropped; or ahead, and it waits.
func (e *Engine) inTime() *media.Tick {
	a := e.air
	if !e.chase {
		// Where ticks were held the item goes on with its next one: its place in
		// time has shifted by the hold.
		e.first = e.n - a.head.N
		return e.cut(a.take(), e.first)
	}
	for a.head != nil && a.head.N < e.n-e.first {
		a.drop()
		_ = a.peek() // what is not there yet, or has ended, shows at the next call
	}
	if a.head == nil || a.head.N > e.n-e.first {
		if e.gap >= e.limit.crash {
			e.end(Crashed, errAgain)
		}
		return nil
	}
	e.chase = false
	return e.cut(a.take(), e.first)
}

// cut takes out of a clip's tick exactly the samples of the channel's tick. The
// clip's tick 0 stands at the channel's tick first.
func (e *Engine) cut(t *media.Tick, first int64) *media.Tick {
	from := e.grid.Shift(first, t.N)
	to := from + e.grid.Samples(e.n)
	for c := range t.Sound {
		t.Sound[c] = t.Sound[c][from:to]
	}
	t.N = e.n
	return t
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

// join puts the next item on air if its first tick is there.
func (e *Engine) join() bool {
	f := e.look
	if f == nil || f.head == nil {
		return false
	}
	e.air, e.look = f, nil
	e.first, e.chase, e.slow = e.n-f.head.N, false, slowness{}
	e.after = f.entry
	e.lookFrom = e.n + e.breath(f)
	clear(e.failed)
	e.publish()
	return true
}

// breath is how long the look-ahead leaves a clip alone that has just come on
// air, in ticks: its reader fills its ring, and the next one's start, the most
// work there is at once, does not fall on the join. Short items have no time for that.
func (e *Engine) breath(f *feed) int64 {
	if n := f.length(); n > 0 {
		return min(e.limit.breath, n/4)
	}
	return 0
}

// wait counts a tick that the item on air did not give. It reports whether to
// wait on: false once the item has been given up.
func (e *Engine) wait() bool {
	switch {
	case e.chase && e.gap >= e.limit.crash:
		e.end(Crashed, errAgain)
	case e.gap >= e.limit.stall:
		e.end(EndedEarly, stalled(e.air.name(), e.grid.Duration(e.gap)))
	case e.slow.tooHeavy(e.gap, e.limit.slow) && e.air.heavy():
		e.end(EndedEarly, tooHeavy(e.air.name(), e.slow))
	default:
		return true
	}
	return false
}

// reopen opens the item again after its decoder died, where it would be by the
// time it is ready. It reports false when that has been done before: the second
// crash bans the file version and ends the item.
func (e *Engine) reopen(cause error) bool {
	a := e.air
	a.crashes++
	at := e.n - e.first + e.limit.crash/5
	if a.crashes > 1 {
		e.ban(a)
		e.end(Crashed, cause)
		return false
	}
	if n := a.length(); n > 0 && at >= n {
		e.end(Crashed, cause)
		return false
	}
	e.rooms.Log.Warn("decoder crashed, opening the item again", "item", a.entry.Item.Title, "cause", cause)
	e.rows.itemEnds(a.entry, e.n, Crashed, cause)
	a.close()
	e.air = &feed{entry: a.entry, spec: a.spec, version: a.version, crashes: a.crashes, opened: e.n}
	e.air.clip = e.rooms.Opener.Open(e.ctx, a.spec, media.Start{Tick: at})
	e.chase = true
	return true
}

// end takes the item off air.
func (e *Engine) end(o Outcome, cause error) {
	a := e.air
	e.rows.itemEnds(a.entry, e.n, o, cause)
	if cause != nil {
		e.tell(a.entry, o, cause)
	} else {
		delete(e.told, key(a.entry))
	}
	a.close()
	e.air = nil
}

// Close gives back everything the engine holds; Run does it by itself. The
// engine may not be stepped after.
func (e *Engine) Close() {
	e.stop()
	e.rows.flush(Cut)
	for _, f := range []*feed{e.air, e.look, e.swap, e.filler} {
		if f != nil {
			f.close()
		}
	}
	e.air, e.look, e.swap, e.filler = nil, nil, nil, nil
	if e.last != nil {
		e.last.Release()
		e.last = nil
	}
}
