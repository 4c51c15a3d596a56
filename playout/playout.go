// Package playout keeps the channel on air: tick after tick, each at its time,
// whatever the clips do.
//
// The [Engine] takes the next tick from the clip on air, or from what stands in
// for it, and gives it to the encoder. Step does that for one tick: it calls
// nothing that can block. Pace calls Step against the real clock, rehearse
// against a virtual one. The rooms it needs are handed to it through the small
// interfaces below; the package is pure Go.
//
// What follows is open before its time: what comes at the next join, what the
// clock will cut in with, and what an operator wants on air. Each is a prospect
// with its first tick at hand, and the [Rundown] is asked again at the very tick
// it airs. Orders ([Engine.Air] and its like) wait in a mailbox that Step reads,
// and are answered when they have taken effect. What aired leaves as [Row]s.
package playout

import (
	"context"
	"math"

	"airloom/playlist"
	"airloom/playout/media"
)

// Opener opens clips. Open returns at once: whatever takes time, or fails,
// comes out of the clip. The context bounds the clip's whole life.
type Opener interface {
	Open(ctx context.Context, s media.Spec, at media.Start) Clip
}

// Clip is an opened item: a reader of ticks that never blocks.
type Clip interface {
	// Poll returns the next tick and with it its ownership; media.ErrNotReady
	// while it is not there yet, which loses nothing; io.EOF after the last;
	// or a *media.Fault, after which nothing more comes.
	Poll() (*media.Tick, error)
	// Ready receives a value when Poll may have become worth calling.
	Ready() <-chan struct{}
	// Info is what is known of the clip; ok is false until it is open.
	Info() (info media.ClipInfo, ok bool)
	// Close gives the clip up. It returns at once: what has to be waited for is
	// the opener's to wait for. Ticks already handed out stay valid.
	Close() error
}

// Encoder takes ticks in order of their numbers, gaps allowed, and codes them on
// a goroutine of its own.
type Encoder interface {
	// Offer takes ownership of the tick and never blocks. It reports whether
	// the picture was taken; a picture that finds the queue full is skipped,
	// its sound never is.
	Offer(t *media.Tick) bool
	// Room receives a value when a picture offered now would be taken.
	Room() <-chan struct{}
}

// Rundown is the order of airing. Its methods never block.
type Rundown interface {
	// Next is what airs from the channel's tick n on when e, on air until then, is
	// left at its tick left; Ended says that it is over, or cannot play. For the
	// zero Entry it is what to begin with; a zero Entry is nothing at all.
	Next(e playlist.Entry, left, n int64) playlist.Entry
	// Cut is the tick, n or later, at which the clock takes e off the air; Never
	// when none is in sight. What airs then is Next(e, left, cut). The zero Entry
	// is nothing on air.
	Cut(e playlist.Entry, n int64) int64
	// Ends reports that what takes e off the air at tick n is the end of its own
	// playlist's time, and not the start of next, which follows.
	Ends(e, next playlist.Entry, n int64) bool
}

// Ended is the place of an item that is over: nothing of it is left to air.
const Ended int64 = -1

// Never is the tick of a cut that is not in sight.
const Never int64 = math.MaxInt64
