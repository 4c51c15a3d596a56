package clip

// fifo holds the sound that is decoded and not yet handed out. Every sample has
// its position; where nothing was put there is silence, which takes no memory.
type fifo struct {
	runs []run
	from int64 // what lies before is gone
	last int64 // position after the last sample that was put
	put  int64 // where append goes on
}

// run is sound without a gap.
type run struct {
	at   int64
	l, r []float32
}

func (r *run) end() int64 { return r.at + int64(len(r.l)) }

// reset empties it and lets it begin at a position.
func (q *fifo) reset(from int64) {
	for i := range q.runs {
		q.runs[i] = run{l: q.runs[i].l[:0], r: q.runs[i].r[:0]}
	}
	q.runs = q.runs[:0]
	q.from, q.last, q.put = from, from, from
}

// end is the position after the last sample that was put.
func (q *fifo) end() int64 { return q.last }

// seek lets append go on at another position.
func (q *fifo) seek(to int64) { q.put = to }

// append puts samples at the present position. What is gone, or there already,
// is not replaced.
func (q *fifo) append(l, r []float32) {
	at := q.put
	q.put += int64(len(l))
	if early := max(q.last, q.from) - at; early > 0 {
		n := min(early, int64(len(l)))
		l, r = l[n:], r[n:]
		at += n
	}
	if len(l) == 0 {
		return
	}
	n := len(q.runs)
	if n == 0 || q.runs[n-1].end() != at {
		if n < cap(q.runs) {
			q.runs = q.runs[:n+1] // with the memory of a run that is gone
		} else {
			q.runs = append(q.runs, run{})
		}
		q.runs[n].at, q.runs[n].l, q.runs[n].r = at, q.runs[n].l[:0], q.runs[n].r[:0]
		n++
	}
	t := &q.runs[n-1]
	t.l, t.r = append(t.l, l...), append(t.r, r...)
	q.last = t.end()
}

// copy writes the samples from position at on into l and r, silence where there
// are none.
func (q *fifo) copy(at int64, l, r []float32) {
	clear(l)
	clear(r)
	for i := range q.runs {
		t := &q.runs[i]
		to, from := max(t.at-at, 0), max(at-t.at, 0)
		if to < int64(len(l)) && from < int64(len(t.l)) {
			copy(l[to:], t.l[from:])
			copy(r[to:], t.r[from:])
		}
	}
}

// any says whether sound was put between two positions.
func (q *fifo) any(from, to int64) bool {
	for i := range q.runs {
		if q.runs[i].at < to && q.runs[i].end() > from {
			return true
		}
	}
	return false
}

// drop forgets what lies before a position.
func (q *fifo) drop(before int64) {
	q.from = max(q.from, before)
	for len(q.runs) > 0 && q.runs[0].end() <= before {
		first := q.runs[0]
		copy(q.runs, q.runs[1:])
		q.runs[len(q.runs)-1] = run{l: first.l[:0], r: first.r[:0]}
		q.runs = q.runs[:len(q.runs)-1]
	}
	if len(q.runs) == 0 {
		return
	}
	t := &q.runs[0]
	if n := before - t.at; n > 0 {
		t.l, t.r = t.l[:copy(t.l, t.l[n:])], t.r[:copy(t.r, t.r[n:])]
		t.at = before
	}
}
