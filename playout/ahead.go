package playout

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"airloom/playlist"
	"airloom/playout/media"
)

// prospect is what may air next, opened ahead of its time, with its first tick
// at hand. What fails here never reaches the air: it is reported and what follows
// it is opened.
type prospect struct {
	feed   *feed
	swap   *feed            // what an edit or the hour puts in its place, once ready
	failed map[string]error // why what is passed over cannot play
	doubt  map[string]error // the same of what is tried again: until it is ready it counts at the join
	passed []playlist.Entry // what is in failed, in the order in which it was found out
	retry  int64            // nothing is opened before this tick
}

func newProspect() prospect {
	return prospect{failed: map[string]error{}, doubt: map[string]error{}}
}

// hope lets what failed be tried again.
func (p *prospect) hope() {
	if len(p.doubt)+len(p.failed) > maxDecision {
		clear(p.doubt)
	}
	maps.Copy(p.doubt, p.failed)
	clear(p.failed)
	p.passed = nil
}

// forget is for what comes after something has aired.
func (p *prospect) forget() {
	clear(p.failed)
	clear(p.doubt)
	p.passed = nil
}

// wantsLook reports whether it is time to open what follows the item on air: not
// in its first moments, and not at all where the clock will cut it first.
func (e *Engine) wantsLook() bool {
	if e.air == nil {
		return e.order == nil || !e.order.borrowed
	}
	if e.n < e.lookFrom || e.order != nil && e.order.borrowed {
		return false
	}
	ends := e.ends()
	return ends < e.cutAt || ends == Never
}

// maxChain bounds how many failed entries are passed over anew for an entry that
// is true to the tick; beyond, it goes on from the last of them. What airs, at
// most once a join, is worth more.
const (
	maxChain    = 16
	maxDecision = 1024
)

// foresee is what the prospect is by the rundown when the entry on is left at
// tick left at the channel's tick n, passing over what has failed.
func (e *Engine) foresee(p *prospect, on playlist.Entry, left, n int64) playlist.Entry {
	next, _ := e.passing(p, on, left, n, nil, maxChain)
	return next
}

// decide is the same at the tick at which it airs, and what is passed over.
func (e *Engine) decide(p *prospect, on playlist.Entry, left int64) (next playlist.Entry, passed []playlist.Entry) {
	return e.passing(p, on, left, e.n, p.doubt, maxDecision)
}

func (e *Engine) passing(p *prospect, on playlist.Entry, left, n int64, doubt map[string]error, most int) (next playlist.Entry, passed []playlist.Entry) {
	r := e.rooms.Rundown
	if len(p.failed) > most {
		return r.Next(noMore(p.passed[len(p.passed)-1]), Ended, n), p.passed
	}
	next = r.Next(on, left, n)
	for range min(len(p.failed)+len(doubt), most) {
		if k := key(next); p.failed[k] == nil && doubt[k] == nil {
			break
		}
		passed = append(passed, next)
		next = r.Next(noMore(next), Ended, n)
	}
	return next, passed
}

// noMore is an entry that failed: none of its item's airings would fare better.
func noMore(e playlist.Entry) playlist.Entry {
	e.Ticks = -1
	e.Round = max(e.Round, e.Item.Repeat-1)
	return e
}

// expected is what the prospect is as things stand, by the lengths that are known.
func (e *Engine) expected(p *prospect) playlist.Entry {
	n, left := e.n, Ended
	switch {
	case p == &e.due:
		if n = max(n, e.cutAt); e.air != nil && (e.ends() > n || e.ends() == Never) {
			left = e.left() + n - e.n
		}
	case e.air != nil && e.ends() != Never:
		n = max(n, e.ends())
	}
	return e.foresee(p, e.on, left, n)
}

// tend brings the prospect forward.
func (e *Engine) tend(p *prospect) {
	if p.swap != nil {
		e.swapIn(p)
	}
	for range maxChain {
		if p.feed == nil {
			e.openNext(p)
		}
		if p.feed == nil || e.proves(p) {
			return
		}
	}
}

// proves looks whether what is open is ready, or still may be. If not, it is given
// up, and there is another to open.
func (e *Engine) proves(p *prospect) bool {
	f := p.feed
	if f.live {
		cause := e.tendLive(f)
		if cause != nil {
			e.skip(p, cause)
		}
		return cause == nil
	}
	if f.ready && (e.n-f.opened)%5 != 0 {
		return true
	}
	var cause error
	switch err := f.peek(); {
	case err == nil && f.dies() == nil:
		if f.ready {
			return true
		}
		f.ready = true
		f.learns(e)
		delete(p.doubt, key(f.entry))
		if cause = e.isBanned(f); cause == nil {
			e.publish()
		}
	case errors.Is(err, media.ErrNotReady):
		cause = e.isStuck(f)
	default:
		cause = e.mend(f)
	}
	if cause != nil {
		e.skip(p, cause)
	}
	return cause == nil
}

// mend opens a clip anew whose decoder has crashed for the first time. What
// ended it otherwise is returned: it is not to be tried again.
func (e *Engine) mend(f *feed) error {
	switch err := f.err; {
	case errors.Is(err, io.EOF):
		return &media.Fault{Kind: media.FaultBroken, Err: fmt.Errorf("%s holds no picture and no sound", f.name())}
	case media.KindOf(err) != media.FaultCrashed:
		return err
	case f.crashes > 0:
		e.ban(f, err)
		return err
	default:
		e.tell(f.entry, Crashed, err)
		f.close()
		f.crashes, f.ready, f.opened = 1, false, e.n
		f.start(e)
		return nil
	}
}

// openNext opens what is expected. When everything has failed since an item last
// aired, it waits a while before it begins again.
func (e *Engine) openNext(p *prospect) {
	if e.n < p.retry {
		return
	}
	next := e.expected(p)
	switch {
	case next.Item.ID == "" || p.failed[key(next)] != nil:
		p.forget()
		p.retry = e.n + e.limit.retry
		return
	case p == &e.due && e.keepsOn(next):
		p.retry = max(e.n+1, e.cutAt)
		return
	}
	if e.tooSoon(p, next) {
		return
	}
	p.feed = e.open(next)
	e.publish()
}

// keepsOn reports whether a cut would put on air what is there already.
func (e *Engine) keepsOn(next playlist.Entry) bool {
	return e.air != nil && same(next, e.on) && next.From == e.left()+max(0, e.cutAt-e.n)
}

// open opens the entry's clip. An entry that cannot even be named is a clip that
// says so, one without a source needs none.
func (e *Engine) open(entry playlist.Entry) *feed {
	f := &feed{entry: entry, opened: e.n}
	if entry.Mode == playlist.ModeSlate {
		f.clip, f.still = nothing{}, true
		f.adopt(entry)
		return f
	}
	spec, err := e.cfg.Resolve(entry)
	if err != nil {
		f.clip, f.err = nothing{}, err
		return f
	}
	f.spec = spec
	f.setLive(e)
	f.start(e)
	return f
}

// start opens the feed's clip from where the entry begins.
func (f *feed) start(e *Engine) {
	f.clip, f.err = e.rooms.Opener.Open(e.ctx, f.spec, media.Start{Tick: f.entry.From}), nil
	f.doomed, _ = f.clip.(doomed)
}

// skip gives the prospect's item up before it aired.
func (e *Engine) skip(p *prospect, cause error) {
	e.passOver(p, p.feed, cause)
	p.feed.close()
	p.feed = nil
	e.publish()
}

// passOver has the prospect go on to what follows an item that cannot play.
// That is told at once, but its row is that of the tick at which it should have
// aired: by then an edit or a start may have put something else there. Where
// nothing is on air that is now.
func (e *Engine) passOver(p *prospect, f *feed, cause error) {
	if p.failed[key(f.entry)] == nil {
		p.passed = append(p.passed, f.entry)
		if len(p.passed) > maxDecision {
			p.passed = slices.Delete(p.passed, 0, maxDecision/2) // their log has to do
		}
	}
	p.failed[key(f.entry)] = cause
	e.tell(f.entry, Skipped, cause)
	if e.rooms.Foretell != nil {
		e.rooms.Foretell(skipOf(f.entry, e.n, cause))
	}
	if p == &e.look && e.air == nil {
		e.skips(p, []playlist.Entry{f.entry})
	}
}

// skips reports what was passed over on the way to what airs now: of what was
// planned for a time, and of what nothing follows, each item once.
func (e *Engine) skips(p *prospect, passed []playlist.Entry) {
	for _, entry := range passed {
		k := key(entry)
		airing := k + entry.Planned.String()
		if e.barren[airing] || e.missed[airing] {
			continue
		}
		told := e.barren
		if !entry.Planned.IsZero() {
			told = e.missed
		}
		if len(told) >= maxTold {
			clear(told)
		}
		told[airing] = true
		cause := p.failed[k]
		if cause == nil {
			cause = p.doubt[k]
		}
		e.rows.report(skipOf(entry, e.n, cause))
	}
}

// again asks anew what is expected. What is open stays until the new one is ready.
func (e *Engine) again(p *prospect) {
	if p.feed == nil {
		return
	}
	next := e.expected(p)
	switch {
	case next.Item.ID == "" || same(next, p.feed.entry):
		p.dropSwap()
	case p.swap != nil && same(next, p.swap.entry):
	case p.failed[key(next)] != nil:
	default:
		p.dropSwap()
		p.swap = e.open(next)
	}
}

// swapIn puts the new feed in place of the one that has been overtaken, as soon
// as it is ready. One that fails is passed over, and what was open stays.
func (e *Engine) swapIn(p *prospect) {
	f := p.swap
	if p.feed == nil {
		p.feed, p.swap = f, nil
		return
	}
	cause := e.isStuck(f)
	if f.live {
		cause = e.tendLive(f)
	}
	switch err := f.swappable(); {
	case err == nil:
		f.learns(e)
		if cause = e.isBanned(f); cause == nil {
			p.feed.close()
			p.feed, p.swap = f, nil
			delete(p.doubt, key(f.entry))
			e.publish()
		}
	case !errors.Is(err, media.ErrNotReady):
		cause = e.mend(f)
	}
	if cause != nil {
		e.passOver(p, f, cause)
		p.dropSwap()
		e.again(p)
	}
}

// isStuck is why a feed that is not ready is given up; nil as long as it is not.
func (e *Engine) isStuck(f *feed) error {
	if e.n-f.opened <= e.limit.stall {
		return nil
	}
	return stalled(f.name(), e.cfg.StallMax)
}

// replace puts another entry in the prospect's place at once.
func (p *prospect) replace(e *Engine, next playlist.Entry) {
	if p.swap != nil && same(next, p.swap.entry) {
		p.feed.close()
		p.feed, p.swap = p.swap, nil
		return
	}
	p.close()
	p.feed = e.open(next)
}

func (p *prospect) dropSwap() {
	if p.swap != nil {
		p.swap.close()
		p.swap = nil
	}
}

func (p *prospect) close() {
	p.dropSwap()
	if p.feed != nil {
		p.feed.close()
		p.feed = nil
	}
}

// same reports whether two entries are the same airing of the same item.
func same(a, b playlist.Entry) bool {
	return a.Item.ID == b.Item.ID && a.Playlist == b.Playlist && a.Round == b.Round
}

// sameRun reports whether two entries belong to the same playing of a playlist.
func sameRun(a, b playlist.Entry) bool {
	return a.Playlist == b.Playlist && a.Mode == b.Mode && a.Planned.Equal(b.Planned)
}

// key is an item's identity in the engine's maps.
func key(e playlist.Entry) string { return e.Playlist + "\x00" + e.Item.ID }

// doomed is a clip that knows of its end before its last ticks are polled: Err is
// the fault that will come after them, nil while none is known.
type doomed interface{ Err() error }
