package asrun

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// left is what a file holds of the run that wrote it last.
type left struct {
	run     int64 // 0: the file is new
	base    int64
	seq     int64
	counter int64     // its tick counter: what is known to have aired
	rows    int64     // … how much of that its rows tell
	closed  int64     // … and how much of that the ones that have ended
	last    time.Time // the last moment that is known of
	head    Playhead  // with the channel's ticks
	ended   sql.NullString
	seed    uint64
	bans    []Ban
}

// open opens the file, a new one if it is damaged, and takes up from it.
func (s *Store) open(ctx context.Context) error {
	if s.w.refused != nil {
		return s.w.refused
	}
	f, err := s.opens(ctx, s.dir)
	if other := new(inUse); errors.As(err, &other) && time.Now().After(s.limit) {
		s.w.refused = err
	}
	if err != nil {
		return err
	}
	l, err := f.openAndRead(ctx)
	if damaged(err) {
		if err = s.setAside(f, err); err == nil {
			l, err = f.openAndRead(ctx)
		}
	}
	if err != nil {
		f.close()
		return err
	}
	s.w.file = f
	s.adopt(l)
	return nil
}

func (f *file) openAndRead(ctx context.Context) (l left, err error) {
	if err = f.open(ctx); err == nil {
		l, err = f.read(ctx)
	}
	return l, err
}

// setAside moves a damaged file out of the way and says so, once.
func (s *Store) setAside(f *file, cause error) error {
	f.closeDB()
	name, err := setAside(f.path, time.Now())
	if err != nil {
		return err
	}
	words := fmt.Sprintf("%s was damaged (%v): it is kept as %s, and a new one is begun", f.path, cause, name)
	s.log.Error("the state file was damaged", "event", "state-damaged", "file", f.path, "cause", cause, "kept as", name)
	s.alert(alertDamaged, words)
	return nil
}

// adopt takes up from what the file holds: this run's own rows, or the end of
// another run, behind which this one's begin.
func (s *Store) adopt(l left) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := &s.w
	w.left, w.begun, w.seq = l, true, 0
	switch l.run {
	case s.run: // what was written before an error stays written
		w.base, w.next, w.seq = l.base, l.closed, l.seq
		for len(s.waiting) > 0 && s.waiting[0].seq <= l.seq {
			s.waiting = s.waiting[1:]
		}
	case 0: // the counter goes on: what another file held is missing in this one
		w.next = 0
		s.place, s.banned = s.head != nil, true
	default:
		w.base, w.next, w.begun = l.counter-w.done, l.rows, false
		s.banned = s.banned || len(s.bans) > 0
	}
	s.remember(l)
}

// remember takes what the file knows into memory.
func (s *Store) remember(l left) {
	if s.lifted != nil {
		for _, b := range l.bans {
			if _, ok := s.bans[b.Version]; !ok && !s.lifted[b.Version] {
				s.bans[b.Version] = b
			}
		}
		s.lifted = nil
	}
	if l.run == 0 || l.run == s.run || s.fixed {
		return
	}
	s.saved = Saved{Playhead: l.head, Ticks: l.counter, Ended: l.ended.String, Seed: l.seed}
}

// read reads what the last run left.
func (f *file) read(ctx context.Context) (l left, err error) {
	if l.bans, err = f.bans(ctx); err != nil {
		return l, err
	}
	var tick, at sql.NullInt64
	var seed int64
	err = f.db.QueryRowContext(ctx, "SELECT run, base, seq, next, place, tick, at, ended, seed FROM run").
		Scan(&l.run, &l.base, &l.seq, &l.counter, &l.head.Place, &tick, &at, &l.ended, &seed)
	if errors.Is(err, sql.ErrNoRows) {
		return l, nil
	}
	if err != nil {
		return l, err
	}
	l.seed = uint64(seed)
	if at.Valid {
		l.head.Tick, l.head.At = tick.Int64, time.Unix(0, at.Int64)
	}
	l.counter, l.last = max(l.head.Tick, l.counter), l.head.At
	l.rows, l.closed = l.counter, l.counter // should all rows have been too old to be kept

	// The row on air is the last, if there is one.
	r, err := f.row(ctx, "id = 0")
	if err == nil {
		l.head.Air = r
	} else if errors.Is(err, sql.ErrNoRows) {
		r, err = f.row(ctx, "ticks > 0")
	}
	switch {
	case errors.Is(err, sql.ErrNoRows):
		err = nil
	case err != nil:
	default:
		l.rows, l.closed = r.Tick+r.Ticks, r.Tick+r.Ticks
		if r.ID == 0 {
			l.closed = r.Tick
		}
		if l.rows >= l.counter {
			l.counter, l.last = l.rows, r.End
		}
	}
	return l, err
}

// row is the last row of a kind.
func (f *file) row(ctx context.Context, where string) (Row, error) {
	return scan(f.db.QueryRowContext(ctx, "SELECT "+columns+" FROM rows WHERE "+where+" ORDER BY id DESC LIMIT 1"))
}

func (f *file) bans(ctx context.Context) (list []Ban, err error) {
	rows, err := f.db.QueryContext(ctx, "SELECT version, why, since FROM banned")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var b Ban
		var since int64
		if err := rows.Scan(&b.Version, &b.Why, &since); err != nil {
			return nil, err
		}
		b.Since = time.Unix(0, since)
		list = append(list, b)
	}
	return list, rows.Err()
}
