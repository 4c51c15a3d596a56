package clip

import "math"

// gainOf turns decibels into a factor.
func gainOf(db float64) float32 {
	if db == 0 {
		return 1
	}
	return float32(math.Pow(10, db/20))
}

// knee is where the limiter begins to bend, at -1 dB: below it not a bit changes.
const knee = 0.891

// amplify applies the gain and, where asked to, holds what would clip below full
// scale. The curve has no memory: a sample sounds the same wherever reading began.
func amplify(s []float32, gain float32, limit bool) {
	if gain != 1 {
		for i := range s {
			s[i] *= gain
		}
	}
	if !limit {
		return
	}
	for i, v := range s {
		if v > knee || v < -knee {
			s[i] = bend(v)
		}
	}
}

func bend(v float32) float32 {
	over := (math.Abs(float64(v)) - knee) / (1 - knee)
	return float32(math.Copysign(knee+(1-knee)*math.Tanh(over), float64(v)))
}
