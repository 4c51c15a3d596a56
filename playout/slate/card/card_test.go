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
const guard = 0xff

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

// Every pixel is drawn, in limited range, and nothing beside the pixels.
func TestStaysInside(t *testing.T) {
	for _, d := range []drawing{Slate, Sound, Black} {
		for _, h := range []media.House{house(320, 180), house(180, 320), house(322, 240), house(16, 16), house(2, 2)} {
			mem, l := render(h, d)
			plane := func(from, stride, width, height int) {
				for y := range height {
					for x, v := range mem[from+y*stride:][:width] {
						require.NotEqual(t, byte(guard), v, "%dx%d: %d,%d was not drawn", h.Width, h.Height, x, y)
						require.True(t, v >= 16 && v <= 240, "%d is out of range", v)
					}
				}
			}
			plane(0, l.StrideY, h.Width, h.Height)
			plane(l.OffU, l.StrideC, h.Width/2, h.Height/2)
			plane(l.OffV, l.StrideC, h.Width/2, h.Height/2)
			for i := l.OffL; i < len(mem); i++ {
				require.Equal(t, byte(guard), mem[i], "the sound was touched")
			}
		}
	}
}

// What is to be seen is there, in the middle, whatever the shape of the house.
func TestShows(t *testing.T) {
	for _, h := range []media.House{house(320, 180), house(180, 320), house(320, 240), house(1920, 1080)} {
		for name, d := range map[string]drawing{"slate": Slate, "sound": Sound} {
			mem, l := render(h, d)
			var left, right, bright int
			for y := range h.Height {
				for x, v := range mem[y*l.StrideY:][:h.Width] {
					if v > 100 {
						bright++
						if x < h.Width/2 {
							left++
						} else {
							right++
						}
					}
				}
			}
			ideal := min(h.Width*h.Width*9/16, h.Height*h.Height*16/9)
			require.InDelta(t, 0.04, float64(bright)/float64(ideal), 0.02, "%s: share of the picture that is mark", name)
			require.InDelta(t, 0.5, float64(left)/float64(left+right), 0.03, "%s: centred", name)
			require.Less(t, mem[0], byte(40), "dark at the edge")
		}
	}
}

func BenchmarkSlate720p(b *testing.B) {
	h := house(1280, 720)
	l := media.LayoutOf(h)
	mem := make([]byte, l.Size)
	for b.Loop() {
		Slate(mem, h, l)
	}
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
