package playout

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/playlist"
	"airloom/playout/media"
)

// clocked notes when each tick was offered.
type clocked struct {
	camera
	at   []time.Duration
	from time.Time
	room chan struct{}
	each func(n int64) // called before tick n is taken; may be nil
}

func (c *clocked) Offer(t *media.Tick) bool {
	if c.each != nil {
		c.each(t.N)
	}
	c.at = append(c.at, time.Since(c.from))
	return c.camera.Offer(t)
}

func (c *clocked) Room() <-chan struct{} {
	if c.room != nil {
		return c.room
	}
	return c.camera.Room()
}

func TestTicksAreDueAtOneAnchorForLife(t *testing.T) {
	ntsc := pal
	ntsc.FPS = media.Rational{Num: 30000, Den: 1001}
	synctest.Test(t, func(t *testing.T) {
		st := newStage(t, ntsc, list{"a", "b"}, map[string]script{"a": {ticks: 100}, "b": {ticks: 77, slowOpen: 5}}, "")
		cam := &clocked{from: time.Now()}
		st.rooms.Encoder = cam
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		done := make(chan error)
		go func() { done <- st.Run(ctx) }()
		require.NoError(t, <-done)
		require.Len(t, cam.at, int(st.theatre.grid.TickAt(time.Hour-1))+1)
		for n, at := range cam.at {
			require.Equal(t, st.theatre.grid.Due(int64(n)), at, "tick %d", n)
		}
	})
}

// An encoder that has no room makes ticks late by a bounded time; they are aired
// all the same, and on time again as soon as there is room.
func TestFullEncoderCostsPicturesNotTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := newStage(t, pal, list{"a"}, map[string]script{"a": {ticks: 1000}}, "")
		cam := &clocked{from: time.Now(), room: make(chan struct{})}
		st.rooms.Encoder = cam
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		done := make(chan error)
		go func() { done <- st.Run(ctx) }()
		require.NoError(t, <-done)
		require.InDelta(t, 250, len(cam.at), 10)
		for n, at := range cam.at {
			require.LessOrEqual(t, at-st.theatre.grid.Due(int64(n)), maxLate, "tick %d", n)
		}
	})
}

// A process that was stopped must not flood the server with what it missed, nor
// leave a hole in the timestamps.
func TestAfterALongPauseTheClockIsAnchoredAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := newStage(t, pal, list{"a"}, map[string]script{"a": {ticks: 1000}}, "")
		cam := &clocked{from: time.Now()}
		st.rooms.Encoder = cam
		st.rooms.Rundown = &sleeper{list{"a"}, cam, 30 * time.Second}
		st.Refresh()
		ctx, cancel := context.WithTimeout(t.Context(), 80*time.Second)
		defer cancel()
		done := make(chan error)
		go func() { done <- st.Run(ctx) }()
		require.NoError(t, <-done)
		for n, s := range cam.shots {
			require.EqualValues(t, n, s.n, "no number is left out")
		}
		_, c := st.Snapshot()
		require.EqualValues(t, 1, c.Late)
		require.InDelta(t, 50*25, len(cam.at), 2)
	})
}

// sleeper is a rundown that stops the world once, when asked what follows.
type sleeper struct {
	list
	cam   *clocked
	pause time.Duration
}

func (s *sleeper) Next(e playlist.Entry, left, n int64) playlist.Entry {
	if len(s.cam.at) > 0 {
		time.Sleep(s.pause)
		s.pause = 0
	}
	return s.list.Next(e, left, n)
}
