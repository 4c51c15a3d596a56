package library

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// whole watches every snapshot for a list that does not end in the title "end":
// a half-read one.
func (f *folder) whole(name string) {
	stop, over := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(over)
		for {
			if file, ok := f.Snapshot().File(name); ok && file.Playlist != nil {
				if all := titles(file); len(all) == 0 || all[len(all)-1] != "end" {
					f.t.Errorf("%s was read by halves: %q", name, all)
					return
				}
			}
			select {
			case <-stop:
				return
			case <-time.After(2 * time.Millisecond):
			}
		}
	}()
	f.t.Cleanup(func() { close(stop); <-over })
}

// parts are a list in pieces each of which makes the list longer, and good YAML.
func parts(n int) []string {
	all := []string{"items:\n"}
	for i := range n {
		all = append(all, fmt.Sprintf("  - {source: a.mp4, title: part %d}\n", i))
	}
	return append(all, "  - {source: a.mp4, title: end}\n")
}

func ends(name string, n int) func(*Snapshot) bool {
	return func(s *Snapshot) bool { f, _ := s.File(name); return len(titles(f)) == n+1 }
}

// leased skips a test where the kernel does not tell who writes.
func leased(t *testing.T, dir string) {
	path := filepath.Join(dir, ".lease.tmp")
	require.NoError(t, os.WriteFile(path, nil, 0o644))
	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	defer os.Remove(path)
	if writers(f) == unknown {
		t.Skip("this file system does not tell who has a file open for writing")
	}
}

func TestRow4Burst(t *testing.T) {
	const n = 1000
	f := watch(t, "")
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range n {
		if name := fmt.Sprintf("%04d.yml", i); i%2 == 0 {
			f.put(name, list(name))
		} else {
			f.swap(name, list(name))
		}
	}
	began := time.Now()
	first := f.Snapshot().Generation
	s := f.until("all air", func(s *Snapshot) bool { return len(s.Playlists()) == n })
	t.Logf("right after %v, %d snapshots since the last file", time.Since(began).Round(time.Millisecond), s.Generation-first)
	for _, file := range s.Files {
		require.Equal(t, []string{file.Name}, titles(file))
	}
	require.LessOrEqual(t, s.Edition, uint64(40), "many files make few snapshots")
	runtime.GC()
	runtime.ReadMemStats(&after)
	require.Less(t, int64(after.HeapAlloc)-int64(before.HeapAlloc), int64(20<<20))
	for i := range n {
		require.NoError(t, os.Remove(f.path(fmt.Sprintf("%04d.yml", i))))
	}
	f.until("all are gone", func(s *Snapshot) bool { return len(s.Files) == 0 })
}

func TestRow4SlowCopy(t *testing.T) {
	t.Parallel()
	f := watch(t, "")
	f.whole("main.yml")
	file, err := os.Create(f.path("main.yml"))
	require.NoError(t, err)
	for _, p := range parts(10) {
		_, err := file.WriteString(p)
		require.NoError(t, err)
		time.Sleep(settle / 6) // the pace of the copy is what is tested
	}
	require.NoError(t, file.Close())
	f.until("whole", ends("main.yml", 10))
}

func TestRow4SlowCopyThatPauses(t *testing.T) {
	t.Parallel()
	f := watch(t, "")
	leased(t, f.dir)
	f.whole("main.yml")
	file, err := os.Create(f.path("main.yml"))
	require.NoError(t, err)
	for _, p := range parts(2) {
		_, err := file.WriteString(p)
		require.NoError(t, err)
		time.Sleep(2 * settle) // longer than it must hold still
	}
	require.NoError(t, file.Close())
	f.until("whole", ends("main.yml", 2))
}

func TestRow4RenamedWhileItGrows(t *testing.T) {
	t.Parallel()
	f := watch(t, "")
	leased(t, f.dir)
	f.whole("main.yml")
	file, err := os.Create(f.path("main.yml.part"))
	require.NoError(t, err)
	for i, p := range parts(4) {
		if i == 2 {
			require.NoError(t, os.Rename(f.path("main.yml.part"), f.path("main.yml")))
			time.Sleep(2 * settle)
		}
		_, err := file.WriteString(p)
		require.NoError(t, err)
		time.Sleep(settle / 2)
	}
	require.NoError(t, file.Close())
	f.until("whole", ends("main.yml", 4))
}

func TestRow4KeptOpenForEver(t *testing.T) {
	t.Parallel()
	f := watch(t, "", func(c *Config) { c.patience, c.restless = 4*settle, 2*settle })
	leased(t, f.dir)
	file, err := os.Create(f.path("main.yml"))
	require.NoError(t, err)
	defer file.Close()
	_, err = file.WriteString(list("one"))
	require.NoError(t, err)
	s := f.until("said", complains("main.yml", "keeps it open"))
	require.False(t, airs("main.yml", "one")(s))
	s = f.until("counts all the same", airs("main.yml", "one"))
	require.Empty(t, s.All())
}

func TestRow4PartialJSON(t *testing.T) {
	t.Parallel()
	f := watch(t, "")
	f.put("main.json", `{"items": [{"source": "a.mp4", "title": "one"}]}`)
	f.until("good", airs("main.json", "one"))
	f.put("main.json", `{"items": [{"source": "a.mp4", "title": "two"}, {"sour`)
	s := f.until("partial", complains("main.json", "main.json:1:"))
	require.True(t, airs("main.json", "one")(s))
	f.put("main.json", `{"items": [{"source": "a.mp4", "title": "two"}]}`)
	s = f.until("whole", airs("main.json", "two"))
	require.Empty(t, s.All())
}

func TestRow4Links(t *testing.T) {
	t.Parallel()
	f := watch(t, "")
	outside := filepath.Join(t.TempDir(), "secret.yml")
	require.NoError(t, os.WriteFile(outside, []byte(list("secret")), 0o644))
	link := func(to, name string) { t.Helper(); require.NoError(t, os.Symlink(to, f.path(name))) }
	f.put("a/b/main.yml", list("one"))
	link("..", "a/b/up")
	link(".", "a/self")
	link(filepath.Dir(outside), "away")
	link(outside, "secret.yml")
	link("loop.yml", "loop.yml")
	link("nothing.yml", "dangling.yml")
	link("a/b/main.yml", "tonight.yml")
	f.until("the file", airs("a/b/main.yml", "one"))
	f.until("a link within", airs("tonight.yml", "one"))
	f.until("a link out", complains("secret.yml", "a link that leads out of the folder"))
	s := f.until("a loop", complains("loop.yml", "in circles"))
	require.Len(t, s.Files, 4, show(s))
	require.Len(t, s.Playlists(), 2)
	require.Contains(t, s.Problems.String(), "away:1:1: this is a link to a folder elsewhere")

	// As Kubernetes switches a ConfigMap: by a link to a hidden folder.
	f.put("..1/day.yml", list("monday"))
	f.put("..2/day.yml", list("tuesday"))
	link("..1", "..data")
	link("..data/day.yml", "day.yml")
	f.until("the first", airs("day.yml", "monday"))
	link("..2", "..data_tmp")
	require.NoError(t, os.Rename(f.path("..data_tmp"), f.path("..data")))
	f.until("the second", airs("day.yml", "tuesday"))
}

func TestRow4WhatIsNeverOpened(t *testing.T) {
	t.Parallel()
	f := watch(t, "", func(c *Config) { c.Settle = time.Hour })
	f.swap("big.yml", list("one"))
	f.until("small", airs("big.yml", "one"))
	require.NoError(t, os.Truncate(f.path("big.yml"), 200<<20))
	require.NoError(t, syscall.Mkfifo(f.path("pipe.yml"), 0o644))
	require.NoError(t, os.Mkdir(f.path("folder.yml"), 0o755))
	f.put("folder.yml/inside.yml", list("hidden"))
	ln, err := net.Listen("unix", f.path("socket.json"))
	require.NoError(t, err)
	defer ln.Close()
	device := syscall.Mknod(f.path("null.yml"), syscall.S_IFCHR|0o644, 1<<8|3) == nil

	f.until("a large one is refused at once", complains("big.yml", "the file has 200 MiB, more than 64"))
	f.until("a pipe", complains("pipe.yml", "no plain file"))
	f.until("a socket", complains("socket.json", "no plain file"))
	s := f.until("a folder", complains("folder.yml", "this is a folder"))
	if device {
		s = f.until("a device", complains("null.yml", "no plain file"))
	}
	require.True(t, airs("big.yml", "one")(s), "the last good one stays")
	require.True(t, lacks("folder.yml/inside.yml")(s))
	require.NoError(t, os.Remove(f.path("pipe.yml")))
	f.swap("pipe.yml", list("plain"))
	s = f.until("mended", airs("pipe.yml", "plain"))
	require.False(t, complains("pipe.yml", "plain file")(s))
}

func TestRow4Names(t *testing.T) {
	t.Parallel()
	f := watch(t, "")
	names := []string{
		"Übertragung.yml", "новости.yml", "ニュース.json", "أخبار.yml", "חדשות.yaml", "समाचार.yml", "ข่าว.txt", "新闻.m3u", "📺.yml",
		"a\u0301.yml", "\u00e1.yml", // the same to the eye
		"with space.yml", `quo"te'.yml`, "new\nline.yml", "-rf.yml", "%2e%2e.yml", "CAPITALS.YML", "\xff\xfe.yml", "half\xc3.json",
		strings.Repeat("x", 251) + ".yml", "папка/файл.yml", "\xfe/x.yml",
	}
	want := map[string]string{}
	for i, name := range names {
		title := fmt.Sprint("n", i)
		text := list(title)
		switch strings.ToLower(filepath.Ext(name)) {
		case ".json":
			text = `{"items":[{"source":"a.mp4","title":"` + title + `"}]}`
		case ".txt", ".m3u":
			text, title = "a.mp4\n", ""
		}
		f.put(name, text)
		want[name] = title
	}
	s := f.until("all", func(s *Snapshot) bool { return len(s.Playlists()) == len(names) })
	for name, title := range want {
		file, ok := s.File(name)
		require.True(t, ok, "%q", name)
		require.Equal(t, name, file.Playlist.File)
		if title != "" {
			require.Equal(t, title, file.Playlist.Items[0].Title, "%q", name)
		}
	}
}

func TestRow4RewrittenAllTheTime(t *testing.T) {
	t.Parallel()
	f := watch(t, "", func(c *Config) { c.Settle, c.restless = 4*settle, 5*settle })
	f.swap("main.yml", list("good", "end"))
	f.until("good", airs("main.yml", "good", "end"))
	f.whole("main.yml")
	var stop atomic.Bool
	over := make(chan int)
	go func() {
		n := 0
		for ; !stop.Load(); n++ {
			os.WriteFile(f.path("main.yml"), []byte(strings.Join(parts(n%40), "")), 0o644)
			time.Sleep(20 * time.Millisecond)
		}
		os.WriteFile(f.path("main.yml"), []byte(list("last", "end")), 0o644)
		over <- n
	}()
	s := f.until("said", complains("main.yml", "the file keeps changing"))
	require.True(t, airs("main.yml", "good", "end")(s))
	edition := s.Edition
	time.Sleep(3 * settle)
	require.Equal(t, edition, f.Snapshot().Edition, "nothing counts while it changes")
	stop.Store(true)
	t.Logf("rewritten %d times", <-over)
	s = f.until("settled", airs("main.yml", "last", "end"))
	require.Empty(t, s.All())
}

func TestRow4ReplacedAllTheTime(t *testing.T) {
	t.Parallel()
	f := watch(t, "")
	f.swap("main.yml", list("0", "end"))
	f.until("good", airs("main.yml", "0", "end"))
	f.whole("main.yml")
	began := f.Snapshot().Edition
	last := ""
	for i := 0; f.Snapshot().Edition < began+2; i++ { // each is whole: it counts between two
		require.Less(t, i, 2000)
		last = fmt.Sprint(i)
		f.swap("main.yml", list(last, "end"))
		time.Sleep(20 * time.Millisecond)
	}
	f.until("the last", airs("main.yml", last, "end"))
}

func TestRow4ScratchFilesAreIgnored(t *testing.T) {
	t.Parallel()
	f := watch(t, "")
	for _, name := range []string{
		"4913", "README.txt", "main.yml~", ".#main.yml", "#main.yml#", ".main.yml.swp", ".main.yml.swx", "main.yml.tmp", "main.yml.part", "main.yml.filepart",
		"main.yml.crdownload", ".goutputstream-ABC123", ".syncthing.main.yml.tmp", "~syncthing~main.yml.tmp", ".main.yml.Xa12Bc", "~$main.yml",
		".hidden.yml", "._main.yml", ".dropbox.cache/main.yml", ".git/main.yml", ".stversions/main.yml", "@eaDir/main.yml", "#recycle/main.yml",
		"$RECYCLE.BIN/main.yml", "lost+found/main.yml", "clip.mp4", "README",
	} {
		f.put(name, list(name))
		require.False(t, isPlaylist(name), name)
	}
	f.put("main.yml", list("one"))
	s := f.until("the one", airs("main.yml", "one"))
	require.Len(t, s.Files, 1, show(s))
}

func TestRow4Editors(t *testing.T) {
	t.Parallel()
	f := watch(t, "")
	f.swap("main.yml", list("one"))
	f.until("there", airs("main.yml", "one"))
	gone := false
	stop, over := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(over)
		for {
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
				gone = gone || lacks("main.yml")(f.Snapshot())
			}
		}
	}()
	// As vim does: out of the way, and written anew.
	require.NoError(t, os.Rename(f.path("main.yml"), f.path("main.yml~")))
	time.Sleep(settle / 3)
	f.put("main.yml", list("two"))
	f.until("vim's", airs("main.yml", "two"))
	close(stop)
	<-over
	require.False(t, gone, "it never went off the schedule")

	// As nano does: in place.
	f.put("main.yml", list("three"))
	f.until("nano's", airs("main.yml", "three"))
	// As a transfer that keeps times does: an old time on a new text.
	f.put("main.yml", list("fourth"))
	require.NoError(t, os.Chtimes(f.path("main.yml"), time.Unix(1e9, 0), time.Unix(1e9, 0)))
	f.until("cp -p's", airs("main.yml", "fourth"))
	require.NoError(t, os.WriteFile(f.path(".x.yml.Ab12Cd"), []byte(list("fiveth")), 0o644))
	require.NoError(t, os.Chtimes(f.path(".x.yml.Ab12Cd"), time.Unix(1e9, 0), time.Unix(1e9, 0)))
	require.NoError(t, os.Rename(f.path(".x.yml.Ab12Cd"), f.path("main.yml")))
	f.until("rsync's", airs("main.yml", "fiveth"))
}
