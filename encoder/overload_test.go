package encoder

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/playout/media"
)

// gate is a sink that lets a picture through for each token: an encoder as slow
// as the test wants, or stuck.
type gate struct {
	collect
	pass chan struct{}
}

func (g *gate) Offer(p *media.Packet) {
	if p.Kind == media.Video {
		<-g.pass
	}
	g.collect.Offer(p)
}

// stuck starts an encoder that hangs in its first picture.
func stuck(t *testing.T, cfg Config) (*Encoder, *gate, func()) {
	t.Helper()
	g := &gate{pass: make(chan struct{})}
	e, stop := start(t, cfg, g)
	require.True(t, e.Offer(tick(t, cfg.House, 0)))
	require.Eventually(t, func() bool { return e.Stats().Queue == 0 }, patience, time.Millisecond)
	return e, g, stop
}

func TestStuckEncoder(t *testing.T) {
	cfg := testConfig()
	e, g, stop := stuck(t, cfg)
	h := cfg.House
	at := sampleOf(h, 60) + 123
	pic := picture(t, h, 1)
	defer pic.Release()
	add := func(n int64) bool {
		tk := soundOnly(h, n, func(s int64) float32 { return click(s - at) })
		tk.Picture = pic.Ref()
		return e.Offer(tk)
	}
	for n := int64(1); n < 120; n++ {
		require.Equal(t, n <= maxPictures, add(n), "tick %d", n)
	}
	s := e.Stats()
	require.EqualValues(t, 116, s.Skipped)
	require.Equal(t, maxPictures, s.Queue)
	require.Less(t, s.Speed, 0.2)
	require.Zero(t, s.Lost)
	select {
	case <-e.Room():
		t.Fatal("there is no room")
	default:
	}

	close(g.pass) // it moves again
	<-e.Room()
	require.Eventually(t, func() bool { return e.Stats().Queue == 0 }, patience, time.Millisecond)
	for n := int64(120); n < 160; n++ {
		offer(t, e, tick(t, h, n))
	}
	stop()
	all, keys := numbers(g.of(media.Video))
	require.Equal(t, append([]int64{0, 1, 2, 3}, upTo(160)[120:]...), all, "true times")
	require.Equal(t, []int64{0, 120, 150}, keys, "the keyframe of tick 100 is made up for")
	decodable(t, g.of(media.Video))
	contiguous(t, g.of(media.Audio))
	require.Zero(t, offset(heard(t, e.Info(), g.of(media.Audio)), at, 0), "no sound was skipped")
}

// A machine three times too slow: latency stays where it is.
func TestSlowEncoder(t *testing.T) {
	cfg := testConfig()
	e, g, stop := stuck(t, cfg)
	var offered int64
	for range 60 {
		for range 3 {
			offered++
			e.Offer(tick(t, cfg.House, offered))
		}
		before := len(g.of(media.Video))
		g.pass <- struct{}{}
		require.Eventually(t, func() bool { return len(g.of(media.Video)) > before }, patience, time.Millisecond)
		ps := g.of(media.Video)
		require.LessOrEqual(t, offered-ps[len(ps)-1].PTS, int64(3*(maxPictures+1)), "latency in ticks")
	}
	require.InDelta(t, 0.33, e.Stats().Speed, 0.1)
	close(g.pass)
	stop()
	contiguous(t, g.of(media.Audio))
	_, keys := numbers(g.of(media.Video))
	require.Len(t, keys, 4, "GOP counts ticks: one in each 50 of 180")
}

// Even sound has its bound, and what is lost beyond it becomes silence.
func TestBacklogIsBounded(t *testing.T) {
	cfg := testConfig()
	e, g, stop := stuck(t, cfg)
	const ticks = 25 * (maxBacklog + 5)
	for n := int64(1); n < ticks; n++ {
		e.Offer(soundOnly(cfg.House, n, func(int64) float32 { return 0.1 }))
	}
	require.EqualValues(t, 25*5-2, e.Stats().Lost)
	close(g.pass)
	require.Eventually(t, func() bool { return e.Stats().Encoded == 1 }, patience, time.Millisecond)
	require.Eventually(t, func() bool { return e.Offer(soundOnly(cfg.House, ticks, func(int64) float32 { return 0 })) }, patience, time.Millisecond)
	stop()
	audio := g.of(media.Audio)
	contiguous(t, audio)
	require.InDelta(t, sampleOf(cfg.House, ticks+1), audio[len(audio)-1].PTS, 2048)
}

func TestOfferInWrongOrderOrTooLate(t *testing.T) {
	cfg := testConfig()
	sink := &collect{}
	e, stop := start(t, cfg, sink)
	for i, n := range []int64{4, 5, 5, 3, 6} {
		<-e.Room()
		require.Equal(t, i != 2 && i != 3, e.Offer(tick(t, cfg.House, n)), "tick %d", n)
	}
	stop()
	all, _ := numbers(sink.of(media.Video))
	require.Equal(t, []int64{4, 5, 6}, all)
	require.False(t, e.Offer(tick(t, cfg.House, 7)), "after the end")
}

// foreign is a picture that is not libav's.
type foreign struct{}

func (foreign) Ref() media.Picture { return foreign{} }
func (foreign) Release()           {}

func TestPicturesThatCannotBeCoded(t *testing.T) {
	cfg := testConfig()
	sink := &collect{}
	e, stop := start(t, cfg, sink)
	other := cfg.House
	other.Width = 640
	for n := range int64(20) {
		tk := tick(t, cfg.House, n)
		switch n {
		case 5:
			tk.DropPicture()
			tk.Picture = foreign{}
		case 6:
			tk.DropPicture()
			tk.Picture = picture(t, other, n)
		}
		offer(t, e, tk)
	}
	stop()
	require.EqualValues(t, 2, e.Stats().Failed)
	all, keys := numbers(sink.of(media.Video))
	require.Len(t, all, 18)
	require.Equal(t, []int64{0, 7}, keys, "a keyframe after what could not be coded")
	contiguous(t, sink.of(media.Audio))
}

// An encoder that refuses everything does not heal: Run says so, and frees.
func TestNothingCanBeCoded(t *testing.T) {
	alive(t)
	cfg := testConfig()
	e, err := Open(cfg, &collect{}, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	ended := make(chan error, 1)
	go func() { ended <- e.Run(context.Background()) }()
	for n := int64(0); ; n++ {
		select {
		case err := <-ended:
			require.ErrorContains(t, err, "refused everything for 5 s")
			require.GreaterOrEqual(t, n, int64(125))
			return
		case <-e.Room():
			tk := soundOnly(cfg.House, n, func(int64) float32 { return 0 })
			tk.Picture = foreign{}
			e.Offer(tk)
		}
	}
}

func TestManyCallers(t *testing.T) {
	cfg := testConfig()
	e, stop := start(t, cfg, &collect{})
	var wg sync.WaitGroup
	ctx, cancel := context.WithCancel(context.Background())
	for range 3 {
		wg.Go(func() {
			for ctx.Err() == nil {
				e.RequestKeyframe()
				_, _ = e.Stats(), e.Info()
				time.Sleep(time.Millisecond)
			}
		})
	}
	var pic media.Picture = picture(t, cfg.House, 0)
	for n := range int64(300) {
		tk := media.NewTick(1764)
		tk.Silence()
		tk.N, tk.Picture = n, pic.Ref()
		e.Offer(tk)
	}
	cancel()
	wg.Wait()
	stop()
	pic.Release()
}

// A codec that looks ahead holds many pictures at the end. What a machine that
// is too slow has not coded by the end of the farewell is forgone.
func TestSlowCodecEndsInTime(t *testing.T) {
	cfg := testConfig()
	cfg.Video.Tune = ""
	g := &gate{pass: make(chan struct{})}
	e, stop := start(t, cfg, g)
	const pictures = 12 // fewer than x264 looks ahead with this preset
	for n := range int64(pictures) {
		offer(t, e, tick(t, cfg.House, n))
	}
	require.Eventually(t, func() bool { return e.Stats().Encoded == pictures }, patience, time.Millisecond)
	require.Empty(t, g.of(media.Video), "all are inside the codec")
	began := time.Now()
	go func() {
		time.Sleep(farewell + 100*time.Millisecond) // what the first picture takes
		close(g.pass)
	}()
	stop()
	require.Less(t, len(g.of(media.Video)), pictures, "nobody waits for the rest")
	require.Less(t, time.Since(began), farewell+patience)
}
