package control

import (
	"context"
	"fmt"
	"slices"
	"time"

	"airloom/playlist"
	"airloom/playlist/schedule"
	"airloom/playout"
)

// Skip puts the next item on air: what was taken as next, or what the plan says.
// What cannot play is passed over. Item is the ID of the one to be skipped; "" is
// the one on air now.
func (d *Desk) Skip(ctx context.Context, who Who, item string) (Answer, error) {
	return d.move(ctx, who, "skip", item, func(ctx context.Context, on playlist.Entry) (Answer, error) {
		a := &attempt{what: "skip", who: who, why: "skipped", as: playout.Skipped}
		if l := d.unline(); l != nil {
			a.pick, a.then = d.meaning(on, l.pick), l.then
		} else {
			a.pick, a.then, a.failed = d.meaning(on, d.following), d.following, d.passed(on)
		}
		return d.put(ctx, a, func(c change) string { return fmt.Sprintf("skipped '%s' for %s", on.Item.Title, named(c.to)) })
	})
}

// following is what the plan says comes after an entry.
func (d *Desk) following(e playlist.Entry, _, n int64) (playlist.Entry, error) {
	next := d.rooms.Rundown.Next(e, schedule.Ended, n)
	if next.Item.ID == "" {
		return next, refuse(Refused, "nothing follows %s", named(e))
	}
	return next, nil
}

// passed is what the engine has found that cannot play between the item on air
// and the next one that it has ready.
func (d *Desk) passed(on playlist.Entry) (list []playlist.Entry) {
	snap, counts := d.rooms.Engine.Snapshot()
	for e := on; len(list) < tries && snap.Next.Item.ID != ""; {
		e = d.rooms.Rundown.Next(e, schedule.Ended, counts.Ticks)
		if same(e, snap.Next) {
			return list
		}
		list = append(list, e)
	}
	return nil // what it has ready is of another kind
}

// Back puts the item before the one on air on air again, from its beginning. One
// that cannot play is passed over.
func (d *Desk) Back(ctx context.Context, who Who, item string) (Answer, error) {
	return d.move(ctx, who, "back", item, func(ctx context.Context, on playlist.Entry) (Answer, error) {
		d.unline()
		a := &attempt{what: "back", who: who, why: "back to the item before",
			pick: d.meaning(on, d.rooms.Rundown.Back), then: d.rooms.Rundown.Back}
		return d.put(ctx, a, func(c change) string { return "went back to " + named(c.to) })
	})
}

// Restart begins the item on air again.
func (d *Desk) Restart(ctx context.Context, who Who, item string) (Answer, error) {
	return d.move(ctx, who, "restart", item, func(ctx context.Context, on playlist.Entry) (Answer, error) {
		a := &attempt{what: "restart", who: who, why: "begun again", pick: d.meaning(on, d.to(0))}
		return d.put(ctx, a, func(c change) string { return "began " + named(c.to) + " again" })
	})
}

// Seek has the item on air go on from a time in it, counted from its beginning.
func (d *Desk) Seek(ctx context.Context, who Who, item string, to time.Duration) (Answer, error) {
	tick := d.rooms.Grid.Ticks(to)
	return d.move(ctx, who, "seek "+timecode(to)+" in", item, func(ctx context.Context, on playlist.Entry) (Answer, error) {
		if err := d.reaches(on, tick); err != nil {
			return Answer{}, err
		}
		a := &attempt{what: "seek", who: who, why: "moved to " + d.at(tick), pick: d.meaning(on, d.to(tick))}
		return d.put(ctx, a, func(c change) string { return named(c.to) + " goes on from " + d.at(tick) })
	})
}

// to is the item on air from a tick on.
func (d *Desk) to(tick int64) picker {
	return func(on playlist.Entry, _, n int64) (playlist.Entry, error) { return d.rooms.Rundown.Seek(on, tick, n) }
}

// reaches says why there is nothing at the tick of the item on air.
func (d *Desk) reaches(on playlist.Entry, tick int64) error {
	snap, _ := d.rooms.Engine.Snapshot()
	switch {
	case tick < 0:
		return refuse(Invalid, "a time in an item cannot be negative")
	case playlist.Live(on.Item.Source):
		return refuse(Refused, "%s is live: there is nothing to go to in it", named(on))
	case same(snap.Air, on) && snap.AirTicks > 0 && tick >= snap.AirTicks:
		return refuse(Refused, "%s lasts %s: there is no %s in it", named(on), d.at(snap.AirTicks), d.at(tick))
	}
	return nil
}

// undoWithin is how long a change can be undone.
const undoWithin = 10 * time.Second

// Undo takes the last change of what airs back, whosever it was: see [Desk.UndoOf].
func (d *Desk) Undo(ctx context.Context, who Who) (Answer, error) {
	return d.UndoOf(ctx, who, time.Time{})
}

// UndoOf takes the last change of what airs back: the programme goes on where it
// would be without it. What is lined up is so no longer. The change is meant that
// can be undone until then, as its answer told; zero: whichever was the last.
// Where another came after it nothing is undone.
func (d *Desk) UndoOf(ctx context.Context, who Who, until time.Time) (Answer, error) {
	return d.inTurn(ctx, who, "undo", "undo", func(ctx context.Context) (Answer, error) {
		d.mu.Lock()
		c, waits := d.undo, d.lined
		d.mu.Unlock()
		if waits != nil && time.Since(waits.since) <= undoWithin && (c == nil || c.at.Before(waits.since)) {
			if !undoes(until, waits.since) {
				return Answer{}, overtaken(waits.what)
			}
			if l := d.unline(); l != nil {
				return Answer{Said: fmt.Sprintf("undid %s: %s is not lined up any more", l.what, named(l.made().to))}, nil
			}
		}
		if c == nil || time.Since(c.at) > undoWithin {
			return Answer{}, refuse(Refused, "there is nothing to undo: only what changed within the last %v can be", undoWithin)
		}
		if !undoes(until, c.at, c.lined) {
			return Answer{}, overtaken(c.what)
		}
		d.unline()
		a := &attempt{what: "undo", who: who, why: c.what + " undone", pick: d.without(*c), then: d.following}
		return d.put(ctx, a, func(done change) string {
			return fmt.Sprintf("undid %s: %s goes on from %s", c.what, named(done.to), d.at(done.to.From))
		})
	})
}

// undoes reports whether the change that is meant, by when it can be undone until,
// is one that took effect or was lined up at one of these times.
func undoes(until time.Time, began ...time.Time) bool {
	return until.IsZero() || slices.ContainsFunc(began, func(at time.Time) bool {
		return !at.IsZero() && at.Add(undoWithin).Truncate(time.Millisecond).Equal(until)
	})
}

func overtaken(by string) error {
	return refuse(Overtaken, "nothing was undone: another command came after it (%s)", by)
}

// undoable is until when what a command has changed since it began can be undone;
// nil: it has changed nothing of that kind.
func (d *Desk) undoable(began time.Time) *time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	var until time.Time
	switch {
	case d.lined != nil && !d.lined.since.Before(began):
		until = d.lined.since.Add(undoWithin)
	case d.undo != nil && !d.undo.at.Before(began):
		until = d.undo.at.Add(undoWithin)
	default:
		return nil
	}
	until = until.In(d.rooms.Zone).Truncate(time.Millisecond)
	return &until
}

// without is where the programme would be without a change. While an operator
// holds the channel, it would stand still too.
func (d *Desk) without(c change) picker {
	var held, since int64 // ticks that it stood still; since when it does now, 0: it does not
	return func(_ playlist.Entry, _, n int64) (playlist.Entry, error) {
		snap, _ := d.rooms.Engine.Snapshot()
		switch {
		case snap.Forced == "" && since > 0:
			held, since = held+n-since, 0
		case snap.Forced != "" && since == 0:
			if since = n; snap.Airs == snap.Forced {
				since = max(c.n, snap.Since)
			}
		}
		then := n - held
		if since > 0 {
			then = since - held
		}
		e, tick := where(d.rooms.Rundown, c, then)
		if e.Mode == playlist.ModeSlate { // a planned still: no clip to go to a place in
			e.From, e.Ticks = tick, max(0, e.Ticks-(tick-e.From))
			return e, nil
		}
		return d.rooms.Rundown.Seek(e, tick, n)
	}
}

// move carries out a command about the item on air, in its turn.
func (d *Desk) move(ctx context.Context, who Who, what, item string, f func(ctx context.Context, on playlist.Entry) (Answer, error)) (Answer, error) {
	snap, _ := d.rooms.Engine.Snapshot()
	on := snap.Air
	switch {
	case on.Item.ID == "":
		return d.atOnce(ctx, who, what, fails(refuse(Refused, "no item is on air to %s", what)))
	case item != "" && item != on.Item.ID:
		return d.atOnce(ctx, who, what, fails(refuse(Conflict, "the item that was meant is no longer on air: %s is", named(on))))
	}
	return d.inTurn(ctx, who, what+" "+on.Playlist+" "+on.Item.ID, what+" "+named(on), func(ctx context.Context) (Answer, error) {
		return f(ctx, on)
	})
}

func fails(err error) func(context.Context) (Answer, error) {
	return func(context.Context) (Answer, error) { return Answer{}, err }
}

// meaning is pick, as long as the item that was meant is on air.
func (d *Desk) meaning(meant playlist.Entry, pick picker) picker {
	return func(on playlist.Entry, left, n int64) (playlist.Entry, error) {
		if !same(on, meant) {
			return playlist.Entry{}, refuse(Conflict, "%s is no longer on air: %s is", named(meant), named(on))
		}
		return pick(on, left, n)
	}
}
