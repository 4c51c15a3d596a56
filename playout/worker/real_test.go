package worker

import (
	"context"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"airloom/playout/cliptest"
	"airloom/playout/media"
)

var hd = media.House{Width: 1280, Height: 720, FPS: media.Rational{Num: 25, Den: 1}, SampleRate: 44100, Fit: media.FitPad}

// realClip makes a clip of 50 ticks for a house format and says how to open it.
func realClip(t testing.TB, h media.House) media.Spec {
	t.Helper()
	program, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("needs the ffmpeg program to make a clip")
	}
	root := t.TempDir()
	file := filepath.Join(root, "clip.mp4")
	out, err := exec.Command(program, "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=1280x720:r=25:d=2", "-f", "lavfi", "-i", "sine=f=1000:d=2:r=44100",
		"-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-c:a", "aac", "-ac", "2", file).CombinedOutput()
	require.NoError(t, err, string(out))
	return media.Spec{Source: file, Root: root}
}

// The real reader works behind the fences, and honours the contract.
func TestRealClip(t *testing.T) {
	spec := realClip(t, hd)
	op := opener(t, Options{House: hd})
	cliptest.Run(t, cliptest.Case{
		House:  hd,
		Ticks:  50,
		Open:   func(t testing.TB, at media.Start) cliptest.Clip { return op.Open(context.Background(), spec, at) },
		Settle: func(t testing.TB) { settled(t, op) },
	})
	require.Zero(t, op.Stats().Crashes)
}

func TestRealFaults(t *testing.T) {
	spec := realClip(t, hd)
	op := opener(t, Options{House: hd})
	for source, kind := range map[string]media.FaultKind{
		filepath.Join(spec.Root, "nothing.mp4"): media.FaultMissing,
		spec.Root:                               media.FaultUnreadable,
		"/etc/passwd":                           media.FaultUnreadable,
	} {
		_, err := cliptest.Next(t, op.Open(context.Background(), media.Spec{Source: source, Root: spec.Root}, media.Start{}))
		require.Equal(t, kind, media.KindOf(err), "%s: %v", source, err)
		t.Log(err)
	}
}

// BenchmarkOpenReal is the time from Open to the first tick of a file, 720p.
func BenchmarkOpenReal(b *testing.B) {
	spec := realClip(b, hd)
	op := NewOpener(Options{House: hd})
	defer op.Close()
	for range b.N {
		c := op.Open(context.Background(), spec, media.Start{})
		takeOne(b, c)
		require.NoError(b, c.Close())
	}
}
