package asrun

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"net/url"
	"os"
	"path/filepath"
	"time"
)

// Read yields what aired from one time to another, in the order of airing, from
// the piece that was on air at the first. What is on air comes last, has the ID
// 0, and no outcome if it is an item. Any process may read while a channel
// writes; storage that hangs does not keep Read beyond its context. An error
// says what to do and is the last that is yielded; it is an fs.ErrNotExist where
// no channel has written yet.
func Read(ctx context.Context, dir string, from, to time.Time) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		parts, ended := make(chan []Row), make(chan error, 1)
		go func() {
			ended <- read(ctx, dir, from, to, parts)
			close(parts)
		}()
		for {
			select {
			case <-ctx.Done():
				yield(Row{}, fmt.Errorf("reading the as-run log in %s: %w", dir, ctx.Err()))
				return
			case part, more := <-parts:
				for _, r := range part {
					if !yield(r, nil) {
						return
					}
				}
				if more {
					continue
				}
				if err := <-ended; err != nil {
					yield(Row{}, err)
				}
				return
			}
		}
	}
}

// inTime are the rows that begin in the time, and the one that was on air at its
// beginning. Ticks give the order: the clock may have been set.
const inTime = "SELECT " + columns + ` FROM rows WHERE start >= ? AND start < ?
	OR id = (SELECT CASE WHEN until > ? THEN id END FROM
		(SELECT id, until FROM rows WHERE start < ? AND until > start ORDER BY start DESC, id DESC LIMIT 1))
	ORDER BY tick, id = 0, id`

// read sends the rows in parts. The file is opened for reading alone.
func read(ctx context.Context, dir string, from, to time.Time, parts chan<- []Row) error {
	db, err := openToRead(ctx, dir)
	if err != nil {
		return err
	}
	defer db.Close()
	rows, err := db.QueryContext(ctx, inTime, from.UnixNano(), to.UnixNano(), from.UnixNano(), from.UnixNano())
	if err != nil {
		return unreadable(err, dir)
	}
	defer rows.Close()
	alive := running(dir)
	send := func(part []Row) bool {
		select {
		case parts <- part:
			return true
		case <-ctx.Done():
			return false
		}
	}
	var part []Row
	for rows.Next() {
		r, err := scan(rows)
		if err != nil {
			return unreadable(err, dir)
		}
		if r.ID == 0 && !alive {
			r.closed(killed)
		}
		if part = append(part, r); len(part) == 500 {
			if !send(part) {
				return nil
			}
			part = nil
		}
	}
	if err := rows.Err(); err != nil {
		return unreadable(err, dir)
	}
	send(part)
	return nil
}

// openToRead opens the file. SQLite wants to write beside a file that is written
// by nobody just now; who may not is given the file as it lies there.
func openToRead(ctx context.Context, dir string) (*sql.DB, error) {
	path := filepath.Join(dir, fileName)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("no channel has written in %s yet: its first run begins the as-run log (%w)", dir, fs.ErrNotExist)
	} else if err != nil {
		return nil, unreadable(err, dir)
	}
	params := url.Values{"mode": {"ro"}, "_pragma": {"busy_timeout(5000)", "query_only(1)"}}
	db, version, err := openVersion(ctx, dsn(path, params))
	if _, none := os.Stat(path + "-wal"); err != nil && errors.Is(none, fs.ErrNotExist) {
		params.Set("immutable", "1")
		db, version, err = openVersion(ctx, dsn(path, params))
	}
	switch {
	case err != nil:
		return nil, unreadable(err, dir)
	case version != len(schema):
		db.Close()
		return nil, fmt.Errorf("%s was written by another version of airloom: read it with that one, or restart the channel with this one", path)
	}
	return db, nil
}

func openVersion(ctx context.Context, dsn string) (db *sql.DB, version int, err error) {
	if db, err = sql.Open("sqlite", dsn); err != nil {
		return nil, 0, err
	}
	if err = db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		db.Close()
	}
	return db, version, err
}

// unreadable says why the log cannot be read, and what to do.
func unreadable(err error, dir string) error {
	path := filepath.Join(dir, fileName)
	switch {
	case damaged(err):
		return fmt.Errorf("%s is damaged (%w): a channel that runs sets it aside by itself, within hours, and begins a new one", path, err)
	case locked(err):
		return fmt.Errorf("another program holds %s locked: end it (a backup, an sqlite3 shell), or try again (%w)", path, err)
	case denied(err):
		return fmt.Errorf("%s may not be read by this user: ask as the channel's user, or as one of its group (%w)", path, err)
	}
	return fmt.Errorf("reading %s: %w", path, err)
}

// closed is what becomes of the row on air when airloom ends.
func (r *Row) closed(why string) {
	r.Cause = why
	if r.Outcome == "" {
		r.Outcome = Cut
	}
}

// scan reads a row of all columns.
func scan(from interface{ Scan(...any) error }) (r Row, err error) {
	var start, until, in, out int64
	var planned sql.NullInt64
	err = from.Scan(&r.ID, &r.Tick, &r.Ticks, &start, &until, &planned, &r.Playlist, &r.Index, &r.Item, &r.Round,
		&r.Source, &r.Title, &r.Mode, &r.From, &in, &out, &r.Outcome, &r.Cause)
	r.Start, r.End, r.In, r.Out = time.Unix(0, start), time.Unix(0, until), time.Duration(in), time.Duration(out)
	if planned.Valid {
		r.Planned = time.Unix(0, planned.Int64)
	}
	return r, err
}
