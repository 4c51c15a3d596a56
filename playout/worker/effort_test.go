package worker

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/playout/media"
)

func TestEffortTellsHeavyFromLight(t *testing.T) {
	var used time.Duration
	e := newEffort(media.House{FPS: media.Rational{Num: 25, Den: 1}, SampleRate: 44100})
	e.begin, e.now = 0, func() time.Duration { return used }
	read := func(n int, cost time.Duration) {
		for range n {
			e.tick()
			used += cost
		}
	}
	read(3*window, 10*time.Millisecond)
	require.False(t, e.changed(), "a quarter of a core is light")
	read(3*window, 60*time.Millisecond)
	require.True(t, e.changed())
	require.True(t, e.heavy)
	require.False(t, e.changed(), "told once")
	read(3*window, 10*time.Millisecond)
	require.True(t, e.changed())
	require.False(t, e.heavy)
}
