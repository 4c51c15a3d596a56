package demo

import (
	"image"
	"math"
)

// The demo's pictures: a house picture as most channels have it.
const (
	width, height = 1280, 720
	fps           = 25
)

// rgb is a colour, 0xRRGGBB.
type rgb uint32

// yuv is the colour in BT.709, limited range, as the pictures are.
func (c rgb) yuv() (y, u, v float32) {
	r, g, b := float32(c>>16&255)/255, float32(c>>8&255)/255, float32(c&255)/255
	l := 0.2126*r + 0.7152*g + 0.0722*b
	return 16 + 219*l, 128 + 224*(b-l)/1.8556, 128 + 224*(r-l)/1.5748
}

// mix goes from a (t = 0) to b (t = 1).
func mix(a, b rgb, t float32) rgb {
	t = clamp(t)
	part := func(shift uint) rgb {
		x, y := float32(a>>shift&255), float32(b>>shift&255)
		return rgb(x+(y-x)*t+0.5) << shift
	}
	return part(16) | part(8) | part(0)
}

func clamp(t float32) float32 { return max(0, min(1, t)) }

// canvas is a yuv420p picture that can be drawn on. Shapes are given as signed
// distances in pixels, negative inside, which makes their edges smooth.
type canvas struct {
	y, u, v          []byte
	strideY, strideC int
	// mask makes the canvas take up how much is covered (to 255) instead of the
	// colour, in y for each pixel and in u and v for each four.
	mask bool
}

func newCanvas() *canvas {
	return &canvas{
		y: make([]byte, width*height), strideY: width,
		u: make([]byte, width*height/4), v: make([]byte, width*height/4), strideC: width / 2,
	}
}

// copyFrom makes the canvas look like another.
func (c *canvas) copyFrom(o *canvas) {
	for y := range height {
		copy(c.y[y*c.strideY:][:width], o.y[y*o.strideY:])
	}
	for y := range height / 2 {
		copy(c.u[y*c.strideC:][:width/2], o.u[y*o.strideC:])
		copy(c.v[y*c.strideC:][:width/2], o.v[y*o.strideC:])
	}
}

// bayer is an ordered dither: without it, soft gradients show steps.
var bayer = [4][4]float32{{0, 8, 2, 10}, {12, 4, 14, 6}, {3, 11, 1, 9}, {15, 7, 13, 5}}

func dither(x, y int) float32 { return (bayer[y&3][x&3] + 0.5) / 16 }

// sky fills the canvas from top to bottom through the given stops, evenly
// spread down to the line at bottom.
func (c *canvas) sky(bottom float32, stops ...rgb) {
	at := func(y float32) (l, u, v float32) {
		f := clamp(y/bottom) * float32(len(stops)-1)
		i := min(int(f), len(stops)-2)
		l0, u0, v0 := stops[i].yuv()
		l1, u1, v1 := stops[i+1].yuv()
		t := f - float32(i)
		t = t * t * (3 - 2*t)
		return l0 + (l1-l0)*t, u0 + (u1-u0)*t, v0 + (v1-v0)*t
	}
	for y := range height {
		l, _, _ := at(float32(y) + 0.5)
		row := c.y[y*c.strideY:][:width]
		for x := range row {
			row[x] = byte(l + dither(x, y))
		}
	}
	for y := range height / 2 {
		_, u, v := at(float32(2*y) + 1)
		for x := range width / 2 {
			c.u[y*c.strideC+x] = byte(u + dither(x, y))
			c.v[y*c.strideC+x] = byte(v + dither(x, y))
		}
	}
}

// box is a part of the picture: x0 ≤ x < x1.
type box struct{ x0, y0, x1, y1 float32 }

// around is the box of a circle.
func around(x, y, r float32) box { return box{x - r, y - r, x + r, y + r} }

// pixels is the box in whole pairs of pixels, inside the picture, with room for
// the soft edge.
func (b box) pixels() (x0, y0, x1, y1 int) {
	x0 = max(0, int(math.Floor(float64(b.x0-2)))&^1)
	y0 = max(0, int(math.Floor(float64(b.y0-2)))&^1)
	x1 = min(width, (int(math.Ceil(float64(b.x1+2)))+1)&^1)
	y1 = min(height, (int(math.Ceil(float64(b.y1+2)))+1)&^1)
	return
}

// paint lays a shape of one colour over what is there.
func (c *canvas) paint(in box, colour rgb, alpha float32, distance func(x, y float32) float32) {
	c.blend(in, colour, func(x, y, pixel float32) float32 {
		return alpha * clamp(0.5-distance(x, y)/pixel)
	})
}

// blend lays a colour over what is there, by as much as cover says (0 to 1) for
// a pixel of the given size: 1, or 2 where four pixels share their chroma.
func (c *canvas) blend(in box, colour rgb, cover func(x, y, pixel float32) float32) {
	x0, y0, x1, y1 := in.pixels()
	l, u, v := colour.yuv()
	if c.mask {
		l, u, v = 255, 255, 255
	}
	for y := y0; y < y1; y++ {
		row := c.y[y*c.strideY:]
		for x := x0; x < x1; x++ {
			if a := cover(float32(x)+0.5, float32(y)+0.5, 1); a > 0 {
				row[x] = over(row[x], l, a)
			}
		}
	}
	for y := y0 / 2; y < y1/2; y++ {
		ru, rv := c.u[y*c.strideC:], c.v[y*c.strideC:]
		for x := x0 / 2; x < x1/2; x++ {
			if a := cover(float32(2*x)+1, float32(2*y)+1, 2); a > 0 {
				ru[x], rv[x] = over(ru[x], u, a), over(rv[x], v, a)
			}
		}
	}
}

func over(under byte, to, a float32) byte { return byte(float32(under) + (to-float32(under))*a + 0.5) }

// disc is a filled circle.
func (c *canvas) disc(x, y, r float32, colour rgb, alpha float32) {
	c.paint(around(x, y, r), colour, alpha, func(px, py float32) float32 { return hypot(px-x, py-y) - r })
}

// ring is the line of a circle.
func (c *canvas) ring(x, y, r, line float32, colour rgb, alpha float32) {
	c.paint(around(x, y, r+line), colour, alpha, func(px, py float32) float32 {
		return abs(hypot(px-x, py-y)-r) - line/2
	})
}

// glow is light that fades out towards r.
func (c *canvas) glow(x, y, r float32, colour rgb, alpha float32) {
	c.blend(around(x, y, r), colour, func(px, py, _ float32) float32 {
		t := clamp(1 - hypot(px-x, py-y)/r)
		return alpha * t * t
	})
}

// below fills what lies between a line, given by its height at each column, and
// the row at bottom. It is paint without a call for each pixel: waves are large.
func (c *canvas) below(tops *[width]float32, bottom int, colour rgb) {
	top := float32(height)
	for _, t := range tops {
		top = min(top, t)
	}
	l, u, v := colour.yuv()
	first := max(0, int(top)-2) &^ 1
	for y := first; y < bottom; y++ {
		row, at := c.y[y*c.strideY:][:width], float32(y)+1
		for x := range row {
			if a := at - tops[x]; a >= 1 {
				row[x] = byte(l + 0.5)
			} else if a > 0 {
				row[x] = over(row[x], l, a)
			}
		}
	}
	for y := first / 2; y < bottom/2; y++ {
		ru, rv, at := c.u[y*c.strideC:][:width/2], c.v[y*c.strideC:][:width/2], float32(y)+1
		for x := range ru {
			if a := at - tops[2*x+1]/2; a >= 1 {
				ru[x], rv[x] = byte(u+0.5), byte(v+0.5)
			} else if a > 0 {
				ru[x], rv[x] = over(ru[x], u, a), over(rv[x], v, a)
			}
		}
	}
}

// line is a straight stroke with round ends.
func (c *canvas) line(x0, y0, x1, y1, thick float32, colour rgb, alpha float32) {
	s := segment{x0, y0, x1, y1}
	c.paint(s.box(thick), colour, alpha, func(x, y float32) float32 { return s.distance(x, y) - thick/2 })
}

// triangle is filled; its corners go clockwise on the screen.
func (c *canvas) triangle(ax, ay, bx, by, cx, cy float32, colour rgb, alpha float32) {
	in := box{min(ax, bx, cx), min(ay, by, cy), max(ax, bx, cx), max(ay, by, cy)}
	edges := [3]segment{{ax, ay, bx, by}, {bx, by, cx, cy}, {cx, cy, ax, ay}}
	c.paint(in, colour, alpha, func(x, y float32) float32 {
		return max(edges[0].side(x, y), edges[1].side(x, y), edges[2].side(x, y))
	})
}

// segment is a straight line between two points.
type segment struct{ x0, y0, x1, y1 float32 }

func (s segment) box(thick float32) box {
	return box{min(s.x0, s.x1) - thick, min(s.y0, s.y1) - thick, max(s.x0, s.x1) + thick, max(s.y0, s.y1) + thick}
}

// distance is how far a point is from the segment.
func (s segment) distance(x, y float32) float32 {
	dx, dy := s.x1-s.x0, s.y1-s.y0
	px, py := x-s.x0, y-s.y0
	t := float32(0)
	if n := dx*dx + dy*dy; n > 0 {
		t = clamp((px*dx + py*dy) / n)
	}
	return hypot(px-t*dx, py-t*dy)
}

// side is how far a point is from the endless line, positive to the left of its
// direction as one sees it on the screen.
func (s segment) side(x, y float32) float32 {
	dx, dy := s.x1-s.x0, s.y1-s.y0
	return ((x-s.x0)*dy - (y-s.y0)*dx) / hypot(dx, dy)
}

func hypot(x, y float32) float32 { return float32(math.Sqrt(float64(x*x + y*y))) }
func abs(x float32) float32      { return max(x, -x) }

// image is the canvas for a PNG.
func (c *canvas) image() *image.RGBA {
	to := image.NewRGBA(image.Rect(0, 0, width, height))
	part := func(v float32) byte { return byte(max(0, min(255, v*255+0.5))) }
	for y := range height {
		for x := range width {
			l := (float32(c.y[y*c.strideY+x]) - 16) / 219
			i := y/2*c.strideC + x/2
			u, v := (float32(c.u[i])-128)/224, (float32(c.v[i])-128)/224
			r, b := l+1.5748*v, l+1.8556*u
			p := to.Pix[y*to.Stride+4*x:]
			p[0], p[1], p[2], p[3] = part(r), part((l-0.2126*r-0.0722*b)/0.7152), part(b), 255
		}
	}
	return to
}

// turn is the part of a full turn from straight up, clockwise, of a direction.
func turn(x, y float32) float32 {
	t := math.Atan2(float64(x), float64(-y)) / (2 * math.Pi)
	if t < 0 {
		t++
	}
	return float32(t)
}
