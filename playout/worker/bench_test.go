package worker

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"airloom/playout/cliptest"
	"airloom/playout/media"
	"airloom/playout/media/av"
)

var fullHD = media.House{Width: 1920, Height: 1080, FPS: media.Rational{Num: 25, Den: 1}, SampleRate: 44100, Fit: media.FitPad}

// BenchmarkRing1080p25 is what the border between child and keeper costs at 25
// ticks a second, in percent of one core: both processes' time, less what the
// same reading costs in one process. At that pace every tick may wake both
// anew, so the ring is narrowed to one slot: without that, ticks cross in
// bundles and look cheaper than they are.
func BenchmarkRing1080p25(b *testing.B) {
	across := acrossProcesses(b, 1, nil)
	reportCores(b, across, inProcess(b, nil))
}

// BenchmarkRing1080p25Paced is the ring as it runs, at the real pace: both
// processes sleep between ticks and wake up with cold caches. Run it with
// -benchtime 500x for 40 seconds.
func BenchmarkRing1080p25Paced(b *testing.B) {
	pace := time.NewTicker(40 * time.Millisecond)
	defer pace.Stop()
	across := acrossProcesses(b, slotsFor(fullHD), pace.C)
	reportCores(b, across, inProcess(b, pace.C))
}

// acrossProcesses is the CPU time of b.N ticks from a child.
func acrossProcesses(b *testing.B, slots int, pace <-chan time.Time) time.Duration {
	op := NewOpener(Options{House: fullHD})
	defer op.Close()
	op.slots = slots
	c := op.Open(context.Background(), script("ok", "ticks", "1000000000"), media.Start{})
	for range 25 {
		takeOne(b, c)
	}
	child := childClock(c.pid(b))
	began := cpu(b, unix.CLOCK_PROCESS_CPUTIME_ID) + cpu(b, child)
	b.ResetTimer()
	for range b.N {
		if pace != nil {
			<-pace
		}
		takeOne(b, c)
	}
	b.StopTimer()
	return cpu(b, unix.CLOCK_PROCESS_CPUTIME_ID) + cpu(b, child) - began
}

// inProcess is the CPU time of the same ticks without a border.
func inProcess(b *testing.B, pace <-chan time.Time) time.Duration {
	r, err := openSynthetic(context.Background(), script("ok", "ticks", "1000000000"), media.Start{}, fullHD)
	require.NoError(b, err)
	l := media.LayoutOf(fullHD)
	mem, err := unix.Mmap(-1, 0, l.Size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	require.NoError(b, err)
	defer unix.Munmap(mem)
	began := cpu(b, unix.CLOCK_PROCESS_CPUTIME_ID)
	for range b.N {
		if pace != nil {
			<-pace
		}
		samples, err := r.Read(mem)
		require.NoError(b, err)
		p, err := av.Wrap(fullHD, l, mem, func() {})
		require.NoError(b, err)
		tick := media.NewTick(samples)
		tick.Picture = p
		copySound(tick.Sound[0], mem[l.OffL:])
		copySound(tick.Sound[1], mem[l.OffR:])
		tick.Free()
	}
	return cpu(b, unix.CLOCK_PROCESS_CPUTIME_ID) - began
}

func reportCores(b *testing.B, across, within time.Duration) {
	b.ReportMetric(percentAt25(across, b.N), "%core-across")
	b.ReportMetric(percentAt25(within, b.N), "%core-in-process")
	added := percentAt25(across-within, b.N)
	b.ReportMetric(added, "%core-added")
	if b.N >= 100 && added > 1 {
		b.Errorf("the border costs %.2f %% of a core where 1 %% is allowed", added)
	}
}

// BenchmarkOpen is the time from Open to the first tick, as a join sees it.
func BenchmarkOpen(b *testing.B) {
	op := NewOpener(Options{House: fullHD})
	defer op.Close()
	for range b.N {
		c := op.Open(context.Background(), script("ok"), media.Start{})
		takeOne(b, c)
		require.NoError(b, c.Close())
	}
}

func takeOne(b *testing.B, c *Clip) {
	tick, err := c.Poll()
	if errors.Is(err, media.ErrNotReady) {
		<-c.Ready()
		tick, err = cliptest.Next(b, c)
	}
	if err != nil {
		b.Fatal(err)
	}
	tick.Free()
}

func percentAt25(d time.Duration, ticks int) float64 {
	return 100 * d.Seconds() / float64(ticks) * 25
}

// childClock is the clock of another process's CPU time.
func childClock(pid int) int32 { return int32(^pid)<<3 | 2 }

func cpu(b *testing.B, clock int32) time.Duration {
	var ts unix.Timespec
	require.NoError(b, unix.ClockGettime(clock, &ts))
	return time.Duration(ts.Nano())
}
