package card

import (
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"airloom/playout/media"
)

type drawing func([]byte, media.House, media.Layout)

// house is a house format of that size.
func house(w, h int) media.House {
	return media.House{Width: w, Height: h, FPS: media.Rational{Num: 25, Den: 1}, SampleRate: 44100}
}

// guard stands in every byte that is not part of the picture.
const guard = 0xa5

func render(h media.House, d drawing) ([]byte, media.Layout) {
	l := media.LayoutOf(h)
	mem := make([]byte, l.Size)
	fill(mem, guard)
	d(mem, h, l)
	return mem, l
}

func screen(mem []byte, h media.House, l media.Layout) image.Image {
	img := image.NewRGBA(image.Rect(0, 0, h.Width, h.Height))
	clamp := func(v float64) uint8 { return uint8(max(0, min(255, v+0.5))) }
	for y := range h.Height {
		for x := range h.Width {
			at := y/2*l.StrideC + x/2
			luma := (float64(mem[y*l.StrideY+x]) - 16) * 255 / 219
			cb := (float64(mem[l.OffU+at]) - 128) * 255 / 224
			cr := (float64(mem[l.OffV+at]) - 128) * 255 / 224
			img.Set(x, y, color.RGBA{clamp(luma + 1.5748*cr), clamp(luma - 0.1873*cb - 0.4681*cr), clamp(luma + 1.8556*cb), 255})
		}
	}
	return img
}

// With AIRLOOM_CARDS=DIR the cards are left there as PNG, to be looked at.
func TestLook(t *testing.T) {
	dir := os.Getenv("AIRLOOM_CARDS")
	if dir == "" {
		t.Skip("AIRLOOM_CARDS is not set")
	}
	for name, d := range map[string]drawing{"slate": Slate, "sound": Sound} {
		for _, h := range []media.House{house(1280, 720), house(320, 180), house(720, 1280), house(640, 480)} {
			mem, l := render(h, d)
			f, err := os.Create(filepath.Join(dir, name+"-"+media.Rational{Num: int64(h.Width), Den: int64(h.Height)}.String()[:3]+".png"))
			require.NoError(t, err)
			require.NoError(t, png.Encode(f, screen(mem, h, l)))
			require.NoError(t, f.Close())
		}
	}
}
