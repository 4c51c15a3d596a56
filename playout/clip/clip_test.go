package clip

import (
	"testing"

	"github.com/stretchr/testify/require"

	"airloom/playout/media"
)

func TestPlainClip(t *testing.T) {
	f := made{frames: 100, rate: 44100}.file(t)
	h := read(t, media.Spec{Source: f}, 0, house, whole)
	ended(t, h)
	require.Equal(t, count(100), h.numbers)
	off := h.offsets(house)
	require.Len(t, off, 4)
	for _, o := range off {
		require.InDelta(t, 0, o, 0.2, "%v", off)
	}
}
