package schedule

// maxFutile is how many starts are looked at that would be over before they
// begin, as when one may wait longer than it may last: none of them ever airs.
const maxFutile = 1000

// cut is the tick, n or later, at which the clock takes the run on air off, and
// the start that does it, if one does. When the air is idle any start does.
func (s *stage) cut(idle bool) (x int64, by *start) {
	r := &run{}
	if s.air != onNone {
		r = s.run(s.air)
	}
	switch just := s.now - 1 - int64(s.p.in.Grid.Duration(1)); {
	case s.first: // what is due at n itself has not been considered
		s.seen = just
	case s.air == onNone: // its list has gone: what waits, waits for the join
		s.seen = max(s.seen, just)
	}
	switch {
	case s.carried && s.waiting(r):
		return s.n, nil
	case r.cuts:
		x = max(s.n, s.p.tick(r.end, s.c))
	default:
		x = Never
	}
	for i := range s.fresh {
		x, by = s.late(&s.fresh[i], r, idle, x, by)
	}
	for _, st := range s.p.streams {
		switch {
		case idle:
		case st.class == patient, st.class == pressed && r.kind == taken:
			continue
		case r.kind == timed && r.list.plan != nil && st.priority < r.list.plan.Priority:
			return x, by // and so are all that follow
		}
		x, by = s.earlier(st, r, idle, x, by)
	}
	return x, by
}

// earlier is the first start of the stream that takes the air off the run before
// tick x, where the start `by` does; x and by if there is none.
func (s *stage) earlier(st *stream, r *run, idle bool, x int64, by *start) (int64, *start) {
	futile := 0
	for o := range st.after(max(s.seen, later(s.now, -st.reach))) {
		k := max(s.n, s.p.tick(o.at, s.c))
		if k > x {
			break
		}
		if !idle && st.class == pressed {
			k = max(k, s.p.tick(later(o.at, int64(o.list.plan.SoftMax)), s.c))
		}
		if k >= x || !o.better(r) { // the streams come best first: of two at one tick the first
			continue
		}
		if o.end > s.p.time(k, s.c) {
			x, by = k, o
		} else if futile++; futile > maxFutile && o.at > s.now {
			break
		}
	}
	return x, by
}

// late is the same for one start whose time came before it was known of.
func (s *stage) late(o *start, r *run, idle bool, x int64, by *start) (int64, *start) {
	k, class := s.n, o.list.plan.class()
	switch {
	case idle:
	case class == patient, r.kind == taken && (class == pressed || o.at <= r.start):
		return x, by
	case class == pressed:
		k = max(k, s.p.tick(later(o.at, int64(o.list.plan.SoftMax)), s.c))
	}
	if k < x && o.better(r) && o.end > s.p.time(k, s.c) {
		return k, o
	}
	return x, by
}

// waiting says that, by plans that have changed, a run that waits has become
// better than the one on air, and does not wait for joins.
func (s *stage) waiting(r *run) bool {
	if r.kind != timed {
		return false
	}
	for i := range s.runs {
		o := &s.runs[i]
		if i != s.air && o.kind == timed && o.list.plan.hard && o.end > s.now && o.goesBefore(r) {
			return true
		}
	}
	return false
}
