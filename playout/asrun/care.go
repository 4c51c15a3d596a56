package asrun

import (
	"context"
	"math"
	"time"
)

// care is what is done for the file now and then, a little at a time, so that no
// row has to wait for it.
type care struct {
	pruned time.Time // when old rows were last removed
	looked time.Time // when it was last looked whether the file is whole
	row    int64     // how far: the last row, and …
	start  int64     // … the last place in the index, with its row
	place  int64
}

const (
	pruneEvery = time.Hour
	// pruneMost bounds what a clock that is wrong for an hour can cost: rows go
	// by it, and a day has some thousands.
	pruneMost = 20_000
	lookEvery = 10 * time.Second
	lookRows  = 1000
)

// tend does what is due. The first hour removes nothing: machines without a
// clock of their own begin in another year.
func (s *Store) tend(ctx context.Context, now time.Time) error {
	c, f := &s.w.care, s.w.file
	if c.pruned.IsZero() {
		c.pruned, c.looked, c.start = now, now, math.MinInt64
	}
	if s.keep > 0 && now.Sub(c.pruned) >= pruneEvery {
		c.pruned = now
		if err := f.prune(ctx, now, now.Add(-s.keep), pruneMost); err != nil {
			return err
		}
	}
	if now.Sub(c.looked) >= s.look {
		c.looked = now
		return c.look(ctx, f)
	}
	return nil
}

// prune removes the oldest rows that began before the time, at most so many: up
// to the first that is to be kept, so that the others still abut. Rows of a
// future that the clock only dreamt of keep nothing.
func (f *file) prune(ctx context.Context, now, before time.Time, most int) error {
	_, err := f.db.ExecContext(ctx, `DELETE FROM rows WHERE id > 0
		AND id < (SELECT id FROM rows WHERE id > 0 AND +start BETWEEN ? AND ? ORDER BY id LIMIT 1)
		AND id < (SELECT min(id) + ? FROM rows WHERE id > 0)`,
		before.UnixNano(), now.Add(24*time.Hour).UnixNano(), most)
	return err
}

// look reads on through the rows and their index, in circles. Damage on the disk
// is found so while the channel runs, not when somebody needs the log.
func (c *care) look(ctx context.Context, f *file) error {
	// What is remembered of the file says nothing of what is on the disk.
	if _, err := f.db.ExecContext(ctx, "PRAGMA shrink_memory"); err != nil {
		return err
	}
	n, row, _, err := f.last(ctx, "SELECT id, length(cause) FROM rows NOT INDEXED WHERE id > ? ORDER BY id LIMIT ?", c.row, lookRows)
	if err != nil {
		return err
	}
	m, start, place, err := f.last(ctx, "SELECT start, id FROM rows INDEXED BY rows_start WHERE (start, id) > (?, ?) ORDER BY start, id LIMIT ?",
		c.start, c.place, lookRows)
	if err != nil {
		return err
	}
	c.row, c.start, c.place = row, start, place
	if n < lookRows {
		c.row = 0
	}
	if m < lookRows {
		c.start, c.place = math.MinInt64, 0
	}
	return nil
}

// last counts the rows that a query yields and returns the last.
func (f *file) last(ctx context.Context, query string, args ...any) (n int, a, b int64, err error) {
	rows, err := f.db.QueryContext(ctx, query, args...)
	if err != nil {
		return 0, 0, 0, err
	}
	defer rows.Close()
	for ; rows.Next(); n++ {
		if err := rows.Scan(&a, &b); err != nil {
			return n, a, b, err
		}
	}
	return n, a, b, rows.Err()
}
