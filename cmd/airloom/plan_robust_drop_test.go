package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/cmd/internal/airtest"
	"airloom/playout/control"
)

// A channel on air whose playlists' folder is flooded: a thousand files at once,
// one that is copied slowly, one that never gets whole, renames, a base that is
// replaced by halves, what is no playlist and never will be. Nothing half-read
// airs, and all that is whole is there in time.
func TestPlan04Flood(t *testing.T) {
	t.Parallel()
	clips := airtest.Clips(t, airtest.Long1, airtest.Long2, airtest.Plain1, airtest.Plain2, airtest.Plain3, airtest.Second1, airtest.Second2)
	long1, long2, plain1, plain2, plain3, second1 := clips[0], clips[1], clips[2], clips[3], clips[4], clips[5]
	airtest.Binary(t)
	srv := airtest.NGINX(t)
	tap := airtest.NewTap(t, srv.Port)
	m := airtest.Watch()
	zero := time.Now().Truncate(time.Second).Add(time.Second)
	at := func(s int) time.Time { return zero.Add(time.Duration(s) * time.Second) }
	ch := airtest.Airloom(t, airtest.Setup{Output: tap.URL("x"), Media: mediaOf(clips...), Lists: map[string]string{
		"main.yml": "items:\n  - {source: long1.mp4}\n  - {source: second2.mp4}\n",
	}})
	f := flood{t, ch, filepath.Join(ch.Dir, "playlists")}
	ch.Publishing(10 * time.Second)
	before := ch.Usage().RootRSS
	most := before
	watch := func() string { most = max(most, ch.Usage().RootRSS); return ended(ch) }

	slow := f.slowly("slow.yml", plan(fmt.Sprintf("at: %q", moment(at(10))), plain2, plain3), 12)
	f.burst(1000, zero.Add(time.Hour), plan(fmt.Sprintf("at: %q", moment(at(7))), second1))
	f.bad()
	f.put("first.yml", plan(fmt.Sprintf("at: %q", moment(at(17))), plain1))
	half := f.slowly("main.yml", "items:\n  - {source: long1.mp4}\n  - {source: long2.mp4}\n", 2)
	f.rename("first.yml", "second.yml")
	ch.Until(5*time.Second, "what is wrong is told", func(s control.Status) bool {
		return told(s, `partial\.json:\d+:\d+`) && told(s, `huge\.yml.*200 MiB`)
	})
	airtest.Eventually(t, 5*time.Second, "all have been read", func() bool { return f.read() >= 1000 })
	<-slow
	<-half
	f.rename("second.yml", "third.yml")
	airtest.Stay(t, time.Until(at(11)), watch)
	f.mend(at(3 * 3600))
	ch.Until(5*time.Second, "what was wrong is told no more", func(s control.Status) bool { return !told(s, `partial\.json|huge\.yml`) })
	f.settled(zero.Add(time.Hour), 1000)
	airtest.Stay(t, time.Until(at(20)), watch)
	r, others := untilStop(t, ch, srv, at(21), clips, m)

	t.Logf("the keeper's memory: %d MiB before, %d MiB at most", before>>20, most>>20)
	require.Less(t, most, int64(300<<20))
	pieces := []airtest.Piece{
		{Clip: long1, Cut: true},
		{Clip: second1, At: at(7)},
		{Clip: long1, GoesOn: true, Cut: true},
		{Clip: plain2, At: at(10)},
		{Clip: plain3},
		{Clip: long2, Cut: true}, // of the new base, as less than 2 s were left of the other
		{Clip: plain1, At: at(17)},
		{Clip: long2, GoesOn: true},
	}
	r.RequireAirs(t, pieces)
	r.RequireContiguous(t)
	r.RequireSound(t)
	if !t.Failed() {
		requireOnTime(t, r, tap, pieces, others)
	}
}

// flood fills a channel's playlists' folder.
type flood struct {
	t   *testing.T
	ch  *airtest.Channel
	dir string
}

func (f flood) put(name, text string) {
	require.NoError(f.t, os.WriteFile(filepath.Join(f.dir, name), []byte(text), 0o644))
}

func (f flood) rename(from, to string) {
	require.NoError(f.t, os.Rename(filepath.Join(f.dir, from), filepath.Join(f.dir, to)))
}

// slowly writes a file in parts, a while between each two; each makes a playlist
// that could be taken for a whole one.
func (f flood) slowly(name, text string, parts int) <-chan struct{} {
	done := make(chan struct{})
	file, err := os.Create(filepath.Join(f.dir, name))
	require.NoError(f.t, err)
	lines := strings.SplitAfter(text, "\n")
	go func() {
		defer close(done)
		defer file.Close()
		for i := range parts {
			a, b := i*len(lines)/parts, (i+1)*len(lines)/parts
			_, _ = file.WriteString(strings.Join(lines[a:b], ""))
			time.Sleep(300 * time.Millisecond) // that is how slow the copy is
		}
	}()
	return done
}

// burst drops n files, every other one by a rename; one in the midst is another.
func (f flood) burst(n int, from time.Time, other string) {
	for i := range n {
		name, text := fmt.Sprintf("burst-%04d.yml", i), plan(fmt.Sprintf("at: %q", moment(from.Add(time.Duration(i)*20*time.Second))))+"  - {source: second2.mp4}\n"
		if i == n*3/4 {
			text = other
		}
		if i%2 == 0 {
			f.put(name, text)
		} else {
			f.ch.Drop(name, text)
		}
	}
}

// bad is what will never be a playlist.
func (f flood) bad() {
	f.put("partial.json", `{"schedule": {"at": "2026-01-01 00:00:00"}, "items": [{"source": "plain1.mp4"}, {"sour`)
	require.NoError(f.t, syscall.Mkfifo(filepath.Join(f.dir, "pipe.yml"), 0o644))
	f.put("huge.yml", "items:\n")
	require.NoError(f.t, os.Truncate(filepath.Join(f.dir, "huge.yml"), 200<<20))
	require.NoError(f.t, os.Symlink(".", filepath.Join(f.dir, "loop")))
	f.put(".hidden.yml", "items: [{source: plain1.mp4}]\n")
	f.put("script.yml~", "items: [{source: plain1.mp4}]\n")
}

// mend makes good of what was bad.
func (f flood) mend(when time.Time) {
	f.ch.Drop("partial.json", fmt.Sprintf(`{"schedule": {"at": %q}, "items": [{"source": "plain1.mp4"}]}`, moment(when)))
	require.NoError(f.t, os.Remove(filepath.Join(f.dir, "huge.yml")))
	require.NoError(f.t, os.Remove(filepath.Join(f.dir, "pipe.yml")))
}

var wereRead = regexp.MustCompile(`Playlists were read" count=(\d+)`)

// read is how many playlists the channel has read.
func (f flood) read() (n int) {
	for _, found := range wereRead.FindAllStringSubmatch(f.ch.Log(), -1) {
		count, _ := strconv.Atoi(found[1])
		n += count
	}
	return n
}

// settled fails the test unless the schedule has all that was dropped.
func (f flood) settled(from time.Time, n int) {
	f.t.Helper()
	lists := map[string]bool{}
	for _, e := range f.ch.Schedule("--from", from.UTC().Format(time.RFC3339), "--for", "6h") {
		lists[e.Playlist] = true
	}
	require.Len(f.t, lists, n+1, "all but the one that has aired, the mended one, and the base") // n-1+1+1
	require.True(f.t, lists["partial.json"])
}

// told reports whether an alert says so.
func told(s control.Status, pattern string) bool {
	words := regexp.MustCompile(pattern)
	for _, a := range s.Alerts {
		if words.MatchString(a.Message) {
			return true
		}
	}
	return false
}
