package playout

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/playlist"
	"airloom/playout/media"
)

// newPlanned is a stage whose rundown is a plan: the base list, and starts at
// ticks of a channel that began at noon.
func newPlanned(t tester, house media.House, base list, scripts map[string]script, starts ...start) (*stage, *plan) {
	st := newStage(t, house, list{}, scripts, "")
	p := &plan{grid: st.theatre.grid, zero: noon, base: base, starts: starts}
	st.rooms.Rundown = p
	st.Refresh()
	st.attend()
	st.Warm()
	return st, p
}

func (st *stage) at(tick int64) time.Time { return noon.Add(st.theatre.grid.Due(tick)) }

// pal25 is when tick n of a channel at 25 fps is due.
func pal25(n int64) time.Time { return noon.Add(time.Duration(n) * 40 * time.Millisecond) }

// final are the rows with which something ended.
func (st *stage) final() (out []Row) {
	for _, r := range st.rows {
		if r.Final {
			out = append(out, r)
		}
	}
	return out
}

func TestAHardStartCutsInAtItsTickAndTheBaseGoesOn(t *testing.T) {
	scripts := map[string]script{"a": {ticks: 1000}, "b": {ticks: 1000}, "news": {ticks: 100}}
	st, _ := newPlanned(t, pal, list{"a", "b"}, scripts, start{at: pal25(500), items: list{"news"}})
	st.steps(1200)
	require.Equal(t, []string{"a0-499", "news0-99", "a500-999", "b0-99"}, st.story())
	rows := st.final()
	require.Equal(t, Row{Entry: rows[0].Entry, Start: 0, Ticks: 500, Outcome: Cut, Cause: Reason("12:00:20 timed.yml began"), Final: true}, rows[0])
	require.Equal(t, Played, rows[1].Outcome)
	require.Equal(t, pal25(500), rows[1].Entry.Planned)
	require.Equal(t, playlist.ModeHard, rows[1].Entry.Mode)
	require.Equal(t, Row{Entry: rows[2].Entry, Start: 600, Ticks: 500, At: 500, Outcome: Played, Final: true}, rows[2])
	require.EqualValues(t, 500, rows[2].Entry.From)
	require.Equal(t, []string{"a@0", "news@0", "a@500", "b@0", "a@0"}, st.opened, "nothing is opened that the cut will take off")
}

func TestTheSnapshotTellsWhatTheClockWillDo(t *testing.T) {
	scripts := map[string]script{"a": {ticks: 1000}, "b": {ticks: 1000}, "news": {ticks: 100}}
	st, _ := newPlanned(t, pal, list{"a", "b"}, scripts, start{at: pal25(900), items: list{"news"}})
	for _, n := range []int{100, 500} { // before and after it is opened
		st.steps(n)
		s, _ := st.Snapshot()
		require.EqualValues(t, 900, s.CutAt)
		require.EqualValues(t, 900, s.NextAt)
		require.Equal(t, "news", s.Next.Item.Source)
	}
	st.steps(450)
	s, _ := st.Snapshot()
	require.EqualValues(t, 900, s.Air.From)
	require.EqualValues(t, 950, s.Left(1050))
	require.EqualValues(t, 1100, s.NextAt)
	require.Equal(t, Never, s.CutAt)
	require.Equal(t, "b", s.Next.Item.Source)
}

func TestAHardStartIsOpenedWellAhead(t *testing.T) {
	scripts := map[string]script{"a": {ticks: 1000}, "news": {ticks: 100, slowOpen: 370}}
	st, _ := newPlanned(t, pal, list{"a"}, scripts, start{at: pal25(500), items: list{"news"}})
	st.steps(600)
	require.Equal(t, []string{"a0-499", "news0-99"}, st.story()[:2])
}

// What is on air goes on until what cuts in is ready.
func TestACutThatIsNotReadyCostsNoHold(t *testing.T) {
	scripts := map[string]script{"a": {ticks: 1000}, "news": {ticks: 100, slowOpen: 40}}
	st, p := newPlanned(t, pal, list{"a"}, scripts, start{at: pal25(500), items: list{"news"}})
	st.steps(50)
	p.starts[0].at = pal25(70)
	st.Refresh()
	st.steps(150)
	require.Equal(t, []string{"a0-90", "news0-99", "a91-99"}, st.story())
}

func TestFailuresOfWhatCutsInArePassedOverAheadOfTime(t *testing.T) {
	scripts := map[string]script{"a": {ticks: 1000}, "n2": {ticks: 50}, "n4": {ticks: 50}}
	st, _ := newPlanned(t, pal, list{"a"}, scripts, start{at: pal25(500), items: list{"n1", "n2", "n3", "n4"}})
	var foretold []Row
	st.rooms.Foretell = func(r Row) { foretold = append(foretold, r) }
	st.steps(150)
	require.Empty(t, st.final(), "it is not yet to air")
	require.Len(t, foretold, 1, "but told of 15 s before the cut")
	require.Equal(t, "n1", foretold[0].Entry.Item.Source)
	require.Equal(t, Skipped, foretold[0].Outcome)
	st.steps(550)
	require.Equal(t, []string{"a0-499", "n20-49", "n40-49", "a500-599"}, st.story())
	skipped := st.final()[1]
	foretold[0].Entry.Place = skipped.Entry.Place // it is that of the tick at which it was to air
	require.Equal(t, Row{Entry: foretold[0].Entry, Start: 500, Outcome: Skipped, Cause: foretold[0].Cause, Final: true}, skipped)
}

// Everything that was to cut in is bad: its run is over before it began, and
// what is on air goes on.
func TestACutWithNothingGoodBehindItLeavesTheItemOnAir(t *testing.T) {
	scripts := map[string]script{"a": {ticks: 1000}, "b": {ticks: 10}}
	st, _ := newPlanned(t, pal, list{"a", "b"}, scripts, start{at: pal25(500), items: list{"n1", "n2"}})
	st.steps(1005)
	require.Equal(t, []string{"a0-999", "b0-4"}, st.story())
	require.Len(t, st.final(), 3, "each is skipped once")
	require.Equal(t, Played, st.final()[2].Outcome)
}

func TestACutDuringAHoldAndASlate(t *testing.T) {
	for _, stallAt := range []int64{480, 300} {
		scripts := map[string]script{"a": {ticks: 1000, stallAt: stallAt, stallFor: 300}, "news": {ticks: 50}}
		st, _ := newPlanned(t, pal, list{"a"}, scripts, start{at: pal25(500), items: list{"news"}})
		st.steps(560)
		require.Equal(t, int64(500), st.shotOf("news", 0))
		row := st.final()[0]
		require.Equal(t, Row{Entry: row.Entry, Start: 500, At: stallAt, Outcome: Cut, Cause: Reason("12:00:20 timed.yml began"), Final: true}, row)
	}
}

func TestACutWithNothingOnAir(t *testing.T) {
	scripts := map[string]script{"news": {ticks: 50}}
	st, _ := newPlanned(t, pal, list{"gone"}, scripts, start{at: pal25(500), items: list{"news"}})
	st.steps(560)
	require.Equal(t, []string{"slate0×500", "news0-49"}, st.story()[:2])
}

// An item that is over at the very tick of the cut has been played.
func TestACutAtAJoinIsNoCut(t *testing.T) {
	scripts := map[string]script{"a": {ticks: 500}, "b": {ticks: 300}, "news": {ticks: 100}}
	st, _ := newPlanned(t, pal, list{"a", "b"}, scripts, start{at: pal25(500), items: list{"news"}})
	st.steps(700)
	require.Equal(t, []string{"a0-499", "news0-99", "b0-99"}, st.story())
	require.Equal(t, Played, st.final()[0].Outcome)
	require.Equal(t, []string{"a@0", "news@0", "b@0", "a@0"}, st.opened)
}

func TestARunsOwnEndIsACut(t *testing.T) {
	scripts := map[string]script{"a": {ticks: 1000}, "news": {ticks: 1000}}
	st, _ := newPlanned(t, pal, list{"a"}, scripts, start{at: pal25(500), until: pal25(600), items: list{"news"}})
	st.steps(700)
	require.Equal(t, []string{"a0-499", "news0-99", "a500-599"}, st.story())
	require.Equal(t, Reason("its time ended"), st.final()[1].Cause)
}

// A hold shifts what is on air, not the hour.
func TestAHoldBeforeACutDoesNotMoveIt(t *testing.T) {
	scripts := map[string]script{"a": {ticks: 1000, stallAt: 490, stallFor: 5}, "news": {ticks: 100}}
	st, _ := newPlanned(t, pal, list{"a"}, scripts, start{at: pal25(500), items: list{"news"}})
	st.steps(610)
	require.Equal(t, []string{"a0-489", "a489×5", "a490-494", "news0-99", "a495-504"}, st.story())
}

// A step of the clock or an edit moves the cut, also one whose item is open.
func TestACutThatMovesIsFollowed(t *testing.T) {
	for name, by := range map[string]int64{"later": 200, "earlier": -100, "much later": 2000, "now": -200} {
		t.Run(name, func(t *testing.T) {
			scripts := map[string]script{"a": {ticks: 9000}, "news": {ticks: 100}}
			st, p := newPlanned(t, pal, list{"a"}, scripts, start{at: pal25(500), items: list{"news"}})
			st.steps(300)
			p.zero = p.zero.Add(-time.Duration(by) * 40 * time.Millisecond)
			st.Refresh()
			st.steps(3000)
			at := max(500+by, 300)
			require.InDelta(t, at, st.shotOf("news", 0), 2)
			require.Len(t, st.final(), 2)
		})
	}
}

func TestSoundIsContiguousAtCutsAndResumedItems(t *testing.T) {
	ntsc := pal
	ntsc.FPS = media.Rational{Num: 30000, Den: 1001}
	scripts := map[string]script{"a": {ticks: 1001}, "b": {ticks: 777}, "news": {ticks: 33}}
	st, p := newPlanned(t, ntsc, list{"a", "b"}, scripts)
	for i := range 40 {
		p.starts = append(p.starts, start{at: st.at(int64(500 + 101*i)), items: list{"news"}})
	}
	st.Refresh()
	st.steps(6000)
	checkSound(t, st)
	resumed := 0
	for _, r := range st.final() {
		if r.Entry.From > 0 {
			resumed++
		}
	}
	require.Equal(t, 40, resumed)
}

// checkSound requires every sample of the channel to be there once, and those of
// consecutive ticks of a clip to follow each other.
func checkSound(t require.TestingT, st *stage) {
	var total int64
	for i, s := range st.cam.shots {
		total += int64(s.samples)
		require.Equal(t, st.theatre.grid.Sample(int64(i)+1), total)
		if i == 0 || s.src == "slate" || st.silent(i) || st.silent(i-1) {
			continue
		}
		prev := st.cam.shots[i-1]
		if s.src == prev.src && s.tick == prev.tick+1 && s.airing == prev.airing {
			require.Equal(t, prev.from+float32(prev.samples), s.from, "tick %d", i)
		}
	}
}

func TestAPlannedStillHoldsOrShowsTheSlate(t *testing.T) {
	scripts := map[string]script{"a": {ticks: 9000}, "news": {ticks: 100}}
	for rest, shows := range map[int64]string{50: "news99×50", 51: "slate0×51"} {
		st, _ := newPlanned(t, pal, list{"a"}, scripts, start{at: pal25(500), items: list{"news"}, rest: rest})
		st.steps(700)
		require.Contains(t, st.story(), shows)
		require.Contains(t, st.story(), "a500-"+map[int64]string{50: "549", 51: "548"}[rest])
		row := st.final()[2]
		require.Equal(t, map[int64]Outcome{50: Hold, 51: Slate}[rest], row.Outcome)
		require.Equal(t, rest, row.Ticks)
		require.Nil(t, row.Cause)
		require.EqualValues(t, "rest", row.Entry.Item.ID)
	}
}

func TestAFillerThatPlayedWholeIsCalledSo(t *testing.T) {
	st := newStage(t, pal, list{}, map[string]script{"f": {ticks: 10}}, "")
	st.rooms.Rundown = moded{list{"f"}, playlist.ModeFiller}
	st.look.retry = 0
	st.steps(40)
	require.Equal(t, Filler, st.final()[0].Outcome)
}

// moded is a list whose entries air for one reason.
type moded struct {
	list
	mode playlist.Mode
}

func (m moded) Next(e playlist.Entry, left, n int64) playlist.Entry {
	e = m.list.Next(e, left, n)
	e.Mode = m.mode
	return e
}
