package asrun

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
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

func (c *channel) at(tick int64) time.Time {
	return c.start.Add(time.Duration(tick) * 40 * time.Millisecond)
}

func begin(t *testing.T, dir string, start time.Time, how ...func(*Store)) *channel {
	c := &channel{t: t, alerts: &alerts{}, start: start, ended: make(chan error, 1)}
	c.store = Open(dir, 0, slog.New(slog.DiscardHandler), c.alerts.alert)
	for _, set := range how {
		set(c.store)
	}
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
	require.Equal(t, int64(520), c.saved.Ticks)
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

// What a crash leaves: the item on air is cut where it was last seen, and what
// nobody saw is none of the next run's ticks.
func TestCrash(t *testing.T) {
	dir := t.TempDir()
	c := begin(t, dir, day)
	c.airs("one", 500)
	c.head("two", 75)
	c.written(dir)
	rows := all(t, dir)
	require.Equal(t, int64(575), abut(t, rows), "what is on air counts")
	require.Equal(t, int64(0), rows[1].ID)
	require.Equal(t, "", rows[1].Outcome)
	require.Equal(t, c.at(575), rows[1].End.UTC())
	c.crash()
	rows = all(t, dir)
	require.Equal(t, Cut, rows[1].Outcome, "nobody is there who could air it")

	c = begin(t, dir, day.Add(time.Minute))
	require.Equal(t, "", c.saved.Ended)
	require.Equal(t, "two", c.saved.Playhead.Air.Title)
	c.head("two", 3)
	c.written(dir)
	c.crash()
	rows = all(t, dir)
	require.Equal(t, int64(578), abut(t, rows))
	off := rows[2]
	require.Equal(t, Off, off.Outcome)
	require.Equal(t, "airloom was killed or lost power: nothing aired for 37s", off.Cause)
	require.Equal(t, day.Add(23*time.Second), off.Start.UTC())
	require.Equal(t, day.Add(time.Minute), off.End.UTC())
}

// crash ends the channel as a kill would: nothing more is written.
func (c *channel) crash() {
	c.store.mu.Lock()
	c.store.waiting, c.store.head, c.store.place = nil, nil, false
	c.store.mu.Unlock()
	db := c.store.w.file // the writer waits for something to do
	c.stop()
	<-c.ended
	e := edit(c.t, filepath.Dir(db.path))
	_, err := e.Exec("UPDATE run SET ended = NULL")
	require.NoError(c.t, err)
	require.NoError(c.t, e.Close())
}

// A playhead without an item on air: the ticks that no row tells of are the off row's.
func TestTicksThatACrashLeftUnknown(t *testing.T) {
	dir := t.TempDir()
	c := begin(t, dir, day)
	c.airs("one", 100)
	c.store.Playhead(Playhead{Place: []byte("p"), Tick: 120, At: c.at(120)})
	c.written(dir)
	c.crash()
	c = begin(t, dir, day.Add(time.Minute))
	require.Equal(t, int64(120), c.saved.Ticks)
	c.airs("two", 5)
	c.end("")
	rows := all(t, dir)
	require.Equal(t, int64(125), abut(t, rows))
	require.Equal(t, Off, rows[1].Outcome)
	require.Equal(t, int64(20), rows[1].Ticks)
}

// A run that never airs anything leaves the log as it was.
func TestRunWithoutAir(t *testing.T) {
	dir := t.TempDir()
	c := begin(t, dir, day)
	c.airs("one", 5)
	c.head("two", 1)
	c.end("stopped by SIGTERM")
	want := all(t, dir)
	for range 3 {
		c = begin(t, dir, day.Add(time.Minute))
		c.store.Ban("v", "why")
		c.end("stopped by SIGINT")
		require.Equal(t, want, all(t, dir))
	}
	c = begin(t, dir, day.Add(time.Minute))
	require.Equal(t, "stopped by SIGTERM", c.saved.Ended)
	require.Equal(t, int64(6), c.saved.Ticks)
	c.end("")
}

// Written piece by piece: what was on air is replaced by its row.
func TestRowTakesThePlaceOfWhatWasOnAir(t *testing.T) {
	dir := t.TempDir()
	c := begin(t, dir, day)
	for n := range int64(5) {
		c.head("x", n)
		c.written(dir)
		c.airs("x", n+1)
		c.written(dir)
		rows := all(t, dir)
		require.Len(t, rows, int(n)+1)
		require.Equal(t, c.tick, abut(t, rows))
	}
	c.end("")
}

// Heads and rows come from two goroutines; a head that is late does no harm.
func TestLatePlayhead(t *testing.T) {
	dir := t.TempDir()
	c := begin(t, dir, day)
	c.airs("one", 50)
	c.head("two", 10)
	late := *c.store.head
	c.airs("two", 20)
	c.written(dir)
	c.store.Playhead(late)
	c.written(dir)
	require.Equal(t, int64(70), abut(t, all(t, dir)))
	c.end("")
	rows := all(t, dir)
	require.Len(t, rows, 2)
	c = begin(t, dir, day.Add(time.Minute))
	require.Equal(t, int64(70), c.saved.Ticks)
	c.end("")
}

func TestSkippedItemsKeepTheirPlace(t *testing.T) {
	dir := t.TempDir()
	c := begin(t, dir, day)
	c.airs("one", 50)
	c.store.Report(Row{Tick: 60, Start: c.at(60), Title: "gone", Outcome: "skipped", Cause: "there is no such file"})
	c.airs("two", 50)
	c.airs("three", 50)
	c.end("")
	var titles []string
	for _, r := range all(t, dir) {
		titles = append(titles, r.Title)
	}
	require.Equal(t, []string{"one", "two", "gone", "three"}, titles)
}

func TestRowsComeBackAsTheyWere(t *testing.T) {
	dir := t.TempDir()
	c := begin(t, dir, day)
	r := Row{
		Tick: 0, Ticks: 25, Start: day, End: day.Add(time.Second), Planned: day.Add(-time.Millisecond), Playlist: "news ☃.yml", Index: 7,
		Item: "abc/def", Round: 2, Source: "a'b\"c.mp4", Title: "\x00 odd", Mode: "hard", From: 99, In: 1500 * time.Millisecond,
		Out: time.Hour, Outcome: "ended early", Cause: "it broke",
	}
	c.store.Report(r)
	c.end("")
	got := all(t, dir)[0]
	got.Start, got.End, got.Planned = got.Start.UTC(), got.End.UTC(), got.Planned.UTC()
	r.ID = 1
	require.Equal(t, r, got)
}

func TestBans(t *testing.T) {
	dir := t.TempDir()
	c := begin(t, dir, day)
	c.store.Ban("a", "crashed twice")
	c.store.Ban("b", "crashed twice")
	c.end("")
	c = begin(t, dir, day)
	require.Len(t, c.store.Banned(), 2)
	require.Equal(t, "crashed twice", c.store.Banned()[0].Why)
	c.store.Lift("a")
	c.end("")

	// Before the file can be had, one is lifted and one added.
	s := Open(dir, 0, c.store.log, c.alerts.alert)
	s.Lift("b")
	s.Ban("c", "too heavy")
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	<-s.loaded
	stop()
	require.NoError(t, <-ended)
	c = begin(t, dir, day)
	require.Len(t, c.store.Banned(), 1)
	require.Equal(t, "c", c.store.Banned()[0].Version)
	require.True(t, c.store.IsBanned("c"))
	require.False(t, c.store.IsBanned("a"))
	c.end("")
}

// Too many rows for the memory: the oldest are dropped, their ticks are not.
func TestTooManyRows(t *testing.T) {
	dir := t.TempDir()
	s := Open(dir, 0, slog.New(slog.DiscardHandler), (&alerts{}).alert)
	s.most = 12_000 // more than are written at once
	c := &channel{t: t, store: s, start: day, alerts: &alerts{}}
	for range 20_000 {
		c.airs("x", 2)
	}
	require.LessOrEqual(t, len(s.waiting), s.most)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	c.written(dir)
	stop()
	require.NoError(t, <-ended)
	rows := all(t, dir)
	require.Equal(t, c.tick, abut(t, rows))
	require.Equal(t, Unknown, rows[0].Outcome)
	require.Equal(t, 2*s.dropped, rows[0].Ticks)
}

// Everything at once, for the race detector.
func TestManyCallers(t *testing.T) {
	dir := t.TempDir()
	c := begin(t, dir, day)
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for n := range 200 {
				c.store.Report(Row{Title: fmt.Sprint(i), Outcome: "skipped", Start: day})
				c.store.Playhead(Playhead{Place: []byte("x"), Tick: int64(n), At: day, Air: Row{Start: day}})
				c.store.Ban(fmt.Sprint(i), "why")
				c.store.Lift(fmt.Sprint(i))
				c.store.Banned()
				if n%50 == 0 {
					for _, err := range Read(context.Background(), dir, day, day.Add(time.Hour)) {
						if err != nil {
							t.Error(err)
						}
					}
				}
			}
		})
	}
	wg.Wait()
	c.end("")
	require.Len(t, all(t, dir), 801)
	whole(t, dir)
}
