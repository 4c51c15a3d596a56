package record

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/output"
)

// As many go as are needed, the oldest first, and none where that cannot help.
func TestHowManyGoForRoom(t *testing.T) {
	list := []old{{path: "a", size: 5}, {path: "b", size: 0}, {path: "c", size: 10}, {path: "d", size: 20}}
	for _, c := range []struct {
		free, need int64
		want       int
	}{{100, 50, 0}, {50, 50, 0}, {49, 50, 1}, {45, 50, 1}, {44, 50, 3}, {35, 50, 3}, {34, 50, 4}, {15, 50, 4}, {14, 50, 0}, {0, 50, 0}} {
		require.Equal(t, list[:c.want], append([]old{}, sacrificed(list, c.free, c.need)...), c)
	}
	require.Empty(t, sacrificed(nil, 0, 1))
}

// What the disk frees only later is waited for, for a while; what others take
// meanwhile is not mistaken for it.
func TestTheDiskOwesWhatWasRemoved(t *testing.T) {
	now := time.Now()
	d := debt{level: 100, most: 30, until: now.Add(settled)}
	require.EqualValues(t, 30, d.left(70, now))
	require.EqualValues(t, 10, d.left(90, now))
	require.Zero(t, d.left(120, now))
	require.EqualValues(t, 30, d.left(10, now))
	require.Zero(t, d.left(70, now.Add(settled+1)))
}

// A disk that frees nothing at once, as somebody still reads what was removed,
// costs no more recordings than one that does.
func TestADiskThatFreesLate(t *testing.T) {
	dir := disk(t, "16m")
	var paths []string
	for h := range 8 {
		path := filepath.Join(dir, fmt.Sprintf("1999-12-31T%02d-00-00+0000.mp4", 10+h))
		require.NoError(t, os.WriteFile(path, make([]byte, 1<<20), 0o644))
		f, err := os.Open(path)
		require.NoError(t, err)
		defer f.Close()
		paths = append(paths, path)
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "other"), make([]byte, 7<<20+512<<10), 0o644))
	inStudio(t, func(c *Config) { c.Dir, c.Each, c.Keep = dir, time.Hour, 1000*time.Hour }, func(s *studio) {
		s.air(8 * time.Second)
		require.Equal(t, output.Publishing, s.Status().State, s.Status().LastError)
		require.NoFileExists(t, paths[0], "the oldest goes")
		for _, path := range paths[1:] {
			require.FileExists(t, path)
		}
	})
}

// Where all recordings would not make room enough, none goes.
func TestADiskThatOthersHaveFilled(t *testing.T) {
	dir := disk(t, "8m")
	path := filepath.Join(dir, "1999-12-31T21-00-00+0000.mp4")
	require.NoError(t, os.WriteFile(path, make([]byte, 100<<10), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "other"), make([]byte, 7<<20+800<<10), 0o644))
	inStudio(t, func(c *Config) { c.Dir, c.Each, c.Keep = dir, time.Hour, 1000*time.Hour }, func(s *studio) {
		s.air(8 * time.Second)
		require.Equal(t, CauseFull, s.Status().LastCause)
		require.FileExists(t, path)
		require.Empty(t, s.alert(AlertRoom))
	})
}
