package main_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/cmd/internal/airtest"
	"airloom/playout/control"
)

// resumed is a channel of two lives.
type resumed struct {
	ch          *airtest.Channel
	ring        ring
	one, two    []airtest.Picture // that aired
	left, began airtest.Message   // the last picture of the first life on the wire, the first of the second
	rows        []airtest.Entry
	others      float64
}

// resume runs a channel until it has aired a while, ends it, waits, and starts it again.
func resume(t *testing.T, how string, end func(*airtest.Channel), pause time.Duration) (r resumed) {
	t.Helper()
	clips := airtest.Clips(t, airtest.Second1, airtest.Plain1, airtest.Second2, airtest.Long1, airtest.Plain2)
	r.ring = ringOf(clips)
	airtest.Binary(t)
	srv := airtest.NGINX(t)
	tap := airtest.NewTap(t, srv.Port)
	m := airtest.Watch()
	r.ch = airtest.Airloom(t, airtest.Setup{Output: tap.URL("one"), Items: airtest.Items(clips...),
		Sections: map[string]string{"state": "{dir: ./state, resume: " + how + "}"}})
	told := []lifetime{{name: "one"}, {name: "two"}}
	r.ch.Publishing(10 * time.Second)
	r.ch.Schedule("--for", "10s") // lengths are known from here on, as after a minute on air
	r.ch.Until(10*time.Second, "the second item airs", func(s control.Status) bool { return s.Now != nil && s.Now.Index == 1 && s.Now.PositionS > 0.2 })
	end(r.ch)
	passed := tap.Media()
	r.left = passed[len(passed)-1]
	airtest.Stay(t, pause, nil)
	r.ch.Section("output", `{url: "`+tap.URL("two")+`"}`)
	r.ch.Again()
	r.ch.Publishing(10 * time.Second)
	r.ch.Until(5*time.Second, "a while has aired", func(s control.Status) bool { return s.Tick > 40 })
	_, code := r.ch.Stop()
	require.Zero(t, code)
	for _, msg := range tap.Media()[len(passed):] {
		if msg.Video && !msg.Header {
			r.began = msg
			break
		}
	}
	read(t, srv, clips, told)
	r.one, r.two, r.rows, r.others = told[0].pictures, told[1].pictures, r.ch.AsRun(), m.Others()
	require.NotEmpty(t, r.one)
	require.NotEmpty(t, r.two)
	for _, row := range r.rows {
		t.Logf("%6d %5d %s %-8s %-14s %.2f-%.2f %s", row.Tick, row.Ticks, row.Start.Format("05.000"), row.Outcome, row.Title, row.InS, row.OutS, row.Cause)
	}
	requireAbut(t, r.rows)
	return r
}

func stop(ch *airtest.Channel) { ch.Stop() }
func kill(ch *airtest.Channel) { ch.Kill() }

// last is the last picture that aired in the first life.
func (r resumed) last() int { return r.ring.at(r.one[len(r.one)-1]) }

// parts are the log's rows of both lives, and what lies between them.
func (r resumed) parts(t *testing.T) (one, two part, off airtest.Entry) {
	t.Helper()
	parts := split(r.rows)
	require.Len(t, parts, 2)
	return parts[0], parts[1], r.rows[len(parts[0].rows)]
}

// A channel that is stopped goes on with the very next picture.
func TestPlan06Stopped(t *testing.T) {
	t.Parallel()
	r := resume(t, "playhead", stop, 300*time.Millisecond)
	one, two, off := r.parts(t)
	end, begin := one.rows[len(one.rows)-1], two.rows[0]
	require.Equal(t, end.ID, begin.ID)
	require.InDelta(t, end.OutS, begin.InS, 0.001, "nothing airs twice, nothing is left out")
	require.Contains(t, end.Cause, "stopped")
	require.Contains(t, off.Cause, "stopped")
	require.Zero(t, off.Ticks)
	d := r.ring.after(r.last(), r.ring.at(r.two[0]))
	t.Logf("the recording goes on %d pictures behind its end; %s", d, off.Cause)
	require.Greater(t, d, 0)
	airtest.Judged(t, r.others, func(t testing.TB) { require.Less(t, d, 25, "but for what aired before there was a connection") })
}

// A channel that is to begin at the start does, and its log goes on all the same.
func TestPlan06FromTheStart(t *testing.T) {
	t.Parallel()
	r := resume(t, "start", kill, 0)
	_, two, _ := r.parts(t)
	require.Zero(t, two.rows[0].Index)
	require.Zero(t, two.rows[0].InS)
	require.Less(t, r.ring.at(r.two[0]), 40)
	require.Positive(t, two.rows[0].Tick)
}

// A channel that goes by the clock is, after a pause, where it would be without:
// two items further on, in this case.
func TestPlan06ByTheClock(t *testing.T) {
	t.Parallel()
	r := resume(t, "clock", kill, 5*time.Second)
	d := r.ring.after(r.last(), r.ring.at(r.two[0]))
	off := time.Duration(d)*tick - r.began.At.Sub(r.left.At)
	t.Logf("%d pictures further on after %v: %v off", d, r.began.At.Sub(r.left.At), off)
	_, two, _ := r.parts(t)
	require.Greater(t, two.rows[0].InS, 0.0)
	require.Equal(t, "long1.mp4", two.rows[0].Source)
	airtest.Judge(t, "the programme against the clock", off.Abs(), 300*time.Millisecond, r.others)
}
