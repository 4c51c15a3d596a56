package playout

import (
	"errors"
	"io"

	"airloom/playout/media"
)

// joins bounds how many items that end without a tick one Step passes over.
const joins = 4

// fromItem returns the tick of the item on air, going over a join where one is
// due; nil if the rundown has nothing ready.
func (e *Engine) fromItem() *media.Tick {
	for range joins {
		if e.air == nil && !e.join() {
			return nil
		}
		if e.air.live {
			if t, done := e.fromLive(); done {
				return t
			}
			continue
		}
		if e.air.still {
			if t := e.fromStill(); t != nil {
				return t
			}
			continue
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
		return e.airHead()
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
	return e.airHead()
}

// airHead takes the tick that airs now from the item on air.
func (e *Engine) airHead() *media.Tick {
	t := e.air.take()
	e.pos = t.N + 1
	return e.cut(t, e.first)
}

// cut takes out of a clip's tick exactly the samples of the channel's tick. The
// clip's tick 0 stands at the channel's tick first.
func (e *Engine) cut(t *media.Tick, first int64) *media.Tick {
	from := e.grid.Shift(first, t.N)
	to := from + e.samples
	for c := range t.Sound {
		t.Sound[c] = t.Sound[c][from:to]
	}
	t.N = e.n
	return t
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
		e.ban(a, cause)
		e.end(Crashed, cause)
		return false
	}
	if n := a.length(); n > 0 && at >= n {
		e.end(Crashed, cause)
		return false
	}
	e.rooms.Log.Warn("decoder crashed, opening the item again", "event", "decoder-crashed", "item", a.entry.Item.Title, "cause", cause)
	e.rows.itemEnds(a.entry, e.n, e.pos, Crashed, cause)
	a.close()
	e.air = &feed{entry: a.entry, spec: a.spec, version: a.version, crashes: a.crashes, ticks: a.ticks, opened: e.n}
	e.air.clip = e.rooms.Opener.Open(e.ctx, a.spec, media.Start{Tick: at})
	e.chase = true
	return true
}

// end takes the item off air because of what its clip did.
func (e *Engine) end(o Outcome, cause error) {
	if cause != nil {
		e.tell(e.air.entry, o, cause)
	} else {
		delete(e.told, key(e.air.entry))
	}
	e.off(o, cause)
}

// leave takes the item off air before its end, for no fault of its own. One that
// had nothing left to air has been played.
func (e *Engine) leave(o Outcome, cause error) {
	if e.air == nil {
		return
	}
	if e.over() {
		e.end(Played, nil)
		return
	}
	e.rooms.Log.Info("item "+string(o), "event", o.event(), "item", e.air.entry.Item.Title, "playlist", e.air.entry.Playlist, "cause", cause)
	e.off(o, cause)
}

func (e *Engine) off(o Outcome, cause error) {
	a := e.air
	e.rows.itemEnds(a.entry, e.n, e.pos, o, cause)
	a.close()
	e.air = nil
}

// over reports that nothing of the item on air is left.
func (e *Engine) over() bool {
	switch {
	case e.air == nil:
		return true
	case e.air.still:
		n := e.air.length()
		return n > 0 && e.n-e.first >= n
	case e.air.live:
		n := e.air.length()
		return n > 0 && e.n-e.first >= n
	default:
		return errors.Is(e.air.peek(), io.EOF)
	}
}
