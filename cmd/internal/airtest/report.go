package airtest

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"airloom/playout/media"
)

// Report is what a recording shows.
type Report struct {
	*Recording // nil for what is no FLV file
	House      media.House
	Pictures   []Picture
	Runs       []Run
	Beeps      []Beep
	Quiet      []Span // without the faint tone, 8 ms and longer
	Black      []Span // pictures without marker and light
	Errors     []string
	SoundEnd   time.Duration
	Excuse     Excuse // set it before the Require functions; zero: all is judged
	Mute       []Span // where silence is right, as an operator holds the channel

	shown bool // in a test's log
}

// leastQuiet is the shortest hole in the sound that is reported. Shorter ones
// drown in AAC's own smear.
const leastQuiet = 8 * time.Millisecond

// Analyse judges a recording of the given clips in the given house format.
func Analyse(t testing.TB, path string, clips []Clip, house media.House) *Report {
	t.Helper()
	flv, err := ReadFLV(path)
	if err != nil {
		t.Fatal(err)
	}
	r, err := analyse(t, path, clips, house, flv)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// analyse decodes a file of any format and reads its pictures and sound; flv is
// nil where it is another format.
func analyse(t testing.TB, path string, clips []Clip, house media.House, flv *Recording) (*Report, error) {
	r := &Report{Recording: flv, House: house}
	table := map[int]*Clip{}
	var shapes []float64
	for i, c := range clips {
		if c.ID > 0 {
			table[c.ID] = &clips[i]
		}
		if c.Shape > 0 && !slices.Contains(shapes, c.Shape) {
			shapes = append(shapes, c.Shape)
		}
	}
	var err error
	if house.Width > 0 {
		if r.Pictures, r.Errors, err = pictures(t, path, house, shapes); err != nil {
			return nil, err
		}
	}
	if house.SampleRate > 0 {
		s, bad, err := sound(t, path, house.SampleRate, flv)
		if err != nil {
			return nil, err
		}
		r.Errors = append(r.Errors, bad...)
		r.Beeps, r.Quiet, r.SoundEnd = s.beeps(), s.quiet(leastQuiet), s.end()
	}
	for _, s := range stretches(r.Pictures) {
		r.Runs = append(r.Runs, judge(s, table[s.clip], house.FPS, r.Beeps))
		if s.clip == 0 && s.black {
			r.Black = append(r.Black, Span{r.Runs[len(r.Runs)-1].From, r.Runs[len(r.Runs)-1].To})
		}
	}
	return r, nil
}

// Trend is how much the A/V offset of house-rate clips moves from the
// recording's beginning to its end, by the straight line through all marks.
func (r *Report) Trend() time.Duration {
	var n, sx, sy, sxx, sxy float64
	for _, run := range r.Runs {
		if run.Clip == nil || !run.Clip.HouseRate(r.House) {
			continue
		}
		for _, d := range run.Calm {
			x, y := run.From.Seconds(), float64(d)
			n, sx, sy, sxx, sxy = n+1, sx+x, sy+y, sxx+x*x, sxy+x*y
		}
	}
	den := n*sxx - sx*sx
	if n < 4 || den == 0 {
		return 0
	}
	return time.Duration((n*sxy - sx*sy) / den * r.length().Seconds())
}

func (r *Report) length() time.Duration {
	if len(r.Runs) == 0 {
		return 0
	}
	return r.Runs[len(r.Runs)-1].To - r.Runs[0].From
}

// Sums are the figures of the whole recording.
type Sums struct {
	Lost, Doubled, Missing, Unreadable          int
	HeadLost, TailLost, HeadHold                int
	MissingBeeps, MissingFlashes, StrayBeeps    int
	FitMin, FitMax, FitMean, FlashMin, FlashMax time.Duration
	Beeps                                       int
}

// Sums adds up all runs.
func (r *Report) Sums() (s Sums) {
	s.FitMin, s.FitMax, s.FlashMin, s.FlashMax = math.MaxInt64, math.MinInt64, math.MaxInt64, math.MinInt64
	var all []time.Duration
	for _, run := range r.Runs {
		s.Lost, s.Doubled, s.Missing = s.Lost+run.Lost, s.Doubled+run.Doubled, s.Missing+run.Missing
		s.Unreadable, s.HeadLost, s.TailLost = s.Unreadable+run.Unreadable, s.HeadLost+run.HeadLost, s.TailLost+run.TailLost
		s.HeadHold += run.HeadHold
		s.MissingBeeps, s.MissingFlashes = s.MissingBeeps+run.MissingBeeps, s.MissingFlashes+run.MissingFlashs
		for _, d := range run.Fit {
			s.FitMin, s.FitMax, all = min(s.FitMin, d), max(s.FitMax, d), append(all, d)
		}
		for _, d := range run.Flash {
			s.FlashMin, s.FlashMax = min(s.FlashMin, d), max(s.FlashMax, d)
		}
	}
	s.FitMean, s.Beeps = mean(all), len(all)
	for _, b := range r.Beeps {
		if !b.used {
			s.StrayBeeps++
		}
	}
	return s
}

// String is the whole report, for reading.
func (r *Report) String() string {
	var b strings.Builder
	if r.Recording != nil {
		gap, at := r.Video.LongestGap()
		fmt.Fprintf(&b, "%s: %d bytes, %d pictures over %s, longest gap %v at %s, %d AAC frames, headers %d/%d changed %d/%d\n",
			filepath.Base(r.Path), r.Bytes, len(r.Video.Samples), seconds(r.Video.Length()), gap, seconds(at),
			len(r.Audio.Samples), r.Video.Headers, r.Audio.Headers, r.Video.Changed, r.Audio.Changed)
	}
	fmt.Fprintf(&b, "%+v\ntrend %.3f ms\n", r.Sums(), ms(r.Trend()))
	for _, run := range r.Runs {
		fmt.Fprintln(&b, " ", run)
	}
	if len(r.Quiet) > 0 {
		fmt.Fprintln(&b, "quiet:", r.Quiet)
	}
	if len(r.Errors) > 0 {
		fmt.Fprintln(&b, "decoder:", len(r.Errors), r.Errors[:min(3, len(r.Errors))])
	}
	return b.String()
}
