package slate

import (
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"airloom/playout/media"
	"airloom/playout/media/av"
)

var house = media.House{Width: 320, Height: 180, FPS: media.Rational{Num: 25, Den: 1}, SampleRate: 44100}

// alive fails the test unless every picture is gone at its end.
func alive(t *testing.T) {
	t.Helper()
	before := media.Live.Pictures.Load()
	t.Cleanup(func() { require.Equal(t, before, media.Live.Pictures.Load(), "pictures alive") })
}

// yuv is what stands in the picture at x, y.
func yuv(t *testing.T, p media.Picture, x, y int) [3]byte {
	t.Helper()
	f := p.(*av.Picture).Frame()
	require.Equal(t, house.Width, f.Width())
	require.Equal(t, house.Height, f.Height())
	flat := make([]byte, house.Width*house.Height*3/2)
	_, err := f.ImageCopyToBuffer(flat, 1)
	require.NoError(t, err)
	luma := house.Width * house.Height
	at := luma + y/2*house.Width/2 + x/2
	return [3]byte{flat[y*house.Width+x], flat[at], flat[at+luma/4]}
}

func near(t *testing.T, want, got [3]byte) {
	t.Helper()
	for i := range want {
		require.InDelta(t, want[i], got[i], 2, "Y, Cb, Cr: %v, want %v", got, want)
	}
}

// file writes an image with the encoder.
func file(t *testing.T, name string, img image.Image, encode func(io.Writer, image.Image) error) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	f, err := os.Create(path)
	require.NoError(t, err)
	require.NoError(t, encode(f, img))
	require.NoError(t, f.Close())
	return path
}

func plain(w, h int, c color.Color) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range w * h {
		img.Set(i%w, i/w, c)
	}
	return img
}

var (
	black = [3]byte{16, 128, 128}
	red   = [3]byte{63, 102, 240} // BT.709, limited
)

func TestEmbedded(t *testing.T) {
	alive(t)
	s, err := New(house, "")
	require.NoError(t, err)
	p := s.Picture()
	s.Close()
	require.Nil(t, s.Picture())
	// The handle outlives the slate; in the corner is ground, on the "l" ink.
	require.Less(t, yuv(t, p, 0, 0)[0], byte(40))
	require.Greater(t, yuv(t, p, 148, 125)[0], byte(180))
	p.Release()
}

func TestBlack(t *testing.T) {
	alive(t)
	p, err := Black(house)
	require.NoError(t, err)
	require.Equal(t, black, yuv(t, p, 160, 90))
	require.Equal(t, black, yuv(t, p, 319, 179))
	p.Release()
}

func TestImageIsFitted(t *testing.T) {
	asJPEG := func(w io.Writer, img image.Image) error { return jpeg.Encode(w, img, &jpeg.Options{Quality: 100}) }
	for name, c := range map[string]struct {
		path         string
		middle, left [3]byte
		barWidth     int
	}{
		"square png":      {file(t, "a:b %d.png", plain(64, 64, color.NRGBA{R: 255, A: 255}), png.Encode), red, black, 70},
		"square jpeg":     {file(t, "a.jpg", plain(64, 64, color.NRGBA{R: 255, A: 255}), asJPEG), red, black, 70},
		"as the house":    {file(t, "a.png", plain(1280, 720, color.NRGBA{R: 255, A: 255}), png.Encode), red, red, 0},
		"half seen":       {file(t, "a.png", plain(64, 36, color.NRGBA{R: 255, A: 128}), png.Encode), [3]byte{39, 115, 184}, [3]byte{39, 115, 184}, 0},
		"clear":           {file(t, "a.png", plain(64, 36, color.NRGBA{R: 255}), png.Encode), black, black, 0},
		"one pixel":       {file(t, "a.png", plain(1, 1, color.White), png.Encode), [3]byte{235, 128, 128}, black, 70},
		"a very thin one": {file(t, "a.png", plain(100, 2000, color.White), png.Encode), [3]byte{235, 128, 128}, black, 154},
	} {
		t.Run(name, func(t *testing.T) {
			alive(t)
			s, err := New(house, c.path)
			require.NoError(t, err)
			defer s.Close()
			p := s.Picture()
			defer p.Release()
			near(t, c.middle, yuv(t, p, 160, 90))
			near(t, c.left, yuv(t, p, 2, 90))
			if c.barWidth > 0 {
				near(t, black, yuv(t, p, c.barWidth-4, 90))
			}
		})
	}
}

func TestImageThatCannotBe(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(content), mode))
		return path
	}
	for name, c := range map[string]struct {
		path string
		kind media.FaultKind
		says string
	}{
		"missing":     {filepath.Join(dir, "none.png"), media.FaultMissing, "no such file"},
		"a directory": {dir, media.FaultUnreadable, "not a file"},
		"not media":   {write("a.png", "this is no picture", 0o600), media.FaultUnsupported, "cannot be read as an image"},
		"empty":       {write("b.png", "", 0o600), media.FaultUnsupported, "cannot be read as an image"},
		"forbidden":   {write("c.png", "x", 0), media.FaultUnreadable, "may not read it"},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "forbidden" && os.Geteuid() == 0 {
				t.Skip("root may read everything")
			}
			alive(t)
			s, err := New(house, c.path)
			var f *media.Fault
			require.True(t, errors.As(err, &f))
			require.Equal(t, c.kind, f.Kind)
			require.ErrorContains(t, err, c.says)
			require.ErrorContains(t, err, "built-in slate airs instead")
			p := s.Picture()
			require.Greater(t, yuv(t, p, 148, 125)[0], byte(180), "the embedded card")
			p.Release()
			s.Close()
		})
	}
}
