package main_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/cmd/internal/airtest"
)

// moment is a time as playlists have it.
func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") }

// clock is a time of day as playlists have it.
func clock(t time.Time) string { return t.UTC().Format(time.TimeOnly) }

// plan is a scheduled playlist: the keys of its schedule, then its clips.
func plan(schedule string, clips ...airtest.Clip) string {
	text := fmt.Sprintf("schedule: {%s}\nitems:\n", schedule)
	for _, c := range clips {
		text += fmt.Sprintf("  - {source: %s.mp4}\n", c.Kind)
	}
	return text
}

// mediaOf is clips as files of the media root.
func mediaOf(clips ...airtest.Clip) map[string]airtest.Clip {
	m := map[string]airtest.Clip{}
	for _, c := range clips {
		m[string(c.Kind)+".mp4"] = c
	}
	return m
}

// untilStop lets a channel run up to a time of the wall clock, stops it and
// analyses what the server recorded of it.
func untilStop(t *testing.T, ch *airtest.Channel, srv *airtest.Server, end time.Time, clips []airtest.Clip, m airtest.Machine) (*airtest.Report, float64) {
	t.Helper()
	airtest.Stay(t, time.Until(end), func() string { return ended(ch) })
	others := m.Others()
	excuse := airtest.ExcuseOf(lastStatus(t, ch), others)
	_, code := ch.Stop()
	require.Zero(t, code)
	require.Len(t, srv.Recordings(), 1)
	r := airtest.Analyse(t, srv.Recordings()[0], clips, airtest.DefaultHouse)
	r.Excuse = excuse
	t.Logf("others took %.0f %% of the machine; forgiven: %+v", 100*others, excuse)
	t.Log(r)
	return r, others
}

// One recording with hard starts, of which one is of a file that is dropped while
// on air, a soft one, an end by the clock, and three playlists on top of each other.
func TestPlan01Starts(t *testing.T) {
	t.Parallel()
	clips := airtest.Clips(t, airtest.Long1, airtest.Long2, airtest.Plain1, airtest.Plain2, airtest.Plain3, airtest.Second1, airtest.Second2)
	long1, long2, plain1, plain2, plain3, second1, second2 := clips[0], clips[1], clips[2], clips[3], clips[4], clips[5], clips[6]
	airtest.Binary(t)
	srv := airtest.NGINX(t)
	tap := airtest.NewTap(t, srv.Port)
	m := airtest.Watch()
	zero := time.Now().Truncate(time.Second).Add(time.Second)
	at := func(s int) time.Time { return zero.Add(time.Duration(s) * time.Second) }
	ch := airtest.Airloom(t, airtest.Setup{Output: tap.URL("x"), Items: airtest.Items(long1, long2), Media: mediaOf(clips...), Lists: map[string]string{
		"hard.yml": plan(fmt.Sprintf("at: %q", moment(at(7))), plain1, second1),
		// Above both: of an end by the clock, and begun again until then.
		"until.yml": "loop: true\n" + plan(fmt.Sprintf("at: %q, until: %q, priority: 5", moment(at(32)), clock(at(39))), plain3),
		"above.yml": plan(fmt.Sprintf("at: %q, priority: 9", moment(at(37))), second2),
		"below.yml": plan(fmt.Sprintf("at: %q", moment(at(35))), plain1), // has to wait
	}})
	ch.Publishing(10 * time.Second)
	airtest.Stay(t, time.Until(at(9)), func() string { return ended(ch) })
	ch.Drop("soft.yml", plan(fmt.Sprintf("at: %q, start: soft", moment(at(12))), plain2))
	ch.Drop("dropped.yml", plan(fmt.Sprintf("at: %q", moment(at(20))), second1))
	r, others := untilStop(t, ch, srv, at(45), clips, m)

	pieces := []airtest.Piece{
		{Clip: long1, Cut: true},
		{Clip: plain1, At: at(7)},
		{Clip: second1},
		{Clip: long1, GoesOn: true},
		{Clip: plain2}, // soft: after the item on air
		{Clip: long2, Cut: true},
		{Clip: second1, At: at(20)},
		{Clip: long2, GoesOn: true},
		{Clip: long1, Cut: true},
		{Clip: plain3, At: at(32)},
		{Clip: plain3, Cut: true},
		{Clip: second2, At: at(37)},
		{Clip: plain3, Cut: true}, // less than 2 s were left of the one before: the next
		{Clip: plain1, At: at(39)},
		{Clip: long1, GoesOn: true},
	}
	r.RequireAirs(t, pieces)
	r.RequireContiguous(t)
	r.RequireSound(t)
	r.RequireSync(t)
	if t.Failed() {
		return
	}
	requireOnTime(t, r, tap, pieces, others)
	requireAbut(t, ch.AsRun())
	requireSame(t, r, ch.AsRun(), pieces)
}

// requireOnTime fails unless what the clock puts on air is there in the tick that
// is due, by the wire.
func requireOnTime(t *testing.T, r *airtest.Report, tap *airtest.Tap, pieces []airtest.Piece, others float64) {
	t.Helper()
	const tick = 40 * time.Millisecond
	offs := r.OnTime(tap, pieces)
	if r.Excuse == (airtest.Excuse{}) {
		others = 0 // the promptest of a thousand messages is not late
	}
	t.Logf("first pictures on the wire after the planned time: %v", offs)
	for _, off := range offs {
		require.Greater(t, off, -tick, "a start before its time")
		airtest.Judge(t, "a planned start on the wire", off, 2*tick, others)
	}
}

// requireAbut fails unless the rows of the as-run log are a chain of ticks.
func requireAbut(t *testing.T, rows []airtest.Entry) {
	t.Helper()
	for i, row := range rows[1:] {
		require.Equal(t, rows[i].Tick+rows[i].Ticks, row.Tick, "row %d: %+v after %+v", i+1, row, rows[i])
	}
}

// requireSame fails unless the as-run log has the pieces that the recording
// shows: as long as there, and at the planned times within a tick.
func requireSame(t *testing.T, r *airtest.Report, rows []airtest.Entry, pieces []airtest.Piece) {
	t.Helper()
	if r.Excuse != (airtest.Excuse{}) {
		t.Log("NOT JUDGED: the as-run log against the recording, as ticks were held")
		return
	}
	require.Len(t, rows, len(r.Runs))
	for i, row := range rows {
		run, p := r.Runs[i], pieces[i]
		require.Equal(t, string(run.Clip.Kind)+".mp4", row.Source)
		if i > 0 { // the recording may not have the first ticks, or the last
			require.InDelta(t, float64(run.First)/25, row.InS, 0.001)
		}
		if i > 0 && i < len(rows)-1 {
			require.EqualValues(t, run.Pictures, row.Ticks, "%+v", row)
		}
		switch {
		case i == len(rows)-1:
		case p.Cut:
			require.Equal(t, "cut", row.Outcome, "%+v", row)
			require.NotEmpty(t, row.Cause)
		default:
			require.Equal(t, "played", row.Outcome, "%+v", row)
		}
		if !p.At.IsZero() && row.Playlist != "below.yml" {
			require.NotNil(t, row.Planned, "%+v", row)
			require.WithinDuration(t, p.At, *row.Planned, 0)
			late := row.Start.Sub(*row.Planned)
			require.GreaterOrEqual(t, late, -time.Millisecond)
			require.Less(t, late, 40*time.Millisecond)
		}
	}
}
