package hls

import (
	"bytes"
	_ "embed"
	"testing"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"airloom/playout/media"
	"airloom/playout/timeline"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

//go:embed testdata/picture.h264
var picture []byte

//go:embed testdata/sound.aac
var sound []byte

// source is an endless channel: the same four seconds over and over, on one
// timeline, in the order an encoder would give them.
type source struct {
	info           media.StreamInfo
	grid           timeline.Grid
	pictures       [][][]byte
	sounds         [][]byte
	tick, sounding int64
}

func newSource(t testing.TB) *source {
	t.Helper()
	s := &source{grid: timeline.Grid{FPS: media.Rational{Num: 25, Den: 1}, Rate: 44100}, sounding: -1}
	var unit [][]byte
	for _, n := range bytes.Split(picture, []byte{0, 0, 1})[1:] {
		n = bytes.TrimRight(n, "\x00") // the first byte of a longer start code
		unit = append(unit, n)
		switch h264.NALUType(n[0] & 0x1f) {
		case h264.NALUTypeSPS:
			s.info.SPS = n
		case h264.NALUTypePPS:
			s.info.PPS = n
		case h264.NALUTypeIDR, h264.NALUTypeNonIDR:
			s.pictures = append(s.pictures, unit)
			unit = nil
		}
	}
	require.Len(t, s.pictures, 100)
	var frames mpeg4audio.ADTSPackets
	require.NoError(t, frames.Unmarshal(sound))
	for _, f := range frames {
		s.sounds = append(s.sounds, f.AU)
	}
	audio := mpeg4audio.AudioSpecificConfig{Type: mpeg4audio.ObjectTypeAACLC, SampleRate: 44100, ChannelConfig: 2}
	var err error
	s.info.AudioConfig, err = audio.Marshal()
	require.NoError(t, err)
	s.info.Width, s.info.Height, s.info.FPS = 320, 180, s.grid.FPS
	s.info.SampleRate, s.info.Channels = 44100, 2
	return s
}

// next is the next packet: sound comes before the picture it begins with.
func (s *source) next() *media.Packet {
	if at := s.sounding * 1024; at <= s.grid.Sample(s.tick) {
		p := &media.Packet{
			Kind: media.Audio, DTS: at, PTS: at, Key: true,
			Units: [][]byte{s.sounds[(s.sounding+1)%int64(len(s.sounds))]},
		}
		s.sounding++
		return p
	}
	i := s.tick % int64(len(s.pictures))
	p := &media.Packet{Kind: media.Video, DTS: s.tick, PTS: s.tick, Key: i%50 == 0, Units: s.pictures[i]}
	s.tick++
	return p
}

// until offers everything up to, not including, picture n.
func (s *source) until(n int64, offer func(*media.Packet)) {
	for s.tick < n {
		offer(s.next())
	}
}
