package demo

import (
	"math"
	"strings"
)

// A small typeface of our own: strokes of one thickness with round ends, made of
// straight lines and arcs. Coordinates are in heights of a capital, from the
// baseline upwards.

// glyph is one letter: what it is drawn of, and how wide it is.
type glyph struct {
	strokes []segment
	width   float32
}

// pen draws a glyph.
type pen struct {
	g    glyph
	x, y float32
}

func (p *pen) at(x, y float32) *pen { p.x, p.y = x, y; return p }

func (p *pen) to(x, y float32) *pen {
	p.g.strokes = append(p.g.strokes, segment{p.x, p.y, x, y})
	return p.at(x, y)
}

// arc goes around a centre from one angle to another, in degrees, 0 to the
// right and 90 upwards. A stroke is drawn to where it begins, if one is begun.
func (p *pen) arc(cx, cy, rx, ry, from, to float64) *pen {
	const step = 9
	n := int(math.Ceil(math.Abs(to-from) / step))
	for i := range n + 1 {
		a := (from + (to-from)*float64(i)/float64(n)) * math.Pi / 180
		p.to(float32(cx+rx*math.Cos(a)), float32(cy+ry*math.Sin(a)))
	}
	return p
}

// start puts the pen down where an arc begins.
func (p *pen) start(cx, cy, rx, ry, from float64) *pen {
	a := from * math.Pi / 180
	return p.at(float32(cx+rx*math.Cos(a)), float32(cy+ry*math.Sin(a)))
}

// digit is how wide a digit is: all alike, so that a clock stands still.
const digit = 0.62

func draw(width float32, how func(p *pen)) glyph {
	p := &pen{}
	how(p)
	p.g.width = width
	return p.g
}

var glyphs = map[rune]glyph{
	' ': {width: 0.30},
	'A': draw(0.80, func(p *pen) { p.at(0, 0).to(0.40, 1).to(0.80, 0).at(0.132, 0.33).to(0.668, 0.33) }),
	'B': draw(0.60, func(p *pen) {
		p.at(0, 0.53).to(0, 1).arc(0.30, 0.765, 0.24, 0.235, 90, -90).to(0, 0.53).to(0, 0).arc(0.33, 0.265, 0.27, 0.265, -90, 90)
	}),
	'C': draw(0.86, func(p *pen) { p.start(0.5, 0.5, 0.5, 0.5, 46).arc(0.5, 0.5, 0.5, 0.5, 46, 314) }),
	'D': draw(0.80, func(p *pen) { p.at(0, 0).to(0, 1).arc(0.30, 0.5, 0.5, 0.5, 90, -90).to(0, 0) }),
	'E': draw(0.52, func(p *pen) { p.at(0.52, 1).to(0, 1).to(0, 0).to(0.52, 0).at(0, 0.53).to(0.46, 0.53) }),
	'F': draw(0.50, func(p *pen) { p.at(0.50, 1).to(0, 1).to(0, 0).at(0, 0.51).to(0.44, 0.51) }),
	'G': draw(0.98, func(p *pen) {
		p.start(0.5, 0.5, 0.5, 0.5, 46).arc(0.5, 0.5, 0.5, 0.5, 46, 352).at(0.58, 0.43).to(0.995, 0.43)
	}),
	'H': draw(0.68, func(p *pen) { p.at(0, 0).to(0, 1).at(0.68, 0).to(0.68, 1).at(0, 0.53).to(0.68, 0.53) }),
	'I': draw(0.00, func(p *pen) { p.at(0, 0).to(0, 1) }),
	'J': draw(0.40, func(p *pen) { p.at(0.40, 1).to(0.40, 0.2).arc(0.2, 0.2, 0.2, 0.2, 0, -165) }),
	'K': draw(0.60, func(p *pen) { p.at(0, 0).to(0, 1).at(0.56, 1).to(0, 0.40).at(0.20, 0.615).to(0.60, 0) }),
	'L': draw(0.48, func(p *pen) { p.at(0, 1).to(0, 0).to(0.48, 0) }),
	'M': draw(0.86, func(p *pen) { p.at(0, 0).to(0, 1).to(0.43, 0.28).to(0.86, 1).to(0.86, 0) }),
	'N': draw(0.70, func(p *pen) { p.at(0, 0).to(0, 1).to(0.70, 0).to(0.70, 1) }),
	'O': draw(1.00, func(p *pen) { p.start(0.5, 0.5, 0.5, 0.5, 0).arc(0.5, 0.5, 0.5, 0.5, 0, 360) }),
	'P': draw(0.58, func(p *pen) { p.at(0, 0).to(0, 1).arc(0.31, 0.735, 0.27, 0.265, 90, -90).to(0, 0.47) }),
	'Q': draw(1.00, func(p *pen) {
		p.start(0.5, 0.5, 0.5, 0.5, 0).arc(0.5, 0.5, 0.5, 0.5, 0, 360).at(0.62, 0.28).to(0.96, -0.04)
	}),
	'R': draw(0.60, func(p *pen) {
		p.at(0, 0).to(0, 1).arc(0.31, 0.735, 0.27, 0.265, 90, -90).to(0, 0.47).at(0.30, 0.47).to(0.60, 0)
	}),
	'S': draw(0.58, func(p *pen) {
		p.start(0.29, 0.75, 0.25, 0.25, 38).arc(0.29, 0.75, 0.25, 0.25, 38, 262).arc(0.29, 0.255, 0.28, 0.255, 82, -146)
	}),
	'T': draw(0.64, func(p *pen) { p.at(0, 1).to(0.64, 1).at(0.32, 1).to(0.32, 0) }),
	'U': draw(0.66, func(p *pen) { p.at(0, 1).to(0, 0.33).arc(0.33, 0.33, 0.33, 0.33, 180, 360).to(0.66, 1) }),
	'V': draw(0.74, func(p *pen) { p.at(0, 1).to(0.37, 0).to(0.74, 1) }),
	'W': draw(1.10, func(p *pen) { p.at(0, 1).to(0.28, 0).to(0.55, 0.82).to(0.82, 0).to(1.10, 1) }),
	'X': draw(0.66, func(p *pen) { p.at(0, 0).to(0.66, 1).at(0, 1).to(0.66, 0) }),
	'Y': draw(0.66, func(p *pen) { p.at(0, 1).to(0.33, 0.50).to(0.66, 1).at(0.33, 0.50).to(0.33, 0) }),
	'Z': draw(0.60, func(p *pen) { p.at(0, 1).to(0.60, 1).to(0, 0).to(0.60, 0) }),

	'0': draw(digit, func(p *pen) { p.start(0.31, 0.5, 0.31, 0.5, 0).arc(0.31, 0.5, 0.31, 0.5, 0, 360) }),
	'1': draw(digit, func(p *pen) { p.at(0.10, 0.80).to(0.36, 1).to(0.36, 0) }),
	'2': draw(digit, func(p *pen) {
		p.start(0.31, 0.71, 0.29, 0.29, 168).arc(0.31, 0.71, 0.29, 0.29, 168, -44).to(0.02, 0).to(0.60, 0)
	}),
	'3': draw(digit, func(p *pen) {
		p.start(0.30, 0.76, 0.25, 0.24, 155).arc(0.30, 0.76, 0.25, 0.24, 155, -90).at(0.30, 0.52).arc(0.30, 0.26, 0.29, 0.26, 90, -155)
	}),
	'4': draw(digit, func(p *pen) { p.at(0.48, 0).to(0.48, 1).to(0, 0.28).to(0.62, 0.28) }),
	'5': draw(digit, func(p *pen) { p.at(0.54, 1).to(0.12, 1).to(0.07, 0.53).arc(0.29, 0.32, 0.31, 0.32, 138, -150) }),
	'6': draw(digit, func(p *pen) { p.at(0.44, 1).arc(0.31, 0.31, 0.30, 0.31, 145, 505) }),
	'7': draw(digit, func(p *pen) { p.at(0.02, 1).to(0.60, 1).to(0.20, 0) }),
	'8': draw(digit, func(p *pen) {
		p.start(0.31, 0.76, 0.25, 0.24, -90).arc(0.31, 0.76, 0.25, 0.24, -90, 270).arc(0.31, 0.26, 0.29, 0.26, 90, 450)
	}),
	'9': draw(digit, func(p *pen) { p.at(0.18, 0).arc(0.31, 0.69, 0.30, 0.31, -35, 325) }),
	':': draw(0.10, func(p *pen) { p.at(0.05, 0.20).to(0.05, 0.20).at(0.05, 0.68).to(0.05, 0.68) }),
	'.': draw(0.10, func(p *pen) { p.at(0.05, 0).to(0.05, 0) }),
	',': draw(0.10, func(p *pen) { p.at(0.06, 0.01).to(0.02, -0.16) }),
	'-': draw(0.36, func(p *pen) { p.at(0, 0.45).to(0.36, 0.45) }),
	'/': draw(0.36, func(p *pen) { p.at(0, -0.06).to(0.36, 1.06) }),
}

// style is how a line of text looks; lengths in pixels.
type style struct {
	cap      float32 // height of a capital
	stroke   float32
	tracking float32 // between letters
}

// text draws a line of text whose first letter stands at x on the baseline, and
// returns where the next would stand. There are capitals only.
func (c *canvas) text(x, baseline float32, s style, colour rgb, alpha float32, line string) float32 {
	for _, r := range strings.ToUpper(line) {
		c.glyph(x, baseline, s, colour, alpha, glyphs[r])
		x += glyphs[r].width*s.cap + s.tracking
	}
	return x
}

func (c *canvas) glyph(x, baseline float32, s style, colour rgb, alpha float32, g glyph) {
	if len(g.strokes) == 0 {
		return
	}
	lines := make([]segment, len(g.strokes))
	for i, l := range g.strokes {
		lines[i] = segment{x + l.x0*s.cap, baseline - l.y0*s.cap, x + l.x1*s.cap, baseline - l.y1*s.cap}
	}
	in := box{x - s.stroke, baseline - 1.1*s.cap - s.stroke, x + g.width*s.cap + s.stroke, baseline + 0.2*s.cap + s.stroke}
	c.paint(in, colour, alpha, func(px, py float32) float32 { return nearest(lines, px, py) - s.stroke/2 })
}

// nearest is the distance to the nearest of some segments.
func nearest(lines []segment, x, y float32) float32 {
	d := float32(math.MaxFloat32)
	for _, l := range lines {
		d = min(d, l.distance(x, y))
	}
	return d
}
