package levels

import "math"

// What follows is ITU-R BS.1770-4, annex 1, as EBU Tech 3341 wants a live meter to
// use it: momentary loudness is that of the last 0.4 s, short-term that of the
// last 3 s, neither gated.

const (
	// blockSeconds is how far apart the windows' ends lie.
	blocksPerSecond = 10
	momentaryBlocks = 4
	shortBlocks     = 30
)

// biquad is a filter of second order, in the transposed direct form II.
type biquad struct{ b0, b1, b2, a1, a2, z1, z2 float64 }

func (f *biquad) filter(x float64) float64 {
	y := f.b0*x + f.z1
	f.z1 = f.b1*x - f.a1*y + f.z2
	f.z2 = f.b2*x - f.a2*y
	return y
}

// rest takes from the filter what no ear and no figure ever hears: numbers so
// small that computing with them takes the processor a hundred times as long.
func (f *biquad) rest() {
	const nothing = 1e-30
	if math.Abs(f.z1) < nothing {
		f.z1 = 0
	}
	if math.Abs(f.z2) < nothing {
		f.z2 = 0
	}
}

// shelf and highPass are the two stages of K-weighting. The standard gives their
// coefficients at 48 kHz; these are the analogue filters behind them, from which
// the bilinear transform gives those coefficients, and such for other rates.
func shelf(rate float64) biquad {
	const (
		f0 = 1681.974450955533
		g  = 3.999843853973347 // dB
		q  = 0.7071752369554196
	)
	k, vh := math.Tan(math.Pi*f0/rate), math.Pow(10, g/20)
	vb := math.Pow(vh, 0.4996667741545416)
	a0 := 1 + k/q + k*k
	return biquad{
		b0: (vh + vb*k/q + k*k) / a0, b1: 2 * (k*k - vh) / a0, b2: (vh - vb*k/q + k*k) / a0,
		a1: 2 * (k*k - 1) / a0, a2: (1 - k/q + k*k) / a0,
	}
}

func highPass(rate float64) biquad {
	const (
		f0 = 38.13547087602444
		q  = 0.5003270373238773
	)
	k := math.Tan(math.Pi * f0 / rate)
	a0 := 1 + k/q + k*k
	return biquad{b0: 1, b1: -2, b2: 1, a1: 2 * (k*k - 1) / a0, a2: (1 - k/q + k*k) / a0}
}

// loudness measures stereo sound.
type loudness struct {
	block  int // samples
	n      int // samples in the block that is being gathered
	stages [2][2]biquad
	sum    float64              // of its squares, both channels
	energy [shortBlocks]float64 // mean squares of the latest blocks, a ring
	blocks int                  // how many there have been
	peak   [2]float64           // since it was last asked for
}

func newLoudness(rate int) *loudness {
	l := &loudness{block: rate / blocksPerSecond}
	for c := range l.stages {
		l.stages[c] = [2]biquad{shelf(float64(rate)), highPass(float64(rate))}
	}
	return l
}

// add takes sound in, both channels of one length.
func (l *loudness) add(left, right []float32) {
	for len(left) > 0 {
		k := min(len(left), l.block-l.n)
		l.sum += l.one(0, left[:k]) + l.one(1, right[:k])
		left, right = left[k:], right[k:]
		if l.n += k; l.n == l.block {
			l.energy[l.blocks%shortBlocks] = l.sum / float64(l.block)
			l.blocks++
			l.sum, l.n = 0, 0
		}
	}
}

// one is the sum of the weighted squares of a channel.
func (l *loudness) one(c int, sound []float32) (sum float64) {
	first, second, peak := l.stages[c][0], l.stages[c][1], l.peak[c]
	for _, s := range sound {
		x := float64(s)
		peak = max(peak, x, -x)
		y := second.filter(first.filter(x))
		sum += y * y
	}
	first.rest()
	second.rest()
	l.stages[c][0], l.stages[c][1], l.peak[c] = first, second, peak
	return sum
}

// over is the loudness of the last so many blocks; ok is false until there are.
func (l *loudness) over(blocks int) (lufs float64, ok bool) {
	if l.blocks < blocks {
		return 0, false
	}
	sum := 0.0
	for i := range blocks {
		sum += l.energy[(l.blocks-1-i)%shortBlocks]
	}
	// Left and right weigh the same: 1.
	return max(Least, -0.691+10*math.Log10(sum/float64(blocks))), true
}

// peaks are the highest samples since it was last asked, in dBFS.
func (l *loudness) peaks() (db [2]float64) {
	for c, p := range l.peak {
		db[c] = max(Least, 20*math.Log10(p))
	}
	l.peak = [2]float64{}
	return db
}
