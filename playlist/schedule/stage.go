package schedule

import (
	"slices"
	"time"

	"airloom/playlist"
)

// stage is a place being worked on: where one question is answered.
type stage struct {
	place
	p        *Plans
	c        Clock
	n        int64   // the tick it is about
	now      int64   // when that is due
	aired    int64   // how long the entry on air has been, in time of ticks
	first    bool    // nothing has been on air yet
	took     bool    // a taken run was open
	carried  bool    // the plans have changed
	restored bool    // the channel has been off the air since
	fresh    []start // of lists that are new, or to air at other times: not considered yet
	on       string  // the list that has the air; "": none
}

// stage begins from the entry's place, carried over to these plans.
func (p *Plans) stage(e playlist.Entry, n int64, c Clock) *stage {
	s := &stage{p: p, c: c, n: n, now: p.time(n, c)}
	pl, ok := e.Place.(*place)
	if !ok {
		s.begin(e)
		return s
	}
	s.place = *pl
	s.missed = nil
	if pl.plans != p {
		s.restored = pl.plans == nil
		s.own()
		s.carry(pl.plans)
	}
	if n > pl.tick {
		s.aired = int64(p.in.Grid.Due(n) - p.in.Grid.Due(pl.tick))
	}
	if s.now < s.seen-day { // the clock had been wrong: what matters is what came since the entry began
		s.seen = s.now - s.aired
		s.own()
		for i := len(s.runs) - 1; i >= 0; i-- {
			switch r := &s.runs[i]; {
			case r.kind == taken:
				r.start = min(r.start, s.seen)
			case r.start > s.now:
				s.drop(i)
			}
		}
	}
	s.took = s.take() >= 0
	if s.air != onNone {
		s.on = s.run(s.air).list.file
	}
	return s
}

// own makes the runs the stage's own, to be changed.
func (s *stage) own() { s.runs = slices.Clone(s.runs) }

// begin sets out from nothing, or from an entry that somebody else made.
func (s *stage) begin(e playlist.Entry) {
	s.first = true
	s.place = place{plans: s.p, tick: s.n, seen: s.now, ground: run{list: s.p.base, begun: true}, air: onBase, beside: true}
	if at, ok := s.p.base.at[e.Item.ID]; ok && e.Playlist == s.p.base.file {
		s.ground.at, s.beside = at, false
	}
}

// leave notes where the run on air was left.
func (s *stage) leave(e playlist.Entry, left int64) {
	s.own()
	if s.beside || s.air == onNone {
		return
	}
	r := s.run(s.air)
	if e.Ticks >= 0 && s.aired > 0 {
		r.aired, r.lap = true, true
	}
	if r.visit == nil {
		r.round = max(r.round, e.Round)
	}
	switch {
	case left >= 0:
		r.left, r.off, r.again = left, s.n, false
		if s.restored {
			r.off = -1
		}
	case r.step(), r.kind == base:
	default:
		s.giveUp(s.air, unplayable)
	}
}

// retry is how long a run of which nothing could play is left alone.
const retry = int64(time.Minute)

// giveUp ends a run that has come to its end, or of which nothing can air. Where
// that is all there was of it, and its time goes on, it is tried again.
func (s *stage) giveUp(i int, w why) {
	r := s.run(i)
	if r.kind == timed && !r.aired && !r.told {
		s.miss(r.list, r.start, w)
		r.told = true
	}
	if r.kind != timed || r.end <= s.now || !r.list.loops && (r.aired || !r.cuts) {
		s.drop(i)
		return
	}
	r.position, r.pause = position{}, later(s.now, retry)
	if s.air == i {
		s.air = onNone
	}
}

// best is the run that has the air if it is decided now. While a taken run is
// open only hard starts after the take go before it.
func (s *stage) best() int {
	best, take := onBase, s.take()
	for i := range s.runs {
		r := &s.runs[i]
		pauses := r.pause > s.now && r.pause <= later(s.now, retry) // and not since before the clock was put back
		if r.kind != timed || pauses || take >= 0 && (!r.list.plan.hard || r.start <= s.runs[take].start) {
			continue
		}
		if best < 0 || r.goesBefore(&s.runs[best]) {
			best = i
		}
	}
	if best < 0 && take >= 0 {
		return take
	}
	return best
}

// due closes the runs whose time has passed, and opens those whose time has come.
func (s *stage) due() {
	for i := len(s.runs) - 1; i >= 0; i-- {
		r := &s.runs[i]
		switch {
		case r.end > s.now, r.begun && !r.cuts:
			continue
		case s.took && !r.cuts && !r.list.plan.hard:
			continue // a soft start waits for a take as long as that lasts
		case !r.begun:
			s.miss(r.list, r.start, passed)
		}
		s.drop(i)
	}
	for i := range s.fresh {
		s.open(&s.fresh[i])
	}
	s.fresh = nil
	switch {
	case s.first:
		for _, l := range s.p.timed {
			if o, ok := l.latest(later(s.now, -l.plan.reach), s.now); ok && o.end > s.now {
				s.open(&o)
			}
		}
	case s.now-s.seen > day:
		// The clock jumped, or nothing has been asked for long: only the latest
		// start of each list matters.
		for _, l := range s.p.timed {
			if o, ok := l.latest(s.seen, s.now); ok {
				s.open(&o)
			}
		}
	case s.now > s.seen:
		for _, st := range s.p.streams {
			for o := range st.after(s.seen) {
				if o.at > s.now {
					break
				}
				s.open(o)
			}
		}
	}
	s.seen = max(s.seen, s.now)
}

// open opens the run of a start, in place of an older one of the same list.
func (s *stage) open(o *start) {
	patience := int64(0)
	if !o.cuts && !o.list.plan.hard {
		patience = s.aired // a soft start waits for the item on air as long as that lasts
	}
	if later(o.end, patience) <= s.now {
		s.miss(o.list, o.at, passed)
		return
	}
	for i := len(s.runs) - 1; i >= 0; i-- {
		r := &s.runs[i]
		if r.list.file != o.list.file || r.kind == taken && !o.list.plan.hard {
			continue
		}
		if !r.begun {
			s.miss(r.list, r.start, replaced)
		}
		s.drop(i)
	}
	s.runs = append(s.runs, run{kind: timed, list: o.list, start: o.at, end: o.end, cuts: o.cuts})
	s.opened = slices.DeleteFunc(slices.Clone(s.opened), func(x opened) bool {
		return x.File == o.list.file || x.End <= s.now || x.At > s.now
	})
	s.opened = append(s.opened, opened{o.list.file, o.at, o.end})
}

// choose gives the air to the best run.
func (s *stage) choose(e playlist.Entry) playlist.Entry {
	cut := !s.first && !s.beside && s.air != onNone && s.run(s.air).left > 0
	i := s.pick()
	if i == onNone {
		return playlist.Entry{}
	}
	r := s.run(i)
	if cut && s.air != onNone && s.air != i && r.kind == timed && r.list.plan.Return == playlist.Restart {
		s.run(s.air).again = true
	}
	s.air, s.beside = i, false
	s.first = false // what is due at n has been considered: fit asks for what comes after
	if s.p.fits {
		if f, ok := s.fit(e, r); ok {
			s.beside = true
			return s.placed(f)
		}
	}
	return s.entry(r)
}

// pick is the best run that has something to air, ready to air it.
func (s *stage) pick() int {
	for {
		i := s.best()
		r := s.run(i)
		begins := !r.begun
		r.begun = true
		switch ready := s.ready(r); {
		case ready && (!begins || s.join(r)):
			return i
		case i == onBase:
			return onNone
		case ready: // it would be over by now
			s.miss(r.list, r.start, empty)
			s.drop(i)
		default:
			s.giveUp(i, empty)
		}
	}
}

// ready has the run's position point at something to air. It reports whether
// there is anything.
func (s *stage) ready(r *run) bool {
	if len(r.list.items) == 0 || !s.settle(r) {
		return false
	}
	if r.left > 0 && s.n != r.off { // it has been interrupted
		if r.again {
			r.left = 0
		} else if ticks := s.p.ticks(s.item(r)); ticks > 0 && ticks-r.left < s.p.scrap {
			return r.step() && s.settle(r)
		}
	}
	r.again = false
	return true
}

// settle passes over folders that hold nothing. It reports whether anything is
// left.
func (s *stage) settle(r *run) bool {
	for range len(r.list.items) + 1 {
		if r.item().Folder == nil || s.expand(r) {
			return true
		}
		if !r.pass(max(r.item().Repeat, 1)) {
			return false
		}
	}
	return false
}

// join moves a run that begins late, and is to join in, to where it would be had
// it begun in time. It reports whether it would still be on.
func (s *stage) join(r *run) bool {
	if r.kind != timed || r.list.plan.Late != playlist.Join {
		return true
	}
	behind, lap := s.n-s.p.tick(r.start, s.c), int64(0)
	for behind > 0 {
		ticks := s.p.ticks(s.item(r))
		if ticks == 0 {
			return true // nobody knows where it would be in there
		}
		if ticks > behind {
			r.left = behind
			return true
		}
		behind -= max(ticks, 0)
		lap += max(ticks, 0)
		laps := r.laps
		r.lap = true // it begins within: what it is like from its beginning is not known yet
		if !r.step() || !s.settle(r) {
			return false
		}
		if r.laps > laps {
			if lap == 0 {
				return true // nothing in it can play: that is for others to find out
			}
			behind, lap = behind%lap, 0
		}
	}
	return true
}

// item is the item the run airs: of a folder, the one file.
func (s *stage) item(r *run) playlist.Item {
	it := r.item()
	if it.Folder == nil {
		return *it
	}
	return fileItem(it, r.visit.files[r.file])
}

// entry is what the run airs now.
func (s *stage) entry(r *run) playlist.Entry {
	e := playlist.Entry{Item: s.item(r), Playlist: r.list.file, Index: r.at, Round: r.round,
		From: r.left, Mode: r.mode(), Planned: r.planned(s.p.in.Zone)}
	if r.list.outer != nil {
		e.Index = r.list.outer[r.at]
	}
	if ticks := s.p.ticks(e.Item); ticks > 0 {
		e.Ticks = max(ticks-e.From, 1)
	}
	return s.placed(e)
}

// placed hands the entry out with its place.
func (s *stage) placed(e playlist.Entry) playlist.Entry {
	pl := s.place
	pl.tick = s.n
	e.Place = &pl
	return e
}
