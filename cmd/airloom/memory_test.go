package main

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/playlist"
	"airloom/playlist/schedule"
	"airloom/playout"
	"airloom/playout/asrun"
	"airloom/playout/media"
	"airloom/playout/timeline"
)

// standing is an engine that stands still.
type standing struct {
	snap  playout.Snapshot
	ticks int64
}

func (s standing) Snapshot() (playout.Snapshot, playout.Counts) {
	return s.snap, playout.Counts{Ticks: s.ticks}
}

func remembering(t *testing.T, engine standing) *memory {
	grid := timeline.Of(media.House{FPS: media.Rational{Num: 25, Den: 1}, SampleRate: 44100})
	plans, _ := schedule.New(schedule.Inputs{Zone: time.UTC, Grid: grid})
	return &memory{
		store:   asrun.Open(t.TempDir(), 0, slog.New(slog.DiscardHandler), func(string, string) {}),
		rundown: schedule.NewRundown(plans, schedule.Clock{Zero: time.Now()}), grid: grid, log: slog.New(slog.DiscardHandler), engine: engine,
	}
}

// A channel that starts, and ends before anything of its programme has aired,
// stands where it stood before.
func TestWhereItStoodStaysUntilSomethingAirs(t *testing.T) {
	place, err := schedule.Save(playlist.Entry{Item: playlist.Item{ID: "a", Source: "a.mp4"}}, 30)
	require.NoError(t, err)
	for _, how := range []string{"playhead", "clock"} {
		m := remembering(t, standing{ticks: 40})
		m.resume(t.Context(), asrun.Saved{Playhead: asrun.Playhead{Place: place, Tick: 100, At: time.Now()}}, how, m.rundown.Plans(), time.Now())
		m.note()
		e, left, err := schedule.Restore(m.place)
		require.NoError(t, err, how)
		require.Equal(t, "a", e.Item.ID)
		require.EqualValues(t, 30, left)
	}
}

// An item that is just over is over for the next run too: it is not opened behind
// its last picture.
func TestWhatHasAiredWholeIsNotedAsOver(t *testing.T) {
	entry := playlist.Entry{Item: playlist.Item{ID: "a", Source: "a.mp4"}}
	for _, c := range []struct{ length, ticks, left int64 }{
		{75, 10, 10}, {75, 74, 74}, {75, 75, playout.Ended}, {75, 80, playout.Ended}, {0, 80, 80},
	} {
		m := remembering(t, standing{playout.Snapshot{Air: entry, AirTicks: c.length}, c.ticks})
		m.note()
		e, left, err := schedule.Restore(m.place)
		require.NoError(t, err)
		require.Equal(t, "a", e.Item.ID)
		require.Equal(t, c.left, left, "%+v", c)
	}
}

// Where the time does not suffice to find out where the channel would be, that is said.
func TestHalfAWayIsTold(t *testing.T) {
	place, err := schedule.Save(playlist.Entry{Item: playlist.Item{ID: "a", Source: "a.mp4"}}, 30)
	require.NoError(t, err)
	var log lockedBuffer
	m := remembering(t, standing{ticks: 40})
	m.log = slog.New(slog.NewTextHandler(&log, nil))
	saved := asrun.Saved{Playhead: asrun.Playhead{Place: place, Tick: 100, At: time.Now().Add(-24 * time.Hour)}}
	m.resume(t.Context(), saved, "clock", m.rundown.Plans(), time.Now())
	require.NotContains(t, log.String(), "level=WARN")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	m.resume(ctx, saved, "clock", m.rundown.Plans(), time.Now())
	require.Contains(t, log.String(), "takes too long")
}
