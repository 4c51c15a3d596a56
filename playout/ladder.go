package playout

import (
	"errors"
	"fmt"
	"io"
	"time"

	"airloom/playlist"
	"airloom/playout/media"
)

// forced is what an operator shows in place of everything, until it is lifted.
type forced struct {
	outcome Outcome // Hold, Slate; "": nothing
	by      string
	why     Reason
}

// force makes the tick that airs while an operator holds the channel. The item
// on air waits; a planned still does not, for its end is a time of day.
func (e *Engine) force() *media.Tick {
	e.held.Add(1)
	if e.chase {
		e.first++
	}
	e.under()
	e.airs(e.forced.outcome, false, e.forced.why)
	return e.stillTick(e.forced.outcome == Hold)
}

// fromStill makes the tick of an entry without a source: the rest before a start.
// It returns nil when that is over.
func (e *Engine) fromStill() *media.Tick {
	if e.over() {
		e.end(Played, nil)
		return nil
	}
	e.pos = e.n - e.first + 1
	return e.stillTick(e.air.shows == Hold)
}

// stillTick is a tick of silence under the last picture, or under the slate.
func (e *Engine) stillTick(last bool) *media.Tick {
	t := media.NewTick(e.samples)
	t.N = e.n
	t.Silence()
	if last && e.last != nil {
		t.Picture = e.last.Ref()
	} else {
		t.Picture = e.rooms.Slate()
	}
	return t
}

// standIn makes the tick that airs while the item has none: first a hold, then
// the filler, then the slate.
func (e *Engine) standIn() *media.Tick {
	e.gap++
	e.held.Add(1)
	filler := e.fillerHead()
	var why Reason
	if e.air != nil && e.air.away != nil {
		why = e.air.away.why
	}
	hold := e.last != nil && e.gap <= e.limit.hold
	if !hold && filler != nil {
		e.airs(Filler, false, why)
		first := e.n - filler.head.N
		return e.cut(filler.take(), first)
	}
	// A filler that is about to be there is worth a little more patience.
	hold = hold || e.last != nil && e.filler != nil && e.gap <= e.limit.hold+e.limit.early
	if hold {
		e.airs(Hold, false, why)
	} else {
		e.airs(Slate, false, why)
	}
	return e.stillTick(hold)
}

// fillerFor is how long a filler lasts, looped: longer than anyone waits.
const fillerFor = 24 * time.Hour

// fillerHead returns the filler with a tick at its head; nil while there is none.
// It is opened a little before a hold has lasted its time.
func (e *Engine) fillerHead() *feed {
	if e.cfg.Filler == nil || e.gap < e.limit.hold-e.limit.early {
		return nil
	}
	if e.filler == nil {
		if e.n < e.fillerRetry {
			return nil
		}
		e.filler = &feed{spec: *e.cfg.Filler, opened: e.n}
		e.filler.spec.Loop, e.filler.spec.Duration = true, fillerFor
		e.filler.clip = e.rooms.Opener.Open(e.ctx, e.filler.spec, media.Start{})
	}
	switch err := e.filler.peek(); {
	case err == nil:
		return e.filler
	case errors.Is(err, media.ErrNotReady):
		return nil
	case errors.Is(err, io.EOF):
		e.fillerFails(&media.Fault{Kind: media.FaultBroken, Err: errors.New("it has ended, and is opened again")})
	default:
		e.fillerFails(err)
	}
	return nil
}

// fillerFails gives the filler up for a while. It is reported like an item.
func (e *Engine) fillerFails(cause error) {
	entry := playlist.Entry{Playlist: "fallback.filler", Item: playlist.Item{ID: "filler", Title: "the filler"}}
	e.tell(entry, Skipped, cause)
	e.rows.report(skipOf(entry, e.n, cause))
	e.fillerRetry = e.n + e.limit.retry
	e.dropFiller()
}

func (e *Engine) dropFiller() {
	if e.filler != nil {
		e.filler.close()
		e.filler = nil
	}
}

// gapOver notes that the item gave a tick.
func (e *Engine) gapOver() {
	if e.gap > 0 {
		if e.slow.given > 0 { // else the gap was not this item's
			e.slow.held(e.gap)
		}
		e.gap = 0
		e.dropFiller()
		e.consult() // all that comes has shifted by the hold
	}
	e.slow.good()
}

// slowness tells an item that decodes slower than real time from a source that
// has stopped: the first gives ticks between its holds.
type slowness struct {
	holds int   // how often ticks were missing
	ticks int64 // how many in all
	given int64 // ticks that came
	run   int64 // ticks that came since the last hold
}

// steady is how many ticks without a hold make earlier ones forgotten.
const steady = 250

func (s *slowness) held(n int64) { s.holds++; s.ticks += n; s.run = 0 }

func (s *slowness) good() {
	s.given++
	if s.run++; s.run > steady {
		*s = slowness{}
	}
}

// tooHeavy reports that holds have come again and again, cost more than limit
// ticks in all, and that the clip is clearly slower than real time. Whether that
// is its own doing, its reader has to say: on a busy machine a light one is slow too.
func (s *slowness) tooHeavy(now, limit int64) bool {
	held := s.ticks + now
	return s.holds >= 3 && held > limit && s.given < 4*held
}

var errAgain = &media.Fault{Kind: media.FaultCrashed, Err: errors.New("its decoder crashed and did not come back in time")}

func stalled(source string, d time.Duration) error {
	return &media.Fault{Kind: media.FaultStalled, Err: fmt.Errorf(
		"%s gave nothing for %s: the storage or the network behind it is stuck", source, d.Round(100*time.Millisecond))}
}

func tooHeavy(source string, s slowness) error {
	return &media.Fault{Kind: media.FaultTooHeavy, Err: fmt.Errorf(
		"%s decodes at %d %% of real time on this machine: transcode it to the house size or a lighter codec",
		source, 100*s.given/(s.given+s.ticks))}
}
