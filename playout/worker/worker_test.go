package worker

import (
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
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
	require.Eventually(t, func() bool { return c.queued() >= slotsFor(small)-(bundle-1) }, 10*time.Second, time.Millisecond)
	require.NoError(t, c.Close())
}

// A decoder that pauses for 300 ms finds enough ticks at hand, at whatever point
// of a bundle of slots it does so, while two pictures are held downstream.
func TestHiccupDoesNotShow(t *testing.T) {
	for at := 60; at < 60+bundle; at++ {
		t.Run(fmt.Sprint(at), func(t *testing.T) { hiccup(t, at) })
	}
}

func hiccup(t *testing.T, at int) {
	var l logged
	op := opener(t, Options{House: hd, Log: slog.New(slog.NewTextHandler(&l, nil))})
	c := op.Open(context.Background(), script("hang", "at", fmt.Sprint(at)), media.Start{})
	paused := func() bool { return strings.Contains(l.String(), "hanging") }
	var held []*media.Tick
	take := func() bool {
		tick, err := c.Poll()
		if err != nil {
			require.ErrorIs(t, err, media.ErrNotReady)
			return false
		}
		if held = append(held, tick); len(held) > 2 {
			held[0].Free()
			held = held[1:]
		}
		return true
	}
	for !paused() {
		// As at a tick's pace: the child is done with all it was given.
		require.Eventually(t, func() bool { return c.resting() || paused() }, 10*time.Second, 50*time.Microsecond)
		if !paused() {
			require.True(t, take())
		}
	}
	bridged := 1 // the tick on air lasts as well
	for take() {
		bridged++
	}
	require.GreaterOrEqual(t, time.Duration(bridged)*40*time.Millisecond, 300*time.Millisecond, "paused at tick %d", at)
	for _, tick := range held {
		tick.Free()
	}
	require.NoError(t, c.Close())
}

// resting says that the child waits for slots.
func (c *Clip) resting() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ring != nil && len(c.queue) > 0 && c.ring.granted.Load() == 0
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
