package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"time"

	"airloom/playlist"
	"airloom/playlist/guide"
	"airloom/playlist/schedule"
	"airloom/playout/timeline"
)

// guideFor is how far ahead the guide goes. A channel of short clips airs tens of
// thousands of them in that time.
const guideFor = 3 * 24 * time.Hour

// turn lets one at a time do what takes a processor, which belongs to the encoder.
type turn chan struct{}

// turnWithin is how long one waits for its turn.
const turnWithin = 10 * time.Second

var errNoTurn = errors.New("too many ask for it at once: ask again later")

// take waits for the turn; whoever has taken it gives it back.
func (t turn) take(ctx context.Context) (back func(), err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, turnWithin, errNoTurn)
	defer cancel()
	select {
	case t <- struct{}{}:
		return func() { <-t }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// guide writes what the channel will air as XMLTV, from the item on air on. It is
// made before it is written: a reader may be slow, and others wait.
func (c *channel) guide(ctx context.Context, w io.Writer) error {
	back, err := c.plan.guides.take(ctx)
	if err != nil {
		return err
	}
	var made bytes.Buffer
	rundown, grid := c.plan.rundown, timeline.Of(houseOf(c.cfg))
	err = guide.Write(&made, guide.Channel{Name: c.cfg.Channel.Name, Zone: c.cfg.Channel.Location()}, rundown.Clock(), grid, c.ahead(ctx, grid.Ticks(guideFor)))
	if back(); err != nil {
		return err
	}
	_, err = made.WriteTo(w)
	return err
}

// farthest is how far ahead anybody may look.
const farthest = 132 * 24 * time.Hour

// ahead is what the channel will air for so many ticks, as things stand. The
// item on air comes first, from where it began.
func (c *channel) ahead(ctx context.Context, ticks int64) iter.Seq[schedule.Slot] {
	snap, counts := c.engine.Snapshot()
	n, rundown := counts.Ticks, c.plan.rundown
	return func(yield func(schedule.Slot) bool) {
		if ticks <= 0 {
			return
		}
		// Behind a producer the plan waits, and is told as if it went on now.
		first := snap.Air.Item.ID != "" && snap.Air.Mode != playlist.ModeLive
		w := c.plan.walks.from(placeOf(rundown, snap), snap, n, n+timeline.Of(houseOf(c.cfg)).Ticks(farthest))
		for slot := range w.all(ctx, n+ticks) {
			if first {
				first = false
				if began := snap.AirFirst + snap.Air.From; slot.Ticks != schedule.Never {
					slot.Start, slot.From, slot.Ticks = began, snap.Air.From, slot.End()-began
				}
			}
			if !yield(slot) {
				return
			}
		}
	}
}
