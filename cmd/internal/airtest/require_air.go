package airtest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"airloom/playout/media"
)

// Airings are the runs; where held ticks are excused, those that a long hold cut
// in two, with the slate between, are one again.
func (r *Report) Airings() (out []Run) {
	for _, run := range r.Runs {
		n := len(out)
		if r.Excuse.Held > 0 && n > 1 && run.Clip != nil && out[n-2].Clip == run.Clip && out[n-1].Clip == nil &&
			!out[n-1].Black && run.First >= out[n-2].Last {
			out[n-2].goesOn(out[n-1].Pictures, run)
			out = out[:n-1]
			continue
		}
		out = append(out, run)
	}
	return out
}

// goesOn adds what airs of a clip after something else stood in for it.
func (r *Run) goesOn(between int, more Run) {
	r.Doubled += r.TailHold + between + more.HeadHold + more.Doubled
	r.Pictures += between + more.Pictures
	r.To, r.Last, r.TailLost, r.TailHold = more.To, more.Last, more.TailLost, more.TailHold
	r.Lost, r.Missing, r.Unreadable = r.Lost+more.Lost, r.Missing+more.Missing, r.Unreadable+more.Unreadable
	r.Fit, r.Flash, r.Calm = append(r.Fit, more.Fit...), append(r.Flash, more.Flash...), append(r.Calm, more.Calm...)
	r.MissingBeeps, r.MissingFlashs = r.MissingBeeps+more.MissingBeeps, r.MissingFlashs+more.MissingFlashs
	r.MissingHeld += more.MissingHeld
}

// RequireOrder fails unless the clips aired in this order, round and round, each
// for exactly its ticks. The first and last airing may be cut by the recording,
// and a slate may stand before the first. Airings may be longer by as many ticks
// as were held, all together, and shorter by as many pictures as were skipped.
func (r *Report) RequireOrder(t testing.TB, clips []Clip) {
	t.Helper()
	const what = "not what the playlist says"
	runs := r.Airings()
	for len(runs) > 0 && runs[0].Clip == nil {
		runs = runs[1:]
	}
	if len(runs) < 2 {
		r.fail(t, what, []string{"fewer than two airings"})
		return
	}
	at := slices.IndexFunc(clips, func(c Clip) bool { return runs[0].is(c) })
	if at < 0 {
		r.fail(t, what, []string{"it begins with what is not in it: " + runs[0].Name()})
		return
	}
	bad, long, short := r.compare(runs, clips, at)
	for _, off := range []struct {
		lengths
		by int64
	}{{long, r.Excuse.Held}, {short, r.Excuse.Skipped}} {
		if off.ticks > off.by {
			bad = append(bad, off.lines...)
		} else {
			r.forgive(t, off.lines)
		}
	}
	r.fail(t, what, bad)
}

// lengths is where airings are too long, or too short, and by how many ticks in all.
type lengths struct {
	lines []string
	ticks int64
}

func (l *lengths) add(n int, format string, args ...any) {
	l.lines, l.ticks = append(l.lines, fmt.Sprintf(format, args...)), l.ticks+int64(n)
}

// compare holds the runs against the playlist from its item at on.
func (r *Report) compare(runs []Run, clips []Clip, at int) (bad []string, long, short lengths) {
	for i, run := range runs {
		want := clips[at%len(clips)]
		if run.Clip == nil && !run.Black && want.Pictures != nil && r.Excuse.Held > 0 {
			long.add(run.Pictures, "nothing ready for %d ticks at %s", run.Pictures, seconds(run.From)) // the slate stood in
			continue
		}
		at++
		if !run.is(want) {
			return append(bad, fmt.Sprintf("at %s airs %s instead of %s", seconds(run.From), run.Name(), want.Kind)), long, short
		}
		if i == 0 || i == len(runs)-1 {
			continue
		}
		n, should := run.Pictures+run.Missing+run.Unreadable, want.Ticks(r.House)
		const line = "%s at %s airs %d ticks instead of %d"
		if n > should {
			long.add(n-should, line, want.Kind, seconds(run.From), n, should)
		}
		if n < should {
			short.add(should-n, line, want.Kind, seconds(run.From), n, should)
		}
	}
	return bad, long, short
}

// is says whether the run may be an airing of the clip. A clip without pictures
// of its own shows a card.
func (r Run) is(c Clip) bool {
	if r.Clip == nil {
		return c.Pictures == nil
	}
	return r.Clip.ID == c.ID
}

// RequireJoins fails unless every clip airs from its first picture to its last,
// none lost, none doubled, none held but where its sound goes on, and no black
// between. Held ticks may double pictures, skipped ones may be missing; nothing
// else is ever forgiven.
func (r *Report) RequireJoins(t testing.TB) {
	t.Helper()
	var bad, forgiven []string
	runs := r.Airings()
	for i, run := range runs {
		faults := run.defects(r.House, i == 0, i == len(runs)-1)
		if i > 0 {
			prev := runs[i-1]
			if gap := run.From - prev.To; gap.Abs() > 2*time.Millisecond {
				faults = append(faults, defect{skips, fmt.Sprintf("%v between %s and %s at %s", gap, prev.Name(), run.Name(), seconds(run.From))})
			}
		}
		for _, d := range faults {
			if d.by == holds && r.Excuse.Held > 0 || d.by == skips && r.Excuse.Skipped > 0 {
				forgiven = append(forgiven, d.what)
			} else {
				bad = append(bad, d.what)
			}
		}
	}
	r.forgive(t, forgiven)
	r.fail(t, "joins are not clean", bad)
}

// defect is what is wrong with an airing, and what could excuse it.
type defect struct {
	by   cause
	what string
}

type cause int

const (
	never cause = iota
	holds
	skips
)

// defects lists what is wrong with one airing. The recording may cut the first
// one's head and the last one's tail.
func (r Run) defects(house media.House, first, last bool) (bad []defect) {
	say := func(by cause, n int, what string) {
		if n != 0 {
			bad = append(bad, defect{by, fmt.Sprintf("%s at %s: %d %s", r.Name(), seconds(r.From), n, what)})
		}
	}
	if r.Black {
		say(never, r.Pictures, "black pictures")
	}
	say(never, r.Lost, "pictures lost")
	say(holds, r.Doubled, "pictures doubled")
	say(skips, r.Missing, "pictures missing in time")
	say(holds, r.Unreadable, "pictures without marker")
	if r.Clip == nil || r.Clip.Still {
		return bad
	}
	if !first {
		say(skips, r.HeadLost, "pictures lost at the head")
		say(holds, r.HeadHold, "ticks too many of the first picture")
	}
	if !last {
		say(skips, r.TailLost, "pictures lost at the tail")
		// Where sound outlasts the picture, the last one is held for it.
		frames := r.Clip.Length.Seconds() * float64(house.FPS.Num) / float64(house.FPS.Den)
		hold := r.Clip.Ticks(house) - int(frames+0.5)
		switch d := r.TailHold - hold; {
		case d > 0:
			say(holds, d, "ticks too many of the last picture")
		case d < 0 && hold > 0:
			say(skips, d, "ticks too many of the last picture")
		}
	}
	return bad
}

// The demands on sound against picture (row 2).
const (
	houseRateLimit = 3 * time.Millisecond
	otherRateLimit = 21 * time.Millisecond // half a tick and FLV's millisecond
)

// RequireSync fails unless the sound of each airing stands where the source has
// it, and every beep that should be heard is. Where held ticks are excused, marks
// close to one say nothing.
func (r *Report) RequireSync(t testing.TB) {
	t.Helper()
	bad, forgiven := r.outOfSync()
	runs := r.Airings()
	for i, run := range runs {
		if i == 0 || i == len(runs)-1 { // the recording may cut it
			continue
		}
		missing, by := run.MissingBeeps+run.MissingFlashs, 0
		if r.Excuse.Held > 0 {
			by = run.MissingHeld
		}
		if r.Excuse.Skipped > 0 && run.Missing > 0 {
			by = max(by, run.MissingFlashs)
		}
		line := fmt.Sprintf("%s at %s: %d beeps and %d flashes missing", run.Name(), seconds(run.From), run.MissingBeeps, run.MissingFlashs)
		switch {
		case missing > by:
			bad = append(bad, line)
		case missing > 0:
			forgiven = append(forgiven, line)
		}
	}
	r.forgive(t, forgiven)
	r.fail(t, "sound and picture are not together", bad)
}

// RequireOffsets is RequireSync for what a hold may have swallowed: what is
// heard stands where the source has it.
func (r *Report) RequireOffsets(t testing.TB) {
	t.Helper()
	bad, forgiven := r.outOfSync()
	r.forgive(t, forgiven)
	r.fail(t, "sound and picture are not together", bad)
}

func (r *Report) outOfSync() (bad, forgiven []string) {
	measured := 0
	for _, run := range r.Airings() {
		if len(run.Fit) == 0 {
			continue
		}
		measured++
		fit := run.Fit
		if r.Excuse.Held > 0 {
			fit = run.Calm
		}
		if len(fit) == 0 {
			forgiven = append(forgiven, fmt.Sprintf("%s at %s: ticks were held at all its marks", run.Name(), seconds(run.From)))
			continue
		}
		limit, off := houseRateLimit, mean(fit)
		if !run.Clip.HouseRate(r.House) {
			limit = otherRateLimit
			if r.Excuse.Skipped == 0 || run.Missing == 0 { // the white picture may be one that was skipped
				off = worst(append(run.Flash, off))
			}
		}
		if off.Abs() > limit {
			bad = append(bad, fmt.Sprintf("%s at %s: sound is %.1f ms off", run.Name(), seconds(run.From), ms(off)))
		}
	}
	if measured == 0 {
		bad = append(bad, "no flash and beep was found together")
	}
	return bad, forgiven
}

// worst is the value farthest from 0.
func worst(v []time.Duration) (w time.Duration) {
	for _, d := range v {
		if d.Abs() > w.Abs() {
			w = d
		}
	}
	return w
}
