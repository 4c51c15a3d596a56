package airtest

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"
	"testing"
	"time"
)

// Sound is the decoded sound of a recording, as one mono track, and the time of
// every sample.
type Sound struct {
	Rate  int
	x     []int16
	first []int           // index of each decoded frame's first sample
	at    []time.Duration // its time, free of FLV's rounding to milliseconds
}

// Span is a stretch of a recording.
type Span struct{ From, To time.Duration }

func (s Span) String() string {
	return fmt.Sprintf("%.0f ms at %s", ms(s.To-s.From), seconds(s.From))
}

// Beep is one beep that was found.
type Beep struct {
	At   time.Duration // its onset
	Clip int           // id by its tone; 0: none
	Mark int           // which of the clip's, modulo 12; −1: unknown
	used bool
}

// sound decodes the sound of the file. Where flv is given and holds as many AAC
// frames as came out, the times are its own: the ffmpeg program smooths them in
// a way that is up to half a millisecond off.
func sound(t testing.TB, path string, rate int, flv *Recording) (*Sound, []string, error) {
	d, err := decode(t, path, "-map", "0:a:0", "-af",
		"ashowinfo,aformat=sample_fmts=s16:channel_layouts=mono", "-ar", fmt.Sprint(rate), "-f", "s16le")
	if err != nil {
		return nil, nil, err
	}
	s := &Sound{Rate: rate}
	buf := make([]byte, 1<<16)
	for {
		n, err := io.ReadFull(d.out, buf)
		for i := 0; i+1 < n; i += 2 {
			s.x = append(s.x, int16(binary.LittleEndian.Uint16(buf[i:])))
		}
		if err != nil {
			break
		}
	}
	if err := d.close(); err != nil {
		d.errors = append(d.errors, "ffmpeg: "+err.Error())
	}
	at := 0
	own := flv != nil && len(flv.Audio.Samples) == len(d.frames)
	for i, f := range d.frames {
		s.first = append(s.first, at)
		if own {
			f.at = flv.Audio.Samples[i].PTS
		}
		s.at = append(s.at, f.at)
		at += f.samples
	}
	if d := at - len(s.x); d > 1 || d < -1 {
		return nil, nil, fmt.Errorf("%s: %d samples of sound, but the times of %d", path, len(s.x), at)
	}
	s.smooth()
	return s, d.errors, nil
}

// smooth replaces the frames' times, rounded to a millisecond, by a line through
// them: as long as they agree with the count of samples to 3 ms, the count is
// right and the mean of the differences is its zero.
func (s *Sound) smooth() {
	for from := 0; from < len(s.at); {
		sum, to := 0.0, from
		for ; to < len(s.at); to++ {
			off := float64(s.at[to]-s.at[from]) - float64(s.first[to]-s.first[from])/float64(s.Rate)*1e9
			if math.Abs(off) > 3e6 {
				break
			}
			sum += off
		}
		zero := float64(s.at[from]) + sum/float64(to-from)
		for i, base := from, s.first[from]; i < to; i++ {
			s.at[i] = time.Duration(zero + float64(s.first[i]-base)/float64(s.Rate)*1e9)
		}
		from = to
	}
}

// time is when sample i sounds; a fraction of a sample counts.
func (s *Sound) time(i float64) time.Duration {
	f, ok := slices.BinarySearch(s.first, int(i))
	if !ok {
		f = max(0, f-1)
	}
	return s.at[f] + time.Duration((i-float64(s.first[f]))/float64(s.Rate)*1e9)
}

// beeps finds every beep by its 1 kHz: the strength in a window of 8 ms, whose
// zeros lie at the other tones, rises in a straight line while the window
// enters the beep, so it stands at half its height when its middle does.
func (s *Sound) beeps() (out []Beep) {
	const chunk = 20 // seconds looked at together
	win := s.Rate * 8 / 1000
	for c := 0; c < len(s.x); c += chunk * s.Rate {
		lo, hi := max(0, c-s.Rate/4), min(len(s.x), c+chunk*s.Rate+s.Rate/4)
		env := strength(s.x[lo:hi], beepHz, s.Rate, win)
		for a := 0; a < len(env); a++ {
			if env[a] <= 0.04 {
				continue
			}
			b := a
			for b < len(env) && env[b] > 0.04 {
				b++
			}
			if i := float64(lo) + onset(env, a, b) + float64(win)/2; b-a >= s.Rate*40/1000 &&
				int(i) >= c && int(i) < c+chunk*s.Rate {
				out = append(out, s.name(i))
			}
			a = b
		}
	}
	return out
}

// strength is the amplitude of one tone in a sliding window.
func strength(x []int16, hz float64, rate, win int) []float64 {
	re, im := make([]float64, len(x)+1), make([]float64, len(x)+1)
	for i, v := range x {
		sin, cos := math.Sincos(2 * math.Pi * hz * float64(i) / float64(rate))
		re[i+1] = re[i] + float64(v)/32768*cos
		im[i+1] = im[i] + float64(v)/32768*sin
	}
	env := make([]float64, max(0, len(x)-win))
	for i := range env {
		env[i] = 2 * math.Hypot(re[i+win]-re[i], im[i+win]-im[i]) / float64(win)
	}
	return env
}

// onset is where, in env[a:b], half of its median is crossed.
func onset(env []float64, a, b int) float64 {
	sorted := slices.Clone(env[a:b])
	slices.Sort(sorted)
	half := sorted[len(sorted)/2] / 2
	i := a
	for i < b && env[i] <= half {
		i++
	}
	if i == 0 || i == b || env[i] == env[i-1] {
		return float64(i)
	}
	return float64(i-1) + (half-env[i-1])/(env[i]-env[i-1])
}

// name tells whose beep begins at sample i, and which.
func (s *Sound) name(i float64) Beep {
	b := Beep{At: s.time(i), Mark: -1}
	lo, hi := int(i)+s.Rate*6/1000, int(i)+s.Rate*74/1000
	if hi > len(s.x) {
		return b
	}
	seg := s.x[lo:hi]
	if k, ok := loudest(seg, s.Rate, 39, func(k int) float64 { return clipHz(k + 1) }); ok {
		b.Clip = k + 1
	}
	if k, ok := loudest(seg, s.Rate, markNames, markHz); ok {
		b.Mark = k
	}
	return b
}

// loudest picks the one of n tones that stands out.
func loudest(seg []int16, rate, n int, hz func(int) float64) (best int, ok bool) {
	var top, second float64
	for k := range n {
		var re, im float64
		for i, v := range seg {
			wnd := 0.5 - 0.5*math.Cos(2*math.Pi*float64(i)/float64(len(seg)-1))
			sin, cos := math.Sincos(2 * math.Pi * hz(k) * float64(i) / float64(rate))
			re, im = re+wnd*float64(v)*cos, im+wnd*float64(v)*sin
		}
		switch a := math.Hypot(re, im); {
		case a > top:
			top, second, best = a, top, k
		case a > second:
			second = a
		}
	}
	return best, top > 2*second
}

// quiet finds the stretches without the faint tone that runs through all clips:
// the strength over one of its periods falls below a third, for at least the
// given time. Holes in the timestamps count as quiet.
func (s *Sound) quiet(least time.Duration) (out []Span) {
	floor := backLevel / math.Sqrt2 / 3
	win := int(float64(s.Rate)/backHz + 0.5)
	hop := max(1, s.Rate/1000)
	var spans []Span
	for i := 0; i+win <= len(s.x); i += hop {
		if rms(s.x[i:i+win]) >= floor {
			continue
		}
		from := i
		for i+win <= len(s.x) && rms(s.x[i:i+win]) < floor {
			i += hop
		}
		spans = append(spans, Span{s.time(float64(from)), s.time(float64(min(i+win-hop, len(s.x)-1)))})
	}
	for f := 1; f < len(s.first); f++ {
		end := s.at[f-1] + time.Duration(float64(s.first[f]-s.first[f-1])/float64(s.Rate)*1e9)
		if s.at[f]-end > 5*time.Millisecond {
			spans = append(spans, Span{end, s.at[f]})
		}
	}
	slices.SortFunc(spans, func(a, b Span) int { return int(a.From - b.From) })
	for _, p := range spans {
		if n := len(out); n > 0 && p.From-out[n-1].To < 11*time.Millisecond {
			out[n-1].To = max(out[n-1].To, p.To)
		} else {
			out = append(out, p)
		}
	}
	return slices.DeleteFunc(out, func(p Span) bool { return p.To-p.From < least })
}

func rms(x []int16) float64 {
	sum := 0.0
	for _, v := range x {
		sum += float64(v) * float64(v)
	}
	return math.Sqrt(sum/float64(len(x))) / 32768
}

// end is when the last sample has sounded.
func (s *Sound) end() time.Duration {
	if len(s.x) == 0 {
		return 0
	}
	return s.time(float64(len(s.x)))
}
