package schedule

import (
	"context"
	"errors"
	"sync/atomic"

	"airloom/playlist"
)

// A producer who goes live has the air before anything the plan wants there: the
// clock takes nobody off who speaks. What was due meanwhile is considered when the
// producer has ended, as after any long item.

// live is the place of an entry that a producer has brought on air: what of the plan
// was left for it.
type live struct {
	on   playlist.Entry
	left int64 // the tick with which on would have gone on, or Ended…
	n    int64 // …at this tick of the channel
	runs bool  // the plan runs on meanwhile
	kept atomic.Pointer[stood]
}

// stood is where a plan that runs had come to at a tick.
type stood struct {
	e       playlist.Entry
	left, n int64
}

// Live is the entry with which a producer takes the air at tick n, on, of the plan or
// another producer's, being left at its tick left. After it the plan goes on where it
// was left or, if it runs, where it would be by then.
func Live(on playlist.Entry, left, n int64, it playlist.Item, runs bool) playlist.Entry {
	l := &live{on: on, left: left, n: n, runs: runs}
	if was, ok := on.Place.(*live); ok {
		l = &live{on: was.on, left: was.left, n: was.n, runs: was.runs}
		l.kept.Store(was.kept.Load())
	}
	return playlist.Entry{Item: it, Mode: playlist.ModeLive, Place: l}
}

// liveOf is the place of a producer's entry; nil: it is none.
func liveOf(e playlist.Entry) *live {
	l, _ := e.Place.(*live)
	return l
}

// back is what airs of the plan from tick n on.
func (l *live) back(p *Plans, n int64, c Clock) playlist.Entry {
	if l.runs {
		e, left := l.stands(p, n, c)
		if on, ok := p.stays(e, left); ok && on.Item.ID != "" {
			on.Runs = true
			return on
		}
		return p.Next(e, Ended, n, c)
	}
	s := p.stage(l.on, n, c)
	if s.first {
		return p.Next(l.on, l.left, n, c)
	}
	s.leave(l.on, l.left)
	if l.left >= 0 && !s.beside && s.air != onNone {
		s.run(s.air).off = l.n // it has been interrupted: of next to nothing that is left, nothing airs
	}
	s.due()
	return s.choose(l.on)
}

// stands is where the plan is at tick n: an entry, and its next tick to air.
func (l *live) stands(p *Plans, n int64, c Clock) (playlist.Entry, int64) {
	if !l.runs || n <= l.n {
		return l.on, l.left
	}
	from := &stood{l.on, l.left, l.n}
	if k := l.kept.Load(); k != nil && k.n <= n {
		from = k
	}
	return p.Advance(context.Background(), from.e, from.left, c, from.n, n)
}

// keep notes where the plan is at tick n, which is now, so that it need not be found
// out from the beginning again: a producer may be on for hours, and the engine asks
// each second.
func (l *live) keep(p *Plans, n int64, c Clock) {
	if l.runs {
		e, left := l.stands(p, n, c)
		l.kept.Store(&stood{e, left, n})
	}
}

var errLive = errors.New("a producer is live: end that first, and the plan goes on")

// Stands is where the plan stands while e is on air at tick n with its tick left the
// next: that itself, but for a producer's.
func (r *Rundown) Stands(e playlist.Entry, left, n int64) (playlist.Entry, int64) {
	if l := liveOf(e); l != nil {
		return l.stands(r.Plans(), n, r.Clock())
	}
	return e, left
}
