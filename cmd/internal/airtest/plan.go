package airtest

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// Piece is a stretch of the programme as it should have aired: pictures of one
// clip, one after the other.
type Piece struct {
	Clip   Clip
	From   int  // number of its first picture
	To     int  // number of its last; 0: the clip's last
	GoesOn bool // it begins with the picture after the one at which the clip was left
	Would  bool // GoesOn, but with what it would have come to during the piece before
	Cut    bool // it is taken off wherever it is by then
	Near   int  // how many pictures From may be off
	// At is the wall clock's time at which its first picture is due; zero: right
	// after what airs before it, and that is all that is asked.
	At time.Time
	// Held is a stretch of it that an operator held: its pictures are one picture.
	Held bool
	// Slate is a stretch of the slate: no clip.
	Slate bool
}

func (p Piece) String() string {
	switch {
	case p.Slate:
		return "the slate"
	case p.GoesOn, p.Would:
		return fmt.Sprintf("%s, going on", p.Clip.Kind)
	default:
		return fmt.Sprintf("%s from picture %d", p.Clip.Kind, p.From)
	}
}

// RequireAirs fails unless exactly these pieces aired, in this order, one right
// after the other, none of their pictures lost, doubled or black. The recording
// may cut the last one's tail; a slate may stand before the first. As many ticks
// as are excused may be held or missing.
func (r *Report) RequireAirs(t testing.TB, pieces []Piece) {
	t.Helper()
	const what = "not what was planned"
	runs := r.aired(pieces)
	var bad []string
	if len(runs) != len(pieces) {
		bad = append(bad, fmt.Sprintf("%d pieces aired instead of %d", len(runs), len(pieces)))
	}
	var off lengths
	left := map[int]int{} // clip: the picture after the last that aired
	for i := range min(len(runs), len(pieces)) {
		run, p := runs[i], pieces[i]
		if p.Slate != (run.Clip == nil) || run.Clip != nil && run.Clip.ID != p.Clip.ID {
			bad = append(bad, fmt.Sprintf("at %s airs %s instead of %s", seconds(run.From), run.Name(), p))
			break
		}
		if i > 0 {
			if gap := run.From - runs[i-1].To; gap.Abs() > 2*time.Millisecond && r.Excuse.Skipped == 0 {
				bad = append(bad, fmt.Sprintf("%v between %s and %s at %s", gap, runs[i-1].Name(), run.Name(), seconds(run.From)))
			}
		}
		if p.Slate {
			if run.Black {
				bad = append(bad, "it is black at "+seconds(run.From))
			}
			continue
		}
		at := left[p.Clip.ID]
		if p.Would {
			at += runs[i-1].Pictures
		}
		if i == 0 && p.Near == 0 {
			p.Near = perSecond(r.House.FPS) // the server may come to hear of it a little later
		}
		bad = append(bad, p.compare(run, at, i == len(pieces)-1, int(r.Excuse.Skipped))...)
		if n := run.Doubled + run.HeadHold + run.TailHold + run.Unreadable; n > 0 && !p.Held {
			off.add(n, "%s at %s: %d pictures too many", run.Name(), seconds(run.From), n)
		}
		left[p.Clip.ID] = run.Last + 1
	}
	if off.ticks > r.Excuse.Held {
		bad = append(bad, off.lines...)
	} else {
		r.forgive(t, off.lines)
	}
	r.fail(t, what, bad)
}

// aired is the runs but for what stands before the first clip.
func (r *Report) aired(pieces []Piece) []Run {
	runs := r.Runs
	if r.Excuse.Held > 0 && !slices.ContainsFunc(pieces, func(p Piece) bool { return p.Slate }) {
		runs = r.Airings()
	}
	return runs[max(0, slices.IndexFunc(runs, func(run Run) bool { return run.Clip != nil })):]
}

// compare holds a run against the piece. Left is where the clip was left last; of
// skipped pictures any may be missing.
func (p Piece) compare(run Run, left int, last bool, skipped int) (bad []string) {
	say := func(format string, args ...any) {
		bad = append(bad, fmt.Sprintf("%s at %s ", run.Name(), seconds(run.From))+fmt.Sprintf(format, args...))
	}
	from, to := p.From, p.To
	if p.GoesOn || p.Would {
		from = left
	}
	if to == 0 {
		to = len(p.Clip.Pictures) - 1
	}
	if d := run.First - from; max(d, -d) > p.Near+skipped {
		say("begins with picture %d instead of %d", run.First, from)
	}
	if d := run.Last - to; max(d, -d) > skipped && !p.Cut && !last {
		say("ends with picture %d instead of %d", run.Last, to)
	}
	if run.Lost > 0 || run.Missing > skipped {
		say("loses %d pictures", run.Lost+run.Missing)
	}
	return bad
}

// OnTime holds the pieces that have a time against the wall clock, as far as the
// wire tells it: how far the first picture of each was from its time, when the
// recording's line is laid against the promptest of all messages. A picture is
// due within a tick after its time, and is on the wire as soon as it is coded: a
// tick later at most, on a machine with time for it.
func (r *Report) OnTime(tap *Tap, pieces []Piece) (off []time.Duration) {
	for i, run := range r.aired(pieces) {
		if i < len(pieces) && !pieces[i].At.IsZero() {
			off = append(off, r.Wall(tap, run.From).Sub(pieces[i].At))
		}
	}
	return off
}

// Wall is when the wall clock showed what a moment of the recording shows, by the
// wire: see [Report.OnTime].
func (r *Report) Wall(tap *Tap, at time.Duration) time.Time {
	return tap.Zero().Add(at - r.Video.Samples[0].DTS)
}

// Holds are the stretches of the recording in which one picture stands for more
// than a quarter of a second, from the tick on in which it should have changed.
func (r *Report) Holds() (out []Span) {
	frame := pictureTime(1, r.House.FPS)
	for i, from := 1, 0; i <= len(r.Pictures); i++ {
		p := r.Pictures[from]
		if i < len(r.Pictures) && r.Pictures[i].Clip == p.Clip && r.Pictures[i].N == p.N {
			continue
		}
		end := r.Pictures[i-1].At + frame
		if p.Clip > 0 && end-p.At > 250*time.Millisecond {
			out = append(out, Span{p.At + frame, end})
		}
		from = i
	}
	return out
}
