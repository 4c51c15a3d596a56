package shelf

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"airloom/playout/worker"
)

// The test's program is its own child: a good one, or one that does not answer.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "shelf-worker":
			os.Exit(Main())
		case "hangs":
			os.Exit(worker.Serve(func([]byte) (any, []byte) { select {} }))
		case "crashes":
			os.Exit(worker.Serve(func([]byte) (any, []byte) { panic("no more") }))
		}
	}
	goleak.VerifyTestMain(m)
}

func aShelf(t *testing.T, files ...string) (*Shelf, string) {
	t.Helper()
	root := t.TempDir()
	for i, name := range files {
		full := filepath.Join(root, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(full), 0o755))
		require.NoError(t, os.WriteFile(full, make([]byte, 10*(i+1)), 0o644))
		at := time.Date(2026, 1, 1, 0, i, 0, 0, time.UTC)
		require.NoError(t, os.Chtimes(full, at, at))
	}
	return run(t, Options{Root: root, Uploads: filepath.Join(t.TempDir(), "uploads")}), root
}

func run(t *testing.T, o Options) *Shelf {
	s := New(o)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = s.Run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
	return s
}

func paths(files []File) (all []string) {
	for _, f := range files {
		all = append(all, f.Path)
	}
	return all
}

func requireKind(t *testing.T, want Kind, err error) {
	t.Helper()
	var e *Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, want, e.Kind, err.Error())
}

func TestList(t *testing.T) {
	s, root := aShelf(t, "b.mp4", "A.mov", "c.png", "notes.txt", ".hidden.mp4", "old~", "promos/ident one.mp4", "promos/Two/IDENT 2.mkv", "lost+found/x.mp4", "promos/cafe\u0301.mp4")
	list := func(l Look) Listing {
		t.Helper()
		found, err := s.List(t.Context(), l, func(f File) int64 { return f.Size })
		require.NoError(t, err)
		return found
	}
	found := list(Look{})
	require.Equal(t, []string{"A.mov", "b.mp4", "c.png"}, paths(found.Files))
	require.Equal(t, []string{"promos"}, found.Folders)
	require.Equal(t, 3, found.Total)
	require.Equal(t, int64(20), found.Files[0].Size)
	require.Equal(t, time.Date(2026, 1, 1, 0, 1, 0, 0, time.UTC), found.Files[0].Changed.UTC())
	require.Equal(t, []string{"c.png", "A.mov", "b.mp4"}, paths(list(Look{Sort: ByModified}).Files))
	require.Equal(t, []string{"c.png", "A.mov", "b.mp4"}, paths(list(Look{Sort: BySize}).Files))
	require.Equal(t, []string{"c.png", "A.mov"}, paths(list(Look{Sort: ByLength, Limit: 2}).Files))
	require.Equal(t, []string{"promos/Two/IDENT 2.mkv", "promos/ident one.mp4"}, paths(list(Look{Search: " ident PROMOS"}).Files))
	require.Equal(t, []string{"promos/Two/IDENT 2.mkv"}, paths(list(Look{Folder: "promos/Two", Search: "2"}).Files))
	require.Equal(t, []string{"promos/cafe\u0301.mp4"}, paths(list(Look{Search: "CAF\u00c9"}).Files), "however its accents are written")
	require.Empty(t, list(Look{Search: "notes"}).Files)

	// Links inside are followed, each folder once; those that lead out are not there.
	out := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(out, "secret.mp4"), []byte("secret"), 0o644))
	require.NoError(t, os.Symlink(out, filepath.Join(root, "out")))
	require.NoError(t, os.Symlink(filepath.Join(out, "secret.mp4"), filepath.Join(root, "link.mp4")))
	require.NoError(t, os.Symlink("promos", filepath.Join(root, "again")))
	require.NoError(t, os.Symlink("..", filepath.Join(root, "promos/up")))
	require.NoError(t, unix.Mkfifo(filepath.Join(root, "pipe.mp4"), 0o644))
	s2 := run(t, Options{Root: root})
	found, err := s2.List(t.Context(), Look{}, nil)
	require.NoError(t, err)
	require.Equal(t, []string{"A.mov", "b.mp4", "c.png"}, paths(found.Files))
	require.Equal(t, []string{"again", "promos"}, found.Folders)
	found, err = s2.List(t.Context(), Look{Search: "ident one"}, nil)
	require.NoError(t, err)
	require.Len(t, found.Files, 1)
}

// Pages hang together though files come and go between them.
func TestPages(t *testing.T) {
	var files []string
	for i := range 25 {
		files = append(files, fmt.Sprintf("%02d.mp4", i))
	}
	s, root := aShelf(t, files...)
	for _, by := range []Sort{ByName, ByModified, BySize, ByLength} {
		var got []string
		for after := ""; ; {
			found, err := s.List(t.Context(), Look{Sort: by, After: after, Limit: 10}, func(f File) int64 { return f.Size })
			require.NoError(t, err)
			require.Equal(t, 25, found.Total)
			got = append(got, paths(found.Files)...)
			if after = found.Next; after == "" {
				break
			}
		}
		require.ElementsMatch(t, files, got, by)
	}
	found, err := s.List(t.Context(), Look{Limit: 10}, nil)
	require.NoError(t, err)
	require.NoError(t, s.Remove(t.Context(), "09.mp4")) // the very one at which the page ended
	require.NoError(t, os.WriteFile(filepath.Join(root, "00a.mp4"), nil, 0o644))
	found, err = s.List(t.Context(), Look{Limit: 10, After: found.Next}, nil)
	require.NoError(t, err)
	require.Equal(t, "10.mp4", found.Files[0].Path)
}

func TestChanges(t *testing.T) {
	s, root := aShelf(t, "a.mp4", "b.mp4", "films/c.mp4")
	ctx := t.Context()
	require.NoError(t, s.Move(ctx, "a.mp4", "films/d.mp4"))
	requireKind(t, Taken, s.Move(ctx, "b.mp4", "films/c.mp4"))
	requireKind(t, Missing, s.Move(ctx, "none.mp4", "x.mp4"))
	requireKind(t, Missing, s.Move(ctx, "b.mp4", "none/x.mp4"))
	requireKind(t, Refused, s.Move(ctx, "b.mp4", "b.exe"))
	requireKind(t, Invalid, s.Move(ctx, "films", "films/inside"))
	requireKind(t, Taken, s.Move(ctx, "b.mp4", "films/d.mp4/x.mp4"))
	require.NoError(t, s.Move(ctx, "films", "old films"))
	requireKind(t, Taken, s.Remove(ctx, "old films"))
	require.NoError(t, s.Remove(ctx, "old films/d.mp4"))
	require.NoError(t, s.Remove(ctx, "old films/c.mp4"))
	require.NoError(t, s.Remove(ctx, "old films"))
	requireKind(t, Missing, s.Remove(ctx, "old films"))
	require.NoError(t, s.MakeFolder(ctx, "new/and deeper"))
	requireKind(t, Taken, s.MakeFolder(ctx, "new"))
	requireKind(t, Taken, s.MakeFolder(ctx, "b.mp4"))
	entries, err := os.ReadDir(root)
	require.NoError(t, err)
	require.Len(t, entries, 2)
}

// Nothing leads out: no path, no link, no way round.
func TestNothingLeadsOut(t *testing.T) {
	s, root := aShelf(t, "a.mp4", "films/b.mp4")
	out := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(out, "secret.mp4"), []byte("secret"), 0o644))
	require.NoError(t, os.Symlink(out, filepath.Join(root, "out")))
	require.NoError(t, os.Symlink(filepath.Join(out, "secret.mp4"), filepath.Join(root, "link.mp4")))
	ctx := t.Context()
	secret := filepath.Join(out, "secret.mp4")
	for _, p := range []string{"../x.mp4", "/etc/passwd", "films/../../x.mp4", secret, "a\x00.mp4", "a\n.mp4", "..", ".", ".airloom-uploads/x.mp4", "films/.hidden.mp4", strings.Repeat("x/", 3000) + "x.mp4"} {
		_, err := s.Stat(ctx, p)
		requireKind(t, Invalid, err)
		_, err = s.Open(ctx, p)
		requireKind(t, Invalid, err)
		requireKind(t, Invalid, s.Remove(ctx, p))
		requireKind(t, Invalid, s.Move(ctx, p, "x.mp4"))
		requireKind(t, Invalid, s.Move(ctx, "a.mp4", p))
		requireKind(t, Invalid, s.MakeFolder(ctx, p))
	}
	for _, p := range []string{"out/secret.mp4", "link.mp4", "out"} {
		_, err := s.Stat(ctx, p)
		require.Error(t, err, p)
		_, err = s.Open(ctx, p)
		require.Error(t, err, p)
	}
	require.Error(t, s.Remove(ctx, "out/secret.mp4"))
	require.Error(t, s.Move(ctx, "out/secret.mp4", "mine.mp4"))
	require.Error(t, s.Move(ctx, "a.mp4", "out/a.mp4"))
	require.Error(t, s.MakeFolder(ctx, "out/new"))
	_, err := s.List(ctx, Look{Folder: "out"}, nil)
	require.Error(t, err)
	require.NoError(t, s.Remove(ctx, "link.mp4")) // the link, not what it leads to
	require.NoError(t, s.Remove(ctx, "out"))
	text, err := os.ReadFile(secret)
	require.NoError(t, err)
	require.Equal(t, "secret", string(text))
	entries, err := os.ReadDir(out)
	require.NoError(t, err)
	require.Len(t, entries, 1)
}

func TestContent(t *testing.T) {
	s, root := aShelf(t, "a.mp4")
	data := make([]byte, 3*block+777)
	_, _ = rand.Read(data)
	require.NoError(t, os.WriteFile(filepath.Join(root, "a.mp4"), data, 0o644))
	c, err := s.Open(t.Context(), "a.mp4")
	require.NoError(t, err)
	got, err := io.ReadAll(c)
	require.NoError(t, err)
	require.Equal(t, data, got)
	_, err = c.Seek(-100, io.SeekEnd)
	require.NoError(t, err)
	got, err = io.ReadAll(c)
	require.NoError(t, err)
	require.Equal(t, data[len(data)-100:], got)
	require.NoError(t, os.WriteFile(filepath.Join(root, "a.mp4"), data[:1000], 0o644))
	_, err = c.Seek(0, io.SeekStart)
	require.NoError(t, err)
	_, err = io.ReadAll(c)
	require.ErrorContains(t, err, "has changed while it was being read")
}

func TestPlace(t *testing.T) {
	s, root := aShelf(t, "a.mp4", "sub/x.mp4")
	ctx := t.Context()
	dir, err := s.Uploads()
	require.NoError(t, err)
	put := func(to string) (string, error) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "upload"), []byte("whole"), 0o600))
		return s.Place(ctx, "upload", to)
	}
	for want, to := range map[string]string{"a (2).mp4": "a.mp4", "new/deep/b.mp4": "new/deep/b.mp4"} {
		placed, err := put(to)
		require.NoError(t, err)
		require.Equal(t, want, placed)
		text, err := os.ReadFile(filepath.Join(root, placed))
		require.NoError(t, err)
		require.Equal(t, "whole", string(text))
		_, err = os.Stat(filepath.Join(dir, "upload"))
		require.ErrorIs(t, err, os.ErrNotExist)
	}
	_, err = put("../out.mp4")
	requireKind(t, Invalid, err)
	_, err = s.Place(ctx, "../upload", "b.mp4")
	requireKind(t, Invalid, err)
	_, err = put("a.mp4/b.mp4")
	require.Error(t, err)
	require.Equal(t, strings.Repeat("x", 247)+" (2).mp4", Numbered(strings.Repeat("x", 251)+".mp4", 2))

	// To another disk it is copied beside its place first.
	disk := filepath.Join(root, "sub")
	if err := unix.Mount("none", disk, "tmpfs", 0, "size=1m"); err != nil {
		t.Skip("a disk of its own takes root's rights: ", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(disk, unix.MNT_DETACH) })
	way, err := s.Way(ctx, "sub/none/y.mp4")
	require.NoError(t, err)
	require.True(t, way.Copied)
	require.False(t, way.Shared)
	require.EqualValues(t, 1<<20, way.Size)
	placed, err := put("sub/y.mp4")
	require.NoError(t, err)
	require.Equal(t, "sub/y.mp4", placed)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "upload"), make([]byte, 2<<20), 0o600))
	_, err = s.Place(ctx, "upload", "sub/z.mp4")
	requireKind(t, Full, err)
	entries, err := os.ReadDir(disk)
	require.NoError(t, err)
	require.Len(t, entries, 1, "nothing half-written is left")
	_, err = os.Stat(filepath.Join(dir, "upload"))
	require.NoError(t, err, "the upload is still there")
	// What was cut off goes with the next try; nothing is begun that leaves no reserve.
	require.NoError(t, os.WriteFile(filepath.Join(disk, ".airloom-upload"), make([]byte, 500<<10), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "upload"), make([]byte, 400<<10), 0o600))
	_, err = s.Place(ctx, "upload", "sub/z.mp4")
	require.NoError(t, err)
	require.NoFileExists(t, filepath.Join(disk, ".airloom-upload"))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "upload"), make([]byte, 600<<10), 0o600))
	_, err = s.Place(ctx, "upload", "sub/full.mp4")
	requireKind(t, Full, err)
}

// Two mounts of one disk, as under systemd: a rename between them fails.
func TestWayBetweenMounts(t *testing.T) {
	s, root := aShelf(t, "a.mp4")
	dir, err := s.Uploads()
	require.NoError(t, err)
	way, err := s.Way(t.Context(), "new/b.mp4")
	require.NoError(t, err)
	require.False(t, way.Copied)
	require.True(t, way.Shared)
	require.Positive(t, way.Free)
	for _, d := range []string{root, dir} {
		entries, err := os.ReadDir(d)
		require.NoError(t, err)
		for _, e := range entries {
			require.NotContains(t, e.Name(), "airloom", "nothing is left of the try")
		}
	}
	_, err = s.Way(t.Context(), "a.mp4/b.mp4")
	requireKind(t, Refused, err)

	if err := unix.Mount(root, root, "", unix.MS_BIND, ""); err != nil {
		t.Skip("a mount takes root's rights: ", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(root, unix.MNT_DETACH) })
	s = run(t, Options{Root: root, Uploads: dir})
	way, err = s.Way(t.Context(), "b.mp4")
	require.NoError(t, err)
	require.True(t, way.Copied)
	require.True(t, way.Shared)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "upload"), []byte("whole"), 0o600))
	placed, err := s.Place(t.Context(), "upload", "b.mp4")
	require.NoError(t, err)
	require.Equal(t, "b.mp4", placed)

	require.NoError(t, unix.Mount("none", root, "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY, ""))
	_, err = s.Way(t.Context(), "c.mp4")
	requireKind(t, Refused, err)
	require.ErrorContains(t, err, "mounted read-only")
}

// What changes in a folder that somebody looks at is told.
func TestWatch(t *testing.T) {
	s, root := aShelf(t, "a.mp4", "promos/b.mp4")
	told := make(chan []string, 10)
	s.OnChange(func(folders []string) { told <- folders })
	_, err := s.List(t.Context(), Look{Folder: "promos"}, nil)
	require.NoError(t, err)
	_, err = s.List(t.Context(), Look{}, nil)
	require.NoError(t, err)
	s.lookAround(t.Context()) // as they are
	require.NoError(t, os.WriteFile(filepath.Join(root, "promos/c.mp4"), nil, 0o644))
	s.lookAround(t.Context())
	require.Equal(t, []string{"promos"}, <-told)
	require.NoError(t, os.WriteFile(filepath.Join(root, "a.mp4"), []byte("longer than it was"), 0o644)) // in place
	s.lookAround(t.Context())
	require.Equal(t, []string{""}, <-told)
}

// Storage that hangs, or a child that crashes, costs the question and no more.
func TestChildren(t *testing.T) {
	s := run(t, Options{Root: t.TempDir(), Args: []string{"hangs"}})
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err := s.Stat(ctx, "a.mp4")
	require.ErrorIs(t, err, context.DeadlineExceeded)
	_, _, err = s.ask(t.Context(), s.hand, 100*time.Millisecond, question{Op: opStat})
	requireKind(t, Silent, err)
	require.ErrorContains(t, err, "the storage does not answer")

	s = run(t, Options{Root: t.TempDir(), Args: []string{"crashes"}})
	for range 2 {
		_, err = s.Stat(t.Context(), "a.mp4")
		requireKind(t, Silent, err)
		require.ErrorContains(t, err, "exit status 2")
	}
	require.False(t, errors.Is(err, syscall.EPIPE))
}

// Many may ask at once.
func TestManyAsk(t *testing.T) {
	s, _ := aShelf(t, "a.mp4", "b.mp4")
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if _, err := s.List(t.Context(), Look{}, nil); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

// BenchmarkList is a page of a folder of 100,000 files, and a search through it.
func BenchmarkList(b *testing.B) {
	root := b.TempDir()
	for i := range MaxFiles {
		if err := os.WriteFile(filepath.Join(root, fmt.Sprintf("clip number %06d.mp4", i)), nil, 0o644); err != nil {
			b.Fatal(err)
		}
	}
	s := New(Options{Root: root})
	defer func() {
		for _, h := range s.all {
			h.Close()
		}
	}()
	for name, l := range map[string]Look{"page": {Limit: 100}, "search": {Search: "clip 0777", Limit: 100}} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := s.List(b.Context(), l, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(name+" anew", func(b *testing.B) {
			for b.Loop() {
				_ = s.MakeFolder(b.Context(), fmt.Sprintf("x%d", b.N)) // what was found is forgotten
				if _, err := s.List(b.Context(), l, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
