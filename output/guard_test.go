package output

import (
	"testing"

	"github.com/stretchr/testify/require"

	"airloom/playout/media"
)

// What a session may not send ends it, in words; what comes before its first
// keyframe is let go.
func TestGuard(t *testing.T) {
	info := media.StreamInfo{SPS: []byte{0x67, 1, 2, 3}, PPS: []byte{0x68, 4}}
	key := func(n int64) *media.Packet {
		return &media.Packet{Kind: media.Video, DTS: n, PTS: n, Key: true, Units: [][]byte{{9, 0xf0}, info.SPS, info.PPS, {0x65, 0}}}
	}
	picture := func(n int64) *media.Packet {
		return &media.Packet{Kind: media.Video, DTS: n, PTS: n, Units: [][]byte{{0x41}}}
	}
	sound := func(s int64) *media.Packet {
		return &media.Packet{Kind: media.Audio, DTS: s, PTS: s, Key: true, Units: [][]byte{{1}}}
	}
	for name, x := range map[string]struct {
		bad   func(*media.Packet) *media.Packet
		words string
	}{
		"the same time again":  {func(*media.Packet) *media.Packet { return picture(7) }, "the video would go back from tick 7 to 7"},
		"sound that goes back": {func(*media.Packet) *media.Packet { return sound(1023) }, "the audio would go back from sample 1024 to 1023"},
		"a B-frame":            {func(p *media.Packet) *media.Packet { p.PTS++; return p }, "a picture would be shown 1 ticks after it is decoded"},
		"another SPS":          {func(p *media.Packet) *media.Packet { p.Units[1] = []byte{0x67, 1, 2, 4}; return p }, "another SPS"},
		"another PPS":          {func(p *media.Packet) *media.Packet { p.Units[2] = []byte{0x68}; return p }, "another PPS"},
		"no SPS":               {func(p *media.Packet) *media.Packet { p.Units = p.Units[2:]; return p }, "lacks its SPS or PPS"},
		"no PPS":               {func(p *media.Packet) *media.Packet { p.Units[2] = []byte{6}; return p }, "lacks its SPS or PPS"},
	} {
		g := Guard{Info: info}
		for _, p := range []*media.Packet{sound(0), picture(4)} {
			ok, err := g.Check(p)
			require.False(t, ok)
			require.NoError(t, err)
		}
		for _, p := range []*media.Packet{key(5), sound(0), picture(7), sound(1024)} {
			ok, err := g.Check(p)
			require.True(t, ok)
			require.NoError(t, err)
		}
		ok, err := g.Check(x.bad(key(8)))
		require.False(t, ok, name)
		require.ErrorContains(t, err, x.words, name)
		require.Equal(t, KindMedia, KindOf(err), name)
	}
}
