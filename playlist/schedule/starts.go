package schedule

import (
	"cmp"
	"iter"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// start is one time at which a list is to air.
type start struct {
	list *list
	at   int64
	end  int64 // see plan.end
	cuts bool
}

// next is the list's first start after the time; forever: there is none.
func (s *plan) next(after int64) int64 {
	switch {
	case s.Cron != nil:
		return nanos(s.Cron.Next(time.Unix(0, after).In(s.zone), s.zone))
	case s.moment > after:
		return s.moment
	default:
		return forever
	}
}

// latest is the list's last start in (from, to].
func (l *list) latest(from, to int64) (start, bool) {
	s, found := l.plan, int64(forever)
	if s.Cron == nil {
		if s.moment > from && s.moment <= to {
			found = s.moment
		}
	} else {
		// Rules are asked forwards only: from ever further back until one is found.
		for _, span := range []int64{int64(time.Hour), day, 32 * day, 370 * day, 9 * 366 * day} {
			lo := max(from, to-span)
			for at := s.next(lo); at <= to; at = s.next(at) {
				found = at
			}
			if found != forever || lo == from {
				break
			}
		}
	}
	if found == forever {
		return start{}, false
	}
	end, cuts := s.end(found)
	return start{l, found, end, cuts}, true
}

// class is how a start takes the air.
type class int

const (
	hard    class = iota
	pressed       // soft, with a limit to its patience
	patient       // soft
)

func (s *plan) class() class {
	switch {
	case s.hard:
		return hard
	case s.SoftMax > 0:
		return pressed
	default:
		return patient
	}
}

// stream is all starts of one priority and class, in order of time. They are
// worked out in pieces, when they are first asked for.
type stream struct {
	priority int
	class    class
	lists    []*list
	reach    int64 // no start that lies further back still matters

	mu     sync.Mutex
	pieces atomic.Pointer[[]*piece] // by time; they do not overlap
}

// piece is the starts in [from, to).
type piece struct {
	from, to int64
	starts   []start
}

const (
	pieceStarts = 64
	maxPieces   = 4096
)

// streams sorts the lists into streams, the highest priority first.
func streams(timed []*list) (out []*stream) {
	for _, l := range timed {
		s := l.plan
		i := slices.IndexFunc(out, func(o *stream) bool { return o.priority == s.Priority && o.class == s.class() })
		if i < 0 {
			i = len(out)
			out = append(out, &stream{priority: s.Priority, class: s.class()})
		}
		out[i].lists = append(out[i].lists, l)
		out[i].reach = max(out[i].reach, s.reach)
	}
	slices.SortFunc(out, func(a, b *stream) int {
		return cmp.Or(cmp.Compare(b.priority, a.priority), cmp.Compare(a.class, b.class))
	})
	return out
}

// after is the starts after the time, in order.
func (st *stream) after(t int64) iter.Seq[*start] {
	return func(yield func(*start) bool) {
		for from := t + 1; from < forever; {
			pc := st.piece(from)
			i, _ := slices.BinarySearchFunc(pc.starts, from, func(s start, t int64) int { return cmp.Compare(s.at, t) })
			for ; i < len(pc.starts); i++ {
				if !yield(&pc.starts[i]) {
					return
				}
			}
			from = pc.to
		}
	}
}

// piece is the piece that holds the time.
func (st *stream) piece(t int64) *piece {
	if pc, _ := st.find(t); pc != nil {
		return pc
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	for {
		pc, i := st.find(t)
		if pc != nil {
			return pc
		}
		var old []*piece
		if p := st.pieces.Load(); p != nil && len(*p) < maxPieces {
			old = *p
		} else {
			i = 0
		}
		// From the full hour on, so that neighbours in time find it too.
		from, limit := t-t%int64(time.Hour), int64(forever)
		if i > 0 {
			from = max(from, old[i-1].to)
		}
		if i < len(old) {
			limit = old[i].from
		}
		grown := slices.Insert(slices.Clone(old), i, st.make(from, limit))
		st.pieces.Store(&grown)
	}
}

// find looks among the pieces that are there; if none holds the time, it tells
// where one belongs.
func (st *stream) find(t int64) (*piece, int) {
	p := st.pieces.Load()
	if p == nil {
		return nil, 0
	}
	i, _ := slices.BinarySearchFunc(*p, t, func(pc *piece, t int64) int {
		if pc.to <= t {
			return -1
		}
		return 1
	})
	if i < len(*p) && (*p)[i].from <= t {
		return (*p)[i], i
	}
	return nil, i
}

// make works out a piece: up to the limit, or as many starts as it holds.
func (st *stream) make(from, limit int64) *piece {
	next := make([]int64, len(st.lists))
	for i, l := range st.lists {
		next[i] = l.plan.next(from - 1)
	}
	pc := &piece{from: from}
	for {
		i := 0
		for k := range next { // lists are by name: so are starts of the same time
			if next[k] < next[i] {
				i = k
			}
		}
		at := next[i]
		last := len(pc.starts) - 1
		if at >= limit || last >= pieceStarts && at > pc.starts[last].at {
			pc.to = min(at, limit)
			return pc
		}
		end, cuts := st.lists[i].plan.end(at)
		pc.starts = append(pc.starts, start{st.lists[i], at, end, cuts})
		next[i] = st.lists[i].plan.next(at)
	}
}

// better says whether the start, once due, goes before the run on air.
func (o *start) better(r *run) bool {
	switch {
	case r.kind == taken:
		return o.list.plan.hard // it is after the take: those before it have been seen
	case r.kind == base || r.list.plan == nil:
		return true
	default:
		return goesBefore(o.list.plan.Priority, r.list.plan.Priority, o.at, r.start, o.list.file, r.list.file)
	}
}

// goesBefore is the order of timed runs: the higher priority, then the later
// start, then the name.
func goesBefore(prioA, prioB int, startA, startB int64, fileA, fileB string) bool {
	return cmp.Or(cmp.Compare(prioB, prioA), cmp.Compare(startB, startA), cmp.Compare(fileA, fileB)) < 0
}
