package still

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/jpeg"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"airloom/playout/worker"
)

// The test's program is its own child.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "still-worker" {
		os.Exit(Main())
	}
	if len(os.Args) > 1 && os.Args[1] == "hangs" {
		os.Exit(worker.Serve(func([]byte) (any, []byte) { select {} }))
	}
	goleak.VerifyTestMain(m)
}

// film makes a film of grey pictures; light says how bright each is, from its
// number N and time T.
func film(t *testing.T, path, size, light string, seconds int, more ...string) {
	t.Helper()
	args := []string{"-v", "error", "-f", "lavfi", "-i", fmt.Sprintf("nullsrc=s=%s:r=25:d=%d,format=yuv420p,geq=lum='%s':cb=128:cr=128", size, seconds, light)}
	args = append(append(args, more...), "-c:v", "libx264", "-preset", "veryfast", "-qp", "4", "-g", "50", "-bf", "2", "-y", path)
	out, err := exec.Command("ffmpeg", args...).CombinedOutput()
	require.NoError(t, err, string(out))
}

func maker(t *testing.T, o Options) *Maker {
	m := New(o)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = m.Run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-done
	})
	return m
}

func fileOf(t *testing.T, root, name string) File {
	info, err := os.Stat(filepath.Join(root, name))
	require.NoError(t, err)
	return File{name, info.Size(), info.ModTime()}
}

func decoded(t *testing.T, data []byte) image.Image {
	t.Helper()
	img, err := jpeg.Decode(bytes.NewReader(data))
	require.NoError(t, err)
	return img
}

// light is how bright a picture is in its middle, from 0 to 255.
func light(img image.Image, x, y int) int {
	r, g, b, _ := img.At(x, y).RGBA()
	return int(r+g+b) / 3 >> 8
}

// full is a luma of the film as it is to be seen.
func full(luma int) int { return (luma - 16) * 255 / 219 }

func TestThumbnailsAndStrips(t *testing.T) {
	root, kept := t.TempDir(), filepath.Join(t.TempDir(), "stills")
	film(t, filepath.Join(root, "grey.mp4"), "320x180", "16+8*mod(N\\,25)", 8)
	m := maker(t, Options{Root: root, Dir: kept})
	f := fileOf(t, root, "grey.mp4")
	ctx := t.Context()

	for _, n := range []int{0, 7, 60, 199} { // each picture by its very number
		data, err := m.Thumbnail(ctx, f, time.Duration(n)*40*time.Millisecond, 160)
		require.NoError(t, err)
		img := decoded(t, data)
		require.Equal(t, image.Rect(0, 0, 160, 90), img.Bounds())
		require.InDelta(t, full(16+8*(n%25)), light(img, 80, 45), 4, "picture %d", n)
	}
	data, err := m.Thumbnail(ctx, f, -1, 320)
	require.NoError(t, err)
	require.Equal(t, image.Rect(0, 0, 320, 180), decoded(t, data).Bounds())

	// Four seconds in eight pictures: each half a second, at its middle.
	data, err = m.Strip(ctx, f, 2*time.Second, 6*time.Second, 8, 90)
	require.NoError(t, err)
	img := decoded(t, data)
	require.Equal(t, image.Rect(0, 0, 8*160, 90), img.Bounds())
	for i := range 8 {
		n := 50 + int(math.Round(12.5*float64(i)+6.25))
		require.InDelta(t, full(16+8*(n%25)), light(img, 160*i+80, 45), 4, "picture %d", n)
	}
	// Beyond the end there is the last that can be had.
	data, err = m.Thumbnail(ctx, f, time.Hour, 160)
	require.NoError(t, err)
	require.NotEmpty(t, data)

	entries, err := os.ReadDir(kept)
	require.NoError(t, err)
	require.Len(t, entries, 7)
	require.NoError(t, os.Remove(filepath.Join(root, "grey.mp4")))
	again, err := m.Thumbnail(ctx, f, 0, 160) // kept: the file is not needed
	require.NoError(t, err)
	require.NotEmpty(t, again)
}

// Far apart, pictures are taken at keyframes: an hour costs what a minute does.
func TestStripOfLongFilm(t *testing.T) {
	root := t.TempDir()
	film(t, filepath.Join(root, "long.mp4"), "64x36", "16+2*floor(T)", 90)
	m := maker(t, Options{Root: root})
	data, err := m.Strip(t.Context(), fileOf(t, root, "long.mp4"), 0, 90*time.Second, 10, 36)
	require.NoError(t, err)
	img := decoded(t, data)
	for i := range 10 {
		at := 9*i + 4 // keyframes come each two seconds: the one before
		require.InDelta(t, full(16+2*at), light(img, 64*i+32, 18), 8, "picture %d", i)
	}
}

func TestShapes(t *testing.T) {
	root := t.TempDir()
	film(t, filepath.Join(root, "tall.mp4"), "90x160", "126", 1)
	film(t, filepath.Join(root, "wide pixels.mp4"), "180x180", "126", 1, "-vf", "setsar=16/9")
	out, err := exec.Command("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "sine=d=2", "-y", filepath.Join(root, "tone.wav")).CombinedOutput()
	require.NoError(t, err, string(out))
	out, err = exec.Command("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "color=red:s=400x100", "-frames:v", "1", "-y", filepath.Join(root, "card.png")).CombinedOutput()
	require.NoError(t, err, string(out))
	m := maker(t, Options{Root: root})
	for name, want := range map[string]image.Point{
		"tall.mp4": {160, 284}, "wide pixels.mp4": {160, 90}, "tone.wav": {160, 90}, "card.png": {160, 40},
	} {
		data, err := m.Thumbnail(t.Context(), fileOf(t, root, name), -1, 160)
		require.NoError(t, err, name)
		require.Equal(t, want, decoded(t, data).Bounds().Max, name)
	}
	data, err := m.Thumbnail(t.Context(), fileOf(t, root, "card.png"), -1, 160)
	require.NoError(t, err)
	r, g, b, _ := decoded(t, data).At(80, 20).RGBA()
	require.Greater(t, r>>8, uint32(240))
	require.Less(t, g>>8+b>>8, uint32(40))
}

// What cannot be shown says so, and is not tried again at once.
func TestNoPicture(t *testing.T) {
	root := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(root, "bad.mp4"), []byte("this is no film"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(t.TempDir(), "out.mp4"), nil, 0o600))
	m := maker(t, Options{Root: root})
	_, err := m.Thumbnail(t.Context(), fileOf(t, root, "bad.mp4"), -1, 160)
	require.ErrorContains(t, err, "bad.mp4 is not media that can be played")
	_, err = m.Thumbnail(t.Context(), File{Path: "none.mp4"}, -1, 160)
	require.ErrorContains(t, err, "is not there")
	_, err = m.Thumbnail(t.Context(), File{Path: "../../../../etc/passwd"}, -1, 160)
	require.Error(t, err)
	_, err = m.Strip(t.Context(), File{Path: "bad.mp4"}, 0, time.Second, 1000, 90)
	require.ErrorContains(t, err, "1000 pictures")
}

func TestTooMany(t *testing.T) {
	root := t.TempDir()
	film(t, filepath.Join(root, "grey.mp4"), "320x180", "126", 2)
	m := maker(t, Options{Root: root, children: 1, waiting: 3})
	f := fileOf(t, root, "grey.mp4")
	var all sync.WaitGroup
	errs := make([]error, 12)
	for i := range errs {
		all.Go(func() { _, errs[i] = m.Thumbnail(t.Context(), f, time.Duration(i/2)*100*time.Millisecond, 160) })
	}
	all.Wait()
	busy := 0
	for _, err := range errs {
		if err != nil {
			require.ErrorIs(t, err, ErrBusy)
			busy++
		}
	}
	require.Positive(t, busy)
	require.LessOrEqual(t, busy, 6) // three different ones were made, each for both who asked
}

func TestCheck(t *testing.T) {
	dir := t.TempDir()
	film(t, filepath.Join(dir, "good.mp4"), "320x180", "126", 12, "-movflags", "+faststart")
	whole, err := os.ReadFile(filepath.Join(dir, "good.mp4"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "cut.mp4"), whole[:len(whole)*2/3], 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "text.mp4"), []byte("words"), 0o600))
	m := maker(t, Options{Root: t.TempDir(), Uploads: dir})
	warning, err := m.Check(t.Context(), "good.mp4")
	require.NoError(t, err)
	require.Empty(t, warning)
	warning, err = m.Check(t.Context(), "cut.mp4")
	require.NoError(t, err)
	require.NotEmpty(t, warning)
	_, err = m.Check(t.Context(), "text.mp4")
	require.ErrorContains(t, err, "not media")
}

// All checks are asked of one [worker.Help], which counts the children that hang.
func TestCheckHangs(t *testing.T) {
	m := maker(t, Options{Root: t.TempDir(), Uploads: t.TempDir(), Args: []string{"hangs"}, checkedIn: 100 * time.Millisecond})
	for range 2 {
		_, err := m.Check(t.Context(), "x.mp4")
		require.ErrorIs(t, err, worker.ErrHung)
	}
	require.Contains(t, m.hands, m.checker)
}

// On disk there is no more than was allowed; what was used last stays.
func TestKeepIsBounded(t *testing.T) {
	dir := t.TempDir()
	k := newKeep(dir, 10_000)
	for i := range 30 {
		k.write(fmt.Sprintf("%02d.jpg", i), make([]byte, 1000))
		require.NotNil(t, k.read("00.jpg"))
	}
	require.LessOrEqual(t, k.size, int64(10_000))
	require.Nil(t, k.read("05.jpg"))
	require.NotNil(t, k.read("29.jpg"))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "x.jpg.new"), []byte("half"), 0o600))
	k = newKeep(dir, 10_000) // another process
	require.NotNil(t, k.read("29.jpg"))
	require.LessOrEqual(t, k.size, int64(10_000))
	_, err := os.Stat(filepath.Join(dir, "x.jpg.new"))
	require.ErrorIs(t, err, os.ErrNotExist)
}
