// Package timeline turns counts into times, exactly.
//
// The tick counter is the only clock of content. Everything else is computed
// from it in integers, each time from zero: which samples sound with a tick,
// when a tick is due, which millisecond a packet carries. Nothing accumulates,
// so nothing can drift: thirty days in, sound and picture stand where they stood
// at the first tick.
package timeline

import (
	"math/bits"
	"time"

	"airloom/playout/media"
)

// Grid is the channel's grid of ticks and samples. The zero value is not usable.
type Grid struct {
	FPS  media.Rational
	Rate int64 // samples a second
}

// Of returns the grid of a house format.
func Of(h media.House) Grid { return Grid{FPS: h.FPS, Rate: int64(h.SampleRate)} }

// Sample is S(n) = floor(n · rate · den / num): the first sample of tick n.
func (g Grid) Sample(n int64) int64 { return floor(n, g.Rate*g.FPS.Den, g.FPS.Num) }

// Samples is the number of samples that sound with tick n.
func (g Grid) Samples(n int64) int { return int(g.Sample(n+1) - g.Sample(n)) }

// Shift is where, in a clip whose tick 0 airs as tick n0, the sound of the
// clip's tick k begins on the channel's grid: 0 or 1 samples after S(k).
func (g Grid) Shift(n0, k int64) int {
	return int(g.Sample(n0+k) - g.Sample(n0) - g.Sample(k))
}

// Due is when tick n is due, counted from tick 0, rounded down to a nanosecond.
func (g Grid) Due(n int64) time.Duration {
	return time.Duration(floor(n, g.FPS.Den*int64(time.Second), g.FPS.Num))
}

// TickAt is the number of ticks that have begun before or at d: the inverse of Due.
func (g Grid) TickAt(d time.Duration) int64 {
	n := floor(int64(d), g.FPS.Num, g.FPS.Den*int64(time.Second))
	if g.Due(n+1) <= d { // Due rounds down, so the next may have begun already
		n++
	}
	return n
}

// Ticks is a span of source time in whole ticks, rounded to the nearest.
func (g Grid) Ticks(d time.Duration) int64 {
	return round(int64(d), g.FPS.Num, g.FPS.Den*int64(time.Second))
}

// Duration is what n ticks last, rounded to the nearest nanosecond.
func (g Grid) Duration(n int64) time.Duration {
	return time.Duration(round(n, g.FPS.Den*int64(time.Second), g.FPS.Num))
}

// VideoMillis is tick n in milliseconds after tick base, rounded to the nearest.
func (g Grid) VideoMillis(n, base int64) int64 { return g.VideoAt(n, base, 1000) }

// AudioMillis is sample s in milliseconds after tick base, see AudioAt.
func (g Grid) AudioMillis(s, base int64) int64 { return g.AudioAt(s, base, 1000) }

// VideoAt is tick n on a clock of so many units a second that is 0 at tick
// base, rounded to the nearest.
func (g Grid) VideoAt(n, base, clock int64) int64 {
	return round(n-base, clock*g.FPS.Den, g.FPS.Num)
}

// AudioAt is sample s on a clock of so many units a second that is 0 at tick
// base, rounded to the nearest. The difference is taken on the common grid of
// ticks and samples before anything is rounded, so that sound and picture share
// one zero.
func (g Grid) AudioAt(s, base, clock int64) int64 {
	// (s/rate − base·den/num) · clock, over the common denominator rate·num.
	return round(s*g.FPS.Num-base*g.FPS.Den*g.Rate, clock, g.Rate*g.FPS.Num)
}

// floor is ⌊a·b/c⌋ through a 128-bit product; b ≥ 0 and c > 0.
func floor(a, b, c int64) int64 {
	if a < 0 {
		return -ceil(-a, b, c)
	}
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	q, _ := bits.Div64(hi, lo, uint64(c))
	return int64(q)
}

// ceil is ⌈a·b/c⌉; a, b ≥ 0 and c > 0.
func ceil(a, b, c int64) int64 { return divAdd(a, b, c, uint64(c)-1) }

// round is a·b/c rounded to the nearest, halves away from zero.
func round(a, b, c int64) int64 {
	if a < 0 {
		return -round(-a, b, c)
	}
	return divAdd(a, b, c, uint64(c)/2)
}

// divAdd is ⌊(a·b+add)/c⌋.
func divAdd(a, b, c int64, add uint64) int64 {
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	lo, carry := bits.Add64(lo, add, 0)
	q, _ := bits.Div64(hi+carry, lo, uint64(c))
	return int64(q)
}
