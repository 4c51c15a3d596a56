package clip

import (
	"testing"

	"github.com/asticode/go-astiav"
	"github.com/stretchr/testify/require"
)

// Silence is told with how long it was waited for.
func TestSilenceIsToldAsItWas(t *testing.T) {
	for url, lasted := range map[string]string{"rtsp://x/y": "for 3s", "https://x/y.m3u8": "for 15s", "http://x/y.ts": "for 15s", "srt://x:1": "for 3s"} {
		s := &source{name: "x", url: url, watch: &watch{late: true}}
		require.ErrorContains(t, s.lost(astiav.ErrExit), lasted, url)
	}
}
