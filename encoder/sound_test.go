package encoder

import (
	"math"
	"slices"
	"sort"
	"testing"

	"github.com/asticode/go-astiav"
	"github.com/stretchr/testify/require"

	"airloom/playout/media"
)

const clickLen = 400

// tone is short, under a bell.
var tone = func() (v [clickLen]float32) {
	for i := range v {
		bell := math.Sin(math.Pi * float64(i) / clickLen)
		v[i] = float32(0.7 * bell * bell * math.Sin(float64(i)*0.31))
	}
	return v
}()

// click is the tone's sample i, and silence around it.
func click(i int64) float32 {
	if i < 0 || i >= clickLen {
		return 0
	}
	return tone[i]
}

// withSound fills the tick's sound from a function of the channel's samples.
func withSound(tk *media.Tick, h media.House, at func(s int64) float32) *media.Tick {
	s0 := sampleOf(h, tk.N)
	for i := range tk.Sound[0] {
		v := at(s0 + int64(i))
		tk.Sound[0][i], tk.Sound[1][i] = v, v/2
	}
	return tk
}

// soundOnly is tick n without a picture.
func soundOnly(h media.House, n int64, at func(s int64) float32) *media.Tick {
	tk := media.NewTick(int(sampleOf(h, n+1) - sampleOf(h, n)))
	tk.N = n
	return withSound(tk, h, at)
}

// sound is decoded sound, in pieces one after the other.
type sound []piece

type piece struct {
	begin int64 // the channel's sample
	ch    [2][]float32
}

// at finds one sample; none is silence.
func (s sound) at(i int64, channel int) float32 {
	k := sort.Search(len(s), func(k int) bool { return s[k].begin > i }) - 1
	if k < 0 || i >= s[k].begin+int64(len(s[k].ch[channel])) {
		return 0
	}
	return s[k].ch[channel][i-s[k].begin]
}

// heard decodes AAC packets.
func heard(t *testing.T, info media.StreamInfo, ps []*media.Packet) sound {
	t.Helper()
	var out sound
	dec := newDecoder(t, astiav.CodecIDAac, info.AudioConfig, func(f *astiav.Frame) {
		out = append(out, piece{f.Pts(), [2][]float32{slices.Clone(plane(f, 0)), slices.Clone(plane(f, 1))}})
	})
	for _, p := range ps {
		dec.feed(p)
	}
	dec.feed(nil)
	return out
}

// offset is by how many samples the click that should begin at s is off.
func offset(out sound, s int64, channel int) int64 {
	const far = 200
	var near [clickLen + 2*far]float32
	for i := range near {
		near[i] = out.at(s-far+int64(i), channel)
	}
	best, at := 0.0, int64(math.MaxInt64)
	for d := int64(-far); d <= far; d++ {
		sum := 0.0
		for i, v := range tone {
			sum += float64(v * near[far+d+int64(i)])
		}
		if sum > best {
			best, at = sum, d
		}
	}
	return at
}

func contiguous(t *testing.T, ps []*media.Packet) {
	t.Helper()
	for i, p := range ps {
		require.Equal(t, ps[0].PTS+int64(i)*1024, p.PTS)
		require.Equal(t, p.PTS, p.DTS)
		require.Len(t, p.Units, 1)
	}
}

// A sample that goes in at s comes out at s, also when the ticks' sound is cut
// anywhere, comes with a sample too many, or did not come at all.
func TestSoundStandsWhereItsTickIs(t *testing.T) {
	for name, c := range map[string]struct {
		fps   media.Rational
		rate  int
		first int64 // number of the first tick
		lost  func(n int64) bool
		extra int // samples too many in a tick
	}{
		"25":                {media.Rational{Num: 25, Den: 1}, 44100, 0, nil, 0},
		"29.97":             {media.Rational{Num: 30000, Den: 1001}, 44100, 0, nil, 0},
		"59.94 at 48k":      {media.Rational{Num: 60000, Den: 1001}, 48000, 0, nil, 0},
		"begun later":       {media.Rational{Num: 25, Den: 1}, 44100, 100_000, nil, 0},
		"a sample too many": {media.Rational{Num: 30000, Den: 1001}, 44100, 0, nil, 40},
		"too few samples":   {media.Rational{Num: 25, Den: 1}, 44100, 0, nil, -40},
		"holes":             {media.Rational{Num: 25, Den: 1}, 44100, 0, func(n int64) bool { return n%10 >= 7 }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := testConfig()
			cfg.House.FPS, cfg.House.SampleRate = c.fps, c.rate
			sink := &collect{}
			e, stop := start(t, cfg, sink)
			h := cfg.House
			var clicks []int64
			for n := c.first + 5; n < c.first+100; n += 10 {
				clicks = append(clicks, sampleOf(h, n)+n*37%900)
			}
			all := func(s int64) float32 {
				k, _ := slices.BinarySearch(clicks, s+1)
				return click(s - clicks[max(0, k-1)])
			}
			for n := c.first; n < c.first+107; n++ {
				if c.lost != nil && c.lost(n) {
					continue
				}
				tk := media.NewTick(int(sampleOf(h, n+1)-sampleOf(h, n)) + c.extra)
				tk.N = n
				withSound(tk, h, all)
				for i := sampleOf(h, n+1) - sampleOf(h, n); i < int64(len(tk.Sound[0])); i++ {
					tk.Sound[0][i], tk.Sound[1][i] = 1, 1 // not to be heard
				}
				require.True(t, e.Offer(tk))
			}
			stop()
			audio := sink.of(media.Audio)
			contiguous(t, audio)
			require.Equal(t, sampleOf(h, c.first)-1024, audio[0].PTS, "the priming")
			require.GreaterOrEqual(t, audio[len(audio)-1].PTS+1024, sampleOf(h, c.first+107)-1024, "all of it came out")
			out := heard(t, e.Info(), audio)
			for _, at := range clicks {
				require.Zero(t, offset(out, at, 0), "left, click at %d", at)
				require.Zero(t, offset(out, at, 1), "right, click at %d", at)
			}
			loudest := float32(0)
			for s := clicks[0]; s < clicks[len(clicks)-1]; s++ {
				loudest = max(loudest, out.at(s, 0))
			}
			require.Less(t, loudest, float32(0.85), "what is too much is not heard")
		})
	}
}

// After a hole too long to fill, the sound goes on at its true place.
func TestLongHoleInTheTicks(t *testing.T) {
	cfg := testConfig()
	h := cfg.House
	sink := &collect{}
	e, stop := start(t, cfg, sink)
	const far = 90_000 // an hour
	at := sampleOf(h, far+5)
	for _, from := range []int64{0, far} {
		for n := from; n < from+20; n++ {
			require.True(t, e.Offer(soundOnly(h, n, func(s int64) float32 { return click(s - at) })))
		}
	}
	stop()
	audio := sink.of(media.Audio)
	require.Less(t, len(audio), 80, "no hour of silence")
	require.Zero(t, offset(heard(t, e.Info(), audio), at, 0))
	for i := range audio[1:] {
		require.Greater(t, audio[i+1].DTS, audio[i].DTS)
	}
}

// Sound does not overtake pictures that x264 still looks ahead from, and leaves
// at once where it does not.
func TestOrder(t *testing.T) {
	for _, tune := range []string{"zerolatency", ""} {
		cfg := testConfig()
		cfg.Video.Tune = tune
		h := cfg.House
		sink := &collect{}
		e, stop := start(t, cfg, sink)
		for n := range int64(120) {
			offer(t, e, tick(t, h, n))
		}
		stop()
		var newest int64 // in samples
		for _, p := range sink.all {
			at := p.DTS
			if p.Kind == media.Video {
				at = sampleOf(h, p.DTS)
			}
			require.Less(t, newest-at, int64(h.SampleRate/20), "%s packet %d is 50 ms late, tune %q", p.Kind, p.DTS, tune)
			newest = max(newest, at)
		}
		require.NotZero(t, e.Stats().Encoded)
	}
}
