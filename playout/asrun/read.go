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
// the piece that was on air at the first. The row on air comes last and has the
// ID 0 and, if it is an item's, no outcome. Any process may read while a channel
// writes. An error says what to do, and is the last that is yielded; it is an
// fs.ErrNotExist where no channel has written yet.
func Read(ctx context.Context, dir string, from, to time.Time) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		err := read(ctx, dir, from, to, func(r Row) bool { return yield(r, nil) })
		if err != nil {
			yield(Row{}, err)
		}
	}
}

const inTime = "SELECT " + columns + ` FROM rows WHERE start >= ? AND start < ?
	OR id = (SELECT id FROM rows WHERE start < ? AND until > ? ORDER BY start DESC, id DESC LIMIT 1)
	ORDER BY tick, id = 0, id`

func read(ctx context.Context, dir string, from, to time.Time, yield func(Row) bool) error {
	path := filepath.Join(dir, fileName)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("nothing has been written in %s yet: it begins with the first run of the channel (%w)", dir, fs.ErrNotExist)
	}
	db, err := sql.Open("sqlite", dsn(path, url.Values{"mode": {"ro"}, "_pragma": {"busy_timeout(5000)", "query_only(1)"}}))
	if err != nil {
		return err
	}
	defer db.Close()
	rows, err := db.QueryContext(ctx, inTime, from.UnixNano(), to.UnixNano(), from.UnixNano(), from.UnixNano())
	if err != nil {
		return errors.New(inWords(err, dir))
	}
	defer rows.Close()
	for rows.Next() {
		r, err := scan(rows)
		if err != nil {
			return err
		}
		if !yield(r) {
			return nil
		}
	}
	return rows.Err()
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
