package control

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// goesWrong has what is live end while its producer sends.
func (h *house) goesWrong(t *testing.T) {
	h.ends(t)
	h.reel.mu.Lock()
	h.ended = false
	h.reel.mu.Unlock()
}

// A producer who comes back in the moment in which the channel gives it up is put on
// air again, as is any that leaves it by no command. Where a command takes it off, it
// stays so.
func TestRealProducerWhoSendsIsPutOnAgain(t *testing.T) {
	withProducers(t, nil, func(t *testing.T, h *house, g *gallery) {
		g.comes(0, true)
		time.Sleep(5 * time.Second)
		h.line(t, "live/studio")
		g.comes(0, false)
		g.comes(0, true)
		h.goesWrong(t)
		h.line(t, "a")
		time.Sleep(again + 2*time.Second)
		h.line(t, "live/studio")
		h.goesWrong(t)
		time.Sleep(again)
		h.line(t, "a") // it takes longer each time
		time.Sleep(again + 2*time.Second)
		h.line(t, "live/studio")

		_, err := h.Live(h.ctx, bob, "studio", false)
		require.NoError(t, err)
		time.Sleep(2 * time.Minute)
		require.Equal(t, "ready away away", h.states(g))
		_, err = h.Live(h.ctx, bob, "studio", true)
		require.NoError(t, err)
		time.Sleep(time.Second)
		h.goesWrong(t)
		time.Sleep(again + 2*time.Second)
		h.line(t, "live/studio")
		g.comes(0, false)
		g.comes(0, true) // while it is on air
		_, err = h.Skip(h.ctx, bob, "")
		require.NoError(t, err)
		time.Sleep(2 * time.Minute)
		require.Equal(t, "ready away away", h.states(g))
	})
}

// One that has been lined up and could not be put on air at the join is so later; two
// that cut in do not take turns.
func TestRealProducersDoNotTakeTurns(t *testing.T) {
	withProducers(t, nil, func(t *testing.T, h *house, g *gallery) {
		g.comes(0, true)
		time.Sleep(5 * time.Second)
		g.comes(2, true)
		time.Sleep(5 * time.Second)
		h.line(t, "live/arena")
		time.Sleep(time.Minute)
		h.line(t, "live/arena")
		require.Len(t, h.Notes(), 2)
	})
}

// A producer that fails as soon as it is on air does not have the programme flutter.
func TestAProducerThatFailsAgainAndAgainWaitsLonger(t *testing.T) {
	d, f, now := &Desk{}, &followed{wait: again}, time.Now()
	var gaps []time.Duration
	last := now
	for range 600 {
		if now = now.Add(time.Second); d.wants(f, false, "live/studio", now) {
			gaps, last = append(gaps, now.Sub(last)), now
			now = now.Add(time.Second)
			require.False(t, d.wants(f, true, "live/studio", now))
		}
	}
	require.Less(t, len(gaps), 15)
	for i, gap := range gaps[2:] {
		require.GreaterOrEqual(t, gap, min(again<<i, patience), "%v", gaps)
	}
	require.Less(t, gaps[len(gaps)-1], 2*patience)
}
