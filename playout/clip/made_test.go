package clip

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"airloom/playout/media"
)

// house is small, so that the tests are quick.
var house = media.House{Width: 320, Height: 180, FPS: media.Rational{Num: 25, Den: 1}, SampleRate: 44100, Fit: media.FitPad}

// made describes a test clip: frame n shows n in 16 black and white cells over
// its top sixth; every `round` frames from frame 12 on the rest is white for two
// frames, and at that very time a beep of 80 ms begins.
type made struct {
	ext     string
	size    string // "320x180"
	fps     string
	frames  int
	rate    int     // of the sound; 0: none
	sound   float64 // seconds of sound; 0: as long as the picture
	ch      int
	picture string // filters behind the picture
	tone    string // filters behind the sound
	args    string // encoders and muxer
}

func (m made) defaults() made {
	def := func(s *string, v string) {
		if *s == "" {
			*s = v
		}
	}
	def(&m.ext, "mp4")
	def(&m.size, "320x180")
	def(&m.fps, "25")
	def(&m.args, "-c:v libx264 -preset veryfast -crf 20 -g 50 -c:a aac -b:a 128k")
	if m.frames == 0 {
		m.frames = 50
	}
	if m.ch == 0 {
		m.ch = 2
	}
	return m
}

func (m made) rational() media.Rational {
	r := media.Rational{Den: 1}
	_, _ = fmt.Sscanf(m.fps, "%d/%d", &r.Num, &r.Den)
	return r
}

func (m made) command(out string) []string {
	r := m.rational()
	round := (r.Num + r.Den/2) / r.Den
	fps := float64(r.Num) / float64(r.Den)
	length := float64(m.frames) / fps
	w, h, _ := strings.Cut(m.size, "x")
	var wn, hn int
	_, _ = fmt.Sscan(w, &wn)
	_, _ = fmt.Sscan(h, &hn)
	band := max(2, hn/12*2)
	cell := "mod(floor(N/pow(2,15-floor(X/2))),2)"
	graph := fmt.Sprintf("testsrc2=s=%s:r=%s:d=%f,format=yuv420p,drawbox=c=white:t=fill:enable='between(mod(n,%d),12,13)'[bg];"+
		"color=black:s=32x2:r=%s:d=%f,format=yuv420p,geq=lum='16+219*%s':cb=128:cr=128,scale=%d:%d:flags=neighbor[m];"+
		"[bg][m]overlay=0:0:format=yuv420,trim=end_frame=%d%s[v]",
		m.size, m.fps, length+0.5, round, m.fps, length+0.5, cell, wn, band, m.frames, m.picture)
	args := []string{"-v", "error", "-y", "-filter_complex_threads", "1", "-filter_complex"}
	maps := []string{"-map", "[v]"}
	if m.rate > 0 {
		s := m.sound
		if s == 0 {
			s = length
		}
		period, begin := float64(round)/fps, 12/fps
		u := fmt.Sprintf("mod(t-%.9f+%.9f+1e-7,%.9f)", begin, period, period)
		pan := map[int]string{1: "", 2: ",pan=stereo|c0=c0|c1=c0", 6: ",pan=5.1|FL=c0|FR=c0|FC=0.5*c0|LFE=0*c0|BL=0*c0|BR=0*c0"}[m.ch]
		graph += fmt.Sprintf(";aevalsrc='0.02*sin(2*PI*300*t)+gte(t,%.9f-1e-7)*lt(%s,0.08)*0.5*sin(2*PI*1000*%s)':s=%d:d=%f%s%s[a]",
			begin, u, u, m.rate, s, pan, m.tone)
		maps = append(maps, "-map", "[a]")
	}
	args = append(append(args, graph), maps...)
	return append(append(args, strings.Fields(m.args)...), out)
}

// file makes the clip, once for all runs of the tests, and returns its path.
func (m made) file(t testing.TB) string {
	t.Helper()
	m = m.defaults()
	return cached(t, m.ext, func(out string) []string { return m.command(out) })
}

// cached runs the ffmpeg program unless the same command has been run before.
func cached(t testing.TB, ext string, command func(out string) []string) string {
	t.Helper()
	dir, err := os.UserCacheDir()
	require.NoError(t, err)
	dir = filepath.Join(dir, "airloom", "clips")
	require.NoError(t, os.MkdirAll(dir, 0o755))
	path := filepath.Join(dir, fmt.Sprintf("%x.%s", sha256.Sum256([]byte(strings.Join(command("OUT."+ext), "\n"))), ext))
	if _, err := os.Stat(path); err == nil {
		return path
	}
	tmp, err := os.CreateTemp(dir, "making-*."+ext)
	require.NoError(t, err)
	_ = tmp.Close()
	defer func() { _ = os.Remove(tmp.Name()) }()
	out, err := exec.Command("ffmpeg", command(tmp.Name())...).CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.NoError(t, os.Rename(tmp.Name(), path))
	return path
}

// heard is what a clip gave.
type heard struct {
	info    media.ClipInfo
	numbers []int // the frame number each tick shows; -1: none to be read
	white   []bool
	sound   [2][]float32
	err     error // what ended it
}

// area is where in the house picture the source's picture lies.
type area struct{ x, y, w, h int }

var whole = area{0, 0, 320, 180}

// read reads a clip to its end, with at most 3000 ticks.
func read(t testing.TB, s media.Spec, at int64, h media.House, a area) heard {
	t.Helper()
	before := [3]int64{media.Live.Frames.Load(), media.Live.Packets.Load(), media.Live.Pictures.Load()}
	var out heard
	r, err := Open(context.Background(), s, media.Start{Tick: at}, h)
	if err != nil {
		out.err = err
	} else {
		out = drain(t, r, at, h, a)
		require.NoError(t, r.Close())
	}
	require.Equal(t, before, [3]int64{media.Live.Frames.Load(), media.Live.Packets.Load(), media.Live.Pictures.Load()}, "live frames, packets, pictures")
	return out
}

const limit = 3000

func drain(t testing.TB, r *Reader, at int64, h media.House, a area) heard {
	out := heard{}
	l := media.LayoutOf(h)
	slot := make([]byte, l.Size)
	for k := at; k < at+limit; k++ {
		for i := range slot {
			slot[i] = 0xa5
		}
		n, err := r.Read(slot)
		if err != nil {
			out.err = err
			break
		}
		require.EqualValues(t, sampleAt(h, k+1)-sampleAt(h, k)+1, n)
		out.numbers = append(out.numbers, number(slot, l, a))
		out.white = append(out.white, luma(slot, l, a.x+a.w/2, a.y+a.h*3/4) > 225)
		for c, off := range []int{l.OffL, l.OffR} {
			out.sound[c] = append(out.sound[c], floats(slot[off:], n)[:n-1]...)
		}
	}
	out.info = r.Info()
	return out
}

// luma is the mean of 4×4 pixels.
func luma(slot []byte, l media.Layout, x, y int) int {
	s := 0
	for dy := -2; dy < 2; dy++ {
		for dx := -2; dx < 2; dx++ {
			s += int(slot[(y+dy)*l.StrideY+x+dx])
		}
	}
	return s / 16
}

func number(slot []byte, l media.Layout, a area) int {
	n := 0
	for i := range 16 {
		v := luma(slot, l, a.x+a.w*(2*i+1)/32, a.y+a.h/12)
		switch {
		case v > 160:
			n |= 1 << (15 - i)
		case v > 90:
			return -1
		}
	}
	return n
}

// beeps are the times, in seconds, at which beeps begin: where the 1 kHz tone
// reaches half of its full strength.
func beeps(s []float32, rate int) []float64 {
	const tone = 1000.0
	w := rate / 200 // 5 ms
	cos, sin := make([]float64, w), make([]float64, w)
	for i := range w {
		sin[i], cos[i] = math.Sincos(2 * math.Pi * tone * float64(i) / float64(rate))
	}
	var out []float64
	level := func(at int) float64 {
		re, im := 0.0, 0.0
		for i := range w {
			re += float64(s[at+i]) * cos[i]
			im += float64(s[at+i]) * sin[i]
		}
		return math.Hypot(re, im) * 2 / float64(w)
	}
	for at := 0; at+w < len(s); {
		if level(at) < 0.08 {
			at += 8
			continue
		}
		full := 0.0 // the beep lasts 80 ms; its strength a little later
		for i := range 4 {
			if p := at + (i+2)*w; p+w < len(s) {
				full = max(full, level(p))
			}
		}
		for at+w+1 < len(s) && level(at) < full/2 {
			at++
		}
		if full > 0.1 { // the window is half full of tone where its level is half
			out = append(out, float64(at+w/2)/float64(rate))
		}
		at += rate / 5 // to after the beep
	}
	return out
}

// flashes are the ticks at which the picture turns white.
func (h heard) flashes() []int {
	var out []int
	for k, w := range h.white {
		if w && (k == 0 || !h.white[k-1]) {
			out = append(out, k)
		}
	}
	return out
}

// offsets are sound minus picture in milliseconds, flash by flash.
func (h heard) offsets(house media.House) []float64 {
	var out []float64
	all := beeps(h.sound[0], house.SampleRate)
	for _, f := range h.flashes() {
		at := float64(f) * float64(house.FPS.Den) / float64(house.FPS.Num)
		for _, b := range all {
			if math.Abs(b-at) < 0.3 {
				out = append(out, (b-at)*1000)
				break
			}
		}
	}
	return out
}

// count gives 0, 1, …, n−1.
func count(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

func ended(t testing.TB, h heard) {
	t.Helper()
	require.True(t, errors.Is(h.err, io.EOF), "ended with %v", h.err)
}
