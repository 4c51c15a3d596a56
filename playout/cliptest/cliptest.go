// Package cliptest is the one conformance suite for clips: what the engine takes
// for granted of everything that satisfies playout.Clip.
package cliptest

import (
	"errors"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/playout/media"
	"airloom/playout/timeline"
)

// Clip is playout.Clip, said again so that its own package can be tested with this one.
type Clip interface {
	Poll() (*media.Tick, error)
	Ready() <-chan struct{}
	Info() (media.ClipInfo, bool)
	Close() error
}

// Case is one implementation under test.
type Case struct {
	House media.House
	// Ticks is the length of the item, at least 30.
	Ticks int64
	// Open opens the item from a tick on.
	Open func(t testing.TB, at media.Start) Clip
	// Check, if set, looks at a tick's picture and sound; k is the number it
	// must have.
	Check func(t testing.TB, tick *media.Tick, k int64)
	// Settle, if set, waits until what was closed has let go of everything.
	Settle func(t testing.TB)
}

// A clip that needs longer than patience is stuck. A call that takes longer than
// nap has waited for something: far more than a busy machine takes from one
// thread, far less than any storage or network needs to give up.
const (
	patience = 20 * time.Second
	nap      = time.Second
)

// Run runs the suite.
func Run(t *testing.T, c Case) {
	for _, test := range []struct {
		name string
		run  func(t *testing.T, c Case)
	}{
		{"PlaysWhole", playsWhole},
		{"StartsInTheMiddle", startsInTheMiddle},
		{"StartsAtTheEnd", startsAtTheEnd},
		{"EndRepeats", endRepeats},
		{"ReadyIsEnough", readyIsEnough},
		{"NotReadyLosesNothing", notReadyLosesNothing},
		{"TicksOutliveClose", ticksOutliveClose},
		{"ClosesAtOnce", closesAtOnce},
		{"ClosedGivesNothing", closedGivesNothing},
		{"HeldPicturesDoNotChange", heldPicturesDoNotChange},
	} {
		t.Run(test.name, func(t *testing.T) {
			ticks, pictures := media.Live.Ticks.Load(), media.Live.Pictures.Load()
			test.run(t, c)
			if c.Settle != nil {
				c.Settle(t)
			}
			require.Equal(t, ticks, media.Live.Ticks.Load(), "ticks leaked")
			require.Equal(t, pictures, media.Live.Pictures.Load(), "pictures leaked")
		})
	}
}

// poll is Poll, watched for waiting.
func poll(t testing.TB, clip Clip) (*media.Tick, error) {
	begun := time.Now()
	tick, err := clip.Poll()
	require.Less(t, time.Since(begun), nap, "Poll waited")
	require.Equal(t, tick == nil, err != nil, "either a tick or an error")
	return tick, err
}

// Next waits for the clip's next tick, or its end.
func Next(t testing.TB, clip Clip) (*media.Tick, error) {
	t.Helper()
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	for {
		tick, err := poll(t, clip)
		if !errors.Is(err, media.ErrNotReady) {
			return tick, err
		}
		select {
		case <-clip.Ready():
		case <-timeout.C:
			require.FailNow(t, "no tick, no end and no sign of either")
		}
	}
}

// check holds a tick against what it must be.
func (c Case) check(t testing.TB, tick *media.Tick, k int64) {
	t.Helper()
	require.Equal(t, k, tick.N, "tick's number")
	require.NotNil(t, tick.Picture, "tick %d's picture", k)
	for ch := range tick.Sound {
		require.Len(t, tick.Sound[ch], timeline.Of(c.House).Samples(k)+1, "samples of tick %d", k)
	}
	if c.Check != nil {
		c.Check(t, tick, k)
	}
}

// play takes and frees the ticks from k on, to the end.
func (c Case) play(t testing.TB, clip Clip, k int64, next func(testing.TB, Clip) (*media.Tick, error)) {
	t.Helper()
	for ; ; k++ {
		tick, err := next(t, clip)
		if err != nil {
			require.ErrorIs(t, err, io.EOF)
			require.Equal(t, c.Ticks, k, "ticks in all")
			return
		}
		c.check(t, tick, k)
		tick.Free()
	}
}

func playsWhole(t *testing.T, c Case) {
	clip := c.Open(t, media.Start{})
	c.play(t, clip, 0, Next)
	info, ok := clip.Info()
	require.True(t, ok)
	require.Equal(t, c.Ticks, info.Ticks, "length as told")
	require.NoError(t, clip.Close())
}

func startsInTheMiddle(t *testing.T, c Case) {
	clip := c.Open(t, media.Start{Tick: c.Ticks / 2})
	c.play(t, clip, c.Ticks/2, Next)
	info, _ := clip.Info()
	require.Equal(t, c.Ticks, info.Ticks, "the length is the whole item's")
	require.NoError(t, clip.Close())
}

func startsAtTheEnd(t *testing.T, c Case) {
	clip := c.Open(t, media.Start{Tick: c.Ticks})
	_, err := Next(t, clip)
	require.ErrorIs(t, err, io.EOF)
	require.NoError(t, clip.Close())
}

func endRepeats(t *testing.T, c Case) {
	clip := c.Open(t, media.Start{Tick: c.Ticks - 1})
	c.play(t, clip, c.Ticks-1, Next)
	for range 3 {
		_, err := poll(t, clip)
		require.ErrorIs(t, err, io.EOF)
	}
	require.NoError(t, clip.Close())
}

// One value may stand for many ticks, but none may be missed.
func readyIsEnough(t *testing.T, c Case) {
	clip := c.Open(t, media.Start{})
	timeout := time.After(patience)
	for k := int64(0); ; {
		select {
		case <-clip.Ready():
		case <-timeout:
			require.FailNow(t, "Ready stayed silent", "at tick %d", k)
		}
		for {
			tick, err := poll(t, clip)
			if errors.Is(err, media.ErrNotReady) {
				break
			}
			if err != nil {
				require.ErrorIs(t, err, io.EOF)
				require.Equal(t, c.Ticks, k)
				require.NoError(t, clip.Close())
				return
			}
			c.check(t, tick, k)
			tick.Free()
			k++
		}
	}
}

// The engine polls at its own pace and need not look at Ready.
func notReadyLosesNothing(t *testing.T, c Case) {
	clip := c.Open(t, media.Start{})
	deadline := time.Now().Add(patience)
	c.play(t, clip, 0, func(t testing.TB, clip Clip) (*media.Tick, error) {
		for {
			tick, err := poll(t, clip)
			if !errors.Is(err, media.ErrNotReady) {
				return tick, err
			}
			require.True(t, time.Now().Before(deadline), "no tick and no end")
		}
	})
	require.NoError(t, clip.Close())
}

func ticksOutliveClose(t *testing.T, c Case) {
	clip := c.Open(t, media.Start{})
	var held []*media.Tick
	for range 3 {
		tick, err := Next(t, clip)
		require.NoError(t, err)
		held = append(held, tick)
	}
	ref := held[2].Picture.Ref()
	require.NoError(t, clip.Close())
	require.NoError(t, clip.Close(), "a second time")
	if c.Settle != nil {
		c.Settle(t)
	}
	for k, tick := range held {
		c.check(t, tick, int64(k))
		tick.Free()
	}
	ref.Release()
}

func closesAtOnce(t *testing.T, c Case) {
	begun := time.Now()
	clip := c.Open(t, media.Start{})
	require.NoError(t, clip.Close())
	require.Less(t, time.Since(begun), nap, "Open or Close waited")
}

func closedGivesNothing(t *testing.T, c Case) {
	clip := c.Open(t, media.Start{})
	tick, err := Next(t, clip)
	require.NoError(t, err)
	tick.Free()
	require.NoError(t, clip.Close())
	_, err = poll(t, clip)
	require.Error(t, err)
	require.NotErrorIs(t, err, media.ErrNotReady, "a closed clip has nothing to wait for")
}

// The engine and the encoder hold half a dozen pictures while more are read.
func heldPicturesDoNotChange(t *testing.T, c Case) {
	const held = 6
	clip := c.Open(t, media.Start{})
	var ticks []*media.Tick
	for k := int64(0); k < c.Ticks; k++ {
		tick, err := Next(t, clip)
		require.NoError(t, err, "with %d pictures held", len(ticks))
		ticks = append(ticks, tick)
		if len(ticks) > held {
			c.check(t, ticks[0], k-held)
			ticks[0].Free()
			ticks = ticks[1:]
		}
	}
	for _, tick := range ticks {
		tick.Free()
	}
	require.NoError(t, clip.Close())
}
