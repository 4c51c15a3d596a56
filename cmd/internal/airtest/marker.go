package airtest

import (
	"math"
	"time"

	"airloom/playout/media"
)

// The marker, in the top sixth of every picture: two rows of 16 cells, black or
// white. Upper row: sync 1001, clip id (8 bits), check nibble; lower row: the
// picture's number (16 bits). The check is the XOR of all nibbles of both.
const (
	cellsAcross = 16
	rowHeight   = 12 // a row is 1/12 of the picture's height
	sync        = 0b1001
)

// The sound: a faint tone throughout, so that dropouts show, and at each flash
// a beep of 1 kHz with a tone that names the clip and one that names the mark.
// All lie a multiple of 125 Hz apart, so an 8 ms window keeps them separate.
const (
	backHz, backLevel = 300.0, 0.05
	beepHz, beepLevel = 1000.0, 0.4
	nameLevel         = 0.15
	beepLength        = 80 * time.Millisecond
	flashPictures     = 2
	markNames         = 12 // marks are named modulo this
)

func clipHz(id int) float64 { return 2000 + 125*float64(id) }
func markHz(k int) float64  { return 7500 + 250*float64(k%markNames) }

// perSecond is the frame rate, rounded to whole pictures.
func perSecond(fps media.Rational) int { return int((2*fps.Num + fps.Den) / (2 * fps.Den)) }

// firstMark is the number of the first white picture; each second has one.
func firstMark(fps media.Rational) int { return (perSecond(fps) + 1) / 2 }

// pictureTime is when picture n of a stream with constant rate is shown.
func pictureTime(n int, fps media.Rational) time.Duration {
	return time.Duration(math.Round(float64(n) * float64(fps.Den) / float64(fps.Num) * 1e9))
}

// markerBits is the marker as 32 cells, upper row first.
func markerBits(id, n int) (bits [32]bool) {
	check := id ^ id>>4 ^ n ^ n>>4 ^ n>>8 ^ n>>12
	v := uint32(sync)<<28 | uint32(id&0xff)<<20 | uint32(check&0xf)<<16 | uint32(n&0xffff)
	for i := range bits {
		bits[i] = v>>(31-i)&1 == 1
	}
	return bits
}

// parseMarker is the inverse of markerBits; ok is false for what is no marker.
func parseMarker(v uint32) (id, n int, ok bool) {
	id, n = int(v>>20&0xff), int(v&0xffff)
	check := id ^ id>>4 ^ n ^ n>>4 ^ n>>8 ^ n>>12
	return id, n, v>>28 == sync && int(v>>16&0xf) == check&0xf
}

// place is where the source's picture lies in the house picture, as fractions.
type place struct{ x, y, w, h float64 }

// places lists where a picture of the given shape may have been put: fitted
// with bars, filled with its edges cut off, stretched.
func places(house float64, shapes []float64) []place {
	out := []place{{0, 0, 1, 1}}
	for _, s := range shapes {
		if math.Abs(s/house-1) < 0.01 {
			continue
		}
		fit, fill := place{w: 1, h: house / s}, place{w: s / house, h: 1}
		if s < house {
			fit, fill = fill, fit
		}
		out = append(out, centred(fit), centred(fill))
	}
	return out
}

func centred(p place) place {
	p.x, p.y = (1-p.w)/2, (1-p.h)/2
	return p
}

// markerReader reads markers from grey pictures of one size.
type markerReader struct {
	w, h   int
	places []place
	last   int // the place that fitted last: tried first
}

// seen is what a picture shows.
type seen struct {
	id, n int
	ok    bool // a marker was read
	flash bool // the picture below the band is white
}

func (r *markerReader) read(pix []byte) seen {
	if s := r.readAt(pix, r.places[r.last]); s.ok {
		return s
	}
	for i, p := range r.places {
		if s := r.readAt(pix, p); s.ok {
			r.last = i
			return s
		}
	}
	return seen{}
}

func (r *markerReader) readAt(pix []byte, p place) seen {
	var v uint32
	for i := range 32 {
		row, col := i/cellsAcross, i%cellsAcross
		sum, count := 0, 0
		for _, dy := range []float64{-0.18, 0, 0.18} {
			for _, dx := range []float64{-0.18, 0, 0.18} {
				y := p.y + p.h/rowHeight*(float64(row)+0.5+dy)
				x := p.x + p.w/cellsAcross*(float64(col)+0.5+dx)
				if y < 0 || x < 0 || x >= 1 {
					return seen{} // cut off
				}
				sum += int(pix[int(y*float64(r.h))*r.w+int(x*float64(r.w))])
				count++
			}
		}
		mean := sum / count
		if mean > 128-35 && mean < 128+35 {
			return seen{}
		}
		v <<= 1
		if mean > 128 {
			v |= 1
		}
	}
	id, n, ok := parseMarker(v)
	if !ok {
		return seen{}
	}
	return seen{id: id, n: n, ok: true, flash: r.white(pix, p)}
}

// white looks at a grid of points below the band.
func (r *markerReader) white(pix []byte, p place) bool {
	sum, count := 0, 0
	for iy := range 10 {
		for ix := range 12 {
			y := p.y + p.h*(0.22+0.73*float64(iy)/9)
			x := p.x + p.w*(0.05+0.90*float64(ix)/11)
			if y < 0 || y >= 1 || x < 0 || x >= 1 {
				continue
			}
			v := int(pix[int(y*float64(r.h))*r.w+int(x*float64(r.w))])
			if v < 140 {
				return false
			}
			sum += v
			count++
		}
	}
	return count > 0 && sum/count > 205
}

// black says whether next to nothing of the picture is lighter than black.
func black(pix []byte) bool {
	light := 0
	for _, v := range pix {
		if v >= 40 {
			light++
		}
	}
	return light*200 < len(pix)
}
