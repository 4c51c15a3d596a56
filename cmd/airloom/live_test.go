package main_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/cmd/internal/airtest"
	"airloom/playout/control"
)

// feed is a source on the network as an item of the test's programme.
type feed struct {
	title, source string
	seconds       int
	drop, back    func()        // what takes it away and brings it back; nil: it stays
	away          time.Duration // for how long
	goesOn        bool          // its connection is the same all the time
	unproven      bool          // nothing but when packets come tells how its tracks go together
}

// apart is how far sound may be from picture. Where a server sends no reports, as
// lal does over RTSP, only when packets come tells, which on a busy machine is known
// to little more than a picture.
const (
	apart         = 20 * time.Millisecond
	apartUnproven = 60 * time.Millisecond
)

// Row 6: sources of every kind as items of a channel, each taken away and brought
// back: held only while it is away, its sound with its picture, no delay that
// grows, and what follows at its time to the tick. These are cameras' servers.
func TestCamerasAsItems(t *testing.T) {
	t.Parallel()
	lal, camera := airtest.Lal(t), newUDPCamera(t)
	clips := airtest.Clips(t, airtest.Camera1, airtest.Camera2, airtest.Plain1)
	toLal := func() { airtest.Send(t, clips[0], "-f", "flv", lal.RTMP("cam")) }
	toLal()
	airtest.Send(t, clips[1], "-f", "rtsp", "-rtsp_transport", "tcp", camera.url())
	airFeeds(t, clips, []feed{
		{title: "RTSP", source: lal.RTSP("cam"), seconds: 10, away: 2 * time.Second, drop: lal.Kill, back: func() { lal.Start(); toLal() }, unproven: true},
		{title: "RTMP", source: lal.RTMP("cam"), seconds: 7, away: 1500 * time.Millisecond, drop: lal.Freeze, back: lal.Thaw},
		{title: "UDP", source: camera.url(), seconds: 9, away: 3500 * time.Millisecond,
			drop: func() { camera.mute.Store(true) }, back: func() { camera.mute.Store(false) }},
	})
}

// And these are feeds: by SRT, by HLS and HTTP, and a bare transport stream to an
// address of ours.
func TestFeedsAsItems(t *testing.T) {
	t.Parallel()
	dir, srt, udp := t.TempDir(), freeUDP(t), freeUDP(t)
	clips := airtest.Clips(t, airtest.Camera1, airtest.Long1, airtest.Plain1)
	files, segments := newShelf(t, filepath.Dir(clips[1].Path)), newShelf(t, dir)
	listen := func() *airtest.Sender {
		return airtest.Send(t, clips[0], "-f", "mpegts", fmt.Sprintf("srt://127.0.0.1:%d?mode=listener", srt))
	}
	caller := listen()
	airtest.Send(t, clips[0], "-f", "mpegts", fmt.Sprintf("udp://127.0.0.1:%d?pkt_size=1316", udp))
	airtest.Send(t, clips[0], "-f", "hls", "-hls_time", "1", "-hls_list_size", "6", "-hls_flags", "delete_segments", filepath.Join(dir, "live.m3u8"))
	files.cuts.Store(1)
	airFeeds(t, clips, []feed{
		{title: "SRT", source: fmt.Sprintf("srt://127.0.0.1:%d", srt), seconds: 9, away: time.Second, drop: func() { caller.Stop() }, back: func() { listen() }},
		{title: "HLS", source: segments.URL + "/live.m3u8", seconds: 7, away: 2 * time.Second,
			drop: func() { segments.refuse.Store(true) }, back: func() { segments.refuse.Store(false) }},
		{title: "HTTP", source: files.URL + "/" + filepath.Base(clips[1].Path), seconds: 4},
		{title: "TS", source: fmt.Sprintf("udp://@:%d", udp), seconds: 4, goesOn: true},
	})
	require.Positive(t, files.ranges.Load(), "what was cut off is asked for")
}

// airFeeds airs the feeds, each after a mark, which is the last of the clips.
func airFeeds(t *testing.T, clips []airtest.Clip, feeds []feed) {
	var list strings.Builder
	list.WriteString("items:\n  - {source: mark.mp4}\n")
	for _, f := range feeds {
		fmt.Fprintf(&list, "  - {source: %q, duration: %ds, title: %s}\n  - {source: mark.mp4}\n", f.source, f.seconds, f.title)
	}
	srv, machine := airtest.NGINX(t), airtest.Watch()
	ch := airtest.Airloom(t, airtest.Setup{
		Output: srv.URL("x"), Media: map[string]airtest.Clip{"mark.mp4": clips[len(clips)-1]},
		Lists: map[string]string{"main.yml": list.String()},
	})
	for _, f := range feeds {
		ch.Until(40*time.Second, f.title+" is on air", func(s control.Status) bool { return s.Now != nil && s.Now.Title == f.title })
		if f.drop == nil {
			continue
		}
		since := time.Now()
		airtest.Eventually(t, 4*time.Second, "enough of it is to be seen", func() bool { return time.Since(since) > 2500*time.Millisecond })
		f.drop()
		since = time.Now()
		if f.title == "RTSP" {
			ch.Until(4*time.Second, "it is told", func(s control.Status) bool { return strings.Contains(alertOf(s, "live-away"), "is away for") })
		}
		airtest.Eventually(t, 10*time.Second, "it stays away", func() bool { return time.Since(since) > f.away })
		f.back()
	}
	ch.Until(20*time.Second, "the last of it has aired", func(s control.Status) bool {
		return s.Now != nil && s.Now.Title == "mark.mp4" && s.Now.Index == 2*len(feeds)
	})
	since := time.Now()
	airtest.Eventually(t, 4*time.Second, "the server has it", func() bool { return time.Since(since) > 1500*time.Millisecond })
	rows, others := ch.AsRun(), machine.Others()
	ch.Stop()
	report := airtest.Analyse(t, srv.Recordings()[0], clips, airtest.DefaultHouse)
	t.Log(report)
	for _, l := range strings.Split(ch.Log(), "\n") {
		if strings.Contains(l, "live source") || strings.Contains(l, "level=WARN") {
			t.Log(l)
		}
	}
	judgeRows(t, rows, feeds, others)
	judgeFeeds(t, report, feeds, others)
}

// judgeRows holds what is told of it against what was done to it: rows abut, and
// something stands in for a feed only while it is away.
func judgeRows(t *testing.T, rows []airtest.Entry, feeds []feed, others float64) {
	for i := 1; i < len(rows); i++ {
		require.Equal(t, rows[i-1].Tick+rows[i-1].Ticks, rows[i].Tick, "rows abut: %+v", rows[i])
	}
	for _, f := range feeds {
		var stoodIn int64
		var last airtest.Entry
		for _, r := range rows {
			if r.Title != f.title {
				continue
			}
			if last = r; r.Outcome != "played" {
				stoodIn += r.Ticks
			}
		}
		require.Equal(t, "played", last.Outcome, "%s: the item keeps its time", f.title)
		gone := time.Duration(stoodIn) * 40 * time.Millisecond
		airtest.Judged(t, others, func(t testing.TB) {
			if f.drop == nil {
				require.Zero(t, gone, "%s: nothing stands in for what is there", f.title)
			}
			require.LessOrEqual(t, gone, f.away+4*time.Second, "%s: it is back soon", f.title)
		})
		if gone > time.Second {
			require.Contains(t, last.Cause, "of it are missing: its source was away", f.title)
			require.Contains(t, last.Cause, strings.SplitN(f.source, "@", 2)[0], "it is named")
		}
		t.Logf("%s: away for %v, %v stood in", f.title, f.away, gone)
	}
}

// judgeSound holds the sound of a feed to its picture.
func judgeSound(t *testing.T, f feed, heard []time.Duration, others float64) {
	require.NotEmpty(t, heard, "%s: it is to be heard", f.title)
	for _, d := range heard {
		if f.unproven {
			require.LessOrEqual(t, d.Abs(), apartUnproven, "%s: sound from picture", f.title)
			airtest.Judged(t, others, func(t testing.TB) { require.LessOrEqual(t, d.Abs(), apart, "%s: sound from picture", f.title) })
			continue
		}
		require.LessOrEqual(t, d.Abs(), apart, "%s: sound from picture", f.title)
	}
}

// delays are when pictures of a stretch air, less when their source shows them: in
// a second at its beginning and at its end.
func delays(report *airtest.Report, from, to time.Duration) (first, last time.Duration) {
	var all []time.Duration
	seen := -1
	for _, p := range report.Pictures {
		if p.At >= from && p.At < to-10*time.Millisecond && p.Clip != 0 && p.N != seen {
			all, seen = append(all, p.At-time.Duration(p.N)*40*time.Millisecond), p.N
		}
	}
	if len(all) < 50 {
		return 0, 0
	}
	middle := func(d []time.Duration) time.Duration { slices.Sort(d); return d[len(d)/2] }
	return middle(slices.Clone(all[5:20])), middle(slices.Clone(all[len(all)-20:]))
}

// judgeFeeds holds the recording against the programme.
func judgeFeeds(t *testing.T, report *airtest.Report, feeds []feed, others float64) {
	type mark struct{ from, to time.Duration }
	var marks []mark
	for _, run := range report.Runs {
		if run.Name() == string(airtest.Plain1) { // its last picture may be held for what comes after it
			marks = append(marks, mark{run.From, run.To - time.Duration(run.TailHold)*40*time.Millisecond})
		}
	}
	require.Len(t, marks, len(feeds)+1, "what stands between them airs")
	for i, f := range feeds {
		from, to := marks[i].to, marks[i+1].from
		require.InDelta(t, f.seconds*1000, (to - from).Milliseconds(), 41, "%s has its time, to the tick", f.title)
		var on time.Duration
		var heard []time.Duration
		for _, run := range report.Runs {
			if run.Clip == nil || run.From < from-10*time.Millisecond || run.To > to+10*time.Millisecond {
				continue
			}
			on += run.To - run.From - time.Duration(run.TailHold)*40*time.Millisecond
			marks := run.Calm
			if run.Lost > 0 { // numbers that leap in its midst tell nothing finer than the flash
				marks = run.Flash
			}
			heard = append(heard, marks...)
		}
		judgeSound(t, f, heard, others)
		if f.goesOn {
			first, last := delays(report, from, to)
			require.Less(t, (last - first).Abs(), 100*time.Millisecond, "%s: its delay at the end and at the beginning", f.title)
			t.Logf("%s: delay has grown by %v", f.title, last-first)
		}
		gone := to - from - on
		require.Greater(t, on, time.Second, "%s: it is to be seen", f.title)
		require.Less(t, gone, f.away+6*time.Second, "%s: it is back soon", f.title)
		t.Logf("%s: away for %v, not to be seen for %v", f.title, f.away, gone)
	}
}
