package clip

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/playout/media"
)

// Where reading begins must not change what is read.
func TestStartInTheMiddleGivesTheSameTicks(t *testing.T) {
	long := []struct {
		name string
		made made
		loud float64 // how far samples may differ where rates differ
	}{
		{"h264 mp4", made{frames: 150, rate: 44100}, 5e-3},
		{"h264 b-frames mp4", made{frames: 150, rate: 48000, args: "-c:v libx264 -preset medium -g 60 -bf 3 -c:a aac"}, 5e-3},
		{"mkv", made{frames: 150, rate: 44100, ext: "mkv"}, 5e-3},
		{"ts", made{frames: 150, rate: 44100, ext: "ts", args: "-c:v libx264 -preset medium -g 60 -bf 3 -c:a aac"}, 5e-3},
		{"mpeg2 ps", made{frames: 150, rate: 44100, ext: "mpg", tone: ",asetnsamples=1152", args: "-c:v mpeg2video -b:v 2M -g 12 -bf 2 -c:a mp2"}, 5e-3},
		{"hevc 29.97", made{frames: 180, fps: "30000/1001", rate: 44100, args: "-c:v libx265 -preset ultrafast -x265-params log-level=error:keyint=60 -c:a aac"}, 5e-3},
		{"vp9 webm", made{frames: 150, rate: 48000, ext: "webm", tone: ",asetnsamples=960:p=0", args: "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -b:v 1M -g 60 -c:a libopus"}, 5e-3},
		{"flv", made{frames: 150, rate: 44100, ext: "flv"}, 1e-3},
		{"avi", made{frames: 150, rate: 44100, ext: "avi", args: "-c:v mpeg4 -q:v 3 -g 50 -c:a pcm_s16le"}, 1e-3},
		{"mxf", made{frames: 150, rate: 48000, ext: "mxf", size: "720x576", picture: ",setsar=64/45", args: "-c:v mpeg2video -b:v 5M -c:a pcm_s16le"}, 1e-3},
		{"gif", made{frames: 150, ext: "gif", args: "-c:v gif"}, 1e-3},
		{"h264 alone", made{frames: 150, ext: "h264", args: "-c:v libx264 -preset veryfast -bf 2 -g 25"}, 1e-3},
		{"vfr", made{frames: 150, rate: 44100, picture: ",select='not(eq(mod(n,7),3)+between(n,30,45))'", args: "-fps_mode vfr " + x264 + "-c:a aac"}, 5e-3},
	}
	for _, c := range long {
		t.Run(c.name, func(t *testing.T) {
			f := c.made.file(t)
			all := read(t, media.Spec{Source: f}, 0, house, whole)
			ended(t, all)
			for _, k := range []int{1, 37, 50, 51, 140} {
				part := read(t, media.Spec{Source: f}, int64(k), house, whole)
				ended(t, part)
				require.Equal(t, all.numbers[k:], part.numbers, "from tick %d", k)
				same(t, all.sound[0][sampleAt(house, int64(k)):], part.sound[0], c.loud, fmt.Sprintf("from tick %d", k))
			}
		})
	}
}

// same compares sounds; where loud is not tiny, resampling began at another phase.
func same(t *testing.T, a, b []float32, loud float64, what string) {
	t.Helper()
	require.Len(t, b, len(a), what)
	for i := range a {
		if d := math.Abs(float64(a[i] - b[i])); d > loud {
			require.Failf(t, "sound differs", "%s: sample %d of %d: %g and %g", what, i, len(a), a[i], b[i])
		}
	}
}

func TestInIsFrameAccurate(t *testing.T) {
	for _, m := range []made{{frames: 150, rate: 44100}, {frames: 150, rate: 44100, ext: "mkv"},
		{frames: 150, rate: 44100, ext: "ts", args: x264 + "-c:a aac -output_ts_offset 10"}} {
		f := m.file(t)
		all := read(t, media.Spec{Source: f}, 0, house, whole)
		for _, n := range []int{1, 49, 50, 77} {
			for _, later := range []time.Duration{0, -time.Millisecond, -39 * time.Millisecond} {
				in := time.Duration(n)*40*time.Millisecond + later
				h := read(t, media.Spec{Source: f, In: in, Out: in + 2*time.Second}, 0, house, whole)
				ended(t, h)
				require.Equal(t, all.numbers[n:n+50], h.numbers, "in %v of %s", in, m.ext)
				require.EqualValues(t, 50, h.info.Ticks)
				s := sampleAt(house, int64(n))
				same(t, all.sound[0][s:s+88200], h.sound[0], 5e-3, m.ext)
				h = read(t, media.Spec{Source: f, In: in, Out: in + 2*time.Second}, 10, house, whole)
				require.Equal(t, all.numbers[n+10:n+50], h.numbers, "in %v of %s, from tick 10", in, m.ext)
			}
		}
	}
}

func TestLength(t *testing.T) {
	f := made{frames: 100, rate: 44100}.file(t)
	for _, c := range []struct {
		spec  media.Spec
		ticks int
	}{
		{media.Spec{}, 100},
		{media.Spec{Out: time.Second}, 25},
		{media.Spec{Out: 1019 * time.Millisecond}, 25},
		{media.Spec{Out: 1021 * time.Millisecond}, 26},
		{media.Spec{In: time.Second, Out: 3 * time.Second}, 50},
		{media.Spec{In: time.Second, Duration: time.Second}, 25},
		{media.Spec{In: time.Second, Duration: time.Minute}, 75},
		{media.Spec{In: time.Second, Out: time.Minute}, 75},
		{media.Spec{In: time.Second, Duration: 5 * time.Second, Loop: true}, 125},
	} {
		c.spec.Source = f
		h := read(t, c.spec, 0, house, whole)
		ended(t, h)
		require.Len(t, h.numbers, c.ticks, "%+v", c.spec)
		require.EqualValues(t, c.ticks, h.info.Ticks, "%+v", c.spec)
	}
}

func TestLoopIsSeamless(t *testing.T) {
	for _, m := range []made{{frames: 40, rate: 44100}, {frames: 40, rate: 44100, ext: "ts"}, {frames: 48, fps: "30000/1001", rate: 44100, ext: "mkv"},
		{frames: 40, ext: "gif", args: "-c:v gif"}} {
		f := m.file(t)
		one := read(t, media.Spec{Source: f}, 0, house, whole)
		ended(t, one)
		n := len(one.numbers)
		spec := media.Spec{Source: f, Loop: true, Duration: time.Duration(3*n+5) * 40 * time.Millisecond}
		h := read(t, spec, 0, house, whole)
		ended(t, h)
		require.Len(t, h.numbers, 3*n+5)
		for k, got := range h.numbers {
			require.Equal(t, one.numbers[k%n], got, "tick %d of %s", k, m.ext)
		}
		s := sampleAt(house, int64(n))
		same(t, one.sound[0], h.sound[0][s:2*s], 5e-3, m.ext)
		part := read(t, spec, int64(2*n-7), house, whole)
		ended(t, part)
		require.Equal(t, h.numbers[2*n-7:], part.numbers)
	}
}
