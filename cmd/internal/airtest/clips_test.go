package airtest

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// Every clip can be made, and is small.
func TestClips(t *testing.T) {
	for _, c := range Clips(t, append(append([]Kind{Second1, Second2, HD1, HD2, HDSecond1, HDSecond2}, All...), Bad...)...) {
		st, err := os.Stat(c.Path)
		if c.Kind == Missing {
			require.Error(t, err)
			continue
		}
		require.NoError(t, err, c.Kind)
		require.Less(t, st.Size(), int64(40<<20), c.Kind)
		t.Logf("%-12s %7d KB  %d ticks", c.Kind, st.Size()>>10, c.Ticks(DefaultHouse))
	}
}
