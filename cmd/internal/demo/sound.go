package demo

import "math"

const rate = 44100

// sound is a clip's sound, one slice a channel: a quiet chord, and each second,
// in time with the dial, a plucked tone of it.
func (s scene) sound() [2][]float32 {
	n := s.seconds * rate
	out := [2][]float32{make([]float32, n), make([]float32, n)}
	s.chordTo(out)
	for second := range s.seconds {
		// Up the chord and down again, an octave above it.
		top := len(s.chord) - 1
		i := second % (2 * top)
		if i > top {
			i = 2*top - i
		}
		side := 0.5 + 0.3*math.Sin(float64(second)*2.1)
		pluck(out, second*rate, 2*s.chord[i], side)
	}
	fade(out)
	return out
}

// chordTo adds the chord, each tone swelling at a pace of its own.
func (s scene) chordTo(out [2][]float32) {
	for i, hz := range s.chord {
		level := 0.052 / (1 + 0.25*float64(i))
		pace := 0.11 + 0.037*float64(i)
		for k := range out[0] {
			t := float64(k) / rate
			v := min(1, 3*t) * level * (0.75 + 0.25*math.Sin(2*math.Pi*pace*t+float64(i))) * math.Sin(2*math.Pi*hz*t)
			lean := 0.5 + 0.35*math.Sin(float64(i)*1.7)
			out[0][k] += float32(v * lean)
			out[1][k] += float32(v * (1 - lean))
		}
	}
}

// pluck adds a tone that begins at the sample and dies away, with a soft tick
// at its very beginning. side is 0 for left and 1 for right.
func pluck(out [2][]float32, at int, hz, side float64) {
	for k := at; k < min(at+2*rate, len(out[0])); k++ {
		t := float64(k-at) / rate
		attack := min(1, t/0.002)
		v := 0.0
		for h := 1.0; h <= 4; h++ {
			v += math.Exp(-t*(2.2+1.6*h)) / (h * h) * math.Sin(2*math.Pi*hz*h*t)
		}
		v = attack * (0.27*v + 0.07*math.Exp(-t/0.006)*math.Sin(2*math.Pi*2400*t))
		out[0][k] += float32(v * (1 - side))
		out[1][k] += float32(v * side)
	}
}

// fade keeps the clip's ends from clicking where it is cut to the next.
func fade(out [2][]float32) {
	const end = rate / 12
	for c := range out {
		n := len(out[c])
		for k := range end {
			out[c][n-1-k] *= float32(k) / end
		}
	}
}
