package airtest

import (
	"fmt"
	"math"
	"slices"
	"time"

	"airloom/playout/media"
)

// Run is one airing of one clip, or a stretch in which no marker could be read.
type Run struct {
	Clip     *Clip // nil: no marker
	Black    bool  // with no marker: black
	From, To time.Duration
	Pictures int // on air, holds included
	First    int // number of the first picture
	Last     int

	// Against an ideal conversion to the house rate, which shows at tick k the
	// picture of the time k/fps plus one constant phase:
	Lost, Doubled int
	// Source pictures missing at the ends, and ticks that the first and the
	// last picture stay longer than conversion demands.
	HeadLost, TailLost int
	HeadHold, TailHold int
	Unreadable         int // pictures without a marker in the midst of it
	Missing            int // house frames without a picture

	// Sound against picture at each mark, + is sound later. Fit goes by the
	// numbers in all pictures, so it is finer than a tick; Flash by the first
	// white one.
	Fit, Flash    []time.Duration
	MissingBeeps  int
	MissingFlashs int

	// Where ticks were held, a mark within half a second says little: Calm is Fit
	// without those, and MissingHeld how many of them are among the missing.
	Calm        []time.Duration
	MissingHeld int
}

// Name is the clip's kind, or what is seen in its place.
func (r Run) Name() string {
	switch {
	case r.Clip != nil:
		return string(r.Clip.Kind)
	case r.Black:
		return "black"
	default:
		return "unknown"
	}
}

func (r Run) String() string {
	return fmt.Sprintf("%8.3f-%8.3f %-11s n=%-3d src %d-%d lost=%d dup=%d head=%d/%d tail=%d/%d missing=%d unread=%d av=%.2f ms (%d beeps, -%d) flash=%.1f ms",
		r.From.Seconds(), r.To.Seconds(), r.Name(), r.Pictures, r.First, r.Last, r.Lost, r.Doubled,
		r.HeadLost, r.HeadHold, r.TailLost, r.TailHold, r.Missing, r.Unreadable,
		ms(mean(r.Fit)), len(r.Fit), r.MissingBeeps, ms(mean(r.Flash)))
}

func mean(v []time.Duration) time.Duration {
	if len(v) == 0 {
		return 0
	}
	var sum time.Duration
	for _, d := range v {
		sum += d
	}
	return sum / time.Duration(len(v))
}

// stretch is a run in the making.
type stretch struct {
	clip       int
	black      bool
	pics       []Picture
	unreadable int
}

// stretches cuts the pictures into airings. Up to five that cannot be read, in
// the midst of a clip that then goes on, do not end it.
func stretches(pics []Picture) (out []stretch) {
	var unread []Picture
	flush := func() {
		for _, p := range unread {
			if n := len(out); n > 0 && out[n-1].clip == 0 && out[n-1].black == p.Black {
				out[n-1].pics = append(out[n-1].pics, p)
			} else {
				out = append(out, stretch{black: p.Black, pics: []Picture{p}})
			}
		}
		unread = nil
	}
	for _, p := range pics {
		if p.Clip == 0 {
			unread = append(unread, p)
			continue
		}
		if n := len(out); n > 0 && len(unread) <= 5 && out[n-1].clip == p.Clip && p.N >= out[n-1].pics[len(out[n-1].pics)-1].N {
			out[n-1].unreadable += len(unread)
			out[n-1].pics = append(out[n-1].pics, p)
			unread = nil
			continue
		}
		flush()
		out = append(out, stretch{clip: p.Clip, pics: []Picture{p}})
	}
	flush()
	return out
}

// judge turns a stretch into a run; beeps that belong to it are marked used.
func judge(s stretch, clip *Clip, fps media.Rational, beeps []Beep) Run {
	frame := float64(fps.Den) / float64(fps.Num) * 1e9 // ns
	last := s.pics[len(s.pics)-1]
	r := Run{Clip: clip, Black: s.black, From: s.pics[0].At, To: last.At + time.Duration(frame),
		Pictures: len(s.pics), First: s.pics[0].N, Last: last.N, Unreadable: s.unreadable}
	for i := 1; i < len(s.pics); i++ {
		r.Missing += max(0, int(math.Round(float64(s.pics[i].At-s.pics[i-1].At)/frame))-1)
	}
	r.Missing = max(0, r.Missing-s.unreadable)
	if clip == nil || clip.Still || len(clip.Pictures) < 2 {
		return r
	}
	src := make([]int, len(s.pics)) // indices into clip.Pictures
	for i, p := range s.pics {
		src[i], _ = slices.BinarySearch(clip.Numbers, p.N)
		src[i] = min(src[i], len(clip.Numbers)-1)
	}
	r.holds(src, frame)
	core, at := src[r.HeadHold:len(src)-r.TailHold], s.pics[r.HeadHold:len(src)-r.TailHold]
	r.Lost, r.Doubled = phases(core, at, *clip, frame)
	r.offsets(s.pics, core, at, frame, beeps, func(mark time.Duration) bool { return r.shaken(mark, src, frame) })
	return r
}

// holds finds what is missing or stays too long at the run's ends.
func (r *Run) holds(src []int, frame float64) {
	c := *r.Clip
	end := len(c.Pictures) - 1
	count := func(want int) (n int) {
		for _, v := range src {
			if v == want {
				n++
			}
		}
		return n
	}
	demand := func(i int) int { return int(math.Ceil(float64(c.shown(i))/frame - 0.01)) }
	first, last := src[0], src[len(src)-1]
	if first != last {
		r.HeadHold = max(0, count(first)-demand(first))
	}
	r.TailHold = max(0, count(last)-demand(last))
	slack := int(math.Ceil(frame/float64(c.nominal())-0.01)) - 1 // a faster source loses pictures by rights
	r.HeadLost, r.TailLost = max(0, first-slack), max(0, end-last-slack)
}

// nominal is how long a picture is shown at the clip's rate.
func (c Clip) nominal() time.Duration { return pictureTime(1, c.FPS) }

// shown is how long picture i is shown.
func (c Clip) shown(i int) time.Duration {
	if i+1 < len(c.Pictures) {
		return c.Pictures[i+1] - c.Pictures[i]
	}
	return c.nominal()
}

// phases counts the pictures lost and doubled in the midst of a run. Picture s
// at tick k says that the phase lies between pts(s) − k·frame and pts(s+1) −
// k·frame. As long as one phase satisfies all, nothing is lost or doubled; when
// it has to move on, pictures were lost, when back, doubled.
func phases(src []int, pics []Picture, c Clip, frame float64) (lost, doubled int) {
	lo, hi := math.Inf(-1), math.Inf(1)
	step := float64(c.nominal())
	slack := 0.0
	if ratio := frame / step; math.Abs(ratio-math.Round(ratio)) > 1e-6 || ratio > 1.5 {
		slack = 1.2e6 // containers that round to milliseconds let the source jitter
	}
	for i, s := range src {
		k := float64(pics[i].At - pics[0].At)
		if n := math.Round(k / frame); math.Abs(k/frame-n) < 0.1 {
			k = n * frame // FLV's rounding off
		}
		a := float64(c.Pictures[s]) - k - slack
		b := float64(c.Pictures[s]+c.shown(s)) - k + slack
		const tiny = 1000 // ns
		switch {
		case a >= hi-tiny:
			lost += int((a-hi+2*slack+tiny)/step) + 1
			lo, hi = a, b
		case b <= lo+tiny:
			doubled += int((lo-b+2*slack+tiny)/step) + 1
			lo, hi = a, b
		default:
			lo, hi = math.Max(lo, a), math.Min(hi, b)
		}
	}
	return lost, doubled
}

// firstFrame is longer than a frame of AAC: in a recording's first there is no sound
// of the one before it to overlap with, so a beep that begins there is misplaced.
const firstFrame = 30 * time.Millisecond

// offsets measures sound against picture.
func (r *Run) offsets(all []Picture, src []int, pics []Picture, frame float64, beeps []Beep, shaken func(time.Duration) bool) {
	c := *r.Clip
	aired := Span{c.Pictures[src[0]], c.Pictures[src[len(src)-1]] + c.nominal()}
	for k, mark := range c.Marks {
		if mark < aired.From || mark >= aired.To {
			continue // cut off: a beep of its name is another airing's
		}
		stands, ok := c.stands(mark, src, pics, frame)
		if !ok {
			continue
		}
		held := 0
		if shaken(mark) {
			held = 1
		}
		flash, white := flashAt(all, c, mark)
		inside := aired.From <= mark && mark < aired.To-c.nominal()
		if !white && inside {
			r.MissingFlashs++
			r.MissingHeld += held
		}
		if mark+beepLength > c.Sound {
			continue
		}
		b := nearest(beeps, c.ID, k, mark+stands)
		if b == nil {
			if inside && mark+beepLength < aired.To && (r.From != all[0].At || mark-aired.From >= firstFrame) {
				r.MissingBeeps++
				r.MissingHeld += held
			}
			continue
		}
		b.used = true
		if r.From == all[0].At && mark-aired.From < firstFrame {
			continue // whole only from the second on
		}
		r.Fit = append(r.Fit, b.At-mark-stands)
		if held == 0 {
			r.Calm = append(r.Calm, b.At-mark-stands)
		}
		if white {
			r.Flash = append(r.Flash, b.At-flash)
		}
	}
}

// shaken says whether ticks were held around a mark. At another rate than the
// house's nobody can tell which picture is one too many: there, all may be shaken.
func (r *Run) shaken(mark time.Duration, src []int, frame float64) bool {
	c := r.Clip
	if c.Kind == VFR || math.Abs(frame-float64(c.nominal())) >= 1000 {
		return r.Doubled > 0
	}
	for i := 1; i < len(src); i++ {
		if src[i] == src[i-1] && (c.Pictures[src[i]]-mark).Abs() <= time.Second/2 {
			return true
		}
	}
	return false
}

// stands is where the picture stands around a mark: the middle of its display
// on air against the middle in its source, over a second. Pictures next to the
// holes of a variable rate say nothing. At the same rate all distances are one
// but those in a hold, so there the median leaves holds out.
func (c Clip) stands(mark time.Duration, src []int, pics []Picture, frame float64) (time.Duration, bool) {
	var d []float64
	regular := func(i int) bool { return math.Abs(float64(c.shown(i)-c.nominal())) < 1e6 }
	for i, s := range src {
		if (c.Pictures[s]-mark).Abs() <= time.Second/2 && regular(s) && (s == 0 || regular(s-1)) {
			d = append(d, float64(pics[i].At)+frame/2-float64(c.Pictures[s])-float64(c.shown(s))/2)
		}
	}
	if len(d) == 0 {
		return 0, false
	}
	if math.Abs(frame-float64(c.nominal())) < 1000 {
		slices.Sort(d)
		return time.Duration(d[len(d)/2]), true
	}
	sum := 0.0
	for _, v := range d {
		sum += v
	}
	return time.Duration(sum / float64(len(d))), true
}

// flashAt is when the flash of a mark is first seen.
func flashAt(pics []Picture, c Clip, mark time.Duration) (time.Duration, bool) {
	for _, p := range pics {
		if d := pictureTime(p.N, c.FPS) - mark; p.Flash && d > -200*time.Millisecond && d < 200*time.Millisecond {
			return p.At, true
		}
	}
	return 0, false
}

// nearest is the unused beep of that name that lies nearest to where it belongs.
func nearest(beeps []Beep, id, mark int, want time.Duration) (best *Beep) {
	far := 2450 * time.Millisecond
	for i := range beeps {
		b := &beeps[i]
		if b.used || b.Clip != id || b.Mark != mark%markNames {
			continue
		}
		if d := (b.At - want).Abs(); d < far {
			best, far = b, d
		}
	}
	return best
}
