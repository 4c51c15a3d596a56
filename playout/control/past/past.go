// Package past keeps what a running channel remembers of itself: a day of figures
// and the latest lines of its log. All of it lies in the memory of the process,
// is bounded, and goes with it; what must outlive the process is asrun's.
//
// Figures come in every ten seconds, from one goroutine ([History.Run]), as
// running totals; kept is what they grew by. Lines come in as they are logged,
// through a slog.Handler that hands them on to the one that writes them
// ([Log.Handler]). Whoever reads, or follows, costs whoever logs nothing.
package past

import (
	"context"
	"math"
	"strconv"
	"sync"
	"time"
)

const (
	// Step is how far figures lie apart.
	Step = 10 * time.Second
	// Steps is how many are kept: a day of them.
	Steps = int(24 * time.Hour / Step)
)

// Figures are what the channel counts. All but Memory are running totals.
type Figures struct {
	Ticks, Held, Skipped int64
	Memory               int64         // bytes in use now
	CPU                  time.Duration // of processors' time
	Sent                 []int64       // bytes by output, in the order of [NewHistory]
}

// The series that are kept, before those of the outputs.
const (
	speed = iota
	held
	skipped
	memory
	cpu
	outputs
)

// History is a ring of figures. A step without any is a gap, not a zero.
type History struct {
	take  func() Figures
	names []string

	mu     sync.Mutex
	series [][]float32 // by step modulo Steps; NaN: not known
	last   int64       // the latest step, counted from 1970
	begun  bool        // was and at are valid
	was    Figures
	at     time.Time
}

// NewHistory returns an empty history of a channel with these outputs. take is
// called by Run only.
func NewHistory(outputNames []string, take func() Figures) *History {
	h := &History{take: take, names: outputNames, series: make([][]float32, outputs+len(outputNames))}
	for i := range h.series {
		h.series[i] = make([]float32, Steps)
		for k := range h.series[i] {
			h.series[i][k] = unknown
		}
	}
	return h
}

var unknown = float32(math.NaN())

// Run takes figures until the context is done: in the middle of each step, so that
// a moment more or less never leaves one out.
func (h *History) Run(ctx context.Context) error {
	wait := time.NewTimer(0)
	defer wait.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-wait.C:
			now := time.Now()
			h.add(now, h.take())
			wait.Reset(now.Truncate(Step).Add(Step + Step/2).Sub(now))
		}
	}
}

func stepOf(t time.Time) int64 { return t.Unix() / int64(Step/time.Second) }

// add notes what the figures have grown by. A process that stood still leaves a
// gap; where the clock was set back, what lies in the future now is forgotten.
func (h *History) add(now time.Time, f Figures) {
	h.mu.Lock()
	defer h.mu.Unlock()
	was, passed := h.was, now.Sub(h.at) // on the monotonic clock
	begun := h.begun
	h.was, h.at, h.begun = f, now, true
	n := stepOf(now)
	switch {
	case !begun:
		h.last = n
		return // nothing has grown yet
	case n-h.last > int64(Steps) || h.last-n > int64(Steps):
		h.forget(0, int64(Steps)-1)
	case n > h.last:
		h.forget(h.last+1, n)
	default:
		h.forget(n, h.last)
	}
	h.last = n
	if passed <= 0 || passed > 3*Step {
		return // over a gap, an average says nothing
	}
	h.put(n, speed, ratio(f.Ticks-was.Ticks-(f.Skipped-was.Skipped), f.Ticks-was.Ticks))
	h.put(n, held, float64(f.Held-was.Held))
	h.put(n, skipped, float64(f.Skipped-was.Skipped))
	h.put(n, memory, float64(f.Memory)/(1<<20))
	h.put(n, cpu, 100*float64(f.CPU-was.CPU)/float64(passed))
	for i := range min(len(h.names), len(f.Sent), len(was.Sent)) {
		h.put(n, outputs+i, float64(f.Sent[i]-was.Sent[i])*8/1000/passed.Seconds())
	}
}

// put notes a figure; what cannot be, such as a count that shrank, is not known.
func (h *History) put(step int64, series int, v float64) {
	if v >= 0 {
		h.series[series][step%int64(Steps)] = float32(v)
	}
}

func (h *History) forget(from, to int64) {
	for n := from; n <= to; n++ {
		for _, s := range h.series {
			s[n%int64(Steps)] = unknown
		}
	}
}

func ratio(a, b int64) float64 {
	if b <= 0 {
		return math.NaN()
	}
	return float64(a) / float64(b)
}

// Series is figures in the order of time. NaN is a gap, and null in JSON.
type Series []float32

// MarshalJSON writes three digits after the point at most.
func (s Series) MarshalJSON() ([]byte, error) {
	b := append(make([]byte, 0, 2+5*len(s)), '[')
	for i, v := range s {
		if i > 0 {
			b = append(b, ',')
		}
		if v != v {
			b = append(b, "null"...)
			continue
		}
		b = strconv.AppendFloat(b, math.Round(float64(v)*1000)/1000, 'f', -1, 64)
	}
	return append(b, ']'), nil
}

// Stretch is a piece of the history: figures at From, From + Step and so on. What
// it has only in part, such as the time since now, it has.
type Stretch struct {
	From    time.Time
	Step    time.Duration
	Speed   Series            // share of the pictures that the encoder had time for; the least
	Held    Series            // ticks that aired as a hold, filler or slate in an item's place
	Skipped Series            // pictures that the encoder had no time for
	Memory  Series            // MiB; the most
	CPU     Series            // percent of one processor
	Bitrate map[string]Series // kbit/s by output
}

// Since is the latest of the history, as long as asked for and 24 h at most, in
// no more than so many points.
func (h *History) Since(length time.Duration, points int, now time.Time) Stretch {
	steps := min(max(1, int((length+Step-1)/Step)), Steps)
	each := (steps + points - 1) / max(1, points)
	n := (steps + each - 1) / each
	h.mu.Lock()
	defer h.mu.Unlock()
	end := stepOf(now) + 1
	if h.last == end-2 {
		end-- // its figures are still to come
	}
	s := Stretch{Step: time.Duration(each) * Step, Bitrate: map[string]Series{}}
	from := end - int64(n*each)
	s.From = time.Unix(from*int64(Step/time.Second), 0)
	get := func(series int, join func(a, b float64) float64, mean bool) Series {
		list := make(Series, n)
		for i := range list {
			list[i] = h.over(series, from+int64(i*each), each, join, mean)
		}
		return list
	}
	add := func(a, b float64) float64 { return a + b }
	s.Speed, s.Held, s.Skipped = get(speed, math.Min, false), get(held, add, false), get(skipped, add, false)
	s.Memory, s.CPU = get(memory, math.Max, false), get(cpu, add, true)
	for i, name := range h.names {
		s.Bitrate[name] = get(outputs+i, add, true)
	}
	return s
}

// over is one figure for several steps.
func (h *History) over(series int, from int64, steps int, join func(a, b float64) float64, mean bool) float32 {
	all, n := 0.0, 0
	for step := from; step < from+int64(steps); step++ {
		if step > h.last || step <= h.last-int64(Steps) {
			continue
		}
		v := float64(h.series[series][step%int64(Steps)])
		switch {
		case v != v:
			continue
		case n == 0:
			all = v
		default:
			all = join(all, v)
		}
		n++
	}
	switch {
	case n == 0:
		return unknown
	case mean:
		all /= float64(n)
	}
	return float32(all)
}
