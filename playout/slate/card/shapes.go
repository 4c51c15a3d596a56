package card

import "math"

// mark is airloom's: waves of air, woven through the threads of a loom.
func mark() []paint {
	const (
		pitch = 7.4  // between threads, and between waves
		half  = 1.75 // half a thread's width
		gap   = 0.95 // left free around what passes above
		reach = 14.8 // half the length of threads and waves: waves end level
		rise  = 1.15 // of a wave
		up    = 10.8 // the mark's middle
		warps = 3
		wefts = 3
	)
	// Each function gives the nearest thread's number and how far it is.
	warp := func(x, y float64) (int, float64) {
		i := nearest(x/pitch, warps)
		return i, segment(x, y, float64(i)*pitch, -reach, float64(i)*pitch, reach) - half
	}
	weft := func(x, y float64) (int, float64) {
		xc := max(-reach, min(reach, x))
		turn := math.Pi / pitch
		wave := rise * math.Cos(turn*xc)
		j := nearest((y-wave)/pitch, wefts)
		dy := y - wave - float64(j)*pitch
		if xc != x { // beyond the end: round it
			return j, math.Hypot(dy, x-xc) - half
		}
		steep := rise * turn * math.Sin(turn*xc)
		return j, math.Abs(dy)/math.Sqrt(1+steep*steep) - half
	}
	// Where they cross, they pass above each other in turn.
	under := func(d, above float64, i, j, who int) float64 {
		if (i+j)&1 == who {
			return d
		}
		return max(d, gap-above)
	}
	all := paint{left: -reach - half, right: reach + half, low: up - reach - half - rise, high: up + reach + half + rise}
	threads, waves := all, all
	threads.colour, waves.colour = thread, air
	threads.distance = func(x, y float64) float64 {
		i, a := warp(x, y-up)
		j, b := weft(x, y-up)
		return under(a, b, i, j, 0)
	}
	waves.distance = func(x, y float64) float64 {
		i, a := warp(x, y-up)
		j, b := weft(x, y-up)
		return under(b, a, i, j, 1)
	}
	return []paint{threads, waves}
}

// nearest of n numbers around 0.
func nearest(v float64, n int) int {
	side := float64(n / 2)
	return int(max(-side, min(side, math.Round(v))))
}

// word is "airloom", in strokes of one weight with round ends.
func word() []paint {
	const (
		size  = 0.68 // of a letter's measures below
		base  = -25  // the base line
		half  = 0.95 // half a stroke
		space = 5.1  // between the middles of letters' last and first strokes
		tall  = 15.6
	)
	type letter struct {
		width    float64
		distance func(x, y float64) float64
	}
	stem := func(x, y, at, to float64) float64 { return segment(x, y, at, 0, at, to) }
	ring := func(x, y float64) float64 { return math.Abs(math.Hypot(x-5, y-5) - 5) }
	arch := func(x, y, at float64) float64 { // over two stems 7 apart
		return min(arc(x, y, at+3.5, 6.5, 3.5, 0, math.Pi), stem(x, y, at+7, 6.5))
	}
	a := letter{10, func(x, y float64) float64 { return min(ring(x, y), stem(x, y, 10, 10)) }}
	i := letter{0, func(x, y float64) float64 { return min(stem(x, y, 0, 10), math.Hypot(x, y-14.4)-0.35) }}
	r := letter{5.2, func(x, y float64) float64 {
		return min(stem(x, y, 0, 10), arc(x, y, 4.2, 5.8, 4.2, 0.42*math.Pi, math.Pi))
	}}
	l := letter{0, func(x, y float64) float64 { return stem(x, y, 0, tall) }}
	o := letter{10, ring}
	m := letter{14, func(x, y float64) float64 {
		return min(stem(x, y, 0, 10), arch(x, y, 0), arch(x, y, 7))
	}}
	text := []letter{a, i, r, l, o, o, m}

	width := -space
	for _, c := range text {
		width += c.width + space
	}
	var shapes []paint
	at := -width / 2
	for _, c := range text {
		left := at
		shapes = append(shapes, paint{
			colour: thread,
			left:   (left - half) * size, right: (left + c.width + half) * size,
			low: base - half*size, high: base + (tall+half)*size,
			distance: func(x, y float64) float64 {
				return (c.distance(x/size-left, (y-base)/size) - half) * size
			},
		})
		at += c.width + space
	}
	return shapes
}

// bars stand for sound.
func bars() []paint {
	const (
		pitch = 5.2
		half  = 1.35
	)
	heights := []float64{2.6, 6.4, 11.4, 7.2, 12.8, 16.2, 12.8, 7.2, 11.4, 6.4, 2.6}
	var shapes []paint
	for i, top := range heights {
		x0 := (float64(i) - float64(len(heights)-1)/2) * pitch
		colour := air
		if i%2 == 1 {
			colour = thread
		}
		shapes = append(shapes, paint{
			colour: colour,
			left:   x0 - half, right: x0 + half, low: -top - half, high: top + half,
			distance: func(x, y float64) float64 { return segment(x, y, x0, -top, x0, top) - half },
		})
	}
	return shapes
}

// segment is the distance from a straight line between two points.
func segment(x, y, x0, y0, x1, y1 float64) float64 {
	dx, dy := x1-x0, y1-y0
	t := ((x-x0)*dx + (y-y0)*dy) / (dx*dx + dy*dy)
	t = max(0, min(1, t))
	return math.Hypot(x-x0-t*dx, y-y0-t*dy)
}

// arc is the distance from a part of a circle, between two angles from 0 to π.
func arc(x, y, cx, cy, radius, from, to float64) float64 {
	x, y = x-cx, y-cy
	angle := math.Atan2(y, x)
	if angle >= from && angle <= to {
		return math.Abs(math.Hypot(x, y) - radius)
	}
	end := func(at float64) float64 { return math.Hypot(x-radius*math.Cos(at), y-radius*math.Sin(at)) }
	return min(end(from), end(to))
}
