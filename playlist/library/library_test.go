package library

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv("AIRLOOM_TEST_SAVER"); dir != "" {
		saveForEver(dir)
	}
	// What takes time here is waiting, not work.
	if err := flag.Set("test.parallel", "8"); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

// settle is how long the tests' files must hold still: long beside what a busy
// machine delays a write, short beside the patience of the tests.
const settle = 300 * time.Millisecond

// right is how long the library may take to be right about a folder at rest.
const right = 5 * time.Second

// folder is a watched folder under test.
type folder struct {
	*Library
	t   *testing.T
	dir string
}

// watch runs a library over dir, or over a new folder, until the test ends.
func watch(t *testing.T, dir string, edit ...func(*Config)) *folder {
	t.Helper()
	if dir == "" {
		dir = t.TempDir()
	}
	c := Config{Dir: dir, Settle: settle}
	for _, e := range edit {
		e(&c)
	}
	f := &folder{Library: New(c), t: t, dir: dir}
	f.run()
	return f
}

func (f *folder) run() {
	f.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	over := make(chan error, 1)
	go func() { over <- f.Run(ctx) }()
	f.t.Cleanup(func() {
		cancel()
		require.ErrorIs(f.t, <-over, context.Canceled)
	})
	select {
	case <-f.Ready():
	case <-time.After(20 * time.Second):
		f.t.Fatal("the library is not ready")
	}
}

func (f *folder) path(name string) string { return filepath.Join(f.dir, filepath.FromSlash(name)) }

// put writes a file in place.
func (f *folder) put(name, text string) {
	f.t.Helper()
	require.NoError(f.t, os.MkdirAll(filepath.Dir(f.path(name)), 0o755))
	require.NoError(f.t, os.WriteFile(f.path(name), []byte(text), 0o644))
}

// swap writes a file elsewhere in the folder and renames it into place.
func (f *folder) swap(name, text string) {
	f.t.Helper()
	f.put(".swap.tmp", text)
	require.NoError(f.t, os.Rename(f.path(".swap.tmp"), f.path(name)))
}

// until waits for the snapshot to be as wanted.
func (f *folder) until(what string, ok func(*Snapshot) bool) *Snapshot {
	f.t.Helper()
	deadline := time.After(4 * right) // a busy machine's share; what is measured is measured elsewhere
	for {
		s := f.Snapshot()
		if ok(s) {
			return s
		}
		select {
		case <-f.Changed():
		case <-time.After(20 * time.Millisecond):
		case <-deadline:
			f.t.Fatalf("not in time: %s\n%s", what, show(s))
		}
	}
}

func show(s *Snapshot) string {
	var b strings.Builder
	fmt.Fprintf(&b, "generation %d, edition %d\n%s", s.Generation, s.Edition, s.Problems)
	for _, f := range s.Files {
		fmt.Fprintf(&b, "%q %s settling=%v titles=%q\n%s", f.Name, f.Version, f.Settling, titles(f), f.Problems)
	}
	return b.String()
}

// list is a playlist whose items have these titles.
func list(titles ...string) string {
	var b strings.Builder
	b.WriteString("items:\n")
	for _, t := range titles {
		fmt.Fprintf(&b, "  - {source: a.mp4, title: %q}\n", t)
	}
	return b.String()
}

func titles(f File) []string {
	if f.Playlist == nil {
		return nil
	}
	all := []string{}
	for _, it := range f.Playlist.Items {
		all = append(all, it.Title)
	}
	return all
}

// airs reports whether the file's last good version has just these titles.
func airs(name string, want ...string) func(*Snapshot) bool {
	return func(s *Snapshot) bool {
		f, ok := s.File(name)
		return ok && fmt.Sprint(titles(f)) == fmt.Sprint(want) && f.Playlist != nil
	}
}

func lacks(name string) func(*Snapshot) bool {
	return func(s *Snapshot) bool { _, ok := s.File(name); return !ok }
}

func complains(name, of string) func(*Snapshot) bool {
	return func(s *Snapshot) bool {
		f, _ := s.File(name)
		return strings.Contains(f.Problems.String(), of)
	}
}

func TestWhatIsThereCountsAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f := &folder{t: t, dir: dir}
	f.put("main.yml", list("one"))
	f.put("shows/evening/news.yaml", list("two"))
	f = watch(t, dir, func(c *Config) { c.Settle = time.Hour })
	s := f.Snapshot()
	require.True(t, airs("main.yml", "one")(s), show(s))
	require.True(t, airs("shows/evening/news.yaml", "two")(s), show(s))
	require.Equal(t, "shows/evening/news.yaml", s.Files[1].Playlist.File)
	require.Len(t, s.Playlists(), 2)
}

func TestAFileCountsOnceItHeldStill(t *testing.T) {
	t.Parallel()
	f := watch(t, "")
	f.put("main.yml", list("one"))
	began := time.Now()
	s := f.until("airs", airs("main.yml", "one"))
	require.GreaterOrEqual(t, time.Since(began), settle)
	require.Empty(t, s.All())
	f.put("main.yml", list("one", "two"))
	f.until("edited", airs("main.yml", "one", "two"))
}

func TestARenamedFileCountsAtOnce(t *testing.T) {
	t.Parallel()
	f := watch(t, "", func(c *Config) { c.Settle = time.Hour })
	f.swap("main.yml", list("one"))
	f.until("new", airs("main.yml", "one"))
	f.swap("main.yml", list("two"))
	f.until("replaced", airs("main.yml", "two"))

	elsewhere := filepath.Join(t.TempDir(), "x.yml")
	require.NoError(t, os.WriteFile(elsewhere, []byte(list("three")), 0o644))
	require.NoError(t, os.Rename(elsewhere, f.path("other.yml")))
	f.until("from elsewhere", airs("other.yml", "three"))
}

func TestTheLastGoodVersionStays(t *testing.T) {
	t.Parallel()
	f := watch(t, "")
	f.swap("main.yml", list("one"))
	f.until("good", airs("main.yml", "one"))
	f.swap("main.yml", "items:\n  - {sauce: a.mp4}\n")
	s := f.until("broken", complains("main.yml", `main.yml:2:6: unknown key "sauce"`))
	require.True(t, airs("main.yml", "one")(s), show(s))
	edition := s.Edition
	f.swap("main.yml", list("one"))
	s = f.until("mended", func(s *Snapshot) bool { return len(s.All()) == 0 })
	require.True(t, airs("main.yml", "one")(s))
	_ = edition
	require.NoError(t, os.Remove(f.path("main.yml")))
	f.until("removed", lacks("main.yml"))
}
