package playout

import (
	"time"

	"airloom/playlist"
)

// standing is what is on air, or was last, and the tick at which it would be
// left if that were now.
func (e *Engine) standing() (playlist.Entry, int64) {
	if e.over() {
		return e.on, Ended
	}
	return e.on, e.left()
}

// left is the next unaired tick of the item on air.
func (e *Engine) left() int64 {
	if e.chase || e.air.still || e.air.live {
		return e.n - e.first
	}
	return e.pos
}

// ends is the tick at which the item on air will be over; Never while unknown.
func (e *Engine) ends() int64 {
	if n := e.air.length(); n > 0 {
		return e.first + n
	}
	return Never
}

// join puts the next item on air if its first tick is there.
func (e *Engine) join() bool {
	if e.order != nil {
		if e.order.feed.warm() && e.obey() {
			return true
		}
		if e.order != nil && e.orderFirst() {
			return false
		}
	}
	f := e.look.feed
	if f.begins(e); !f.warm() {
		return false
	}
	next, passed := e.decide(&e.look, e.on, Ended)
	switch {
	case same(next, f.entry):
		if f.adopt(next); !f.catches(next.From) {
			return false
		}
	case next.Item.ID == "" || sameRun(next, f.entry):
		// An edit that came too late for this join: what is ready airs.
	default:
		// Another start has come, or has not yet: nothing may air in its place.
		if f = e.instead(&e.look, next); f == nil {
			return false
		}
	}
	e.look.feed = nil
	e.skips(&e.look, passed)
	e.putOn(f)
	return true
}

// cutIn puts on air what the clock wants there now, as soon as it is ready. Until
// then, what is on air goes on.
func (e *Engine) cutIn() {
	f := e.due.feed
	if f.begins(e); f != nil && !f.warm() || f == nil && e.air == nil {
		return
	}
	on, left := e.standing()
	next, passed := e.decide(&e.due, on, left)
	switch {
	case next.Item.ID == "": // its time ended, and there is nothing to follow
		e.leave(Cut, e.cutBy(next))
		e.skips(&e.due, passed)
		e.due.forget()
		e.consult()
		return
	case e.goesOn(next):
		e.skips(&e.due, passed)
		e.stays(next)
		return
	case f == nil:
		if r := e.due.retry; r > 0 && r >= e.n && e.rooms.Rundown.Ends(e.on, playlist.Entry{}, e.cutAt) {
			e.leave(Cut, e.cutBy(playlist.Entry{})) // its time is over, and nothing that follows can play
			e.consult()
		}
		return
	case same(next, f.entry):
		f.adopt(next)
	default:
		if f = e.instead(&e.due, next); f == nil {
			return
		}
	}
	e.leave(Cut, e.cutBy(f.entry))
	e.skips(&e.due, passed)
	e.due.forget()
	e.due.feed = nil
	e.look.close()
	if e.order != nil && e.order.now {
		e.refuse(errCut)
	}
	e.putOn(f)
}

// goesOn reports whether the entry is what is on air already.
func (e *Engine) goesOn(next playlist.Entry) bool {
	return e.air != nil && same(next, e.on) && next.From == e.left()
}

// stays leaves what is on air there: the cut is off.
func (e *Engine) stays(next playlist.Entry) {
	e.air.entry.Place = next.Place
	e.on = e.air.entry
	e.due.close()
	e.due.forget()
	e.askCut(e.n + 1)
	e.publish()
}

// askCut asks from tick n on when the clock will cut in.
func (e *Engine) askCut(n int64) {
	var on playlist.Entry
	if e.air != nil {
		on = e.on
	}
	e.cutAt = e.rooms.Rundown.Cut(on, n)
}

// cutBy says why the item on air is taken off: what began, or that its own time
// was over.
func (e *Engine) cutBy(next playlist.Entry) Reason {
	began := !next.Planned.IsZero() && (next.Planned.After(e.on.Planned) || next.Index == 0 && next.From == 0)
	if began && next.Mode != playlist.ModeSlate && !e.rooms.Rundown.Ends(e.on, next, e.cutAt) {
		return Reason(next.Planned.Format(time.TimeOnly) + " " + next.Playlist + " began")
	}
	return Reason("its time ended")
}

// instead puts another entry in place of the prospect's. It returns the feed if
// that is ready at once.
func (e *Engine) instead(p *prospect, next playlist.Entry) *feed {
	p.replace(e, next)
	e.tend(p)
	f := p.feed
	if f == nil || !same(f.entry, next) {
		return nil
	}
	if f.begins(e); f.warm() {
		f.adopt(next)
		return f
	}
	return nil
}

// putOn puts a feed on air whose first tick is there.
func (e *Engine) putOn(f *feed) {
	e.air, e.on = f, f.entry
	e.pos = f.at()
	e.first, e.chase, e.slow = e.n-e.pos, false, slowness{}
	if f.still {
		f.shows = Slate
		if e.last != nil && f.entry.Ticks > 0 && f.entry.Ticks <= e.limit.hold {
			f.shows = Hold
		}
	}
	e.lookFrom = e.n + e.breath(f)
	e.look.forget()
	clear(e.barren)
	delete(e.missed, key(f.entry)+f.entry.Planned.String())
	e.look.retry = 0
	if len(e.due.failed) > maxChain { // its places are those of what was on air
		e.due.forget()
	}
	e.consult()
}

// breath is how long the look-ahead leaves a clip alone that has just come on
// air, in ticks: its reader fills its ring, and the next one's start, the most
// work there is at once, does not fall on the join. Short items have no time for that.
func (e *Engine) breath(f *feed) int64 {
	if n := f.length(); n > 0 {
		return min(e.limit.breath, (n-e.pos)/4)
	}
	return 0
}

// consult asks the rundown anew what comes and when. What is open stays if it is
// that still; if not, it stays until the new one is ready, so that an edit just
// before a join costs no hold.
func (e *Engine) consult() {
	e.askCut(e.n)
	if e.air != nil && e.ends() >= e.cutAt && e.ends() != Never {
		e.look.close()
		e.coming = e.expected(&e.due)
	} else {
		e.again(&e.look)
		e.coming = playlist.Entry{}
	}
	e.due.retry = 0
	if e.n < e.cutAt-e.limit.lead {
		e.due.close()
		e.due.forget()
	} else {
		e.again(&e.due)
	}
	e.publish()
}

// review is consult after everything may have changed: what failed may be well
// (but plans may change faster than a bad file shows that it is one), and what
// stood in because nothing could be done need not wait for its end.
func (e *Engine) review() {
	e.look.retry, e.due.retry = 0, 0
	if e.n >= e.hopeAt {
		e.hopeAt = e.n + e.limit.retry
		e.look.hope()
		e.due.hope()
	}
	e.consult()
	if e.air != nil && e.air.still {
		on, left := e.standing()
		if next := e.rooms.Rundown.Next(on, left, e.n); next.Item.ID != "" && !same(next, on) {
			e.cutAt = e.n
		}
	}
}

// everySecond asks anew where what was foreseen depends on the hour in a way
// that nobody tells: while a cut is overdue, while nothing is on air, and while it
// is not known when the item on air ends.
func (e *Engine) everySecond() {
	switch {
	case e.n > e.cutAt && (e.air != nil || e.due.feed != nil):
		e.again(&e.due)
	case e.air == nil:
		if e.n > 0 {
			e.consult()
		}
	case e.look.feed != nil && e.ends() == Never:
		e.again(&e.look)
	}
}
