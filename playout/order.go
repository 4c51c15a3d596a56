package playout

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"airloom/playlist"
	"airloom/playout/media"
)

// Why an order was not carried out.
var (
	ErrSuperseded = errors.New("another command has taken its place")
	ErrStopped    = errors.New("the channel was stopped")

	errCut     = fmt.Errorf("%w: the schedule cut in first", ErrSuperseded)
	errTooLate = errors.New("it was not ready when the item on air ended, and the programme went on")
	errNothing = errors.New("there is nothing to put on air")
)

// order is a command to put something on air, until that is done.
type order struct {
	ctx      context.Context
	now      bool
	by       string
	outcome  Outcome
	pick     func(on playlist.Entry, left, n int64) (playlist.Entry, error)
	answer   chan error
	feed     *feed
	borrowed bool  // the feed was the look-ahead's
	delay    int64 // ticks that a join has waited for it
}

// Air has the entry that pick names put on air: as soon as its first tick is
// ready, or at the next join. What is on air goes on until then; if it is taken
// off, that is its outcome o, for the reason by ("skipped by ops"). Air returns
// once the entry airs, or with why it does not: [ErrSuperseded], [ErrStopped],
// pick's error, the clip's fault, or the context's. A hold or slate of an
// operator's delays it. Pick gets what is on air, or was last, its next unaired
// tick (Ended: it is over), and the channel's tick. It may be asked several times,
// the last counts, runs on the engine's goroutine and may not block.
func (e *Engine) Air(ctx context.Context, now bool, by string, o Outcome, pick func(on playlist.Entry, left, n int64) (playlist.Entry, error)) error {
	o = cmp.Or(o, Cut)
	x := &order{ctx: ctx, now: now, by: cmp.Or(by, string(o)+" by an operator"), outcome: o, pick: pick, answer: make(chan error, 1)}
	return e.post(ctx, x.answer, func() { e.accept(x) })
}

// Hold shows the last picture with silence until it is lifted; the item on air
// waits meanwhile, and so does what the clock or another order wants on air.
func (e *Engine) Hold(ctx context.Context, on bool, by string) error {
	return e.show(ctx, Hold, on, by)
}

// Slate is Hold with the slate's picture.
func (e *Engine) Slate(ctx context.Context, on bool, by string) error {
	return e.show(ctx, Slate, on, by)
}

// Lift lets a file version play again that is left out for its crashes.
func (e *Engine) Lift(ctx context.Context, version string) error {
	answer := make(chan error, 1)
	return e.post(ctx, answer, func() {
		delete(e.banned, version)
		e.review()
		answer <- nil
	})
}

func (e *Engine) show(ctx context.Context, o Outcome, on bool, by string) error {
	answer := make(chan error, 1)
	return e.post(ctx, answer, func() {
		switch by := cmp.Or(by, "an operator"); {
		case on:
			e.forced = forced{o, by, Reason(string(o) + " by " + by)}
		case e.forced.outcome == o:
			e.forced = forced{}
			e.review() // cuts may have come due meanwhile
		}
		e.publish()
		answer <- nil
	})
}

// post hands an order to the engine's goroutine and waits for its answer.
func (e *Engine) post(ctx context.Context, answer <-chan error, do func()) error {
	select {
	case e.mail <- do:
	case <-ctx.Done():
		return ctx.Err()
	case <-e.ctx.Done():
		return ErrStopped
	}
	select {
	case err := <-answer:
		return err
	case <-ctx.Done():
	case <-e.ctx.Done():
	}
	select {
	case err := <-answer: // it came at the same moment
		return err
	default:
	}
	if e.ctx.Err() != nil {
		return ErrStopped
	}
	return ctx.Err()
}

// attend takes in what others want of the engine since the last Step.
func (e *Engine) attend() {
	for len(e.mail) > 0 {
		(<-e.mail)()
	}
	if e.refresh.Load() {
		e.refresh.Store(false)
		e.review()
	}
}

// accept makes the order the one that waits, if anybody still waits for it.
func (e *Engine) accept(o *order) {
	if err := o.ctx.Err(); err != nil {
		o.answer <- err
		return
	}
	if e.order != nil {
		e.refuse(ErrSuperseded)
	}
	e.order = o
	e.tendOrder()
}

// tendOrder brings the waiting order forward.
func (e *Engine) tendOrder() {
	o := e.order
	if err := o.ctx.Err(); err != nil {
		e.refuse(err)
		return
	}
	if o.feed == nil {
		on, left := e.standing()
		entry, err := o.pick(on, left, e.n)
		if err == nil && entry.Item.ID == "" {
			err = errNothing
		}
		if err != nil {
			e.refuse(err)
			return
		}
		e.openOrder(entry)
	}
	f := o.feed
	if f.ready {
		if !f.live {
			return
		}
		if cause := e.tendLive(f); cause != nil {
			e.fails(cause)
		}
		return
	}
	switch err := f.peek(); {
	case err == nil:
		f.ready = true
		f.learns(e)
		if err := e.isBanned(f); err != nil {
			e.fails(err)
			return
		}
		e.publish()
	case !errors.Is(err, media.ErrNotReady):
		if cause := e.mend(f); cause != nil {
			e.fails(cause)
		}
	default:
		if cause := e.isStuck(f); cause != nil {
			e.fails(cause)
		}
	}
}

// openOrder opens what the order wants; it may be open already.
func (e *Engine) openOrder(entry playlist.Entry) {
	o, f := e.order, e.look.feed
	if f != nil && same(f.entry, entry) && f.entry.From == entry.From {
		f.adopt(entry)
		o.feed, o.borrowed, e.look.feed = f, true, nil
		return
	}
	o.feed = e.open(entry)
}

// obey puts the order's entry on air, if it is that still.
func (e *Engine) obey() bool {
	o := e.order
	if err := o.ctx.Err(); err != nil { // whoever asked has been told that it was given up
		e.refuse(err)
		return false
	}
	on, left := e.standing()
	entry, err := o.pick(on, left, e.n)
	switch {
	case err != nil:
		e.refuse(err)
		return false
	case !same(entry, o.feed.entry):
		e.giveBack()
		e.openOrder(entry)
		return false
	}
	if o.feed.adopt(entry); !o.feed.reach(entry.From) {
		return false
	}
	e.leave(o.outcome, Reason(o.by))
	e.order = nil
	e.look.close()
	e.putOn(o.feed)
	o.answer <- nil
	return true
}

// orderFirst reports whether a join is to wait for the order: a little, if there
// is something to air in its place.
func (e *Engine) orderFirst() bool {
	if !e.look.feed.warm() {
		return false
	}
	if e.order.delay++; e.order.delay <= e.limit.crash {
		return true
	}
	e.refuse(errTooLate)
	return false
}

// fails ends an order whose item cannot play.
func (e *Engine) fails(cause error) {
	e.tell(e.order.feed.entry, Skipped, cause)
	e.rows.report(skipOf(e.order.feed.entry, e.n, cause))
	e.refuse(cause)
}

// refuse ends the waiting order with its answer.
func (e *Engine) refuse(why error) {
	o := e.order
	e.giveBack()
	e.order = nil
	e.publish()
	o.answer <- why
}

// giveBack lets go of the order's feed, or returns it to where it came from.
func (e *Engine) giveBack() {
	o := e.order
	switch {
	case o.feed == nil:
	case o.borrowed && e.look.feed == nil && e.ctx.Err() == nil:
		e.look.feed = o.feed
	default:
		o.feed.close()
	}
	o.feed, o.borrowed = nil, false
}
