package main_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/cmd/internal/airtest"
)

// aacFrame is what sound may be off in what Ant Media Server records: less than a
// frame of AAC. In its HLS a whole one may be missing at the start, which shifts it
// by up to 23.2 ms, beside the 3 ms that clips of other rates are off by nature.
const (
	aacFrame = 22 * time.Millisecond
	hlsOff   = 26 * time.Millisecond
)

// mixed are ten clips: of the house's format, of other rates, sizes, codecs, with
// mono and 5.1 sound, and with timestamps that do not begin at 0.
var mixed = []airtest.Kind{
	airtest.Plain1, airtest.NTSC, airtest.Film, airtest.Plain2, airtest.VFR, airtest.Mono, airtest.Plain3,
	airtest.Surround, airtest.Offset, airtest.HEVC,
}

// The ten clips, round and round, as Ant Media Server's viewers see them and as it
// records them.
func TestAMSRow1TenClips(t *testing.T) {
	t.Parallel()
	ams := airtest.SharedAMS(t)
	ams.Create("row1", map[string]any{"mp4Enabled": 1})
	clips := airtest.Clips(t, mixed...)
	length := time.Minute
	if airtest.Soak() {
		length = 10 * time.Minute
	}
	m := airtest.Watch()
	ch := airtest.Airloom(t, airtest.Setup{Output: ams.URL("row1"), Items: airtest.Items(clips...)})
	airtest.Eventually(t, 20*time.Second, "the server says broadcasting", func() bool {
		b, _ := ams.Broadcast("row1")
		return b.Status == "broadcasting"
	})
	airtest.Judge(t, "broadcasting after the start of the process", time.Since(ch.Started), 12*time.Second, m.Others())
	v := airtest.View(t, ams.HLS("row1"))
	began, updated := time.Now(), int64(0)
	var speeds []float64
	for time.Since(began) < length {
		airtest.Stay(t, 5*time.Second, func() string { return ended(ch) })
		b, ok := ams.Broadcast("row1")
		if !ok || b.UpdateTime == updated || b.Speed == 0 {
			continue
		}
		speeds, updated = append(speeds, b.Speed), b.UpdateTime
		require.Equal(t, []any{"broadcasting", 320, 180}, []any{b.Status, b.Width, b.Height})
	}
	v.Stop()
	others := m.Others()
	status := lastStatus(t, ch)
	excuse := airtest.ExcuseOf(status, others)
	_, code := ch.Stop()
	require.Zero(t, code)
	t.Logf("speeds %v; others took %.0f %% of the machine; %d ticks held, %d pictures skipped", speeds, 100*others,
		status.Encoder.HeldTicks, status.Encoder.SkippedTicks)
	require.GreaterOrEqual(t, len(speeds), int(length/(15*time.Second)), "the server has told its speed")
	airtest.Judged(t, others, func(t testing.TB) {
		for _, s := range speeds {
			require.InDelta(t, 1, s, 0.02, "speed, as the server sees it")
		}
	})
	viewedWell(t, v, clips, excuse, length-10*time.Second)
	recordedWell(t, ams, clips, excuse, length)
}

// viewedWell judges what the viewer got: one piece, no gap, no error, every join.
func viewedWell(t *testing.T, v *airtest.Viewer, clips []airtest.Clip, excuse airtest.Excuse, length time.Duration) {
	t.Helper()
	require.Empty(t, v.Faults(), "what the viewer met")
	require.Zero(t, v.Ends(), "the playlist never says that the stream has ended")
	require.Len(t, v.Pieces(), 1, "one session is one piece")
	r := airtest.AnalyseFile(t, v.Pieces()[0], clips, airtest.DefaultHouse)
	r.Excuse = excuse
	sums := r.Sums()
	t.Logf("HLS: %d segments, %d pictures, %d beeps from %v to %v", len(v.Segments()), len(r.Pictures), sums.Beeps, sums.FitMin, sums.FitMax)
	require.Greater(t, len(r.Pictures)+int(excuse.Skipped), int(length/(40*time.Millisecond)))
	r.RequireWhole(t)
	r.RequireOrder(t, clips)
	r.RequireJoins(t)
	r.RequireSound(t)
	r.RequireTogether(t, hlsOff, len(r.Runs))
}

// recordedWell judges the file that the server recorded.
func recordedWell(t *testing.T, ams *airtest.AntMedia, clips []airtest.Clip, excuse airtest.Excuse, length time.Duration) {
	t.Helper()
	airtest.Eventually(t, 20*time.Second, "the recording is there", func() bool { return len(ams.Recordings("row1")) > 0 })
	require.Len(t, ams.Recordings("row1"), 1, "one session, one recording")
	r := airtest.AnalyseFile(t, ams.Recordings("row1")[0], clips, airtest.DefaultHouse)
	r.Excuse = excuse
	sums := r.Sums()
	t.Logf("MP4: %d pictures, %d beeps from %v to %v", len(r.Pictures), sums.Beeps, sums.FitMin, sums.FitMax)
	require.Greater(t, len(r.Pictures)+int(excuse.Skipped), int(length/(40*time.Millisecond)))
	r.RequireWhole(t)
	r.RequireOrder(t, clips)
	r.RequireJoins(t)
	r.RequireSound(t)
	r.RequireTogether(t, aacFrame, len(r.Runs))
}
