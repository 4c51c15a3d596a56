package encoder

import (
	"syscall"
	"testing"
	"time"

	"github.com/asticode/go-astiav"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
	"github.com/stretchr/testify/require"

	"airloom/playout/media"
	"airloom/playout/media/av"
)

// types are the types of a packet's NAL units.
func types(p *media.Packet) (ts []byte) {
	for _, u := range p.Units {
		ts = append(ts, u[0]&31)
	}
	return ts
}

// numbers are the ticks of packets, keys those of the keyframes among them.
func numbers(ps []*media.Packet) (all, keys []int64) {
	for _, p := range ps {
		all = append(all, p.PTS)
		if p.Key {
			keys = append(keys, p.PTS)
		}
	}
	return all, keys
}

func upTo(n int64) (all []int64) {
	for i := range n {
		all = append(all, i)
	}
	return all
}

// decodable fails the test unless the pictures decode from the first packet on
// without a header, to the same times.
func decodable(t *testing.T, ps []*media.Packet) {
	t.Helper()
	var shown []int64
	dec := newDecoder(t, astiav.CodecIDH264, nil, func(f *astiav.Frame) { shown = append(shown, f.Pts()) })
	for _, p := range ps {
		dec.feed(p)
	}
	dec.feed(nil)
	all, _ := numbers(ps)
	require.Equal(t, all, shown)
}

func TestPictures(t *testing.T) {
	ntsc := media.Rational{Num: 30000, Den: 1001}
	for name, change := range map[string]func(c *Config){
		"default":    func(*Config) {},
		"29.97":      func(c *Config) { c.House.FPS, c.Video.Keyint = ntsc, 60 },
		"lookahead":  func(c *Config) { c.Video.Tune = "" },
		"high":       func(c *Config) { c.Video.Profile, c.Video.Level, c.Video.Preset = "high", "4", "medium" },
		"scene cuts": func(c *Config) { c.Video.Scenecut = true },
		"few slices": func(c *Config) { c.Video.Options = map[string]string{"x264-params": "sliced-threads=0:aud=1"} },
	} {
		t.Run(name, func(t *testing.T) {
			cfg := testConfig()
			change(&cfg)
			sink := &collect{}
			e, stop := start(t, cfg, sink)
			const ticks = 130
			for n := range int64(ticks) {
				offer(t, e, tick(t, cfg.House, n))
			}
			stop()
			video := sink.of(media.Video)
			all, keys := numbers(video)
			require.Equal(t, upTo(ticks), all)
			for n := int64(0); n < ticks; n += int64(cfg.Video.Keyint) {
				require.Contains(t, keys, n)
			}
			for _, p := range video {
				require.Equal(t, p.PTS, p.DTS, "no B frames")
				parameters(t, e.Info(), p)
			}
			decodable(t, video)
			decodable(t, video[keys[1]:]) // a session may begin at any keyframe
			require.EqualValues(t, ticks, e.Stats().Encoded)
			require.Zero(t, e.Stats().Skipped+e.Stats().Failed+e.Stats().Lost)
		})
	}
}

// parameters checks that SPS and PPS stand before every IDR, as in the header.
func parameters(t *testing.T, info media.StreamInfo, p *media.Packet) {
	t.Helper()
	var sps, pps int
	for _, u := range p.Units {
		switch u[0] & 31 {
		case nalSPS:
			sps++
			require.Equal(t, info.SPS, u)
		case nalPPS:
			pps++
			require.Equal(t, info.PPS, u)
		case nalIDR:
			require.True(t, p.Key)
			require.True(t, sps == 1 && pps == 1, "parameter sets before the IDR: %v", types(p))
		}
	}
	if !p.Key {
		require.Zero(t, sps+pps)
	}
}

func TestDeclared(t *testing.T) {
	cfg := testConfig()
	cfg.House.Width, cfg.House.Height = 1280, 720
	e, stop := start(t, cfg, &collect{})
	stop()
	info := e.Info()
	var sps h264.SPS
	require.NoError(t, sps.Unmarshal(info.SPS))
	require.EqualValues(t, 77, sps.ProfileIdc, "main")
	require.EqualValues(t, 31, sps.LevelIdc)
	require.EqualValues(t, 2, sps.MaxNumRefFrames, "of preset faster")
	require.Equal(t, 1280, sps.Width())
	require.Equal(t, 720, sps.Height())
	require.InDelta(t, 25, sps.FPS(), 1e-9)
	vui := sps.VUI
	require.True(t, vui.TimingInfo.FixedFrameRateFlag)
	require.True(t, vui.AspectRatioInfoPresentFlag)
	require.EqualValues(t, 1, vui.AspectRatioIdc, "1:1")
	require.False(t, vui.VideoFullRangeFlag)
	require.Equal(t, [3]uint8{1, 1, 1}, [3]uint8{vui.ColourPrimaries, vui.TransferCharacteristics, vui.MatrixCoefficients}, "BT.709")
	require.True(t, vui.BitstreamRestriction == nil || vui.BitstreamRestriction.MaxNumReorderFrames == 0)

	var asc mpeg4audio.AudioSpecificConfig
	require.NoError(t, asc.Unmarshal(info.AudioConfig))
	require.Equal(t, mpeg4audio.ObjectTypeAACLC, asc.Type)
	require.Equal(t, 44100, asc.SampleRate)
	require.EqualValues(t, 2, asc.ChannelConfig)
	require.Equal(t, 1300, info.VideoKbps)
	require.Equal(t, 128, info.AudioKbps)
}

// Two encoders of the same config, in whatever process, may follow each other
// in one stream: their parameter sets are the same bytes.
func TestHeadersAreConstant(t *testing.T) {
	a, stop := start(t, testConfig(), &collect{})
	stop()
	b, stop := start(t, testConfig(), &collect{})
	stop()
	require.Equal(t, a.Info(), b.Info())
}

func TestKeyframeOnRequest(t *testing.T) {
	cfg := testConfig()
	sink := &collect{}
	e, stop := start(t, cfg, sink)
	for n := range int64(60) {
		if n == 17 {
			require.Eventually(t, func() bool { return e.Stats().Encoded == 17 }, patience, time.Millisecond)
			e.RequestKeyframe()
		}
		offer(t, e, tick(t, cfg.House, n))
	}
	stop()
	_, keys := numbers(sink.of(media.Video))
	require.Equal(t, []int64{0, 17, 50}, keys)
}

// shared is a picture whose every handle is the same frame.
type shared struct{ *av.Picture }

func (s shared) Ref() media.Picture { return s }
func (shared) Release()             {}

// The same picture may be aired again and again: the encoder leaves it as it
// is, and lets go of its memory.
func TestHeldPicture(t *testing.T) {
	cfg := testConfig()
	sink := &collect{}
	e, stop := start(t, cfg, sink)
	l := media.LayoutOf(cfg.House)
	mem, err := syscall.Mmap(-1, 0, l.Size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	require.NoError(t, err)
	defer func() { require.NoError(t, syscall.Munmap(mem)) }()
	freed := false
	pic, err := av.Wrap(cfg.House, l, mem, func() { freed = true })
	require.NoError(t, err)
	held := shared{pic}
	pts, kind := held.Frame().Pts(), held.Frame().PictureType()
	for n := range int64(60) {
		tk := media.NewTick(1764)
		tk.Silence()
		tk.N, tk.Picture = n, held.Ref()
		offer(t, e, tk)
	}
	stop()
	require.Equal(t, pts, held.Frame().Pts())
	require.Equal(t, kind, held.Frame().PictureType())
	pic.Release()
	require.True(t, freed, "something still refers to the picture")
	all, keys := numbers(sink.of(media.Video))
	require.Equal(t, upTo(60), all)
	require.Equal(t, []int64{0, 50}, keys)
}

func TestGop(t *testing.T) {
	g := gop{keyint: 50}
	for _, c := range []struct {
		n   int64
		due bool
	}{
		{7, true},    // the first
		{8, false},   //
		{49, false},  //
		{50, true},   // on the grid
		{51, false},  //
		{99, false},  //
		{103, true},  // 100 was skipped
		{104, false}, //
		{150, true},  //
		{307, true},  // several points were skipped
		{349, false}, //
	} {
		require.Equal(t, c.due, g.due(c.n), "tick %d", c.n)
		g.coded(c.n)
	}
}
