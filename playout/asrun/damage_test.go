package asrun

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// spoil writes nonsense over a part of the file.
func spoil(t *testing.T, dir string, at, n int64) {
	f, err := os.OpenFile(filepath.Join(dir, fileName), os.O_RDWR, 0)
	require.NoError(t, err)
	defer f.Close()
	junk := make([]byte, n)
	for i := range junk {
		junk[i] = byte(i*7 + 1)
	}
	_, err = f.WriteAt(junk, at)
	require.NoError(t, err)
}

// filled leaves a file of some hundred pages.
func filled(t *testing.T, dir string, how ...func(*Store)) *channel {
	c := begin(t, dir, day, how...)
	for i := range 3000 {
		c.airs(fmt.Sprintf("%d %s", i, strings.Repeat("x", 100)), 3)
	}
	c.written(dir)
	return c
}

func aside(t *testing.T, dir string) []string {
	names, err := filepath.Glob(filepath.Join(dir, fileName+".damaged-*"))
	require.NoError(t, err)
	return slices.DeleteFunc(names, func(n string) bool { return strings.HasSuffix(n, "-wal") || strings.HasSuffix(n, "-shm") })
}

func TestDamagedFile(t *testing.T) {
	for name, place := range map[string][2]int64{
		"header": {0, 64}, "schema": {100, 2000}, "a page in the middle": {100 * 4096, 4096}, "nonsense": {0, 200 * 4096},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			filled(t, dir).end("")
			spoil(t, dir, place[0], place[1])
			before, err := os.ReadFile(filepath.Join(dir, fileName))
			require.NoError(t, err)

			c := begin(t, dir, day.Add(time.Hour))
			require.Contains(t, c.alerts.get(alertDamaged), "was damaged")
			require.True(t, c.saved.Playhead.At.IsZero())
			c.airs("new", 5)
			c.end("")
			kept := aside(t, dir)
			require.Len(t, kept, 1)
			after, err := os.ReadFile(kept[0])
			require.NoError(t, err)
			require.Equal(t, before, after, "the damaged file is kept as it was")
			require.Contains(t, c.alerts.get(alertDamaged), filepath.Base(kept[0]))
			require.Equal(t, int64(5), abut(t, all(t, dir)))
			whole(t, dir)
		})
	}
}

func TestTruncatedFile(t *testing.T) {
	dir := t.TempDir()
	filled(t, dir).end("")
	require.NoError(t, os.Truncate(filepath.Join(dir, fileName), 40*4096))
	c := begin(t, dir, day.Add(time.Hour))
	c.airs("new", 5)
	c.end("")
	require.Len(t, aside(t, dir), 1)
	require.Equal(t, int64(5), abut(t, all(t, dir)))
}

// Damage that comes while the channel runs is found by looking, and ticks go on.
func TestDamagedWhileRunning(t *testing.T) {
	dir := t.TempDir()
	c := filled(t, dir, func(s *Store) { s.look = 0 })
	c.store.Ban("v1", "crashed twice")
	c.written(dir)
	_, err := edit(t, dir).Exec("PRAGMA wal_checkpoint(TRUNCATE)")
	require.NoError(t, err)
	spoil(t, dir, 60*4096, 40*4096)
	eventually(t, func() bool {
		c.head("x", 1)
		return c.alerts.get(alertDamaged) != ""
	}, "found")
	c.airs("after", 5)
	c.written(dir)
	c.end("")
	rows := all(t, dir)
	require.Equal(t, int64(9005), abut(t, rows))
	require.Equal(t, Unknown, rows[0].Outcome)
	require.Len(t, aside(t, dir), 1)
	c = begin(t, dir, day.Add(time.Hour))
	require.Equal(t, int64(9005), c.saved.Ticks)
	require.Len(t, c.store.Banned(), 1)
	c.end("")
}

// A small file is remembered whole: its damage is on the disk alone.
func TestASmallFileDamagedWhileRunning(t *testing.T) {
	dir := t.TempDir()
	c := begin(t, dir, day, func(s *Store) { s.look = 0 })
	c.airs("one", 5)
	c.written(dir)
	spoil(t, dir, 0, 4*4096)
	require.NoError(t, os.WriteFile(filepath.Join(dir, fileName+"-wal"), make([]byte, 64<<10), 0o600))
	eventually(t, func() bool {
		c.head("x", 1)
		return c.alerts.get(alertDamaged) != ""
	}, "found")
	c.airs("two", 7)
	c.written(dir)
	c.end("")
	require.Equal(t, int64(12), abut(t, all(t, dir)))
}

func TestRemovedWhileRunning(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	c := begin(t, dir, day)
	c.airs("one", 5)
	c.written(dir)
	require.NoError(t, os.RemoveAll(dir))
	c.airs("two", 7)
	c.written(dir)
	c.head("three", 2)
	c.end("")
	rows := all(t, dir)
	require.Equal(t, int64(14), abut(t, rows))
	require.Equal(t, Unknown, rows[0].Outcome)
}

// A commit that reports an error may have been one all the same: its rows are not
// written again.
func TestRowsAreWrittenOnce(t *testing.T) {
	dir := t.TempDir()
	c := begin(t, dir, day)
	c.airs("one", 5)
	c.written(dir)
	c.stop()
	require.NoError(t, <-c.ended)

	// The same run again, which does not know that its row is in the file.
	s := Open(dir, 0, slog.New(slog.DiscardHandler), c.alerts.alert)
	s.run = c.store.run
	c.tick = 0
	c.store, c.ended = s, make(chan error, 1)
	ctx, stop := context.WithCancel(context.Background())
	c.airs("one", 5)
	c.airs("two", 7)
	go func() { c.ended <- s.Run(ctx) }()
	c.written(dir)
	stop()
	require.NoError(t, <-c.ended)
	require.Len(t, all(t, dir), 2)
	require.Equal(t, int64(12), abut(t, all(t, dir)))
}
