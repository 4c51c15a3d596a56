package control

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"airloom/playlist"
	"airloom/playlist/schedule"
	"airloom/playout"
	"airloom/playout/media"
)

// picker names what is to air instead of on, which would go on with its tick
// left at the channel's tick n.
type picker func(on playlist.Entry, left, n int64) (playlist.Entry, error)

// attempt is a change of what airs, on its way.
type attempt struct {
	what string // the command's word
	who  Who
	why  string          // what happens to what it takes off air: "skipped", by who
	as   playout.Outcome // of what it takes off air; "": Cut
	next bool            // at the next join, not at once
	pick picker
	then picker // what to air instead of what cannot play; nil: nothing

	mu     sync.Mutex
	failed []playlist.Entry // cannot play
	change
}

// cannot notes that an entry cannot play.
func (a *attempt) cannot(e playlist.Entry) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.failed = append(a.failed, e)
}

// change is what was on air, and what came instead.
type change struct {
	what  string // the command's word
	on    playlist.Entry
	left  int64 // the tick with which on would have gone on, or Ended…
	n     int64 // …at this tick of the channel
	ticks int64 // the length of on; 0: unknown
	to    playlist.Entry
	at    time.Time // when it took effect
	lined time.Time // since when it had been lined up; zero: it had not
}

// made is the change as it stands.
func (a *attempt) made() change {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.change
}

// tries bounds how many items that cannot play are passed over.
const tries = 20

// run makes the attempt: it returns once the change is on air.
func (d *Desk) run(ctx context.Context, a *attempt) error {
	for {
		err := d.rooms.Engine.Air(ctx, !a.next, a.why+" by "+a.who.String(), cmp.Or(a.as, playout.Cut), func(on playlist.Entry, left, n int64) (playlist.Entry, error) {
			return d.choose(a, on, left, n)
		})
		if fault := (*media.Fault)(nil); a.then != nil && errors.As(err, &fault) && len(a.failed) < tries {
			a.cannot(a.made().to)
			continue
		}
		if err == nil {
			d.changed(a)
		}
		return err
	}
}

// choose asks what is to air, and takes note. It is called on the engine's
// goroutine, maybe more than once: the last time counts.
func (d *Desk) choose(a *attempt, on playlist.Entry, left, n int64) (playlist.Entry, error) {
	to, err := a.pick(on, left, n)
	snap, _ := d.rooms.Engine.Snapshot()
	a.mu.Lock()
	defer a.mu.Unlock()
	for i := 0; err == nil && i < len(a.failed) && slices.ContainsFunc(a.failed, func(e playlist.Entry) bool { return same(e, to) }); i++ {
		to, err = a.then(to, schedule.Ended, n)
	}
	if err != nil {
		return to, err
	}
	a.change = change{what: a.what, on: on, left: left, n: n, to: to}
	if same(snap.Air, on) {
		a.ticks = snap.AirTicks
	}
	return to, nil
}

// changed remembers a change that has just come on air, to be undone.
func (d *Desk) changed(a *attempt) {
	c := a.made()
	c.at = time.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.lined != nil && d.lined.attempt == a {
		c.lined = d.lined.since
	}
	d.moved(c)
	d.undo = &c
	if a.what == "undo" {
		d.undo = nil
	}
}

// where is the place at the channel's tick n that the programme would have come
// to without the change: an entry, and the tick of its item.
func where(r Rundown, c change, n int64) (playlist.Entry, int64) {
	end, left := c.n, c.left
	if c.left != schedule.Ended {
		end = r.Cut(c.on, c.n)
		left = c.left + end - c.n
		if over := c.n + c.ticks - c.left; c.ticks > 0 && over <= end {
			end, left = over, schedule.Ended
		}
		if n < end {
			return c.on, c.left + n - c.n
		}
	}
	for s := range r.Walk(context.Background(), c.on, left, end, n+1) {
		if s.Ticks == schedule.Never || n < s.Start+s.Ticks {
			return s.Entry, s.From + n - s.Start
		}
	}
	return c.on, max(0, c.left) // nothing else is known
}
