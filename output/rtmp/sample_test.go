package rtmp

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

// sample is a short stretch of coded media that a feed repeats for ever.
type sample struct {
	info     media.StreamInfo
	pictures [][][]byte // units of each access unit; the first is an IDR
	sound    [][]byte   // AAC frames
}

var (
	samplesMu sync.Mutex
	samples   = map[int]*sample{} // by kbit/s
)

// coded returns 4 s of 320×180p25 in H.264 with a keyframe each second, at
// about so many kbit/s, and AAC.
func coded(t *testing.T, kbps int) *sample {
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

	s := &sample{info: media.StreamInfo{Width: 320, Height: 180, FPS: media.Rational{Num: 25, Den: 1},
		SampleRate: 44100, Channels: 2, AudioConfig: []byte{0x12, 0x10}, VideoKbps: kbps, AudioKbps: 64}}
	s.splitVideo(t, video)
	s.splitAudio(t, audio)
	require.Len(t, s.pictures, 100)
	require.Greater(t, len(s.sound), 170)
	samples[kbps] = s
	return s
}

func (s *sample) splitVideo(t *testing.T, file string) {
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
			s.info.SPS = nal
		case 8:
			s.info.PPS = nal
		case 1, 5: // one slice a picture is not promised, but first_mb is
			if nal[1]&0x80 == 0 {
				last := len(s.pictures) - 1
				s.pictures[last], unit = append(s.pictures[last], unit...), nil
				continue
			}
			s.pictures, unit = append(s.pictures, unit), nil
		}
	}
}

func (s *sample) splitAudio(t *testing.T, file string) {
	b, err := os.ReadFile(file)
	require.NoError(t, err)
	for len(b) > 7 {
		n := int(binary.BigEndian.Uint32(b[2:6]) >> 5 & 0x1fff)
		s.sound = append(s.sound, b[7:n])
		b = b[n:]
	}
}

// feed is an encoder that never stops: it offers the sample's packets at their
// times, and begins the sample again where a keyframe is asked for.
type feed struct {
	s       *sample
	offer   func(*media.Packet)
	wantKey atomic.Bool
	offered atomic.Int64 // packets
	slowest atomic.Int64 // the longest Offer, nanoseconds
}

func (f *feed) keyframe() { f.wantKey.Store(true) }

// run offers packets until ctx is done.
func (f *feed) run(ctx context.Context) {
	grid := timeline.Grid{FPS: f.s.info.FPS, Rate: int64(f.s.info.SampleRate)}
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
		if picture %= len(f.s.pictures); f.wantKey.Swap(false) {
			picture = 0
		}
		f.give(&media.Packet{Kind: media.Video, DTS: n, PTS: n, Key: picture%25 == 0, Units: f.s.pictures[picture]})
		for picture++; samples+1024 <= grid.Sample(n+1); samples += 1024 {
			f.give(&media.Packet{Kind: media.Audio, DTS: samples, PTS: samples, Key: true,
				Units: f.s.sound[sound%len(f.s.sound) : sound%len(f.s.sound)+1]})
			sound++
		}
	}
}

func (f *feed) give(p *media.Packet) {
	began := time.Now()
	f.offer(p)
	if d := int64(time.Since(began)); d > f.slowest.Load() {
		f.slowest.Store(d)
	}
	f.offered.Add(1)
}
