package schedule

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"airloom/playlist"
)

// What is on air, or waits, while its file is edited.
func TestEditsOfWhatIsScheduled(t *testing.T) {
	before := []string{"main: a600 b600", `x: x60 y60 z60 | {at: "2026-07-14 20:00", until: "20:02:30"}`, `w: w60 | {at: "2026-07-14 20:00:10", priority: -1, until: "21:00"}`}
	for _, c := range []struct {
		name  string
		after []string
		want  string // from 20:00:30 on, while x60 has been on air for 30 s
	}{
		{"nothing", before, "19:59 a600, 20:00 x60, 20:01 y60, 20:02 z60, 20:02:30 w60, 20:03:30 a600"},
		{"its end comes earlier: cut then", []string{before[0], `x: x60 y60 z60 | {at: "2026-07-14 20:00", until: "20:01:30"}`, before[2]},
			"19:59 a600, 20:00 x60, 20:01 y60, 20:01:30 w60"},
		{"its end has passed: cut now", []string{before[0], `x: x60 y60 z60 | {at: "2026-07-14 20:00", duration: 20s}`, before[2]},
			"19:59 a600, 20:00 x60, 20:00:30 w60"},
		{"the item on air has gone: the next that is left, at the join", []string{before[0], `x: z60 | {at: "2026-07-14 20:00", until: "20:02:30"}`, before[2]},
			"19:59 a600, 20:00 x60, 20:01 z60, 20:02 w60"},
		{"the list has gone: after the item on air", []string{before[0], before[2]},
			"19:59 a600, 20:00 x60, 20:01 w60"},
		{"it is not scheduled any more", []string{before[0], "x: x60 y60 z60", before[2]},
			"19:59 a600, 20:00 x60, 20:01 w60"},
		{"its start was put off: it is on air all the same", []string{before[0], `x: x60 y60 z60 | {at: "2026-07-14 20:45", until: "20:46"}`, before[2]},
			"19:59 a600, 20:00 x60, 20:01 y60, 20:02 z60, 20:03 w60"},
		{"what waits is better now, and hard: now", []string{before[0], before[1], `w: w60 | {at: "2026-07-14 20:00:10", priority: 1, until: "21:00"}`},
			"19:59 a600, 20:00 x60, 20:00:30 w60, 20:01:30 x60, 20:02 y60, 20:02:30 a600"},
		{"what waits is better now, and soft: at the join", []string{before[0], before[1], `w: w60 | {at: "2026-07-14 20:00:10", start: soft, priority: 1, until: "21:00"}`},
			"19:59 a600, 20:00 x60, 20:01 w60, 20:02 y60, 20:02:30 a600"},
		{"something new whose time came a moment ago: now, late", []string{before[0], before[1], before[2], `n: n20 | {at: "2026-07-14 20:00:20", priority: 5}`},
			"19:59 a600, 20:00 x60, 20:00:30 n20, 20:00:50 x60, 20:01:20 y60"},
		{"something new whose time is over: not at all", []string{before[0], before[1], before[2], `n: n20 | {at: "2026-07-14 20:00:20", priority: 5, duration: 5s}`},
			"19:59 a600, 20:00 x60, 20:01 y60"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := play(planned(t, before...), at(t, "19:59")).until(seconds(90))
			p.p = planned(t, c.after...)
			p.until(seconds(400))
			var got string
			for i := range p.rows {
				got += ", " + told(p.p, p.c, Slot{Entry: playlist.Entry{Item: playlist.Item{Source: p.rows[i]}}, Start: p.at[i], Left: Ended})
			}
			require.Equal(t, c.want, firstOf(got[2:], c.want))
		})
	}
}

// What waits has been considered when it becomes better, and is at its beginning
// still, whatever that is by then.
func TestEditsOfWhatWaits(t *testing.T) {
	x := `x: x60 y60 z60 | {at: "2026-07-14 20:00", until: "20:05"}`
	p := play(planned(t, "main: a600", x, `w: w60 | {at: "2026-07-14 20:00:10", priority: -1, until: "21:00"}`), at(t, "19:59")).until(seconds(130))
	require.Equal(t, []string{"a600", "x60", "y60"}, p.rows)
	p.p = planned(t, "main: a600", x, `w: v10 w60 | {at: "2026-07-14 20:00:10", priority: 1, until: "21:00"}`)
	require.Equal(t, p.n, p.p.Cut(p.e, p.n, p.c))
	p.until(seconds(220))
	require.Equal(t, []string{"a600", "x60", "y60", "v10", "w60", "y60"}, p.rows)
}

// Plans are asked by the air, the desk and the guide at once.
func TestManyAskAtOnce(t *testing.T) {
	lines := []string{"main: a20 dir/?2 b47", `x: x30 dir/?1 | {cron: "*/7 * * * *"}`, `y: y30 | {cron: "*/11 * * * *", start: soft}`}
	p := shelfOf("dir/1", "dir/2", "dir/3").plans(t, lines...)
	_, want := collect(p, playlist.Entry{}, Ended, 0, at(t, "19:00"))
	fresh := shelfOf("dir/1", "dir/2", "dir/3").plans(t, lines...)
	var group sync.WaitGroup
	for i := range 4 {
		group.Go(func() {
			collect(fresh, playlist.Entry{}, Ended, 0, at(t, []string{"19:00", "12:00", "20:00", "03:00"}[i]))
			if _, got := collect(fresh, playlist.Entry{}, Ended, 0, at(t, "19:00")); len(got) != len(want) || got[len(got)-1] != want[len(want)-1] {
				t.Error("another answer")
			}
		})
	}
	group.Wait()
}
