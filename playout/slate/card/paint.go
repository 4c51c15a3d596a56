package card

import (
	"math"

	"airloom/playout/media"
)

// rgb is a colour, each part from 0 to 1, gamma-coded as on the screen.
type rgb struct{ r, g, b float32 }

func hex(v uint32) rgb {
	part := func(shift int) float32 { return float32(v>>shift&0xff) / 255 }
	return rgb{part(16), part(8), part(0)}
}

func (c rgb) mix(to rgb, share float32) rgb {
	return rgb{c.r + (to.r-c.r)*share, c.g + (to.g-c.g)*share, c.b + (to.b-c.b)*share}
}

// The ground is lighter in the middle. Its two colours differ by a grey, so
// that its chroma is the same all over and cannot show bands.
var (
	groundMiddle = hex(0x1d2733)
	groundEdge   = hex(0x0a1420)
	thread       = hex(0xe9eef3)
	air          = hex(0x46b8ac)
)

// paint is a shape in a colour. Lengths are in hundredths of the height of the
// largest 16:9 picture that fits the house; the middle is 0, 0 and y points up.
type paint struct {
	colour                 rgb
	left, right, low, high float64 // the shape lies within
	// distance is how far the point is outside the shape; negative inside.
	distance func(x, y float64) float64
}

// draw paints the ground and the shapes, two lines at a time: that is one line
// of chroma.
func draw(mem []byte, h media.House, l media.Layout, shapes []paint) {
	unit := min(float64(h.Width)/16*9, float64(h.Height)) / 100 // pixels
	lines := [2][]rgb{make([]rgb, h.Width), make([]rgb, h.Width)}
	for y := 0; y < h.Height; y += 2 {
		for i, line := range lines {
			ground(line, y+i, h)
			for _, s := range shapes {
				s.over(line, y+i, h, unit)
			}
			luma(mem[(y+i)*l.StrideY:][:h.Width], line, y+i)
		}
		at := y / 2 * l.StrideC
		chroma(mem[l.OffU+at:][:h.Width/2], mem[l.OffV+at:][:h.Width/2], lines)
	}
}

func ground(line []rgb, y int, h media.House) {
	dy := 2*float32(y)/float32(h.Height) - 1
	for x := range line {
		dx := 2*float32(x)/float32(h.Width) - 1
		line[x] = groundMiddle.mix(groundEdge, min(1, (dx*dx+dy*dy)*0.62))
	}
}

// over paints the part of the shape that lies on the line.
func (p paint) over(line []rgb, row int, h media.House, unit float64) {
	y := (float64(h.Height)/2 - float64(row) - 0.5) / unit
	soft := 1 / unit
	if y < p.low-soft || y > p.high+soft {
		return
	}
	middle := float64(h.Width) / 2
	from := max(0, int(middle+(p.left-soft)*unit))
	to := min(len(line), int(middle+(p.right+soft)*unit)+1)
	for i := from; i < to; i++ {
		d := p.distance((float64(i)+0.5-middle)/unit, y)
		if cover := 0.5 - d*unit; cover > 0 {
			line[i] = line[i].mix(p.colour, float32(min(1, cover)))
		}
	}
}

// brightness is BT.709's luma, from 0 to 1.
func (c rgb) brightness() float32 { return 0.2126*c.r + 0.7152*c.g + 0.0722*c.b }

// luma writes limited-range luma. A fine fixed pattern of half a step keeps the
// dark ground from showing bands; a stronger one costs twice the bits.
func luma(to []byte, line []rgb, y int) {
	for x, c := range line {
		to[x] = byte(16 + 219*c.brightness() + pattern(x, y))
	}
}

// pattern is noise around a half that spreads evenly over neighbouring pixels.
func pattern(x, y int) float32 {
	v := 52.9829189 * frac(0.06711056*float64(x)+0.00583715*float64(y))
	return 0.25 + float32(frac(v))/2
}

func frac(v float64) float64 { return v - math.Floor(v) }

// chroma writes one line of limited-range chroma, each sample the mean of four.
func chroma(u, v []byte, lines [2][]rgb) {
	for x := range u {
		a := lines[0][2*x].mix(lines[0][2*x+1], 0.5)
		b := lines[1][2*x].mix(lines[1][2*x+1], 0.5)
		c := a.mix(b, 0.5)
		y := c.brightness()
		u[x] = byte(128.5 + 224*(c.b-y)/1.8556)
		v[x] = byte(128.5 + 224*(c.r-y)/1.5748)
	}
}
