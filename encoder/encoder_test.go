package encoder

import (
	"testing"

	"github.com/asticode/go-astiav"
	"github.com/stretchr/testify/require"

	"airloom/playout/media"
)

func types(p *media.Packet) (ts []byte) {
	for _, u := range p.Units {
		ts = append(ts, u[0]&31)
	}
	return ts
}

func TestStream(t *testing.T) {
	cfg := testConfig()
	sink := &collect{}
	e, stop := start(t, cfg, sink)
	const ticks = 120
	for n := range int64(ticks) {
		offer(t, e, tick(t, cfg.House, n))
	}
	stop()

	video := sink.of(media.Video)
	require.Len(t, video, ticks)
	var shown []int64
	dec := newDecoder(t, astiav.CodecIDH264, nil, func(f *astiav.Frame) { shown = append(shown, f.Pts()) })
	for n, p := range video {
		require.EqualValues(t, n, p.PTS)
		require.Equal(t, p.PTS, p.DTS, "no B frames")
		require.Equal(t, n%50 == 0, p.Key, "tick %d", n)
		require.Equal(t, p.Key, types(p)[0] == nalSPS, "parameter sets at every IDR")
		for _, u := range p.Units {
			switch u[0] & 31 {
			case nalSPS:
				require.Equal(t, e.Info().SPS, u)
			case nalPPS:
				require.Equal(t, e.Info().PPS, u)
			}
		}
		dec.feed(p)
	}
	dec.feed(nil)
	require.Len(t, shown, ticks)
	require.EqualValues(t, -1024, sink.of(media.Audio)[0].PTS)
}
