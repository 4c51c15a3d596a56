package main_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/cmd/internal/airtest"
)

// What is planned, what is rehearsed and what airs are the same, entry for entry
// and tick for tick: a base playlist with all that expands, under starts of all sorts.
func TestPlan02ScheduleRehearseAired(t *testing.T) {
	t.Parallel()
	length := time.Minute
	if airtest.Soak() {
		length = 10 * time.Minute
	}
	clips := airtest.Clips(t, airtest.Long1, airtest.Long2, airtest.Plain1, airtest.Plain2, airtest.Plain3, airtest.Second1)
	media := mediaOf(clips...)
	for i, c := range clips[2:5] {
		media[fmt.Sprintf("promos/%d.mp4", i)] = c
	}
	airtest.Binary(t)
	srv := airtest.NGINX(t, "record off;")
	m := airtest.Watch()
	zero := time.Now().Truncate(time.Second).Add(time.Second)
	at := func(s int) string { return moment(zero.Add(time.Duration(s) * time.Second)) }
	ch := airtest.Airloom(t, airtest.Setup{
		Output: srv.URL("x"), Media: media, Sections: map[string]string{"fallback": "{filler: second1.mp4}"},
		Lists: map[string]string{
			"main.yml": `items:
  - {source: long1.mp4, out: "00:00:07"}
  - {folder: promos, order: shuffle, count: 2}
  - {playlist: parts/included.yml}
  - {source: plain3.mp4, loop: 2}
  - {source: long2.mp4, in: "00:00:02.500"}
`,
			"parts/included.yml": "items: [{source: plain1.mp4}, {source: plain2.mp4, title: The second}]\n",
			"soft.yml":           plan(fmt.Sprintf("at: %q, start: soft", at(12)), clips[4]),
			"hard.yml":           "loop: true\n" + plan(fmt.Sprintf("at: %q, duration: 5s, priority: 2", at(20)), clips[2]),
			"again.yml":          plan(fmt.Sprintf("at: %q, return: restart", at(30)), clips[2]),
			"fit.yml":            plan(fmt.Sprintf("at: %q, fill: fit", at(47)), clips[4], clips[3]),
			"minutes.yml":        plan(`cron: "* * * * *", start: soft, soft_max: 4s`, clips[3]),
		},
	})
	ch.Publishing(10 * time.Second)
	airtest.Stay(t, length/2, func() string { return ended(ch) })
	ahead := ch.Schedule("--for", "20s") // as things stand, on air
	airtest.Stay(t, length/2, func() string { return ended(ch) })
	excuse := airtest.ExcuseOf(lastStatus(t, ch), m.Others())
	_, code := ch.Stop()
	require.Zero(t, code)
	aired := ch.AsRun()
	requireAbut(t, aired)
	from := began(t, aired)
	flags := []string{"--from", from.Format(time.RFC3339Nano), "--for", (length + 5*time.Second).String()}
	planned, rehearsed := ch.Schedule(flags...), ch.Rehearse(flags...)
	for i, row := range aired {
		t.Logf("%2d %6d %5d %-6s %-8s %-20s %-16s %s", i, row.Tick, row.Ticks, row.Mode, row.Outcome, row.Playlist, row.Title, row.Cause)
	}
	requireRehearsed(t, planned, rehearsed.Entries)
	requireAired(t, planned, aired, excuse)
	requireForetold(t, ahead, aired, excuse)
}

// requireForetold fails unless what aired is what the schedule had said while on
// air, to the millisecond.
func requireForetold(t testing.TB, ahead, aired []airtest.Entry, excuse airtest.Excuse) {
	t.Helper()
	if excuse.Held > 0 {
		t.Log("NOT JUDGED: what was foretold on air, as the channel got too little processor time")
		return
	}
	require.Greater(t, len(ahead), 3)
	at := slices.IndexFunc(aired, func(e airtest.Entry) bool { return e.End.After(ahead[0].Start) })
	for i, e := range ahead[:len(ahead)-1] {
		row := aired[at+i]
		if e.ID != row.ID || i > 0 && (e.Ticks != row.Ticks || e.Start.Sub(row.Start).Abs() > time.Millisecond) {
			t.Fatalf("foretold: %s at %v\naired:    %s at %v", said(e), e.Start, said(row), row.Start)
		}
	}
}

// began is when tick 0 was due, finer than the as-run log writes it: such that
// what was planned began in the tick that was due.
func began(t *testing.T, rows []airtest.Entry) time.Time {
	t.Helper()
	require.Zero(t, rows[0].Tick)
	from := rows[0].Start
	for _, row := range rows {
		if row.Planned == nil || row.Mode != "hard" || row.Start.Sub(*row.Planned) > 40*time.Millisecond {
			continue
		}
		if first := row.Planned.Add(-time.Duration(row.Tick) * 40 * time.Millisecond); first.After(from) {
			from = first
		}
	}
	require.Less(t, from.Sub(rows[0].Start), time.Millisecond, "a hard start before its time")
	return from
}

// said is what of an entry all three must agree on.
func said(e airtest.Entry) string {
	return fmt.Sprintf("tick %d, %d ticks: %s #%d %s %s %q %s, %.3f to %.3f", e.Tick, e.Ticks, e.Playlist, e.Index, e.ID, e.Source,
		e.Title, e.Mode, e.InS, e.OutS)
}

// requireRehearsed fails unless the rehearsal airs what is planned. Its last entry
// is where it ends.
func requireRehearsed(t testing.TB, planned, rehearsed []airtest.Entry) {
	t.Helper()
	for i := range min(len(planned), len(rehearsed)) {
		if said(planned[i]) != said(rehearsed[i]) {
			t.Fatalf("entry %d\nplanned:   %s\nrehearsed: %s (%s, %s)", i, said(planned[i]), said(rehearsed[i]), rehearsed[i].Outcome, rehearsed[i].Cause)
		}
	}
	require.Len(t, rehearsed, len(planned))
}

// requireAired fails unless what aired is what is planned, up to where the channel
// was stopped, or was held for want of processor time that is excused.
func requireAired(t testing.TB, planned, aired []airtest.Entry, excuse airtest.Excuse) {
	t.Helper()
	for i, row := range aired[:len(aired)-1] {
		if row.Outcome == "hold" && row.Mode != "slate" && excuse.Held > 0 {
			t.Logf("NOT JUDGED: what aired after tick %d, as the channel got too little processor time", row.Tick)
			return
		}
		next := aired[i+1]
		if next.Outcome == "hold" && next.Mode != "slate" && excuse.Held > 0 {
			continue // it would have gone on
		}
		if said(planned[i]) != said(row) {
			t.Fatalf("entry %d\nplanned: %s\naired:   %s (%s, %s)", i, said(planned[i]), said(row), row.Outcome, row.Cause)
		}
		require.WithinDuration(t, planned[i].Start, row.Start, 2*time.Millisecond)
	}
	var modes []string
	for _, row := range aired {
		if !strings.Contains(strings.Join(modes, " "), row.Mode) {
			modes = append(modes, row.Mode)
		}
	}
	require.Subset(t, modes, []string{"base", "soft", "hard"}, "all sorts have aired")
}
