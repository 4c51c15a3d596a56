package clip

// drift watches how far the sound's timestamps walk away from its sample count,
// and corrects it where it is real: a recording whose sound card and clock
// disagree. Rounded timestamps tremble by a millisecond and are left alone.
type drift struct {
	mean int64 // of how much too early the sound comes, in 1/64 house samples
	seen int
	on   bool
}

// Limits in units of a second: where correction sets in and where it ends, and
// how fast it may be: 1/400 cannot be heard.
const (
	driftOn   = 500 // 2 ms
	driftOff  = 2000
	driftRate = 400
)

// note takes the distance of one frame: positive where the sound should come later.
func (d *drift) note(diff int64) {
	d.seen = min(d.seen+1, 64)
	d.mean += (diff*64 - d.mean) / int64(d.seen)
}

// stretch makes a stretch of sound a little longer or shorter while the drift is
// beyond its limit. Moved is the number of samples added.
func (d *drift) stretch(l, r []float32, rate int64) (sl, sr []float32, moved int64) {
	m := abs(d.mean) / 64
	switch {
	case d.seen >= 64 && m > uint64(rate/driftOn):
		d.on = true
	case m < uint64(rate/driftOff):
		d.on = false
	}
	n := int64(len(l))
	if !d.on || n < driftRate {
		return l, r, 0
	}
	moved = n / driftRate
	if d.mean < 0 {
		moved = -moved
	}
	d.mean -= moved * 64
	return resize(l, int(n+moved)), resize(r, int(n+moved)), moved
}

// resize makes n samples of s. The first and the last stay where they are.
func resize(s []float32, n int) []float32 {
	out := make([]float32, n)
	at := func(i int) float32 { return s[min(max(i, 0), len(s)-1)] }
	for i := range out {
		// Position in s, in whole samples and a part.
		p := float64(i) * float64(len(s)-1) / float64(n-1)
		j := int(p)
		t := float32(p - float64(j))
		a, b, c, d := at(j-1), at(j), at(j+1), at(j+2)
		// Catmull-Rom: through the samples, smooth between them.
		out[i] = b + t/2*(c-a+t*(2*a-5*b+4*c-d+t*(3*(b-c)+d-a)))
	}
	return out
}
