// Package rehearse airs a plan before its time: the schedule and the engine that
// air the channel, on a clock that runs as fast as it can, with clips that last
// as long as the real ones and show nothing.
//
// The engine tells in its rows what aired, as it does on air. From them, and from
// what the schedule says it could not keep, a [Report] is made: what would air,
// and everything an operator should know beforehand. Faults may be added, to see
// what they would cost.
package rehearse

import (
	"context"
	"log/slog"
	"time"

	"airloom/playlist"
	"airloom/playlist/schedule"
	"airloom/playout"
	"airloom/playout/media"
)

// Options is what is rehearsed.
type Options struct {
	House    media.House
	HoldMax  time.Duration // see [playout.Config]
	StallMax time.Duration
	Filler   *playlist.Item // what stands in when a hold has lasted too long; nil: nothing
	Plans    *schedule.Plans
	From     time.Time     // when tick 0 is due
	For      time.Duration // how long it lasts
	// After and Left are where the channel is when it begins: After is on air and
	// is left at its tick Left; where On is set, it stays, and that is the next to
	// air. The zero Entry is the plan's beginning.
	After playlist.Entry
	Left  int64
	On    bool
	// Ticks is an item's length, as in [schedule.Inputs]; Why is why it cannot
	// play, or why its length is unknown.
	Ticks func(it playlist.Item) int64
	Why   func(it playlist.Item) (media.FaultKind, string)
	// Faults are added to what is wrong by itself.
	Faults []Fault
	// Aired, where it is set, receives every row, in order.
	Aired func(playout.Row)
	// Progress, where it is set, is told now and then how many ticks have aired.
	Progress func(done, total int64)
}

// why says why an item cannot play.
func (o *Options) why(it playlist.Item) (media.FaultKind, string) {
	if o.Why != nil {
		if kind, why := o.Why(it); why != "" {
			return kind, why
		}
	}
	return media.FaultBroken, "it cannot be played"
}

// stretch is how many ticks air between two looks at the context.
const stretch = 1 << 18

// maxWarm bounds how many items that cannot play are passed over before the first
// tick, as a channel does that starts.
const maxWarm = 10_000

// Run airs the plan. The error is the context's.
func Run(ctx context.Context, o Options) (*Report, error) {
	s := newStage(&o)
	total := s.grid.TickAt(o.For)
	rundown := schedule.NewRundown(o.Plans, schedule.Clock{Zero: o.From})
	switch {
	case o.After.Item.ID == "":
	case o.On:
		rundown.BeginOn(o.After, o.Left)
	default:
		rundown.Begin(o.After, o.Left)
	}
	book := newBook(&o, total)
	engine := playout.New(o.config(), playout.Rooms{
		Opener: s, Encoder: s, Rundown: rundown, Slate: func() media.Picture { return blank },
		Report: book.row, Log: slog.New(slog.DiscardHandler),
	})
	for range maxWarm {
		if engine.Warm() {
			break
		}
	}
	for s.now < total {
		for end := min(total, s.now+stretch); s.now < end; s.now++ {
			engine.Step()
		}
		if o.Progress != nil {
			o.Progress(s.now, total)
		}
		if ctx.Err() != nil {
			break
		}
	}
	book.over = true
	engine.Close()
	for _, words := range s.unmet() {
		book.see(UnmetFault, 0, 0, playlist.Entry{}, words)
	}
	return book.report(), ctx.Err()
}

// config is the engine's, as on air but for the names of files.
func (o *Options) config() playout.Config {
	spec := func(it playlist.Item) media.Spec {
		return media.Spec{Source: it.Source, In: it.In, Out: it.Out, Duration: it.Duration, Loop: it.Loop, Audio: it.Audio}
	}
	c := playout.Config{
		House: o.House, HoldMax: o.HoldMax, StallMax: o.StallMax, Wall: func() time.Time { return o.From },
		Resolve: func(e playlist.Entry) (media.Spec, error) { return spec(e.Item), nil },
	}
	if o.Filler != nil {
		filler := spec(*o.Filler)
		c.Filler = &filler
	}
	return c
}
