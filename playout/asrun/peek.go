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
	var at, seed int64
	var ended sql.NullString
	head := &saved.Playhead
	err = db.QueryRowContext(ctx, "SELECT tick, at, place, ended, seed FROM run").Scan(&head.Tick, &at, &head.Place, &ended, &seed)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return Saved{}, running(dir), nil
	case err != nil:
		return Saved{}, false, unreadable(err, dir)
	}
	head.At, saved.Ended, saved.Seed = time.Unix(0, at), ended.String, uint64(seed)
	return saved, running(dir), nil
}
