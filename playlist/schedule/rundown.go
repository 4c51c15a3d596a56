package schedule

import (
	"context"
	"iter"
	"sync/atomic"

	"airloom/playlist"
)

// Rundown is the order of airing on air: plans and clock that may be replaced at
// any time, and where the channel begins. Its methods may be called from any
// goroutine and never block.
type Rundown struct {
	plans atomic.Pointer[Plans]
	clock atomic.Pointer[Clock]
	first atomic.Pointer[begin]
}

type begin struct {
	entry playlist.Entry
	left  int64
	on    bool // it is on air, and stays
}

// NewRundown returns the rundown of the plans.
func NewRundown(p *Plans, c Clock) *Rundown {
	r := &Rundown{}
	r.plans.Store(p)
	r.clock.Store(&c)
	return r
}

// Begin says where the channel begins: after e, left at its tick left.
func (r *Rundown) Begin(e playlist.Entry, left int64) { r.first.Store(&begin{e, left, false}) }

// BeginOn says that e is on air when the channel begins, and stays, with its tick
// left the next; Ended: it is over.
func (r *Rundown) BeginOn(e playlist.Entry, left int64) { r.first.Store(&begin{e, left, left >= 0}) }

// Replace puts other plans in place.
func (r *Rundown) Replace(p *Plans) { r.plans.Store(p) }

// Plans is what is in place.
func (r *Rundown) Plans() *Plans { return r.plans.Load() }

// SetClock ties ticks to the time of day anew.
func (r *Rundown) SetClock(c Clock) { r.clock.Store(&c) }

// Clock is how ticks are tied to the time of day.
func (r *Rundown) Clock() Clock { return *r.clock.Load() }

// Next is [Plans.Next] as things stand.
func (r *Rundown) Next(e playlist.Entry, left, n int64) playlist.Entry {
	if e.Item.ID == "" {
		if b := r.first.Load(); b != nil {
			e, left = b.entry, b.left
			p := r.Plans()
			if on, ok := p.stays(e, left); b.on && ok {
				return on
			}
			return p.resume(e, left, n, r.Clock())
		}
	}
	if l := liveOf(e); l != nil {
		l.keep(r.Plans(), n, r.Clock())
	}
	return r.Plans().Next(e, left, n, r.Clock())
}

// Cut is [Plans.Cut] as things stand.
func (r *Rundown) Cut(e playlist.Entry, n int64) int64 { return r.Plans().Cut(e, n, r.Clock()) }

// Ends is [Plans.Ends] as things stand.
func (r *Rundown) Ends(e, next playlist.Entry, n int64) bool {
	return r.Plans().Ends(e, next, n, r.Clock())
}

// Walk is [Plans.Walk] as things stand.
func (r *Rundown) Walk(ctx context.Context, e playlist.Entry, left, n, end int64) iter.Seq[Slot] {
	return r.Plans().Walk(ctx, e, left, n, end, r.Clock())
}

// Take is [Plans.Take] as things stand.
func (r *Rundown) Take(e playlist.Entry, left, n int64, file, item string) (playlist.Entry, error) {
	return r.Plans().Take(e, left, n, r.Clock(), file, item)
}

// Back is [Plans.Back] as things stand.
func (r *Rundown) Back(e playlist.Entry, left, n int64) (playlist.Entry, error) {
	return r.Plans().Back(e, left, n, r.Clock())
}

// Seek is [Plans.Seek] as things stand.
func (r *Rundown) Seek(e playlist.Entry, to, n int64) (playlist.Entry, error) {
	return r.Plans().Seek(e, to, n, r.Clock())
}
