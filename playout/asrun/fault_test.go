package asrun

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

func eventually(t *testing.T, cond func() bool, what string) {
	t.Helper()
	require.Eventually(t, cond, 20*time.Second, 5*time.Millisecond, what)
}

// told waits for an alert that holds the words.
func (c *channel) told(words string) {
	c.t.Helper()
	eventually(c.t, func() bool { return strings.Contains(c.alerts.get(alertState), words) },
		words+", but it says: "+c.alerts.get(alertState))
}

// written waits until all that was reported is in the file, and the alert is over.
func (c *channel) written(dir string) {
	c.t.Helper()
	eventually(c.t, func() bool {
		c.store.mu.Lock()
		defer c.store.mu.Unlock()
		return len(c.store.waiting) == 0 && !c.store.place && !c.store.banned && c.store.since.IsZero()
	}, "all rows written")
	eventually(c.t, func() bool { return c.alerts.get(alertState) == "" }, "the alert is over")
}

// blind begins a channel whose state cannot be had: it has to do without.
func blind(t *testing.T, dir string, why string, how ...func(*Store)) *channel {
	c := &channel{t: t, alerts: &alerts{}, start: day, ended: make(chan error, 1)}
	c.store = Open(dir, 0, slog.New(slog.DiscardHandler), c.alerts.alert)
	for _, set := range how {
		set(c.store)
	}
	c.ctx, c.stop = context.WithCancel(context.Background())
	var err error
	c.saved, err = c.store.Last(c.ctx)
	require.ErrorContains(t, err, why)
	require.NotZero(t, c.saved.Seed)
	go func() { c.ended <- c.store.Run(c.ctx) }()
	return c
}

func TestMissingDirIsMade(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "not", "there yet?#%")
	c := begin(t, dir, day)
	c.airs("one", 5)
	c.end("")
	require.Equal(t, int64(5), abut(t, all(t, dir)))
	st, err := os.Stat(filepath.Join(dir, fileName))
	require.NoError(t, err)
	require.Equal(t, fs.FileMode(0o640), st.Mode().Perm(), "sources are nobody else's business")
}

func TestFileInPlaceOfDir(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	require.NoError(t, os.WriteFile(dir, nil, 0o644))
	c := blind(t, dir, "a file is in its place")
	c.airs("one", 5)
	c.told("move that away")
	require.NoError(t, os.Remove(dir))
	c.written(dir)
	c.end("")
	require.Equal(t, int64(5), abut(t, all(t, dir)))
}

func TestReadOnlyDir(t *testing.T) {
	base := t.TempDir()
	asNobody(t, base)
	dir := filepath.Join(base, "state")
	c := begin(t, dir, day)
	c.airs("one", 5)
	c.end("")
	require.NoError(t, os.Chmod(dir, 0o500))
	require.NoError(t, os.Chmod(filepath.Join(dir, lockName), 0o400))

	c = blind(t, dir, "airloom may not write")
	c.store.Ban("v1", "crashed twice")
	c.airs("two", 7)
	c.head("three", 3)
	c.told("airloom may not write in the state directory " + dir)
	require.Len(t, all(t, dir), 1, "what is there can be read all the same")

	require.NoError(t, os.Chmod(dir, 0o700))
	require.NoError(t, os.Chmod(filepath.Join(dir, lockName), 0o600))
	c.written(dir)
	require.Equal(t, int64(15), abut(t, all(t, dir)))
	c.end("")
	c = begin(t, dir, day.Add(time.Hour))
	require.Len(t, c.store.Banned(), 1)
	c.end("")
}

// A file that turns unwritable while it is open.
func TestFileTurnsReadOnly(t *testing.T) {
	base := t.TempDir()
	asNobody(t, base)
	dir := filepath.Join(base, "state")
	c := begin(t, dir, day)
	c.airs("one", 5)
	c.written(dir)
	require.NoError(t, os.Rename(dir, dir+".away")) // and with it, the file it writes to
	require.NoError(t, os.Chmod(base, 0o500))
	c.airs("two", 7)
	c.told("airloom may not write")
	require.NoError(t, os.Chmod(base, 0o700))
	c.written(dir)
	c.end("")
	rows := all(t, dir)
	require.Equal(t, int64(12), abut(t, rows))
	require.Equal(t, Unknown, rows[0].Outcome, "the first rows are in the directory that was moved")
}

// asNobody gives the test up the rights of root, for what it does in base.
func asNobody(t *testing.T, base string) {
	if os.Geteuid() != 0 {
		return
	}
	const nobody = 65534
	for d := base; d != os.TempDir() && len(d) > 1; d = filepath.Dir(d) {
		require.NoError(t, os.Chmod(d, 0o755))
	}
	require.NoError(t, os.Chown(base, nobody, nobody))
	require.NoError(t, syscall.Setreuid(-1, nobody))
	t.Cleanup(func() { require.NoError(t, syscall.Setreuid(-1, 0)) })
}

func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=256k"); err != nil {
		t.Skip("no right to mount a small disk:", err)
	}
	t.Cleanup(func() { require.NoError(t, unix.Unmount(dir, unix.MNT_DETACH)) })
	c := begin(t, dir, day)
	c.airs("one", 5)
	c.written(dir)
	ballast := filepath.Join(dir, "ballast")
	f, err := os.Create(ballast)
	require.NoError(t, err)
	for err == nil {
		_, err = f.Write(make([]byte, 4096))
	}
	require.ErrorIs(t, err, syscall.ENOSPC)
	f.Close()
	for range 200 {
		c.airs(strings.Repeat("x", 400), 3)
	}
	c.head("y", 1)
	c.told("is full: free some space")
	require.NoError(t, os.Remove(ballast))
	c.written(dir)
	c.end("")
	require.Equal(t, int64(606), abut(t, all(t, dir)))
	whole(t, dir)
}

// A disk that is full from the beginning.
func TestFullDiskAtStart(t *testing.T) {
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=16k"); err != nil {
		t.Skip("no right to mount a small disk:", err)
	}
	t.Cleanup(func() { require.NoError(t, unix.Unmount(dir, unix.MNT_DETACH)) })
	c := blind(t, dir, "is full")
	c.airs("one", 5)
	c.told("is full")
	require.NoError(t, unix.Mount("tmpfs", dir, "tmpfs", unix.MS_REMOUNT, "size=4m"))
	c.written(dir)
	c.end("")
	require.Equal(t, int64(5), abut(t, all(t, dir)))
}

// edit opens the file beside the channel.
func edit(t *testing.T, dir string) *sql.DB {
	db, err := sql.Open("sqlite", dsn(filepath.Join(dir, fileName), url.Values{"_pragma": {"busy_timeout(10000)"}}))
	require.NoError(t, err)
	t.Cleanup(func() { db.Close() })
	db.SetMaxOpenConns(1)
	return db
}

// whole requires that SQLite finds the file consistent.
func whole(t *testing.T, dir string) {
	t.Helper()
	db := edit(t, dir)
	defer db.Close()
	var verdict string
	require.NoError(t, db.QueryRow("PRAGMA integrity_check").Scan(&verdict))
	require.Equal(t, "ok", verdict)
}

func TestLockedForSeconds(t *testing.T) {
	dir := t.TempDir()
	c := begin(t, dir, day)
	c.airs("one", 5)
	c.written(dir)
	db := edit(t, dir)
	_, err := db.Exec("BEGIN IMMEDIATE")
	require.NoError(t, err)
	began := time.Now()
	c.airs("two", 7)
	require.Less(t, time.Since(began), 100*time.Millisecond, "the air does not wait")
	c.told("another program holds")
	c.airs("three", 9)
	_, err = db.Exec("ROLLBACK")
	require.NoError(t, err)
	c.written(dir)
	c.end("")
	require.Equal(t, int64(21), abut(t, all(t, dir)))
}

// The end of a channel does not wait for a lock for ever.
func TestEndsWhileLocked(t *testing.T) {
	dir := t.TempDir()
	c := begin(t, dir, day)
	c.airs("one", 5)
	c.written(dir)
	db := edit(t, dir)
	_, err := db.Exec("BEGIN IMMEDIATE")
	require.NoError(t, err)
	c.airs("two", 7)
	began := time.Now()
	c.stop()
	require.ErrorContains(t, <-c.ended, "1 rows of the as-run log are lost")
	require.Less(t, time.Since(began), 3*time.Second)
}

func TestSecondAirloom(t *testing.T) {
	dir := t.TempDir()
	c := begin(t, dir, day)
	c.airs("one", 5)
	guest := blind(t, dir, "another airloom", func(s *Store) { s.limit = time.Now() }) // it has waited for long enough
	guest.airs("foreign", 50)
	other := blind(t, dir, fmt.Sprintf("another airloom (process %d) uses the state directory", os.Getpid()))
	other.start = day.Add(-time.Hour)
	other.airs("elsewhere", 100)
	other.told("set another state.dir")
	c.airs("two", 7)
	c.written(dir)
	require.Equal(t, int64(12), abut(t, all(t, dir)), "the rows of two channels are not mixed")
	c.end("stopped by SIGTERM")

	other.written(dir) // it has the place now: its rows follow
	other.end("")
	rows := all(t, dir)
	require.Equal(t, int64(112), abut(t, rows))
	require.Equal(t, []string{"one", "two", "", "elsewhere"}, []string{rows[0].Title, rows[1].Title, rows[2].Title, rows[3].Title})
	require.Equal(t, Off, rows[2].Outcome)

	guest.stop()
	require.ErrorContains(t, <-guest.ended, "1 rows")
	require.Len(t, all(t, dir), 4, "what is another channel's stays so")
}

// Storage that hangs holds up neither the start, nor a report, nor the end.
func TestStuckStorage(t *testing.T) {
	free := make(chan struct{})
	a := &alerts{}
	s := Open(t.TempDir(), 0, slog.New(slog.DiscardHandler), a.alert)
	s.silent = 10 * time.Millisecond
	s.opens = func(context.Context, string) (*file, error) {
		<-free
		return nil, errors.New("it was stuck")
	}
	ctx, stop := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer stop()
	_, err := s.Last(ctx)
	require.ErrorContains(t, err, "does not answer")

	ctx, stop = context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	s.Report(Row{Ticks: 5, Start: day})
	eventually(t, func() bool { return strings.Contains(a.get(alertState), "its storage is stuck") }, "told")
	stop()
	require.ErrorContains(t, <-ended, "1 rows of the as-run log are lost")
	close(free)
	<-s.loaded
}

func TestStorageAnswersAgain(t *testing.T) {
	dir, free := t.TempDir(), make(chan struct{})
	c := &channel{t: t, alerts: &alerts{}, start: day, ended: make(chan error, 1)}
	c.store = Open(dir, 0, slog.New(slog.DiscardHandler), c.alerts.alert)
	c.store.silent = 10 * time.Millisecond
	c.store.opens = func(ctx context.Context, dir string) (*file, error) {
		<-free
		return newFile(ctx, dir)
	}
	c.ctx, c.stop = context.WithCancel(context.Background())
	go func() { c.ended <- c.store.Run(c.ctx) }()
	c.airs("one", 5)
	c.told("its storage is stuck")
	close(free)
	c.written(dir)
	c.end("")
	require.Len(t, c.alerts.all, 1, "told once")
	require.Equal(t, int64(5), abut(t, all(t, dir)))
}

func TestNewerFile(t *testing.T) {
	dir := t.TempDir()
	begin(t, dir, day).end("")
	_, err := edit(t, dir).Exec("PRAGMA user_version = 99")
	require.NoError(t, err)
	c := blind(t, dir, "was written by a newer airloom")
	c.stop()
	require.NoError(t, <-c.ended)
	require.Empty(t, aside(t, dir))
}
