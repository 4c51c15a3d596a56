package schedule

import (
	"slices"

	"airloom/playlist"
)

// gapID names what airs where nothing fits or nothing is planned.
const gapID = "gap"

// filling is how to fill a time with fillers: as much of it as possible, and not
// the same one twice in a row where there is another that fits.
type filling struct {
	clips []filler
	// first and second are, for each time in ticks, the filler to begin with, and
	// the best of the others: what is chosen when the first has just aired.
	first, second []choice
}

type filler struct {
	item  playlist.Item
	ticks int64
}

// choice is a filler to begin with, and how much is filled then; clip -1: none fits.
type choice struct {
	clip   int32
	filled int32
}

const (
	maxFillers = 64
	maxFilled  = 20 * 60 // seconds that are filled with foresight; before, the fillers take turns
)

// newFilling works the choices out, from the shortest time to the longest.
func newFilling(p *Plans) (f filling) {
	for _, it := range p.in.Fillers {
		if ticks := p.ticks(it); ticks > 0 && ticks < 1<<30 && len(f.clips) < maxFillers {
			if it.ID == "" {
				it.ID = "filler"
			}
			f.clips = append(f.clips, filler{it, ticks})
		}
	}
	if len(f.clips) == 0 {
		return f
	}
	size := p.in.Grid.FPS.Num * maxFilled / p.in.Grid.FPS.Den
	f.first, f.second = make([]choice, size), make([]choice, size)
	for t := range size {
		best, other := choice{clip: -1}, choice{clip: -1}
		for i, c := range f.clips {
			if c.ticks > t {
				continue
			}
			got := choice{int32(i), int32(c.ticks) + f.after(t-c.ticks, int32(i)).filled}
			switch {
			case best.clip < 0 || got.filled > best.filled:
				best, other = got, best
			case other.clip < 0 || got.filled > other.filled:
				other = got
			}
		}
		f.first[t], f.second[t] = best, other
	}
	return f
}

// after is what to air for the time when the clip (-1: none) has just aired.
func (f *filling) after(ticks int64, last int32) choice {
	if a := f.first[ticks]; a.clip != last || f.second[ticks].clip < 0 {
		return a
	}
	return f.second[ticks]
}

// choose is the filler to air for the time, after the one of that ID.
func (f *filling) choose(ticks int64, last string) *filler {
	if len(f.clips) == 0 {
		return nil
	}
	on := slices.IndexFunc(f.clips, func(c filler) bool { return c.item.ID == last })
	if ticks < int64(len(f.first)) {
		if c := f.after(ticks, int32(on)); c.clip >= 0 {
			return &f.clips[c.clip]
		}
		return nil
	}
	for i := 1; i <= len(f.clips); i++ { // in turn
		if c := &f.clips[(on+i)%len(f.clips)]; c.ticks <= ticks {
			return c
		}
	}
	return nil
}

// fit is what airs before a hard start that wants the time before it filled, if
// what the run would air does not end by then: a filler, or the rest of the time
// as a gap.
func (s *stage) fit(e playlist.Entry, r *run) (playlist.Entry, bool) {
	ticks := s.p.ticks(s.item(r))
	if ticks <= 0 {
		return playlist.Entry{}, false
	}
	x, by := s.cut(false)
	if by == nil || !by.list.plan.hard || by.list.plan.Fill != playlist.FillFit || s.n+ticks-r.left <= x || x <= s.n {
		return playlist.Entry{}, false
	}
	last := ""
	if e.Mode == playlist.ModeFiller {
		last = e.Item.ID
	}
	f := s.p.fill.choose(x-s.n, last)
	if f == nil {
		return gap(x - s.n), true
	}
	return playlist.Entry{Item: f.item, Ticks: f.ticks, Mode: playlist.ModeFiller}, true
}

// Gap is what airs where nothing is planned, until something is.
func Gap() playlist.Entry { return gap(0) }

// gap is so many ticks in which nothing of the plan airs; 0: until something does.
func gap(ticks int64) playlist.Entry {
	return playlist.Entry{Item: playlist.Item{ID: gapID, Title: "Nothing planned", Repeat: 1}, Ticks: ticks, Mode: playlist.ModeSlate}
}
