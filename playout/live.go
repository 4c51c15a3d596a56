package playout

import (
	"errors"
	"fmt"
	"io"
	"time"

	"airloom/playlist"
	"airloom/playout/media"
)

// A live item has its time, whatever its source does: it goes on under a hold,
// and ends when it is planned to. While the source is away it is opened again and
// again, each time by a new clip, and what airs meanwhile is what stands in for
// any item. How its clip numbers its ticks says nothing here.

// absence is a live source that is not there.
type absence struct {
	since   int64  // the channel's tick at which it was found out
	next    int64  // the tick of the next attempt
	attempt int    // how many have been made
	cause   error  // why the last one failed, or what ended it
	why     Reason // for the row of what stands in: the first cause
	trial   Clip   // the attempt under way; nil between two
	opened  int64  // when it was begun
}

// connect is how long one attempt may take; liveCrashes how often in a row a live
// item's decoder may die before the item is given up.
const (
	connect     = 12 * time.Second
	liveCrashes = 3
)

// pause is how long to wait before attempt number n, counted from 1: a source that
// comes back is found within 3 s, and one that stays away is no storm of processes.
func pause(n int) time.Duration {
	return min(500*time.Millisecond<<min(n-1, 8), 3*time.Second)
}

// passes reports that a live source may be there another time: it is worth an
// attempt. Servers say all kinds of things while what they serve is not there yet;
// only what may not be opened will not be another time either.
func passes(err error) bool { return media.KindOf(err) != media.FaultUnreadable }

// setLive notes whether the feed's source is a live one, and how long it airs.
func (f *feed) setLive(e *Engine) {
	f.isLive(e, playlist.Endless(f.entry.Item.Source))
}

func (f *feed) isLive(e *Engine, live bool) {
	f.live = live
	if d := f.entry.Item.Duration; live && d > 0 {
		f.ticks = max(1, e.grid.Ticks(d))
	}
}

// learns takes from a clip whose first tick is there whether it is live, where the
// source's name did not tell.
func (f *feed) learns(e *Engine) {
	if info, ok := f.clip.Info(); ok && f.live != info.Live && !f.still && !playlist.Live(f.entry.Item.Source) {
		f.isLive(e, info.Live)
	}
}

// leaves has the live source go: what is there of its clip is given up.
func (f *feed) leaves(e *Engine, cause error) {
	if media.KindOf(cause) == media.FaultCrashed {
		f.crashes++
	}
	f.close()
	f.clip, f.err, f.lost = nothing{}, nil, cause
	f.absences++
	f.away = &absence{since: e.n, cause: cause, why: Reason("the source is away: " + cause.Error()), next: e.n + e.grid.Ticks(pause(1))}
	e.rooms.Log.Warn("live source away", "event", "source-away", "item", f.entry.Item.Title, "source", f.name(), "playlist", f.entry.Playlist, "cause", cause)
}

// awaits makes of a live source that is still being opened, at the tick at which
// it should air, one that is not there yet.
func (f *feed) awaits(e *Engine) {
	cause := &media.Fault{Kind: media.FaultAway, Err: fmt.Errorf("%s has not answered yet", f.name())}
	f.away = &absence{since: e.n, attempt: 1, cause: cause, why: Reason("the source is not there yet"), trial: f.clip, opened: f.opened}
	f.clip, f.lost = nothing{}, cause
	f.absences++
}

// begins has a live feed's time begin at this tick, whether its source is there or not.
func (f *feed) begins(e *Engine) {
	if f != nil && f.live && !f.warm() && f.length() > 0 {
		f.awaits(e)
	}
}

// attempt brings the next opening of an absent source forward. At is the item's
// tick that would air now.
func (f *feed) attempt(e *Engine, at int64) {
	a := f.away
	if a.trial == nil {
		if e.n < a.next {
			return
		}
		a.attempt++
		a.trial, a.opened = e.rooms.Opener.Open(e.ctx, f.spec, media.Start{Tick: at}), e.n
		e.publish()
	}
	t, err := a.trial.Poll()
	switch {
	case err == nil:
		f.clip, f.head, f.away = a.trial, t, nil
		f.doomed, _ = f.clip.(doomed)
		e.rooms.Log.Info("live source back", "event", "source-back", "item", f.entry.Item.Title, "source", f.name(), "after", e.grid.Duration(e.n-a.since), "attempts", a.attempt)
		e.publish()
		return
	case errors.Is(err, media.ErrNotReady):
		if e.n-a.opened <= e.grid.Ticks(connect) {
			return
		}
		err = &media.Fault{Kind: media.FaultAway, Err: fmt.Errorf("%s did not answer within %v", f.name(), connect)}
	case errors.Is(err, io.EOF):
		err = &media.Fault{Kind: media.FaultAway, Err: fmt.Errorf("%s ended before anything came", f.name())}
	case media.KindOf(err) == media.FaultCrashed:
		f.crashes++
	}
	_ = a.trial.Close()
	a.trial, a.cause, f.lost = nil, err, err
	a.next = e.n + e.grid.Ticks(pause(a.attempt+1))
	e.rooms.Log.Debug("live source does not answer", "item", f.entry.Item.Title, "source", f.name(), "attempt", a.attempt, "cause", err)
	e.publish()
}

// fresh has the head of a live feed that waits be a new tick, if there is one.
func (f *feed) fresh() {
	if info, ok := f.clip.Info(); f.head == nil || f.err != nil || !ok || !info.Live {
		return
	}
	t, err := f.clip.Poll()
	switch {
	case err == nil:
		f.head.Free()
		f.head = t
	case !errors.Is(err, media.ErrNotReady):
		f.drop()
		f.err = err
	}
}

// tendLive keeps a live feed that waits for its turn ready: with its newest tick
// at hand or, where it has a length that is counted in any case, as one that is
// away. What it returns ends it.
func (e *Engine) tendLive(f *feed) (cause error) {
	if f.away != nil {
		f.attempt(e, f.entry.From)
		return e.hopeless(f)
	}
	f.fresh()
	err := f.peek()
	switch {
	case err == nil:
		if !f.ready {
			f.ready = true
			f.learns(e)
			e.publish()
		}
		return nil
	case errors.Is(err, media.ErrNotReady):
		if err = e.isStuck(f); err == nil {
			return nil
		}
	case errors.Is(err, io.EOF):
		return &media.Fault{Kind: media.FaultBroken, Err: fmt.Errorf("%s holds no picture and no sound", f.name())}
	}
	if f.length() == 0 || !passes(err) {
		return err
	}
	f.leaves(e, err)
	f.ready = true
	e.publish()
	return e.hopeless(f)
}

// hopeless is why a live item that is away is given up; nil as long as it is not.
func (e *Engine) hopeless(f *feed) error {
	switch a := f.away; {
	case a == nil:
		return nil
	case !passes(a.cause), f.crashes >= liveCrashes:
		return a.cause
	case f.length() == 0 && e.n-a.since >= e.limit.stall:
		return a.cause
	}
	return nil
}

// fromLive returns the tick of the live item on air; nil while its source has
// none. Done is false when the item is over.
func (e *Engine) fromLive() (t *media.Tick, done bool) {
	a := e.air
	at := e.n - e.first
	if n := a.length(); n > 0 && at >= n {
		e.liveOver()
		return nil, false
	}
	e.pos = at
	switch err := e.follow(); {
	case err != nil && errors.Is(err, io.EOF):
		e.end(Played, nil)
		return nil, false
	case err != nil:
		e.end(outcomeOf(err), err)
		return nil, false
	case a.head == nil:
		a.missed++
		return nil, true
	}
	t = a.take()
	a.aired = true
	e.pos = at + 1
	return e.cut(t, e.n-t.N), true
}

// follow sees to the source of the live item on air. What it returns ends the item.
func (e *Engine) follow() error {
	a := e.air
	if a.away == nil {
		err := a.peek()
		switch {
		case err == nil:
			a.crashes = 0
			return nil
		case errors.Is(err, media.ErrNotReady):
			if a.length() == 0 && e.gap >= e.limit.stall {
				return stalled(a.name(), e.grid.Duration(e.gap))
			}
			return nil
		case errors.Is(err, io.EOF) || !passes(err):
			return err
		}
		a.leaves(e, err)
		a.away.since -= e.gap // it has given nothing since
		e.publish()
	}
	a.attempt(e, e.n-e.first)
	return e.hopeless(a)
}

// under has the live item on air run on while an operator shows something in its place.
func (e *Engine) under() {
	if e.air == nil || !e.air.live {
		return
	}
	if e.over() {
		e.liveOver()
		return
	}
	if e.follow() == nil { // what ends it will show when it is lifted
		e.air.drop()
	}
	e.pos = e.n - e.first + 1
}

// liveOver ends the live item at its planned tick, and says what of it was missing.
func (e *Engine) liveOver() {
	a := e.air
	switch {
	case a.away != nil && !a.aired:
		e.end(Skipped, a.lost)
	case a.away != nil:
		e.end(EndedEarly, a.lost)
	case a.absences > 0 && a.lost != nil:
		times := "once"
		if a.absences > 1 {
			times = fmt.Sprintf("%d times", a.absences)
		}
		e.end(Played, Reason(fmt.Sprintf("%v of it are missing: its source was away %s, last: %v",
			e.grid.Duration(a.missed).Round(100*time.Millisecond), times, a.lost)))
	default:
		e.end(Played, nil)
	}
}

// Away is a live source that is not there, of the item on air or of the next one.
type Away struct {
	Entry   playlist.Entry
	Since   int64  // the channel's tick
	Attempt int    // of opening it again
	Cause   string // in words
}

// absent are the live sources that are away.
func (e *Engine) absent() (list []Away) {
	feeds := []*feed{e.air, e.look.feed, e.due.feed}
	if e.order != nil {
		feeds = append(feeds, e.order.feed)
	}
	for _, f := range feeds {
		if f != nil && f.away != nil {
			list = append(list, Away{f.entry, f.away.since, f.away.attempt, f.away.cause.Error()})
		}
	}
	return list
}

// swappable is peek for a feed that is to take another's place: a live one may do
// so while its source is away.
func (f *feed) swappable() error {
	if f.away != nil {
		return nil
	}
	return f.peek()
}

// tooSoon reports that what follows is live and not yet to be opened: a source
// that only waits costs its sender and this machine as much as one on air.
func (e *Engine) tooSoon(p *prospect, next playlist.Entry) bool {
	if p != &e.look || e.air == nil || !playlist.Endless(next.Item.Source) || e.ends() == Never || e.ends()-e.n <= e.limit.lead {
		return false
	}
	p.retry = e.n + e.limit.second
	if !same(e.coming, next) {
		e.coming = next
		e.publish()
	}
	return true
}
