package airtest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"airloom/playout/media"
)

// fail says what is wrong, and shows the runs beside it.
func (r *Report) fail(t testing.TB, what string, bad []string) {
	t.Helper()
	if len(bad) == 0 {
		return
	}
	more := ""
	if len(bad) > 12 {
		more = fmt.Sprintf("\n  … and %d more", len(bad)-12)
	}
	t.Errorf("%s:\n  %s%s", what, strings.Join(bad[:min(12, len(bad))], "\n  "), more)
	if !r.shown {
		r.shown = true
		t.Log(r)
	}
}

// RequireContiguous fails unless every picture stands exactly one house frame
// after the one before, the sound one AAC frame, DTS rises, and one pair of
// headers held throughout, with no complaint from the decoder.
func (r *Report) RequireContiguous(t testing.TB) {
	t.Helper()
	bad := slices.Clone(r.Faults)
	if len(r.Video.Samples) == 0 || len(r.Audio.Samples) == 0 {
		bad = append(bad, fmt.Sprintf("%d pictures and %d AAC frames were recorded", len(r.Video.Samples), len(r.Audio.Samples)))
	}
	for _, s := range r.Video.OffGrid(r.House.FPS.Den, r.House.FPS.Num) {
		bad = append(bad, "picture: "+s)
	}
	for _, s := range r.Audio.OffGrid(1024, int64(r.House.SampleRate)) {
		bad = append(bad, "sound: "+s)
	}
	for _, tr := range []struct {
		name string
		t    Track
	}{{"picture", r.Video}, {"sound", r.Audio}} {
		if n := tr.t.Backwards(); n > 0 {
			bad = append(bad, fmt.Sprintf("%s: DTS does not rise %d times", tr.name, n))
		}
		if tr.t.Changed > 0 {
			bad = append(bad, fmt.Sprintf("%s: the header changed %d times", tr.name, tr.t.Changed))
		}
		if tr.t.Headers == 0 {
			bad = append(bad, tr.name+": no header")
		}
	}
	for _, e := range r.Errors {
		bad = append(bad, "decoder: "+e)
	}
	r.fail(t, "the stream is not one piece", bad)
}

// RequireDeclared fails unless the header declares this profile and level, each
// GOP but the first is as long as given, and each keyframe is an IDR that brings its own SPS
// and PPS.
func (r *Report) RequireDeclared(t testing.TB, profile, level, gop int) {
	t.Helper()
	var bad []string
	if p, l := r.Video.ProfileLevel(); p != profile || l != level {
		bad = append(bad, fmt.Sprintf("profile %d level %d instead of %d and %d", p, l, profile, level))
	}
	if o, rate, ch := r.Audio.SoundFormat(); o != 2 || rate != r.House.SampleRate || ch != 2 {
		bad = append(bad, fmt.Sprintf("AAC object %d, %d Hz, %d channels instead of 2, %d Hz, 2", o, rate, ch, r.House.SampleRate))
	}
	for i, n := range r.Video.GOPs(r.House.FPS) {
		if n > gop || i > 0 && n != gop { // a session's first keyframe is extra
			bad = append(bad, fmt.Sprintf("GOP %d is %d frames long instead of %d", i, n, gop))
		}
	}
	for _, s := range r.Video.Samples {
		if s.Key && !s.IDR {
			bad = append(bad, "the keyframe at "+seconds(s.DTS)+" is no IDR")
		}
		if s.IDR && !s.Sets {
			bad = append(bad, "the IDR at "+seconds(s.DTS)+" brings no SPS and PPS")
		}
		if s.PTS != s.DTS {
			bad = append(bad, "PTS and DTS differ at "+seconds(s.DTS))
		}
	}
	if len(r.Video.Samples) > 0 && !r.Video.Samples[0].Key {
		bad = append(bad, "the first picture is no keyframe")
	}
	r.fail(t, "the stream is not what was declared", bad)
}

// RequireOrder fails unless the clips aired in this order, round and round, each
// for exactly its ticks. The first and last airing may be cut by the recording,
// and a slate may stand before the first.
func (r *Report) RequireOrder(t testing.TB, clips []Clip, ticks func(Clip) int) {
	t.Helper()
	if ticks == nil {
		ticks = func(c Clip) int { return c.Ticks(r.House) }
	}
	runs := r.Runs
	for len(runs) > 0 && runs[0].Clip == nil {
		runs = runs[1:]
	}
	if len(runs) < 2 {
		r.fail(t, "not what the playlist says", []string{"fewer than two airings"})
		return
	}
	at := slices.IndexFunc(clips, func(c Clip) bool { return runs[0].is(c) })
	if at < 0 {
		r.fail(t, "not what the playlist says", []string{"it begins with what is not in it: " + runs[0].Name()})
		return
	}
	var bad []string
	for i, run := range runs {
		want := clips[(at+i)%len(clips)]
		if !run.is(want) {
			bad = append(bad, fmt.Sprintf("at %s airs %s instead of %s", seconds(run.From), run.Name(), want.Kind))
			break
		}
		if n := run.Pictures + run.Missing + run.Unreadable; i > 0 && i < len(runs)-1 && n != ticks(want) {
			bad = append(bad, fmt.Sprintf("%s at %s airs %d ticks instead of %d", want.Kind, seconds(run.From), n, ticks(want)))
		}
	}
	r.fail(t, "not what the playlist says", bad)
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
// between.
func (r *Report) RequireJoins(t testing.TB) {
	t.Helper()
	var bad []string
	for i, run := range r.Runs {
		bad = append(bad, run.defects(r.House, i == 0, i == len(r.Runs)-1)...)
		if i > 0 {
			prev := r.Runs[i-1]
			if gap := run.From - prev.To; gap.Abs() > 2*time.Millisecond {
				bad = append(bad, fmt.Sprintf("%v between %s and %s at %s", gap, prev.Name(), run.Name(), seconds(run.From)))
			}
		}
	}
	r.fail(t, "joins are not clean", bad)
}

// defects lists what is wrong with one airing. The recording may cut the first
// one's head and the last one's tail.
func (r Run) defects(house media.House, first, last bool) (bad []string) {
	say := func(n int, what string) {
		if n != 0 {
			bad = append(bad, fmt.Sprintf("%s at %s: %d %s", r.Name(), seconds(r.From), n, what))
		}
	}
	if r.Black {
		say(r.Pictures, "black pictures")
	}
	say(r.Lost, "pictures lost")
	say(r.Doubled, "pictures doubled")
	say(r.Missing, "pictures missing in time")
	say(r.Unreadable, "pictures without marker")
	if r.Clip == nil || r.Clip.Still {
		return bad
	}
	if !first {
		say(r.HeadLost, "pictures lost at the head")
		say(r.HeadHold, "ticks too many of the first picture")
	}
	if !last {
		say(r.TailLost, "pictures lost at the tail")
		// Where sound outlasts the picture, the last one is held for it.
		frames := r.Clip.Length.Seconds() * float64(house.FPS.Num) / float64(house.FPS.Den)
		hold := r.Clip.Ticks(house) - int(frames+0.5)
		if d := r.TailHold - hold; d < 0 && hold > 0 || d > 0 {
			say(d, "ticks too many of the last picture")
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
// it, and every beep that should be heard is.
func (r *Report) RequireSync(t testing.TB) {
	t.Helper()
	bad := r.outOfSync()
	for _, run := range r.complete() {
		if run.MissingBeeps+run.MissingFlashs > 0 {
			bad = append(bad, fmt.Sprintf("%s at %s: %d beeps and %d flashes missing", run.Name(), seconds(run.From), run.MissingBeeps, run.MissingFlashs))
		}
	}
	r.fail(t, "sound and picture are not together", bad)
}

// RequireOffsets is RequireSync for what a hold may have swallowed: what is
// heard stands where the source has it.
func (r *Report) RequireOffsets(t testing.TB) {
	t.Helper()
	r.fail(t, "sound and picture are not together", r.outOfSync())
}

func (r *Report) outOfSync() (bad []string) {
	for _, o := range r.AVOffsets() {
		limit, d := otherRateLimit, o.Fit
		if o.House {
			limit = houseRateLimit
		} else if o.Worst.Abs() > d.Abs() {
			d = o.Worst
		}
		if d.Abs() > limit {
			bad = append(bad, fmt.Sprintf("%s at %s: sound is %.1f ms off", o.Kind, seconds(o.At), ms(d)))
		}
	}
	if len(r.AVOffsets()) == 0 {
		bad = append(bad, "no flash and beep was found together")
	}
	return bad
}

// RequireSound fails where the tone that runs through all clips is not heard
// although the clip on air has sound.
func (r *Report) RequireSound(t testing.TB) {
	t.Helper()
	var bad []string
	for _, q := range r.Quiet {
		for _, left := range r.unexplained(q) {
			bad = append(bad, fmt.Sprintf("no sound for %s", left))
		}
	}
	r.fail(t, "there are holes in the sound", bad)
}

// smear is how far AAC spreads the edge of a sound.
const smear = 30 * time.Millisecond

// unexplained is what of a quiet stretch falls into a clip that has sound.
func (r *Report) unexplained(q Span) []Span {
	left := []Span{q}
	for i, run := range r.Runs {
		if run.Clip == nil {
			left = without(left, Span{run.From - smear, run.To + smear}) // nobody knows what sounds here
			continue
		}
		begin := run.From - pictureTime(run.First, run.Clip.FPS)
		if end := begin + run.Clip.Sound; end < run.To || run.Clip.Sound == 0 {
			left = without(left, Span{max(end, run.From) - smear, run.To + smear})
		}
		if i == 0 { // the decoder's first frame is not whole
			left = without(left, Span{run.From - time.Second, run.From + smear})
		}
		if i == len(r.Runs)-1 {
			left = without(left, Span{run.To - smear, run.To + time.Hour})
		}
	}
	return slices.DeleteFunc(left, func(s Span) bool { return s.To-s.From < leastQuiet })
}

// without cuts a stretch out of others.
func without(from []Span, cut Span) (out []Span) {
	for _, s := range from {
		if a := min(s.To, cut.From); a > s.From {
			out = append(out, Span{s.From, a})
		}
		if b := max(s.From, cut.To); b < s.To {
			out = append(out, Span{b, s.To})
		}
	}
	return out
}
