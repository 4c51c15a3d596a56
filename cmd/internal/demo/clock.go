package demo

import "fmt"

// sprite is a shape drawn once and laid down many times: how much of each pixel
// it covers, and of each four pixels that share their chroma.
type sprite struct {
	w, h         int
	luma, chroma []float32
	left, up     int // where its corner lies from the point it is placed at
}

// spriteOf draws a glyph once.
func spriteOf(g glyph, s style) sprite {
	margin := int(s.stroke) + 3&^1
	p := sprite{
		w: (int(g.width*s.cap) + 2*margin + 1) &^ 1, h: (int(1.1*s.cap) + 2*margin + 1) &^ 1,
		left: margin, up: (int(s.cap) + margin) &^ 1,
	}
	p.luma, p.chroma = make([]float32, p.w*p.h), make([]float32, p.w*p.h/4)
	lines := make([]segment, len(g.strokes))
	for i, l := range g.strokes {
		x, y := float32(p.left), float32(p.up)
		lines[i] = segment{x + l.x0*s.cap, y - l.y0*s.cap, x + l.x1*s.cap, y - l.y1*s.cap}
	}
	for i := range p.luma {
		d := nearest(lines, float32(i%p.w)+0.5, float32(i/p.w)+0.5) - s.stroke/2
		p.luma[i] = clamp(0.5 - d)
	}
	for i := range p.chroma {
		d := nearest(lines, float32(2*(i%(p.w/2)))+1, float32(2*(i/(p.w/2)))+1) - s.stroke/2
		p.chroma[i] = clamp(0.5 - d/2)
	}
	return p
}

// place lays the sprite down; x and y are even, and it lies inside the picture.
func (c *canvas) place(p *sprite, x, y int, colour rgb) {
	l, u, v := colour.yuv()
	x, y = x-p.left, y-p.up
	for j := range p.h {
		row := c.y[(y+j)*c.strideY+x:]
		for i, a := range p.luma[j*p.w:][:p.w] {
			if a > 0 {
				row[i] = over(row[i], l, a)
			}
		}
	}
	for j := range p.h / 2 {
		at := (y/2+j)*c.strideC + x/2
		for i, a := range p.chroma[j*p.w/2:][:p.w/2] {
			if a > 0 {
				c.u[at+i], c.v[at+i] = over(c.u[at+i], u, a), over(c.v[at+i], v, a)
			}
		}
	}
}

// What stands over every scene; lengths in pixels, positions even.
var (
	titleStyle   = style{cap: 70, stroke: 7.5, tracking: 22}
	smallStyle   = style{cap: 16, stroke: 2.2, tracking: 6}
	clockStyle   = style{cap: 44, stroke: 4.6, tracking: 12}
	marginLeft   = 72
	clockBase    = height - 72
	labelBase    = clockBase - 72
	dialX        = marginLeft + 9*advance + 3*advanceDot + 44
	dialY        = clockBase - 24
	dialR        = float32(34)
	advance      = (int(digit*clockStyle.cap+clockStyle.tracking) + 1) &^ 1
	advanceDot   = (int(0.1*clockStyle.cap+clockStyle.tracking) + 1) &^ 1
	smallAdvance = (int(digit*smallStyle.cap+smallStyle.tracking) + 1) &^ 1
)

// overlay is what stands over a scene: its title, the running clock, the number
// of the frame and the dial of the second, in one colour.
type overlay struct {
	ink          rgb
	clock, small map[rune]*sprite
	still        layer
	frameX       int // where the number of the frame begins
}

func newOverlay(ink rgb, title, line string) *overlay {
	o := &overlay{ink: ink, clock: map[rune]*sprite{}, small: map[rune]*sprite{}}
	for _, r := range "0123456789:." {
		big, little := spriteOf(glyphs[r], clockStyle), spriteOf(glyphs[r], smallStyle)
		o.clock[r], o.small[r] = &big, &little
	}
	m := newCanvas()
	m.mask = true
	heading(m, ink, title, line)
	x := m.text(float32(marginLeft)+3, float32(labelBase), smallStyle, ink, 0.7, "Frame ")
	o.frameX = (int(x) + 1) &^ 1
	m.ring(float32(dialX), float32(dialY), dialR, 2, ink, 0.35)
	o.still = layerOf(m)
	return o
}

// heading is the title and the line below it.
func heading(c *canvas, ink rgb, title, line string) {
	c.text(float32(marginLeft), 150, titleStyle, ink, 1, title)
	c.text(float32(marginLeft)+3, 196, smallStyle, ink, 0.85, line)
}

// layer is what a mask covers, and nothing of what it does not.
type layer struct{ luma, chroma []dot }

type dot struct {
	at    int32 // in a canvas without padding
	cover float32
}

func layerOf(m *canvas) layer {
	dots := func(plane []byte) (d []dot) {
		for i, a := range plane {
			if a > 0 {
				d = append(d, dot{int32(i), float32(a) / 255})
			}
		}
		return d
	}
	return layer{dots(m.y), dots(m.u)}
}

// lay puts the layer over what is there.
func (c *canvas) lay(l *layer, colour rgb) {
	y, u, v := colour.yuv()
	for _, d := range l.luma {
		i := int(d.at)/width*c.strideY + int(d.at)%width
		c.y[i] = over(c.y[i], y, d.cover)
	}
	for _, d := range l.chroma {
		i := int(d.at)/(width/2)*c.strideC + int(d.at)%(width/2)
		c.u[i], c.v[i] = over(c.u[i], u, d.cover), over(c.v[i], v, d.cover)
	}
}

// draw draws frame n: its clock is the time its picture appears. The dial fills
// within the second, and its middle lights up with the tick one hears.
func (o *overlay) draw(c *canvas, n int) {
	c.lay(&o.still, o.ink)
	ms := n * 1000 / fps
	x := marginLeft
	for _, r := range fmt.Sprintf("%02d:%02d:%02d.%03d", ms/3600000, ms/60000%60, ms/1000%60, ms%1000) {
		c.place(o.clock[r], x, clockBase, o.ink)
		if r == ':' || r == '.' {
			x += advanceDot
		} else {
			x += advance
		}
	}
	x = o.frameX
	for _, r := range fmt.Sprintf("%03d", n) {
		c.place(o.small[r], x, labelBase, o.ink)
		x += smallAdvance
	}
	o.dial(c, n%fps)
}

func (o *overlay) dial(c *canvas, n int) {
	x, y := float32(dialX), float32(dialY)
	part := float32(n) / fps
	c.blend(around(x, y, dialR+4), o.ink, func(px, py, pixel float32) float32 {
		on := clamp(0.5 - (abs(hypot(px-x, py-y)-dialR)-2.5)/pixel)
		if on == 0 || turn(px-x, py-y) > part {
			return 0
		}
		return on
	})
	const lit = 9 // frames in which the light goes out
	if n < lit {
		c.disc(x, y, 15, o.ink, 1-float32(n)/lit)
	}
}
