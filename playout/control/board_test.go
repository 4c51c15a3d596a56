package control

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/playlist"
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
			playout.Snapshot{Air: entry("one"), AirFirst: 100, AirTicks: 500, Next: entry("two"), NextTicks: 250},
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

func TestAFailedItemIsAnAlertUntilItAirsWell(t *testing.T) {
	b := newBoard(&figures{counts: playout.Counts{Ticks: 1}})
	b.note(playout.Row{Entry: entry("one"), Outcome: playout.EndedEarly, Cause: errors.New("one.mp4 is cut off")})
	b.note(playout.Row{Entry: entry("one"), Outcome: playout.Hold})
	alerts := b.Status().Alerts
	require.Len(t, alerts, 1)
	require.Equal(t, "item-ended-early", alerts[0].Code)
	require.Equal(t, "one (main.yml, line 7): one.mp4 is cut off", alerts[0].Message)
	b.note(playout.Row{Entry: entry("one"), Outcome: playout.Played})
	require.Empty(t, b.Status().Alerts)
}

func TestAnOutputThatIsAwayIsAnAlertAfterAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBoard(&figures{counts: playout.Counts{Ticks: 1}}, Output{Name: "main", State: Waiting, Since: time.Now(), LastError: "refused"})
		require.Empty(t, b.Status().Alerts)
		time.Sleep(outputGrace + time.Second)
		require.Equal(t, "output main is not publishing: refused", b.Status().Alerts[0].Message)
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
	require.Equal(t, []Alert{{"error", "playlist", "two", first}}, b.Status().Alerts)
	b.Clear("playlist")
	require.Empty(t, b.Status().Alerts)
}
