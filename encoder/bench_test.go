package encoder

import (
	"context"
	"log/slog"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"airloom/playout/media"
	"airloom/playout/media/av"
)

// count is a sink that keeps nothing.
type count struct{ packets atomic.Int64 }

func (c *count) Offer(*media.Packet) { c.packets.Add(1) }

// Load is the share of a tick's time that coding a tick takes. Only packets are
// allocated: each itself and its bytes.
func BenchmarkEncode720p25(b *testing.B) {
	cfg, sink := testConfig(), &count{}
	cfg.House.Width, cfg.House.Height = 1280, 720
	e, err := Open(cfg, sink, slog.New(slog.DiscardHandler))
	require.NoError(b, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- e.Run(ctx) }()
	var pics []*av.Picture
	for n := range int64(25) {
		pics = append(pics, picture(b, cfg.House, n))
	}
	n := int64(0)
	b.ReportAllocs()
	for b.Loop() {
		tk := media.NewTick(1764)
		tk.Silence()
		tk.N, tk.Picture = n, pics[n%25].Ref()
		offer(b, e, tk)
		n++
	}
	b.StopTimer()
	b.ReportMetric(e.Stats().Load*100, "%tick")
	b.ReportMetric(float64(sink.packets.Load())/float64(n), "packets/op")
	cancel()
	require.NoError(b, <-ended)
	for _, p := range pics {
		p.Release()
	}
}
