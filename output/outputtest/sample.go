// Package outputtest is what tests of outputs have in common: coded media, an
// encoder that never stops, and the one conformance suite of those who send.
package outputtest

import (
	"bytes"
	"context"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/playout/media"
	"airloom/playout/timeline"
)

// Sample is a short stretch of coded media that a feed repeats for ever.
type Sample struct {
	Info     media.StreamInfo
	Pictures [][][]byte // units of each access unit; the first is an IDR
	Sound    [][]byte   // AAC frames
}

var (
	samplesMu sync.Mutex
	samples   = map[int]*Sample{} // by kbit/s
)

// Coded returns 4 s of 320×180p25 in H.264 with a keyframe each second, at
// about so many kbit/s, and AAC.
func Coded(t testing.TB, kbps int) *Sample {
	samplesMu.Lock()
	defer samplesMu.Unlock()
	if s := samples[kbps]; s != nil {
		return s
	}
	dir := t.TempDir()
	video, audio := filepath.Join(dir, "v.h264"), filepath.Join(dir, "a.aac")
	rate := []string{"-crf", "40"}
	if kbps > 200 {
		b := strconv.Itoa(kbps) + "k"
		rate = []string{"-b:v", b, "-minrate", b, "-maxrate", b, "-bufsize", b, "-x264-params", "nal-hrd=cbr"}
	}
	args := []string{"-v", "error", "-f", "lavfi", "-i", "testsrc=s=320x180:r=25:d=4",
		"-f", "lavfi", "-i", "sine=f=1000:r=44100:d=4", "-map", "0:v", "-c:v", "libx264", "-preset", "ultrafast",
		"-profile:v", "main", "-pix_fmt", "yuv420p", "-bf", "0", "-g", "25", "-sc_threshold", "0"}
	args = append(append(args, rate...), "-f", "h264", video,
		"-map", "1:a", "-c:a", "aac", "-b:a", "64k", "-ac", "2", "-f", "adts", audio)
	out, err := exec.Command("ffmpeg", args...).CombinedOutput()
	require.NoError(t, err, "%s", out)

	s := &Sample{Info: media.StreamInfo{Width: 320, Height: 180, FPS: media.Rational{Num: 25, Den: 1},
		SampleRate: 44100, Channels: 2, AudioConfig: []byte{0x12, 0x10}, VideoKbps: kbps, AudioKbps: 64}}
	s.splitVideo(t, video)
	s.splitAudio(t, audio)
	require.Len(t, s.Pictures, 100)
	require.Greater(t, len(s.Sound), 170)
	samples[kbps] = s
	return s
}

func (s *Sample) splitVideo(t testing.TB, file string) {
	b, err := os.ReadFile(file)
	require.NoError(t, err)
	var unit [][]byte
	for _, nal := range bytes.Split(b, []byte{0, 0, 1}) {
		nal = bytes.TrimRight(nal, "\x00")
		if len(nal) == 0 {
			continue
		}
		unit = append(unit, nal)
		switch nal[0] & 0x1f {
		case 7:
			s.Info.SPS = nal
		case 8:
			s.Info.PPS = nal
		case 1, 5: // one slice a picture is not promised, but first_mb is
			if nal[1]&0x80 == 0 {
				last := len(s.Pictures) - 1
				s.Pictures[last], unit = append(s.Pictures[last], unit...), nil
				continue
			}
			s.Pictures, unit = append(s.Pictures, unit), nil
		}
	}
}

func (s *Sample) splitAudio(t testing.TB, file string) {
	b, err := os.ReadFile(file)
	require.NoError(t, err)
	for len(b) > 7 {
		n := int(binary.BigEndian.Uint32(b[2:6]) >> 5 & 0x1fff)
		s.Sound = append(s.Sound, b[7:n])
		b = b[n:]
	}
}

// Feed is an encoder that never stops: it offers the sample's packets at their
// times, and begins the sample again where a keyframe is asked for.
type Feed struct {
	Sample  *Sample
	To      func(*media.Packet)
	wantKey atomic.Bool
	Offered atomic.Int64 // packets
	Slowest atomic.Int64 // the longest Offer, nanoseconds
}

// Keyframe asks for one.
func (f *Feed) Keyframe() { f.wantKey.Store(true) }

// Run offers packets until ctx is done.
func (f *Feed) Run(ctx context.Context) {
	grid := timeline.Grid{FPS: f.Sample.Info.FPS, Rate: int64(f.Sample.Info.SampleRate)}
	start := time.Now()
	timer := time.NewTimer(0)
	defer timer.Stop()
	picture, sound, samples := 0, 0, int64(-1024)
	for n := int64(0); ; n++ {
		timer.Reset(time.Until(start.Add(grid.Due(n))))
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		if picture %= len(f.Sample.Pictures); f.wantKey.Swap(false) {
			picture = 0
		}
		f.give(&media.Packet{Kind: media.Video, DTS: n, PTS: n, Key: picture%25 == 0, Units: f.Sample.Pictures[picture]})
		for picture++; samples+1024 <= grid.Sample(n+1); samples += 1024 {
			f.give(&media.Packet{Kind: media.Audio, DTS: samples, PTS: samples, Key: true,
				Units: f.Sample.Sound[sound%len(f.Sample.Sound) : sound%len(f.Sample.Sound)+1]})
			sound++
		}
	}
}

func (f *Feed) give(p *media.Packet) {
	began := time.Now()
	f.To(p)
	if d := int64(time.Since(began)); d > f.Slowest.Load() {
		f.Slowest.Store(d)
	}
	f.Offered.Add(1)
}
