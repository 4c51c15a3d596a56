package airtest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"airloom/playout/media"
)

// AnalyseFile judges a file of any format, such as what a [Viewer] got or what Ant
// Media Server recorded.
func AnalyseFile(t testing.TB, path string, clips []Clip, house media.House) *Report {
	t.Helper()
	r, err := analyse(t, path, clips, house, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// RequireWhole fails unless every picture stands one house frame after the one
// before, and the decoder has nothing to complain of. It is RequireContiguous for
// what is no FLV.
func (r *Report) RequireWhole(t testing.TB) {
	t.Helper()
	var bad []string
	missing := int64(0)
	frame := pictureTime(1, r.House.FPS)
	for i := 1; i < len(r.Pictures); i++ {
		step := r.Pictures[i].At - r.Pictures[i-1].At
		if left := int64((step+frame/2)/frame) - 1; left > 0 && (step-time.Duration(left+1)*frame).Abs() < 2*time.Millisecond && missing+left <= r.Excuse.Skipped {
			missing += left
			continue
		}
		if (step - frame).Abs() > 2*time.Millisecond {
			bad = append(bad, fmt.Sprintf("picture at %s: %v after the one before", seconds(r.Pictures[i].At), step))
		}
	}
	if len(r.Pictures) < 25 {
		bad = append(bad, fmt.Sprintf("%d pictures in all", len(r.Pictures)))
	}
	for _, e := range r.Errors {
		bad = append(bad, "decoder: "+e)
	}
	r.fail(t, "the stream is not whole", bad)
}

// RequireTogether fails unless every beep that was found stands within the limit
// of its flash, and there are at least so many.
func (r *Report) RequireTogether(t testing.TB, limit time.Duration, least int) {
	t.Helper()
	var bad []string
	n := 0
	for _, run := range r.Airings() {
		fit := run.Fit
		if r.Excuse.Held > 0 {
			fit = run.Calm
		}
		n += len(fit)
		for _, d := range fit {
			if d.Abs() > limit {
				bad = append(bad, fmt.Sprintf("%s at %s: sound is %.1f ms off", run.Name(), seconds(run.From), ms(d)))
			}
		}
	}
	if n < least {
		bad = append(bad, fmt.Sprintf("%d beeps with their flashes instead of %d and more", n, least))
	}
	r.fail(t, "sound and picture are not together", bad)
}

// Lost is how much of a looping playlist aired between the last picture of one
// report and the first of another. ok is false where either shows no clip.
func Lost(before, after *Report, clips []Clip) (lost time.Duration, ok bool) {
	var whole time.Duration
	starts := map[int]time.Duration{}
	for _, c := range clips {
		starts[c.ID] = whole
		whole += pictureTime(c.Ticks(before.House), before.House.FPS)
	}
	place := func(list []Picture) (time.Duration, bool) {
		for _, p := range list {
			if i := slices.IndexFunc(clips, func(c Clip) bool { return c.ID == p.Clip }); p.Clip > 0 && i >= 0 {
				return starts[p.Clip] + pictureTime(p.N, clips[i].FPS), true
			}
		}
		return 0, false
	}
	backwards := slices.Clone(before.Pictures)
	slices.Reverse(backwards)
	last, ok1 := place(backwards)
	first, ok2 := place(after.Pictures)
	frame := pictureTime(1, before.House.FPS)
	return (first - last - frame + 2*whole) % whole, ok1 && ok2
}
