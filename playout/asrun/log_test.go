package asrun

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The clock goes back by an hour while a channel runs: the hour is there twice,
// in the order of airing.
func TestClockSetBack(t *testing.T) {
	dir := t.TempDir()
	c := begin(t, dir, day)
	for i := range 12 {
		c.airs(fmt.Sprint("a", i), 7500) // five minutes
	}
	c.start = c.start.Add(-30 * time.Minute)
	for i := range 12 {
		c.airs(fmt.Sprint("b", i), 7500)
	}
	c.end("")
	c = begin(t, dir, day.Add(-time.Hour)) // and once more, between two runs
	c.airs("c", 10)
	c.end("")
	rows := all(t, dir)
	require.Equal(t, int64(24*7500+10), abut(t, rows))
	require.Equal(t, rows[24].Start, rows[24].End, "no telling how long nothing aired")

	var titles []string
	for r, err := range Read(context.Background(), dir, day.Add(32*time.Minute), day.Add(41*time.Minute)) {
		require.NoError(t, err)
		titles = append(titles, r.Title)
	}
	require.Equal(t, []string{"a7", "a8", "b0", "b1", "b2"}, titles)
}

func TestReadRange(t *testing.T) {
	dir := t.TempDir()
	_, err := os.Stat(filepath.Join(dir, fileName))
	require.ErrorIs(t, err, fs.ErrNotExist)
	for _, err := range Read(context.Background(), dir, day, day) {
		require.ErrorIs(t, err, fs.ErrNotExist)
	}
	c := begin(t, dir, day)
	for i := range 2000 {
		c.airs(fmt.Sprint(i), 25) // a second
	}
	c.head("on air", 100)
	c.written(dir)
	for from, want := range map[time.Duration][2]string{
		0:                         {"0", "9"},
		500 * time.Millisecond:    {"0", "10"},
		1000 * time.Second:        {"1000", "1009"},
		1999 * time.Second:        {"1999", "on air"},
		2001 * time.Second:        {"on air", "on air"},
		-9500 * time.Millisecond:  {"0", "0"},
		-10000 * time.Millisecond: {},
		2004 * time.Second:        {},
	} {
		var titles []string
		for r, err := range Read(context.Background(), dir, day.Add(from), day.Add(from+10*time.Second)) {
			require.NoError(t, err)
			titles = append(titles, r.Title)
		}
		if want[0] == "" {
			require.Empty(t, titles, from)
			continue
		}
		require.NotEmpty(t, titles, from)
		require.Equal(t, want, [2]string{titles[0], titles[len(titles)-1]}, from)
	}
	for r := range Read(context.Background(), dir, day, day.Add(time.Hour)) {
		require.Equal(t, "0", r.Title)
		break // whoever has read enough may go
	}
	c.end("")
}

func TestOldRowsGo(t *testing.T) {
	dir := t.TempDir()
	c := begin(t, dir, day)
	for range 1000 {
		c.airs("x", 25)
	}
	c.head("y", 5)
	c.written(dir)
	ctx, f, now := context.Background(), c.store.w.file, day.Add(1000*time.Second)
	count := func() int { return len(all(t, dir)) }
	require.NoError(t, f.prune(ctx, now, day.Add(-time.Second), 100))
	require.Equal(t, 1001, count())
	require.NoError(t, f.prune(ctx, now, day.Add(50*time.Second), 100))
	require.Equal(t, 951, count())
	require.NoError(t, f.prune(ctx, now, day.Add(900*time.Second), 100))
	require.Equal(t, 851, count(), "no more than so many at once")
	require.NoError(t, f.prune(ctx, now.AddDate(70, 0, 0), now.AddDate(69, 0, 0), 1_000_000))
	require.Equal(t, 851, count(), "a clock that ran away takes nothing while nothing newer is there")

	// Rows of a future that never came keep nothing; the others still abut.
	c.start = c.start.AddDate(70, 0, 0)
	c.airs("future", 5)
	c.start = c.start.AddDate(-70, 0, 0)
	for range 10 {
		c.airs("z", 25)
	}
	c.written(dir)
	require.NoError(t, f.prune(ctx, now, day.Add(1001*time.Second), 1_000_000))
	rows := all(t, dir)
	require.Less(t, len(rows), 11)
	next := rows[0].Tick
	for _, r := range rows {
		require.Equal(t, next, r.Tick)
		next += r.Ticks
	}
	require.Equal(t, c.tick, next)
	c.end("")

	// All rows may go: the counter stays.
	_, err := edit(t, dir).Exec("DELETE FROM rows")
	require.NoError(t, err)
	counter := c.tick
	c = begin(t, dir, day.Add(time.Hour))
	require.Equal(t, counter, c.saved.Ticks)
	c.airs("later", 5)
	c.end("")
	rows = all(t, dir)
	require.Equal(t, counter, rows[1].Tick)
}

// Rows go by themselves, an hour after the start at the earliest.
func TestKeep(t *testing.T) {
	dir := t.TempDir()
	c := begin(t, dir, time.Now().Add(-time.Hour), func(s *Store) { s.keep = 90 * time.Minute })
	for range 3600 {
		c.airs("x", 25)
	}
	c.written(dir)
	require.Len(t, all(t, dir), 3600)
	c.stop()
	require.NoError(t, <-c.ended)
	f, err := newFile(context.Background(), dir)
	require.NoError(t, err)
	s := c.store
	s.w.file = f
	require.NoError(t, s.w.file.open(context.Background()))
	defer s.shut()
	require.NoError(t, s.tend(context.Background(), time.Now().Add(59*time.Minute)))
	require.Len(t, all(t, dir), 3600)
	require.NoError(t, s.tend(context.Background(), time.Now().Add(time.Hour)))
	require.InDelta(t, 1800, len(all(t, dir)), 10)
}

func TestMigration(t *testing.T) {
	dir := t.TempDir()
	c := begin(t, dir, day)
	c.airs("one", 5)
	c.end("")
	f := &file{path: filepath.Join(dir, fileName), db: edit(t, dir)}
	steps := append(slices.Clone(schema), "ALTER TABLE rows ADD COLUMN colour TEXT", "UPDATE rows SET colour = 'red'")
	require.NoError(t, f.migrate(context.Background(), steps))
	require.NoError(t, f.migrate(context.Background(), steps), "each step once")
	var colour string
	require.NoError(t, f.db.QueryRow("SELECT colour FROM rows WHERE title = 'one'").Scan(&colour))
	require.Equal(t, "red", colour)
	bad := append(slices.Clone(steps), "UPDATE rows SET colour = 'blue'", "nonsense")
	require.Error(t, f.migrate(context.Background(), bad))
	require.NoError(t, f.db.QueryRow("SELECT colour FROM rows WHERE title = 'one'").Scan(&colour))
	require.Equal(t, "red", colour, "all steps or none")
	require.ErrorIs(t, f.migrate(context.Background(), schema), errNewer)
}
