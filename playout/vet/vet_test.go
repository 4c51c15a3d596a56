package vet

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/asticode/go-astiav"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"airloom/playout/media"
	"airloom/playout/worker"
)

// The test's program is its own child.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "vet-worker":
			os.Exit(Main())
		case "hangs":
			os.Exit(worker.Serve(func([]byte) (any, []byte) { select {} }))
		case "dies":
			os.Exit(worker.Serve(func([]byte) (any, []byte) { os.Exit(7); return nil, nil }))
		}
	}
	goleak.VerifyTestMain(m)
}

var house = media.House{Width: 320, Height: 180, FPS: media.Rational{Num: 25, Den: 1}, SampleRate: 44100, Fit: media.FitPad}

// made has ffmpeg make a file of a moving picture, and of a tone where there is one.
func made(t *testing.T, path string, seconds, tone string, more ...string) {
	t.Helper()
	args := []string{"-v", "error", "-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=" + seconds}
	if tone != "" {
		args = append(args, "-f", "lavfi", "-i", "sine=d="+seconds)
	}
	args = append(append(args, "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac"), more...)
	out, err := exec.Command("ffmpeg", append(args, "-y", path)...).CombinedOutput()
	require.NoError(t, err, string(out))
}

// cut leaves a file this share of what it was.
func cut(t *testing.T, path string, share float64) {
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.NoError(t, os.Truncate(path, int64(share*float64(info.Size()))))
}

func looked(t *testing.T, o Options, paths ...string) map[string][]Remark {
	o.House = house
	v := New(o)
	defer v.Close()
	found := map[string][]Remark{}
	require.Equal(t, len(paths), v.All(t.Context(), paths, func(path string, list []Remark) { found[path] = list }))
	return found
}

// Each flaw is found in the file that has it, and none in one that is well.
func TestFlaws(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	made(t, at("good.mp4"), "6", "yes", "-g", "50")
	made(t, at("mute.mp4"), "6", "", "-g", "50")
	made(t, at("varied.mkv"), "6", "yes", "-g", "50", "-vf", "select='not(mod(n,7)*mod(n,3))'", "-fps_mode", "vfr")
	made(t, at("long.mp4"), "14", "yes", "-g", "1000", "-keyint_min", "1000", "-sc_threshold", "0")
	made(t, at("cut.mkv"), "20", "yes", "-g", "50")
	cut(t, at("cut.mkv"), 0.6)
	made(t, at("cut.mp4"), "6", "yes")
	cut(t, at("cut.mp4"), 0.6) // its index is gone with its end
	require.NoError(t, os.WriteFile(at("text.mp4"), []byte(strings.Repeat("no film\n", 100)), 0o644))
	found := looked(t, Options{Root: dir, Children: 2}, "good.mp4", "mute.mp4", "varied.mkv", "long.mp4", "cut.mkv", "cut.mp4", "text.mp4", "gone.mp4")
	flaws := map[string][]Flaw{}
	for path, list := range found {
		for _, r := range list {
			flaws[path] = append(flaws[path], r.Flaw)
		}
	}
	require.Empty(t, flaws["good.mp4"], "%v", found["good.mp4"])
	require.Equal(t, []Flaw{NoSound}, flaws["mute.mp4"])
	require.Equal(t, []Flaw{VariedRate}, flaws["varied.mkv"], "%v", found["varied.mkv"])
	require.Equal(t, []Flaw{Keyframes}, flaws["long.mp4"], "%v", found["long.mp4"])
	require.Equal(t, []Flaw{BrokenTail}, flaws["cut.mkv"], "%v", found["cut.mkv"])
	require.Equal(t, []Flaw{CannotPlay}, flaws["cut.mp4"], "%v", found["cut.mp4"])
	require.Equal(t, []Flaw{CannotPlay}, flaws["text.mp4"], "%v", found["text.mp4"])
	require.Equal(t, []Flaw{Unreadable}, flaws["gone.mp4"], "%v", found["gone.mp4"])
	t.Log(found)

	heavy := looked(t, Options{Root: dir, Cores: 1e-6}, "good.mp4")["good.mp4"]
	require.Len(t, heavy, 1)
	require.Equal(t, TooHeavy, heavy[0].Flaw)
	require.Contains(t, heavy[0].Detail, "320x180 h264 takes ")

	out, err := exec.Command("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "sine=d=6", "-y", at("sound.m4a")).CombinedOutput()
	require.NoError(t, err, string(out))
	require.Empty(t, looked(t, Options{Root: dir}, "sound.m4a")["sound.m4a"])
	heavy = looked(t, Options{Root: dir, Cores: 1e-6}, "sound.m4a")["sound.m4a"]
	require.Len(t, heavy, 1)
	require.Equal(t, TooHeavy, heavy[0].Flaw, "%v", heavy)
	require.Contains(t, heavy[0].Detail, "aac takes ")
}

// Times are whole numbers all the way: a pair late in a long stream is as far apart as
// one at its beginning.
func TestTimesAreExact(t *testing.T) {
	for _, c := range []struct {
		ts       int64
		num, den int
		want     time.Duration
	}{
		{1, 1, 90000, 11111}, {3600, 1, 90000, 40 * time.Millisecond}, {-3600, 1, 90000, -40 * time.Millisecond},
		{1<<33 - 1, 1, 90000, 95443717677778}, {1001, 1, 30000, 33366667},
		{9_007_199_254_740_993, 1, 1_000_000_000, 9_007_199_254_740_993}, // more than a float64 can tell
	} {
		require.Equal(t, c.want, timeOf(c.ts, astiav.NewRational(c.num, c.den)), "%+v", c)
	}
}

// What hangs or dies costs its time and its child, and the next file is looked at.
func TestBadChildren(t *testing.T) {
	dir := t.TempDir()
	found := looked(t, Options{Root: dir, Args: []string{"hangs"}, within: 200 * time.Millisecond}, "a", "b")
	require.Equal(t, []Remark{{Unreadable, "its storage does not answer"}}, found["b"])
	found = looked(t, Options{Root: dir, Args: []string{"dies"}}, "a", "b")
	require.Equal(t, []Remark{{CannotPlay, "it crashes the decoder: exit status 7"}}, found["b"])

	v := New(Options{House: house, Root: dir, Args: []string{"hangs"}})
	defer v.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	require.Zero(t, v.All(ctx, []string{"a", "b", "c"}, func(string, []Remark) { t.Error("nothing is known") }))
}
