package playout

import (
	"context"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/playlist"
	"airloom/playout/media"
)

// sender is a live source among the fakes: there, or not, by the channel's tick.
type sender struct {
	*theatre
	st    *stage
	there func(n int64) bool
	tries []int64         // when it was opened
	fault media.FaultKind // what it says while it is not; "": nothing
}

func (s *sender) Open(ctx context.Context, spec media.Spec, at media.Start) Clip {
	if spec.Source != cam && spec.Source != ts {
		return s.theatre.Open(ctx, spec, at)
	}
	s.tries = append(s.tries, s.st.n)
	s.open++
	return &liveClip{fakeClip: fakeClip{th: s.theatre, src: spec.Source, sc: script{ticks: 1 << 40}, at: at.Tick, k: 1000, airing: len(s.tries)}, of: s}
}

const (
	cam = "rtsp://cam.example/door"
	ts  = "http://cam.example/a.ts" // a live one by what it sends, not by its name
)

type liveClip struct {
	fakeClip
	of *sender
}

func (c *liveClip) Poll() (*media.Tick, error) {
	if !c.of.there(c.of.st.n) {
		if c.of.fault == "" {
			return nil, media.ErrNotReady
		}
		return nil, &media.Fault{Kind: c.of.fault, Err: io.ErrUnexpectedEOF}
	}
	return c.fakeClip.Poll()
}

func (c *liveClip) Info() (media.ClipInfo, bool) { return media.ClipInfo{Live: true}, true }

// timed is a rundown of which the camera airs for some seconds.
type timed struct {
	list
	d time.Duration
}

func (l timed) Next(e playlist.Entry, left, n int64) playlist.Entry {
	next := l.list.Next(e, left, n)
	if next.Item.Source == cam || next.Item.Source == ts {
		next.Item.Duration = l.d
	}
	return next
}

func onCamera(t *testing.T, d time.Duration, there func(n int64) bool) (*stage, *sender) {
	return onSource(t, cam, d, there)
}

func onSource(t *testing.T, src string, d time.Duration, there func(n int64) bool) (*stage, *sender) {
	th := map[string]script{"a": {ticks: 50}, "b": {ticks: 50}, "f": {ticks: 10}}
	st := newStage(t, pal, list{"b"}, th, "f")
	s := &sender{theatre: st.theatre, st: st, there: there, fault: media.FaultAway}
	st.look.close()
	st.rooms.Opener, st.rooms.Rundown = s, timed{list{"a", src, "b"}, d}
	st.Warm()
	return st, s
}

// rowsOf are the rows of the camera.
func (st *stage) rowsOf(source string) (out []Row) {
	for _, r := range st.rows {
		if r.Entry.Item.Source == source {
			out = append(out, r)
		}
	}
	return out
}

// What is live ends when it was planned to, whatever its source does, and is opened
// again until it is back.
func TestALiveItemHasItsTime(t *testing.T) {
	st, s := onCamera(t, 20*time.Second, func(n int64) bool { return n < 150 || n >= 300 })
	st.steps(50 + 500 + 50)
	require.EqualValues(t, 50, st.shotOf(cam, st.firstOf(cam)), "it begins at its time")
	require.EqualValues(t, 550, st.shotOf("b", 0), "and ends at its time")
	for n := 152; n < 300; n++ {
		require.NotEqual(t, cam+"!", st.cam.shots[n].src)
	}
	require.Equal(t, "f", st.cam.shots[250].src, "the filler stands in")
	require.Equal(t, cam, st.cam.shots[330+75].src, "within 3 s of its coming back it is on air")
	rows := st.rowsOf(cam)
	last := rows[len(rows)-1]
	require.True(t, last.Final)
	require.Equal(t, Played, last.Outcome)
	require.ErrorContains(t, last.Cause, "of it are missing: its source was away once")
	require.Less(t, len(s.tries), 8, "no storm")
	for i := 2; i < len(s.tries); i++ {
		require.GreaterOrEqual(t, s.tries[i]-s.tries[i-1], int64(12))
	}
}

// firstOf is the first tick of a source's that was shown.
func (st *stage) firstOf(src string) int64 {
	for _, s := range st.cam.shots {
		if s.src == src {
			return s.tick
		}
	}
	return -1
}

// A camera that is not there at its start gets its time all the same.
func TestALiveItemThatIsNotThereAtItsStart(t *testing.T) {
	st, _ := onCamera(t, 20*time.Second, func(n int64) bool { return n >= 200 })
	st.steps(50 + 500 + 10)
	require.Equal(t, cam, st.cam.shots[290].src)
	require.EqualValues(t, 550, st.shotOf("b", 0))
	snap, _ := st.Snapshot()
	require.Empty(t, snap.Away)
}

// One that never comes is skipped, and its time is filled.
func TestALiveItemThatNeverComes(t *testing.T) {
	st, _ := onCamera(t, 20*time.Second, func(int64) bool { return false })
	st.steps(300)
	snap, _ := st.Snapshot()
	require.Len(t, snap.Away, 1)
	require.Greater(t, snap.Away[0].Attempt, 2)
	st.steps(300)
	require.EqualValues(t, 550, st.shotOf("b", 0))
	rows := st.rowsOf(cam)
	require.Equal(t, Skipped, rows[len(rows)-1].Outcome)
}

// Without a planned end it is waited for as long as for any other source.
func TestALiveItemWithoutAnEndIsGivenUp(t *testing.T) {
	st, _ := onCamera(t, 0, func(n int64) bool { return n < 150 })
	st.steps(150 + 15*25 + 30)
	b := st.shotOf("b", 0)
	require.InDelta(t, 150+15*25, b, 30)
	rows := st.rowsOf(cam)
	require.Equal(t, EndedEarly, rows[len(rows)-1].Outcome)
}

// What is wrong for good is not tried again: what may not be opened and, of an item
// without a length, what cannot be played from the first.
func TestALiveItemThatCannotPlayIsPassedOver(t *testing.T) {
	for d, kind := range map[time.Duration]media.FaultKind{20 * time.Second: media.FaultUnreadable, 0: media.FaultUnsupported} {
		st, s := onCamera(t, d, func(int64) bool { return false })
		s.fault = kind
		st.steps(60)
		require.EqualValues(t, 50, st.shotOf("b", 0))
	}
}

// A server that is starting says all kinds of things in place of the stream: within
// the item's time it is asked again whatever they are.
func TestALiveItemIsOpenedAgainWhateverTheServerSays(t *testing.T) {
	for _, kind := range []media.FaultKind{media.FaultUnsupported, media.FaultBroken, media.FaultMissing} {
		st, s := onCamera(t, 20*time.Second, func(n int64) bool { return n >= 100 && n < 300 || n >= 330 })
		s.fault = kind
		st.steps(50 + 500 + 10)
		for _, n := range []int{200, 420} {
			require.Equal(t, cam, st.cam.shots[n].src, "%s at %d", kind, n)
		}
		require.EqualValues(t, 550, st.shotOf("b", 0))
	}
}

// A stream over http tells that it is live by what comes, whatever its name is like:
// it has its time as any other.
func TestALiveSourceThatIsNamedLikeAFile(t *testing.T) {
	st, s := onSource(t, ts, 20*time.Second, func(n int64) bool { return n < 150 || n >= 300 })
	st.steps(50 + 500 + 50)
	require.EqualValues(t, 550, st.shotOf("b", 0), "it ends at its time")
	require.Equal(t, ts, st.cam.shots[330+75].src, "and is opened again within it")
	require.Greater(t, len(s.tries), 1)
	rows := st.rowsOf(ts)
	require.Equal(t, Played, rows[len(rows)-1].Outcome)
}

// A live source that waits for its turn is not opened long before, and what airs
// of it is what comes then.
func TestALiveSourceIsFreshWhenItAirs(t *testing.T) {
	th := map[string]script{"long": {ticks: 1000}}
	st := newStage(t, pal, list{"long"}, th, "")
	s := &sender{theatre: st.theatre, st: st, there: func(int64) bool { return true }}
	st.look.close()
	st.rooms.Opener, st.rooms.Rundown = s, timed{list{"long", cam}, time.Minute}
	st.Warm()
	st.steps(1100)
	require.Len(t, s.tries, 1)
	require.InDelta(t, 1000-15*25, s.tries[0], 30, "15 s ahead")
	require.EqualValues(t, 1000, st.shotOf(cam, st.firstOf(cam)))
	require.InDelta(t, 1000+15*25, st.firstOf(cam), 40, "it was read all the while")
}

// Under an operator's hold what is live goes on, and ends at its time.
func TestALiveItemRunsOnUnderAHold(t *testing.T) {
	st, _ := onCamera(t, 20*time.Second, func(int64) bool { return true })
	st.steps(100)
	st.forced = forced{Hold, "ops", "hold by ops"}
	st.steps(100)
	st.forced = forced{}
	st.steps(10)
	require.InDelta(t, st.cam.shots[99].tick+101, st.cam.shots[200].tick, 3)
	st.steps(350)
	require.EqualValues(t, 550, st.shotOf("b", 0))
}

// Its time ends under a hold, too: its source is let go of, and when the hold is
// lifted what follows airs.
func TestALiveItemEndsUnderAHold(t *testing.T) {
	st, s := onCamera(t, 20*time.Second, func(n int64) bool { return n < 400 })
	st.steps(100)
	st.forced = forced{Hold, "ops", "hold by ops"}
	st.steps(600)
	tries := len(s.tries)
	require.Greater(t, tries, 1)
	st.steps(100)
	require.Len(t, s.tries, tries, "nobody waits for it any more")
	st.forced = forced{}
	st.steps(10)
	require.EqualValues(t, 800, st.shotOf("b", 0))
	rows := st.rowsOf(cam)
	last := rows[len(rows)-1]
	require.True(t, last.Final)
	require.Equal(t, EndedEarly, last.Outcome)
	require.EqualValues(t, 550, last.Start+last.Ticks, "at its time")
	require.EqualValues(t, 500, last.At+last.Ticks)
}

// What an operator has lined up is kept ready while it waits: a live source that goes
// is opened again.
func TestALiveItemThatIsLinedUpIsTended(t *testing.T) {
	ordered(t, map[string]script{"a": {ticks: 400}, "b": {ticks: 50}, "c": {ticks: 50}}, func(t *testing.T, st *stage) {
		s := &sender{theatre: st.theatre, st: st, there: func(n int64) bool { return n < 100 || n >= 200 }, fault: media.FaultAway}
		st.rooms.Opener = s
		st.steps(20)
		answer := st.asks(t.Context(), false, "ops", Cut, to(playlist.Entry{Item: playlist.Item{ID: cam, Source: cam, Duration: 20 * time.Second}}))
		st.steps(150)
		snap, _ := st.Snapshot()
		require.Len(t, snap.Away, 1)
		st.steps(240)
		require.NoError(t, answered(t, answer))
		require.EqualValues(t, 400, st.shotOf(cam, st.firstOf(cam)))
		require.Greater(t, len(s.tries), 1)
	})
}

// timedPlan is a plan in which the camera airs for some seconds.
type timedPlan struct {
	*plan
	d time.Duration
}

func (p timedPlan) Next(e playlist.Entry, left, n int64) playlist.Entry {
	next := p.plan.Next(e, left, n)
	if next.Item.Source == cam {
		next.Item.Duration = p.d
	}
	return next
}

// A hard start of a camera that has not answered yet is at its time all the same, and
// so is its end.
func TestAHardStartOfALiveItemThatIsNotOpenYet(t *testing.T) {
	st, p := newPlanned(t, pal, list{"a"}, map[string]script{"a": {ticks: 2000}}, start{at: pal25(500), items: list{cam}})
	s := &sender{theatre: st.theatre, st: st, there: func(n int64) bool { return n >= 600 }}
	st.rooms.Opener, st.rooms.Rundown = s, timedPlan{p, 10 * time.Second}
	st.steps(900)
	require.EqualValues(t, 499, st.cam.shots[499].tick)
	require.NotEqual(t, "a", st.cam.shots[560].src, "its time has begun")
	require.Equal(t, cam, st.cam.shots[620].src)
	require.Equal(t, "a", st.cam.shots[750].src)
	require.EqualValues(t, 500, st.cam.shots[750].tick, "where it was cut")
	rows := st.rowsOf(cam)
	require.EqualValues(t, 500, rows[0].Start)
}

func TestPausesGrow(t *testing.T) {
	var got []time.Duration
	for n := 1; n <= 6; n++ {
		got = append(got, pause(n))
	}
	s := time.Second
	require.Equal(t, []time.Duration{s / 2, s, 2 * s, 3 * s, 3 * s, 3 * s}, got)
}
