package control

import (
	"context"
	"time"
)

// flight is a command that moves the programme, on its way.
type flight struct {
	key    string // what it asks for, and of which item on air
	cancel context.CancelCauseFunc
	done   chan struct{} // closed when answer and err stand
	ended  time.Time
	answer Answer
	err    error
}

// doubleClick is how long after a command took effect the same one counts as
// given by mistake. The item it means tells them apart in most cases, but not
// where a playlist has but one.
const doubleClick = 400 * time.Millisecond

var errOvertaken = refuse(Overtaken, "another command came after it and was carried out instead")

// inTurn carries a command out after the one under way, which it overtakes; or,
// if that is the same, shares its answer.
func (d *Desk) inTurn(ctx context.Context, who Who, key, what string, f func(ctx context.Context) (Answer, error)) (Answer, error) {
	d.mu.Lock()
	before := d.flight
	if before != nil && before.key == key && d.repeats(before) {
		d.mu.Unlock()
		<-before.done
		return before.answer, before.err
	}
	// A deadline of carry's own ends it in any case.
	turn, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	me := &flight{key: key, cancel: cancel, done: make(chan struct{})}
	d.flight = me
	d.mu.Unlock()

	if before != nil {
		before.cancel(errOvertaken)
		<-before.done
	}
	me.answer, me.err = d.carry(turn, who, what, f)
	d.mu.Lock()
	me.ended = time.Now()
	d.mu.Unlock()
	close(me.done)
	cancel(nil)
	return me.answer, me.err
}

// repeats reports whether a command like this one is but a double click.
func (d *Desk) repeats(f *flight) bool {
	return f.ended.IsZero() || (f.err == nil && time.Since(f.ended) < doubleClick)
}
