package worker

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"airloom/playout/cliptest"
	"airloom/playout/media"
)

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

// The child of a clip that waits is killed: its clip tells so, though the ticks
// that were handed over are still to come. An end is no such news.
func TestKilledWhileItWaits(t *testing.T) {
	op := opener(t, Options{})
	c := op.Open(context.Background(), script("ok", "ticks", "1000000"), media.Start{})
	tick, err := cliptest.Next(t, c)
	require.NoError(t, err)
	tick.Free()
	require.NoError(t, c.Err())
	require.NoError(t, unix.Kill(c.pid(t), unix.SIGKILL))
	for c.Err() == nil {
		<-c.Ready()
	}
	require.Equal(t, media.FaultCrashed, media.KindOf(c.Err()))
	require.NoError(t, c.Close())

	c = op.Open(context.Background(), script("ok", "ticks", "1"), media.Start{})
	settled(t, op)
	require.NoError(t, c.Err())
	n, err := drain(t, c)
	require.EqualValues(t, 1, n)
	require.ErrorIs(t, err, io.EOF)
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
	for _, what := range []string{"hang", "hang-call", "hang-open", "hang-deaf"} {
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
	op := opener(t, Options{StallMax: 1500 * time.Millisecond})
	c := op.Open(context.Background(), script("hang", "at", "7"), media.Start{})
	n, err := drain(t, c)
	require.EqualValues(t, 7, n)
	require.Equal(t, media.FaultStalled, media.KindOf(err))
	require.ErrorContains(t, err, "nothing came for 1.5s")

	// A clip that nobody takes ticks from is not stalled.
	c = op.Open(context.Background(), script("ok"), media.Start{})
	require.Eventually(t, func() bool { return c.queued() == warmSlots }, 10*time.Second, time.Millisecond)
	time.Sleep(1700 * time.Millisecond) // more than the limit must pass
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
