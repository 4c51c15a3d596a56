package schedule

import (
	"testing"

	"github.com/stretchr/testify/require"

	"airloom/playlist"
)

// afresh saves, restores and begins anew.
func afresh(t *testing.T, e playlist.Entry, left int64) playlist.Entry {
	t.Helper()
	data, err := Save(e, left)
	require.NoError(t, err)
	e, _, err = Restore(data)
	require.NoError(t, err)
	return Afresh(e)
}

// A channel that begins at its beginning each night airs all of a shuffle all the
// same, not the same files each day.
func TestAFreshStartKeepsTheShuffle(t *testing.T) {
	s := shelfOf("dir/1", "dir/2", "dir/3", "dir/4", "dir/5", "dir/6")
	p := s.plans(t, "main: a7 dir/?1 b7")
	seen := map[string]bool{}
	e := playlist.Entry{}
	for range 6 {
		e = p.Next(e, Ended, 0, epoch)
		require.Equal(t, "a7", e.Item.Source)
		e = p.Next(e, Ended, 0, epoch)
		seen[e.Item.Source] = true
		e = afresh(t, e, 30)
	}
	require.Len(t, seen, 6)
}

func TestAFreshStart(t *testing.T) {
	lines := []string{"main: a7 b7", `over: o5 | {at: "2026-07-14 20:00", until: "20:30"}`, `x: x60 y60 | {at: "2026-07-14 20:01", until: "20:30"}`, "t: t60 u60"}
	r := play(planned(t, lines...), at(t, "19:59:55")).until(seconds(140))
	require.Equal(t, "y60", r.e.Item.Source)
	r.e, r.left = afresh(t, r.e, r.left), Ended
	r.rows = nil
	r.next(Ended)
	r.until(seconds(270))
	require.Equal(t, []string{"x60", "y60", "a7"}, r.rows[:3], "what is open begins again, and the base; what is over does not")

	r.take(t, "t.yml", 0)
	r.e = afresh(t, r.e, 100)
	r.next(Ended)
	require.Equal(t, "a7", r.e.Item.Source, "a take is over")

	require.Equal(t, "a7", r.p.Next(Afresh(playlist.Entry{}), Ended, 0, epoch).Item.Source)
	r.p = planned(t, "main: c7", lines[1])
	r.e = afresh(t, r.e, 100)
	r.next(Ended)
	require.Equal(t, "c7", r.e.Item.Source, "also by other plans")
}
