package clip

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Segments of a second by a clock of its own, for three hours: the cushion stays as it
// was, also where it was a small one.
func TestSegmentsOfAnotherClock(t *testing.T) {
	const tick, hours = 40_000, 3
	for _, ppm := range []int64{500, -500, 0} {
		for _, had := range []int64{300_000, 500_000, 2 * second} {
			l := &live{steer: newSteer(true)}
			l.tempo.anchor(-second-had, 0) // as a segment comes, `had` is left
			dry, least, most := 0, int64(1<<62), int64(-1<<62)
			for k := range int64(hours * 3600 * 25) {
				h := k * tick
				newest := h * (1e6 + ppm) / 1e6 / second * second
				if newest < l.tempo.source(h+tick) {
					dry++
				}
				l.keep(h, h+tick, newest, func(pos int64) int64 { return pos })
				if k > 600*25 {
					delay := h*(1e6+ppm)/1e6 - l.tempo.source(h)
					least, most = min(least, delay), max(most, delay)
				}
			}
			t.Logf("%+d ppm, %d ms: %d dry, delay %d to %d ms", ppm, had/1000, dry, least/1000, most/1000)
			require.Zero(t, dry, "%+d ppm, %d ms", ppm, had/1000)
			require.Less(t, most-least, int64(250_000), "%+d ppm, %d ms: delay moves", ppm, had/1000)
		}
	}
}
