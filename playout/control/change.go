package control

import (
	"context"
	"sync"
	"time"

	"airloom/playlist"
	"airloom/playlist/schedule"
	"airloom/playout"
)

// picker names what is to air instead of on, which would go on with its tick
// left at the channel's tick n.
type picker func(on playlist.Entry, left, n int64) (playlist.Entry, error)

// change is one change of what airs: what was on air, and what came instead.
type change struct {
	what  string // the command's word
	on    playlist.Entry
	left  int64 // the tick with which on would have gone on…
	n     int64 // …at this tick of the channel
	ticks int64 // the length of on; 0: unknown
	to    playlist.Entry
	at    time.Time // when it took effect
}

// air has the engine air what pick names. Pick is asked on the engine's
// goroutine, maybe more than once; the last time counts.
func (d *Desk) air(ctx context.Context, now bool, who Who, what string, pick picker) (change, error) {
	var mu sync.Mutex
	c := change{what: what}
	err := d.rooms.Engine.Air(ctx, now, what+" by "+who.String(), playout.Cut, func(on playlist.Entry, left, n int64) (playlist.Entry, error) {
		to, err := pick(on, left, n)
		if err != nil {
			return to, err
		}
		snap, _ := d.rooms.Engine.Snapshot()
		mu.Lock()
		defer mu.Unlock()
		c.on, c.left, c.n, c.ticks, c.to = on, left, n, 0, to
		if same(snap.Air, on) {
			c.ticks = snap.AirTicks
		}
		return to, nil
	})
	mu.Lock()
	defer mu.Unlock()
	c.at = time.Now()
	return c, err
}

// where is the place at the channel's tick n that the programme would have come
// to without the change: an entry, and the tick of its item.
func where(r Rundown, c change, n int64) (playlist.Entry, int64) {
	end := r.Cut(c.on, c.n)
	left := c.left + end - c.n
	if over := c.n + c.ticks - c.left; c.ticks > 0 && over <= end {
		end, left = over, schedule.Ended
	}
	if n < end {
		return c.on, c.left + n - c.n
	}
	for s := range r.Walk(context.Background(), c.on, left, end, n+1) {
		if s.Ticks == schedule.Never || n < s.Start+s.Ticks {
			return s.Entry, s.From + n - s.Start
		}
	}
	return c.on, c.left // the walk ended before its end: nothing else is known
}
