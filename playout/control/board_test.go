package control

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/playlist"
	"airloom/playlist/schedule"
	"airloom/playout"
	"airloom/playout/media"
)

// figures is an engine that has just these.
type figures struct {
	snap   playout.Snapshot
	counts playout.Counts
}

func (f *figures) Snapshot() (playout.Snapshot, playout.Counts) { return f.snap, f.counts }

func newBoard(f *figures, outputs ...Output) *Board {
	b := NewBoard()
	b.Connect(Sources{
		Channel: "Test", House: media.House{FPS: media.Rational{Num: 25, Den: 1}, SampleRate: 44100}, Engine: f,
		Outputs: func() []Output { return outputs }, Encoder: func() (float64, int64) { return 1, 0 },
		Workers: func() int64 { return 2 },
	})
	return b
}

func entry(name string) playlist.Entry {
	return playlist.Entry{Playlist: "main.yml", Index: 3, Item: playlist.Item{ID: name, Source: name + ".mp4", Title: name, Line: 7}}
}

func TestStatusTellsNowAndNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &figures{
			playout.Snapshot{Air: entry("one"), AirFirst: 100, AirTicks: 500, Next: entry("two"), NextTicks: 250, NextAt: 600, CutAt: playout.Never},
			playout.Counts{Ticks: 350},
		}
		s := newBoard(f, Output{Name: "main", State: Publishing}).Status()
		require.Equal(t, OnAir, s.State)
		require.Equal(t, "main", s.Output.Name)
		require.Equal(t, 10.0, s.Now.PositionS)
		require.Equal(t, 20.0, s.Now.DurationS)
		require.Equal(t, time.Now().Add(-10*time.Second), s.Now.StartedAt)
		require.Equal(t, time.Now().Add(10*time.Second), *s.Next.StartsAt)
		require.Equal(t, 10.0, s.Next.DurationS)
		require.Empty(t, s.Alerts)
		require.Equal(t, "not-checked", s.Arrival.State)
	})
}

func TestStateIsStartingUntilATickAired(t *testing.T) {
	f := &figures{}
	require.Equal(t, Starting, newBoard(f).Status().State)
	f.counts.Ticks = 1
	require.Equal(t, OnAir, newBoard(f).Status().State)
	f.snap.Airs = playout.Slate
	s := newBoard(f).Status()
	require.Equal(t, Fallback, s.State)
	require.Equal(t, "slate", s.Alerts[0].Code)
}

func failed(name string) playout.Row {
	return playout.Row{Entry: entry(name), Outcome: playout.EndedEarly, Cause: errors.New(name + ".mp4 is cut off"), Final: true}
}

func TestAFailedItemIsAnAlertUntilItAirsWell(t *testing.T) {
	b := newBoard(&figures{counts: playout.Counts{Ticks: 1}})
	b.note(failed("one"))
	b.note(playout.Row{Entry: entry("one"), Outcome: playout.Played}) // a hold broke it off
	b.note(playout.Row{Entry: entry("one"), Outcome: playout.Hold})
	alerts := b.Status().Alerts
	require.Len(t, alerts, 1)
	require.Equal(t, "item-ended-early", alerts[0].Code)
	require.Equal(t, "one (main.yml, line 7): one.mp4 is cut off", alerts[0].Message)
	b.note(playout.Row{Entry: entry("one"), Outcome: playout.Played, Final: true})
	require.Empty(t, b.Status().Alerts)
}

func TestTheAlertOfAnItemGoesWithIt(t *testing.T) {
	b := newBoard(&figures{counts: playout.Counts{Ticks: 1}})
	b.note(failed("one"))
	b.note(failed("two"))
	b.KeepItems([]*playlist.Playlist{{File: "main.yml", Items: []playlist.Item{{ID: "three"}, {ID: "folder"}, {ID: "two"}}}})
	b.note(failed("one")) // it was still on air
	b.note(failed("three"))
	b.note(failed("folder/file"))
	var said []string
	for _, a := range b.Status().Alerts {
		said = append(said, a.Message[:strings.Index(a.Message, " ")])
		require.Equal(t, said[len(said)-1], a.ItemID)
		require.Equal(t, "main.yml", a.Playlist)
		if a.ItemID == "two" {
			require.Equal(t, 2, *a.Index, "where it stands by now")
		}
	}
	require.ElementsMatch(t, []string{"two", "three", "folder/file"}, said)
}

func TestAlertsOfOneKindStandEachForItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBoard(&figures{counts: playout.Counts{Ticks: 1}})
		first := time.Now()
		b.Show("playlist", "error", []Alert{{Message: "a.yml:1:1: x"}, {Message: "b.yml:1:1: y", Playlist: "b.yml"}})
		time.Sleep(time.Minute)
		b.Show("playlist", "error", []Alert{{Message: "b.yml:1:1: y", Playlist: "b.yml"}, {Message: "c.yml:1:1: z"}})
		since := map[string]time.Duration{}
		for _, a := range b.Status().Alerts {
			require.Equal(t, "playlist", a.Code)
			since[a.Message] = a.Since.Sub(first)
		}
		require.Equal(t, map[string]time.Duration{"b.yml:1:1: y": 0, "c.yml:1:1: z": time.Minute}, since)
		b.Show("playlist", "error", nil)
		require.Empty(t, b.Status().Alerts)
	})
}

func TestAFullListLetsGoOfTheOldestItem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBoard(&figures{counts: playout.Counts{Ticks: 1}})
		for n := range maxItems + 1 {
			b.note(failed(fmt.Sprint("item", n)))
			time.Sleep(time.Second)
		}
		alerts := b.Status().Alerts
		require.Len(t, alerts, maxItems)
		require.Contains(t, alerts[0].Message, "item1 ")
		require.Contains(t, alerts[maxItems-1].Message, fmt.Sprintf("item%d ", maxItems))
	})
}

func TestStoppingIsAState(t *testing.T) {
	b := newBoard(&figures{playout.Snapshot{Airs: playout.Slate}, playout.Counts{Ticks: 1}})
	b.Stopping()
	require.Equal(t, Stopping, b.Status().State)
}

// The state of an output that is refused changes all the time.
func TestAnOutputThatIsAwayIsAnAlertAfterAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBoard(&figures{counts: playout.Counts{Ticks: 1}})
		down := time.Now()
		o := Output{Name: "main", DownSince: down, LastError: "refused"}
		b.src.Outputs = func() []Output { return []Output{o} }
		for n := range 100 {
			o.State, o.Since = []OutputState{Waiting, Connecting, Publishing}[n%3], time.Now()
			alerts := b.Status().Alerts
			if time.Since(down) <= outputGrace {
				require.Empty(t, alerts)
			} else {
				require.Equal(t, []Alert{{Severity: "error", Code: "output-down", Subject: "main", Message: "output main is not publishing: refused", Since: down}}, alerts)
			}
			time.Sleep(300 * time.Millisecond)
		}
		o.DownSince = time.Time{}
		require.Empty(t, b.Status().Alerts)
	})
}

func TestOverloadTellsTheSpeedAndEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &figures{counts: playout.Counts{Ticks: 1000}}
		b := newBoard(f)
		b.watch()
		time.Sleep(time.Second)
		f.counts = playout.Counts{Ticks: 1025, Skipped: 10}
		b.watch()
		a := b.Status().Alerts[0]
		require.Equal(t, "encoder-overload", a.Code)
		require.Contains(t, a.Message, "no time for 10 pictures and runs at 60 % of real time")
		time.Sleep(calm + time.Second)
		b.watch()
		require.Empty(t, b.Status().Alerts)
	})
}

func TestHealthyWhileTicksFlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &figures{counts: playout.Counts{Ticks: 1}}
		b := newBoard(f)
		require.True(t, b.Healthy())
		time.Sleep(stuck + time.Millisecond)
		require.False(t, b.Healthy(), "the tick counter stands still")
		f.counts.Ticks = 2
		require.True(t, b.Healthy())
	})
}

func TestRaisedAlertsKeepTheirTimeAndCanBeCleared(t *testing.T) {
	b := newBoard(&figures{counts: playout.Counts{Ticks: 1}})
	first := time.Now()
	b.Raise(Alert{Severity: "error", Code: "playlist", Message: "one", Since: first})
	b.Raise(Alert{Severity: "error", Code: "playlist", Message: "two", Since: first.Add(time.Hour)})
	require.Equal(t, []Alert{{Severity: "error", Code: "playlist", Message: "two", Since: first}}, b.Status().Alerts)
	b.Clear("playlist")
	require.Empty(t, b.Status().Alerts)
}

func TestStatusHidesWhatIsSecretInASource(t *testing.T) {
	e := entry("cam")
	e.Item.Source = "https://me:hush@cam.example/door.m3u8?token=hush"
	f := &figures{playout.Snapshot{Air: e, Next: e}, playout.Counts{Ticks: 1}}
	s := newBoard(f).Status()
	require.NotContains(t, s.Now.Source+s.Next.Source, "hush")
	require.Contains(t, s.Now.Source, "cam.example")
}

// after is a rundown that only knows what comes.
type after struct {
	what  map[string]string
	clock schedule.Clock
}

func (a after) Clock() schedule.Clock { return a.clock }

func (a after) Next(e playlist.Entry, left, n int64) playlist.Entry {
	next := entry(a.what[e.Item.ID])
	if left != playout.Ended {
		next = entry(a.what["cut"])
		next.Mode, next.Planned = playlist.ModeHard, a.clock.Zero.Add(20*time.Second-time.Millisecond).UTC()
	}
	return next
}

func TestStatusTellsWhatTheClockHasComing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &figures{
			playout.Snapshot{Air: entry("one"), AirFirst: 100, AirTicks: 500, NextAt: 500, CutAt: 500},
			playout.Counts{Ticks: 350},
		}
		b := newBoard(f)
		require.Nil(t, b.Status().Due)
		clock := schedule.Clock{Zero: time.Now().Add(-14*time.Second - 7*time.Millisecond)} // the snapshot is a little old
		b.src.Rundown = after{map[string]string{"one": "two", "cut": "film"}, clock}
		s := b.Status()
		at := clock.Zero.Add(20 * time.Second).UTC()
		require.Equal(t, Due{"film", "main.yml", 3, "film.mp4", "film", "hard", at, at.Add(-time.Millisecond)}, *s.Due)
		require.Equal(t, "film", s.Next.ID, "what is not open yet is known all the same")
		require.Equal(t, s.Due.At, *s.Next.StartsAt)

		f.snap.NextAt, f.snap.CutAt = 600, playout.Never
		s = b.Status()
		require.Nil(t, s.Due)
		require.Equal(t, "two", s.Next.ID)
		require.Equal(t, at.Add(4*time.Second), *s.Next.StartsAt)
	})
}

func TestAnOperatorsHoldIsShownAndRemindedOf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &figures{
			playout.Snapshot{Air: entry("one"), Airs: playout.Hold, Forced: playout.Hold, By: "bob (ctl)", Since: 100, NextAt: 600, Next: entry("two"), CutAt: playout.Never},
			playout.Counts{Ticks: 350},
		}
		s := newBoard(f).Status()
		require.Equal(t, &Stand{"bob (ctl)", time.Now().Add(-10 * time.Second)}, s.Held)
		require.Nil(t, s.Slated)
		require.Equal(t, Fallback, s.State)
		require.Nil(t, s.Next.StartsAt, "nobody knows")
		require.Empty(t, s.Alerts)
		f.counts.Ticks = 100 + 60*25
		require.Equal(t, []Alert{{Severity: "warning", Code: "operator-hold", Message: "the hold by bob (ctl) is still on: the programme waits. Lift it with 'airloom ctl hold off'",
			Since: time.Now().Add(-time.Minute)}}, newBoard(f).Status().Alerts)

		f.snap.Airs, f.snap.Forced = playout.Slate, playout.Slate
		s = newBoard(f).Status()
		require.NotNil(t, s.Slated)
		require.Len(t, s.Alerts, 1)
		require.Equal(t, "operator-slate", s.Alerts[0].Code, "and not that nothing can play")
	})
}

func TestAPlannedStillIsNoTrouble(t *testing.T) {
	gap := playlist.Entry{Item: playlist.Item{ID: "gap"}, Mode: playlist.ModeSlate}
	s := newBoard(&figures{playout.Snapshot{Air: gap, Airs: playout.Slate, CutAt: playout.Never}, playout.Counts{Ticks: 1}}).Status()
	require.Equal(t, OnAir, s.State)
	require.Empty(t, s.Alerts)
}
