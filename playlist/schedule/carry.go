package schedule

import (
	"slices"

	"airloom/playlist"
)

// carry takes the place over to other plans: every run goes on where it stood,
// found by the item's identity. A run whose list has gone, or does not air by
// itself any more, is over.
func (s *stage) carry(from *Plans) {
	s.plans, s.carried = s.p, true
	if s.ground.name() == s.p.base.file {
		if s.ground.move(s.p.base) && s.air == onBase {
			s.beside = true
		}
	} else {
		s.ground = run{list: s.p.base, begun: true}
		s.beside = s.beside || s.air == onBase
	}
	for i := len(s.runs) - 1; i >= 0; i-- {
		r := &s.runs[i]
		l := s.p.lists[r.name()]
		if l == nil || r.kind == timed && l.plan == nil {
			s.drop(i)
			continue
		}
		if r.move(l) && s.air == i {
			s.beside = true // it has an item yet to begin
		}
		if r.kind == timed {
			r.end, r.cuts = l.plan.end(r.start)
			if from != nil {
				r.pause = 0 // what could not play may be well now
			}
		}
	}
	s.fresh = nil
	for _, l := range s.p.timed {
		if o, ok := s.missedOut(from, l); ok {
			s.fresh = append(s.fresh, o)
		}
	}
}

// missedOut is the start of a list whose time has not passed, but which has not
// been considered: the list came after it, or was to air at another time.
func (s *stage) missedOut(from *Plans, l *list) (start, bool) {
	var old *plan
	if from != nil && from.lists[l.file] != nil {
		old = from.lists[l.file].plan
	}
	if old != nil && sameTimes(old.Schedule, l.plan.Schedule) {
		return start{}, false
	}
	now := min(s.now, s.seen)
	o, ok := l.latest(later(s.now, -l.plan.reach), now)
	if !ok || o.end <= s.now || old != nil && old.next(o.at-1) == o.at {
		return start{}, false
	}
	if slices.ContainsFunc(s.opened, func(x opened) bool { return x.File == l.file && x.At >= o.at }) {
		return start{}, false
	}
	return o, !slices.ContainsFunc(s.runs, func(r run) bool { return r.kind == timed && r.name() == l.file })
}

// sameTimes says that two schedules start at the same times.
func sameTimes(a, b *playlist.Schedule) bool {
	switch {
	case a.Cron != nil && b.Cron != nil:
		return a.Cron.String() == b.Cron.String()
	case a.At != nil && b.At != nil:
		return a.At.String() == b.At.String()
	}
	return false
}

// name is the file of the run's list.
func (r *run) name() string {
	if r.saved != nil {
		return r.saved.file
	}
	return r.list.file
}

// move finds the run's position in its list as it is now. It reports whether the
// item that was there has gone: then the position is that of the first item that
// survives of those that stood behind it, or the beginning.
func (r *run) move(l *list) (gone bool) {
	old, m := r.list, r.saved
	r.list, r.saved = l, nil
	if old == l {
		return false
	}
	if !r.begun {
		r.position = position{}
		return false
	}
	at, id := r.at, ""
	switch {
	case m != nil:
		id = m.id
	case len(old.items) > 0:
		id = old.items[at].ID
	}
	if i, ok := l.at[id]; ok {
		r.at = i
		return false
	}
	r.position = position{}
	if m != nil {
		for _, id := range m.behind {
			if i, ok := l.at[id]; ok {
				r.at = i
				break
			}
		}
		return true
	}
	for k := 1; k < len(old.items); k++ {
		if i, ok := l.at[old.items[(at+k)%len(old.items)].ID]; ok {
			r.at = i
			break
		}
	}
	return true
}
