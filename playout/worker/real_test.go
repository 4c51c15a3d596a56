package worker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"airloom/playout/cliptest"
	"airloom/playout/media"
)

var (
	sd = media.House{Width: 320, Height: 180, FPS: media.Rational{Num: 25, Den: 1}, SampleRate: 44100, Fit: media.FitPad}
	hd = media.House{Width: 1280, Height: 720, FPS: media.Rational{Num: 25, Den: 1}, SampleRate: 44100, Fit: media.FitPad}
)

// realClip makes a clip of 50 ticks for a house format and says how to open it.
func realClip(t testing.TB, h media.House) media.Spec {
	t.Helper()
	program, err := exec.LookPath("ffmpeg")
	if err != nil {
		lacking(t, "needs the ffmpeg program to make a clip: apt-get install ffmpeg")
	}
	root := t.TempDir()
	file := filepath.Join(root, "clip.mp4")
	out, err := exec.Command(program, "-v", "error", "-f", "lavfi", "-i", fmt.Sprintf("testsrc2=s=%dx%d:r=25:d=2", h.Width, h.Height), "-f", "lavfi", "-i", "sine=f=1000:d=2:r=44100",
		"-c:v", "libx264", "-preset", "veryfast", "-g", "25", "-pix_fmt", "yuv420p", "-c:a", "aac", "-ac", "2", file).CombinedOutput()
	require.NoError(t, err, string(out))
	return media.Spec{Source: file, Root: root}
}

// lacking ends a test that lacks what it needs. Under `make test`, which brings
// all of it (AIRLOOM_TOOLS is set), that is a failure.
func lacking(t testing.TB, words string) {
	t.Helper()
	if os.Getenv("AIRLOOM_TOOLS") != "" {
		t.Fatal(words)
	}
	t.Skip(words)
}

// The real reader works behind the fences, and honours the contract.
func TestRealClip(t *testing.T) {
	spec := realClip(t, sd)
	op := opener(t, Options{House: sd})
	cliptest.Run(t, cliptest.Case{
		House:  sd,
		Ticks:  50,
		Open:   func(t testing.TB, at media.Start) cliptest.Clip { return op.Open(context.Background(), spec, at) },
		Settle: func(t testing.TB) { settled(t, op) },
	})
	require.Zero(t, op.Stats().Crashes)
}

func TestRealFaults(t *testing.T) {
	spec := realClip(t, sd)
	op := opener(t, Options{House: sd})
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

// A source on a network needs more than a file: sockets, and the files by which
// names are resolved.
func TestRealClipOverHTTP(t *testing.T) {
	spec := realClip(t, sd)
	server := httptest.NewServer(http.FileServer(http.Dir(spec.Root)))
	defer server.Close()
	op := opener(t, Options{House: sd})
	url := strings.Replace(server.URL, "127.0.0.1", "localhost", 1) + "/clip.mp4"
	c := op.Open(context.Background(), media.Spec{Source: url}, media.Start{Tick: 20})
	for k := int64(20); k < 50; k++ {
		tick, err := cliptest.Next(t, c)
		require.NoError(t, err)
		require.Equal(t, k, tick.N)
		tick.Free()
	}
	_, err := cliptest.Next(t, c)
	require.ErrorIs(t, err, io.EOF)

	// The same, asked for as a file, has no network to ask.
	_, err = cliptest.Next(t, op.Open(context.Background(), media.Spec{Source: url, Root: spec.Root}, media.Start{}))
	require.Error(t, err)
	require.NotErrorIs(t, err, io.EOF)
	t.Log(err)
}

// A crash costs no tick: what was handed over is played, and the clip goes on
// with the next in another child.
func TestRealClipGoesOnAfterACrash(t *testing.T) {
	spec := realClip(t, sd)
	op := opener(t, Options{House: sd})
	at := media.Start{}
	for at.Tick < 50 {
		c := op.Open(context.Background(), spec, at)
		for first := true; ; first = false {
			tick, err := cliptest.Next(t, c)
			if err != nil {
				if !errors.Is(err, io.EOF) {
					require.Equal(t, media.FaultCrashed, media.KindOf(err), err)
				}
				break
			}
			if first && c.started() && at.Tick < 40 { // near its end it may be done before
				_ = unix.Kill(c.pid(t), unix.SIGKILL)
			}
			require.Equal(t, at.Tick, tick.N)
			at.Tick++
			tick.Free()
		}
	}
	require.Greater(t, op.Stats().Crashes, int64(1))
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
