package main_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/cmd/internal/airtest"
	"airloom/playout/control"
)

// plays is how long a bad clip may rightly air: as much of it as there is.
func plays(k airtest.Kind) time.Duration {
	switch k {
	case airtest.Truncated:
		return 1600 * time.Millisecond
	case airtest.Corrupt:
		return 3 * time.Second
	case airtest.Heavy:
		return time.Second
	case airtest.Tiny:
		return 400 * time.Millisecond
	}
	return 0
}

func TestRow04BadFiles(t *testing.T) {
	bad := airtest.Clips(t, airtest.Bad...)
	good := airtest.Clips(t, airtest.Plain1, airtest.Plain2, airtest.Plain3)
	var items []airtest.Item
	length := 4 * time.Second
	for i, b := range bad {
		g := good[i%len(good)]
		items = append(items, airtest.Item{Clip: g}, airtest.Item{Clip: b})
		length += g.Length + plays(b.Kind)
	}
	srv := airtest.NGINX(t)
	m := airtest.Watch()
	ch := airtest.Airloom(t, airtest.Setup{Output: srv.URL("x"), Items: items, User: true})
	ch.Publishing(10 * time.Second)
	alerted := map[string]bool{}
	airtest.Stay(t, length, func() string {
		if s, ok := ch.Status(); ok {
			for _, a := range s.Alerts {
				for _, b := range bad {
					if strings.Contains(a.Message, string(b.Kind)) {
						alerted[string(b.Kind)] = true
					}
				}
			}
		}
		return ended(ch)
	})
	others := m.Others()
	excuse := airtest.ExcuseOf(lastStatus(t, ch), others)
	_, code := ch.Stop()
	require.Zero(t, code)

	r := airtest.Analyse(t, srv.Recordings()[0], append(good, bad...), airtest.DefaultHouse)
	r.Excuse = excuse
	t.Logf("others took %.0f %% of the machine; forgiven: %+v", 100*others, excuse)
	t.Log(r)
	r.RequireContiguous(t)
	requireRound(t, r, items)
	faults, late := between(r)
	for _, line := range faults {
		t.Error(line)
	}
	airtest.Judged(t, others, func(t testing.TB) {
		for _, line := range late {
			t.Error(line)
		}
	})
	for _, b := range bad {
		if b.Kind == airtest.Tiny || b.Kind == airtest.Heavy || b.Kind == airtest.Corrupt {
			continue // they can be played
		}
		name := filepath.Base(b.Path)
		require.NotZero(t, ch.Logged(`(WARN|ERROR).*`+name), "%s is named in the log with its cause", name)
		require.True(t, alerted[string(b.Kind)], "%s is named in the status", name)
	}
}

// requireRound fails unless the clips of the house aired in the playlist's order,
// round and round, each once a turn. What airs between them is not looked at. One
// that is left out for what it did to its decoder has its last airing cut.
func requireRound(t testing.TB, r *airtest.Report, items []airtest.Item, leftOut ...airtest.Kind) {
	t.Helper()
	var want []airtest.Kind
	for _, it := range items {
		if isGood(it.Clip) {
			want = append(want, it.Clip.Kind)
		}
	}
	var got []airtest.Kind
	cut := map[airtest.Kind]bool{}
	at := 0
	for _, run := range r.Airings() {
		if run.Clip == nil || !isGood(*run.Clip) {
			continue
		}
		got = append(got, run.Clip.Kind)
		if k := want[at%len(want)]; cut[k] && k != run.Clip.Kind && slices.Contains(leftOut, k) {
			at++
		}
		require.Equal(t, want[at%len(want)], run.Clip.Kind, "out of turn at %v, after %v", run.From, got)
		cut[run.Clip.Kind] = run.TailLost > 0
		at++
	}
	require.Greater(t, len(got), 3)
}

// isGood says whether the clip is one that these rows' channels play between bad ones.
func isGood(c airtest.Clip) bool {
	return slices.Contains([]airtest.Kind{airtest.Plain1, airtest.Plain2, airtest.Plain3}, c.Kind)
}

// between looks at what airs between good clips, and at the good ones. Faults are
// never right; late is what a machine without time to spare may do.
func between(r *airtest.Report) (faults, late []string) {
	var lost time.Duration // neither a good clip nor what a bad one may show
	started := false
	runs := r.Airings()
	for i, run := range runs {
		length := run.To - run.From
		if run.Clip == nil || !isGood(*run.Clip) {
			if run.Clip != nil {
				length -= plays(run.Clip.Kind)
			}
			lost += max(0, length)
			continue
		}
		// The 1x1 file has no marker to read, and neither has a slate.
		if started && lost > time.Second+plays(airtest.Tiny) {
			late = append(late, fmt.Sprintf("%v lost before %s at %v", lost, run.Name(), run.From))
		}
		started, lost = true, time.Duration(run.TailHold)*40*time.Millisecond
		if d := run.Doubled + run.Unreadable; d > 0 || i > 0 && run.HeadHold > 0 {
			late = append(late, fmt.Sprintf("%s at %v is held", run.Name(), run.From))
		}
		skipped := run.Missing
		if i > 0 {
			skipped += run.HeadLost
		}
		if i < len(runs)-1 {
			skipped += run.TailLost
		}
		if run.Lost > 0 || int64(skipped) > r.Excuse.Skipped {
			faults = append(faults, fmt.Sprintf("%s at %v is not whole", run.Name(), run.From))
		}
	}
	return faults, late
}

// ended is what to say when airloom has ended though it should not.
func ended(ch *airtest.Channel) string {
	if !ch.Running() {
		return "airloom has ended"
	}
	return ""
}

// airing waits for a moment in the midst of the item at the index.
func airing(ch *airtest.Channel, index int, from float64) control.Status {
	var now control.Status
	ch.Until(20*time.Second, fmt.Sprintf("item %d airs", index), func(s control.Status) bool {
		now = s
		return s.Now != nil && s.Now.Index == index && s.Now.PositionS >= from && s.Now.PositionS < from+0.5
	})
	return now
}

func TestRow06KilledWorkers(t *testing.T) {
	t.Parallel()
	clips := airtest.Clips(t, airtest.Plain1, airtest.Plain2, airtest.Plain3)
	srv := airtest.NGINX(t)
	m := airtest.Watch()
	ch := airtest.Airloom(t, airtest.Setup{Output: srv.URL("x"), Items: airtest.Items(clips...)})
	ch.Publishing(10 * time.Second)
	kill := func(pids ...int) {
		for _, pid := range pids {
			require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
		}
	}
	airing(ch, 1, 0.8) // the one on air: the item goes on where it would be
	kill(ch.Worker(clips[1]))
	airing(ch, 0, 0.8) // the next one
	kill(ch.Worker(clips[1]))
	airing(ch, 2, 0.8) // both at once
	kill(ch.Worker(clips[2]), ch.Worker(clips[0]))
	airing(ch, 1, 0.8) // the same item twice: its end is lost, and no more
	first := ch.Worker(clips[1])
	kill(first)
	kill(ch.Worker(clips[1], first))
	airing(ch, 2, 2.0)
	airtest.Stay(t, 5*time.Second, func() string { return ended(ch) })
	require.Empty(t, airtest.Zombies(ch.PID()), "dead workers that nobody reaped")
	others := m.Others()
	excuse := airtest.ExcuseOf(lastStatus(t, ch), others)
	_, code := ch.Stop()
	require.Zero(t, code)

	r := airtest.Analyse(t, srv.Recordings()[0], clips, airtest.DefaultHouse)
	r.Excuse = excuse
	t.Logf("others took %.0f %% of the machine; forgiven: %+v", 100*others, excuse)
	t.Log(r)
	r.RequireContiguous(t)
	r.RequireOffsets(t)
	var leftOut []airtest.Kind
	if ch.Logged(`plain2.mp4 crashed its decoder twice and is left out`) > 0 {
		leftOut = append(leftOut, airtest.Plain2)
	}
	requireRound(t, r, airtest.Items(clips...), leftOut...)
	airtest.Judged(t, others, func(t testing.TB) { requireShortHolds(t, r) })
}

// requireShortHolds fails unless each airing keeps its length and is held for a
// second at most, one that crashed twice excepted.
func requireShortHolds(t testing.TB, r *airtest.Report) {
	cut := 0
	for i, run := range r.Runs[1 : len(r.Runs)-1] {
		require.LessOrEqual(t, run.Doubled+run.TailHold+run.HeadHold, 25, "a hold of at most a second: %v", run)
		if run.Clip == nil {
			require.LessOrEqual(t, run.Pictures, 25, "%v", run)
			continue
		}
		if run.TailLost > 0 {
			cut++
			continue
		}
		require.Equal(t, run.Clip.Ticks(airtest.DefaultHouse), run.Pictures, "airing %d keeps its length: %v", i+1, run)
		require.Equal(t, run.Doubled, run.Lost, "it goes on where it would be: %v", run)
	}
	require.LessOrEqual(t, cut, 1, "only the item that crashed twice is cut")
}

func TestRow11TooSlow(t *testing.T) {
	clips := airtest.Clips(t, airtest.HD1, airtest.HD2)
	srv := airtest.NGINX(t)
	tap := airtest.NewTap(t, srv.Port)
	house := airtest.HDHouse
	house.Width, house.Height = 1920, 1080
	m := airtest.Watch()
	ch := airtest.Airloom(t, airtest.Setup{House: house, Output: tap.URL("x"), Items: airtest.Items(clips...), Sections: map[string]string{
		"encoder": `{video: {preset: veryslow, level: "4.2", maxrate: 6000k, bufsize: 12000k}}`,
	}})
	ch.Publishing(20 * time.Second)
	ch.Until(20*time.Second, "pictures are skipped, and an alert says so", func(s control.Status) bool {
		return s.Encoder.SkippedTicks > 0 && slices.ContainsFunc(s.Alerts, func(a control.Alert) bool {
			return strings.Contains(a.Code, "encoder")
		})
	})
	before, _ := ch.Status()
	start := time.Now()
	airtest.Stay(t, 15*time.Second, func() string { return ended(ch) })
	after, _ := ch.Status()
	took := time.Since(start)
	ticks := float64(after.Tick-before.Tick) / 25
	t.Logf("%.2f s of ticks in %.2f s, %d of %d pictures skipped, speed %.2f, alerts %v", ticks, took.Seconds(),
		after.Encoder.SkippedTicks-before.Encoder.SkippedTicks, after.Tick-before.Tick, after.Encoder.Speed, after.Alerts)
	l := tap.Lateness()
	t.Logf("lateness %+v", l)
	off := time.Duration((took.Seconds() - ticks) * 1e9).Abs()
	require.Less(t, off, time.Second, "playout keeps real time")
	airtest.Judge(t, "ticks against the clock", off, 500*time.Millisecond, m.Others())
	airtest.Judge(t, "growth of lateness", l.Growth, 300*time.Millisecond, m.Others())
	took, code := ch.Stop()
	require.Zero(t, code)
	require.Less(t, took, 5*time.Second)
	rec, err := airtest.ReadFLV(srv.Recordings()[0])
	require.NoError(t, err)
	require.Empty(t, rec.Audio.OffGrid(1024, 44100, 0), "the sound is whole")
	require.Zero(t, rec.Video.Backwards())
}
