package clip

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/playout/media"
)

// flat makes a file of one source expression: "color=red:s=320x180".
func flat(t testing.TB, ext, graph, args string) string {
	t.Helper()
	return cached(t, ext, func(out string) []string {
		a := append([]string{"-v", "error", "-y", "-f", "lavfi", "-i", graph}, strings.Fields(args)...)
		return append(a, out)
	})
}

// shown reads tick k of a clip.
func shown(t testing.TB, s media.Spec, h media.House) ([]byte, media.ClipInfo) {
	t.Helper()
	r, err := Open(context.Background(), s, media.Start{}, h)
	require.NoError(t, err)
	defer func() { require.NoError(t, r.Close()) }()
	slot := make([]byte, media.LayoutOf(h).Size)
	_, err = r.Read(slot)
	require.NoError(t, err)
	return slot, r.Info()
}

// yuv is the pixel at a place of the house picture.
func yuv(slot []byte, l media.Layout, x, y int) [3]int {
	c := y/2*l.StrideC + x/2
	return [3]int{int(slot[y*l.StrideY+x]), int(slot[l.OffU+c]), int(slot[l.OffV+c])}
}

func near(t testing.TB, want, got [3]int, by float64, what string) {
	t.Helper()
	for i := range want {
		require.InDelta(t, want[i], got[i], by, "%s: want %v, got %v", what, want, got)
	}
}

// In BT.709, limited range.
var (
	black = [3]int{16, 128, 128}
	white = [3]int{235, 128, 128}
	red   = [3]int{63, 102, 240}
	green = [3]int{173, 42, 26}
	blue  = [3]int{32, 240, 118}
)

func TestColoursAreWhatTheyWere(t *testing.T) {
	l := media.LayoutOf(house)
	const v = "-frames:v 5 -c:v libx264 -qp 4 "
	tags := func(s string) string { return "-color_primaries " + s + " -color_trc " + s + " -colorspace " + s }
	conv := func(m, r string) string { return fmt.Sprintf("scale=out_color_matrix=%s:out_range=%s", m, r) }
	for name, f := range map[string]string{
		"png":                 flat(t, "png", "color=red:s=320x180,format=rgb24", "-frames:v 1"),
		"palette png":         flat(t, "png", "color=red:s=320x180,format=pal8", "-frames:v 1 -pix_fmt pal8"),
		"jpeg":                flat(t, "jpg", "color=red:s=320x180,"+conv("bt601", "full")+",format=yuvj420p", "-frames:v 1 -q:v 1"),
		"SD, nothing said":    flat(t, "mp4", "color=red:s=320x180,format=rgb24,"+conv("bt601", "tv")+",format=yuv420p", v),
		"HD, nothing said":    flat(t, "mp4", "color=red:s=1280x720,format=rgb24,"+conv("bt709", "tv")+",format=yuv420p", v),
		"SD as 709":           flat(t, "mp4", "color=red:s=320x180,format=rgb24,"+conv("bt709", "tv")+",format=yuv420p", v+tags("bt709")),
		"HD as 601":           flat(t, "mp4", "color=red:s=1280x720,format=rgb24,"+conv("bt601", "tv")+",format=yuv420p", v+tags("smpte170m")),
		"709 full range":      flat(t, "mp4", "color=red:s=640x360,format=rgb24,"+conv("bt709", "full")+",format=yuvj420p", v+"-color_range pc "+tags("bt709")),
		"4:4:4 10 bit 709":    flat(t, "mp4", "color=red:s=640x360,format=rgb24,"+conv("bt709", "tv")+",format=yuv444p10le", v+tags("bt709")),
		"RGB in mkv":          flat(t, "mkv", "color=red:s=320x180,format=bgr0", "-frames:v 5 -c:v libx264rgb -qp 0"),
		"4:2:2 interlaced SD": flat(t, "mxf", "color=red:s=720x576,format=rgb24,"+conv("bt601", "tv")+",format=yuv422p", "-frames:v 5 -c:v mpeg2video -q:v 1 -flags +ildct+ilme"),
	} {
		slot, _ := shown(t, media.Spec{Source: f}, house)
		near(t, red, yuv(slot, l, 160, 90), 5, name)
	}
}

func TestWideGamutAndHDRBecome709(t *testing.T) {
	l := media.LayoutOf(house)
	x265 := "-frames:v 5 -pix_fmt yuv420p10le -c:v libx265 -preset ultrafast -x265-params log-level=error:qp=4:colorprim=bt2020:colormatrix=bt2020nc:transfer="
	// 203 nits are the white of ours: PQ code 0.58, HLG 0.75.
	level := func(code float64) string {
		y := int(64 + code*876)
		return fmt.Sprintf("color=black:s=640x360,format=yuv420p10le,geq=lum=%d:cb=512:cr=512", y)
	}
	pq, info := shown(t, media.Spec{Source: flat(t, "mp4", level(0.58), x265+"smpte2084")}, house)
	require.Contains(t, info.Notes, "HDR: it is tone-mapped")
	hlg, _ := shown(t, media.Spec{Source: flat(t, "mp4", level(0.75), x265+"arib-std-b67")}, house)
	dim, _ := shown(t, media.Spec{Source: flat(t, "mp4", level(0.2), x265+"smpte2084")}, house)
	sdr, _ := shown(t, media.Spec{Source: flat(t, "mp4", level(0.5), x265+"bt2020-10")}, house)
	for name, s := range map[string][]byte{"pq": pq, "hlg": hlg, "dim": dim, "sdr": sdr} {
		t.Log(name, yuv(s, l, 160, 90))
	}
	require.Greater(t, yuv(pq, l, 160, 90)[0], 180)
	require.Greater(t, yuv(hlg, l, 160, 90)[0], 170)
	require.Less(t, yuv(dim, l, 160, 90)[0], 90)
	require.InDelta(t, 126, yuv(sdr, l, 160, 90)[0], 4)
}

func TestAlphaLiesOnBlack(t *testing.T) {
	l := media.LayoutOf(house)
	for name, f := range map[string]string{
		"png":    flat(t, "png", "color=white:s=320x180,format=rgba,colorchannelmixer=aa=0.5", "-frames:v 1"),
		"prores": flat(t, "mov", "color=white:s=320x180,format=rgba,colorchannelmixer=aa=0.5,format=yuva444p10le", "-frames:v 5 -c:v prores_ks -profile:v 4444 -alpha_bits 16"),
	} {
		slot, _ := shown(t, media.Spec{Source: f}, house)
		near(t, [3]int{126, 128, 128}, yuv(slot, l, 160, 90), 3, name)
	}
	gone, _ := shown(t, media.Spec{Source: flat(t, "png", "color=white:s=320x180,format=rgba,colorchannelmixer=aa=0", "-frames:v 1")}, house)
	near(t, black, yuv(gone, l, 160, 90), 1, "nothing there")
}

// quarters is red, green over blue, white.
const quarters = "color=red:s=160x90[a];color=lime:s=160x90[b];color=blue:s=160x90[c];color=white:s=160x90[d];" +
	"[a][b]hstack[t];[c][d]hstack[u];[t][u]vstack,format=yuv444p"

func TestTurnedPicturesStandUpright(t *testing.T) {
	tall := house
	tall.Width, tall.Height = 180, 320
	f := flat(t, "mp4", quarters, "-frames:v 5 -c:v libx264 -qp 4")
	rotate := func(deg string) string { // as phones write it
		return cached(t, "mp4", func(out string) []string {
			return []string{"-v", "error", "-y", "-i", f, "-c", "copy", "-metadata:s:v:0", "rotate=" + deg, out}
		})
	}
	// What the ffmpeg program writes for 90 is a matrix that turns it anticlockwise.
	for deg, want := range map[string][4][3]int{ // top left, top right, bottom left, bottom right
		"0":   {red, green, blue, white},
		"90":  {green, white, red, blue},
		"180": {white, blue, green, red},
		"270": {blue, red, white, green},
	} {
		h := house
		if deg == "90" || deg == "270" {
			h = tall
		}
		l := media.LayoutOf(h)
		slot, _ := shown(t, media.Spec{Source: rotate(deg)}, h)
		for i, at := range [4][2]int{{1, 1}, {3, 1}, {1, 3}, {3, 3}} {
			near(t, want[i], yuv(slot, l, h.Width*at[0]/4&^1, h.Height*at[1]/4&^1), 6, deg)
		}
	}
}

func TestTurnOf(t *testing.T) {
	const one = 1 << 16
	for _, c := range []struct {
		a, b, c, d int32
		want       turn
	}{
		{one, 0, 0, one, turn{}},
		{0, one, -one, 0, turn{transpose: true, hflip: true}},
		{0, -one, one, 0, turn{transpose: true, vflip: true}},
		{-one, 0, 0, -one, turn{hflip: true, vflip: true}},
		{-one, 0, 0, one, turn{hflip: true}},
		{one, 0, 0, -one, turn{vflip: true}},
		{0, one, one, 0, turn{transpose: true}},
		{0, -one, -one, 0, turn{transpose: true, hflip: true, vflip: true}},
	} {
		require.Equal(t, c.want, turnOf([9]int32{c.a, c.b, 0, c.c, c.d, 0, 0, 0, 1 << 30}))
	}
}

func TestFit(t *testing.T) {
	h := house
	r := func(a, b int64) media.Rational { return media.Rational{Num: a, Den: b} }
	for _, c := range []struct {
		fit  media.Fit
		w, h int
		sar  media.Rational
		turn turn
		want fitted
	}{
		{media.FitPad, 1280, 720, r(1, 1), turn{}, fitted{320, 180, place{0, 0, 320, 180, 0, 0}}},
		{media.FitPad, 640, 480, r(0, 1), turn{}, fitted{240, 180, place{40, 0, 240, 180, 0, 0}}},
		{media.FitPad, 720, 576, r(16, 11), turn{}, fitted{320, 176, place{0, 2, 320, 176, 0, 0}}},
		{media.FitPad, 720, 576, r(64, 45), turn{}, fitted{320, 180, place{0, 0, 320, 180, 0, 0}}},
		{media.FitPad, 1920, 1080, r(1, 1), turn{transpose: true}, fitted{102, 180, place{108, 0, 102, 180, 0, 0}}},
		{media.FitPad, 1, 1, r(1, 1), turn{}, fitted{180, 180, place{70, 0, 180, 180, 0, 0}}},
		{media.FitPad, 10000, 2, r(1, 1), turn{}, fitted{320, 2, place{0, 88, 320, 2, 0, 0}}},
		{media.FitCrop, 640, 480, r(1, 1), turn{}, fitted{320, 240, place{0, 0, 320, 180, 0, 30}}},
		{media.FitCrop, 2000, 500, r(1, 1), turn{}, fitted{720, 180, place{0, 0, 320, 180, 200, 0}}},
		{media.FitCrop, 10000, 2, r(1, 1), turn{}, fitted{320, 2, place{0, 88, 320, 2, 0, 0}}},
		{media.FitStretch, 640, 480, r(1, 1), turn{}, fitted{320, 180, place{0, 0, 320, 180, 0, 0}}},
	} {
		h.Fit = c.fit
		require.Equal(t, c.want, fit(h, c.w, c.h, c.sar, c.turn), "%+v", c)
	}
}

func TestBarsAreBlack(t *testing.T) {
	l := media.LayoutOf(house)
	slot, _ := shown(t, media.Spec{Source: flat(t, "mp4", "color=white:s=240x180", "-frames:v 5 -c:v libx264")}, house)
	for _, x := range []int{0, 38, 282, 318} {
		near(t, black, yuv(slot, l, x, 90), 0, "bar")
	}
	for _, x := range []int{42, 160, 278} {
		near(t, white, yuv(slot, l, x, 90), 2, "picture")
	}
}

// The container may know better than the codec what shape the pixels have.
func TestShapeFromTheContainer(t *testing.T) {
	l := media.LayoutOf(house)
	from := flat(t, "mp4", "color=white:s=320x180", "-frames:v 5 -c:v libx264")
	for _, ext := range []string{"mkv", "mov"} {
		f := cached(t, ext, func(out string) []string {
			return []string{"-v", "error", "-y", "-i", from, "-c", "copy", "-aspect", "4:3", "-bsf:v", "h264_metadata=sample_aspect_ratio=1/1", out}
		})
		slot, _ := shown(t, media.Spec{Source: f}, house)
		near(t, black, yuv(slot, l, 30, 90), 0, ext)
		near(t, white, yuv(slot, l, 50, 90), 2, ext)
	}
}

func TestStillsAndGIFs(t *testing.T) {
	png := flat(t, "png", "color=red:s=800x600", "-frames:v 1")
	for _, c := range []struct {
		spec  media.Spec
		ticks int
	}{
		{media.Spec{Source: png}, 250},
		{media.Spec{Source: png, Duration: 3 * time.Second}, 75},
		{media.Spec{Source: png, In: time.Second, Out: 2 * time.Second}, 25},
		{media.Spec{Source: png, Duration: 3 * time.Second, Loop: true}, 75},
		{media.Spec{Source: flat(t, "jpg", "color=red:s=800x600", "-frames:v 1")}, 250},
		{media.Spec{Source: flat(t, "bmp", "color=red:s=800x600", "-frames:v 1")}, 250},
		{media.Spec{Source: flat(t, "webp", "color=red:s=800x600", "-frames:v 1")}, 250},
		{media.Spec{Source: flat(t, "tiff", "color=red:s=800x600,format=rgb24", "-frames:v 1")}, 250},
		{media.Spec{Source: flat(t, "gif", "color=red:s=80x60", "-frames:v 1")}, 250},
		{media.Spec{Source: flat(t, "avif", "color=red:s=80x60", "-frames:v 1 -c:v libaom-av1 -still-picture 1")}, 250},
	} {
		for _, at := range []int64{0, 20} {
			h := read(t, c.spec, at, house, whole)
			ended(t, h)
			require.Len(t, h.numbers, c.ticks-int(at), "%+v", c.spec)
			require.EqualValues(t, c.ticks, h.info.Ticks, "%+v", c.spec)
		}
		slot, _ := shown(t, c.spec, house)
		near(t, red, yuv(slot, media.LayoutOf(house), 160, 90), 6, c.spec.Source)
	}
}

func TestSizesAtTheEnds(t *testing.T) {
	l := media.LayoutOf(house)
	for name, f := range map[string]string{
		"1x1": flat(t, "png", "color=red:s=1x1,format=rgb24", "-frames:v 1"),
		"3x1": flat(t, "png", "color=red:s=3x1,format=rgb24", "-frames:v 1"),
		"odd": flat(t, "mkv", "color=red:s=321x181,format=rgb24,scale=out_color_matrix=bt601,format=yuv420p", "-frames:v 5 -c:v ffv1"),
		"2x2": flat(t, "mp4", "color=red:s=16x16,format=rgb24,scale=out_color_matrix=bt601,format=yuv420p", "-frames:v 5 -c:v libx264 -qp 4"),
		"8K":  flat(t, "mp4", "color=red:s=7680x4320,format=rgb24,scale=out_color_matrix=bt709,format=yuv420p", "-frames:v 3 -c:v libx264 -preset ultrafast -qp 10"),
	} {
		slot, _ := shown(t, media.Spec{Source: f}, house)
		near(t, red, yuv(slot, l, 160, 90), 4, name)
	}
}
