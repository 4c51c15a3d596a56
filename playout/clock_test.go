package playout

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/playlist"
	"airloom/playlist/schedule"
)

// wall is a time of day that can be stepped while the channel runs.
type wall struct {
	from time.Time // the monotonic clock's beginning
	off  time.Duration
}

func (w *wall) now() time.Time { return noon.Add(time.Since(w.from) + w.off) }

// fakePlan and realPlan put a rundown in place that has a hard start at 12:01:00,
// and return what is to be told the time of day.
func fakePlan(_ testing.TB, st *stage) func(time.Time) {
	p := &plan{grid: st.theatre.grid, zero: noon, base: list{"a"}, starts: []start{{at: noon.Add(time.Minute), items: list{"news"}}}}
	st.rooms.Rundown = p
	return func(z time.Time) { p.zero = z }
}

func realPlan(t testing.TB, st *stage) func(time.Time) {
	plans, ps := schedule.New(schedule.Inputs{
		Base: "main.yml", Lists: lists(t, map[string]string{"main.yml": "\na", "news.yml": "cron: \"1 12 * * *\", start: hard\nnews"}),
		Grid: st.theatre.grid, Ticks: func(it playlist.Item) int64 { return st.scripts[it.Source].ticks },
	})
	require.Empty(t, ps)
	r := schedule.NewRundown(plans, schedule.Clock{Zero: noon})
	st.rooms.Rundown = r
	return func(z time.Time) { r.SetClock(schedule.Clock{Zero: z}) }
}

// stepped runs a channel for two minutes with a hard start at 12:01:00; at tick
// at the clock is stepped by the given time.
func stepped(t *testing.T, plan func(testing.TB, *stage) func(time.Time), at int64, by time.Duration) (st *stage, zeros []time.Time) {
	synctest.Test(t, func(t *testing.T) {
		st = newStage(t, pal, list{}, map[string]script{"a": {ticks: 100_000}, "news": {ticks: 100}}, "")
		told := plan(t, st)
		st.look.retry = 0
		w := &wall{from: time.Now()}
		st.cfg.Wall = w.now
		cam := &clocked{from: time.Now(), each: func(n int64) {
			if n == at {
				w.off += by
			}
		}}
		st.rooms.Encoder = cam
		st.rooms.Zero = func(z time.Time) { told(z); zeros = append(zeros, z) }
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		done := make(chan error)
		go func() { done <- st.Run(ctx) }()
		require.NoError(t, <-done)
		st.cam.shots = cam.shots
	})
	return st, zeros
}

// The system's clock is stepped while on air: the hard start airs once, and late
// only by the step.
func TestClockStepsAreFollowed(t *testing.T) {
	half := 30 * time.Second
	for _, c := range []struct {
		name string
		at   int64 // the tick of the step
		by   time.Duration
		airs int64 // the tick at which the start airs
	}{
		{"no step", 0, 0, 1500},
		{"back, before it", 500, -half, 1500 + 750},
		{"back, just before it", 1490, -half, 1500 + 750},
		{"back, after it", 1510, -half, 1500},
		{"on, before it", 500, half, 1500 - 750},
		{"on, over it", 1000, half, 1000 + 26}, // at once, once
		{"on, after it", 1510, half, 1500},
		{"a little", 500, 15 * time.Millisecond, 1500}, // less than half a tick
		{"some ticks", 500, 200 * time.Millisecond, 1495},
	} {
		for kind, plan := range map[string]func(testing.TB, *stage) func(time.Time){"fake": fakePlan, "real": realPlan} {
			t.Run(c.name+" "+kind, func(t *testing.T) {
				st, zeros := stepped(t, plan, c.at, c.by)
				require.InDelta(t, c.airs, st.shotOf("news", 0), 1)
				aired := 0
				for _, s := range st.cam.shots {
					if s.src == "news" && s.tick == 0 {
						aired++
					}
				}
				require.Equal(t, 1, aired)
				if c.by == 0 || c.by < 20*time.Millisecond && c.by > 0 {
					require.LessOrEqual(t, len(zeros), 2)
				} else {
					require.Equal(t, noon.Add(c.by), zeros[len(zeros)-1])
				}
			})
		}
	}
}

// After the process stood still, the plan is asked where the programme is to be by now.
func TestAfterAStandstillTheTimeOfDayIsToldAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		scripts := map[string]script{"a": {ticks: 100_000}, "news": {ticks: 100}}
		st, p := newPlanned(t, pal, list{"a"}, scripts, start{at: noon.Add(time.Minute), items: list{"news"}})
		w := &wall{from: time.Now()}
		st.cfg.Wall = w.now
		st.rooms.Encoder = &clocked{from: time.Now(), each: func(n int64) {
			if n == 250 {
				time.Sleep(30 * time.Second)
			}
		}}
		st.rooms.Zero = func(z time.Time) { p.zero = z }
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		done := make(chan error)
		go func() { done <- st.Run(ctx) }()
		require.NoError(t, <-done)
		st.cam.shots = st.rooms.Encoder.(*clocked).shots
		require.InDelta(t, 1500-750, st.shotOf("news", 0), 1)
		require.WithinDuration(t, noon.Add(30*time.Second), p.zero, 40*time.Millisecond)
	})
}
