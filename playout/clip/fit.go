package clip

import (
	"github.com/asticode/go-astiav"

	"airloom/playout/media"
)

// turn is what has to be done to a picture so that up is up.
type turn struct {
	transpose    bool // first: columns become rows
	hflip, vflip bool
}

// turnOf reads a display matrix: x' = m0·x + m3·y, y' = m1·x + m4·y. Angles in
// between are rounded to the next quarter.
func turnOf(m [9]int32) turn {
	big := func(a, b int32) bool { return abs(int64(a)) > abs(int64(b)) }
	if big(m[1], m[0]) || big(m[3], m[4]) {
		return turn{transpose: true, hflip: m[3] < 0, vflip: m[1] < 0}
	}
	return turn{hflip: m[0] < 0, vflip: m[4] < 0}
}

// filters are the turn in libav's words, to be put behind the scaler.
func (t turn) filters() string {
	switch {
	case t.transpose:
		// cclock_flip is the plain transposition, the others flip it as well.
		return map[[2]bool]string{
			{false, false}: ",transpose=cclock_flip", {true, false}: ",transpose=clock",
			{false, true}: ",transpose=cclock", {true, true}: ",transpose=clock_flip",
		}[[2]bool{t.hflip, t.vflip}]
	case t.hflip && t.vflip:
		return ",hflip,vflip"
	case t.hflip:
		return ",hflip"
	case t.vflip:
		return ",vflip"
	}
	return ""
}

// fitted says to which size a picture is scaled, after it was turned, and where
// it then goes.
type fitted struct {
	w, h int
	place
}

// fit puts a picture of w×h with the given shape of pixels into the house picture.
func fit(h media.House, w, ht int, sar media.Rational, t turn) fitted {
	if sar.Num <= 0 || sar.Den <= 0 {
		sar = media.Rational{Num: 1, Den: 1}
	}
	dw, dh := int64(w)*sar.Num, int64(ht)*sar.Den // the shape it should have
	if t.transpose {
		dw, dh = dh, dw
	}
	f := fitted{w: h.Width, h: h.Height}
	wide := dw*int64(h.Height) > dh*int64(h.Width)
	tall := dw*int64(h.Height) < dh*int64(h.Width)
	mode := h.Fit
	if dw > 4*dh*int64(h.Width)/int64(h.Height) || dh > 4*dw*int64(h.Height)/int64(h.Width) {
		mode = media.FitPad // to crop a thread would blow it up beyond all size
		if h.Fit == media.FitStretch {
			mode = h.Fit
		}
	}
	switch {
	case mode == media.FitStretch:
	case mode == media.FitCrop && tall, mode != media.FitCrop && wide:
		f.h = even(int64(h.Width), dh, dw)
	case mode == media.FitCrop && wide, mode != media.FitCrop && tall:
		f.w = even(int64(h.Height), dw, dh)
	}
	f.place.w, f.place.h = min(f.w, h.Width), min(f.h, h.Height)
	f.x, f.fromX = centre(h.Width, f.w)
	f.y, f.fromY = centre(h.Height, f.h)
	return f
}

// even is a·b/c to the nearest even number, at least 2.
func even(a, b, c int64) int { return int(max(2, (a*b/2+c/2)/c*2)) }

// centre says where a stretch of size n begins in one of size in, or the other way round.
func centre(in, n int) (at, from int) {
	if n <= in {
		return (in - n) / 2 &^ 1, 0
	}
	return 0, (n - in) / 2 &^ 1
}

// colours of a picture, nothing left open.
type colours struct {
	rng, space, primaries, trc int
}

// libav's words for colours that matter here.
const (
	rangeLimited = int(astiav.ColorRangeMpeg)
	rangeFull    = int(astiav.ColorRangeJpeg)
	spaceRGB     = 0
	space709     = 1
	spaceUnknown = 2
	space601     = 6
	space2020    = 9
	primUnknown  = 2
	prim709      = 1
	prim2020     = 9
	trcUnknown   = 2
	trc709       = 1
	trcPQ        = 16
	trcHLG       = 18
)

// coloursOf settles what the file leaves open, as everybody does: what is as
// large as HD is BT.709, what is smaller BT.601; limited range, unless the format
// says otherwise.
func coloursOf(s shape) colours {
	c := colours{s.rng, s.space, s.primaries, s.trc}
	flags := s.format.Descriptor().Flags()
	rgb := flags.Has(astiav.PixelFormatDescriptorFlagRgb) || flags.Has(astiav.PixelFormatDescriptorFlagPal)
	switch {
	case rgb:
		c.space, c.rng = spaceRGB, rangeFull
	case c.space == spaceUnknown || c.space == spaceRGB || c.space == 3:
		c.space = space601
		if s.width >= 1280 || s.height > 576 {
			c.space = space709
		}
		if c.primaries == prim2020 || c.trc == trcPQ || c.trc == trcHLG {
			c.space = space2020
		}
	}
	if isJ(s.format) {
		c.rng = rangeFull
	}
	if c.rng != rangeFull {
		c.rng = rangeLimited
	}
	if c.primaries == primUnknown && c.space == space2020 {
		c.primaries = prim2020
	}
	return c
}

// isJ knows the old names that carry the range in the format.
func isJ(f astiav.PixelFormat) bool {
	switch f {
	case astiav.PixelFormatYuvj420P, astiav.PixelFormatYuvj422P, astiav.PixelFormatYuvj444P, astiav.PixelFormatYuvj440P, astiav.PixelFormatYuvj411P:
		return true
	}
	return false
}

func (c colours) hdr() bool  { return c.trc == trcPQ || c.trc == trcHLG }
func (c colours) wide() bool { return c.primaries == prim2020 }
