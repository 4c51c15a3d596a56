package output

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var t0 = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func TestRefusalsClimbALadderThatEnds(t *testing.T) {
	r := Retry{}
	require.Zero(t, r.Wait(t0), "the first attempt is due at once")
	for i, want := range []time.Duration{250, 500, 1000, 1500, 1500, 1500} {
		r = r.Probing(t0).Failed(KindRefused, t0, 0)
		require.Equal(t, want*time.Millisecond, r.Wait(t0), "refusal %d", i+1)
		require.Equal(t, want*time.Millisecond-10*time.Millisecond, r.Wait(t0.Add(10*time.Millisecond)))
		require.Zero(t, r.Wait(t0.Add(time.Hour)))
	}
	require.InDelta(t, 1200, r.Failed(KindTLS, t0, 0.999).Wait(t0).Milliseconds(), 2, "a fifth less at most")
	require.Equal(t, 1500*time.Millisecond, r.Failed(KindName, t0, 0).Wait(t0))
}

// A probe starts every half second, whether the one before has failed, hangs or
// failed late, and a shut port makes earlier refusals history.
func TestProbesKeepTheirBeat(t *testing.T) {
	r := Retry{}.Failed(KindRefused, t0, 0).Failed(KindRefused, t0, 0).Probing(t0)
	require.Equal(t, probeEvery, r.Wait(t0))
	late := t0.Add(400 * time.Millisecond)
	r = r.Failed(KindUnreachable, late, 0.7)
	require.Equal(t, 100*time.Millisecond, r.Wait(late))
	require.Zero(t, r.Wait(t0.Add(time.Second)))
	require.Equal(t, 250*time.Millisecond, r.Failed(KindRefused, t0, 0).Wait(t0))
}

func TestSessionThatLivedIsSoughtAtOnce(t *testing.T) {
	r := Retry{}.Failed(KindRefused, t0, 0)
	require.Zero(t, r.Ended(3*time.Second, KindLost, t0, 0).Wait(t0))
	require.Equal(t, 500*time.Millisecond, r.Ended(time.Second, KindLost, t0, 0).Wait(t0))
}
