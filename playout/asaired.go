package playout

import (
	"airloom/playlist"
	"airloom/playout/media"
)

// Outcome is how a piece of the programme went.
type Outcome string

// The outcomes, as the as-run log has them.
const (
	Played     Outcome = "played"
	Cut        Outcome = "cut"
	Skipped    Outcome = "skipped"
	EndedEarly Outcome = "ended early"
	Crashed    Outcome = "crashed"
	Filler     Outcome = "filler"
	Slate      Outcome = "slate"
	Hold       Outcome = "hold"
)

// Row is a piece of the programme that aired, or an item that did not. Rows
// abut: the sum of their ticks is the tick counter.
type Row struct {
	Entry   playlist.Entry // zero for what stood in while no item was on air
	Start   int64          // the channel's tick
	Ticks   int64
	Outcome Outcome
	Cause   error
	// Final is true on the row with which an item ends, or is skipped; false on a
	// piece that a hold breaks off and on what stands in.
	Final bool
}

// rows cuts what airs into pieces: one for each unbroken stretch of the same thing.
type rows struct {
	report func(Row)
	open   bool
	row    Row
}

// airs notes what this tick shows: "" for the item itself.
func (e *Engine) airs(o Outcome) {
	r := &e.rows
	var entry playlist.Entry
	if e.air != nil {
		entry = e.air.entry
	}
	if !r.open || r.row.Outcome != o || !same(r.row.Entry, entry) {
		r.flush(Played) // an item that a stand-in breaks into may go on in a later row
		r.open, r.row = true, Row{Entry: entry, Start: e.n, Outcome: o}
		e.publish()
	}
	r.row.Ticks = e.n + 1 - r.row.Start
}

// flush reports the piece on air, if there is one; an item's with the outcome o.
func (r *rows) flush(o Outcome) {
	if !r.open {
		return
	}
	if r.row.Outcome == "" {
		r.row.Outcome = o
	}
	r.open = false
	r.report(r.row)
}

// itemEnds closes the piece of the item on air and tells how the item ended:
// where a stand-in was on at the end, in a row of its own that lasts no tick.
func (r *rows) itemEnds(e playlist.Entry, n int64, o Outcome, cause error) {
	if r.open && r.row.Outcome == "" {
		r.row.Cause, r.row.Final = cause, true
		r.flush(o)
		return
	}
	r.flush(o)
	r.report(Row{Entry: e, Start: n, Outcome: o, Cause: cause, Final: true})
}

// skipped reports an item that never aired.
func (r *rows) skipped(e playlist.Entry, n int64, cause error) {
	r.report(Row{Entry: e, Start: n, Outcome: Skipped, Cause: cause, Final: true})
}

func outcomeOf(err error) Outcome {
	if media.KindOf(err) == media.FaultCrashed {
		return Crashed
	}
	return EndedEarly
}

// Snapshot is the engine at one moment. It is immutable.
type Snapshot struct {
	Airs      Outcome        // "" while the item itself is on air; Hold, Filler or Slate
	Air       playlist.Entry // zero while no item is on air
	AirFirst  int64          // the channel's tick at which the item's tick 0 stands
	AirTicks  int64          // the item's length; 0: unknown
	Since     int64          // the tick at which this began
	Next      playlist.Entry // zero while unknown
	NextTicks int64          // its length; 0: unknown
}

// publish makes the present state visible to other goroutines.
func (e *Engine) publish() {
	s := &Snapshot{Airs: e.rows.row.Outcome, Since: e.rows.row.Start}
	if e.air != nil {
		s.Air, s.AirFirst, s.AirTicks = e.air.entry, e.first, e.air.length()
	}
	if e.look != nil {
		s.Next = e.look.entry
		if e.look.clip != nil {
			s.NextTicks = e.look.length()
		}
	}
	e.snapshot.Store(s)
}

// Counts are the engine's running figures.
type Counts struct {
	Ticks   int64 // aired
	Held    int64 // of them a hold, filler or slate
	Skipped int64 // pictures the encoder had no time for
	Late    int64 // times the clock was anchored anew after a long pause of the process
}

// Snapshot returns the engine's state. It may be called from any goroutine.
func (e *Engine) Snapshot() (Snapshot, Counts) {
	return *e.snapshot.Load(), Counts{e.ticks.Load(), e.held.Load(), e.skipped.Load(), e.late.Load()}
}

// Refresh has what follows looked up again: call it when the rundown has changed.
func (e *Engine) Refresh() { e.refresh.Store(true) }

// Beat receives a value after a tick: what a watchdog is to be fed by.
func (e *Engine) Beat() <-chan struct{} { return e.beat }
