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
	// Entry is the item, with where it was begun (From), why it airs (Mode) and
	// when what it belongs to was to begin (Planned). It is zero for what stood
	// in while no item was on air.
	Entry playlist.Entry
	Start int64 // the channel's tick
	Ticks int64
	// At is the item's tick at Start: the row aired At … At+Ticks of it. Where
	// something stood in, the item waited there.
	At      int64
	Outcome Outcome
	// Cause is why it did not go to its end, in words; nil where it did. It is a
	// Reason where the clock or an operator took it off, else the clip's fault.
	Cause error
	// Final is true on the row with which an item ends, or is skipped; false on a
	// piece that a hold breaks off and on what stands in.
	Final bool
}

// Reason is a cause that is nobody's fault: "skipped by ops", "20:00:00 news.yml began".
type Reason string

func (r Reason) Error() string { return string(r) }

// rows cuts what airs into pieces: one for each unbroken stretch of the same thing.
type rows struct {
	report func(Row)
	open   bool
	own    bool  // it is the item itself that airs
	of     *feed // its feed
	why    Reason
	row    Row
}

// airs notes what this tick shows: the item itself, which is its own doing where
// it shows a still, or what stands in.
func (e *Engine) airs(o Outcome, own bool, why Reason) {
	r := &e.rows
	if r.open && r.of == e.air && r.own == own && r.row.Outcome == o && r.why == why {
		r.row.Ticks++
		return
	}
	r.flush(Played) // an item that a stand-in breaks into may go on in a later row
	r.open, r.own, r.of, r.why, r.row = true, own, e.air, why, Row{Start: e.n, Ticks: 1, Outcome: o}
	if why != "" {
		r.row.Cause = why
	}
	if e.air != nil {
		r.row.Entry, r.row.At = e.air.entry, e.left()
		if own {
			r.row.At = e.pos - 1
		}
	}
	e.publish()
}

// flush reports the piece on air, if there is one; an item's with the outcome o.
func (r *rows) flush(o Outcome) {
	if !r.open {
		return
	}
	if r.row.Outcome == "" {
		r.row.Outcome = o
	}
	r.open, r.of = false, nil
	r.report(r.row)
}

// itemEnds closes the piece of the item on air and tells how the item ended:
// where a stand-in was on at the end, in a row of its own that lasts no tick.
func (r *rows) itemEnds(e playlist.Entry, n, at int64, o Outcome, cause error) {
	if o == Played && e.Mode == playlist.ModeFiller {
		o = Filler
	}
	if r.open && r.own {
		r.row.Cause, r.row.Final = cause, true
		r.flush(o)
		return
	}
	r.flush(o)
	r.report(Row{Entry: e, Start: n, At: at, Outcome: o, Cause: cause, Final: true})
}

// closes ends the last piece, whatever it is.
func (r *rows) closes(o Outcome, cause error) {
	if r.open && r.own {
		r.row.Cause = cause
	}
	r.flush(o)
}

// skip is the row of an item that does not air.
func skipOf(e playlist.Entry, n int64, cause error) Row {
	return Row{Entry: e, Start: n, At: e.From, Outcome: Skipped, Cause: cause, Final: true}
}

func outcomeOf(err error) Outcome {
	if media.KindOf(err) == media.FaultCrashed {
		return Crashed
	}
	return EndedEarly
}

// Snapshot is the engine at one moment. It is immutable.
type Snapshot struct {
	Airs     Outcome        // "" while the item itself is on air; Hold, Filler or Slate
	Air      playlist.Entry // zero while no item is on air; of ModeSlate: a planned still
	AirFirst int64          // the channel's tick at which the item's tick 0 stands
	AirTicks int64          // the item's length; 0: unknown
	Since    int64          // the tick at which this began

	Next      playlist.Entry // zero while unknown
	NextTicks int64          // its length; 0: unknown
	NextAt    int64          // the tick at which it is expected; Never while unknown
	CutAt     int64          // the tick at which the clock takes the item off; Never: none in sight

	Forced Outcome // Hold or Slate while an operator shows it in place of everything
	By     string  // who

	Away []Away // live sources that are not there

	waits bool  // the item is not what airs…
	pos   int64 // …and waits at this tick of its own
}

// Left is the item's next unaired tick when the channel's next tick is n: what
// [Counts].Ticks tells, read along with the snapshot.
func (s Snapshot) Left(n int64) int64 {
	if s.waits {
		return s.pos
	}
	return max(s.pos, n-s.AirFirst)
}

// publish makes the present state visible to other goroutines.
func (e *Engine) publish() {
	s := &Snapshot{
		Airs: e.rows.row.Outcome, Since: e.rows.row.Start, NextAt: Never, CutAt: e.cutAt,
		Forced: e.forced.outcome, By: e.forced.by, waits: (!e.rows.open || !e.rows.own) && (e.air == nil || !e.air.live), pos: e.pos, Away: e.absent(),
	}
	if e.air != nil {
		s.Air, s.AirFirst, s.AirTicks, s.NextAt = e.air.entry, e.first, e.air.length(), min(e.ends(), e.cutAt)
	}
	f := e.look.feed
	if o := e.order; o != nil && o.feed.warm() && (!o.now || e.forced.outcome != "") {
		f = o.feed // an operator's order that is ready waits for the join, or for the hold's end
	}
	if f == nil {
		f = e.due.feed
	}
	if f != nil {
		s.Next, s.NextTicks = f.entry, f.length()
	} else {
		s.Next = e.coming
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
