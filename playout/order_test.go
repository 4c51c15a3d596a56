package playout

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"airloom/playlist"
	"airloom/playout/media"
)

// to picks always the same.
func to(e playlist.Entry) func(playlist.Entry, int64, int64) (playlist.Entry, error) {
	return func(playlist.Entry, int64, int64) (playlist.Entry, error) { return e, nil }
}

// skip picks what follows what is on air.
func (st *stage) skip(on playlist.Entry, _, n int64) (playlist.Entry, error) {
	return st.rooms.Rundown.Next(on, Ended, n), nil
}

// asks has an order reach the engine; its answer comes out of the channel.
func (st *stage) asks(ctx context.Context, now bool, by string, o Outcome,
	pick func(playlist.Entry, int64, int64) (playlist.Entry, error),
) <-chan error {
	answer := make(chan error, 1)
	go func() { answer <- st.Air(ctx, now, by, o, pick) }()
	synctest.Wait()
	return answer
}

// answered requires an answer to be there.
func answered(t *testing.T, answer <-chan error) error {
	synctest.Wait()
	select {
	case err := <-answer:
		return err
	default:
		t.Fatal("no answer yet")
		return nil
	}
}

// ordered runs a test of orders, with their goroutines in one bubble.
func ordered(t *testing.T, scripts map[string]script, do func(t *testing.T, st *stage)) {
	synctest.Test(t, func(t *testing.T) {
		do(t, newStage(t, pal, list{"a", "b", "c"}, scripts, ""))
	})
}

var three = map[string]script{"a": {ticks: 100}, "b": {ticks: 100}, "c": {ticks: 100}}

func TestSkipTakesEffectAtOnceWhereTheNextIsReady(t *testing.T) {
	ordered(t, three, func(t *testing.T, st *stage) {
		st.steps(50)
		answer := st.asks(t.Context(), true, "skipped by ops", Skipped, st.skip)
		st.steps(1)
		require.NoError(t, answered(t, answer))
		st.steps(110)
		require.Equal(t, []string{"a0-49", "b0-99", "c0-10"}, st.story())
		require.Equal(t, Row{Entry: st.rows[0].Entry, Ticks: 50, Outcome: Skipped, Cause: Reason("skipped by ops"), Final: true}, st.rows[0])
		require.Equal(t, []string{"a@0", "b@0", "c@0"}, st.opened, "the look-ahead is what airs")
	})
}

func TestATakeGoesOnAirWhenItIsReady(t *testing.T) {
	scripts := map[string]script{"a": {ticks: 100}, "b": {ticks: 100}, "c": {ticks: 100, slowOpen: 20}}
	ordered(t, scripts, func(t *testing.T, st *stage) {
		c := list{"a", "b", "c"}.entry(2)
		c.From = 30
		st.steps(50)
		answer := st.asks(t.Context(), true, "taken by ops", Cut, to(c))
		st.steps(30)
		require.NoError(t, answered(t, answer))
		st.steps(80)
		require.Equal(t, []string{"a0-69", "c30-99", "a0-19"}, st.story())
		require.EqualValues(t, 30, st.rows[1].Entry.From)
		require.EqualValues(t, 30, st.rows[1].At)
	})
}

// Where the place it is to go to moves on with time, it airs from where that is
// by then.
func TestAnOrderReachesAPlaceThatMovesOn(t *testing.T) {
	for slow, want := range map[int][]string{0: {"a0-49", "c20-39"}, 10: {"a0-59", "c30-39"}} {
		scripts := map[string]script{"a": {ticks: 100}, "b": {ticks: 100}, "c": {ticks: 100, slowOpen: slow}}
		ordered(t, scripts, func(t *testing.T, st *stage) {
			c := list{"a", "b", "c"}.entry(2)
			st.steps(50)
			answer := st.asks(t.Context(), true, "", Cut, func(_ playlist.Entry, _, n int64) (playlist.Entry, error) {
				c.From = 20 + n - 50
				return c, nil
			})
			st.steps(20)
			require.NoError(t, answered(t, answer))
			require.Equal(t, want, st.story())
			snap, _ := st.Snapshot()
			require.Equal(t, st.n-snap.AirFirst, snap.Left(st.n))
		})
	}
}

func TestAnOrderForAPlaceThatTheClipDoesNotReachFails(t *testing.T) {
	scripts := map[string]script{"a": {ticks: 100}, "b": {ticks: 100}, "c": {ticks: 25, slowOpen: 10}}
	ordered(t, scripts, func(t *testing.T, st *stage) {
		c := list{"a", "b", "c"}.entry(2)
		st.steps(50)
		answer := st.asks(t.Context(), true, "", Cut, func(_ playlist.Entry, _, n int64) (playlist.Entry, error) {
			c.From = 20 + n - 50
			return c, nil
		})
		st.steps(20)
		require.Error(t, answered(t, answer))
		require.Equal(t, []string{"a0-69"}, st.story())
	})
}

func TestATakeAsNextWaitsForTheJoin(t *testing.T) {
	ordered(t, three, func(t *testing.T, st *stage) {
		st.steps(50)
		answer := st.asks(t.Context(), false, "", Cut, to(list{"a", "b", "c"}.entry(2)))
		st.steps(150)
		require.NoError(t, answered(t, answer))
		require.Equal(t, []string{"a0-99", "c0-99"}, st.story())
		require.Equal(t, Played, st.rows[0].Outcome)
	})
}

// An order shortly before a join: the join waits a little for it, not for long.
func TestAJoinWaitsForAnOrderButNotForLong(t *testing.T) {
	for open, want := range map[int][]string{
		30: {"a0-99", "a99×5", "c0-24"}, 300: {"a0-99", "a99×25", "b0-4"},
	} {
		scripts := map[string]script{"a": {ticks: 100}, "b": {ticks: 100}, "c": {ticks: 100, slowOpen: open}}
		ordered(t, scripts, func(t *testing.T, st *stage) {
			st.steps(75)
			answer := st.asks(t.Context(), false, "", Cut, to(list{"a", "b", "c"}.entry(2)))
			st.steps(55)
			if open == 30 {
				require.NoError(t, answered(t, answer))
			} else {
				require.ErrorIs(t, answered(t, answer), errTooLate)
			}
			require.Equal(t, want, st.story())
		})
	}
}

func TestAnOrderThatFailsChangesNothing(t *testing.T) {
	ordered(t, three, func(t *testing.T, st *stage) {
		st.steps(50)
		gone := list{"a", "b", "c"}.entry(2)
		gone.Item.Source = "gone"
		answer := st.asks(t.Context(), true, "", Cut, to(gone))
		st.steps(10)
		require.Equal(t, media.FaultMissing, media.KindOf(answered(t, answer)))
		refused := errors.New("it has changed")
		answer = st.asks(t.Context(), true, "", Cut, func(playlist.Entry, int64, int64) (playlist.Entry, error) {
			return playlist.Entry{}, refused
		})
		st.steps(1)
		require.ErrorIs(t, answered(t, answer), refused)
		answer = st.asks(t.Context(), true, "", Cut, to(playlist.Entry{}))
		st.steps(1)
		require.ErrorIs(t, answered(t, answer), errNothing)
		st.steps(138)
		require.Equal(t, []string{"a0-99", "b0-99"}, st.story())
	})
}

func TestALaterOrderSupersedesTheOneThatWaits(t *testing.T) {
	scripts := map[string]script{"a": {ticks: 100}, "b": {ticks: 100}, "c": {ticks: 100, slowOpen: 1 << 30}}
	ordered(t, scripts, func(t *testing.T, st *stage) {
		st.steps(50)
		first := st.asks(t.Context(), true, "", Cut, to(list{"a", "b", "c"}.entry(2)))
		st.steps(5)
		second := st.asks(t.Context(), true, "", Cut, to(list{"a", "b", "c"}.entry(1)))
		st.steps(5)
		require.ErrorIs(t, answered(t, first), ErrSuperseded)
		require.NoError(t, answered(t, second))
		require.Contains(t, st.story(), "b0-4")
	})
}

// Whoever asked is gone: so is the order, and what it had borrowed is given back.
func TestAnOrderEndsWithItsContext(t *testing.T) {
	ordered(t, three, func(t *testing.T, st *stage) {
		st.steps(50)
		ctx, cancel := context.WithCancel(t.Context())
		answer := st.asks(ctx, false, "", Cut, st.skip)
		st.steps(10)
		cancel()
		require.ErrorIs(t, answered(t, answer), context.Canceled)
		st.steps(140)
		require.Equal(t, []string{"a0-99", "b0-99"}, st.story())
		require.Equal(t, []string{"a@0", "b@0", "c@0"}, st.opened)
	})
}

// An order that was given up in the very moment it could have aired does not air.
func TestAnOrderThatWasGivenUpNeverAirs(t *testing.T) {
	ordered(t, three, func(t *testing.T, st *stage) {
		st.steps(50)
		ctx, cancel := context.WithCancel(t.Context())
		answer := st.asks(ctx, false, "", Cut, to(list{"a", "b", "c"}.entry(2)))
		st.steps(50)
		cancel()
		require.ErrorIs(t, answered(t, answer), context.Canceled)
		st.steps(50)
		require.Equal(t, []string{"a0-99", "b0-49"}, st.story())
		late := make(chan error, 1)
		gone := &order{ctx: ctx, now: true, outcome: Cut, pick: to(list{"a", "b", "c"}.entry(2)), answer: late}
		waits := st.asks(t.Context(), false, "", Cut, st.skip)
		st.steps(1)
		st.accept(gone)
		require.ErrorIs(t, <-late, context.Canceled)
		st.steps(60)
		require.NoError(t, answered(t, waits), "the order that waited is still there")
	})
}

func TestOrdersAreAnsweredWhenTheChannelStops(t *testing.T) {
	ordered(t, three, func(t *testing.T, st *stage) {
		st.steps(50)
		taken := st.asks(t.Context(), false, "", Cut, st.skip)
		st.steps(1)
		waiting := st.asks(t.Context(), true, "", Cut, st.skip)
		st.Close()
		require.ErrorIs(t, answered(t, taken), ErrStopped)
		require.ErrorIs(t, answered(t, waiting), ErrStopped)
		require.ErrorIs(t, st.Hold(t.Context(), true, ""), ErrStopped)
	})
}

// The skip is meant for the item that is on air when it is asked for: should that
// end by itself meanwhile, the next one is not skipped as well.
func TestASkipAtTheJoinIsOneSkip(t *testing.T) {
	scripts := map[string]script{"a": {ticks: 100}, "b": {ticks: 100, slowOpen: 70}, "c": {ticks: 100}}
	ordered(t, scripts, func(t *testing.T, st *stage) {
		st.steps(95)
		answer := st.asks(t.Context(), true, "skipped by ops", Skipped, st.skip)
		st.steps(15)
		require.NoError(t, answered(t, answer))
		require.Equal(t, []string{"a0-94", "b0-14"}, st.story())
	})
	scripts = map[string]script{"a": {ticks: 30}, "b": {ticks: 100, slowOpen: 40}, "c": {ticks: 100}}
	ordered(t, scripts, func(t *testing.T, st *stage) {
		st.steps(25)
		answer := st.asks(t.Context(), true, "skipped by ops", Skipped, st.skip)
		st.steps(35)
		require.NoError(t, answered(t, answer))
		require.Equal(t, "a0-29", st.story()[0])
		require.Equal(t, "b", st.cam.shots[59].src)
	})
}

// do hands an order to the engine and steps it until it is answered.
func (st *stage) do(t *testing.T, f func() error) {
	answer := make(chan error, 1)
	go func() { answer <- f() }()
	synctest.Wait()
	st.steps(1)
	require.NoError(t, answered(t, answer))
}

func TestHoldAndSlateWinUntilTheyAreLifted(t *testing.T) {
	ordered(t, three, func(t *testing.T, st *stage) {
		st.steps(50)
		st.do(t, func() error { return st.Hold(t.Context(), true, "ops") })
		st.steps(499)
		s, _ := st.Snapshot()
		require.Equal(t, Hold, s.Forced)
		require.Equal(t, "ops", s.By)
		require.EqualValues(t, 50, s.Left(550))
		st.do(t, func() error { return st.Slate(t.Context(), true, "eve") })
		st.steps(9)
		answer := st.asks(t.Context(), true, "", Cut, to(list{"a", "b", "c"}.entry(2)))
		st.steps(10)
		st.do(t, func() error { return st.Hold(t.Context(), false, "ops") })
		require.Equal(t, "slate", st.cam.shots[570].src, "it is not the hold any more")
		st.do(t, func() error { return st.Slate(t.Context(), false, "ops") })
		require.NoError(t, answered(t, answer))
		st.steps(9)
		require.Equal(t, []string{"a0-49", "a49×500", "slate0×21", "c0-9"}, st.story())
		require.Equal(t, Row{Entry: st.rows[1].Entry, Start: 50, Ticks: 500, At: 50, Outcome: Hold, Cause: Reason("hold by ops")}, st.rows[1])
		require.Equal(t, Row{Entry: st.rows[1].Entry, Start: 550, Ticks: 21, At: 50, Outcome: Slate, Cause: Reason("slate by eve")}, st.rows[2])
	})
}

func TestTheItemGoesOnAfterAHold(t *testing.T) {
	ordered(t, three, func(t *testing.T, st *stage) {
		st.steps(50)
		st.do(t, func() error { return st.Slate(t.Context(), true, "ops") })
		st.steps(99)
		st.do(t, func() error { return st.Slate(t.Context(), false, "ops") })
		st.steps(59)
		require.Equal(t, []string{"a0-49", "slate0×100", "a50-99", "b0-9"}, st.story())
	})
}

func TestCutsInAHoldTakeEffectWhenItIsLifted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		scripts := map[string]script{"a": {ticks: 9000}, "news": {ticks: 50}, "sport": {ticks: 50}}
		st, _ := newPlanned(t, pal, list{"a"}, scripts,
			start{at: pal25(100), items: list{"news"}}, start{at: pal25(600), items: list{"sport"}})
		st.steps(80)
		st.do(t, func() error { return st.Hold(t.Context(), true, "ops") })
		st.steps(619)
		st.do(t, func() error { return st.Hold(t.Context(), false, "ops") })
		st.steps(99)
		require.Equal(t, []string{"a0-79", "a79×620", "sport0-49", "a80-129"}, st.story())
	})
}

func TestTheClockTakesAnOrdersPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		scripts := map[string]script{"a": {ticks: 9000}, "news": {ticks: 50}, "x": {ticks: 50, slowOpen: 50}}
		st, _ := newPlanned(t, pal, list{"a"}, scripts, start{at: pal25(100), items: list{"news"}})
		st.steps(80)
		x := list{"x"}.entry(0)
		x.Playlist = "other.yml"
		answer := st.asks(t.Context(), true, "", Cut, to(x))
		st.steps(30)
		require.ErrorIs(t, answered(t, answer), ErrSuperseded)
		require.Equal(t, []string{"a0-99", "news0-9"}, st.story())
	})
}

func TestQuarantineIsToldKeptAndLifted(t *testing.T) {
	scripts := map[string]script{"a": {ticks: 50}, "b": {ticks: 50, fault: media.FaultCrashed, faultAt: 20, version: "b 1"}, "c": {ticks: 50, version: "c 1"}}
	ordered(t, scripts, func(t *testing.T, st *stage) {
		kept := map[string]bool{"c 1": true} // from an earlier run
		st.rooms.Banned = func(v string) bool { return kept[v] }
		st.rooms.Ban = func(v string, e playlist.Entry, cause error) {
			require.Equal(t, "b", e.Item.Source)
			require.Error(t, cause)
			kept[v] = true
		}
		st.steps(200)
		require.True(t, kept["b 1"])
		require.Equal(t, int64(-1), st.shotOf("c", 0))
		clear(kept)
		scripts["b"] = script{ticks: 50, version: "b 1"}
		st.do(t, func() error { return st.Lift(t.Context(), "b 1") })
		st.steps(200)
		require.NotEqual(t, int64(-1), st.shotOf("c", 0))
		require.NotEqual(t, int64(-1), st.shotOf("b", 49))
	})
}
