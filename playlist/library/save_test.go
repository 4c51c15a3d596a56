package library

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestSaveCountsAtOnce(t *testing.T) {
	t.Parallel()
	f := watch(t, "", func(c *Config) { c.Settle = time.Hour })
	v1, err := f.Save(t.Context(), "shows/main.yml", []byte(list("one")), "")
	require.NoError(t, err)
	s := f.Snapshot()
	require.True(t, airs("shows/main.yml", "one")(s), show(s))
	file, _ := s.File("shows/main.yml")
	require.Equal(t, v1, file.Version)
	require.Equal(t, v1, file.Playlist.Version)

	require.NoError(t, os.Chmod(f.path("shows/main.yml"), 0o640))
	v2, err := f.Save(t.Context(), "shows/main.yml", []byte("# kept\n"+list("two")), v1)
	require.NoError(t, err)
	require.True(t, airs("shows/main.yml", "two")(f.Snapshot()))
	data, version, err := f.Read(t.Context(), "shows/main.yml")
	require.NoError(t, err)
	require.Equal(t, "# kept\n"+list("two"), string(data))
	require.Equal(t, v2, version)
	st, err := os.Stat(f.path("shows/main.yml"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o640), st.Mode(), "its rights stay")
	left, err := filepath.Glob(f.path("shows/.airloom*"))
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestSaveRefuses(t *testing.T) {
	t.Parallel()
	f := watch(t, "")
	v1, err := f.Save(t.Context(), "main.yml", []byte(list("one")), "")
	require.NoError(t, err)

	_, err = f.Save(t.Context(), "main.yml", []byte(list("two")), "")
	require.ErrorIs(t, err, ErrConflict, "it is there already")
	_, err = f.Save(t.Context(), "main.yml", []byte(list("two")), "0123")
	var conflict *ConflictError
	require.ErrorAs(t, err, &conflict)
	require.Equal(t, v1, conflict.Version)
	_, err = f.Save(t.Context(), "gone.yml", []byte(list("two")), v1)
	require.ErrorIs(t, err, ErrConflict)

	_, err = f.Save(t.Context(), "main.yml", []byte("items: [{sauce: a.mp4}]"), v1)
	var invalid *InvalidError
	require.ErrorAs(t, err, &invalid)
	require.Contains(t, err.Error(), `main.yml:1:10: unknown key "sauce"`)
	_, err = f.Save(t.Context(), "new.yml", []byte("items: 3"), "")
	require.ErrorIs(t, err, ErrInvalid)
	f.swap("main.yml", "items: 3\n")
	f.until("broken", complains("main.yml", "main.yml:1:8"))
	_, err = f.Save(t.Context(), "main.yml", []byte("items: 4\n"), Any)
	require.NoError(t, err, "it was broken before")

	for _, name := range []string{"", ".", "../x.yml", "/x.yml", "a/../x.yml", ".x.yml", "x.exe", ".versions/x.yml", "a//b.yml", "folder.yml/x.yml"} {
		_, err = f.Save(t.Context(), name, []byte(list("one")), Any)
		require.ErrorIs(t, err, ErrName, "%q", name)
	}
	require.NoError(t, os.Symlink("main.yml", f.path("link.yml")))
	_, err = f.Save(t.Context(), "link.yml", []byte(list("one")), Any)
	require.ErrorContains(t, err, "is a link")
	require.NoError(t, os.Symlink(t.TempDir(), f.path("away")))
	_, err = f.Save(t.Context(), "away/x.yml", []byte(list("one")), Any)
	require.Error(t, err)
}

func TestOldVersionsAreKept(t *testing.T) {
	t.Parallel()
	f := watch(t, "")
	version := ""
	for i := range 15 {
		var err error
		version, err = f.Save(t.Context(), "main.yml", []byte(list(fmt.Sprint(i))), version)
		require.NoError(t, err)
	}
	all, err := f.Versions(t.Context(), "main.yml")
	require.NoError(t, err)
	require.Len(t, all, 10)
	for i, v := range all {
		data, err := f.VersionText(t.Context(), "main.yml", v.ID)
		require.NoError(t, err)
		require.Equal(t, list(fmt.Sprint(13-i)), string(data))
		require.Equal(t, int64(len(data)), v.Size)
		require.WithinDuration(t, time.Now(), v.Saved, time.Minute)
	}
	// There and back again is no new text.
	_, err = f.Restore(t.Context(), "main.yml", all[3].ID, "x")
	require.ErrorIs(t, err, ErrConflict)
	_, err = f.Restore(t.Context(), "main.yml", all[3].ID, version)
	require.NoError(t, err)
	require.True(t, airs("main.yml", "10")(f.Snapshot()))
	again, err := f.Versions(t.Context(), "main.yml")
	require.NoError(t, err)
	require.Len(t, again, 10)
	require.Equal(t, version, again[0].Version, "what it replaced")
	seen := map[string]bool{}
	for _, v := range again {
		require.False(t, seen[v.Version])
		seen[v.Version] = true
	}
	for _, id := range []string{"", "x", "../main.yml", again[0].ID + "x", "20060102T150405.000000000Z-/../../main.yml"} {
		_, err := f.VersionText(t.Context(), "main.yml", id)
		require.Error(t, err, id)
	}
}

func TestWhatOthersWroteIsKeptToo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f := watch(t, dir)
	f.swap("main.yml", list("one"))
	f.until("one", airs("main.yml", "one"))
	f.swap("main.yml", list("two"))
	f.until("two", airs("main.yml", "two"))
	all, err := f.Versions(t.Context(), "main.yml")
	require.NoError(t, err)
	require.Len(t, all, 1)

	// A start with a broken file airs its last good text.
	f.put("main.yml", "items: 3")
	s := watch(t, dir).Snapshot()
	require.True(t, airs("main.yml", "two")(s), show(s))
	require.True(t, complains("main.yml", "main.yml:1:8")(s))

	require.NoError(t, os.Remove(f.path("main.yml")))
	list, err := f.LastGood(t.Context(), "main.yml")
	require.NoError(t, err)
	require.Equal(t, "two", list.Items[0].Title)
	list, err = f.LastGood(t.Context(), "other.yml")
	require.NoError(t, err)
	require.Nil(t, list)
}

func TestRemoveAndRename(t *testing.T) {
	t.Parallel()
	f := watch(t, "", func(c *Config) { c.Settle = time.Hour })
	v, err := f.Save(t.Context(), "a.yml", []byte(list("one")), "")
	require.NoError(t, err)
	v, err = f.Save(t.Context(), "a.yml", []byte(list("two")), v)
	require.NoError(t, err)
	_, err = f.Save(t.Context(), "b.yml", []byte(list("b")), "")
	require.NoError(t, err)
	require.ErrorIs(t, f.Rename(t.Context(), "a.yml", "b.yml", v), ErrConflict)
	require.ErrorIs(t, f.Rename(t.Context(), "a.yml", "c.yml", "x"), ErrConflict)
	require.NoError(t, f.Rename(t.Context(), "a.yml", "sub/c.yml", v))
	s := f.Snapshot()
	require.True(t, lacks("a.yml")(s))
	require.True(t, airs("sub/c.yml", "two")(s))
	all, err := f.Versions(t.Context(), "sub/c.yml")
	require.NoError(t, err)
	require.Len(t, all, 1)

	require.ErrorIs(t, f.Remove(t.Context(), "sub/c.yml", "x"), ErrConflict)
	require.NoError(t, f.Remove(t.Context(), "sub/c.yml", v))
	require.True(t, lacks("sub/c.yml")(f.Snapshot()))
	require.ErrorIs(t, f.Remove(t.Context(), "sub/c.yml", Any), ErrConflict)
	all, err = f.Versions(t.Context(), "sub/c.yml")
	require.NoError(t, err)
	require.Len(t, all, 2)
	_, err = f.Restore(t.Context(), "sub/c.yml", all[0].ID, "")
	require.NoError(t, err)
	require.True(t, airs("sub/c.yml", "two")(f.Snapshot()))
}

func TestOfManyWhoSaveOneWins(t *testing.T) {
	t.Parallel()
	f := watch(t, "")
	v, err := f.Save(t.Context(), "main.yml", []byte(list("base")), "")
	require.NoError(t, err)
	var wg sync.WaitGroup
	won := make(chan string, 20)
	for i := range 20 {
		wg.Go(func() {
			text := list(fmt.Sprint("n", i))
			if _, err := f.Save(t.Context(), "main.yml", []byte(text), v); err == nil {
				won <- text
			} else {
				require.ErrorIs(t, err, ErrConflict)
			}
		})
	}
	wg.Wait()
	require.Len(t, won, 1)
	data, _, err := f.Read(t.Context(), "main.yml")
	require.NoError(t, err)
	require.Equal(t, <-won, string(data))
}

func TestSavingIntoAFolderThatHangs(t *testing.T) {
	t.Parallel()
	l := New(Config{Dir: t.TempDir()})
	<-l.saving // as if one who saves were stuck
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := l.Save(ctx, "main.yml", []byte(list("one")), "")
	require.ErrorContains(t, err, "does not answer")
	require.ErrorIs(t, err, context.DeadlineExceeded)
	l.saving <- struct{}{}
	_, err = l.Save(t.Context(), "main.yml", []byte(list("one")), "")
	require.NoError(t, err, "it saves without running, too")
}
