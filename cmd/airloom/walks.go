package main

import (
	"context"
	"fmt"
	"iter"
	"sync"
	"time"

	"airloom/playlist/schedule"
	"airloom/playout"
)

const (
	// keptSlots bounds what is kept of a walk, which takes a kilobyte each: a day of
	// items of fifteen seconds.
	keptSlots = 6_000
	// stride is how many slots are walked at once.
	stride = 256
	// aWalk is how long a walk may go on to be used while what is on air stands still:
	// everything after it then moves with each tick.
	aWalk = time.Second
	// unused is how long a walk that nobody asks for is kept.
	unused = 10 * time.Second
)

// place is all that bears on what will air, but for the tick.
type place struct {
	plans *schedule.Plans
	clock schedule.Clock
	air   string // what is on air
	first int64  // its tick 0
}

// walks has all who look ahead share one walk, as long as plans, clock and what is on
// air are the same.
type walks struct {
	mu     sync.Mutex
	last   *walk
	forget *time.Timer
}

// walk is what airs from a tick on, found out as far as somebody has asked.
type walk struct {
	place
	stood int64 // by how much what was on air was behind, for it had stood still
	made  time.Time
	far   int64 // the tick up to which it may go

	mu    sync.Mutex
	slots []schedule.Slot
	rest  iter.Seq[schedule.Slot] // what follows them; nil: nothing
}

// placeOf is where the channel stands.
func placeOf(r *schedule.Rundown, snap playout.Snapshot) place {
	a := snap.Air
	return place{r.Plans(), r.Clock(), fmt.Sprint(a.Item.ID, " ", a.Playlist, " ", a.Round, " ", a.From), snap.AirFirst}
}

// from is the walk from where the channel stands at tick n.
func (w *walks) from(p place, snap playout.Snapshot, n, far int64) *walk {
	w.mu.Lock()
	defer w.mu.Unlock()
	left := snap.Left(n)
	if old := w.last; old == nil || old.place != p || (old.stood != n-left || old.over(n)) && time.Since(old.made) >= aWalk {
		// It is found out under a lock and in pieces: none is so long that it has to be ended.
		w.last = &walk{place: p, stood: n - left, made: time.Now(), far: far,
			rest: p.plans.WalkOn(context.Background(), snap.Air, left, n, far, p.clock)}
	}
	if w.forget == nil {
		w.forget = time.AfterFunc(unused, w.drop)
	} else {
		w.forget.Reset(unused)
	}
	return w.last
}

func (w *walks) drop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last = nil
}

// over reports whether the first slot should have ended by tick n.
func (w *walk) over(n int64) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.slots) > 0 && w.slots[0].End() <= n
}

// slot is the slot of that number; false where there is none, or none is kept.
func (w *walk) slot(i int) (schedule.Slot, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i >= len(w.slots) && i < keptSlots && w.rest != nil {
		w.stride()
	}
	if i >= len(w.slots) {
		return schedule.Slot{}, false
	}
	return w.slots[i], true
}

// stride walks on.
func (w *walk) stride() {
	rest, n := w.rest, len(w.slots)
	w.rest = nil
	for s := range rest {
		w.slots = append(w.slots, s)
		if len(w.slots) == n+stride {
			w.rest = w.plans.Walk(context.Background(), s.Entry, s.Left, s.End(), w.far, w.clock)
			break
		}
	}
}

// beyond is what follows what is kept.
func (w *walk) beyond(ctx context.Context) iter.Seq[schedule.Slot] {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.slots) == 0 || w.rest == nil {
		return func(func(schedule.Slot) bool) {}
	}
	last := w.slots[len(w.slots)-1]
	return w.plans.Walk(ctx, last.Entry, last.Left, last.End(), w.far, w.clock)
}

// all are the slots, up to the one that reaches tick end.
func (w *walk) all(ctx context.Context, end int64) iter.Seq[schedule.Slot] {
	return func(yield func(schedule.Slot) bool) {
		for i := 0; ; i++ {
			s, ok := w.slot(i)
			if !ok {
				break
			}
			if s.Start >= end || ctx.Err() != nil || !yield(s) {
				return
			}
		}
		for s := range w.beyond(ctx) {
			if s.Start >= end || !yield(s) {
				return
			}
		}
	}
}
