package playout

import (
	"time"

	"airloom/playlist"
	"airloom/playout/timeline"
)

// plan is a rundown with a clock: a base list that loops, and lists that take
// the air at a time of day. It is pure but for zero, as the real one.
type plan struct {
	grid   timeline.Grid
	zero   time.Time
	base   list
	starts []start
}

// start is a hard start: it ends with its last item, or at until.
type start struct {
	at, until time.Time
	items     list
	rest      int64 // ticks of a planned still after its items
}

// place is where the plan stands.
type place struct {
	run, item int // run −1 is the base
	seen      time.Time
	base      int
	left      int64
}

var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

func (p *plan) time(n int64) time.Time { return p.zero.Add(p.grid.Due(n)) }

func (p *plan) tick(t time.Time) int64 {
	n := p.grid.TickAt(t.Sub(p.zero))
	if p.time(n).Before(t) {
		n++
	}
	return n
}

func (p *plan) Next(e playlist.Entry, left, n int64) playlist.Entry {
	s, ok := e.Place.(place)
	now := p.time(n)
	switch {
	case !ok:
		s = place{run: -1, seen: now.Add(-time.Nanosecond)}
	case left == Ended:
		s = p.step(s)
	case s.run < 0:
		s.left = left
	}
	if s.run >= 0 && !p.starts[s.run].until.IsZero() && !now.Before(p.starts[s.run].until) {
		s.run = -1
	}
	for i, st := range p.starts {
		if st.at.After(s.seen) && !st.at.After(now) && (st.until.IsZero() || now.Before(st.until)) {
			s.run, s.item = i, 0
		}
	}
	if now.After(s.seen) {
		s.seen = now
	}
	if s.run >= 0 {
		st := p.starts[s.run]
		if s.item == len(st.items) {
			return playlist.Entry{Item: playlist.Item{ID: "rest"}, Mode: playlist.ModeSlate, Ticks: st.rest, Planned: st.at, Place: s}
		}
		next := st.items.entry(s.item)
		next.Playlist, next.Mode, next.Planned, next.Place = "timed.yml", playlist.ModeHard, st.at, s
		if e.Playlist == next.Playlist && same(e, next) && left != Ended {
			next.From = left
		}
		return next
	}
	next := p.base.entry(s.base)
	next.Mode, next.From = playlist.ModeBase, s.left
	next.Place = s
	return next
}

// step goes on to the item after.
func (p *plan) step(s place) place {
	if s.run < 0 {
		s.base, s.left = (s.base+1)%len(p.base), 0
		return s
	}
	s.item++
	st := p.starts[s.run]
	if s.item > len(st.items) || s.item == len(st.items) && st.rest == 0 {
		s.run = -1
	}
	return s
}

func (p *plan) Cut(e playlist.Entry, n int64) int64 {
	s, ok := e.Place.(place)
	if !ok {
		s = place{run: -1, seen: p.time(n).Add(-time.Nanosecond)}
	}
	cut := Never
	if s.run >= 0 && !p.starts[s.run].until.IsZero() {
		cut = max(n, p.tick(p.starts[s.run].until))
	}
	for _, st := range p.starts {
		if st.at.After(s.seen) && (st.until.IsZero() || p.time(n).Before(st.until)) {
			cut = min(cut, max(n, p.tick(st.at)))
		}
	}
	return cut
}

func (p *plan) Ends(playlist.Entry, playlist.Entry, int64) bool { return false }
