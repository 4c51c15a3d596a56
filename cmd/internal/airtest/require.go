package airtest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// forgive says what an Excuse covers.
func (r *Report) forgive(t testing.TB, what []string) {
	t.Helper()
	if n := len(what); n > 0 {
		t.Logf("NOT JUDGED, as the channel got too little processor time (%d ticks held, %d pictures skipped): %d faults\n  %s",
			r.Excuse.Held, r.Excuse.Skipped, n, strings.Join(what[:min(12, n)], "\n  "))
	}
}

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
// headers held throughout, with no complaint from the decoder. A picture that
// was skipped leaves its place empty, and moves nothing.
func (r *Report) RequireContiguous(t testing.TB) {
	t.Helper()
	bad := slices.Clone(r.Faults)
	if len(r.Video.Samples) == 0 || len(r.Audio.Samples) == 0 {
		bad = append(bad, fmt.Sprintf("%d pictures and %d AAC frames were recorded", len(r.Video.Samples), len(r.Audio.Samples)))
	}
	for _, s := range r.Video.OffGrid(r.House.FPS.Den, r.House.FPS.Num, r.Excuse.Skipped) {
		bad = append(bad, "picture: "+s)
	}
	for _, s := range r.Audio.OffGrid(1024, int64(r.House.SampleRate), 0) {
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
// GOP but the first lasts the given ticks, and each keyframe is an IDR that brings
// its own SPS and PPS.
func (r *Report) RequireDeclared(t testing.TB, profile, level, gop int) {
	t.Helper()
	var bad []string
	if p, l := r.Video.ProfileLevel(); p != profile || l != level {
		bad = append(bad, fmt.Sprintf("profile %d level %d instead of %d and %d", p, l, profile, level))
	}
	if o, rate, ch := r.Audio.SoundFormat(); o != 2 || rate != r.House.SampleRate || ch != 2 {
		bad = append(bad, fmt.Sprintf("AAC object %d, %d Hz, %d channels instead of 2, %d Hz, 2", o, rate, ch, r.House.SampleRate))
	}
	bad = append(bad, r.Video.OutOfTurn(r.House.FPS, gop)...)
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

// RequireSound fails where the tone that runs through all clips is not heard
// although the clip on air has sound. Where ticks were held, as much silence is
// forgiven, smeared by the codec.
func (r *Report) RequireSound(t testing.TB) {
	t.Helper()
	var bad []string
	var sum time.Duration
	for _, q := range r.Quiet {
		for _, left := range r.unexplained(q) {
			bad = append(bad, fmt.Sprintf("no sound for %s", left))
			sum += left.To - left.From
		}
	}
	if sum <= time.Duration(r.Excuse.Held)*(pictureTime(1, r.House.FPS)+smear) {
		r.forgive(t, bad)
		return
	}
	r.fail(t, "there are holes in the sound", bad)
}

// smear is how far AAC spreads the edge of a sound.
const smear = 30 * time.Millisecond

// unexplained is what of a quiet stretch falls into a clip that has sound.
func (r *Report) unexplained(q Span) []Span {
	left := []Span{q}
	for _, m := range r.Mute {
		left = without(left, Span{m.From - smear, m.To + smear})
	}
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
