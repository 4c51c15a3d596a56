package worker

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"airloom/playout/cliptest"
	"airloom/playout/media"
	"airloom/playout/media/av"
)

// inherited is what this process has open as it starts, before its rights go.
var inherited = func() (list []string) {
	names, _ := filepath.Glob("/proc/self/fd/*")
	for _, name := range names {
		if to, err := os.Readlink(name); err == nil {
			list = append(list, to)
		}
	}
	return list
}()

func lockThread() { runtime.LockOSThread() }

// copyFrom lets libav read a picture out of the given memory.
func copyFrom(h media.House, mem []byte) error {
	p, err := av.Wrap(h, media.LayoutOf(h), mem, func() {})
	if err != nil {
		return err
	}
	return p.Frame().MakeWritable()
}

var small = media.House{Width: 320, Height: 180, FPS: media.Rational{Num: 30000, Den: 1001}, SampleRate: 44100, Fit: media.FitPad}

// script is the source of a synthetic clip.
func script(what string, kv ...string) media.Spec {
	q := url.Values{"ticks": {"100"}}
	for i := 0; i < len(kv); i += 2 {
		q.Set(kv[i], kv[i+1])
	}
	return media.Spec{Source: "synthetic://" + what + "?" + q.Encode()}
}

// open opens a clip whose opener, children and memory are gone at the test's end.
func opener(t testing.TB, o Options) *Opener {
	t.Helper()
	before := inventory(t)
	if o.House.Width == 0 {
		o.House = small
	}
	op := NewOpener(o)
	t.Cleanup(func() {
		require.NoError(t, op.Close())
		settled(t, op)
		require.Equal(t, before.live(), inventory(t).live())
		goleak.VerifyNone(t)
		// The runtime keeps a few files of its own once it has needed them.
		require.InDelta(t, before.fds, inventory(t).fds, 3, "files leaked")
	})
	return op
}

func settled(t testing.TB, op *Opener) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	require.NoError(t, op.Wait(ctx))
	require.Zero(t, op.Stats().Workers)
}

type stock struct {
	ticks, pictures, rings int64
	fds                    int
}

func (s stock) live() [3]int64 { return [3]int64{s.ticks, s.pictures, s.rings} }

func inventory(t testing.TB) stock {
	fds, err := os.ReadDir("/proc/self/fd")
	require.NoError(t, err)
	return stock{media.Live.Ticks.Load(), media.Live.Pictures.Load(), rings.Load(), len(fds)}
}

// checkTick holds a synthetic tick against its number, in every plane.
func checkTick(t testing.TB, tick *media.Tick, k int64) {
	t.Helper()
	f := tick.Picture.(*av.Picture).Frame()
	y, err := f.Data().Bytes(1)
	require.NoError(t, err)
	require.Equal(t, uint64(k), binary.NativeEndian.Uint64(y), "number in the picture")
	require.Equal(t, byte(k), y[f.Width()*f.Height()], "number in the chroma")
	for c := range tick.Sound {
		require.Equal(t, soundOf(k, c), tick.Sound[c][0])
		require.Equal(t, soundOf(k, c), tick.Sound[c][len(tick.Sound[c])-1])
	}
}

func TestConformance(t *testing.T) {
	op := opener(t, Options{})
	cliptest.Run(t, cliptest.Case{
		House: small,
		Ticks: 100,
		Open: func(t testing.TB, at media.Start) cliptest.Clip {
			return op.Open(context.Background(), script("ok"), at)
		},
		Check:  checkTick,
		Settle: func(t testing.TB) { settled(t, op) },
	})
	require.Zero(t, op.Stats().Crashes)
}

// drain plays a clip to its end and returns how many ticks it had, and why it ended.
func drain(t testing.TB, c *Clip) (ticks int64, end error) {
	t.Helper()
	for {
		tick, err := cliptest.Next(t, c)
		if err != nil {
			return ticks, err
		}
		checkTick(t, tick, c.start.Tick+ticks)
		tick.Free()
		ticks++
	}
}

func TestFaults(t *testing.T) {
	op := opener(t, Options{})
	for _, test := range []struct {
		spec  media.Spec
		ticks int64
		kind  media.FaultKind
		says  string
	}{
		{script("missing"), 0, media.FaultMissing, "no such thing"},
		{script("broken", "at", "9"), 9, media.FaultBroken, "bits are missing"},
		{script("crash-open"), 0, media.FaultCrashed, "signal SIGSEGV"},
		{script("crash", "at", "30", "arg", "segv"), 30, media.FaultCrashed, "signal SIGSEGV"},
		{script("crash", "at", "30", "arg", "kill"), 30, media.FaultCrashed, "signal SIGKILL, by hand or because memory ran out"},
		{script("crash", "at", "3", "arg", "panic"), 3, media.FaultCrashed, "panic: a bug of ours"},
		{script("crash", "at", "3", "arg", "exit"), 3, media.FaultCrashed, "exit status 7"},
		{script("crash", "at", "3", "arg", "oom"), 3, media.FaultBroken, "cannot allocate memory"},
		{script("garbage", "at", "3", "arg", "bytes"), 3, media.FaultCrashed, "bytes"},
		{script("garbage", "at", "3", "arg", "slot"), 3, media.FaultCrashed, "slot 4000 of"},
		{script("garbage", "at", "3", "arg", "minus"), 3, media.FaultCrashed, "slot 4294967295 of"},
		{script("garbage", "at", "3", "arg", "foreign"), 3, media.FaultCrashed, "slot 12, which is not its own"},
		{script("garbage", "at", "3", "arg", "tick"), 3, media.FaultCrashed, "tick 5 where 3 was due"},
		{script("garbage", "at", "3", "arg", "samples"), 3, media.FaultCrashed, "samples where"},
		{script("garbage", "at", "3", "arg", "huge"), 3, media.FaultCrashed, "1073741824 bytes"},
		{script("garbage", "at", "3", "arg", "hello"), 3, media.FaultCrashed, "hello at the wrong time"},
		{script("garbage", "at", "3", "arg", "kind"), 3, media.FaultCrashed, "kind 77"},
		{script("garbage", "at", "3", "arg", "json"), 3, media.FaultCrashed, "no JSON"},
		{script("garbage", "at", "3", "arg", "half"), 3, media.FaultCrashed, "exit status 0"},
		{script("garbage", "at", "3", "arg", "shrink"), 3, media.FaultUnsupported, "operation not permitted"},
	} {
		t.Run(test.says, func(t *testing.T) {
			c := op.Open(context.Background(), test.spec, media.Start{})
			n, err := drain(t, c)
			require.Equal(t, test.ticks, n, "what was handed over before the fault is played")
			var f *media.Fault
			require.ErrorAs(t, err, &f)
			require.Equal(t, test.kind, f.Kind)
			require.ErrorContains(t, err, test.says)
			_, again := c.Poll()
			require.Equal(t, err, again)
			require.NoError(t, c.Close())
		})
	}
}

// A child that hands over a slot again and again and never takes it back fills
// the pipe to it; nobody on the keeper's side may wait for that.
func TestGreedyChild(t *testing.T) {
	op := opener(t, Options{})
	c := op.Open(context.Background(), script("garbage", "arg", "greedy"), media.Start{})
	for {
		tick, err := cliptest.Next(t, c)
		if err != nil {
			require.Equal(t, media.FaultCrashed, media.KindOf(err))
			break
		}
		tick.Free()
	}
}

func TestKilledWhileItPlays(t *testing.T) {
	op := opener(t, Options{})
	c := op.Open(context.Background(), script("ok", "ticks", "1000000"), media.Start{})
	var held []*media.Tick
	for range 5 {
		tick, err := cliptest.Next(t, c)
		require.NoError(t, err)
		held = append(held, tick)
	}
	killed := time.Now()
	require.NoError(t, unix.Kill(c.pid(t), unix.SIGKILL))
	for k := int64(5); ; k++ {
		tick, err := cliptest.Next(t, c)
		if err != nil {
			require.Equal(t, media.FaultCrashed, media.KindOf(err))
			break
		}
		checkTick(t, tick, k)
		held = append(held, tick)
	}
	t.Logf("fault %v after the kill", time.Since(killed))
	settled(t, op)
	for k, tick := range held { // the memory outlives the child
		checkTick(t, tick, int64(k))
	}
	again := op.Open(context.Background(), script("ok"), media.Start{Tick: int64(len(held))})
	n, err := drain(t, again)
	require.ErrorIs(t, err, io.EOF)
	require.EqualValues(t, 100-len(held), n)
	for _, tick := range held {
		tick.Free()
	}
	require.EqualValues(t, 1, op.Stats().Crashes)
}

// At whatever moment the child is killed: an end or a fault, at once, and
// nothing left behind.
func TestKilledAtAnyMoment(t *testing.T) {
	op := opener(t, Options{})
	for i := range 60 {
		c := op.Open(context.Background(), script("ok", "ticks", "1000000"), media.Start{})
		require.Eventually(t, func() bool { return c.started() }, 10*time.Second, 10*time.Microsecond)
		time.Sleep(time.Duration(i) * 150 * time.Microsecond) // from exec to full flow
		pid := c.pid(t)
		go func() { _ = unix.Kill(pid, unix.SIGKILL) }()
		_, err := drain(t, c)
		require.Equal(t, media.FaultCrashed, media.KindOf(err))
		require.ErrorContains(t, err, "SIGKILL")
	}
	require.EqualValues(t, 60, op.Stats().Crashes)
}

func (c *Clip) started() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.proc != nil
}

func (c *Clip) pid(t testing.TB) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	require.NotNil(t, c.proc, "child is running")
	return c.proc.process.Pid
}

// One that hangs must not be waited for: not by Close, not by the channel's end.
func TestHangingChildEndsWithItsPipe(t *testing.T) {
	for _, what := range []string{"hang", "hang-open", "hang-deaf"} {
		var l logged
		op := opener(t, Options{Log: slog.New(slog.NewTextHandler(&l, nil))})
		op.polite = 10 * time.Second // what ends by itself needs far less on any machine
		if what == "hang-deaf" {
			op.polite = 100 * time.Millisecond
		}
		c := op.Open(context.Background(), script(what), media.Start{})
		require.Eventually(t, func() bool { return strings.Contains(l.String(), "hanging") }, 10*time.Second, time.Millisecond)
		_, err := c.Poll()
		require.ErrorIs(t, err, media.ErrNotReady)
		if what == "hang-deaf" {
			pid := c.pid(t)
			require.Eventually(t, func() bool { return stopped(pid) }, 10*time.Second, time.Millisecond)
		}
		begun := time.Now()
		require.NoError(t, c.Close())
		settled(t, op)
		require.Equal(t, what == "hang-deaf", time.Since(begun) >= op.polite, "gone after %v", time.Since(begun))
		require.Zero(t, op.Stats().Crashes, "we ended it")
	}
}

func TestStall(t *testing.T) {
	op := opener(t, Options{StallMax: 300 * time.Millisecond})
	c := op.Open(context.Background(), script("hang", "at", "7"), media.Start{})
	n, err := drain(t, c)
	require.EqualValues(t, 7, n)
	require.Equal(t, media.FaultStalled, media.KindOf(err))
	require.ErrorContains(t, err, "nothing came for 300ms")

	// A clip that nobody takes ticks from is not stalled.
	c = op.Open(context.Background(), script("ok"), media.Start{})
	require.Eventually(t, func() bool { return c.queued() == warmSlots }, 10*time.Second, time.Millisecond)
	time.Sleep(700 * time.Millisecond) // more than twice the limit must pass
	n, err = drain(t, c)
	require.EqualValues(t, 100, n)
	require.ErrorIs(t, err, io.EOF)
}

func (c *Clip) queued() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.queue)
}

// stopped says whether every thread of a process has come to a halt.
func stopped(pid int) bool {
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
	for _, task := range tasks {
		b, _ := os.ReadFile(task)
		if _, state, ok := strings.Cut(string(b), ") "); !ok || state[0] != 'T' {
			return false
		}
	}
	return err == nil && len(tasks) > 0
}

// A stopped process ignores EOF; where even SIGKILL has no effect it is left
// to itself, counted, and its source is not tried again.
func TestAbandoned(t *testing.T) {
	op := opener(t, Options{})
	op.polite, op.patience = 50*time.Millisecond, 50*time.Millisecond
	op.kill = func(*os.Process) error { return nil }
	c := op.Open(context.Background(), script("ok"), media.Start{})
	tick, err := cliptest.Next(t, c)
	require.NoError(t, err)
	tick.Free()
	pid := c.pid(t)
	require.NoError(t, unix.Kill(pid, unix.SIGSTOP))
	require.Eventually(t, func() bool { return stopped(pid) }, 10*time.Second, time.Millisecond)
	require.NoError(t, c.Close())
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	require.NoError(t, op.Wait(ctx))
	require.Equal(t, Stats{Workers: 1, Opened: 1, Abandoned: 1, Stuck: 1}, op.Stats())

	_, err = cliptest.Next(t, op.Open(context.Background(), script("ok"), media.Start{}))
	require.Equal(t, media.FaultStalled, media.KindOf(err))
	require.ErrorContains(t, err, "still hangs")

	require.NoError(t, unix.Kill(pid, unix.SIGKILL))
	require.Eventually(t, func() bool { return op.Stats() == Stats{Opened: 1, Abandoned: 1} }, 10*time.Second, time.Millisecond)
	op.polite, op.kill = 10*time.Second, (*os.Process).Kill
	n, err := drain(t, op.Open(context.Background(), script("ok"), media.Start{}))
	require.ErrorIs(t, err, io.EOF)
	require.EqualValues(t, 100, n)
}

func TestContextEndsTheClip(t *testing.T) {
	op := opener(t, Options{})
	ctx, cancel := context.WithCancel(context.Background())
	c := op.Open(ctx, script("ok"), media.Start{})
	tick, err := cliptest.Next(t, c)
	require.NoError(t, err)
	tick.Free()
	cancel()
	settled(t, op)
	_, err = c.Poll()
	require.ErrorIs(t, err, os.ErrClosed)
	require.NoError(t, op.Close())
	_, err = op.Open(context.Background(), script("ok"), media.Start{}).Poll()
	require.ErrorContains(t, err, "closing")
}

// A clip that waits for its turn fills a few slots only.
func TestRingOpensAsItIsUsed(t *testing.T) {
	op := opener(t, Options{})
	c := op.Open(context.Background(), script("ok"), media.Start{})
	require.Eventually(t, func() bool { return c.queued() == warmSlots }, 10*time.Second, time.Millisecond)
	for range 40 {
		tick, err := cliptest.Next(t, c)
		require.NoError(t, err)
		tick.Free()
	}
	require.Eventually(t, func() bool { return c.queued() == slotsFor(small) }, 10*time.Second, time.Millisecond)
	require.NoError(t, c.Close())
}

func TestOpensAndCloses(t *testing.T) {
	op := opener(t, Options{})
	var flat int
	for i := range 500 {
		c := op.Open(context.Background(), script("ok", "ticks", "3"), media.Start{})
		if i%3 != 0 { // a third is closed before it began
			tick, err := cliptest.Next(t, c)
			require.NoError(t, err)
			tick.Free()
		}
		require.NoError(t, c.Close())
		if i%10 == 9 {
			settled(t, op)
		}
		if i == 50 {
			flat = inventory(t).fds
		}
	}
	settled(t, op)
	require.InDelta(t, flat, inventory(t).fds, 8)
	require.EqualValues(t, 500, op.Stats().Opened)
	require.Zero(t, op.Stats().Crashes)
	var st unix.WaitStatus
	_, err := unix.Wait4(-1, &st, unix.WNOHANG, nil)
	require.ErrorIs(t, err, unix.ECHILD, "no child, no zombie")
}

// logged collects what is logged.
type logged struct {
	mu  sync.Mutex
	buf strings.Builder
}

func (l *logged) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func TestChildsLogIsBounded(t *testing.T) {
	var l logged
	op := opener(t, Options{Log: slog.New(slog.NewTextHandler(&l, nil))})
	spec := script("chatty")
	spec.Source += "&token=secret"
	_, err := drain(t, op.Open(context.Background(), spec, media.Start{}))
	require.ErrorIs(t, err, io.EOF)
	settled(t, op)
	require.Contains(t, l.String(), `level=WARN msg="line 0 "`)
	require.Contains(t, l.String(), `source="\"synthetic://chatty\""`)
	require.Contains(t, l.String(), "lines_dropped=")
	require.Less(t, strings.Count(l.String(), "\n"), 60)
	require.NotContains(t, l.String(), "secret")
}

func TestRights(t *testing.T) {
	t.Setenv("NOTIFY_SOCKET", "/run/systemd/notify")
	t.Setenv("AMS_TOKEN", "secret")
	root, outside := t.TempDir(), t.TempDir()
	inside, secret := root+"/inside", outside+"/secret"
	require.NoError(t, os.WriteFile(inside, []byte("x"), 0o600))
	require.NoError(t, os.WriteFile(secret, []byte("x"), 0o600))
	require.NoError(t, os.Symlink(secret, root+"/link"))
	op := opener(t, Options{})
	ask := func(root, what string) string {
		spec := script("rights", "arg", what)
		spec.Root = root
		_, err := cliptest.Next(t, op.Open(context.Background(), spec, media.Start{}))
		var f *media.Fault
		require.ErrorAs(t, err, &f)
		return err.Error()
	}
	no := "refused: "
	for what, want := range map[string]string{
		"read " + inside:                    "allowed",
		"list " + root:                      "allowed",
		"read " + secret:                    no,
		"read " + root + "/link":            no,
		"list " + outside:                   no,
		"read /etc/passwd":                  no,
		"read /proc/1/environ":              no,
		"write " + inside:                   no,
		"write " + root + "/new":            no,
		"exec":                              no,
		"socket":                            no,
		"dial 127.0.0.1:1":                  no,
		"threads":                           no,
		"kill " + strconv.Itoa(os.Getpid()): no,
	} {
		require.Contains(t, ask(root, what), want, what)
	}
	for what, want := range map[string]string{
		"read /etc/hosts":  "allowed",
		"socket":           "allowed",
		"read /etc/passwd": no,
		"read " + inside:   no,
		"exec":             no,
	} {
		require.Contains(t, ask("", what), want, what+" over a network")
	}
	require.NotContains(t, ask(root, "environ"), "secret")
	require.NotContains(t, ask(root, "environ"), "NOTIFY_SOCKET")
	for _, f := range strings.Split(ask(root, "files"), "\n") {
		require.Regexp(t, `^(pipe:|anon_inode:|/memfd:|/sys/fs/cgroup/|/dev/null|/dev/pts)`, f, "a file that the child should not have")
	}
}

func TestNames(t *testing.T) {
	for want, s := range map[string]media.Spec{
		`"films/one.mp4"`:              {Source: "/srv/media/films/one.mp4", Root: "/srv/media"},
		`"rtsp://…@cam.example:554/x"`: {Source: "rtsp://user:secret@cam.example:554/x?token=secret"},
		`"/elsewhere/one.mp4"`:         {Source: "/elsewhere/one.mp4", Root: "/srv/media"},
		`"srt://host:9000"`:            {Source: "srt://host:9000?passphrase=secret#x"},
	} {
		require.Equal(t, want, displayName(s))
	}
}

// What a child says in sound must not be able to stop the encoder.
func TestSoundThatIsNone(t *testing.T) {
	bits := []uint32{0x7fc00000, 0x7f800000, 0xff800000, 0x7149f2ca, 0x3f000000, 0xbf800000}
	mem := make([]byte, 4*len(bits))
	for i, b := range bits {
		binary.NativeEndian.PutUint32(mem[4*i:], b)
	}
	got := make([]float32, len(bits))
	copySound(got, mem)
	require.Equal(t, []float32{0, 0, 0, 0, 0.5, -1}, got)
}
