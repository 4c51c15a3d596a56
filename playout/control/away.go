package control

import (
	"fmt"
	"time"

	"airloom/playlist"
	"airloom/playout"
)

// aways are the live sources that are not there: each with for how long, and what
// the last of how many attempts came to.
func (b *Board) aways(snap playout.Snapshot, c playout.Counts, now time.Time) (list []Alert) {
	for _, a := range snap.Away {
		source := playlist.Redact(a.Entry.Item.Source)
		d := b.grid.Duration(max(0, c.Ticks-a.Since))
		list = append(list, Alert{Severity: "warning", Code: "live-away", Subject: source, Since: now.Add(-d), Message: fmt.Sprintf(
			"live source %s is away for %v, attempt %d: %s", source, d.Round(time.Second), a.Attempt, a.Cause)})
	}
	return list
}
