package configs

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// The level that people know to be needed for a picture, and the one above it
// and below it.
func TestLevels(t *testing.T) {
	for _, c := range []struct {
		size, fps, level string
	}{
		{"width: 720, height: 576", "25", "3"},
		{"width: 1280, height: 720", "30", "3.1"},
		{"width: 1280, height: 720", "60", "3.2"},
		{"width: 1920, height: 1080", "30", "4"},
		{"width: 1920, height: 1080", "59.94", "4.2"},
		{"width: 3840, height: 2160", "25", "5.1"},
		{"width: 3840, height: 2160", "60", "5.2"},
		{"width: 320, height: 180", "25", "1.2"},
		{"width: 4096, height: 160", "25", "4"}, // small, but 256 macroblocks wide
	} {
		for i, l := range levels {
			text := fmt.Sprintf("house: {%s, fps: %s}\nencoder: {video: {level: %q, maxrate: 100k, bufsize: 100k}}\noutput: {url: \"rtmp://a/b/c\"}\n", c.size, c.fps, l.name)
			_, ps := Parse("a.yml", []byte(text))
			if enough := i >= rank(c.level) && l.name != "1b"; enough {
				require.NoError(t, ps.Err(), "%v at level %s", c, l.name)
			} else {
				require.ErrorContains(t, ps.Err(), fmt.Sprintf("write encoder.video.level: %q", c.level), "%v at level %s", c, l.name)
			}
		}
	}
}

func rank(name string) int {
	for i, l := range levels {
		if l.name == name {
			return i
		}
	}
	return -1
}

// High takes a quarter more than the others.
func TestHighTakesMore(t *testing.T) {
	for profile, fits := range map[string]bool{"baseline": false, "main": false, "high": true} {
		text := "encoder: {video: {profile: " + profile + ", maxrate: 17500k, bufsize: 17500k}}\noutput: {url: \"rtmp://a/b/c\"}\n"
		_, ps := Parse("a.yml", []byte(text))
		require.Equal(t, fits, ps.Err() == nil, "%s: %v", profile, ps)
	}
}
