package clip

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// camera is a live source in made-up time: pictures of 40 ms and AAC frames by its
// own clock, on their way for up to a jitter, in order.
type camera struct {
	ppm    int64 // faster than the house
	jitter int64 // µs
	jolts  func(sent int64) int64
	rnd    *rand.Rand
	tracks [2]struct{ step, next, came int64 }
}

func newCamera(ppm, jitter int64) *camera {
	c := &camera{ppm: ppm, jitter: jitter, rnd: rand.New(rand.NewPCG(1, uint64(ppm+jitter)))}
	c.tracks[0].step, c.tracks[1].step = 40_000, 1024*second/44100
	return c
}

// upTo is up to when the track has come by now, in its own time.
func (c *camera) upTo(track int, now int64) int64 {
	t := &c.tracks[track]
	for {
		sent := (t.next + t.step) * 1e6 / (1e6 + c.ppm)
		if t.came == 0 {
			t.came = sent + c.rnd.Int64N(c.jitter+1)
			if c.jolts != nil {
				t.came += c.jolts(sent)
			}
		}
		if max(t.came, sent) > now {
			return t.next
		}
		t.next, t.came = t.next+t.step, 0
	}
}

// aired is what of a camera's hour was seen and heard.
type aired struct {
	dry, steps         int
	least, most        int64 // of the delay, in µs, after the first minute
	begin, end         int64 // delay
	apart              int64 // sound from picture at the most, in µs
	pace               int64 // the most, in ppm
	doubled, left, all int
}

// play airs a camera for some seconds, by what paces readLive and places sound.
func play(c *camera, seconds int64) (a aired) {
	const tick, rate = 40_000, 44100
	l := &live{steer: newSteer(false)}
	t := &l.tempo
	start := int64(cushion + burst*tick + 300_000)
	t.anchor(c.upTo(0, start)-cushion-burst*tick, 0)
	snd := sound{dec: &decoder{track: &track{tb: micro}}, warp: t, shape: soundShape{rate: rate}, seg: segment{open: true}}
	first := t.source(0)
	took := first // of the sound: its next frame's time in the source
	shown, a2 := int64(-1), make([]float32, 1024)
	a.least = 1 << 62
	for k := int64(0); k < seconds*25; k++ {
		h, now := k*tick, start+(k-burst)*tick
		newest := min(c.upTo(0, now), c.upTo(1, now))
		if newest < t.source(h+tick) {
			a.dry++
		}
		if l.keep(h, h+tick, newest, func(pos int64) int64 { return pos }) {
			a.steps++
			snd.seg = segment{open: true, start: h * rate / second}
			took = t.source(h)
		}
		ppm := t.knots[len(t.knots)-1].ppm
		a.pace = max(a.pace, ppm, -ppm)
		// The picture of the tick: the last whose time has come.
		pic := (t.source(h) + tick/2) / tick
		switch {
		case pic == shown:
			a.doubled++
		case pic > shown+1 && shown >= 0:
			a.left++
		}
		shown = pic
		a.all++
		for ; took < t.source(h+tick); took += 1024 * second / rate { // as sound.take does
			pos := snd.position(took, 1024)
			diff := pos - snd.seg.expected(rate, rate)
			if over, gap := snd.seg.follow(pos, rate, rate); gap || over > 0 || k > 1500 {
				a.apart = max(a.apart, int64(abs(diff))*second/rate)
			}
			snd.seg.took += 1024
			_, _, moved := snd.seg.drift.stretch(a2, a2, rate)
			snd.seg.moved += moved
		}
		if delay := now*(1e6+c.ppm)/1e6 - t.source(h); k > 1500 {
			a.least, a.most, a.end = min(a.least, delay), max(a.most, delay), delay
			if a.begin == 0 {
				a.begin = delay
			}
		}
	}
	return a
}

// A camera by a clock of its own for an hour, over a network that delays by up to
// 200 ms: sound and picture stay together, delay stays as it is, and never is
// anything missing.
func TestACameraOfAnotherClock(t *testing.T) {
	for _, c := range []struct{ ppm, jitter int64 }{{0, 0}, {200, 200_000}, {-200, 200_000}, {1000, 200_000}, {-1000, 100_000}, {1900, 100_000}} {
		a := play(newCamera(c.ppm, c.jitter), 3600)
		t.Logf("%+d ppm, %d ms: %+v", c.ppm, c.jitter/1000, a)
		require.Zero(t, a.dry, "%d ppm: ticks without", c.ppm)
		require.Zero(t, a.steps, "%d ppm: jumps", c.ppm)
		require.Less(t, a.most-a.least, int64(180_000), "%d ppm: delay moves", c.ppm)
		require.Less(t, a.apart, int64(8_000), "%d ppm: sound from picture", c.ppm)
		require.LessOrEqual(t, a.pace, int64(maxPace))
		turns := 3600 * 25 * max(c.ppm, -c.ppm) / 1e6 // pictures too many or too few in an hour
		require.InDelta(t, turns, a.doubled+a.left, float64(turns)/4+12, "%d ppm: pictures", c.ppm)
	}
}

// Without the correction the same hour would be lost.
func TestWithoutSteeringAnHourIsLost(t *testing.T) {
	c := newCamera(-200, 0)
	late := c.upTo(0, 3600*second)
	require.Less(t, late, 3600*second-int64(cushion), "the cushion is used up")
}

// A network that delays by more than was thought gets a larger cushion, once.
func TestAnUnevenNetworkGetsALargerCushion(t *testing.T) {
	c := newCamera(0, 0)
	c.jolts = func(sent int64) int64 { // every 5 s, 0.9 s late
		if p := sent % (5 * second); p < 900_000 {
			return 900_000 - p
		}
		return 0
	}
	a := play(c, 600)
	t.Logf("%+v", a)
	require.LessOrEqual(t, a.steps, 2)
	require.Less(t, a.dry, 60)
}

// A server that begins with what it has stored is caught up with.
func TestWhatAServerKeptIsLeftOut(t *testing.T) {
	s := newSteer(false)
	var tm tempo
	tm.anchor(0, 0)
	steps := 0
	for k := int64(0); k < 1000; k++ {
		h := k * 40_000
		fill := 5*second + h - tm.source(h)
		if ppm, step, bend := s.observe(h, fill); bend {
			tm.bend(h, ppm, step)
			if step != 0 {
				steps++
				require.Less(t, h, int64(4*second))
			}
		}
	}
	require.Equal(t, 1, steps)
	require.InDelta(t, cushion, 5*second+39*second-tm.source(39*second), 20_000)
}

func TestTempo(t *testing.T) {
	var tm tempo
	tm.anchor(10*second, 0)
	require.EqualValues(t, 0, tm.at(10*second))
	require.EqualValues(t, 11*second, tm.source(second))
	tm.bend(second, 1000, 0)
	require.EqualValues(t, second, tm.at(11*second), "it goes on where it was")
	require.EqualValues(t, 2*second+1000, tm.at(12*second), "and slower")
	require.InDelta(t, 12*second, tm.source(tm.at(12*second)), 2)
	tm.bend(2*second, 0, 500_000)
	require.InDelta(t, 2*second, tm.at(tm.source(2*second)), 2, "what is left out lies before")
	require.Less(t, tm.at(tm.source(2*second)-100_000), 2*second+int64(1))
	for range 100 {
		tm.bend(3*second, 0, 0)
	}
	require.LessOrEqual(t, len(tm.knots), maxKnots)
}
