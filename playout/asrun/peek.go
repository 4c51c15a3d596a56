package asrun

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// Peek is what the channel that is running has noted so far, or what the last one
// left; alive tells which. Any process may ask while a channel writes. The error
// is an fs.ErrNotExist where no channel has written yet.
func Peek(ctx context.Context, dir string) (saved Saved, alive bool, err error) {
	db, err := openToRead(ctx, dir)
	if err != nil {
		return saved, false, err
	}
	defer db.Close()
	var seed int64
	var tick, at sql.NullInt64
	var ended sql.NullString
	head := &saved.Playhead
	err = db.QueryRowContext(ctx, "SELECT tick, at, place, ended, seed FROM run").Scan(&tick, &at, &head.Place, &ended, &seed)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return Saved{}, running(dir), nil
	case err != nil:
		return Saved{}, false, unreadable(err, dir)
	}
	if saved.Ended, saved.Seed = ended.String, uint64(seed); at.Valid {
		head.Tick, head.At = tick.Int64, time.Unix(0, at.Int64)
	}
	return saved, running(dir), nil
}
