package playout

import "airloom/playout/media"

// runsOn keeps what follows a producer where it would be by now, where the plan runs
// on meanwhile: it is read, and what has passed is dropped, so that it is at hand to
// the tick when the producer ends. That costs what airing it would.
func (e *Engine) runsOn(p *prospect) {
	f := p.feed
	if f == nil || !f.entry.Runs || f.live || f.still {
		return
	}
	at := f.entry.From + e.n + 1 - f.opened
	for f.head != nil && f.head.N < at {
		f.drop()
		_ = f.peek()
	}
	if f.ready && f.err != nil && media.KindOf(f.err) != media.FaultCrashed { // it is over, or will not go on
		f.close()
		p.feed = nil
	}
}

// catches lets a feed whose time has run on catch up with where it is to begin. It
// reports whether it is there.
func (f *feed) catches(from int64) bool {
	switch {
	case !f.entry.Runs, f.still:
		return true
	case f.live:
		f.entry.From = from
		return true
	default:
		return f.reach(from)
	}
}
