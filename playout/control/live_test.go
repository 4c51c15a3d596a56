package control

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/playlist"
	"airloom/playlist/when"
	"airloom/playout"
)

// gallery is who may go live, and tells when somebody comes or goes.
type gallery struct {
	mu      sync.Mutex
	list    []Sender
	changed chan struct{}
}

func (g *gallery) senders() []Sender {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.list)
}

// comes has a producer send from now on, or no more.
func (g *gallery) comes(i int, sends bool) {
	g.mu.Lock()
	if p := &g.list[i]; sends {
		p.Sends, p.From, p.Session = true, "192.0.2.7:4711", p.Session+1
	} else {
		p.Sends, p.From = false, ""
	}
	g.mu.Unlock()
	g.changed <- struct{}{}
	synctest.Wait()
}

// withProducers is inHouse with a studio, which cuts in, a van, which waits for the
// next join, and an arena, under which the plan runs on.
func withProducers(t *testing.T, others []*playlist.Playlist, f func(t *testing.T, h *house, g *gallery)) {
	inHouse(t, others, func(t *testing.T, h *house) {
		g := &gallery{changed: make(chan struct{}), list: []Sender{{Name: "studio"}, {Name: "van", Next: true}, {Name: "arena", Runs: true}}}
		h.rooms.Senders = g.senders
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); h.Follow(ctx, g.changed) }()
		defer func() { cancel(); <-done }()
		f(t, h, g)
	})
}

// ends has what is live end.
func (h *house) ends(t *testing.T) {
	h.reel.mu.Lock()
	h.ended = true
	h.reel.mu.Unlock()
	time.Sleep(200 * time.Millisecond)
	require.NotContains(t, h.seenAt(h.ticks()-1).src, "live")
}

// pieces is what has aired, piece by piece: source, first and last tick of it.
func (h *house) pieces() (out []string) {
	h.reel.mu.Lock()
	defer h.reel.mu.Unlock()
	for i, f := range h.seen {
		if i == 0 || h.seen[i-1].src != f.src || h.seen[i-1].tick+1 != f.tick {
			out = append(out, f.src)
		}
	}
	return out
}

func (h *house) states(g *gallery) string {
	snap, _ := h.engine.Snapshot()
	var out []string
	for _, p := range Producers(g.senders(), snap, func(int64) time.Time { return time.Time{} }) {
		out = append(out, p.State)
	}
	return strings.Join(out, " ")
}

func TestRealProducerCutsInAndThePlanWaits(t *testing.T) {
	withProducers(t, nil, func(t *testing.T, h *house, g *gallery) {
		before := h.line(t, "a")
		require.Equal(t, "away away away", h.states(g))
		g.comes(0, true)
		require.Equal(t, "ready away away", h.states(g))
		time.Sleep(5 * time.Second)
		h.line(t, "live/studio")
		require.Equal(t, "on-air away away", h.states(g))
		n := h.Notes()[0]
		require.Equal(t, Note{At: n.At, By: "studio", Via: "ingest", From: "192.0.2.7:4711", Asked: "live studio", OK: true, Said: n.Said, TookMS: n.TookMS, Answer: n.Answer}, n)
		require.Contains(t, n.Said, "studio is live: on air since 00:00:10.")
		g.comes(0, false)
		h.ends(t)
		require.Equal(t, "away away away", h.states(g))
		require.Equal(t, []string{"a", "live/studio", "a"}, h.pieces(), "no hold, and nothing of a is lost")
		require.Greater(t, h.line(t, "a"), before+100)
		require.Len(t, h.Notes(), 1)
	})
}

func TestRealPlanRunsOnUnderAProducer(t *testing.T) {
	withProducers(t, nil, func(t *testing.T, h *house, g *gallery) {
		before := h.line(t, "a")
		g.comes(2, true)
		time.Sleep(5 * time.Second)
		h.line(t, "live/arena")
		h.ends(t)
		require.Equal(t, before, h.line(t, "a"), "where it would be, to the tick")
		require.Equal(t, []string{"a", "live/arena", "a"}, h.pieces(), "at once")
		h.reel.mu.Lock()
		h.ended = false
		h.reel.mu.Unlock()
		g.comes(2, true)
		time.Sleep(70 * time.Second)
		h.line(t, "live/arena")
		h.ends(t)
		h.line(t, "b") // and what cannot play was passed over
		require.NotContains(t, h.pieces(), "slate")
	})
}

func TestRealProducerComesNext(t *testing.T) {
	withProducers(t, nil, func(t *testing.T, h *house, g *gallery) {
		g.comes(1, true)
		time.Sleep(time.Second)
		h.line(t, "a")
		require.Contains(t, h.Notes()[0].Said, "'van' (live) is next, after 'a' (main.yml #1), at about 00:01:00")
		a, err := h.Live(h.ctx, bob, "van", false)
		require.NoError(t, err)
		require.Equal(t, "van does not go live", a.Said)
		g.comes(1, false)
		g.comes(1, true)
		time.Sleep(55 * time.Second)
		h.line(t, "live/van")
		h.ends(t)
		h.line(t, "b")
		require.Equal(t, []string{"a", "live/van", "b"}, h.pieces())
	})
}

// An operator has the last word: who was taken off stays off until they come again,
// or are put on.
func TestRealOperatorAndProducer(t *testing.T) {
	withProducers(t, nil, func(t *testing.T, h *house, g *gallery) {
		_, err := h.Live(h.ctx, bob, "nobody", true)
		require.EqualError(t, err, "there is no producer nobody: choose from studio, van, arena")
		require.Equal(t, Unknown, code(t, err))
		_, err = h.Live(h.ctx, bob, "studio", true)
		require.EqualError(t, err, "studio is not sending: only who sends can go live")
		_, err = h.Live(h.ctx, bob, "studio", false)
		require.EqualError(t, err, "studio is not on air")

		g.comes(0, true)
		time.Sleep(time.Second)
		h.line(t, "live/studio")
		a, err := h.Live(h.ctx, bob, "studio", true)
		require.NoError(t, err)
		require.Equal(t, "studio is on air already", a.Said)
		_, err = h.Back(h.ctx, bob, "")
		require.ErrorContains(t, err, "a producer is live")
		_, err = h.Seek(h.ctx, bob, "", time.Second)
		require.ErrorContains(t, err, "'studio' (live) is live: there is nothing to go to in it")
		a, err = h.Live(h.ctx, bob, "studio", false)
		require.NoError(t, err)
		require.Contains(t, a.Said, "studio is off air, the programme goes on with 'a' (main.yml #1): on air since")
		g.comes(1, false) // somebody else's doing
		time.Sleep(20 * time.Second)
		h.line(t, "a")
		require.Equal(t, "ready away away", h.states(g))
		_, err = h.Live(h.ctx, bob, "studio", true)
		require.NoError(t, err)
		time.Sleep(time.Second)
		_, err = h.Skip(h.ctx, bob, "")
		require.NoError(t, err)
		time.Sleep(time.Second)
		h.line(t, "a")
		_, err = h.Live(h.ctx, bob, "studio", true)
		require.NoError(t, err)
		_, err = h.Undo(h.ctx, bob)
		require.NoError(t, err)
		time.Sleep(time.Second)
		h.line(t, "a")

		g.comes(0, false)
		g.comes(0, true)
		time.Sleep(time.Second)
		h.line(t, "live/studio")
		_, err = h.Take(h.ctx, bob, Take{Playlist: "news.yml", Index: 1})
		require.NoError(t, err)
		time.Sleep(5 * time.Second)
		h.line(t, "n2")
		time.Sleep(20 * time.Second)
		h.line(t, "a") // where it waited for the producer
	})
}

// The clock takes no producer off. What it had planned airs after.
func TestRealHardStartWaitsForAProducer(t *testing.T) {
	at, err := when.ParseMoment("2000-01-01 00:00:16")
	require.NoError(t, err)
	film := &playlist.Playlist{File: "film.yml", Version: "1", Items: []playlist.Item{item("f", 30)}, Schedule: &playlist.Schedule{
		At: &at, Start: playlist.Hard, Return: playlist.Resume, Fill: playlist.FillCut, Late: playlist.Begin,
	}}
	withProducers(t, []*playlist.Playlist{film}, func(t *testing.T, h *house, g *gallery) {
		g.comes(0, true)
		time.Sleep(20 * time.Second)
		h.line(t, "live/studio")
		h.ends(t)
		h.line(t, "f")
		time.Sleep(31 * time.Second)
		h.line(t, "a")
		require.Equal(t, []string{"a", "live/studio", "f", "a"}, h.pieces())
	})
}

// One that cannot be opened is tried again for as long as it sends.
func TestAProducerIsTriedAgain(t *testing.T) {
	atDesk(t, func(t *testing.T, o *office) {
		g := &gallery{changed: make(chan struct{}), list: []Sender{{Name: "studio"}}}
		o.rooms.Senders = g.senders
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); o.Follow(ctx, g.changed) }()
		defer func() { cancel(); <-done }()
		o.air.faults["live/studio"] = playout.ErrSuperseded
		g.comes(0, true)
		time.Sleep(again*3 + time.Second)
		require.Len(t, o.Notes(), 4)
		require.False(t, o.Notes()[0].OK)
		delete(o.air.faults, "live/studio")
		time.Sleep(again)
		require.Equal(t, []string{"live/studio@0"}, o.air.aired)
		require.True(t, o.Notes()[0].OK)
		time.Sleep(time.Minute)
		require.Len(t, o.Notes(), 5)
	})
}

func TestAProducerThatIsMissedIsAnAlert(t *testing.T) {
	since := time.Now()
	require.Empty(t, lost([]Producer{{Name: "a", State: away}, {Name: "b", State: ready, From: "x"}, {Name: "c", State: onair, From: "x"}}))
	require.Equal(t, []Alert{{Severity: "warning", Code: "producer-lost", Subject: "studio", Since: since,
		Message: "studio is on air and sends nothing (its connection broke off): it goes on when it comes back, else the programme does"}},
		lost([]Producer{{Name: "studio", State: onair, Since: since, Error: "its connection broke off"}}))
}
