package playout

import (
	"errors"
	"fmt"
	"io"
	"log/slog"

	"airloom/playlist"
	"airloom/playout/media"
)

// lookAhead keeps the next item open with its first tick at hand. What fails
// here never reaches the air: it is reported and the one after it is opened.
func (e *Engine) lookAhead() {
	e.swapIn()
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
			e.skip(stalled(f.name(), e.cfg.StallMax))
		}
	case errors.Is(err, io.EOF):
		e.skip(&media.Fault{Kind: media.FaultBroken, Err: fmt.Errorf("%s holds no picture and no sound", f.name())})
	case media.KindOf(err) == media.FaultCrashed && f.crashes == 0:
		e.tell(f.entry, Crashed, err)
		f.close()
		f.clip, f.err, f.crashes = e.rooms.Opener.Open(e.ctx, f.spec, media.Start{Tick: f.entry.From}), nil, 1
	default:
		if media.KindOf(err) == media.FaultCrashed {
			e.ban(f)
		}
		e.skip(err)
	}
}

// maxBanned bounds the memory of file versions that are left out.
const maxBanned = 10_000

// ban leaves a file version out that has crashed its decoder twice.
func (e *Engine) ban(f *feed) {
	if len(e.banned) >= maxBanned {
		clear(e.banned)
	}
	if f.version != "" {
		e.banned[f.version] = true
	}
}

// checkBan skips the item if its file version has been banned.
func (e *Engine) checkBan(f *feed) {
	if e.banned[f.version] {
		e.skip(&media.Fault{Kind: media.FaultCrashed, Err: fmt.Errorf(
			"%s crashed its decoder twice and is left out until the file changes", f.name())})
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
	e.look = e.open(next)
	e.publish()
}

// open opens the entry's clip. An entry that cannot even be named is a clip that
// says so.
func (e *Engine) open(entry playlist.Entry) *feed {
	f := &feed{entry: entry, opened: e.n}
	spec, err := e.cfg.Resolve(entry)
	if err != nil {
		f.clip, f.err = nothing{}, err
		return f
	}
	f.spec = spec
	f.clip = e.rooms.Opener.Open(e.ctx, spec, media.Start{Tick: entry.From})
	return f
}

func (e *Engine) follow() playlist.Entry {
	return e.rooms.Rundown.Next(e.after, Ended, e.n)
}

// skip gives the look-ahead's item up before it aired.
func (e *Engine) skip(cause error) {
	f := e.look
	e.tell(f.entry, Skipped, cause)
	e.rows.skipped(f.entry, e.n, cause)
	e.failed[key(f.entry)] = true
	e.after = f.entry
	e.after.Round = max(e.after.Round, f.entry.Item.Repeat-1) // none of its airings would fare better
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
	e.rooms.Log.Log(e.ctx, level, "item "+string(o), "item", entry.Item.Title, "source", playlist.Redact(entry.Item.Source),
		"playlist", entry.Playlist, "line", entry.Item.Line, "kind", media.KindOf(cause), "cause", cause)
}

// lookUpAgain asks anew what follows. The look-ahead stays if it is that still;
// if not, it stays until the new one is ready, so that an edit just before a join
// costs no hold.
func (e *Engine) lookUpAgain() {
	if e.air != nil {
		e.after = e.air.entry
	}
	clear(e.failed)
	e.retry = 0
	e.dropSwap()
	if e.look == nil {
		return
	}
	if next := e.follow(); !same(next, e.look.entry) && next.Item.ID != "" {
		e.swap = e.open(next)
	}
}

// swapIn puts the new look-ahead in place of the one that an edit has overtaken,
// as soon as it is ready, or has failed and has to be skipped like any other.
func (e *Engine) swapIn() {
	if e.swap == nil || e.look != nil && errors.Is(e.swap.peek(), media.ErrNotReady) {
		return
	}
	if e.look != nil {
		e.look.close()
	}
	e.look, e.swap = e.swap, nil
	e.publish()
}

func (e *Engine) dropSwap() {
	if e.swap != nil {
		e.swap.close()
		e.swap = nil
	}
}

// same reports whether two entries are the same airing of the same item.
func same(a, b playlist.Entry) bool {
	return a.Item.ID == b.Item.ID && a.Playlist == b.Playlist && a.Round == b.Round
}

// key is an item's identity in the engine's maps.
func key(e playlist.Entry) string { return e.Playlist + "\x00" + e.Item.ID }

// nothing is the clip of an entry that could not even be named.
type nothing struct{}

func (nothing) Poll() (*media.Tick, error)   { return nil, io.EOF }
func (nothing) Ready() <-chan struct{}       { return nil }
func (nothing) Info() (media.ClipInfo, bool) { return media.ClipInfo{}, false }
func (nothing) Close() error                 { return nil }
