package airtest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/playout/media"
)

// The clips themselves, as the ffmpeg program decodes them: each picture once,
// sound and picture together. What is off here would be blamed on airloom.
func TestSources(t *testing.T) {
	for _, c := range Clips(t, Plain1, NTSC, Film, P50, Interlaced, NoSound, VFR, Rotated, Mono, Surround, ShortSound,
		LongSound, Offset, AV1, HEVC, ProRes, DNxHD, GIF, HDSecond1) {
		h := media.House{Width: int(360 * c.Shape), Height: 360, FPS: c.FPS}
		for _, r := range recipes() {
			if r.Kind == c.Kind {
				h.SampleRate = r.Rate
			}
		}
		r, err := analyse(t, c.Path, []Clip{c}, h, nil)
		require.NoError(t, err, c.Kind)
		require.Empty(t, r.Errors, c.Kind)
		require.Len(t, r.Runs, 1, "%s: %v", c.Kind, r.Runs)
		t.Log(r.Runs[0])
		run := r.Runs[0]
		require.Zero(t, run.Lost+run.Doubled+run.HeadLost+run.TailLost+run.HeadHold+run.TailHold+run.Unreadable, c.Kind)
		require.Zero(t, run.MissingBeeps+run.MissingFlashs, c.Kind)
		require.InDelta(t, 0, float64(mean(run.Fit)), float64(1500*time.Microsecond), c.Kind)
		if c.Sound > 0 {
			require.NotEmpty(t, run.Fit, c.Kind)
		}
	}
}
