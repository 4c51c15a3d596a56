package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/playlist"
	"airloom/playlist/schedule"
	"airloom/playout"
)

// Who looks ahead sees what the plans say, however much of it was kept for others.
func TestAWalkThatIsSharedIsTheWalk(t *testing.T) {
	v := unaired(t, map[string]string{
		"main.yml": long(300, "7s"),
		"news.yml": "schedule: {cron: \"*/20 * * * *\", fill: fit}\nitems: [{source: news.mp4, out: 90s}]\n",
	})
	r := v.plan.rundown
	end := v.times().grid.Ticks(24 * time.Hour)
	var want []schedule.Slot
	for s := range r.Plans().Walk(t.Context(), playlist.Entry{}, schedule.Ended, 0, end, r.Clock()) {
		s.Place = nil
		want = append(want, s)
	}
	require.Greater(t, len(want), keptSlots+stride, "more than is kept")
	for _, upTo := range []int64{end / 50, end, end / 2} {
		var got []schedule.Slot
		for s := range v.ahead(t.Context(), upTo) {
			s.Place = nil
			got = append(got, s)
		}
		n := 0
		for n < len(want) && want[n].Start < upTo {
			n++
		}
		require.Equal(t, want[:n], got)
	}
}

func TestAWalkIsSharedWhileNothingChanges(t *testing.T) {
	v := unaired(t, map[string]string{"main.yml": long(3, "7s")})
	var w walks
	snap := playout.Snapshot{Air: v.plan.rundown.Next(playlist.Entry{}, schedule.Ended, 0), CutAt: playout.Never, NextAt: playout.Never}
	look := func(n int64) *walk {
		got := w.from(placeOf(v.plan.rundown, snap), snap, n, 1_000_000)
		_, ok := got.slot(5)
		require.True(t, ok)
		return got
	}
	first := look(10)
	require.Same(t, first, look(11))
	require.Same(t, first, look(12), "it goes on as it was to")

	snap.AirFirst = 3 // it stood still for three ticks
	stood := look(13)
	require.NotSame(t, first, stood)
	require.Equal(t, int64(7*25+3), stood.slots[0].End())

	v.plan.plan()
	edited := look(14)
	require.NotSame(t, stood, edited, "other plans")
	snap.Air = v.plan.rundown.Next(snap.Air, schedule.Ended, 20)
	require.NotSame(t, edited, look(20), "another item")
	w.drop()
	require.Nil(t, w.last)
}
