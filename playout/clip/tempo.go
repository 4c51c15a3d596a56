package clip

// A camera's clock is not the house's: one that is 200 ppm fast brings 0.72 s too
// much in an hour. What is here keeps the cushion between what has arrived and
// what airs as it was: time in the source is stretched a little, for picture and
// sound alike, so that they stay together. All times are in microseconds.

// tempo says when in the item a time of the source airs.
type tempo struct{ knots []knot }

// knot is a bend: from the source's time `from` on, source time s airs at h, and
// what lies d after s airs d and ppm millionths of d after h.
type knot struct{ from, s, h, ppm int64 }

// maxKnots is how many bends are kept: what is decoded is never as old as that.
const maxKnots = 8

// at is when the source's time s airs.
func (t *tempo) at(s int64) int64 {
	k := t.knots[0]
	for i := len(t.knots) - 1; i > 0; i-- {
		if t.knots[i].from <= s {
			k = t.knots[i]
			break
		}
	}
	return k.h + (s - k.s) + (s-k.s)*k.ppm/1e6
}

// source is what of the source airs at h, from now on.
func (t *tempo) source(h int64) int64 {
	k := t.knots[len(t.knots)-1]
	return k.s + (h-k.h)*1e6/(1e6+k.ppm)
}

// anchor forgets everything: s airs at h.
func (t *tempo) anchor(s, h int64) { t.knots = append(t.knots[:0], knot{-1 << 62, s, h, 0}) }

// bend has the source run at another pace from h on, and leave out step of it
// there; where step is negative, it waits.
func (t *tempo) bend(h, ppm, step int64) {
	s := t.source(h)
	if len(t.knots) == maxKnots {
		copy(t.knots, t.knots[1:])
		t.knots = t.knots[:maxKnots-1]
	}
	t.knots = append(t.knots, knot{s, s + step, h, ppm})
}

// Bounds on how the cushion is kept.
const (
	// cushion is how much of a live source is to have arrived, at least, before it
	// airs: what networks delay (200 ms on a bad one), and how far sound and picture
	// lie apart in a stream (a quarter of a second).
	cushion = 500_000
	second  = 1_000_000
	// horizon is how far back the least fill is looked for, in seconds; farther where
	// what comes are segments.
	horizon, farHorizon = 10, 30
	// As long as the least fill is no more than enough above its target and no more
	// than reserve below it, the source runs at its own pace: a clock like the
	// house's then keeps its pictures where they are among the ticks.
	enough, reserve = 40_000, 60_000
	// gain is how many millionths faster or slower the source runs for each
	// microsecond too much or too little, as a divisor: 10 ms are 167 ppm. With what
	// horizon sees late, that is far from swinging.
	gain = 60
	// maxPace is the most, in millionths: 3.5 cents, which nobody hears.
	maxPace = 2000
	// tooMuch is what is left out at once: a server's store of what has been.
	tooMuch = second
	// episodes is how often in farHorizon a cushion may be used up before it is made larger.
	episodes = 2
	// maxCushion bounds that.
	maxCushion = 3 * second
)

// steer holds the least fill of the last seconds at its target. It is a pure
// function of what it observes.
type steer struct {
	target    int64
	segmented bool    // what is there at first is what is to be there: it comes in pieces
	set       bool    // that is known, and the target
	lows      []int64 // the least fill of each of the last seconds, oldest first
	low       int64   // of the present one
	until     int64   // when the present one ends, in the item's time
	dry       []int64 // when the cushion was used up
	isDry     bool
}

func newSteer(segmented bool) *steer { return &steer{target: cushion, segmented: segmented} }

// reset forgets what was observed: what airs has been anchored anew at h.
func (c *steer) reset(h int64) {
	c.lows, c.low, c.until, c.isDry = c.lows[:0], 1<<62, h+second, false
}

// observe takes the fill at time h: how much more than is needed then has arrived.
// Now and then it answers with how the source is to go on: see tempo.bend.
func (c *steer) observe(h, fill int64) (ppm, step int64, bend bool) {
	if c.until == 0 {
		c.reset(h)
	}
	c.low = min(c.low, fill)
	if dry := fill < 0; dry != c.isDry {
		if c.isDry = dry; dry {
			c.dry = append(c.dry, h)
		}
	}
	if h < c.until {
		return 0, 0, false
	}
	far := horizon
	if c.segmented {
		far = farHorizon
	}
	if c.lows = append(c.lows, c.low); len(c.lows) > far {
		c.lows = c.lows[1:]
	}
	c.low, c.until = 1<<62, c.until+second
	least := c.lows[0]
	for _, l := range c.lows {
		least = min(least, l)
	}
	whole := len(c.lows) == far
	for len(c.dry) > 0 && c.dry[0] < h-farHorizon*second {
		c.dry = c.dry[1:]
	}
	over := least - c.target
	switch {
	case len(c.dry) >= episodes && least < 0: // it comes less evenly than was thought
		c.dry = c.dry[:0]
		step = -min(c.target-least, maxCushion)
		c.reset(h)
		return 0, step, true
	case !whole && c.segmented:
		return 0, 0, false
	case c.segmented && !c.set:
		c.target, c.set = max(c.target, least), true // as it came
		return 0, 0, false
	case over > tooMuch && (whole || len(c.lows) >= 3) && !c.segmented:
		c.reset(h)
		return 0, over, true
	case len(c.lows) < 3:
		return 0, 0, false
	case over > enough:
		over -= enough
	case over < -reserve:
		over += reserve
	default:
		over = 0
	}
	return max(-maxPace, min(-over/gain, maxPace)), 0, true
}
