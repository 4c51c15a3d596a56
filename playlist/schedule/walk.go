package schedule

import (
	"context"
	"iter"
	"slices"

	"airloom/playlist"
)

// Slot is an entry with its place in time.
type Slot struct {
	playlist.Entry
	Start int64 // tick
	Ticks int64 // how long it airs; Never: no end in sight
	Left  int64 // the item's tick at which it is left; Ended where it plays to its end
}

// End is the tick after its last; Never: no end in sight.
func (s Slot) End() int64 {
	if s.Ticks == Never {
		return Never
	}
	return s.Start + s.Ticks
}

// Walk is what airs from tick n on, by the lengths that are known, when e is
// left at its tick left: see [Plans.Next]. Slots abut. The last is the one that
// reaches tick end, or whose end nobody knows, or the context is done. Items that
// cannot play are passed over; where nothing can, a slot of [playlist.ModeSlate]
// lasts until the next start.
func (p *Plans) Walk(ctx context.Context, e playlist.Entry, left, n, end int64, c Clock) iter.Seq[Slot] {
	return func(yield func(Slot) bool) {
		if n < end {
			p.walk(ctx, p.playable(e, left, n, c), n, end, c, yield)
		}
	}
}

// WalkOn is the same while e stays on air at tick n, with its tick left the next
// to air: the first slot is the rest of e.
func (p *Plans) WalkOn(ctx context.Context, e playlist.Entry, left, n, end int64, c Clock) iter.Seq[Slot] {
	if left < 0 || e.Item.ID == "" || liveOf(e) != nil { // when a producer ends nobody knows: the plan is shown as it goes on
		return p.Walk(ctx, e, left, n, end, c)
	}
	return func(yield func(Slot) bool) {
		on, ok := p.stays(e, left)
		if !ok {
			on = p.playable(e, Ended, n, c)
		}
		p.walk(ctx, on, n, end, c, yield)
	}
}

// stays is e from its tick left on; false where it is over by then.
func (p *Plans) stays(e playlist.Entry, left int64) (playlist.Entry, bool) {
	e.From, e.Ticks = left, p.remains(e, left)
	return e, e.Ticks >= 0
}

// remains is how much of an entry is to air from its item's tick left on: 0 where
// that is not known, -1 where it is over.
func (p *Plans) remains(e playlist.Entry, left int64) int64 {
	total := int64(0)
	if e.Mode != playlist.ModeSlate {
		total = p.ticks(e.Item)
	}
	if total <= 0 && e.Ticks > 0 {
		total = e.From + e.Ticks
	}
	switch {
	case total <= 0:
		return 0
	case total <= left:
		return -1
	default:
		return total - left
	}
}

func (p *Plans) walk(ctx context.Context, e playlist.Entry, n, end int64, c Clock, yield func(Slot) bool) {
	for n < end && ctx.Err() == nil {
		slot, next := p.slot(e, n, end, c)
		if slot.Ticks > 0 && !yield(slot) || slot.Ticks == Never {
			return
		}
		n, e = slot.End(), next
	}
}

// slot is how long e airs from tick n on, and what comes after it. Starts that
// come to nothing, for nothing of them can air, do not end it.
func (p *Plans) slot(e playlist.Entry, n, end int64, c Clock) (slot Slot, next playlist.Entry) {
	slot = Slot{Entry: e, Start: n, Ticks: Never, Left: Ended}
	if e.Ticks > 0 {
		slot.Ticks = e.Ticks
	}
	for at := n; ; {
		x, _ := p.stage(slot.Entry, at, c).cut(e.Item.ID == gapID && e.Ticks == 0)
		if x >= slot.End() {
			break
		}
		left := e.From + x - n
		next = p.playable(slot.Entry, left, x, c)
		if x >= end || x == n || !goesOn(next, e, left) {
			slot.Ticks, slot.Left = x-n, left
			return slot, next
		}
		missed := slices.Concat(MissedBy(slot.Entry), MissedBy(next))
		next.Place.(*place).missed = missed // nobody else has seen it yet
		slot.Place, at = next.Place, x
	}
	if slot.Ticks != Never {
		next = p.playable(slot.Entry, Ended, slot.End(), c)
	}
	return slot, next
}

// goesOn says that the next entry is e, from its tick left on.
func goesOn(next, e playlist.Entry, left int64) bool {
	return next.Item.ID == e.Item.ID && next.Playlist == e.Playlist && next.Index == e.Index && next.Round == e.Round &&
		next.Mode == e.Mode && next.Planned.Equal(e.Planned) && e.Mode != playlist.ModeSlate && next.From == left
}

// playable is the next entry that can play; where none can, a gap without an end.
func (p *Plans) playable(e playlist.Entry, left, n int64, c Clock) playlist.Entry {
	next := p.Next(e, left, n, c)
	first, again := next, 0
	for next.Item.ID != "" && next.Mode != playlist.ModeSlate && p.ticks(next.Item) < 0 {
		e, left = next, Ended
		next = p.Next(e, left, n, c)
		switch {
		case next.Playlist != first.Playlist || next.Mode != first.Mode || !next.Planned.Equal(first.Planned):
			first, again = next, 0 // that run is over
		case next.Item.ID == first.Item.ID && next.Round == first.Round:
			if again++; again == 2 { // once may be where a shuffle began anew
				next = playlist.Entry{}
			}
		}
	}
	if next.Item.ID != "" {
		return next
	}
	s := p.stage(e, n, c)
	s.leave(e, left)
	s.due()
	s.air, s.beside = s.best(), true
	return s.placed(gap(0))
}

// Advance is what is on air at tick to, and its next tick to air, when e is on
// air at tick n with its tick left the next: how an endless channel would have
// gone on. In an item whose length is unknown it goes no further than to the
// beginning.
func (p *Plans) Advance(ctx context.Context, e playlist.Entry, left int64, c Clock, n, to int64) (playlist.Entry, int64) {
	for slot := range p.WalkOn(ctx, e, left, n, to+1, c) {
		e, left = slot.Entry, slot.From
		if slot.End() > to && (slot.Entry.Ticks > 0 || slot.Mode == playlist.ModeSlate) {
			left += max(to-slot.Start, 0)
		}
	}
	return e, left
}
