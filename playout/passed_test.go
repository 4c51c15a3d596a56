package playout

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/playlist"
	"airloom/playlist/schedule"
	"airloom/playout/media"
)

// newScheduled is a stage whose rundown is the real schedule, of a channel that
// began at noon. What has no script cannot play.
func newScheduled(t tester, scripts map[string]script, files map[string]string) *stage {
	st := newStage(t, pal, list{}, scripts, "")
	plans, ps := schedule.New(schedule.Inputs{
		Base: "main.yml", Lists: lists(t, files), Grid: st.theatre.grid,
		Ticks: func(it playlist.Item) int64 {
			if sc, ok := scripts[it.Source]; ok {
				return sc.ticks
			}
			return -1
		},
	})
	require.Empty(t, ps)
	st.rooms.Rundown = schedule.NewRundown(plans, schedule.Clock{Zero: noon})
	st.Refresh()
	st.attend()
	st.look.retry = 0
	st.Warm()
	return st
}

// log renders the rows: "0 +75 a@0 cut".
func (st *stage) log() (out []string) {
	for _, r := range st.rows {
		out = append(out, fmt.Sprintf("%d +%d %s@%d %s", r.Start, r.Ticks, r.Entry.Item.Source, r.At, r.Outcome))
	}
	return out
}

// logFrom is the rows' log from a tick on.
func (st *stage) logFrom(tick int64) []string {
	log := st.log()
	for i, r := range st.rows {
		if r.Start+r.Ticks > tick || r.Ticks == 0 && r.Start == tick {
			return log[i:]
		}
	}
	return nil
}

// A scheduled item that cannot play is one row: at the tick at which it was to
// air, however many joins there were since it was found out.
func TestWhatCannotPlayIsOneRowForEachPlannedAiring(t *testing.T) {
	scripts := map[string]script{"a": {ticks: 70}, "b": {ticks: 20}, "good": {ticks: 100}}
	st := newScheduled(t, scripts, map[string]string{
		"main.yml": "\na b", "h.yml": "cron: \"1-59 * * * *\", start: hard\ngone good"})
	st.steps(3150)
	var skipped []Row
	for _, r := range st.rows {
		if r.Outcome == Skipped {
			skipped = append(skipped, r)
		}
	}
	require.Len(t, skipped, 2, "one for each start")
	require.Equal(t, []string{"1440 +60 a@0 cut", "1500 +0 gone@0 skipped", "1500 +100 good@0 played"}, st.logFrom(1440)[:3])
	require.Equal(t, noon.Add(time.Minute), skipped[0].Entry.Planned)
	require.Equal(t, 2, strings.Count(strings.Join(st.opened, " "), "gone@"), "and it is tried once for each")
}

// Everything is asked anew at the very join: what is known to be bad holds nothing
// up there, and its row is not lost.
func TestAnEditAtTheJoinMakesNothingOfABadItemGood(t *testing.T) {
	for _, at := range []int{99, 100} {
		scripts := map[string]script{"a": {ticks: 100}, "b": {ticks: 100}, "gone": {fault: media.FaultMissing, slowOpen: 5}}
		st := newStage(t, pal, list{"a", "gone", "b"}, scripts, "")
		st.steps(at)
		st.Refresh()
		st.steps(120)
		require.Equal(t, []string{"a0-99", "b0-99"}, st.story()[:2])
		require.Equal(t, []string{"0 +100 a@0 played", "100 +0 gone@0 skipped", "100 +100 b@0 played"}, st.log()[:3])
	}
}

// Where nothing can play, that is told once, not at every try.
func TestNothingToPlayIsToldOnce(t *testing.T) {
	st := newStage(t, pal, list{"gone", "lost"}, map[string]script{}, "")
	st.steps(1000)
	require.Greater(t, len(st.opened), 20, "it is tried again and again")
	require.Len(t, st.final(), 2)
	st.scripts["lost"] = script{ticks: 10}
	st.steps(200)
	require.Equal(t, Played, st.final()[2].Outcome)
	delete(st.scripts, "lost")
	st.steps(500)
	last := st.final()[len(st.final())-2:]
	require.Equal(t, []string{"gone", "lost"}, []string{last[0].Entry.Item.Source, last[1].Entry.Item.Source})
}

// A start to come is told of when it has come, and apart from the base.
func TestNothingToPlayInAStartEither(t *testing.T) {
	st := newScheduled(t, map[string]script{}, map[string]string{
		"main.yml": "\ngone", "n.yml": "cron: \"1-59 * * * *\", start: hard\nlost bad"})
	st.steps(3300)
	var skipped []string
	for _, r := range st.final() {
		skipped = append(skipped, fmt.Sprintf("%s %s %d", r.Entry.Item.Source, r.Entry.Planned.Format(time.TimeOnly), r.Start/300))
	}
	require.Equal(t, []string{"gone 00:00:00 0", "lost 12:01:00 5", "bad 12:01:00 5", "lost 12:02:00 10", "bad 12:02:00 10"}, skipped)
}

// The base cannot play, so that nothing was on air: what follows a short first
// item is opened at once all the same.
func TestWhatFollowsAShortItemIsOpenedAtOnceAfterNothing(t *testing.T) {
	scripts := map[string]script{"ident": {ticks: 25}, "news": {ticks: 200}}
	st := newScheduled(t, scripts, map[string]string{
		"main.yml": "\ngone", "n.yml": "cron: \"1-59 * * * *\", start: hard\nident news"})
	for at := 1430; at < 1500; at += 7 { // whenever the base was tried last
		st.look.retry = st.n
		st.steps(at - int(st.n))
	}
	st.steps(1600 - int(st.n))
	require.Equal(t, []string{"slate0×1500", "ident0-24", "news0-74"}, st.story())
}

// What a start was to air cannot play at all: nothing is cut for it.
func TestAStartInWhichNothingCanPlayCutsNothing(t *testing.T) {
	for _, film := range []int64{70, 400, 1000} { // joins on the way; some of it left; next to nothing left of it
		scripts := map[string]script{"a": {ticks: film + 7}, "b": {ticks: film - 3}}
		st := newScheduled(t, scripts, map[string]string{
			"main.yml": "\na b", "h.yml": "cron: \"1-59 * * * *\", start: hard\ngone lost"})
		st.steps(4600)
		skipped := 0
		for i, r := range st.rows {
			if r.Outcome == Skipped {
				skipped++
				require.Zero(t, r.Start%1500)
				continue
			}
			require.Equal(t, Played, r.Outcome, "row %d of %v", i, st.log())
			require.Equal(t, scripts[r.Entry.Item.Source].ticks, r.Ticks, "row %d of %v", i, st.log())
		}
		require.Equal(t, 6, skipped, "%v", st.log())
	}
}

// A looped playlist of which nothing can play gives the air back to what can, and
// more of them than are followed one by one.
func TestALoopOfWhichNothingCanPlayGivesTheAirBack(t *testing.T) {
	for _, items := range []string{"gone", "gone lost", strings.Repeat("gone ", 40)} {
		for _, film := range []int64{1000, 70} {
			scripts := map[string]script{"a": {ticks: film + 7}, "b": {ticks: film - 3}}
			for i := range 100 {
				items = strings.Replace(items, "gone ", fmt.Sprintf("gone%d ", i), 1)
			}
			st := newScheduled(t, scripts, map[string]string{
				"main.yml": "\na b", "n.yml": "at: \"2026-05-04 12:01\", start: hard, until: \"13:00\"\n" + items + " loop"})
			st.steps(3000)
			for _, r := range st.rows {
				require.Contains(t, []Outcome{Played, Skipped}, r.Outcome, "%v", st.log())
			}
		}
	}
}

// A start that could not play is tried again as long as its time lasts, and told
// of once; when its files are back it airs.
func TestAStartThatCouldNotPlayIsTriedAgain(t *testing.T) {
	scripts := map[string]script{"a": {ticks: 70}}
	st := newScheduled(t, scripts, map[string]string{
		"main.yml": "\na", "n.yml": "at: \"2026-05-04 12:01\", start: hard, until: \"13:00\"\ngone"})
	st.steps(6000)
	skipped := 0
	for _, r := range st.rows {
		if r.Outcome == Skipped {
			skipped++
			require.EqualValues(t, 1500, r.Start)
		}
	}
	require.Equal(t, 1, skipped)
	require.Greater(t, strings.Count(strings.Join(st.opened, " "), "gone@"), 2)
	scripts["gone"] = script{ticks: 500}
	st.steps(1700)
	require.Positive(t, st.shotOf("gone", 0))
}

// A media folder that has gone for long fills no memory, and no tick with rows.
func TestWhatIsPassedOverIsBounded(t *testing.T) {
	long := list{"a"}
	for i := range 5000 {
		long = append(long, fmt.Sprint("gone", i))
	}
	st := newStage(t, pal, append(long, "b"), map[string]script{"a": {ticks: 1000}, "b": {ticks: 100}}, "")
	st.steps(999)
	require.LessOrEqual(t, len(st.look.passed), maxDecision)
	st.steps(60)
	require.Equal(t, []string{"a0-999", "b0-58"}, st.story())
	require.LessOrEqual(t, len(st.rows), maxDecision+1)

	st = newStage(t, pal, long[1:], map[string]script{}, "")
	st.steps(400)
	before := len(st.rows)
	require.Greater(t, before, 4000, "what should air now is told of now")
	for _, name := range long {
		st.scripts[name] = script{ticks: 10}
	}
	st.steps(1)
	require.Less(t, len(st.rows)-before, 50)
}

// An item ends a moment before its playlist's time does, and nothing follows: the next
// start is on its tick all the same.
func TestAStartAfterNothingIsOnItsTick(t *testing.T) {
	scripts := map[string]script{"a": {ticks: 240}, "news": {ticks: 200}}
	st := newScheduled(t, scripts, map[string]string{
		"main.yml": "\ngone", "p.yml": "cron: \"1-59 * * * *\", start: hard, duration: 10s\na",
		"news.yml": "at: \"2026-05-04 12:01:44\", start: hard\nnews"})
	st.rooms.Rundown.(*schedule.Rundown).SetClock(schedule.Clock{Zero: noon.Add(300 * time.Millisecond)})
	st.Refresh()
	st.steps(2700)
	require.EqualValues(t, 2593, st.shotOf("news", 0))
}

// What ends by its own time says so, also where a start has waited for that.
func TestTheCauseOfACut(t *testing.T) {
	scripts := map[string]script{"a": {ticks: 9000}, "h": {ticks: 9000}, "m": {ticks: 100}}
	for next, want := range map[string]string{
		`at: "2026-05-04 12:01:05", start: soft, priority: -1`: "its time ended",       // it has waited
		`at: "2026-05-04 12:01:10", start: hard`:               "12:01:10 m.yml began", // one after the other
		`at: "2026-05-04 12:01:06", start: hard`:               "12:01:06 m.yml began", // it is better
		`at: "2026-05-04 12:30", start: hard`:                  "its time ended",       // it is not there
	} {
		st := newScheduled(t, scripts, map[string]string{
			"main.yml": "\na", "h.yml": "at: \"2026-05-04 12:01\", start: hard, duration: 10s\nh", "m.yml": next + "\nm"})
		st.steps(2000)
		rows := st.final()
		require.Equal(t, "h", rows[1].Entry.Item.Source)
		require.Equal(t, Reason(want), rows[1].Cause, next)
	}
}

// A playlist's time ends though nothing that follows can play, as the plan says.
func TestAPlaylistsTimeEndsWithNothingToFollow(t *testing.T) {
	for _, main := range []string{"gone", "gone lost"} {
		st := newScheduled(t, map[string]script{"h": {ticks: 9000}}, map[string]string{
			"main.yml": "\n" + main, "h.yml": "at: \"2026-05-04 12:01\", start: hard, duration: 31s\nh"})
		st.steps(2500)
		rows := st.final()
		var h Row
		for _, r := range rows {
			if r.Entry.Item.Source == "h" {
				h = r
			}
		}
		require.Equal(t, Row{Entry: h.Entry, Start: 1500, Ticks: 775, Outcome: Cut, Cause: Reason("its time ended"), Final: true}, h)
	}
}
