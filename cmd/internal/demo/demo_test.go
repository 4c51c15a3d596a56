package demo

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"airloom/playlist"
)

// short makes every scene one second long for the length of the test.
func short(t *testing.T) {
	t.Helper()
	whole := scenes
	scenes = append([]scene(nil), scenes...)
	for i := range scenes {
		scenes[i].seconds = 1
	}
	t.Cleanup(func() { scenes = whole })
}

func TestMake(t *testing.T) {
	short(t)
	dir := t.TempDir()
	var said []string
	path, err := Make(t.Context(), dir, func(s string) { said = append(said, s) })
	require.NoError(t, err)
	require.Len(t, said, len(scenes)+1)

	list, problems := playlist.Load(path, playlist.Options{Root: dir})
	require.Empty(t, problems)
	require.True(t, list.Loop)
	require.Len(t, list.Items, len(scenes)+1)
	for _, item := range list.Items {
		require.FileExists(t, filepath.Join(dir, item.Source))
	}
	left, err := filepath.Glob(filepath.Join(dir, ".*"))
	require.NoError(t, err)
	require.Empty(t, left)

	require.NoError(t, os.Remove(filepath.Join(dir, "tide.mp4")))
	said = nil
	_, err = Make(t.Context(), dir, func(s string) { said = append(said, s) })
	require.NoError(t, err)
	require.Equal(t, []string{"drawing clip 2 of 5: Tide, 1 seconds"}, said)
}

func TestMakeLeavesNothingHalf(t *testing.T) {
	short(t)
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	_, err := Make(ctx, dir, func(string) { cancel() })
	require.ErrorIs(t, err, context.Canceled)
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestMakeSaysWhere(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err := Make(t.Context(), filepath.Join(file, "demo"), nil)
	require.ErrorContains(t, err, "make the demo's clips")
	require.ErrorContains(t, err, file)
}

// TestToneAndDialAgree decodes a clip with another program and looks for the
// second's tone and the dial's light: both come with the second's first frame.
func TestToneAndDialAgree(t *testing.T) {
	s := scenes[3] // light background: the dial's middle turns dark
	s.seconds = 3
	path := filepath.Join(t.TempDir(), s.file)
	require.NoError(t, shoot(t.Context(), s, path))

	pictures := decode(t, path, "-f", "rawvideo", "-pix_fmt", "gray", "-vf", "crop=2:2:523:623")
	require.Equal(t, 4*s.seconds*fps, len(pictures))
	for n := range s.seconds * fps {
		dark := pictures[4*n] < 130
		require.Equal(t, n%fps < 5, dark, "frame %d: %d", n, pictures[4*n])
	}

	pcm := decode(t, path, "-f", "f32le", "-ac", "1")
	require.InDelta(t, 4*s.seconds*rate, len(pcm), 4*1024, "whole AAC frames")
	at := func(i int) float64 { return float64(math.Float32frombits(binary.LittleEndian.Uint32(pcm[4*i:]))) }
	for second := 1; second < s.seconds; second++ {
		// The tick is high, the tones are low: the curve bends most at the tick.
		sharpest, bend := 0, 0.0
		for i := second*rate - rate/4; i < second*rate+rate/4; i++ {
			if b := math.Abs(at(i-1) - 2*at(i) + at(i+1)); b > bend {
				sharpest, bend = i, b
			}
		}
		require.InDelta(t, second*rate, sharpest, 0.006*rate, "second %d", second)
	}
	for i := range s.seconds * rate {
		require.Less(t, math.Abs(at(i)), 0.5)
	}
}

func decode(t *testing.T, path string, how ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "ffmpeg", append([]string{"-v", "error", "-i", path}, append(how, "-")...)...)
	out, err := cmd.Output()
	require.NoError(t, err)
	return out
}

func TestSilentClipHasNoSoundTrack(t *testing.T) {
	s := scenes[4]
	require.Empty(t, s.chord)
	s.seconds = 1
	path := filepath.Join(t.TempDir(), s.file)
	require.NoError(t, shoot(t.Context(), s, path))
	out, err := exec.CommandContext(t.Context(), "ffprobe", "-v", "error", "-show_entries", "stream=codec_type,nb_frames,duration", "-of", "csv=p=0", path).Output()
	require.NoError(t, err)
	require.Equal(t, "video,1.000000,25\n", string(out))
}

// TestVersion: who changes what is drawn or played must raise the version, or
// those who have run the demo before go on seeing the old clips.
func TestVersion(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("the last bit of a sine differs between processors")
	}
	h := sha256.New()
	put := func(c *canvas) { _, _ = h.Write(c.y); _, _ = h.Write(c.u); _, _ = h.Write(c.v) }
	put(card())
	for _, s := range scenes {
		c := newCanvas()
		s.still(c)
		s.move(c, 2.12)
		newOverlay(s.ink, s.title, s.line).draw(c, 53)
		put(c)
		s.seconds = 1
		if len(s.chord) > 0 {
			sound := s.sound()
			require.NoError(t, binary.Write(h, binary.LittleEndian, sound[0][:rate/10]))
		}
		_, _ = h.Write([]byte(s.file))
	}
	_, _ = h.Write([]byte(demoPlaylist))
	require.Equal(t, madeBy[version], hex.EncodeToString(h.Sum(nil)[:8]), "raise version, and note its sum here")
}

var madeBy = map[string]string{"1": "e9a58df4780a87b9"}
