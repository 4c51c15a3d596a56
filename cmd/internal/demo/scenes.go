package demo

import (
	"math"
	"math/rand/v2"
)

// scene is one clip of the demo: what it looks like, and what it sounds like.
type scene struct {
	file, title string
	line        string // below the title
	seconds     int
	ink         rgb
	still       func(c *canvas)            // what does not move; nil for none
	move        func(c *canvas, t float32) // what does, t seconds into the clip
	chord       []float64                  // Hz, from low to high; none: no sound in the file
}

// The four chords follow one another as in many a song, so that no join hurts.
var scenes = []scene{
	{
		file: "morning.mp4", title: "Morning", line: "Clip 1, a rising sun, C major",
		seconds: 10, ink: 0xfff4e6, still: morningStill, move: morning(),
		chord: []float64{130.81, 196.00, 261.63, 329.63, 392.00},
	},
	{
		file: "tide.mp4", title: "Tide", line: "Clip 2, waves, A minor",
		seconds: 8, ink: 0xf0fbf8, still: tideStill, move: tide,
		chord: []float64{110.00, 164.81, 220.00, 261.63, 329.63},
	},
	{
		file: "orbit.mp4", title: "Orbit", line: "Clip 3, four planets, F major",
		seconds: 12, ink: 0xf3efff, still: orbitStill, move: orbit,
		chord: []float64{87.31, 130.81, 174.61, 220.00, 261.63},
	},
	{
		file: "pendulum.mp4", title: "Pendulum", line: "Clip 4, thirteen balls, G major",
		seconds: 9, ink: 0x4a2a20, still: pendulumStill, move: pendulum,
		chord: []float64{98.00, 146.83, 196.00, 246.94, 293.66},
	},
	{
		file: "snow.mp4", title: "Snow", line: "Clip 5, a file without sound",
		seconds: 8, ink: 0xffffff, still: snowStill, move: snow(),
	},
}

func sin(turns float32) float32 { return float32(math.Sin(2 * math.Pi * float64(turns))) }
func cos(turns float32) float32 { return sin(turns + 0.25) }

// A range of hills is the height of its crest above the frame's lower edge.
func hills(base, height, wide, shift float32) func(x float32) float32 {
	return func(x float32) float32 {
		return base + height*(0.55*sin((x+shift)/wide)+0.3*sin((x+2*shift)/(0.43*wide)+0.2)+0.15*sin((x-shift)/(0.19*wide)))
	}
}

// land fills everything below a crest.
func (c *canvas) land(crest func(x float32) float32, colour rgb) {
	var tops [width]float32
	for x := range tops {
		tops[x] = height - crest(float32(x)+0.5)
	}
	c.below(&tops, height, colour)
}

var morningHills = []struct {
	crest  func(x float32) float32
	colour rgb
}{
	{hills(236, 60, 760, 120), 0x7b4a6b},
	{hills(178, 52, 560, 420), 0x553659},
	{hills(112, 46, 820, 700), 0x352546},
}

func morningStill(c *canvas) {
	c.sky(520, 0x252a58, 0x6d4577, 0xe08a6c, 0xffd09a)
	for _, h := range morningHills {
		c.land(h.crest, h.colour)
	}
}

// morning is a sun that rises behind the farthest hills.
func morning() func(c *canvas, t float32) {
	const radius, halo = 82, 210
	var crest [width]float32
	for x := range crest {
		for _, h := range morningHills {
			crest[x] = max(crest[x], h.crest(float32(x)+0.5))
		}
	}
	return func(c *canvas, t float32) {
		x, y := 880+4*t, 520-24*t
		c.blend(around(x, y, halo), 0xffe2b0, func(px, py, pixel float32) float32 {
			near := 1 - hypot(px-x, py-y)/halo
			if near <= 0 {
				return 0
			}
			return 0.5 * near * near * behind(&crest, px, py, pixel)
		})
		c.blend(around(x, y, radius), 0xfff3d2, func(px, py, pixel float32) float32 {
			return clamp(0.5-(hypot(px-x, py-y)-radius)/pixel) * behind(&crest, px, py, pixel)
		})
	}
}

// behind is how much of a pixel is not hidden by the land.
func behind(crest *[width]float32, x, y, pixel float32) float32 {
	return clamp(0.5 + (height-crest[int(x)]-y)/pixel)
}

var waves = []struct {
	level, high, long, speed float32 // pixels, pixels, pixels, pixels a second
	colour                   rgb
}{
	{400, 12, 420, 24, 0x3d9096},
	{444, 15, 520, -34, 0x2b777f},
	{500, 18, 640, 46, 0x1c5d68},
	{566, 20, 760, -60, 0x114652},
}

func (c *canvas) sun(x, y float32) {
	c.glow(x, y, 230, 0xfff0cf, 0.45)
	c.disc(x, y, 66, 0xfff5df, 1)
}

func tideStill(c *canvas) {
	c.sky(430, 0x0e4250, 0x2a7a83, 0x8fcabd, 0xdcebd3)
	c.sun(930, 250)
	last := waves[len(waves)-1]
	c.paint(box{0, last.level, width, height}, last.colour, 1, func(_, y float32) float32 { return last.level - y })
}

func wave(i int, x, t float32) float32 {
	w := waves[i]
	x += w.speed * t
	return w.level - w.high*(0.7*sin(x/w.long)+0.3*sin(1.7*x/w.long+0.3))
}

// tide is four waves, one before the other, and a boat behind the second.
func tide(c *canvas, t float32) {
	for i, w := range waves {
		if i == 1 {
			boat(c, 700+9*t, t)
		}
		var top [width]float32
		for x := range top {
			top[x] = wave(i, float32(x)+0.5, t)
		}
		below := waves[min(i+1, len(waves)-1)] // what is deeper is hidden, or still
		c.below(&top, int(below.level+below.high+3)&^1, w.colour)
	}
}

func boat(c *canvas, x, t float32) {
	y := wave(0, x, t) + 4
	lean := 8 * (wave(0, x+24, t) - wave(0, x-24, t)) / 24
	c.triangle(x+2, y-8, x+2+lean, y-104, x+52, y-14, 0xfdf7ea, 1)
	c.triangle(x-4, y-8, x-38, y-14, x-4+lean, y-86, 0xf2dfc2, 1)
	c.paint(box{x - 50, y - 6, x + 62, y + 18}, 0x5b3527, 1, func(px, py float32) float32 {
		return max(y-5-py, hypot(px-x-4, py-y+60)-80, abs(px-x-5)-52)
	})
}

const orbitX, orbitY = 880, 360

func orbitStill(c *canvas) {
	c.sky(height, 0x0f0e24, 0x1d1a3d, 0x2a2350)
	stars := rand.New(rand.NewPCG(3, 1))
	for range 170 {
		c.disc(stars.Float32()*width, stars.Float32()*height, 0.6+stars.Float32()*0.9, 0xffffff, 0.25+0.5*stars.Float32())
	}
	for _, p := range planets {
		c.ring(orbitX, orbitY, p.r, 1.6, 0xb9b2ff, 0.28)
	}
	c.glow(orbitX, orbitY, 150, 0xffc878, 0.55)
	c.disc(orbitX, orbitY, 40, 0xffd992, 1)
}

var planets = []struct {
	r, size, period float32
	colour          rgb
}{
	{92, 8, 2, 0xf7efe2}, {152, 12, 4, 0xff9d7a}, {220, 17, 8, 0x7fd6d0}, {298, 13, 12, 0xc4a5ff},
}

// orbit is four planets, each with a tail.
func orbit(c *canvas, t float32) {
	for _, p := range planets {
		at := t/p.period - 0.25
		const tail = 40
		for i := tail; i >= 0; i-- {
			a := at - float32(i)*0.18/tail
			size, alpha := p.size, float32(1)
			if i > 0 {
				size, alpha = p.size*(1-float32(i)/tail)*0.8, 0.14*(1-float32(i)/tail)
			}
			c.disc(orbitX+p.r*cos(a), orbitY+p.r*sin(a), size, p.colour, alpha)
		}
	}
}

const bobs = 13

func pendulumStill(c *canvas) {
	c.sky(height, 0xf6ecdb, 0xf0dfc6, 0xe6c9a8)
}

// pendulum is a row of balls on threads that swing up and down, each a little
// faster than the one before it.
func pendulum(c *canvas, t float32) {
	for i := range bobs {
		x := 676 + 43*float32(i)
		y := 330 + 140*cos(t*float32(2+i)/9)
		c.line(x, -10, x, y, 2, 0xb98b6c, 0.8)
		c.disc(x, y, 18, mix(0xc4482f, 0xe39a4b, float32(i)/(bobs-1)), 1)
		c.disc(x-5, y-6, 4, 0xfff1e0, 0.45)
	}
}

func snowStill(c *canvas) {
	c.sky(620, 0x1d2a3b, 0x45586d, 0x8ea1b2)
	c.land(hills(150, 26, 900, 300), 0x8c9fb2)
	for _, tree := range [][3]float32{{1010, 606, 1.25}, {1120, 622, 0.9}, {905, 618, 0.8}, {690, 612, 0.6}} {
		x, y, s := tree[0], tree[1], tree[2]
		for i := range 4 {
			f := float32(i)
			c.triangle(x, y-(230-f*12)*s+f*40*s, x+(34+f*16)*s, y-(150-f*44)*s, x-(34+f*16)*s, y-(150-f*44)*s, mix(0x16232b, 0x24343d, f/3), 1)
		}
	}
	c.land(hills(112, 22, 1100, 800), 0x52677d)
}

// snow is flakes that fall, each as far away as it is small.
func snow() func(c *canvas, t float32) {
	type flake struct{ x, y, size, sway, phase float32 }
	r := rand.New(rand.NewPCG(5, 8))
	flakes := make([]flake, 150)
	for i := range flakes {
		near := r.Float32()
		flakes[i] = flake{r.Float32() * width, r.Float32() * (height + 40), 1.4 + 3.6*near*near, 6 + 16*near, r.Float32()}
	}
	return func(c *canvas, t float32) {
		for _, f := range flakes {
			y := f.y + t*(26+22*f.size)
			y -= float32(int(y/(height+40)))*(height+40) + 20
			c.disc(f.x+f.sway*sin(t/5+f.phase), y, f.size, 0xffffff, 0.3+0.11*f.size)
		}
	}
}

// card is the still: a picture that is a file of its own.
func card() *canvas {
	c := newCanvas()
	c.sky(height, 0x123c31, 0x0f332b)
	c.disc(900, 360, 230, 0xe9c46a, 1)
	c.paint(box{900, 130, 1130, 590}, 0xdb5f45, 1, func(x, y float32) float32 {
		return max(900-x, hypot(x-900, y-360)-230)
	})
	c.disc(900, 360, 116, 0x123c31, 1)
	c.paint(box{784, 244, 1016, 360}, 0xf4ecd8, 1, func(x, y float32) float32 {
		return max(y-360, hypot(x-900, y-360)-116)
	})
	heading(c, 0xf4ecd8, "Still", "A PNG file, on air for 5 seconds")
	return c
}
