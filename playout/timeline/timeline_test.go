package timeline

import (
	"math/big"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/playout/media"
)

var grids = []Grid{
	{media.Rational{Num: 25, Den: 1}, 44100},
	{media.Rational{Num: 30000, Den: 1001}, 44100},
	{media.Rational{Num: 24000, Den: 1001}, 48000},
	{media.Rational{Num: 60000, Den: 1001}, 44100},
	{media.Rational{Num: 50, Den: 1}, 22050},
}

// exact computes ⌊a·b/c⌋ the slow way.
func exact(a, b, c int64) int64 {
	x := new(big.Int).Mul(big.NewInt(a), big.NewInt(b))
	return x.Div(x, big.NewInt(c)).Int64() // Euclidean: floor for c > 0
}

func TestTenYearsOfTicks(t *testing.T) {
	for _, g := range grids {
		for range 20000 {
			n := rand.Int64N(10 * 365 * 86400 * 60)
			require.Equal(t, exact(n, g.Rate*g.FPS.Den, g.FPS.Num), g.Sample(n))
			require.Equal(t, exact(n, g.FPS.Den*1e9, g.FPS.Num), int64(g.Due(n)))
			require.Equal(t, n, g.TickAt(g.Due(n)), "tick %d", n)
			require.Equal(t, n-1, g.TickAt(g.Due(n)-1), "tick %d", n)
			require.Equal(t, n, g.Ticks(g.Duration(n)))
		}
	}
}

func TestShiftIsNoughtOrOne(t *testing.T) {
	for _, g := range grids {
		for range 20000 {
			n0, k := rand.Int64N(1e9), rand.Int64N(1e6)
			a, b := g.Shift(n0, k), g.Shift(n0, k+1)
			require.Contains(t, []int{0, 1}, a)
			// The window of tick n0+k lies within the clip's samples S(k)…S(k+1) inclusive.
			require.Equal(t, g.Samples(n0+k), g.Samples(k)+b-a)
			require.LessOrEqual(t, a+g.Samples(n0+k), g.Samples(k)+1)
		}
	}
}

// Sound and picture that belong together may differ by rounding alone, however
// long a session runs and wherever it began.
func TestMillisecondsAgree(t *testing.T) {
	for _, g := range grids {
		for range 20000 {
			base := rand.Int64N(1e9)
			n := base + rand.Int64N(20*86400*25)
			v, a := g.VideoMillis(n, base), g.AudioMillis(g.Sample(n), base)
			require.InDelta(t, v, a, 1)
			require.Equal(t, exact(2*(n-base)*1000*g.FPS.Den+g.FPS.Num, 1, 2*g.FPS.Num), v)
		}
		require.EqualValues(t, -23, Grid{media.Rational{Num: 25, Den: 1}, 44100}.AudioMillis(-1024, 0))
	}
}

func TestSpansRound(t *testing.T) {
	g := grids[0]
	require.EqualValues(t, 25, g.Ticks(time.Second))
	require.EqualValues(t, 1, g.Ticks(20*time.Millisecond))
	require.EqualValues(t, 0, g.Ticks(19*time.Millisecond))
	require.Equal(t, 40*time.Millisecond, g.Duration(1))
}
