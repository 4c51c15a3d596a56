package library

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// soaking reports whether the long versions of tests are wanted.
func soaking() bool { return os.Getenv("AIRLOOM_SOAK") != "" }

// numbered is a list that says which one it is, and shows when it is not whole.
func numbered(n int) string {
	return fmt.Sprintf("name: \"%d\"\n%s", n, list(append(strings.Fields(strings.Repeat("filling ", n%500)), "end")...))
}

// saveForEver is the child that is killed: it saves one list after the other,
// and prints the number of each that is saved.
func saveForEver(dir string) {
	l := New(Config{Dir: dir})
	ctx := context.Background()
	n := 0
	if data, _, err := l.Read(ctx, "main.yml"); err == nil {
		n = numberOf(l, data)
	}
	for {
		n++
		if _, err := l.Save(ctx, "main.yml", []byte(numbered(n)), Any); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println(n)
	}
}

// numberOf is which list a text is, -1 when it is not a whole one.
func numberOf(l *Library, data []byte) int {
	list, _ := l.parse("main.yml", data)
	if list == nil {
		return -1
	}
	n, err := strconv.Atoi(list.Name)
	if err != nil || string(data) != numbered(n) {
		return -1
	}
	return n
}

// TestKilledWhileSaving kills a process that saves, and looks at what it left.
func TestKilledWhileSaving(t *testing.T) {
	t.Parallel()
	times := 25
	if soaking() {
		times = 300
	}
	dir := t.TempDir()
	l := New(Config{Dir: dir})
	saved := 0
	for range times {
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), "AIRLOOM_TEST_SAVER="+dir)
		out, err := child.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, child.Start())
		lines := bufio.NewScanner(out)
		require.True(t, lines.Scan(), "it saves")
		saved, err = strconv.Atoi(lines.Text())
		require.NoError(t, err, lines.Text())
		time.AfterFunc(rand.N(25*time.Millisecond), func() { _ = child.Process.Signal(syscall.SIGKILL) })
		for lines.Scan() {
			if n, err := strconv.Atoi(lines.Text()); err == nil {
				saved = n
			}
		}
		require.Error(t, child.Wait())

		data, _, err := l.Read(t.Context(), "main.yml")
		require.NoError(t, err)
		n := numberOf(l, data)
		require.GreaterOrEqual(t, n, saved, "what was reported as saved is there, whole")
		require.LessOrEqual(t, n, saved+1)
		all, err := l.Versions(t.Context(), "main.yml")
		require.NoError(t, err)
		require.Len(t, all, min(n-1, 10))
		for i, v := range all {
			data, err := l.VersionText(t.Context(), "main.yml", v.ID)
			require.NoError(t, err)
			require.Equal(t, n-1-i, numberOf(l, data), "no old version is missing or broken")
		}
	}
	t.Logf("killed %d times in %d saves", times, saved)
}

// TestSoakHammered lets many hands at the folder for a minute, and then wants it
// to be right.
func TestSoakHammered(t *testing.T) {
	long := time.Minute
	if !soaking() {
		long = 2 * time.Second
	}
	f := watch(t, "", func(c *Config) { c.Rescan = 3 * time.Second })
	var names []string
	for i := range 40 {
		names = append(names, fmt.Sprintf("d%d/sub/%d.yml", i%4, i))
	}
	for _, name := range names {
		f.put(name, numbered(0))
	}
	ctx, cancel := context.WithTimeout(t.Context(), long)
	defer cancel()
	var wg sync.WaitGroup
	hand := func(work func(r *rand.Rand)) {
		for range 2 {
			wg.Go(func() {
				for r := rand.New(rand.NewPCG(rand.Uint64(), 0)); ctx.Err() == nil; {
					work(r)
					time.Sleep(rand.N(10 * time.Millisecond))
				}
			})
		}
	}
	pick := func(r *rand.Rand) string { return names[r.IntN(len(names))] }
	var swap sync.Mutex
	hand(func(r *rand.Rand) { // in place; the folder may be away
		os.WriteFile(f.path(pick(r)), []byte(numbered(r.IntN(300))), 0o644)
	})
	hand(func(r *rand.Rand) { // by rename
		swap.Lock()
		defer swap.Unlock()
		f.swap(".lock.yml", numbered(r.IntN(300)))
		os.Rename(f.path(".lock.yml"), f.path(pick(r)))
	})
	hand(func(r *rand.Rand) { os.Remove(f.path(pick(r))) })
	hand(func(r *rand.Rand) { // slowly
		if file, err := os.Create(f.path(pick(r))); err == nil {
			defer file.Close()
			text := numbered(r.IntN(300))
			for len(text) > 0 && ctx.Err() == nil {
				n := min(len(text), 1+r.IntN(3000))
				file.WriteString(text[:n])
				text = text[n:]
				time.Sleep(rand.N(settle / 3))
			}
		}
	})
	hand(func(r *rand.Rand) { // whole folders
		a, b := fmt.Sprintf("d%d", r.IntN(4)), fmt.Sprintf("e%d", r.IntN(4))
		if os.Rename(f.path(a), f.path(b)) == nil {
			time.Sleep(rand.N(settle))
			os.Rename(f.path(b), f.path(a))
		}
	})
	hand(func(r *rand.Rand) { _, _ = f.Save(ctx, pick(r), []byte(numbered(r.IntN(300))), Any) })
	hand(func(r *rand.Rand) {
		if r.IntN(50) == 0 {
			_, _ = f.Rescan(ctx)
		}
	})
	for ctx.Err() == nil {
		for _, list := range f.Snapshot().Playlists() {
			if list.Items[len(list.Items)-1].Title != "end" {
				t.Errorf("%s was read by halves", list.File)
				cancel()
			}
		}
		time.Sleep(time.Millisecond)
	}
	wg.Wait()
	began := time.Now()
	s := f.until("right", func(s *Snapshot) bool { return f.matches(s) })
	t.Logf("right %v after the last change; %d snapshots, %d editions", time.Since(began).Round(time.Millisecond), s.Generation, s.Edition)
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	require.Less(t, m.HeapAlloc, uint64(64<<20))
}

// matches reports whether the snapshot is what the folder holds, all of it read.
func (f *folder) matches(s *Snapshot) bool {
	want := map[string]string{}
	filepath.WalkDir(f.dir, func(path string, d os.DirEntry, err error) error {
		rel, _ := filepath.Rel(f.dir, path)
		if err == nil && d.Type().IsRegular() && isPlaylist(filepath.ToSlash(rel)) {
			data, _ := os.ReadFile(path)
			want[filepath.ToSlash(rel)] = versionOf(data)
		}
		return nil
	})
	if len(want) != len(s.Files) {
		return false
	}
	for _, file := range s.Files {
		if file.Settling || want[file.Name] != file.Version {
			return false
		}
		if broken := file.Problems.Fatal(); !broken && (file.Playlist == nil || file.Playlist.Version != file.Version) {
			return false
		}
	}
	return true
}
