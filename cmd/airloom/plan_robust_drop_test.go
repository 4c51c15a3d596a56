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
// replaced bit by bit, what is no playlist and never will be. Nothing half-read
// airs, and all that is whole is there in time.
func TestPlan04Flood(t *testing.T) {
	t.Parallel()
	clips := airtest.Clips(t, airtest.Long1, airtest.Long2, airtest.Plain1, airtest.Plain2, airtest.Plain3, airtest.Second1, airtest.Second2)
	long1, long2, plain1, second1 := clips[0], clips[1], clips[2], clips[5]
	airtest.Binary(t)
	srv := airtest.NGINX(t)
	tap := airtest.NewTap(t, srv.Port)
	m := airtest.Watch()
	zero := time.Now().Truncate(time.Second).Add(time.Second)
	at := func(s int) time.Time { return zero.Add(time.Duration(s) * time.Second) }
	ch := airtest.Airloom(t, airtest.Setup{Output: tap.URL("x"), Media: mediaOf(clips...), Lists: map[string]string{
		"main.yml": "items:\n  - {source: plain1.mp4}\n  - {source: long1.mp4}\n",
	}})
	f := flood{t, ch, filepath.Join(ch.Dir, "playlists")}
	ch.Publishing(10 * time.Second)
	before := ch.Usage().RootRSS
	most := before
	watch := func() string { most = max(most, ch.Usage().RootRSS); return ended(ch) }

	// Both are half there when they could air: the one at its time, which is over
	// when it is whole, the other at the join.
	slow := f.slowly("slow.yml", fmt.Sprintf("schedule: {at: %q, duration: 3s}\nitems:\n  - {source: plain2.mp4}\n%s  - {source: plain3.mp4}\n", moment(at(4)), more(9)))
	half := f.slowly("main.yml", "items:\n  - {source: plain1.mp4}\n"+more(4)+"  - {source: long1.mp4}\n  - {source: long2.mp4}\n")
	f.burst(1000, zero.Add(time.Hour), plan(fmt.Sprintf("at: %q", moment(at(5))), second1))
	f.bad()
	f.put("first.yml", plan(fmt.Sprintf("at: %q, start: soft", moment(at(10))), plain1))
	f.rename("first.yml", "second.yml")
	ch.Until(5*time.Second, "what is wrong is told", func(s control.Status) bool {
		return told(s, `partial\.json:\d+:\d+`) && told(s, `huge\.yml.*200 MiB`)
	})
	airtest.Eventually(t, 5*time.Second, "all have been read", func() bool { return f.read() >= 1000 })
	<-slow
	<-half
	f.rename("second.yml", "third.yml")
	airtest.Stay(t, time.Until(at(9)), watch)
	f.mend(at(3 * 3600))
	ch.Until(5*time.Second, "what was wrong is told no more", func(s control.Status) bool { return !told(s, `partial\.json|huge\.yml`) })
	f.settled(zero.Add(time.Hour), 1000)
	airtest.Stay(t, time.Until(at(17)), watch)
	r, others := untilStop(t, ch, srv, at(19), clips, m)

	t.Logf("the keeper's memory: %d MiB before, %d MiB at most", before>>20, most>>20)
	require.Less(t, most, int64(300<<20))
	pieces := []airtest.Piece{
		{Clip: plain1, Near: 12},
		{Clip: long1, Cut: true},
		{Clip: second1, At: at(5)},
		{Clip: long1, GoesOn: true},
		{Clip: plain1},
		{Clip: long2},
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

// slowly writes a file line by line, a while between each two: its first lines
// make a playlist that could be taken for a whole one.
func (f flood) slowly(name, text string) <-chan struct{} {
	done := make(chan struct{})
	file, err := os.Create(filepath.Join(f.dir, name))
	require.NoError(f.t, err)
	go func() {
		defer close(done)
		defer file.Close()
		for line := range strings.Lines(text) {
			_, _ = file.WriteString(line)
			time.Sleep(600 * time.Millisecond) // that is how slow the copy is
		}
	}()
	return done
}

// more is lines that say nothing.
func more(n int) string { return strings.Repeat("# more\n", n) }

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

var wereRead = regexp.MustCompile(`Playlists were read" event=playlists-read count=(\d+)`)

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
	lists, sources := map[string]bool{}, map[string]bool{}
	for _, e := range f.ch.Schedule("--from", from.UTC().Format(time.RFC3339), "--for", "6h") {
		lists[e.Playlist], sources[e.Source] = true, true
	}
	require.Len(f.t, lists, n+1, "all but the one that has aired, the mended one, and the base") // n-1+1+1
	require.True(f.t, lists["partial.json"])
	require.True(f.t, sources["long2.mp4"], "the end of the base")
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
