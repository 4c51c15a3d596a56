package main

import (
	"context"
	"io"
	"iter"
	"time"

	"airloom/playlist/guide"
	"airloom/playlist/schedule"
	"airloom/playout/timeline"
)

// guideFor is how far ahead the guide goes: what receivers ask for as a rule.
const guideFor = 7 * 24 * time.Hour

// guide writes what the channel will air as XMLTV, from the item on air on.
func (c *channel) guide(ctx context.Context, w io.Writer) error {
	rundown, grid := c.plan.rundown, timeline.Of(houseOf(c.cfg))
	return guide.Write(w, guide.Channel{Name: c.cfg.Channel.Name, Zone: c.cfg.Channel.Location()}, rundown.Clock(), grid, c.ahead(ctx, grid.Ticks(guideFor)))
}

// ahead is what the channel will air for so many ticks, as things stand. The
// item on air comes first, from where it began.
func (c *channel) ahead(ctx context.Context, ticks int64) iter.Seq[schedule.Slot] {
	snap, counts := c.engine.Snapshot()
	n, rundown := counts.Ticks, c.plan.rundown
	return func(yield func(schedule.Slot) bool) {
		first := snap.Air.Item.ID != ""
		for slot := range rundown.Plans().WalkOn(ctx, snap.Air, snap.Left(n), n, n+ticks, rundown.Clock()) {
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
