package clip

import (
	"math/big"
	"math/bits"
	"time"

	"airloom/playout/media"
	"airloom/playout/timeline"
)

// instant is a time in the source: pts units of tb seconds, exact.
type instant struct {
	pts int64
	tb  media.Rational
}

// nanos is the time base of a [time.Duration].
var nanos = media.Rational{Num: 1, Den: 1e9}

func after(d time.Duration) instant { return instant{int64(d), nanos} }

// units counts the units between o and a, of which there are rate a second,
// plus num/den of a unit, rounded down.
func (a instant) units(o instant, rate media.Rational, num, den int64) int64 {
	if a.tb == o.tb {
		if n, ok := quick(a.pts-o.pts, a.tb, rate, num, den); ok {
			return n
		}
	}
	// (a·atn/atd − o·otn/otd)·rn/rd + num/den
	x := new(big.Rat).Sub(a.rat(), o.rat())
	x.Mul(x, big.NewRat(rate.Num, rate.Den))
	x.Add(x, big.NewRat(num, den))
	return new(big.Int).Div(x.Num(), x.Denom()).Int64() // Euclidean: floor, the denominator is positive
}

func (a instant) rat() *big.Rat {
	return new(big.Rat).Mul(new(big.Rat).SetInt64(a.pts), big.NewRat(a.tb.Num, a.tb.Den))
}

// quick is ⌊d·tb·rate + num/den⌋ where no product leaves 64 bits.
func quick(d int64, tb, rate media.Rational, num, den int64) (int64, bool) {
	n, ok1 := mul(tb.Num, rate.Num)
	q, ok2 := mul(tb.Den, rate.Den)
	n, ok3 := mul(n, den)
	n, ok4 := mul(n, d)
	add, ok5 := mul(q, num)
	q, ok6 := mul(q, den)
	if !ok1 || !ok2 || !ok3 || !ok4 || !ok5 || !ok6 || q <= 0 {
		return 0, false
	}
	s := n + add
	if (add > 0) != (s > n) && add != 0 {
		return 0, false
	}
	f := s / q
	if s%q < 0 {
		f--
	}
	return f, true
}

func mul(a, b int64) (int64, bool) {
	hi, lo := bits.Mul64(abs(a), abs(b))
	if hi != 0 || lo >= 1<<62 {
		return 0, false
	}
	if (a < 0) != (b < 0) {
		return -int64(lo), true
	}
	return int64(lo), true
}

func abs(a int64) uint64 {
	if a < 0 {
		return uint64(-a)
	}
	return uint64(a)
}

// round is the nearest whole number of units between o and a.
func (a instant) round(o instant, rate media.Rational) int64 { return a.units(o, rate, 1, 2) }

// before says whether a lies before b.
func (a instant) before(b instant) bool {
	if a.tb == b.tb {
		return a.pts < b.pts
	}
	return a.rat().Cmp(b.rat()) < 0
}

// plus is a and n units of which there are rate a second, in time base tb,
// rounded down.
func (a instant) plus(n int64, rate, tb media.Rational) instant {
	x := new(big.Rat).Mul(new(big.Rat).SetInt64(n), big.NewRat(rate.Den, rate.Num))
	x.Add(x, a.rat())
	x.Quo(x, big.NewRat(tb.Num, tb.Den))
	return instant{new(big.Int).Div(x.Num(), x.Denom()).Int64(), tb}
}

// in is the same time in another time base, rounded down.
func (a instant) in(tb media.Rational) instant {
	if a.tb == tb {
		return a
	}
	return a.plus(0, media.Rational{Num: 1, Den: 1}, tb)
}

// firstTick is the first tick that shows a picture of this time: the smallest n
// with a ≤ t(n) + half a tick. Where two ticks are as near, it is the later one,
// and half a unit of the source's clock is given to its rounding: so every
// second picture of a 50p clip is shown at 25p, the even ones, and none flickers.
func (a instant) firstTick(o instant, fps media.Rational) int64 {
	fine := a
	if a.tb.Num*1000 <= a.tb.Den { // a unit is a millisecond or less
		fine = instant{2*a.pts + 1, media.Rational{Num: a.tb.Num, Den: 2 * a.tb.Den}}
		o = instant{2 * o.pts, media.Rational{Num: o.tb.Num, Den: 2 * o.tb.Den}}
	}
	return fine.units(o, fps, 1, 2)
}

// clock formats a time for people: 00:12:03.
func clock(d time.Duration) string {
	d = d.Truncate(time.Second)
	return time.Time{}.Add(max(d, 0)).Format("15:04:05")
}

// sampleAt is S(n): the first sample of tick n.
func sampleAt(h media.House, n int64) int64 { return timeline.Of(h).Sample(n) }
