package still

import (
	"bytes"
	"context"
	"image/jpeg"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"airloom/encoder"
	"airloom/playout/media"
	"airloom/playout/media/av"
)

// sent codes pictures of these greys and hands the packets out.
func sent(t *testing.T, width, height int, crf float64, paint func(n int, mem []byte, l media.Layout)) (media.StreamInfo, []*media.Packet) {
	t.Helper()
	var out packets
	h := media.House{Width: width, Height: height, FPS: media.Rational{Num: 25, Den: 1}, SampleRate: 48000}
	e, err := encoder.Open(encoder.Config{House: h, Video: encoder.Video{Codec: "libx264", Preset: "ultrafast", Tune: "zerolatency", CRF: &crf, Keyint: 2},
		Audio: encoder.Audio{Codec: "aac"}}, &out, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	for n := range 3 {
		p, err := av.New(h, func(mem []byte, l media.Layout) { paint(n, mem, l) })
		require.NoError(t, err)
		tick := media.NewTick(1920)
		tick.N, tick.Picture = int64(n), p
		tick.Silence()
		require.True(t, e.Offer(tick))
	}
	ctx, done := context.WithCancel(t.Context())
	done()
	require.NoError(t, e.Run(ctx))
	return e.Info(), out
}

type packets []*media.Packet

func (p *packets) Offer(one *media.Packet) { *p = append(*p, one) }

// grey paints one luma, with a chroma beside the middle.
func grey(y, u, v byte) func(int, []byte, media.Layout) {
	return func(_ int, mem []byte, l media.Layout) {
		for i := range mem[:l.OffU] {
			mem[i] = y
		}
		for i := l.OffU; i < l.OffV; i++ {
			mem[i] = u
		}
		for i := l.OffV; i < l.OffL; i++ {
			mem[i] = v
		}
	}
}

func onAir(t *testing.T, info media.StreamInfo) *Air {
	t.Helper()
	a := NewAir(AirOptions{Info: info})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = a.Run(ctx)
	}()
	t.Cleanup(func() { cancel(); <-done })
	return a
}

func TestPictureOfTheAir(t *testing.T) {
	// 100 % red in BT.709, limited range.
	info, packets := sent(t, 640, 360, 10, grey(63, 102, 240))
	a := onAir(t, info)
	_, _, err := a.Picture(t.Context(), 320)
	require.ErrorIs(t, err, ErrNothing)
	require.Empty(t, a.Tag(320))
	for _, p := range packets {
		a.Offer(p)
	}
	require.EqualValues(t, 2, a.latest.Load().PTS)

	data, tag, err := a.Picture(t.Context(), 200)
	require.NoError(t, err)
	require.Equal(t, a.Tag(200), tag)
	require.Equal(t, a.Tag(320), tag)
	require.NotEqual(t, a.Tag(321), tag)
	img := decoded(t, data)
	require.Equal(t, 320, img.Bounds().Dx())
	require.Equal(t, 180, img.Bounds().Dy())
	r, g, b, _ := img.At(160, 90).RGBA()
	require.InDelta(t, 255, r>>8, 8)
	require.InDelta(t, 0, g>>8, 8)
	require.InDelta(t, 0, b>>8, 8)

	// Never wider than what is sent; and made once for all who ask.
	_, _, err = a.Picture(t.Context(), 1280)
	require.NoError(t, err)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			again, _, err := a.Picture(t.Context(), 320)
			require.NoError(t, err)
			require.Equal(t, &data[0], &again[0])
		})
	}
	all.Wait()
	require.Len(t, a.making, 2)

	// A later keyframe is another picture.
	later := *packets[0]
	for _, p := range packets {
		if p.Key && p.Kind == media.Video {
			later = *p
		}
	}
	later.PTS = 100
	a.Offer(&later)
	require.NotEqual(t, tag, a.Tag(320))
	_, next, err := a.Picture(t.Context(), 320)
	require.NoError(t, err)
	require.Equal(t, a.Tag(320), next)
	require.Len(t, a.making, 1)
}

// A picture that does not fit into one question.
func TestPictureOfTheAirInPieces(t *testing.T) {
	noise := uint32(1)
	info, packets := sent(t, 1920, 1080, 1, func(_ int, mem []byte, l media.Layout) {
		for i := range mem[:l.OffL] {
			noise = noise*1664525 + 1013904223
			mem[i] = byte(noise >> 24)
		}
	})
	a := onAir(t, info)
	for _, p := range packets {
		a.Offer(p)
	}
	require.Greater(t, len(a.pieces(a.latest.Load())), 2)
	data, _, err := a.Picture(t.Context(), 5000)
	require.NoError(t, err)
	c, err := jpeg.DecodeConfig(bytes.NewReader(data))
	require.NoError(t, err)
	require.Equal(t, 1280, c.Width)
	require.Equal(t, 720, c.Height)

	// Three sizes at once, of another one; and after one that broke off.
	_, err = put(t.Context(), a.help, airIn, question{Coded: []byte("half"), First: true, More: true}, nil)
	require.NoError(t, err)
	later := *a.latest.Load()
	later.PTS += 100
	a.Offer(&later)
	var all sync.WaitGroup
	for _, width := range []int{320, 640, 960} {
		all.Go(func() {
			_, _, err := a.Picture(t.Context(), width)
			assert.NoError(t, err)
		})
	}
	all.Wait()
}

// What cannot be decoded is an error, and the next picture is one again.
func TestPictureOfNothing(t *testing.T) {
	info, packets := sent(t, 320, 180, 10, grey(126, 128, 128))
	a := onAir(t, info)
	a.Offer(&media.Packet{Kind: media.Video, Key: true, PTS: 1, Units: [][]byte{{0x65, 1, 2, 3}}})
	_, _, err := a.Picture(t.Context(), 320)
	require.Error(t, err)
	for _, p := range packets {
		a.Offer(p)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	data, _, err := a.Picture(ctx, 320)
	require.NoError(t, err)
	r, _, _, _ := decoded(t, data).At(10, 10).RGBA()
	require.InDelta(t, 128, r>>8, 3)
}
