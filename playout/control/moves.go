package control

import (
	"context"
	"iter"

	"airloom/playlist"
	"airloom/playlist/schedule"
)

// Moves is the schedule's rundown as a [Desk] wants it.
func Moves(r *schedule.Rundown) Rundown { return moves{r} }

type moves struct{ *schedule.Rundown }

func (m moves) Take(e playlist.Entry, left, n int64, file, item string) (playlist.Entry, error) {
	return m.Plans().Take(e, left, n, m.Clock(), file, item)
}

func (m moves) Back(e playlist.Entry, left, n int64) (playlist.Entry, error) {
	return m.Plans().Back(e, left, n, m.Clock())
}

func (m moves) Seek(e playlist.Entry, to, n int64) (playlist.Entry, error) {
	return m.Plans().Seek(e, to, n, m.Clock())
}

func (m moves) Walk(ctx context.Context, e playlist.Entry, left, n, end int64) iter.Seq[schedule.Slot] {
	return m.Plans().Walk(ctx, e, left, n, end, m.Clock())
}
