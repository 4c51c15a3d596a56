package probe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"airloom/playlist"
	"airloom/playout/clip"
	"airloom/playout/media"
)

// The test's program is its own child: with the real reader, or with one that
// does what a file's name says.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "probe-worker":
			os.Exit(Main())
		case "pretend":
			os.Exit(serve(func(s media.Spec, h media.House) (int64, *media.Streams, error) {
				n, err := pretend(s, h)
				return n, &media.Streams{}, err
			}))
		}
	}
	os.Exit(m.Run())
}

var looks int

// pretend takes a file's name for what is to happen: ticks=50, hang, crash…
func pretend(s media.Spec, _ media.House) (int64, error) {
	if _, err := os.Stat(s.Source); err != nil {
		return 0, &media.Fault{Kind: media.FaultMissing, Err: err}
	}
	what, number, _ := strings.Cut(strings.TrimSuffix(filepath.Base(s.Source), ".mp4"), "=")
	looks++
	switch what {
	case "moody":
		if looks > 1 {
			panic("not after others")
		}
		return 9, nil
	case "hang":
		for {
			time.Sleep(time.Hour)
		}
	case "freeze":
		_ = unix.Kill(os.Getpid(), unix.SIGSTOP)
		select {}
	case "crash":
		panic("a file that no decoder bears")
	case "die":
		_ = unix.Kill(os.Getpid(), unix.SIGSEGV)
		select {}
	case "lie":
		fmt.Println(`{"ticks":-7}`)
		select {}
	case "ticks":
		n, err := strconv.ParseInt(number, 10, 64)
		return n, err
	}
	return 0, &media.Fault{Kind: media.FaultBroken, Err: errors.New("no " + what)}
}

var small = media.House{Width: 160, Height: 90, FPS: media.Rational{Num: 25, Den: 1}, SampleRate: 44100, Fit: media.FitPad}

type bench struct {
	*Prober
	root  string
	state string
	log   strings.Builder
}

// pretender is a prober whose children pretend.
func pretender(t *testing.T) *bench {
	t.Helper()
	b := &bench{root: t.TempDir(), state: t.TempDir()}
	b.again()
	t.Cleanup(func() { goleak.VerifyNone(t) })
	return b
}

// again makes another prober of the same state.
func (b *bench) again() {
	b.Prober = New(Options{
		House: small, Media: playlist.Options{Root: b.root, Schemes: []string{"rtmp", "http"}}, StateDir: b.state,
		Log: slog.New(slog.NewTextHandler(&b.log, nil)), Args: []string{"pretend"}, within: 20 * time.Second, dies: 10 * time.Second,
	})
	<-b.Loaded()
}

func (b *bench) put(t *testing.T, names ...string) (items []playlist.Item) {
	t.Helper()
	for _, n := range names {
		path := filepath.Join(b.root, n)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(n), 0o644))
		items = append(items, playlist.Item{Source: n, Title: n})
	}
	return items
}

func (b *bench) all(t *testing.T, items []playlist.Item) {
	t.Helper()
	require.NoError(t, b.All(context.Background(), items, nil))
}

// film makes a clip of two seconds.
func film(t testing.TB, name string, args ...string) {
	t.Helper()
	program, err := exec.LookPath("ffmpeg")
	if err != nil {
		if os.Getenv("AIRLOOM_TOOLS") != "" {
			t.Fatal("needs the ffmpeg program: apt-get install ffmpeg")
		}
		t.Skip("needs the ffmpeg program to make a clip: apt-get install ffmpeg")
	}
	args = append([]string{"-v", "error", "-f", "lavfi", "-i", "testsrc2=s=160x90:r=30:d=2", "-f", "lavfi", "-i", "sine=d=2:r=44100",
		"-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac"}, append(args, name)...)
	out, err := exec.Command(program, args...).CombinedOutput()
	require.NoError(t, err, string(out))
}

// The real child counts as whoever airs the clip does. That the count is what
// airs, for clips of every make, is tested where those are at hand (cmd/airloom).
func TestReal(t *testing.T) {
	b := pretender(t)
	b.o.Args = []string{"probe-worker"}
	film(t, filepath.Join(b.root, "one.mp4"))
	film(t, filepath.Join(b.root, "two.mkv"), "-map", "0:v")
	b.put(t, "text.mp4")
	items := []playlist.Item{{Source: "one.mp4"}, {Source: "two.mkv"}, {Source: "one.mp4", In: 500 * time.Millisecond},
		{Source: "one.mp4", Out: 1200 * time.Millisecond}, {Source: "two.mkv", Loop: true, Duration: 7 * time.Second}}
	require.Zero(t, b.Ticks(items[0]))
	b.all(t, append(items, playlist.Item{Source: "text.mp4"}))
	for i, ticks := range []int64{50, 50, 38, 30, 175} {
		r, err := clip.Open(context.Background(), media.Spec{Source: filepath.Join(b.root, items[i].Source), In: items[i].In, Out: items[i].Out,
			Duration: items[i].Duration, Loop: items[i].Loop}, media.Start{}, small)
		require.NoError(t, err)
		require.Equal(t, r.Info().Ticks, b.Ticks(items[i]), "%+v", items[i])
		require.NoError(t, r.Close())
		require.InDelta(t, ticks, b.Ticks(items[i]), 1)
	}
	kind, why := b.Why(playlist.Item{Source: "text.mp4"})
	require.Equal(t, media.FaultUnsupported, kind)
	require.Contains(t, why, "not media")
}

// What was found out is not found out again, by the next process neither, unless
// the file was touched.
func TestNotOpenedAgain(t *testing.T) {
	b := pretender(t)
	items := b.put(t, "ticks=50.mp4", "bad.mp4")
	b.all(t, items)
	require.EqualValues(t, 50, b.Ticks(items[0]))
	require.EqualValues(t, CannotPlay, b.Ticks(items[1]))

	// Another prober, whose children would say something else.
	b.again()
	b.o.Args = []string{"probe-worker"}
	b.all(t, items)
	require.EqualValues(t, 50, b.Ticks(items[0]))
	_, why := b.Why(items[1])
	require.Equal(t, "no bad", why)

	later := time.Now().Add(time.Minute)
	require.NoError(t, os.Chtimes(filepath.Join(b.root, "ticks=50.mp4"), later, later))
	b.again()
	b.o.Args = []string{"probe-worker"}
	b.all(t, items)
	require.EqualValues(t, CannotPlay, b.Ticks(items[0]), "it is no media, as the real reader finds")

	// What another house counted is nothing to this one.
	b.again()
	o := b.o
	o.House.FPS = media.Rational{Num: 50, Den: 1}
	require.Zero(t, New(o).Ticks(items[1]))
}

// Two probers that share a state lose nothing to each other.
func TestShared(t *testing.T) {
	b := pretender(t)
	items := b.put(t, "ticks=1.mp4", "ticks=2.mp4", "ticks=3.mp4")
	other := New(b.o)
	b.all(t, items[:2])
	require.NoError(t, other.All(context.Background(), items[2:], nil))
	b.again()
	for i, it := range items {
		require.EqualValues(t, i+1, b.Ticks(it))
	}
	for _, damage := range []string{"", "{", `{"version":1}`, "\x00"} {
		require.NoError(t, os.WriteFile(filepath.Join(b.state, keptName), []byte(damage), 0o644))
		b.again()
		b.all(t, items)
		require.EqualValues(t, 2, b.Ticks(items[1]))
	}
	left, err := filepath.Glob(filepath.Join(b.state, ".*"))
	require.NoError(t, err)
	require.Empty(t, left)
}

// A file that hangs, crashes or fools a child costs that file alone.
func TestTrouble(t *testing.T) {
	b := pretender(t)
	b.o.within = 3 * time.Second // the machine may be busy, and children are nice
	items := b.put(t, "ticks=1.mp4", "crash.mp4", "ticks=2.mp4", "hang.mp4", "ticks=3.mp4", "lie.mp4", "die.mp4", "ticks=4.mp4")
	require.NoError(t, unix.Mkfifo(filepath.Join(b.root, "pipe.mp4"), 0o644))
	items = append(items, playlist.Item{Source: "pipe.mp4"}, playlist.Item{Source: "none.mp4"})
	items = append(items, b.put(t, "ticks=5.mp4")...)
	b.all(t, items)
	want := map[string]int64{"ticks=1.mp4": 1, "ticks=2.mp4": 2, "ticks=3.mp4": 3, "ticks=4.mp4": 4, "ticks=5.mp4": 5, "hang.mp4": 0}
	for _, it := range items {
		ticks, good := want[it.Source]
		if !good {
			ticks = CannotPlay
		}
		require.Equal(t, ticks, b.Ticks(it), it.Source)
		kind, why := b.Why(it)
		require.Equal(t, !strings.HasPrefix(it.Source, "ticks"), kind != "", "%s: %s", it.Source, why)
	}
	kind, why := b.Why(items[1])
	require.Equal(t, media.FaultCrashed, kind)
	require.Contains(t, why, "a file that no decoder bears")
	kind, _ = b.Why(items[3])
	require.Equal(t, media.FaultStalled, kind)
	require.Zero(t, b.stuck.n)
}

// A crash may have been the machine's doing: each file has a second chance.
func TestSecondChance(t *testing.T) {
	b := pretender(t)
	items := b.put(t, "ticks=1.mp4", "moody.mp4")
	b.all(t, items)
	require.EqualValues(t, 9, b.Ticks(items[1]))
}

// A child ends when its keeper does, even where it hangs.
func TestEndsWithTheKeeper(t *testing.T) {
	b := pretender(t)
	b.put(t, "hang.mp4")
	h := &hand{o: &b.o, stuck: &b.stuck}
	require.NoError(t, h.start(t.Context()))
	_, err := h.in.WriteString(`{"spec":{"source":"` + filepath.Join(b.root, "hang.mp4") + `"}}` + "\n")
	require.NoError(t, err)
	require.NoError(t, h.in.Close()) // as it is when the keeper is gone
	require.True(t, h.gone(20*time.Second))
	h.kill()
}

// A child that even SIGKILL does not end is left behind, and where they are too
// many no more are started until one of them is gone.
func TestAbandoned(t *testing.T) {
	b := pretender(t)
	b.o.within, b.o.dies = 300*time.Millisecond, 50*time.Millisecond
	var left []*os.Process
	b.o.kill = func(p *os.Process) error { left = append(left, p); return nil }
	t.Cleanup(func() {
		for _, p := range left {
			_ = p.Kill() // it is gone, unless the test has failed
		}
	})
	var items []playlist.Item
	for i := range maxStuck {
		items = append(items, b.put(t, fmt.Sprintf("%d/freeze.mp4", i))...)
	}
	for i, it := range append(items, b.put(t, "ticks=3.mp4")...) {
		b.Ticks(it)
		require.NoError(t, b.work(context.Background(), 1, func(int, int) {}))
		require.Equal(t, min(i+1, maxStuck), b.stuck.n)
		require.Len(t, left, min(i+1, maxStuck))
	}
	require.Contains(t, b.log.String(), "hangs beyond SIGKILL")
	last := playlist.Item{Source: "ticks=3.mp4"}
	require.Zero(t, b.Ticks(last), "nobody could look at it")
	require.NoError(t, left[0].Kill())
	for b.stuck.full() {
		runtime.Gosched()
	}
	b.o.kill, b.o.within = (*os.Process).Kill, 20*time.Second
	b.Prober.again()
	require.NoError(t, b.work(context.Background(), 1, func(int, int) {}))
	require.EqualValues(t, 3, b.Ticks(last))
	for _, p := range left[1:] {
		require.NoError(t, p.Kill())
	}
	for b.stuck.count() > 0 {
		runtime.Gosched()
	}
}

// A named pipe does not make the real child wait.
func TestPipe(t *testing.T) {
	b := pretender(t)
	b.o.Args = []string{"probe-worker"}
	require.NoError(t, unix.Mkfifo(filepath.Join(b.root, "pipe.mp4"), 0o644))
	it := playlist.Item{Source: "pipe.mp4"}
	b.all(t, []playlist.Item{it})
	require.Equal(t, CannotPlay, b.Ticks(it))
	kind, _ := b.Why(it)
	require.Equal(t, media.FaultUnreadable, kind)
}

// What comes over a network lasts as long as the playlist says, and is left alone.
func TestAddresses(t *testing.T) {
	b := pretender(t)
	b.o.Args = []string{"no such child"}
	require.EqualValues(t, 250, b.Ticks(playlist.Item{Source: "rtmp://127.0.0.1:1/x", Duration: 10 * time.Second}))
	require.EqualValues(t, 0, b.Ticks(playlist.Item{Source: "rtmp://127.0.0.1:1/x"}))
	require.EqualValues(t, 100, b.Ticks(playlist.Item{Source: "http://127.0.0.1:1/x.mp4", In: time.Second, Out: 5 * time.Second}))
	require.EqualValues(t, 0, b.Ticks(playlist.Item{Folder: &playlist.Folder{Path: "x"}}))
	require.Empty(t, b.queue)
}

// Run answers in its own time, tells, and finds what has changed.
func TestRun(t *testing.T) {
	b := pretender(t)
	b.o.Rescan = 50 * time.Millisecond
	items := b.put(t, "ticks=50.mp4", "a/ticks=1.mp4")
	folder := playlist.Folder{Path: "a"}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = b.Run(ctx) }()
	stop := func() { cancel(); <-ended }
	t.Cleanup(stop)
	until := func(what string, cond func() bool) {
		t.Helper()
		for deadline := time.After(20 * time.Second); !cond(); {
			select {
			case <-b.Changed():
			case <-deadline:
				t.Fatal("not in time: " + what)
			}
		}
	}
	until("a length", func() bool { return b.Ticks(items[0]) == 50 })
	until("a listing", func() bool { return len(b.Folder(folder)) == 1 })
	// A file that is there for long, though new here, and one that is being copied.
	b.put(t, "a/ticks=2.mp4", "a/ticks=3.mp4")
	old := time.Now().Add(-time.Hour)
	require.NoError(t, os.Chtimes(filepath.Join(b.root, "a/ticks=2.mp4"), old, old))
	until("another file", func() bool { return len(b.Folder(folder)) == 2 })
	require.Equal(t, "a/ticks=2.mp4", b.Folder(folder)[1].Path)
	require.NoError(t, os.Remove(filepath.Join(b.root, "ticks=50.mp4")))
	until("its end", func() bool { return b.Ticks(items[0]) == CannotPlay })
	b.put(t, "ticks=50.mp4")
	until("its return", func() bool { return b.Ticks(items[0]) == 50 })
	stop()
	b.again()
	require.EqualValues(t, 50, b.Ticks(items[0]), "Run keeps what it knows")
}

// Children are nice, have no network and see nothing but the media.
func TestChildStepsBack(t *testing.T) {
	b := pretender(t)
	h := &hand{o: &b.o, stuck: &b.stuck}
	require.NoError(t, h.start(t.Context()))
	defer h.stop()
	tasks, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", h.Pid))
	require.NoError(t, err)
	for _, task := range tasks {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/stat", h.Pid, task.Name()))
		require.NoError(t, err)
		_, rest, _ := strings.Cut(string(stat), ") ")
		require.Equal(t, "19", strings.Fields(rest)[16], "nice")
	}
	env, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", h.Pid))
	require.NoError(t, err)
	require.NotContains(t, string(env), "HOME=")
}

var progressed atomic.Int64

func TestProgress(t *testing.T) {
	b := pretender(t)
	var names []string
	for i := range 100 {
		names = append(names, "d/ticks="+strconv.Itoa(i+1)+".mp4")
	}
	b.put(t, names...)
	require.NoError(t, b.All(context.Background(), []playlist.Item{{Folder: &playlist.Folder{Path: "d"}}}, func(done, total int) {
		if total == 100 {
			progressed.Store(int64(done))
		}
	}))
	require.EqualValues(t, 100, progressed.Load())
	require.EqualValues(t, 77, b.Ticks(playlist.Item{Source: "d/ticks=77.mp4"}))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	require.ErrorIs(t, b.All(ctx, b.put(t, "ticks=9.mp4"), nil), context.Canceled)
}

// BenchmarkKnown is what a file costs that is known: a stat in the child.
func BenchmarkKnown(b *testing.B) {
	root := b.TempDir()
	var items []playlist.Item
	for i := range 1000 {
		name := "ticks=" + strconv.Itoa(i+1) + ".mp4"
		_ = os.WriteFile(filepath.Join(root, name), []byte("x"), 0o644)
		items = append(items, playlist.Item{Source: name})
	}
	p := New(Options{House: small, Media: playlist.Options{Root: root}, StateDir: b.TempDir(), Args: []string{"pretend"}})
	require.NoError(b, p.All(b.Context(), items, nil))
	for b.Loop() {
		p.again()
		require.NoError(b, p.work(b.Context(), hands, func(int, int) {}))
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/1000, "µs/file")
}

// BenchmarkOpened is what a small clip costs that is not known.
func BenchmarkOpened(b *testing.B) {
	root := b.TempDir()
	film(b, filepath.Join(root, "one.mp4"))
	n := 0
	p := New(Options{House: small, Media: playlist.Options{Root: root}})
	for b.Loop() {
		var items []playlist.Item
		for range 200 {
			n++
			items = append(items, playlist.Item{Source: "one.mp4", In: time.Duration(n)})
		}
		require.NoError(b, p.All(b.Context(), items, nil))
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/200, "µs/file")
}

// BenchmarkTicks is what asking costs.
func BenchmarkTicks(b *testing.B) {
	p := New(Options{House: small, Media: playlist.Options{Root: "/"}})
	it := playlist.Item{Source: "films/something with a name.mp4"}
	for b.Loop() {
		p.Ticks(it)
	}
}

// Whatever a child says, the keeper takes it for an answer or for a lie.
func FuzzAnswer(f *testing.F) {
	f.Add(`{"ticks":50,"version":{"size":1,"mtime":2}}`)
	f.Add(`{"files":[{"Path":"../x"}],"more":true}`)
	f.Fuzz(func(t *testing.T, line string) {
		var a answer
		if json.Unmarshal([]byte(line), &a) != nil || a.check() != nil {
			return
		}
		require.GreaterOrEqual(t, a.Ticks, int64(0))
		for _, file := range a.Files {
			require.True(t, filepath.IsLocal(file.Path))
		}
	})
}

// Who waits for a file that hangs may give up, and that says nothing of the file.
func TestGivenUp(t *testing.T) {
	b := pretender(t)
	items := b.put(t, "hang.mp4", "ticks=1.mp4")
	ctx, cancel := context.WithCancel(context.Background())
	began := time.Now()
	time.AfterFunc(500*time.Millisecond, cancel)
	require.ErrorIs(t, b.All(ctx, items, nil), context.Canceled)
	require.Less(t, time.Since(began), 10*time.Second, "long before the file's time is over")
	_, why := b.Why(items[0])
	require.Empty(t, why)
	require.Empty(t, b.log.String())
}

// What a process left that was killed while it wrote goes with a later save.
func TestLeftOvers(t *testing.T) {
	b := pretender(t)
	name := filepath.Join(b.state, "."+keptName+"-123")
	require.NoError(t, os.WriteFile(name, []byte("{"), 0o600))
	b.all(t, b.put(t, "ticks=1.mp4"))
	require.FileExists(t, name, "it may still be written")
	long := time.Now().Add(-2 * time.Hour)
	require.NoError(t, os.Chtimes(name, long, long))
	b.all(t, b.put(t, "ticks=2.mp4"))
	require.NoFileExists(t, name)
}
