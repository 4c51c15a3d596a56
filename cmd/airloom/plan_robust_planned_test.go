package main_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/cmd/internal/airtest"
)

// A channel is killed in the midst of a scheduled playlist, and just before
// another's start: the one goes on, and then what it had cut; the other begins
// late, at once, and once.
func TestPlan06KilledUnderItsPlan(t *testing.T) {
	t.Parallel()
	clips := airtest.Clips(t, airtest.Long1, airtest.Long2, airtest.Plain1, airtest.Plain2)
	long1, long2, plain1, plain2 := clips[0], clips[1], clips[2], clips[3]
	airtest.Binary(t)
	srv := airtest.NGINX(t)
	m := airtest.Watch()
	zero := time.Now().Truncate(time.Second).Add(time.Second)
	at := func(s float64) time.Time { return zero.Add(time.Duration(s * float64(time.Second))) }
	ch := airtest.Airloom(t, airtest.Setup{Output: srv.URL("one"), Media: mediaOf(clips...), Lists: map[string]string{
		"main.yml": "items: [{source: long1.mp4}]\n",
		"hard.yml": fmt.Sprintf("schedule: {at: %q}\nitems: [{source: long2.mp4, out: \"00:00:06\"}, {source: plain1.mp4}]\n", moment(at(2))),
		"late.yml": plan(fmt.Sprintf("at: %q", moment(at(14))), plain2),
	}})
	until := func(s float64) { airtest.Stay(t, time.Until(at(s)), func() string { return ended(ch) }) }
	ch.Publishing(10 * time.Second)
	until(4.5)
	ch.Kill()
	again(ch, srv, "two")
	until(13.5)
	ch.Kill()
	airtest.Stay(t, time.Until(at(14.7)), nil)
	again(ch, srv, "three")
	until(19)
	_, code := ch.Stop()
	require.Zero(t, code)

	told := []lifetime{{name: "one"}, {name: "two"}, {name: "three"}}
	read(t, srv, clips, told)
	var aired [][]piece
	for _, l := range told {
		aired = append(aired, pieces(l.pictures))
		t.Log(l.name, aired[len(aired)-1])
	}
	for _, row := range ch.AsRun() {
		t.Logf("%6d %5d %s %-8s %-6s %-10s %-12s %.2f-%.2f %v %s", row.Tick, row.Ticks, row.Start.Format("05.000"), row.Outcome, row.Mode, row.Playlist, row.Title, row.InS, row.OutS, row.Planned, row.Cause)
	}
	requireClips(t, aired[0], long1, long2)
	requireClips(t, aired[1], long2, plain1, long1)
	requireClips(t, aired[2], plain2, long1)
	one, two, three := aired[0], aired[1], aired[2]
	require.InDelta(t, one[1].last, two[0].first, 50, "the scheduled item goes on")
	require.Equal(t, 149, two[0].last)
	require.Equal(t, one[0].last+1, two[2].first, "what it had cut goes on where it was left")
	require.Equal(t, 74, three[0].last)
	airtest.Judged(t, m.Others(), func(t testing.TB) { require.Less(t, three[0].first, 25, "from its beginning") })
	require.InDelta(t, two[2].last, three[1].first, 50)

	rows := ch.AsRun()
	requireAbut(t, rows)
	late := 0
	for _, row := range rows {
		if row.Playlist != "late.yml" {
			continue
		}
		late++
		require.NotNil(t, row.Planned)
		require.WithinDuration(t, at(14), *row.Planned, 0)
		airtest.Judge(t, "late, but at once", row.Start.Sub(at(14.7)), time.Second, m.Others())
		require.Equal(t, "played", row.Outcome)
	}
	require.Equal(t, 1, late, "once")
}

// piece is a stretch of one clip.
type piece struct{ clip, first, last int }

// pieces are the stretches of what aired.
func pieces(pictures []airtest.Picture) (list []piece) {
	for _, p := range pictures {
		if n := len(list); n > 0 && list[n-1].clip == p.Clip && list[n-1].last <= p.N {
			list[n-1].last = p.N
		} else {
			list = append(list, piece{p.Clip, p.N, p.N})
		}
	}
	return list
}

// requireClips fails unless the stretches are of these clips.
func requireClips(t *testing.T, list []piece, clips ...airtest.Clip) {
	t.Helper()
	var want, got []int
	for _, c := range clips {
		want = append(want, c.ID)
	}
	for _, p := range list {
		got = append(got, p.clip)
	}
	require.Equal(t, want, got)
}
