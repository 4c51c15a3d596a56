package playout

import (
	"context"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/playlist"
	"airloom/playout/media"
)

func TestClipsJoinWithoutALostOrRepeatedTick(t *testing.T) {
	st := newStage(t, pal, list{"a", "b"}, map[string]script{"a": {ticks: 10}, "b": {ticks: 7}}, "")
	st.steps(34)
	require.Equal(t, []string{"a0-9", "b0-6", "a0-9", "b0-6"}, st.story())
	for i, s := range st.cam.shots {
		require.EqualValues(t, i, s.n)
		require.Equal(t, 1764, s.samples)
	}
}

// At 29.97 fps and 44.1 kHz a tick is 1471.47 samples: every sample must air
// once, wherever on the channel's grid the clip begins.
func TestSoundIsContiguousOffTheSampleGrid(t *testing.T) {
	ntsc := pal
	ntsc.FPS = media.Rational{Num: 30000, Den: 1001}
	st := newStage(t, ntsc, list{"a", "b"}, map[string]script{"a": {ticks: 101}, "b": {ticks: 33}}, "")
	st.steps(2000)
	var total int64
	for i, s := range st.cam.shots {
		total += int64(s.samples)
		require.Equal(t, st.theatre.grid.Sample(int64(i)+1), total)
		if i > 0 && s.src == st.cam.shots[i-1].src && s.tick == st.cam.shots[i-1].tick+1 {
			prev := st.cam.shots[i-1]
			require.Equal(t, prev.from+float32(prev.samples), s.from, "tick %d", i)
		}
	}
}

func TestBadItemsCostNothing(t *testing.T) {
	st := newStage(t, pal, list{"a", "missing", "empty", "b", "broken"}, map[string]script{
		"a": {ticks: 10}, "b": {ticks: 10}, "empty": {}, "broken": {fault: media.FaultBroken, faultAt: 15, ticks: 50},
	}, "")
	st.steps(70)
	require.Equal(t, []string{"a0-9", "b0-9", "broken0-14", "a0-9", "b0-9", "broken0-14"}, st.story())
	require.Equal(t, Skipped, st.rows[1].Outcome)
	require.EqualValues(t, 10, st.rows[1].Start, "where it would have aired")
	require.ErrorContains(t, st.rows[1].Cause, "missing is missing")
	require.Equal(t, EndedEarly, st.rows[4].Outcome)
	require.EqualValues(t, 15, st.rows[4].Ticks)
}

func TestStallHoldsThenFillsThenComesBack(t *testing.T) {
	scripts := map[string]script{"a": {ticks: 20, stallAt: 10, stallFor: 100}, "fill": {ticks: 30}}
	st := newStage(t, pal, list{"a"}, scripts, "fill")
	st.steps(120)
	require.Equal(t, []string{"a0-9", "a9×50", "fill0-49", "a10-19"}, st.story()[:4])
}

// A filler takes a while to open: it is opened before the hold has lasted its
// time, and the slate never flashes up.
func TestSlowFillerComesWithoutTheSlate(t *testing.T) {
	scripts := map[string]script{"a": {ticks: 20, stallAt: 10, stallFor: 200}, "fill": {ticks: 30, slowOpen: 40}}
	st := newStage(t, pal, list{"a"}, scripts, "fill")
	st.steps(120)
	require.Equal(t, []string{"a0-9", "a9×64"}, st.story()[:2])
	require.NotContains(t, strings.Join(st.story(), " "), "slate")
}

func TestBrokenFillerIsTriedNowAndThen(t *testing.T) {
	scripts := map[string]script{"a": {ticks: 20, stallAt: 10, stallFor: 1 << 30}}
	st := newStage(t, pal, list{"a"}, scripts, "fill")
	st.steps(300)
	n := 0
	for _, o := range st.opened {
		if o == "fill@0" {
			n++
		}
	}
	require.InDelta(t, 4, n, 1, "every 3 s")
	require.Equal(t, []string{"a0-9", "a9×50", "slate0×240"}, st.story())
}

// A missing file that is to air ten times in a row is one bad item, not ten.
func TestBadItemThatRepeatsCostsNothing(t *testing.T) {
	st := newStage(t, pal, list{}, map[string]script{"a": {ticks: 10}, "b": {ticks: 10}}, "")
	st.rooms.Rundown = repeats{list{"a", "gone", "b"}, 10}
	st.look.retry = 0
	st.steps(400)
	require.NotContains(t, strings.Join(st.story()[1:], " "), "×") // the first are from before the rundown was there
}

func TestAHoldBreaksAnItemIntoPieces(t *testing.T) {
	scripts := map[string]script{"a": {ticks: 20, stallAt: 10, stallFor: 5}, "b": {ticks: 5}}
	st := newStage(t, pal, list{"a", "b"}, scripts, "")
	st.steps(30)
	require.Equal(t, []Row{
		{Entry: st.rows[0].Entry, Start: 0, Ticks: 10, Outcome: Played},
		{Entry: st.rows[0].Entry, Start: 10, Ticks: 5, At: 10, Outcome: Hold},
		{Entry: st.rows[0].Entry, Start: 15, Ticks: 10, At: 10, Outcome: Played, Final: true},
	}, st.rows[:3])
}

// A file that kills its decoder whenever it is opened is left out from the third
// time on, also if it never got on air.
func TestCrashesInTheLookAheadBanTheVersionToo(t *testing.T) {
	scripts := map[string]script{
		"a": {ticks: 50}, "b": {ticks: 50, fault: media.FaultCrashed, faultAt: 0, version: "b 1"},
	}
	st := newStage(t, pal, list{"a", "b"}, scripts, "")
	st.steps(160)
	require.NotContains(t, strings.Join(st.story(), " "), "b")
	require.NotContains(t, strings.Join(st.story(), " "), "×")
}

func TestStallWithoutFillerShowsTheSlateAndIsGivenUp(t *testing.T) {
	scripts := map[string]script{"a": {ticks: 20, stallAt: 10, stallFor: 1 << 30}, "b": {ticks: 5}}
	st := newStage(t, pal, list{"a", "b"}, scripts, "")
	st.steps(10 + 376 + 5)
	require.Equal(t, []string{"a0-9", "a9×50", "slate0×325", "b0-4"}, st.story()[:4])
	var got Row
	for _, r := range st.rows {
		if r.Cause != nil {
			got = r
		}
	}
	require.Equal(t, EndedEarly, got.Outcome)
	require.Equal(t, media.FaultStalled, media.KindOf(got.Cause))
}

func TestCrashGoesOnWhereTheItemWouldBe(t *testing.T) {
	scripts := map[string]script{
		"a": {ticks: 60, fault: media.FaultCrashed, faultAt: 10, faultOnce: true},
		"b": {ticks: 5},
	}
	st := newStage(t, pal, list{"a", "b"}, scripts, "")
	st.steps(65)
	require.Equal(t, []string{"a0-9", "a9×5", "a15-59", "b0-4"}, st.story())
	require.Contains(t, st.opened, "a@15")
}

func TestCrashReopenedLateDropsWhatWouldHaveAired(t *testing.T) {
	scripts := map[string]script{"a": {ticks: 60, slowOpen: 12, fault: media.FaultCrashed, faultAt: 10, faultOnce: true}}
	st := newStage(t, pal, list{"a"}, scripts, "")
	for range 12 {
		st.ahead()
	}
	st.steps(60)
	require.Equal(t, "a0-9", st.story()[0])
	last := st.cam.shots[59]
	require.EqualValues(t, 59, last.tick, "in step with where it would be")
}

func TestSecondCrashEndsTheItemAndBansTheVersion(t *testing.T) {
	scripts := map[string]script{
		"a": {ticks: 60, fault: media.FaultCrashed, faultAt: 20, version: "a 1"},
		"b": {ticks: 30},
	}
	st := newStage(t, pal, list{"a", "b"}, scripts, "")
	st.steps(100)
	require.Equal(t, []string{"a0-19", "a19-19", "b0-29"}, st.story()[:3])
	banned := false
	for _, r := range st.rows {
		banned = banned || r.Outcome == Skipped && media.KindOf(r.Cause) == media.FaultCrashed
	}
	require.True(t, banned, "skipped the next time round")
}

func TestNothingPlaysAndThenSomethingDoes(t *testing.T) {
	scripts := map[string]script{}
	st := newStage(t, pal, list{"a", "b"}, scripts, "")
	st.steps(200)
	require.Equal(t, []string{"slate0×200"}, st.story())
	require.Less(t, len(st.opened), 12, "retried every few seconds, not at every tick")
	scripts["b"] = script{ticks: 50}
	st.steps(100)
	require.Contains(t, st.story(), "b0-49")
}

func TestEmptyRundownShowsTheSlate(t *testing.T) {
	st := newStage(t, pal, list{}, nil, "")
	st.steps(100)
	require.Equal(t, []string{"slate0×100"}, st.story())
}

func TestTooHeavySourceIsGivenUp(t *testing.T) {
	scripts := map[string]script{"a": {ticks: 5000, every: 3, heavy: true}, "b": {ticks: 50}}
	st := newStage(t, pal, list{"a", "b"}, scripts, "")
	st.ahead()
	st.ahead()
	st.steps(120)
	var held int64
	for _, r := range st.rows {
		if r.Entry.Item.Source == "b" {
			break
		}
		if r.Outcome == Hold {
			held += r.Ticks
		}
	}
	require.LessOrEqual(t, held, int64(25), "at most a second of hold")
	require.Contains(t, st.story(), "b0-49")
}

// A light clip that comes slowly suffers from a busy machine: giving it up would
// put another in its place that fares no better.
func TestLightClipOnABusyMachineIsKept(t *testing.T) {
	st := newStage(t, pal, list{"a", "b"}, map[string]script{"a": {ticks: 5000, every: 3}, "b": {ticks: 50}}, "")
	st.ahead()
	st.ahead()
	st.steps(300)
	for _, s := range st.cam.shots {
		require.NotEqual(t, "b", s.src)
	}
}

func TestSkippedPicturesAreCounted(t *testing.T) {
	st := newStage(t, pal, list{"a"}, map[string]script{"a": {ticks: 10}}, "")
	st.steps(5)
	st.cam.full = true
	st.steps(5)
	_, c := st.Snapshot()
	require.Equal(t, Counts{Ticks: 10, Skipped: 5}, c)
}

func TestRefreshLooksUpWhatFollowsAgain(t *testing.T) {
	st := newStage(t, pal, list{"a", "b", "c"}, map[string]script{"a": {ticks: 10}, "b": {ticks: 10}, "c": {ticks: 10}}, "")
	st.steps(3)
	st.rooms.Rundown = list{"a", "c"}
	st.Refresh()
	st.steps(17)
	require.Equal(t, []string{"a0-9", "c0-9"}, st.story())
}

// An edit just before a join: what it put next is not ready, and what was next
// airs rather than a hold. The edit holds from the join after.
func TestAnEditBeforeAJoinCostsNoHold(t *testing.T) {
	st := newStage(t, pal, list{"a", "b"}, map[string]script{"a": {ticks: 10}, "b": {ticks: 10}, "c": {ticks: 10, slowOpen: 8}}, "")
	st.steps(7)
	st.rooms.Rundown = list{"a", "c"}
	st.Refresh()
	st.steps(23)
	require.Equal(t, []string{"a0-9", "b0-9", "c0-9"}, st.story())
}

func TestSnapshotTellsWhatAirs(t *testing.T) {
	st := newStage(t, pal, list{"a", "b"}, map[string]script{"a": {ticks: 10}, "b": {ticks: 7}}, "")
	st.steps(13)
	s, _ := st.Snapshot()
	require.Equal(t, "b", s.Air.Item.Source)
	require.EqualValues(t, 10, s.AirFirst)
	require.EqualValues(t, 7, s.AirTicks)
	require.Equal(t, "a", s.Next.Item.Source)
	require.EqualValues(t, 10, s.NextTicks)
}

// nobody is a picture, an encoder and a clip that cost nothing: what is left is
// the engine.
type nobody struct {
	tick  *media.Tick
	k     int64
	ticks int64
	ready chan struct{}
}

func (n *nobody) Ref() media.Picture { return n }
func (n *nobody) Release()           {}

func (n *nobody) Offer(t *media.Tick) bool { t.Free(); return true }
func (n *nobody) Room() <-chan struct{}    { return n.ready }

func (n *nobody) Open(_ context.Context, _ media.Spec, at media.Start) Clip {
	return &nobody{tick: n.tick, k: at.Tick, ticks: n.ticks}
}

func (n *nobody) Poll() (*media.Tick, error) {
	if n.k >= n.ticks {
		return nil, io.EOF
	}
	if n.k == 0 { // the look-ahead's head lies there while the item on air is read
		n.tick = media.NewKept(n.tick.Sound)
	}
	t := n.tick.Again(n.k, n)
	n.k++
	return t, nil
}

func (n *nobody) Ready() <-chan struct{}       { return n.ready }
func (n *nobody) Info() (media.ClipInfo, bool) { return media.ClipInfo{Ticks: n.ticks}, true }
func (n *nobody) Close() error                 { return nil }

func newBare(house media.House, ticks int64) *Engine {
	sound := make([]float32, 2000)
	n := &nobody{tick: media.NewKept([2][]float32{sound, sound}), ticks: ticks, ready: make(chan struct{})}
	return New(Config{
		House: house, HoldMax: 2 * time.Second, StallMax: 15 * time.Second,
		Resolve: func(e playlist.Entry) (media.Spec, error) { return media.Spec{Source: e.Item.Source}, nil },
	}, Rooms{
		Opener: n, Encoder: n, Rundown: list{"a", "b"}, Slate: func() media.Picture { return n },
		Report: func(Row) {}, Log: slog.New(slog.DiscardHandler),
	})
}

func TestASteadyStepAllocatesNothing(t *testing.T) {
	e := newBare(pal, 1<<40)
	for range 100 {
		e.Step()
	}
	require.Zero(t, testing.AllocsPerRun(1000, e.Step))
}

// What a rehearsal pays for a tick of items of 20 s.
func BenchmarkStep(b *testing.B) {
	ntsc := pal
	ntsc.FPS = media.Rational{Num: 30000, Den: 1001}
	for name, house := range map[string]media.House{"25": pal, "29.97": ntsc} {
		b.Run(name, func(b *testing.B) {
			e := newBare(house, 500)
			b.ReportAllocs()
			for b.Loop() {
				e.Step()
			}
		})
	}
}
