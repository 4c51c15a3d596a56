package rehearse

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"airloom/playlist"
	"airloom/playout"
	"airloom/playout/media"
	"airloom/playout/timeline"
)

// stage is the rooms around the engine: clips that last as long as was found out
// and show nothing, and an encoder that throws away what it gets. All ticks share
// one picture and one silence.
type stage struct {
	o     *Options
	grid  timeline.Grid
	now   int64 // the channel's tick
	sound []float32
	wake  chan struct{}
	met   []bool // which of the faults found whom to befall
}

func newStage(o *Options) *stage {
	s := &stage{o: o, grid: timeline.Of(o.House), wake: make(chan struct{}), met: make([]bool, len(o.Faults))}
	s.sound = make([]float32, media.LayoutOf(o.House).MaxSamples+1)
	close(s.wake)
	return s
}

// picture is nothing to look at.
type picture struct{}

func (picture) Ref() media.Picture { return picture{} }
func (picture) Release()           {}

var blank media.Picture = picture{}

// Offer takes the tick and is done with it.
func (s *stage) Offer(t *media.Tick) bool {
	t.Free()
	return true
}

// Room is always there.
func (s *stage) Room() <-chan struct{} { return s.wake }

// Open opens a clip as it is known, or as a fault has it.
func (s *stage) Open(_ context.Context, spec media.Spec, at media.Start) playout.Clip {
	c := &clip{stage: s, tick: media.NewKept([2][]float32{s.sound, s.sound}), next: at.Tick, trouble: playout.Never}
	it := playlist.Item{Source: spec.Source, In: spec.In, Out: spec.Out, Duration: spec.Duration, Loop: spec.Loop, Audio: spec.Audio}
	if c.info.Ticks = s.ticks(it); c.info.Ticks < 0 {
		kind, why := s.o.why(it)
		c.fails(kind, why)
		return c
	}
	if c.end = c.info.Ticks; c.end == 0 {
		c.end = playout.Never // as long as it is let
	}
	c.info.Version = spec.Source
	for i := range s.o.Faults {
		s.met[i] = s.o.Faults[i].befall(c, spec, at) || s.met[i]
	}
	return c
}

// ticks is the item's length. A filler that is looped lasts as long as it is told.
func (s *stage) ticks(it playlist.Item) int64 {
	n := s.o.Ticks(it)
	if n == 0 && it.Loop && it.Duration > 0 {
		once := it
		once.Loop, once.Duration = false, 0
		if n = s.o.Ticks(once); n > 0 {
			n = s.grid.Ticks(it.Duration)
		}
	}
	return n
}

// clip is a clip that shows nothing.
type clip struct {
	stage   *stage
	tick    *media.Tick // its one
	info    media.ClipInfo
	next    int64
	end     int64
	err     error
	trouble int64  // the tick at which something befalls it
	fault   *Fault // what
	until   int64  // the channel's tick at which a stall is over; 0: it has not begun
}

func (c *clip) fails(kind media.FaultKind, why string) {
	c.err = &media.Fault{Kind: kind, Err: errors.New(why)}
}

func (c *clip) Poll() (*media.Tick, error) {
	if c.next >= c.trouble {
		if err := c.troubled(); err != nil {
			return nil, err
		}
	}
	switch {
	case c.err != nil:
		return nil, c.err
	case c.next >= c.end:
		return nil, io.EOF
	}
	c.next++
	return c.tick.Again(c.next-1, blank), nil
}

// troubled is what befalls the clip at this tick; nil when it is over.
func (c *clip) troubled() error {
	if c.fault.Kind == media.FaultCrashed {
		c.fails(media.FaultCrashed, "its decoder crashed, as rehearsed")
		return c.err
	}
	if c.until == 0 {
		if c.until = playout.Never; c.fault.For > 0 {
			c.until = c.stage.now + c.stage.grid.Ticks(c.fault.For)
		}
	}
	if c.stage.now < c.until {
		return media.ErrNotReady
	}
	c.trouble = playout.Never
	return nil
}

func (c *clip) Ready() <-chan struct{} { return c.stage.wake }

func (c *clip) Info() (media.ClipInfo, bool) { return c.info, c.err == nil }

func (c *clip) Close() error { return nil }

// befall has the clip suffer the fault, if it is meant.
func (f *Fault) befall(c *clip, spec media.Spec, at media.Start) (met bool) {
	if !f.meant(spec.Source) {
		return false
	}
	if f.Kind == media.FaultMissing {
		c.fails(media.FaultMissing, fmt.Sprintf("%s is not there, as rehearsed", path.Base(spec.Source)))
		return true
	}
	tick := c.stage.grid.Ticks(f.At)
	if met = tick < c.end; tick >= at.Tick && tick < c.trouble {
		c.trouble, c.fault = tick, f
	}
	return met
}

// unmet are the faults that found nobody: whoever asked for them must not believe
// that the plan survives them.
func (s *stage) unmet() (words []string) {
	for i, met := range s.met {
		if !met {
			words = append(words, s.o.Faults[i].Words+" met nothing: no such file airs within this time, or none is so long")
		}
	}
	return words
}

// meant says whether the fault's pattern names the source, or its last part.
func (f *Fault) meant(source string) bool {
	for _, name := range []string{source, path.Base(source)} {
		if ok, _ := path.Match(f.Pattern, name); ok || strings.EqualFold(f.Pattern, name) {
			return true
		}
	}
	return false
}
