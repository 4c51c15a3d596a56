package asrun

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

var day = time.Date(2026, 11, 21, 20, 0, 0, 0, time.UTC)

// alerts is what an operator is told.
type alerts struct {
	mu  sync.Mutex
	now map[string]string
	all []string
}

func (a *alerts) alert(code, message string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.now == nil {
		a.now = map[string]string{}
	}
	a.now[code] = message
	if message != "" {
		a.all = append(a.all, message)
	}
}

func (a *alerts) get(code string) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.now[code]
}

// channel is a store in use. Ticks are 40 ms long and begin at its start.
type channel struct {
	t      *testing.T
	store  *Store
	alerts *alerts
	start  time.Time
	tick   int64
	ctx    context.Context
	stop   context.CancelFunc
	ended  chan error
	saved  Saved
}

func (c *channel) at(tick int64) time.Time { return c.start.Add(time.Duration(tick) * 40 * time.Millisecond) }

func begin(t *testing.T, dir string, start time.Time) *channel {
	c := &channel{t: t, alerts: &alerts{}, start: start, ended: make(chan error, 1)}
	c.store = Open(dir, 0, slog.New(slog.NewTextHandler(io.Discard, nil)), c.alerts.alert)
	c.ctx, c.stop = context.WithCancel(context.Background())
	var err error
	c.saved, err = c.store.Last(c.ctx)
	require.NoError(t, err)
	go func() { c.ended <- c.store.Run(c.ctx) }()
	return c
}

// airs reports an item of so many ticks.
func (c *channel) airs(title string, ticks int64) {
	c.store.Report(c.row(title, ticks, "played"))
	c.tick += ticks
}

func (c *channel) row(title string, ticks int64, outcome string) Row {
	return Row{Tick: c.tick, Ticks: ticks, Start: c.at(c.tick), End: c.at(c.tick + ticks), Title: title, Outcome: outcome}
}

// head says that an item has been on air for so many ticks.
func (c *channel) head(title string, ticks int64) {
	c.store.Playhead(Playhead{Place: []byte(title), Tick: c.tick + ticks, At: c.at(c.tick + ticks),
		Air: Row{Tick: c.tick, Start: c.at(c.tick), Title: title}})
}

func (c *channel) end(why string) {
	c.store.Ending(why)
	c.stop()
	require.NoError(c.t, <-c.ended)
}

func all(t *testing.T, dir string) (rows []Row) {
	for r, err := range Read(context.Background(), dir, time.Unix(0, 0), time.Unix(1<<33, 0)) {
		require.NoError(t, err)
		rows = append(rows, r)
	}
	return rows
}

// abut requires that rows follow each other without a gap, from tick 0, and
// returns the tick counter.
func abut(t *testing.T, rows []Row) (counter int64) {
	t.Helper()
	for _, r := range rows {
		if r.Ticks > 0 {
			require.Equal(t, counter, r.Tick, "%+v", r)
			counter += r.Ticks
		}
	}
	return counter
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestRowsAbutOverRestarts(t *testing.T) {
	dir := t.TempDir()
	c := begin(t, dir, day)
	require.True(t, c.saved.Playhead.At.IsZero())
	c.airs("one", 500)
	c.head("two", 20)
	c.end("stopped by SIGTERM")
	seed := c.saved.Seed

	c = begin(t, dir, day.Add(time.Minute))
	require.Equal(t, "stopped by SIGTERM", c.saved.Ended)
	require.Equal(t, int64(520), c.saved.Playhead.Tick)
	require.Equal(t, "two", string(c.saved.Playhead.Place))
	require.Equal(t, seed, c.saved.Seed)
	c.airs("two", 480)
	c.airs("three", 250)
	c.end("")

	rows := all(t, dir)
	require.Equal(t, int64(1250), abut(t, rows))
	var got []string
	for _, r := range rows {
		got = append(got, r.Title+" "+r.Outcome+" "+r.Cause)
	}
	require.Equal(t, []string{"one played ", "two cut stopped by SIGTERM",
		" off stopped by SIGTERM: nothing aired for 39.2s", "two played ", "three played "}, got)
}
