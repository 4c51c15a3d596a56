// Package schedule decides what airs when. Everything in it is a pure function
// of the plans, of what is known of their files, and of time: the same calls
// answer the engine on air, the rehearsal, the schedule that is shown and the
// guide that is published, so that none can disagree with another.
package schedule

import (
	"context"
	"iter"
	"sync/atomic"
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
	Zone  *time.Location
	Grid  timeline.Grid
	Seed  uint64 // of every shuffle; kept over restarts
	// Folder is the listing of a folder item, as last seen; in any order.
	Folder func(f playlist.Folder) []File
	// Ticks is an item's length in ticks: 0 where it is unknown (a live source,
	// a file not looked at yet), -1 where it cannot play.
	Ticks   func(it playlist.Item) int64
	Fillers []playlist.Item // clips that may fill the time before a hard start
}

// File is one file of a folder's listing.
type File struct {
	Path     string // relative to the media root, with slashes
	Modified time.Time
}

// Plans is everything that may air, ready to be asked. It is immutable.
type Plans struct{ in Inputs }

// New makes plans of the inputs. The problems are of what only shows when the
// files are seen together: an include that is not there or goes in a circle, a
// base playlist that is missing. What they concern is left out.
func New(in Inputs) (*Plans, playlist.Problems) { return &Plans{in}, nil }

// Clock ties ticks to the time of day: Zero is when tick 0 was due, or would
// have been.
type Clock struct{ Zero time.Time }

// Next is what airs from tick n on, when e, on air until then, is left at its
// tick left; Ended says that it is over, or cannot play. For the zero Entry it
// is what a channel begins with.
func (p *Plans) Next(e playlist.Entry, left, n int64, c Clock) playlist.Entry {
	return playlist.Entry{}
}

// Cut is the tick, n or later, at which the clock takes e off the air, should it
// still be on: a hard start, or the end of its playlist's time. What airs then
// is Next(e, left, cut).
func (p *Plans) Cut(e playlist.Entry, n int64, c Clock) int64 { return Never }

// Slot is an entry with its place in time.
type Slot struct {
	playlist.Entry
	Start int64 // tick
	Ticks int64 // how long it airs; Never: no end in sight
	Left  int64 // the item's tick at which it is left; Ended where it plays to its end
}

// Walk is what airs from tick n up to tick end, by the lengths that are known,
// when e is left at its tick left: see Next. It stops when the context is done.
func (p *Plans) Walk(ctx context.Context, e playlist.Entry, left, n, end int64, c Clock) iter.Seq[Slot] {
	return func(func(Slot) bool) {}
}

// Save is e, left at its tick left, for the state file.
func Save(e playlist.Entry, left int64) ([]byte, error) { return nil, nil }

// Restore is what Save wrote: hand it to Next to go on from there.
func Restore(data []byte) (e playlist.Entry, left int64, err error) {
	return playlist.Entry{}, Ended, nil
}

// Rundown is the order of airing on air: plans and clock that may be replaced at
// any time, and where the channel begins. Its methods may be called from any
// goroutine and never block.
type Rundown struct {
	plans atomic.Pointer[Plans]
	clock atomic.Pointer[Clock]
	first atomic.Pointer[begin]
}

type begin struct {
	entry playlist.Entry
	left  int64
}

// NewRundown returns the rundown of the plans.
func NewRundown(p *Plans, c Clock) *Rundown {
	r := &Rundown{}
	r.plans.Store(p)
	r.clock.Store(&c)
	return r
}

// Begin says where the channel begins: after e, left at its tick left.
func (r *Rundown) Begin(e playlist.Entry, left int64) { r.first.Store(&begin{e, left}) }

// Replace puts other plans in place.
func (r *Rundown) Replace(p *Plans) { r.plans.Store(p) }

// Plans is what is in place.
func (r *Rundown) Plans() *Plans { return r.plans.Load() }

// SetClock ties ticks to the time of day anew.
func (r *Rundown) SetClock(c Clock) { r.clock.Store(&c) }

// Clock is how ticks are tied to the time of day.
func (r *Rundown) Clock() Clock { return *r.clock.Load() }

// Next is [Plans.Next] as things stand.
func (r *Rundown) Next(e playlist.Entry, left, n int64) playlist.Entry {
	if e.Item.ID == "" {
		if b := r.first.Load(); b != nil {
			e, left = b.entry, b.left
		}
	}
	return r.Plans().Next(e, left, n, r.Clock())
}

// Cut is [Plans.Cut] as things stand.
func (r *Rundown) Cut(e playlist.Entry, n int64) int64 { return r.Plans().Cut(e, n, r.Clock()) }
