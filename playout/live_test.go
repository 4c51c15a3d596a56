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
	tries []int64 // when it was opened
	fault media.FaultKind
}

func (s *sender) Open(ctx context.Context, spec media.Spec, at media.Start) Clip {
	if spec.Source != cam {
		return s.theatre.Open(ctx, spec, at)
	}
	s.tries = append(s.tries, s.st.n)
	s.open++
	return &liveClip{fakeClip: fakeClip{th: s.theatre, src: cam, sc: script{ticks: 1 << 40}, at: at.Tick, k: 1000, airing: len(s.tries)}, of: s}
}

const cam = "rtsp://cam.example/door"

type liveClip struct {
	fakeClip
	of *sender
}

func (c *liveClip) Poll() (*media.Tick, error) {
	if !c.of.there(c.of.st.n) {
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
	if next.Item.Source == cam {
		next.Item.Duration = l.d
	}
	return next
}

func onCamera(t *testing.T, d time.Duration, there func(n int64) bool) (*stage, *sender) {
	th := map[string]script{"a": {ticks: 50}, "b": {ticks: 50}, "f": {ticks: 10}}
	st := newStage(t, pal, list{"b"}, th, "f")
	s := &sender{theatre: st.theatre, st: st, there: there, fault: media.FaultAway}
	st.look.close()
	st.rooms.Opener, st.rooms.Rundown = s, timed{list{"a", cam, "b"}, d}
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

// What is wrong for good is not tried again.
func TestALiveItemThatCannotPlayIsPassedOver(t *testing.T) {
	st, s := onCamera(t, 20*time.Second, func(int64) bool { return false })
	s.fault = media.FaultUnsupported
	st.steps(60)
	require.EqualValues(t, 50, st.shotOf("b", 0))
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

func TestPausesGrow(t *testing.T) {
	var got []time.Duration
	for n := 1; n <= 6; n++ {
		got = append(got, pause(n))
	}
	s := time.Second
	require.Equal(t, []time.Duration{s / 2, s, 2 * s, 3 * s, 3 * s, 3 * s}, got)
}
