package playout

import (
	"testing"

	"github.com/stretchr/testify/require"

	"airloom/playlist"
	"airloom/playout/media"
)

// asked is a rundown of functions.
type asked struct {
	next func(e playlist.Entry, left, n int64) playlist.Entry
	cut  func(e playlist.Entry, n int64) int64
}

func (a asked) Next(e playlist.Entry, left, n int64) playlist.Entry { return a.next(e, left, n) }

func (a asked) Cut(e playlist.Entry, n int64) int64 {
	if a.cut == nil {
		return Never
	}
	return a.cut(e, n)
}

func (a asked) Ends(playlist.Entry, playlist.Entry, int64) bool { return false }

// newAsked is a stage with such a rundown.
func newAsked(t tester, r asked, scripts map[string]script) *stage {
	st := newStage(t, pal, list{}, scripts, "")
	st.rooms.Rundown = r
	st.Refresh()
	st.attend()
	st.look.retry = 0
	st.Warm()
	return st
}

// after gives a name to what airs from a tick on: before it "b" follows, then the
// soft start "c". Places note the tick they were asked for.
func after(tick int64) asked {
	return asked{next: func(e playlist.Entry, _, n int64) playlist.Entry {
		next := list{"a", "b", "c"}.entry(1)
		switch {
		case e.Item.ID == "":
			next = list{"a", "b", "c"}.entry(0)
		case n >= tick:
			next = list{"a", "b", "c"}.entry(2)
			next.Playlist, next.Mode, next.Planned = "soft.yml", playlist.ModeSoft, noon
		}
		next.Place = n
		return next
	}}
}

// The rundown is asked again at the join: what airs has the place of that tick.
func TestAtAJoinTheRundownIsAskedForThatTick(t *testing.T) {
	scripts := map[string]script{"a": {ticks: 100, fault: media.FaultBroken, faultAt: 80}, "b": {ticks: 100}}
	st := newAsked(t, after(1000), scripts)
	st.steps(85)
	require.EqualValues(t, 80, st.air.entry.Place)
}

// An item breaks off just before the time of a soft start, which is open already:
// it does not begin too early.
func TestASoftStartDoesNotBeginTooEarly(t *testing.T) {
	scripts := map[string]script{
		"a": {ticks: 100, fault: media.FaultBroken, faultAt: 80}, "b": {ticks: 50, slowOpen: 3}, "c": {ticks: 50},
	}
	st := newAsked(t, after(90), scripts)
	st.steps(160)
	require.Equal(t, []string{"a0-79", "a79×3", "b0-49", "c0-26"}, st.story())
}

// A hold moves the join over the time of a soft start: that is opened in time.
func TestAHoldMovesTheJoin(t *testing.T) {
	scripts := map[string]script{"a": {ticks: 100, stallAt: 50, stallFor: 10}, "b": {ticks: 50}, "c": {ticks: 50, slowOpen: 20}}
	st := newAsked(t, after(105), scripts)
	st.steps(160)
	require.Equal(t, []string{"a0-49", "a49×10", "a50-99", "c0-49"}, st.story())
}

// While the item on air keeps the channel waiting for its end, nobody knows at
// which tick the join will be: it is asked every second.
func TestWithoutALengthWhatFollowsIsAskedAgain(t *testing.T) {
	scripts := map[string]script{"a": {ticks: 300, live: true}, "b": {ticks: 50}, "c": {ticks: 50, slowOpen: 20}}
	st := newAsked(t, after(150), scripts)
	st.steps(350)
	require.Equal(t, []string{"a0-299", "c0-49"}, st.story())
}

// What is to cut in has changed and nobody told: what was opened for it does not
// air.
func TestACutPutsOnWhatTheRundownWantsAtThatTick(t *testing.T) {
	for open, want := range map[int][]string{0: {"a0-99", "b0-9"}, 5: {"a0-104", "b0-4"}} {
		scripts := map[string]script{"a": {ticks: 1000}, "b": {ticks: 50, slowOpen: open}, "c": {ticks: 50}}
		first, then := after(90), after(200)
		r := &first
		st := newAsked(t, asked{
			next: func(e playlist.Entry, left, n int64) playlist.Entry { return r.next(e, left, n) },
			cut: func(e playlist.Entry, n int64) int64 {
				if e.Item.ID == "a" {
					return max(n, 100)
				}
				return Never
			},
		}, scripts)
		st.steps(50)
		require.Equal(t, "c", st.due.feed.entry.Item.ID)
		r = &then
		st.steps(60)
		require.Equal(t, want, st.story())
	}
}

func TestWhatIsWantedAfterALongHoldIsReadyThen(t *testing.T) {
	scripts := map[string]script{"a": {ticks: 9000}, "news": {ticks: 50}, "sport": {ticks: 50, slowOpen: 30}}
	st, _ := newPlanned(t, pal, list{"a"}, scripts,
		start{at: pal25(100), items: list{"news"}}, start{at: pal25(600), items: list{"sport"}})
	st.steps(80)
	st.forced = forced{Hold, "ops", Reason("hold by ops")}
	st.steps(620)
	st.forced = forced{}
	st.review()
	st.steps(10)
	require.Equal(t, []string{"a0-79", "a79×620", "sport0-9"}, st.story())
}

// The item that waits under an operator's hold stays where it is, also one whose
// decoder has just crashed.
func TestAHoldAfterACrashLosesNothing(t *testing.T) {
	scripts := map[string]script{"a": {ticks: 200, fault: media.FaultCrashed, faultAt: 50, faultOnce: true}}
	st := newStage(t, pal, list{"a"}, scripts, "")
	st.steps(52)
	st.forced = forced{Hold, "ops", Reason("hold by ops")}
	st.steps(500)
	st.forced = forced{}
	st.steps(10)
	require.Equal(t, []string{"a0-49", "a49×505", "a55-61"}, st.story())
}

// A still that stands in for what could not play makes way for what can.
func TestAStillMakesWayWhenThePlanChanges(t *testing.T) {
	still := playlist.Entry{Item: playlist.Item{ID: "nothing"}, Mode: playlist.ModeSlate}
	can := false
	st := newAsked(t, asked{next: func(e playlist.Entry, left, n int64) playlist.Entry {
		if can {
			return list{"a"}.entry(0)
		}
		return still
	}}, map[string]script{"a": {ticks: 1000, slowOpen: 10}})
	st.steps(500)
	can = true
	st.Refresh()
	st.steps(50)
	require.Equal(t, []string{"slate0×511", "a0-38"}, st.story())
}

// The worker of the item that waits is killed: the ticks it had handed over would
// still air, and then there would be nothing.
func TestADecoderThatDiesWhileItsItemWaitsIsOpenedAgain(t *testing.T) {
	scripts := map[string]script{"a": {ticks: 100}, "b": {ticks: 100, slowOpen: 5}}
	st := newStage(t, pal, list{"a", "b"}, scripts, "")
	st.steps(60)
	st.look.feed.clip.(*fakeClip).dead = true
	st.steps(90)
	require.Equal(t, []string{"a0-99", "b0-49"}, st.story())
	require.Equal(t, []string{"a@0", "b@0", "b@0", "a@0"}, st.opened)
}

// The plan is replaced again and again, as lengths become known; an item that
// cannot play is tried anew each time, and what follows it stays ready.
func TestEditsDoNotCloseWhatIsReady(t *testing.T) {
	scripts := map[string]script{"a": {ticks: 100}, "c": {ticks: 100, slowOpen: 10}}
	st := newStage(t, pal, list{"a", "gone", "c"}, scripts, "")
	for range 115 {
		st.steps(1)
		st.Refresh()
	}
	require.Equal(t, []string{"a0-99", "c0-14"}, st.story())
}

// What is on air is over by the clock, and there is nothing to follow: the slate,
// until there is.
func TestACutToNothing(t *testing.T) {
	st := newAsked(t, asked{
		next: func(e playlist.Entry, left, n int64) playlist.Entry {
			switch {
			case n < 100:
				return list{"a"}.entry(0)
			case n < 200:
				return playlist.Entry{}
			}
			return list{"a", "b"}.entry(1)
		},
		cut: func(e playlist.Entry, n int64) int64 {
			switch {
			case n <= 100 && e.Item.ID == "a":
				return 100
			case n <= 200 && e.Item.ID == "":
				return 200
			}
			return Never
		},
	}, map[string]script{"a": {ticks: 1000}, "b": {ticks: 1000}})
	st.steps(210)
	require.Equal(t, []string{"a0-99", "a99×50", "slate0×50", "b0-9"}, st.story())
	require.Equal(t, []string{"a@0", "b@0"}, st.opened)
	require.Equal(t, Reason("its time ended"), st.final()[0].Cause)
}
