package encoder

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/asticode/go-astiav"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"airloom/playout/media"
	"airloom/playout/media/av"
)

func TestMain(m *testing.M) {
	av.SetLog(astiav.LogLevelFatal, func(astiav.LogLevel, string) {})
	goleak.VerifyTestMain(m)
}

// patience is how long a test waits for what comes at once on a quiet machine.
const patience = 20 * time.Second

// testConfig is the default set of encoder options in a small house.
func testConfig() Config {
	crf := 23.0
	return Config{
		House: media.House{Width: 320, Height: 180, FPS: media.Rational{Num: 25, Den: 1}, SampleRate: 44100},
		Video: Video{
			Codec: "libx264", Preset: "faster", Tune: "zerolatency", Profile: "main", Level: "3.1",
			CRF: &crf, Maxrate: 1_300_000, Bufsize: 2_600_000, Keyint: 50, MinKeyint: 25,
		},
		Audio: Audio{Codec: "aac", Bitrate: 128_000},
	}
}

// collect is a sink that keeps everything.
type collect struct {
	mu  sync.Mutex
	all []*media.Packet
}

func (c *collect) Offer(p *media.Packet) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all = append(c.all, p)
}

func (c *collect) of(k media.Kind) (ps []*media.Packet) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range c.all {
		if p.Kind == k {
			ps = append(ps, p)
		}
	}
	return ps
}

// alive fails the test unless everything that it made is gone at its end.
func alive(t *testing.T) {
	t.Helper()
	count := func() [4]int64 {
		l := &media.Live
		return [4]int64{l.Ticks.Load(), l.Pictures.Load(), l.Frames.Load(), l.Packets.Load()}
	}
	before := count()
	t.Cleanup(func() { require.Equal(t, before, count(), "ticks, pictures, frames, packets alive") })
}

// start opens an encoder and runs it. stop ends it and waits for that.
func start(t *testing.T, cfg Config, sink PacketSink) (e *Encoder, stop func()) {
	t.Helper()
	alive(t)
	e, err := Open(cfg, sink, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- e.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		require.NoError(t, <-ended)
	})
	t.Cleanup(stop)
	return e, stop
}

// picture draws something that moves with n.
func picture(t testing.TB, h media.House, n int64) *av.Picture {
	t.Helper()
	p, err := av.New(h, func(mem []byte, l media.Layout) {
		for y := range h.Height {
			for x := range h.Width {
				mem[y*l.StrideY+x] = byte(16 + (x*3+y*5+int(n)*7)%200)
			}
		}
		for i := l.OffU; i < l.OffV+l.StrideC*h.Height/2; i++ {
			mem[i] = 128
		}
	})
	require.NoError(t, err)
	return p
}

// tick is tick n of the channel, with its picture and silence.
func tick(t testing.TB, h media.House, n int64) *media.Tick {
	t.Helper()
	tk := media.NewTick(int(sampleOf(h, n+1) - sampleOf(h, n)))
	tk.Silence()
	tk.N, tk.Picture = n, picture(t, h, n)
	return tk
}

func sampleOf(h media.House, n int64) int64 { return n * int64(h.SampleRate) * h.FPS.Den / h.FPS.Num }

// offer waits for room, so that no picture is skipped.
func offer(t testing.TB, e *Encoder, tk *media.Tick) {
	t.Helper()
	<-e.Room()
	require.True(t, e.Offer(tk))
}

// decoder takes packets apart again.
type decoder struct {
	t     *testing.T
	ctx   *astiav.CodecContext
	pkt   *astiav.Packet
	frame *astiav.Frame
	out   func(*astiav.Frame)
}

func newDecoder(t *testing.T, id astiav.CodecID, extra []byte, out func(*astiav.Frame)) *decoder {
	t.Helper()
	c := astiav.FindDecoder(id)
	d := &decoder{t: t, ctx: astiav.AllocCodecContext(c), pkt: astiav.AllocPacket(), frame: astiav.AllocFrame(), out: out}
	t.Cleanup(func() { d.ctx.Free(); d.pkt.Free(); d.frame.Free() })
	if extra != nil {
		require.NoError(t, d.ctx.SetExtraData(extra))
	}
	d.ctx.SetErrorRecognitionFlags(astiav.NewErrorRecognitionFlags(astiav.ErrorRecognitionFlagExplode))
	require.NoError(t, d.ctx.Open(c, nil))
	return d
}

// feed decodes a packet; nil drains the decoder.
func (d *decoder) feed(p *media.Packet) {
	d.t.Helper()
	var in *astiav.Packet
	if p != nil {
		var data []byte
		for _, u := range p.Units {
			if p.Kind == media.Video {
				data = append(data, 0, 0, 0, 1)
			}
			data = append(data, u...)
		}
		in = d.pkt
		require.NoError(d.t, in.FromData(data))
		in.SetPts(p.PTS)
		in.SetDts(p.DTS)
	}
	require.NoError(d.t, d.ctx.SendPacket(in))
	d.pkt.Unref()
	for {
		err := d.ctx.ReceiveFrame(d.frame)
		if errors.Is(err, astiav.ErrEagain) || errors.Is(err, astiav.ErrEof) {
			return
		}
		require.NoError(d.t, err)
		d.out(d.frame)
		d.frame.Unref()
	}
}
