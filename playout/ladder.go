package playout

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"airloom/playlist"
	"airloom/playout/media"
)

// standIn makes the tick that airs while the item has none: first a hold, then
// the filler, then the slate.
func (e *Engine) standIn() *media.Tick {
	e.gap++
	e.held.Add(1)
	hold := e.last != nil && e.gap <= e.limit.hold
	if !hold {
		if t := e.fromFiller(); t != nil {
			e.airs(Filler)
			return t
		}
	}
	t := media.NewTick(e.grid.Samples(e.n))
	t.N = e.n
	t.Silence()
	if hold {
		t.Picture = e.last.Ref()
		e.airs(Hold)
	} else {
		t.Picture = e.rooms.Slate()
		e.airs(Slate)
	}
	return t
}

// fromFiller returns the filler's next tick; nil while there is none.
func (e *Engine) fromFiller() *media.Tick {
	if e.cfg.Filler == nil {
		return nil
	}
	if e.filler == nil {
		if e.n < e.fillerRetry {
			return nil
		}
		e.filler = &feed{spec: *e.cfg.Filler, opened: e.n}
		e.filler.clip = e.rooms.Opener.Open(e.ctx, e.filler.spec, media.Start{})
	}
	f := e.filler
	err := f.peek()
	if err == nil {
		first := e.n - f.head.N
		return e.cut(f.take(), first)
	}
	if errors.Is(err, media.ErrNotReady) {
		return nil
	}
	if !errors.Is(err, io.EOF) {
		e.rooms.Log.Warn("filler cannot play", "source", f.spec.Source, "cause", err)
		e.fillerRetry = e.n + e.limit.retry
	}
	e.dropFiller()
	return nil
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
		e.slow.held(e.gap)
		e.gap = 0
		e.dropFiller()
	}
	e.slow.good()
	e.airs("")
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

// lookAhead keeps the next item open with its first tick at hand. What fails
// here never reaches the air: it is reported and the one after it is opened.
func (e *Engine) lookAhead() {
	if e.look == nil {
		if e.air == nil || e.n >= e.lookFrom {
			e.openNext()
		}
		return
	}
	f := e.look
	switch err := f.peek(); {
	case err == nil:
		if !f.ready {
			f.ready = true
			e.checkBan(f)
			e.publish()
		}
	case errors.Is(err, media.ErrNotReady):
		if e.n-f.opened > e.limit.stall {
			e.skip(stalled(f.entry.Item.Source, e.cfg.StallMax))
		}
	case errors.Is(err, io.EOF):
		e.skip(&media.Fault{Kind: media.FaultBroken, Err: fmt.Errorf("%s holds no picture and no sound", f.entry.Item.Source)})
	case media.KindOf(err) == media.FaultCrashed && f.crashes == 0:
		f.close()
		f.clip, f.err, f.crashes = e.rooms.Opener.Open(e.ctx, f.spec, media.Start{}), nil, 1
	default:
		e.skip(err)
	}
}

// checkBan skips the item if its file version has been banned.
func (e *Engine) checkBan(f *feed) {
	if len(e.banned) == 0 {
		return
	}
	if info, ok := f.clip.Info(); ok && e.banned[info.Version] {
		e.skip(&media.Fault{Kind: media.FaultCrashed, Err: fmt.Errorf(
			"%s crashed its decoder twice and is left out until the file changes", f.entry.Item.Source)})
	}
}

// openNext opens what follows. When everything has failed since an item last
// aired, it waits a while before it begins again.
func (e *Engine) openNext() {
	if e.n < e.retry {
		return
	}
	next := e.follow()
	if next.Item.ID == "" {
		e.retry = e.n + e.limit.retry
		return
	}
	if e.failed[key(next)] {
		clear(e.failed)
		e.retry = e.n + e.limit.retry
		return
	}
	f := &feed{entry: next, opened: e.n}
	spec, err := e.cfg.Resolve(next)
	e.look = f
	if err != nil {
		f.clip = nothing{}
		e.skip(err)
		return
	}
	f.spec = spec
	f.clip = e.rooms.Opener.Open(e.ctx, spec, media.Start{})
	e.publish()
}

func (e *Engine) follow() playlist.Entry {
	if e.after.Item.ID == "" {
		return e.rooms.Rundown.Now()
	}
	return e.rooms.Rundown.After(e.after)
}

// skip gives the look-ahead's item up before it aired.
func (e *Engine) skip(cause error) {
	f := e.look
	e.tell(f.entry, Skipped, cause)
	e.rows.skipped(f.entry, e.n, cause)
	e.failed[key(f.entry)] = true
	e.after = f.entry
	f.close()
	e.look = nil
	e.publish()
}

// maxTold bounds what is remembered of what was logged.
const maxTold = 10_000

// tell logs why an item did not play, or not to its end. An item that comes round
// and fails for the same cause again is worth no second warning.
func (e *Engine) tell(entry playlist.Entry, o Outcome, cause error) {
	level, id := slog.LevelWarn, key(entry)
	if e.told[id] == cause.Error() {
		level = slog.LevelDebug
	}
	if len(e.told) >= maxTold {
		clear(e.told)
	}
	e.told[id] = cause.Error()
	e.rooms.Log.Log(e.ctx, level, "item "+string(o), "item", entry.Item.Title, "source", entry.Item.Source,
		"playlist", entry.Playlist, "line", entry.Item.Line, "kind", media.KindOf(cause), "cause", cause)
}

// lookUpAgain asks anew what follows, and keeps the look-ahead if it is that still.
func (e *Engine) lookUpAgain() {
	if e.air != nil {
		e.after = e.air.entry
	}
	clear(e.failed)
	e.retry = 0
	if e.look == nil {
		return
	}
	if next := e.follow(); key(next) != key(e.look.entry) || next.Round != e.look.entry.Round {
		e.look.close()
		e.look = nil
	}
}

func key(e playlist.Entry) string { return e.Playlist + "\x00" + e.Item.ID }

// nothing is the clip of an entry that could not even be named.
type nothing struct{}

func (nothing) Poll() (*media.Tick, error)   { return nil, io.EOF }
func (nothing) Ready() <-chan struct{}       { return nil }
func (nothing) Info() (media.ClipInfo, bool) { return media.ClipInfo{}, false }
func (nothing) Close() error                 { return nil }
