package record

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"airloom/output"
)

// A disk that hangs costs whole groups of pictures, and is said; when it answers
// again, recording goes on.
func TestADiskThatHangs(t *testing.T) {
	inStudio(t, func(c *Config) { c.Each = time.Hour }, func(s *studio) {
		s.air(6 * time.Second)
		hold := make(chan struct{})
		s.mu.Lock()
		s.stick = func() { <-hold }
		s.mu.Unlock()
		s.air(40 * time.Second)
		st := s.Status()
		require.Equal(t, output.Waiting, st.State)
		require.Equal(t, CauseHangs, st.LastCause)
		require.Contains(t, st.LastError, "does not answer since 00:00:0")
		require.False(t, st.DownSince.IsZero())
		require.Positive(t, st.Dropped)
		require.Contains(t, s.alert(AlertDropped), "too slow")
		require.LessOrEqual(t, s.queue.bytes, queueBytes)
		require.LessOrEqual(t, len(s.queue.list), 900)
		close(hold)
		s.air(10 * time.Second)
		st = s.Status()
		require.Equal(t, output.Publishing, st.State)
		require.Empty(t, st.LastError)
		s.end()
		all := readAll(t, s.cfg.Dir)
		require.Len(t, all, 1)
		requireExact(t, all[0], s.e.grid)
		requireGaps(t, all[0], s.e.gop, 1)
		require.EqualValues(t, 56*25-1, all[0].video[len(all[0].video)-1].n)
		require.Less(t, len(all[0].video), 56*25-500)
		time.Sleep(sayLost + 2*time.Second)
	})
}

// requireGaps holds that pictures are missing by whole groups alone.
func requireGaps(t *testing.T, c content, gop int64, want int) {
	t.Helper()
	gaps := 0
	for i := 1; i < len(c.video); i++ {
		if c.video[i].n != c.video[i-1].n+1 {
			gaps++
			require.True(t, c.video[i].key, "a gap ends at a keyframe")
			require.Zero(t, (c.video[i-1].n+1)%gop, "and begins where a group ends")
		}
	}
	require.Equal(t, want, gaps)
}

// The alert of gaps is taken back once there have been none for a while.
func TestTheAlertOfGapsEnds(t *testing.T) {
	inStudio(t, nil, func(s *studio) {
		s.air(2 * time.Second)
		s.queue.mu.Lock()
		s.queue.dropped += 10
		s.queue.mu.Unlock()
		time.Sleep(2 * time.Second)
		require.NotEmpty(t, s.alert(AlertDropped))
		time.Sleep(sayLost - 10*time.Second)
		require.NotEmpty(t, s.alert(AlertDropped))
		time.Sleep(20 * time.Second)
		require.Empty(t, s.alert(AlertDropped))
	})
}

// A disk that hangs for ever does not keep the channel from ending.
func TestTheEndDoesNotWaitForTheDisk(t *testing.T) {
	inStudio(t, nil, func(s *studio) {
		s.air(4 * time.Second)
		hold := make(chan struct{})
		s.mu.Lock()
		s.stick = func() { <-hold }
		s.mu.Unlock()
		s.air(4 * time.Second)
		began := time.Now()
		s.end()
		require.Equal(t, farewell, time.Since(began))
		close(hold)
		synctest.Wait()
	})
}

// disk is a small one of the test's own; root's rights alone make one.
func disk(t *testing.T, size string) string {
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Skip("a disk of its own takes root's rights: ", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(dir, unix.MNT_DETACH) })
	return dir
}

// A full disk: the oldest recordings go first, of ours alone; then it pauses and
// says so, and goes on by itself.
func TestAFullDisk(t *testing.T) {
	dir := disk(t, "8m")
	put := func(name string, size int) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), make([]byte, size), 0o644))
	}
	put("1999-12-31T20-00-00+0000.mp4", 1<<20)
	put("1999-12-31T21-00-00+0000.mp4", 1<<20)
	put("1999-12-31T20-30-00.mp4", 1<<20) // not of ours
	inStudio(t, func(c *Config) { c.Dir, c.Each, c.Keep = dir, time.Hour, 1000*time.Hour }, func(s *studio) {
		s.air(4 * time.Second)
		require.Equal(t, output.Publishing, s.Status().State)
		put("other", 4<<20+700<<10) // less than the reserve is left
		s.air(4 * time.Second)
		require.NoFileExists(t, filepath.Join(dir, "1999-12-31T20-00-00+0000.mp4"), "the oldest goes")
		require.FileExists(t, filepath.Join(dir, "1999-12-31T21-00-00+0000.mp4"), "no more than is needed")
		require.Contains(t, s.alert(AlertRoom), "1999-12-31T20-00-00+0000.mp4")
		require.Equal(t, output.Publishing, s.Status().State)
		put("more", 19<<16)
		s.air(4 * time.Second)
		put("most", 13<<16) // and now too little whatever goes
		s.air(6 * time.Second)
		require.FileExists(t, filepath.Join(dir, "1999-12-31T20-30-00.mp4"))
		st := s.Status()
		require.Equal(t, output.Waiting, st.State, st.LastError)
		require.Equal(t, CauseFull, st.LastCause)
		require.Contains(t, st.LastError, "are left on the disk of "+dir)
		require.Contains(t, st.LastError, "make room")
		require.Positive(t, st.Dropped)
		lost := st.Dropped
		require.NoError(t, os.Remove(filepath.Join(dir, "other")))
		s.air(8 * time.Second)
		st = s.Status()
		require.Equal(t, output.Publishing, st.State, st.LastError)
		require.Empty(t, st.LastError)
		require.LessOrEqual(t, st.Dropped, lost+300)
		s.end()
		all := readAll(t, dir)
		require.NotEmpty(t, all)
		for _, c := range all {
			requireExact(t, c, s.e.grid)
			requireGaps(t, c, s.e.gop, 0)
		}
		time.Sleep(sayRoom + 2*time.Second)
	})
}

// A disk that refuses: what was written stays whole, the cause is said in words, and
// it goes on when the disk does.
func TestADiskThatRefuses(t *testing.T) {
	for _, c := range []struct {
		name       string
		spoil, fix func(dir string)
		cause      output.Cause
		words      string
	}{
		{"read-only", func(dir string) { _ = unix.Mount("tmpfs", dir, "tmpfs", unix.MS_RDONLY, "") }, func(dir string) { _ = unix.Unmount(dir, unix.MNT_DETACH) },
			CauseDisk, "read-only file system"},
		{"no room at once", func(dir string) {
			_ = os.WriteFile(filepath.Join(dir, "other"), make([]byte, 4<<20), 0o644)
		}, func(dir string) { _ = os.Remove(filepath.Join(dir, "other")) },
			CauseFull, "make room"},
		{"gone", func(dir string) {
			_ = unix.Unmount(dir, unix.MNT_DETACH)
			_ = os.Remove(dir)
			_ = os.WriteFile(dir, nil, 0o644)
		},
			func(dir string) { _ = os.Remove(dir); _ = os.Mkdir(dir, 0o755) }, CauseDisk, "not a directory"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := disk(t, "4m")
			inStudio(t, func(cfg *Config) { cfg.Dir = dir }, func(s *studio) {
				s.air(5 * time.Second)
				require.Equal(t, output.Publishing, s.Status().State)
				c.spoil(dir)
				s.air(16 * time.Second)
				st := s.Status()
				require.Equal(t, output.Waiting, st.State)
				require.Equal(t, c.cause, st.LastCause)
				require.Contains(t, st.LastError, c.words)
				c.fix(dir)
				s.air(9 * time.Second)
				require.Equal(t, output.Publishing, s.Status().State, s.Status().LastError)
				s.end()
				for _, x := range readAll(t, dir) {
					requireExact(t, x, s.e.grid)
				}
			})
		})
	}
}

// A disk that takes a file's header and no more leaves no files behind, and none
// counts as recorded.
func TestNoFileWithoutAFragment(t *testing.T) {
	inStudio(t, func(c *Config) { c.Each = time.Hour }, func(s *studio) {
		asked := 0
		s.mu.Lock()
		s.stick = func() {
			list, err := os.ReadDir(s.cfg.Dir)
			if err == nil && len(list) > 0 { // the header is written: no more
				asked++
				breakFiles(t, s.cfg.Dir)
			}
		}
		s.mu.Unlock()
		s.air(12 * time.Second)
		st := s.Status()
		require.Greater(t, asked, 2)
		require.Equal(t, CauseDisk, st.LastCause, st.LastError)
		require.Zero(t, st.Sessions)
		list, err := os.ReadDir(s.cfg.Dir)
		require.NoError(t, err)
		require.Empty(t, list)
		s.mu.Lock()
		s.stick = nil
		s.mu.Unlock()
		s.air(6 * time.Second)
		require.Equal(t, output.Publishing, s.Status().State)
		require.EqualValues(t, 1, s.Status().Sessions)
	})
}

// breakFiles has every write to this process's files there fail.
func breakFiles(t *testing.T, dir string) {
	fds, err := os.ReadDir("/proc/self/fd")
	require.NoError(t, err)
	null, err := os.Open(os.DevNull) // for reading alone
	require.NoError(t, err)
	defer null.Close()
	for _, fd := range fds {
		if to, err := os.Readlink("/proc/self/fd/" + fd.Name()); err == nil && filepath.Dir(to) == dir {
			n, err := strconv.Atoi(fd.Name())
			require.NoError(t, err)
			require.NoError(t, unix.Dup3(int(null.Fd()), n, unix.O_CLOEXEC))
		}
	}
}

// Of a fragment that the disk takes in part, nothing stays.
func TestHalfAFragmentIsCutOff(t *testing.T) {
	dir := disk(t, "256k")
	f, err := create(filepath.Join(dir, "rec"), time.Now(), []byte("header"))
	require.NoError(t, err)
	defer f.close()
	require.NoError(t, f.append(make([]byte, 100<<10)))
	require.ErrorIs(t, f.append(make([]byte, 200<<10)), unix.ENOSPC)
	size := func() int64 {
		info, err := os.Stat(f.f.Name())
		require.NoError(t, err)
		return info.Size()
	}
	require.EqualValues(t, 6+(100<<10), size())
	require.NoError(t, f.append(make([]byte, 50<<10)))
	require.EqualValues(t, 6+(150<<10), size())
}
