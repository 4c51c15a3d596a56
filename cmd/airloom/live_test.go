package main_test

import (
	"fmt"
	"path/filepath"
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
	apart         time.Duration // how far sound may be from picture
}

// apart is how far sound may be from picture. Where a server sends no reports, as
// lal does over RTSP, only when packets come tells how they belong together, and
// the ffmpeg program's sender is a frame of sound imprecise in that.
const (
	apart         = 20 * time.Millisecond
	apartUnproven = 40 * time.Millisecond
)

// Row 6: sources of every kind as items of one channel, each taken away and
// brought back: held only while it is away, its sound with its picture, no delay
// that grows, and what follows at its time to the tick.
func TestLiveItemsFromTheNetwork(t *testing.T) {
	t.Parallel()
	srv, lal, camera, dir := airtest.NGINX(t), airtest.Lal(t), newUDPCamera(t), t.TempDir()
	clips := airtest.Clips(t, airtest.Camera1, airtest.Camera2, airtest.Long1, airtest.Plain1)
	files := newShelf(t, filepath.Dir(clips[2].Path))
	segments := newShelf(t, dir)
	srt := freeUDP(t)
	toLal := func() { airtest.Send(t, clips[0], "-f", "flv", lal.RTMP("cam")) }
	toCamera := func() *airtest.Sender {
		return airtest.Send(t, clips[1], "-f", "rtsp", "-rtsp_transport", "tcp", camera.url())
	}
	listen := func() *airtest.Sender {
		return airtest.Send(t, clips[1], "-f", "mpegts", fmt.Sprintf("srt://127.0.0.1:%d?mode=listener", srt))
	}
	toLal()
	toCamera()
	caller := listen()
	airtest.Send(t, clips[1], "-f", "hls", "-hls_time", "1", "-hls_list_size", "6", "-hls_flags", "delete_segments", filepath.Join(dir, "live.m3u8"))
	files.cuts.Store(1)

	feeds := []feed{
		{title: "RTSP", source: lal.RTSP("cam"), seconds: 10, away: 2 * time.Second, drop: lal.Kill, back: func() { lal.Start(); toLal() }, apart: apartUnproven},
		{title: "RTMP", source: lal.RTMP("cam"), seconds: 7, away: 1500 * time.Millisecond, drop: lal.Freeze, back: lal.Thaw, apart: apart},
		{title: "UDP", source: camera.url(), seconds: 9, away: 3500 * time.Millisecond,
			drop: func() { camera.mute.Store(true) }, back: func() { camera.mute.Store(false) }, apart: apart},
		{title: "SRT", source: fmt.Sprintf("srt://127.0.0.1:%d", srt), seconds: 9, away: time.Second, drop: func() { caller.Stop() }, back: func() { listen() }, apart: apart},
		{title: "HLS", source: segments.URL + "/live.m3u8", seconds: 7, away: 2 * time.Second,
			drop: func() { segments.refuse.Store(true) }, back: func() { segments.refuse.Store(false) }, apart: apart},
		{title: "HTTP", source: files.URL + "/" + filepath.Base(clips[2].Path), seconds: 4, apart: apart},
	}
	var list strings.Builder
	list.WriteString("items:\n  - {source: mark.mp4}\n")
	for _, f := range feeds {
		fmt.Fprintf(&list, "  - {source: %q, duration: %ds, title: %s}\n  - {source: mark.mp4}\n", f.source, f.seconds, f.title)
	}
	ch := airtest.Airloom(t, airtest.Setup{
		Output: srv.URL("x"), Media: map[string]airtest.Clip{"mark.mp4": clips[3]},
		Lists: map[string]string{"main.yml": list.String()},
	})
	for _, f := range feeds {
		ch.Until(40*time.Second, f.title+" is on air", func(s control.Status) bool { return s.Now != nil && s.Now.Title == f.title })
		if f.drop == nil {
			continue
		}
		time.Sleep(2500 * time.Millisecond) // of it are to be seen before
		f.drop()
		began := time.Now()
		if f.title == "RTSP" {
			ch.Until(4*time.Second, "it is told", func(s control.Status) bool { return strings.Contains(alertOf(s, "live-away"), "is away for") })
		}
		time.Sleep(time.Until(began.Add(f.away)))
		f.back()
	}
	time.Sleep(7 * time.Second)
	rows := ch.AsRun()
	ch.Stop()
	for _, r := range rows {
		t.Logf("%+v", r)
	}
	report := airtest.Analyse(t, srv.Recordings()[0], clips, airtest.DefaultHouse)
	t.Log(report)
	t.Log(ch.Logged("live source"), files.ranges.Load())
	if testing.Verbose() {
		for _, l := range strings.Split(ch.Log(), "\n") {
			if strings.Contains(l, "live source") || strings.Contains(l, "level=WARN") {
				t.Log(l)
			}
		}
	}
	judgeFeeds(t, report, feeds)
}

// judgeFeeds holds the recording against the programme.
func judgeFeeds(t *testing.T, report *airtest.Report, feeds []feed) {
	var marks []time.Duration
	for _, run := range report.Runs {
		if run.Name() == string(airtest.Plain1) {
			marks = append(marks, run.From)
		}
	}
	require.GreaterOrEqual(t, len(marks), len(feeds), "what stands between them airs")
	for i, f := range feeds {
		if i+1 >= len(marks) {
			break
		}
		from, to := marks[i]+3*time.Second, marks[i+1]
		require.InDelta(t, f.seconds*1000, (to - from).Milliseconds(), 41, "%s has its time, to the tick", f.title)
		var on time.Duration
		for _, run := range report.Runs {
			if run.Clip == nil || run.From < from-10*time.Millisecond || run.To > to+10*time.Millisecond {
				continue
			}
			on += run.To - run.From - time.Duration(run.TailHold)*40*time.Millisecond
			for _, d := range run.Calm {
				require.LessOrEqual(t, d.Abs(), f.apart, "%s: sound from picture", f.title)
			}
		}
		gone := to - from - on
		require.Less(t, gone, f.away+6*time.Second, "%s: it is back soon", f.title)
		t.Logf("%s: away for %v, not to be seen for %v", f.title, f.away, gone)
	}
}
