// Package schedule decides what airs when. Everything in it is a pure function
// of the plans, of what is known of their files, and of time: the same calls
// answer the engine on air, the rehearsal, the schedule that is shown and the
// guide that is published, so that none can disagree with another.
//
// [New] turns [Inputs] into [Plans]. Plans are asked two things: what airs from
// a tick on when what is on air is left there ([Plans.Next]), and at which tick
// the clock takes it off ([Plans.Cut]). Everything that has to be remembered
// between two questions, such as where each playlist was left and how far a
// shuffle has come, travels in the entry's Place: it may be saved ([Save]),
// carried over to other plans, or asked twice, and nothing is kept behind its
// back. [Plans.Walk] asks both questions again and again, as the engine does.
package schedule

import (
	"time"

	"airloom/playlist"
	"airloom/playout/timeline"
)

// Ended is the place of an item that is over: nothing of it is left to air.
const Ended int64 = -1

// Never is the tick of a cut that is not in sight.
const Never int64 = 1<<63 - 1

// Inputs is everything that bears on what airs. Nothing else is looked at.
type Inputs struct {
	Base  string               // the base playlist's file name
	Lists []*playlist.Playlist // all playlists there are, in any order
	Zone  *time.Location       // nil: UTC
	Grid  timeline.Grid
	Seed  uint64 // of every shuffle; kept over restarts
	// Folder is the listing of a folder item, as last seen; in any order. While
	// nothing has changed it is the same slice: then it is sorted only once.
	Folder func(f playlist.Folder) []File
	// Ticks is an item's length in ticks: 0 where it is unknown (a live source,
	// a file not looked at yet), -1 where it cannot play. Of an item that airs
	// several times it is the length of one airing.
	Ticks func(it playlist.Item) int64
	// Fillers may fill the time before a hard start: those whose length is known
	// when the plans are made.
	Fillers []playlist.Item
}

// File is one file of a folder's listing.
type File struct {
	Path     string // relative to the media root, with slashes
	Modified time.Time
}

// Clock ties ticks to the time of day: Zero is when tick 0 was due, or would
// have been.
type Clock struct{ Zero time.Time }

// Next is what airs from tick n on, when e, on air until then, is left at its
// tick left; Ended says that it is over, or cannot play. For the zero Entry it
// is what a channel begins with. It is the zero Entry when there is nothing to
// air: then ask again with the same e, at the latest at the Cut of the zero
// Entry.
//
// An item is given whether it can play or not: who fails to play it asks for the
// one after it, and so has seen what was left out. (A Round of e that is higher
// than the one given passes over the airings before it; negative Ticks of e say
// that it could not play, where it has not been asked at the tick it was given for.)
func (p *Plans) Next(e playlist.Entry, left, n int64, c Clock) playlist.Entry {
	if l := liveOf(e); l != nil {
		return l.back(p, n, c)
	}
	return p.stage(e, n, c).next(e, left)
}

// resume is Next where the channel has been off the air since it left e.
func (p *Plans) resume(e playlist.Entry, left, n int64, c Clock) playlist.Entry {
	s := p.stage(e, n, c)
	s.restored = true
	return s.next(e, left)
}

func (s *stage) next(e playlist.Entry, left int64) playlist.Entry {
	s.leave(e, left)
	s.due()
	return s.choose(e)
}

// Cut is the tick, n or later, at which the clock takes e off the air, should it
// still be on: a hard start, the end of a soft start's patience, or the end of
// its playlist's time. What airs then is Next(e, left, cut). While e, plans and
// clock are the same, so is the answer for every n up to it: ask again when one of
// them changes, not every tick. For the zero Entry, nothing being on air, it is
// the next start of any kind.
func (p *Plans) Cut(e playlist.Entry, n int64, c Clock) int64 {
	if liveOf(e) != nil {
		return Never
	}
	s := p.stage(e, n, c)
	x, _ := s.cut(e.Item.ID == "")
	return x
}

// Ends says that what takes e off the air at tick n is the end of its own
// playlist's time, and not the start of next: that has waited.
func (p *Plans) Ends(e, next playlist.Entry, n int64, c Clock) bool {
	if liveOf(e) != nil {
		return false
	}
	s := p.stage(e, n, c)
	if s.air < 0 || !s.runs[s.air].cuts {
		return false
	}
	end := p.tick(s.runs[s.air].end, c)
	return end <= n && (next.Planned.IsZero() || p.tick(nanos(next.Planned), c) != end)
}

// The times of day inside this package are nanoseconds since 1970 in UTC.
const (
	forever = 1<<63 - 1 // a time that never comes
	day     = int64(24 * time.Hour)
)

// nanos is a time of day as this package counts it: the zero time, and what lies
// beyond some 250 years, never comes.
func nanos(t time.Time) int64 {
	if t.IsZero() || t.Year() > 2250 {
		return forever
	}
	return t.UnixNano()
}

// time is when tick n is due.
func (p *Plans) time(n int64, c Clock) int64 {
	return c.Zero.UnixNano() + int64(p.in.Grid.Due(n))
}

// tick is the first tick due at or after the time.
func (p *Plans) tick(at int64, c Clock) int64 {
	if at == forever {
		return Never
	}
	d := time.Duration(at - c.Zero.UnixNano())
	n := p.in.Grid.TickAt(d)
	if p.in.Grid.Due(n) < d {
		n++
	}
	return n
}

// ticks is the item's length: see [Inputs].
func (p *Plans) ticks(it playlist.Item) int64 {
	if p.in.Ticks == nil {
		return 0
	}
	return p.in.Ticks(it)
}
