package control

import (
	"testing"

	"github.com/stretchr/testify/require"

	"airloom/playout"
)

// What ended is counted by how; pieces, and what stood in, are not.
func TestItemsAreCounted(t *testing.T) {
	b := NewBoard()
	for _, r := range []playout.Row{
		{Outcome: playout.Played, Final: true}, {Outcome: playout.Played}, {Outcome: playout.Hold}, {Outcome: playout.Crashed, Final: true},
		{Outcome: playout.Skipped, Final: true}, {Outcome: playout.Skipped, Final: true},
	} {
		b.Count(r)
	}
	n := map[playout.Outcome]int64{}
	for i, v := range b.Items() {
		n[Outcomes[i]] = v
	}
	require.Equal(t, map[playout.Outcome]int64{playout.Played: 1, playout.Cut: 0, playout.Skipped: 2, playout.EndedEarly: 0, playout.Crashed: 1}, n)
	require.Zero(t, testing.AllocsPerRun(100, func() { b.Count(playout.Row{Outcome: playout.Played, Final: true}) }), "the engine counts")
}
