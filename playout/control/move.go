package control

import (
	"context"
	"errors"
	"fmt"
	"time"

	"airloom/playlist"
	"airloom/playlist/schedule"
	"airloom/playout/media"
)

// Skip puts the next item on air: what was taken as next, or what the plan says.
// What cannot play is passed over. Item is the ID of the one to be skipped; "" is
// the one on air now.
func (d *Desk) Skip(ctx context.Context, who Who, item string) (Answer, error) {
	return d.move(ctx, who, "skip", item, func(ctx context.Context, on playlist.Entry) (Answer, error) {
		step := func(e playlist.Entry, _, n int64) (playlist.Entry, error) {
			next := d.rooms.Rundown.Next(e, schedule.Ended, n)
			if next.Item.ID == "" {
				return next, refuse(Refused, "nothing follows %s", named(e))
			}
			return next, nil
		}
		if l := d.unline(); l != nil {
			step = l.pick
		}
		c, err := d.passOver(ctx, who, "skip", on, step)
		if err != nil {
			return Answer{}, err
		}
		return d.onAir(fmt.Sprintf("skipped '%s' for %s", on.Item.Title, named(c.to)), c.to), nil
	})
}

// Back puts the item before the one on air on air again, from its beginning.
func (d *Desk) Back(ctx context.Context, who Who, item string) (Answer, error) {
	return d.move(ctx, who, "back", item, func(ctx context.Context, on playlist.Entry) (Answer, error) {
		d.unline()
		c, err := d.passOver(ctx, who, "back", on, d.rooms.Rundown.Back)
		if err != nil {
			return Answer{}, err
		}
		return d.onAir("went back to "+named(c.to), c.to), nil
	})
}

// Restart begins the item on air again.
func (d *Desk) Restart(ctx context.Context, who Who, item string) (Answer, error) {
	return d.move(ctx, who, "restart", item, func(ctx context.Context, on playlist.Entry) (Answer, error) {
		c, err := d.air(ctx, true, who, "restart", d.meaning(on, func(e playlist.Entry, _, n int64) (playlist.Entry, error) {
			return d.rooms.Rundown.Seek(e, 0, n)
		}))
		if err != nil {
			return Answer{}, err
		}
		d.changed(c)
		return d.onAir("began "+named(c.to)+" again", c.to), nil
	})
}

// Seek has the item on air go on from a time in it, counted from its beginning.
func (d *Desk) Seek(ctx context.Context, who Who, item string, to time.Duration) (Answer, error) {
	return d.move(ctx, who, "seek "+timecode(to)+" in", item, func(ctx context.Context, on playlist.Entry) (Answer, error) {
		tick := d.rooms.Grid.Ticks(to)
		if err := d.reaches(on, tick); err != nil {
			return Answer{}, err
		}
		c, err := d.air(ctx, true, who, "seek", d.meaning(on, func(e playlist.Entry, _, n int64) (playlist.Entry, error) {
			return d.rooms.Rundown.Seek(e, tick, n)
		}))
		if err != nil {
			return Answer{}, err
		}
		d.changed(c)
		return d.onAir(fmt.Sprintf("%s goes on from %s", named(c.to), d.at(tick)), c.to), nil
	})
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

// Undo takes the last change of what airs back: the programme goes on where it
// would be without it. What was taken as next is next no longer.
func (d *Desk) Undo(ctx context.Context, who Who) (Answer, error) {
	return d.inTurn(ctx, who, "undo", "undo", func(ctx context.Context) (Answer, error) {
		d.mu.Lock()
		c := d.undo
		d.mu.Unlock()
		if l := d.recentlyLined(); l != nil {
			d.unline()
			return Answer{Said: named(l.entry()) + " is not next any more"}, nil
		}
		if c == nil || time.Since(c.at) > undoWithin {
			return Answer{}, refuse(Refused, "there is nothing to undo: only what changed within the last %v can be", undoWithin)
		}
		d.unline()
		done, err := d.air(ctx, true, who, "undo", func(_ playlist.Entry, _, n int64) (playlist.Entry, error) {
			e, tick := where(d.rooms.Rundown, *c, n)
			return d.rooms.Rundown.Seek(e, tick, n)
		})
		if err != nil {
			return Answer{}, err
		}
		d.changed(change{})
		return d.onAir(fmt.Sprintf("undid %s: %s goes on from %s", c.what, named(done.to), d.at(done.to.From)), done.to), nil
	})
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

// tries bounds how many items that cannot play are passed over.
const tries = 20

// passOver airs what step leads to from the item that was meant, or, where that
// cannot play, what step leads to from there.
func (d *Desk) passOver(ctx context.Context, who Who, what string, meant playlist.Entry, step picker) (change, error) {
	for over := 0; ; over++ {
		c, err := d.air(ctx, true, who, what, d.meaning(meant, func(on playlist.Entry, left, n int64) (e playlist.Entry, err error) {
			e = on
			for range over + 1 {
				if e, err = step(e, left, n); err != nil {
					return e, err
				}
				left = schedule.Ended
			}
			return e, nil
		}))
		if err == nil {
			d.changed(c)
			return c, nil
		}
		if fault := (*media.Fault)(nil); !errors.As(err, &fault) || over+1 >= tries {
			return c, err
		}
	}
}

// changed notes a change of what airs, to be undone; the zero change is none.
func (d *Desk) changed(c change) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.undo = nil
	if c.to.Item.ID != "" {
		d.undo = &c
	}
}
