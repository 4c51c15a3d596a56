package schedule

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"airloom/playlist"
)

// A channel that begins anew leaves out what is hardly worth it; one that is only
// looked at airs it to its end.
func TestWhatIsOnAirStaysToItsEnd(t *testing.T) {
	p := plans(t, file(t, "main.yml", "a10 b10", "name: x"))
	r := NewRundown(p, Clock{})
	on := r.Next(playlist.Entry{}, 0, 0)
	require.Equal(t, "a10", on.Item.Source)

	r.Begin(on, 225)
	require.Equal(t, "b10", r.Next(playlist.Entry{}, 0, 0).Item.Source)
	r.BeginOn(on, 225)
	e := r.Next(playlist.Entry{}, 0, 0)
	require.Equal(t, "a10", e.Item.Source)
	require.EqualValues(t, 225, e.From)
	require.EqualValues(t, 25, e.Ticks)
	for s := range p.WalkOn(context.Background(), on, 225, 0, 1, Clock{}) {
		require.Equal(t, e.Item, s.Item)
		require.EqualValues(t, 25, s.Ticks)
	}
	require.Equal(t, "b10", r.Next(e, Ended, 25).Item.Source)
	for _, over := range []int64{Ended, 250} {
		r.BeginOn(on, over)
		require.Equal(t, "b10", r.Next(playlist.Entry{}, 0, 0).Item.Source)
	}
}
