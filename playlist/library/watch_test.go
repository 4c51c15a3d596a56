package library

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"
	"github.com/stretchr/testify/require"
)

func troubled(of string) func(*Snapshot) bool {
	return func(s *Snapshot) bool { return strings.Contains(s.Problems.String(), of) }
}

func calm(s *Snapshot) bool { return len(s.All()) == 0 }

func TestFoldersComeAndGo(t *testing.T) {
	t.Parallel()
	f := watch(t, "")
	elsewhere := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(elsewhere, "in/deep"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(elsewhere, "in/deep/a.yml"), []byte(list("a")), 0o644))
	require.NoError(t, os.Rename(filepath.Join(elsewhere, "in"), f.path("in")))
	f.until("a tree that was moved here", airs("in/deep/a.yml", "a"))

	require.NoError(t, os.Rename(f.path("in"), f.path("out")))
	f.until("its new name", airs("out/deep/a.yml", "a"))
	f.until("without the old one", lacks("in/deep/a.yml"))
	f.put("out/deep/b.yml", list("b"))
	f.until("still watched", airs("out/deep/b.yml", "b"))
	f.put("out/deep/b.yml", list("b2"))
	f.until("edits too", airs("out/deep/b.yml", "b2"))

	require.NoError(t, os.MkdirAll(f.path("one/two/three"), 0o755))
	f.put("one/two/three/c.yml", list("c"))
	f.until("made at once", airs("one/two/three/c.yml", "c"))
	require.NoError(t, os.RemoveAll(f.path("one")))
	require.NoError(t, os.RemoveAll(f.path("out")))
	s := f.until("all gone", func(s *Snapshot) bool { return len(s.Files) == 0 })
	require.Empty(t, s.All())
}

func TestARenameIsNoMomentWithBothOrNone(t *testing.T) {
	t.Parallel()
	f := watch(t, "")
	f.swap("a.yml", list("one"))
	f.until("there", airs("a.yml", "one"))
	require.NoError(t, os.Rename(f.path("a.yml"), f.path("b.yml")))
	for {
		s := f.Snapshot()
		require.Len(t, s.Playlists(), 1, show(s))
		if s.Playlists()[0].File == "b.yml" {
			break
		}
		select {
		case <-f.Changed():
		case <-time.After(4 * right):
			t.Fatal(show(s))
		}
	}
	f.until("settled", lacks("a.yml"))
}

// A file that gets another name, and a twin at the same moment.
func TestARenameWithATwin(t *testing.T) {
	t.Parallel()
	f := watch(t, "")
	for i := range 10 {
		text := list(fmt.Sprint("round ", i))
		f.swap("a.yml", text)
		f.until("there", airs("a.yml", fmt.Sprint("round ", i)))
		f.put(".twin.tmp", text)
		require.NoError(t, os.Rename(f.path("a.yml"), f.path("b.yml")))
		require.NoError(t, os.Rename(f.path(".twin.tmp"), f.path("c.yml")))
		for _, name := range []string{"b.yml", "c.yml"} {
			f.until(name, airs(name, fmt.Sprint("round ", i)))
		}
	}
}

func TestAFolderThatIsMissingIsWaitedFor(t *testing.T) {
	t.Parallel()
	parent := t.TempDir()
	dir := filepath.Join(parent, "playlists")
	f := watch(t, dir)
	require.True(t, troubled("there is no such folder")(f.Snapshot()), show(f.Snapshot()))
	require.NoError(t, os.Mkdir(dir, 0o755))
	f.put("main.yml", list("one"))
	f.until("there", airs("main.yml", "one"))
	f.until("calm", calm)

	require.NoError(t, os.Rename(dir, dir+".away"))
	s := f.until("away", troubled("the playlists read before stay: there is no such folder"))
	require.True(t, airs("main.yml", "one")(s))
	require.NoError(t, os.Rename(dir+".away", dir))
	f.until("back", calm)
	f.put("main.yml", list("two"))
	f.until("watched again", airs("main.yml", "two"))
}

func TestAFolderThatIsNotMountedIsNoEmptyOne(t *testing.T) {
	t.Parallel()
	parent := t.TempDir()
	dir := filepath.Join(parent, "playlists")
	f := &folder{t: t, dir: dir}
	f.put("main.yml", list("one"))
	f.put("other.yml", list("other"))
	f = watch(t, dir)
	require.NoError(t, os.Rename(dir, dir+".away"))
	require.NoError(t, os.Mkdir(dir, 0o755)) // the bare mount point
	s := f.until("said", troubled("another one than before, and empty"))
	require.True(t, airs("main.yml", "one")(s))
	require.NoError(t, os.Remove(dir))
	require.NoError(t, os.Rename(dir+".away", dir))
	s = f.until("mounted again", calm)
	require.Len(t, s.Playlists(), 2)

	require.NoError(t, os.Rename(dir, dir+".away"))
	require.NoError(t, os.Mkdir(dir, 0o755))
	f.until("said again", troubled("another one than before, and empty"))
	ps, err := f.Rescan(t.Context())
	require.NoError(t, err)
	require.Empty(t, ps, "meant to be empty")
	require.Empty(t, f.Snapshot().Files)
}

func TestAFolderThatHangs(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f := &folder{t: t, dir: dir}
	f.put("main.yml", list("one"))
	f.Library = New(Config{Dir: dir, Settle: settle, stuck: settle})
	hang, hung := make(chan chan struct{}, 1), make(chan struct{}, 1)
	f.access = func(d *disk, j job) report {
		select {
		case until := <-hang:
			hung <- struct{}{}
			<-until
		default:
		}
		return (*disk).do(d, j)
	}
	f.run()
	require.True(t, airs("main.yml", "one")(f.Snapshot()))
	until := make(chan struct{})
	hang <- until
	f.put("main.yml", list("two"))
	<-hung
	s := f.until("said", troubled("does not answer"))
	require.True(t, airs("main.yml", "one")(s))
	ctx, cancel := context.WithTimeout(t.Context(), settle)
	defer cancel()
	_, err := f.Rescan(ctx)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	close(until)
	f.until("goes on", airs("main.yml", "two"))
	f.until("calm", calm)
}

func TestRunEndsWhileTheFolderHangs(t *testing.T) {
	t.Parallel()
	l := New(Config{Dir: t.TempDir(), stuck: settle})
	until, over := make(chan struct{}), make(chan struct{})
	l.access = func(d *disk, j job) report { <-until; close(over); return report{} }
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- l.Run(ctx) }()
	<-l.Ready()
	require.True(t, troubled("does not answer")(l.Snapshot()))
	cancel()
	require.ErrorIs(t, <-done, context.Canceled)
	close(until)
	<-over
}

// Where the system does not tell of changes, all is looked through now and then:
// on NFS, or when its watches are used up.
func TestASystemThatDoesNotTell(t *testing.T) {
	t.Parallel()
	f := &folder{t: t, dir: t.TempDir()}
	f.Library = New(Config{Dir: f.dir, Settle: settle, Rescan: settle})
	f.access = func(d *disk, j job) report {
		told := d.events
		d.events = nil
		defer func() { d.events = told }()
		return (*disk).do(d, j)
	}
	f.run()
	require.True(t, troubled("show only every 300ms: the system has no watcher left")(f.Snapshot()), show(f.Snapshot()))
	f.whole("main.yml")
	file, err := os.Create(f.path("main.yml"))
	require.NoError(t, err)
	for _, p := range parts(8) {
		_, err := file.WriteString(p)
		require.NoError(t, err)
		time.Sleep(settle / 3)
	}
	require.NoError(t, file.Close())
	f.until("seen", ends("main.yml", 8))
	f.put("sub/other.yml", list("two"))
	f.until("seen in folders", airs("sub/other.yml", "two"))
	require.NoError(t, os.Remove(f.path("main.yml")))
	f.until("gone", lacks("main.yml"))
}

func TestLostEventsAreFoundAgain(t *testing.T) {
	t.Parallel()
	f := &folder{t: t, dir: t.TempDir()}
	f.Library = New(Config{Dir: f.dir, Settle: settle, Rescan: time.Hour})
	watcher := make(chan *fsnotify.Watcher, 100)
	f.access = func(d *disk, j job) report {
		r := (*disk).do(d, j)
		select {
		case watcher <- d.events:
		default:
		}
		return r
	}
	f.run()
	w := <-watcher
	require.NoError(t, w.Remove(f.dir)) // from here on nothing is told
	f.put("main.yml", list("one"))
	w.Errors <- fsnotify.ErrEventOverflow
	f.until("found", airs("main.yml", "one"))
	f.put("main.yml", list("two"))
	f.until("watched again", airs("main.yml", "two"))
}

func TestRescanReadsAtOnce(t *testing.T) {
	t.Parallel()
	f := watch(t, "", func(c *Config) { c.Settle = time.Hour })
	f.put("main.yml", list("one"))
	f.put("broken.yml", "items: 3\n")
	ps, err := f.Rescan(t.Context())
	require.NoError(t, err)
	require.Contains(t, ps.String(), "broken.yml:1:8: ")
	require.True(t, airs("main.yml", "one")(f.Snapshot()), "it counts by the time of the answer")
	edition := f.Snapshot().Edition

	require.NoError(t, os.Remove(f.path("broken.yml")))
	ps, err = f.Rescan(t.Context())
	require.NoError(t, err)
	require.Empty(t, ps)
	require.Len(t, f.Snapshot().Files, 1)
	require.Equal(t, edition, f.Snapshot().Edition, "the playlists are the same")

	leased(t, f.dir)
	file, err := os.OpenFile(f.path("main.yml"), os.O_WRONLY|os.O_TRUNC, 0)
	require.NoError(t, err)
	defer file.Close()
	_, err = file.WriteString("items:\n")
	require.NoError(t, err)
	ps, err = f.Rescan(t.Context())
	require.NoError(t, err)
	require.Contains(t, ps.String(), "main.yml:1:1: the file was not read: a program keeps it open for writing")
	require.True(t, airs("main.yml", "one")(f.Snapshot()))
}

func TestRescanNeedsARunningLibrary(t *testing.T) {
	t.Parallel()
	l := New(Config{Dir: t.TempDir()})
	_, err := l.Rescan(t.Context())
	require.ErrorIs(t, err, ErrStopped)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- l.Run(ctx) }()
	<-l.Ready()
	cancel()
	for {
		if _, err = l.Rescan(t.Context()); err != nil {
			break
		}
	}
	require.ErrorIs(t, err, ErrStopped)
	require.ErrorIs(t, <-done, context.Canceled)
}

func TestWhatCannotBeReadIsTriedAgain(t *testing.T) {
	t.Parallel()
	if os.Getuid() == 0 {
		// To root nothing is forbidden: the error comes from the seam instead.
		f := &folder{t: t, dir: t.TempDir()}
		f.Library = New(Config{Dir: f.dir, Settle: settle, Rescan: settle})
		times := 0
		f.access = func(d *disk, j job) report {
			r := (*disk).do(d, j)
			for i := range r.readouts {
				if times++; times <= 2 {
					r.readouts[i] = readout{name: r.readouts[i].name, verdict: failed, err: errors.New("input/output error")}
				}
			}
			return r
		}
		f.put("main.yml", list("one"))
		f.run()
		require.True(t, complains("main.yml", "input/output error")(f.Snapshot()))
		f.until("it passed", func(s *Snapshot) bool { return airs("main.yml", "one")(s) && calm(s) })
		return
	}
	f := watch(t, "")
	f.put("main.yml", list("one"))
	require.NoError(t, os.Chmod(f.path("main.yml"), 0))
	f.until("said", complains("main.yml", "permission denied"))
	require.NoError(t, os.Chmod(f.path("main.yml"), 0o644))
	f.until("mended", func(s *Snapshot) bool { return airs("main.yml", "one")(s) && calm(s) })
}
