package control

import (
	"context"
	"errors"
	"iter"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"airloom/playlist"
	"airloom/playlist/schedule"
	"airloom/playout/media"
)

var houseOf25 = media.House{FPS: media.Rational{Num: 25, Den: 1}, SampleRate: 44100}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestSkipAirsTheNextAndIsNoted(t *testing.T) {
	atDesk(t, func(t *testing.T, o *office) {
		a, err := o.Skip(o.ctx, bob, "a")
		require.NoError(t, err)
		require.Equal(t, []string{"b@0"}, o.air.aired)
		require.Equal(t, "skipped 'a' for 'b' (main.yml #2): on air since 00:00:10.000", a.Said)
		require.WithinDuration(t, time.Now().Add(undoWithin), *a.Undo, 100*time.Millisecond)
		require.Equal(t, &Item{"b", "main.yml", 1, "b"}, a.Item)
		n := o.Notes()[0]
		require.Equal(t, "skip 'a' (main.yml #1)", n.Asked)
		require.Equal(t, "bob", n.By)
		require.True(t, n.OK)
		require.Equal(t, a.Said, n.Said)
		require.Equal(t, a, n.Answer)
		since, noted := o.Since(0)
		require.Equal(t, []Note{n}, since)
		since, noted = o.Since(noted)
		require.Empty(t, since)
		require.Equal(t, 1, noted)
	})
}

func TestADoubleClickIsOneSkip(t *testing.T) {
	atDesk(t, func(t *testing.T, o *office) {
		o.air.opens = time.Second
		said := make(chan string, 2)
		for range 2 {
			go func() { a, err := o.Skip(o.ctx, bob, ""); require.NoError(t, err); said <- a.Said }()
			time.Sleep(200 * time.Millisecond)
		}
		require.Equal(t, <-said, <-said)
		require.Equal(t, []string{"b@0"}, o.air.aired)
		require.Len(t, o.Notes(), 1)
	})
}

// The first has taken effect before the second comes in: the item it means, if
// it says, is not on air any more; where it is the same item, the time tells.
func TestASecondClickThatComesLateSkipsNothing(t *testing.T) {
	atDesk(t, func(t *testing.T, o *office) {
		_, err := o.Skip(o.ctx, bob, "a")
		require.NoError(t, err)
		_, err = o.Skip(o.ctx, bob, "a")
		require.Equal(t, Conflict, code(t, err))
		require.EqualError(t, err, "the item that was meant is no longer on air: 'b' (main.yml #2) is")

		_, err = o.Restart(o.ctx, bob, "")
		require.NoError(t, err)
		_, err = o.Restart(o.ctx, bob, "")
		require.NoError(t, err)
		require.Equal(t, []string{"b@0", "b@0"}, o.air.aired)
		time.Sleep(doubleClick)
		_, err = o.Restart(o.ctx, bob, "")
		require.NoError(t, err)
		require.Equal(t, []string{"b@0", "b@0", "b@0"}, o.air.aired)
	})
}

func TestALaterCommandOvertakes(t *testing.T) {
	atDesk(t, func(t *testing.T, o *office) {
		o.air.opens = time.Second
		first := make(chan error)
		go func() { _, err := o.Take(o.ctx, bob, Take{Playlist: "news.yml"}); first <- err }()
		synctest.Wait()
		_, err := o.Take(o.ctx, Who{Name: "eve", Via: "desk"}, Take{Playlist: "news.yml", Index: 1})
		require.NoError(t, err)
		require.Equal(t, Overtaken, code(t, <-first))
		require.Equal(t, []string{"n2@0"}, o.air.aired)
		require.Equal(t, "eve", o.Notes()[0].By)
		require.Equal(t, Overtaken, o.Notes()[1].Code)
	})
}

func TestSkipPassesOverWhatCannotPlay(t *testing.T) {
	atDesk(t, func(t *testing.T, o *office) {
		missing := &media.Fault{Kind: media.FaultMissing, Err: errors.New("b.mp4 is missing")}
		o.air.faults["b"] = missing
		_, err := o.Skip(o.ctx, bob, "")
		require.NoError(t, err)
		require.Equal(t, []string{"c@0"}, o.air.aired)

		_, err = o.Back(o.ctx, bob, "c")
		require.NoError(t, err)
		require.Equal(t, []string{"c@0", "a@0"}, o.air.aired)

		_, err = o.Take(o.ctx, bob, Take{Item: "b"})
		require.ErrorIs(t, err, error(missing))
		require.Equal(t, Refused, code(t, err))
	})
}

func TestNothingIsWaitedForForEver(t *testing.T) {
	atDesk(t, func(t *testing.T, o *office) {
		o.air.opens = time.Hour
		began := time.Now()
		_, err := o.Skip(o.ctx, bob, "")
		require.Equal(t, Late, code(t, err))
		require.Equal(t, answerWithin, time.Since(began))

		left := make(chan error)
		go func() { _, err := o.Skip(o.ctx, bob, ""); left <- err }()
		synctest.Wait()
		o.Close()
		require.Equal(t, Unavailable, code(t, <-left))
	})
}

func TestTakeFindsWhatIsMeant(t *testing.T) {
	for _, c := range []struct {
		take Take
		code Code
		said string
	}{
		{Take{Playlist: "news.yml", Index: 1}, "", "took 'n2' (news.yml #2): on air since 00:00:10.000"},
		{Take{Playlist: "news.yml", Item: "n2", Version: "v1"}, "", "took 'n2' (news.yml #2): on air since 00:00:10.000"},
		{Take{Item: "n1"}, "", "took 'n1' (news.yml #1): on air since 00:00:10.000"},
		{Take{Playlist: "news.yml", Item: "n2", Version: "v0"}, Conflict, "news.yml has changed since: look at it again, then take"},
		{Take{Playlist: "news.yml", Item: "b"}, Conflict, "the item is no longer in news.yml: look at it again, then take"},
		{Take{Playlist: "news.yml", Index: 3}, Unknown, "news.yml has no item #4: it has 3"},
		{Take{Playlist: "new.yml"}, Unknown, "there is no playlist new.yml: choose from main.yml, news.yml"},
		{Take{Item: "zz"}, Unknown, `there is no item "zz": name it as FILE#NUMBER, or by its ID as 'airloom schedule --json' has it`},
		{Take{Item: "c"}, Invalid, "name it as FILE#NUMBER"},
	} {
		atDesk(t, func(t *testing.T, o *office) {
			a, err := o.Take(o.ctx, bob, c.take)
			if c.code == "" {
				require.NoError(t, err)
				require.Equal(t, c.said, a.Said)
				return
			}
			require.Equal(t, c.code, code(t, err))
			require.ErrorContains(t, err, c.said)
			require.Empty(t, o.air.aired)
			require.Equal(t, c.code, o.Notes()[0].Code)
		})
	}
}

func TestTakeNextIsAnsweredWhenItIsNext(t *testing.T) {
	atDesk(t, func(t *testing.T, o *office) {
		next := Take{Playlist: "news.yml", Index: 1, Next: true}
		a, err := o.Take(o.ctx, bob, next)
		require.NoError(t, err)
		require.Equal(t, "'n2' (news.yml #2) is next, after 'a' (main.yml #1)", a.Said)
		require.NotNil(t, a.Undo)
		require.Empty(t, o.air.aired)

		a, err = o.Undo(o.ctx, bob)
		require.NoError(t, err)
		require.Equal(t, "undid take: 'n2' (news.yml #2) is not lined up any more", a.Said)
		snap, _ := o.air.Snapshot()
		require.Equal(t, "b", snap.Next.Item.ID)

		time.Sleep(time.Second)
		_, err = o.Take(o.ctx, bob, next)
		require.NoError(t, err)
		_, err = o.Skip(o.ctx, bob, "")
		require.NoError(t, err)
		require.Equal(t, []string{"n2@0"}, o.air.aired, "skip brings on what is next")

		time.Sleep(time.Second)
		next.Index = 0
		_, err = o.Take(o.ctx, bob, next)
		require.NoError(t, err)
		time.Sleep(time.Minute)
		_, err = o.Undo(o.ctx, bob)
		require.Equal(t, Refused, code(t, err), "too late")
		o.air.joins <- struct{}{}
		synctest.Wait()
		require.Equal(t, []string{"n2@0", "n1@0"}, o.air.aired)
	})
}

func TestUndoOfWhatIsMeant(t *testing.T) {
	atDesk(t, func(t *testing.T, o *office) {
		took, err := o.Take(o.ctx, bob, Take{Playlist: "news.yml"})
		require.NoError(t, err)
		time.Sleep(time.Second)
		skipped, err := o.Skip(o.ctx, bob, "")
		require.NoError(t, err)
		aired := len(o.air.aired)
		_, err = o.UndoOf(o.ctx, bob, *took.Undo)
		require.Equal(t, Overtaken, code(t, err), "somebody has skipped meanwhile")
		require.Len(t, o.air.aired, aired)
		_, err = o.UndoOf(o.ctx, bob, *skipped.Undo)
		require.NoError(t, err)

		time.Sleep(time.Second)
		next, err := o.Take(o.ctx, bob, Take{Playlist: "news.yml", Index: 1, Next: true})
		require.NoError(t, err)
		_, err = o.UndoOf(o.ctx, bob, *skipped.Undo)
		require.Equal(t, Overtaken, code(t, err), "another is lined up")
		time.Sleep(time.Second)
		o.air.joins <- struct{}{}
		synctest.Wait()
		_, err = o.UndoOf(o.ctx, bob, *next.Undo)
		require.NoError(t, err, "it has aired meanwhile, and is the same change")
	})
}

func TestUndoGoesWhereTheItemWouldBe(t *testing.T) {
	atDesk(t, func(t *testing.T, o *office) {
		_, err := o.Take(o.ctx, bob, Take{Playlist: "news.yml"})
		require.NoError(t, err)
		time.Sleep(4 * time.Second)
		a, err := o.Undo(o.ctx, bob)
		require.NoError(t, err)
		require.Equal(t, []string{"n1@0", "a@350"}, o.air.aired, "14 s into it")
		require.Equal(t, "undid take: 'a' (main.yml #1) goes on from 00:00:14: on air since 00:00:14.000", a.Said)
		require.Nil(t, a.Undo, "it cannot be undone in turn")
		time.Sleep(time.Second)
		_, err = o.Undo(o.ctx, bob)
		require.Equal(t, Refused, code(t, err), "once")

		_, err = o.Skip(o.ctx, bob, "")
		require.NoError(t, err)
		time.Sleep(undoWithin + time.Millisecond)
		_, err = o.Undo(o.ctx, bob)
		require.EqualError(t, err, "there is nothing to undo: only what changed within the last 10s can be")
	})
}

func TestWhereTheProgrammeWouldBe(t *testing.T) {
	l := lists{"main.yml": {item("a", 60), item("b", 5), item("c", 60)}}
	a := l.entry("main.yml", 0)
	for _, c := range []struct {
		change change
		cut, n int64
		want   string
		tick   int64
	}{
		{change{on: a, left: 100, n: 1000, ticks: 1500}, schedule.Never, 1000, "a", 100},
		{change{on: a, left: 100, n: 1000, ticks: 1500}, schedule.Never, 1250, "a", 350},
		{change{on: a, left: 100, n: 1000}, schedule.Never, 9000, "a", 8100}, // no end is known
		{change{on: a, left: 1400, n: 1000, ticks: 1500}, schedule.Never, 1099, "a", 1499},
		{change{on: a, left: 1400, n: 1000, ticks: 1500}, schedule.Never, 1100, "b", 0},
		{change{on: a, left: 1400, n: 1000, ticks: 1500}, schedule.Never, 1224, "b", 124},
		{change{on: a, left: 1400, n: 1000, ticks: 1500}, schedule.Never, 1250, "c", 25},
		{change{on: a, left: schedule.Ended, n: 1000, ticks: 1500}, schedule.Never, 1010, "b", 10},
		{change{on: a, left: 100, n: 1000, ticks: 1500}, 1100, 1099, "a", 199},
		{change{on: a, left: 100, n: 1000, ticks: 1500}, 1100, 1110, "hard", 10},
	} {
		e, tick := where(clocked{l, c.cut}, c.change, c.n)
		require.Equal(t, c.want, e.Item.ID, c)
		require.Equal(t, c.tick, tick, c)
	}
}

// clocked is lists with a hard start.
type clocked struct {
	lists
	cut int64
}

func (c clocked) Cut(playlist.Entry, int64) int64 { return c.cut }

func (c clocked) Walk(ctx context.Context, e playlist.Entry, left, n, end int64) iter.Seq[schedule.Slot] {
	if n == c.cut {
		hard := playlist.Entry{Item: item("hard", 60)}
		return func(yield func(schedule.Slot) bool) { yield(schedule.Slot{Entry: hard, Start: n, Ticks: 1500}) }
	}
	return c.lists.Walk(ctx, e, left, n, end)
}

func TestSeekStaysWithinTheItem(t *testing.T) {
	atDesk(t, func(t *testing.T, o *office) {
		_, err := o.Seek(o.ctx, bob, "", 62*time.Second)
		require.EqualError(t, err, "'a' (main.yml #1) lasts 00:01:00: there is no 00:01:02 in it")
		a, err := o.Seek(o.ctx, bob, "a", 42*time.Second+500*time.Millisecond)
		require.NoError(t, err)
		require.Equal(t, "'a' (main.yml #1) goes on from 00:00:42.520: on air since 00:00:10.000", a.Said)
		require.Equal(t, []string{"a@1063"}, o.air.aired)
	})
}

func TestWhatStandsIsAnswered(t *testing.T) {
	atDesk(t, func(t *testing.T, o *office) {
		a, err := o.Hold(o.ctx, bob, true)
		require.NoError(t, err)
		require.Equal(t, "hold on since 00:00:10.000, until it is lifted", a.Said)
		_, err = o.Slate(o.ctx, bob, false)
		require.NoError(t, err)
		require.Equal(t, []string{"hold true by bob (ctl)", "slate false by bob (ctl)"}, o.air.aired)
		_, err = o.Lift(o.ctx, bob, "y")
		require.EqualError(t, err, "2 versions of y are left out: name one as 'airloom ctl quarantine list' has it")
		_, err = o.Lift(o.ctx, bob, "z")
		require.Equal(t, Unknown, code(t, err))
		a, err = o.Lift(o.ctx, bob, "x.mp4")
		require.NoError(t, err)
		require.Equal(t, "x.mp4 may play again", a.Said)
		require.Empty(t, o.air.banned)
		_, err = o.StopOutput(o.ctx, bob, "main")
		require.NoError(t, err)
		a, err = o.StartOutput(o.ctx, bob, "")
		require.NoError(t, err)
		require.Equal(t, "output main is started and goes on trying, but does not publish yet: the server refuses it", a.Said)
		_, err = o.StartOutput(o.ctx, bob, "man")
		require.EqualError(t, err, "there is no output man: choose from main")
		_, err = o.Reload(o.ctx, Who{Via: "SIGHUP"})
		require.NoError(t, err)
		require.Equal(t, "reload", o.Notes()[0].Asked)
		require.Len(t, o.Notes(), 9)
	})
}

func TestTheListOfCommandsIsBounded(t *testing.T) {
	atDesk(t, func(t *testing.T, o *office) {
		for range maxNotes + 10 {
			_, _ = o.Reload(o.ctx, bob)
			time.Sleep(time.Second)
		}
		notes := o.Notes()
		require.Len(t, notes, maxNotes)
		for i := range maxNotes - 1 {
			require.Equal(t, time.Second, notes[i].At.Sub(notes[i+1].At))
		}
	})
}

func TestOtherChangesStandInTheSameList(t *testing.T) {
	atDesk(t, func(t *testing.T, o *office) {
		_, err := o.Reload(o.ctx, Who{Name: "eve", Via: "desk", From: "192.0.2.7"})
		require.NoError(t, err)
		o.Note(Note{By: "eve", Via: "desk", From: "192.0.2.7", Asked: "save main.yml", Said: "saved", OK: true})
		require.Equal(t, "save main.yml", o.Notes()[0].Asked)
		require.Equal(t, "reload", o.Notes()[1].Asked)
		require.Equal(t, "192.0.2.7", o.Notes()[1].From)
	})
}
