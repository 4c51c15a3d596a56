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
	e.warm(ctx)
	anchor := time.Now().Add(-e.grid.Due(e.n))
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
			e.late.Add(1)
			e.rooms.Log.Error("the process stood still; the programme goes on from where it was", "for", late.Round(time.Millisecond))
		} else {
			e.waitForRoom(ctx, timer, due.Add(maxLate))
		}
		e.Step()
	}
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

// warm opens the first item and waits until it is ready, or has failed for long enough.
func (e *Engine) warm(ctx context.Context) {
	deadline := time.NewTimer(warmUp)
	defer deadline.Stop()
	for {
		e.lookAhead()
		if e.look != nil && e.look.head != nil {
			return
		}
		if e.look == nil { // it failed at once; the next one is opened at the next turn
			if e.n < e.retry {
				return
			}
			continue
		}
		select {
		case <-e.look.clip.Ready():
		case <-deadline.C:
			return
		case <-ctx.Done():
			return
		}
	}
}
