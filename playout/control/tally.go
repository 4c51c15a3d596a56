package control

import (
	"sync/atomic"

	"airloom/playout"
)

// Outcomes are all ways in which an item ends, or does not air.
var Outcomes = []playout.Outcome{playout.Played, playout.Cut, playout.Skipped, playout.EndedEarly, playout.Crashed}

// tally counts items by how they ended. The engine counts, anybody reads.
type tally [5]atomic.Int64 // in the order of Outcomes

// Count takes note of an item that has ended. It never blocks.
func (b *Board) Count(r playout.Row) {
	for i, o := range Outcomes {
		if r.Final && r.Outcome == o {
			b.tally[i].Add(1)
		}
	}
}

// Items is how many items have ended in each of the [Outcomes] since the start,
// in their order.
func (b *Board) Items() []int64 {
	n := make([]int64, len(Outcomes))
	for i := range n {
		n[i] = b.tally[i].Load()
	}
	return n
}
