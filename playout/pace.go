package playout

import (
	"context"
	"time"
)

// warmUp is how long Run waits for the first clip before it airs anything: a
// channel that starts should begin with its programme, not with the slate.
const warmUp = 600 * time.Millisecond

// maxLate is how far ticks may fall behind while the encoder has no room, before
// pictures are skipped: a hiccup of a busy machine costs no picture.
const maxLate = 300 * time.Millisecond

// giveUp is when the process must have been stopped (suspended, SIGSTOP). Airing
// what was missed in one burst would flood the server, and leaving it out would
// be a jump in the timestamps: the clock is anchored anew instead.
const giveUp = 2 * time.Second

// Run airs ticks in real time until the context is done. Tick n is due at one
// anchor plus n/fps on the monotonic clock; nothing is ever counted from the
// last tick, so no lateness adds up.
func (e *Engine) Run(ctx context.Context) error {
	defer e.Close()
	e.tellTime(time.Now().Add(-e.grid.Due(e.n)), true)
	e.warm(ctx)
	anchor := time.Now().Add(-e.grid.Due(e.n))
	e.tellTime(anchor, true) // that waited for the first clip
	look := anchor           // when to look at the wall clock next
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		due := anchor.Add(e.grid.Due(e.n))
		timer.Reset(time.Until(due))
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		}
		if late := time.Since(due); late > giveUp {
			anchor = anchor.Add(late)
			look = anchor
			e.late.Add(1)
			e.rooms.Log.Error("the process stood still; the programme goes on from where it was", "event", "stood-still", "for", late.Round(time.Millisecond))
		} else {
			e.waitForRoom(ctx, timer, due.Add(maxLate))
		}
		if !due.Before(look) {
			look = due.Add(time.Second)
			e.tellTime(anchor, false)
		}
		e.Step()
	}
}

// maxRead is how long reading the wall clock may take: a process that loses the
// processor between its two clocks would see a step where there is none.
const maxRead = time.Millisecond

// tellTime compares the time of day with the monotonic clock. Where tick 0 was
// due by it has moved by more than half a tick, the system's clock has been
// stepped, or the process stood still: the plan is asked anew.
func (e *Engine) tellTime(anchor time.Time, start bool) {
	since := time.Since(anchor)
	wall := e.cfg.Wall().Round(0)
	if time.Since(anchor)-since > maxRead && !start {
		return // in a second there is another chance
	}
	zero := wall.Add(-since)
	step := zero.Sub(e.zero)
	if !start && 2*step.Abs() <= e.grid.Duration(1) {
		return
	}
	if !start {
		e.rooms.Log.Warn("the time of day has moved against the channel's ticks", "event", "clock-moved", "by", step.Round(time.Millisecond))
	}
	e.zero = zero
	if e.rooms.Zero != nil {
		e.rooms.Zero(zero)
	}
	e.review()
}

// waitForRoom lets the encoder take what it has, up to a deadline.
func (e *Engine) waitForRoom(ctx context.Context, timer *time.Timer, until time.Time) {
	left := time.Until(until)
	if left <= 0 {
		return
	}
	timer.Reset(left)
	select {
	case <-ctx.Done():
	case <-e.rooms.Encoder.Room():
	case <-timer.C:
	}
}

// Warm opens what airs first, and reports whether its first tick is at hand. Run
// does it by itself; it is for whoever calls Step without Run, again and again
// until it is content: a channel should begin with its programme.
func (e *Engine) Warm() bool {
	e.tend(&e.look)
	return e.look.feed.warm()
}

// warm waits until the first item is ready, or has failed for long enough.
func (e *Engine) warm(ctx context.Context) {
	deadline := time.NewTimer(warmUp)
	defer deadline.Stop()
	for !e.Warm() {
		f := e.look.feed
		if f == nil { // it failed at once; the next one is opened at the next turn
			if e.n < e.look.retry {
				return
			}
			continue
		}
		select {
		case <-f.clip.Ready():
		case <-deadline.C:
			return
		case <-ctx.Done():
			return
		}
	}
}
