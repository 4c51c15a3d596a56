package playout

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"airloom/playlist"
	"airloom/playlist/schedule"
)

// busy is a channel's set of playlists with starts every minute or two.
func busy(t *rapid.T, names []string) []*playlist.Playlist {
	items := func(what string) string {
		return strings.Join(rapid.SliceOfN(rapid.SampledFrom(names), 1, 4).Draw(t, what), " ")
	}
	files := map[string]string{"main.yml": "\n" + items("main")}
	for i := range rapid.IntRange(1, 4).Draw(t, "lists") {
		name := string(rune('a'+i)) + ".yml"
		draw := func(from ...string) string { return rapid.SampledFrom(from).Draw(t, name) }
		head := fmt.Sprintf("cron: \"%s * * * *\", priority: %s", draw("*", "*/2", "1,3"), draw("0", "0", "1"))
		head += draw(", start: hard", ", start: hard, fill: fit", ", start: soft", ", start: soft, soft_max: 5s")
		head += draw("", "", ", duration: 15s") + draw("", ", return: restart") + draw("", ", late: join")
		files[name] = head + "\n" + items(name)
	}
	out := lists(t, files)
	slices.SortFunc(out, func(a, b *playlist.Playlist) int { return strings.Compare(a.File, b.File) })
	return out
}

// The real schedule among clips with trouble, stepped clocks, edits and orders:
// all that TestTheAirNeverStops asks for, and no start airs twice.
func TestARealScheduleInTrouble(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		scripts := map[string]script{}
		names := []string{"a", "b", "c", "d", "e"}
		for _, name := range names {
			scripts[name] = chance(t, name)
		}
		st := newStage(t, pal, list{}, scripts, "")
		inputs := schedule.Inputs{
			Base: "main.yml", Lists: busy(t, names), Grid: st.theatre.grid,
			Ticks: func(it playlist.Item) int64 { return scripts[it.Source].ticks },
		}
		plans, _ := schedule.New(inputs)
		clock := schedule.Clock{Zero: noon}
		r := schedule.NewRundown(plans, clock)
		st.rooms.Rundown = r
		st.Refresh()
		orders := rapid.Bool().Draw(t, "orders")
		var answers []chan error
		for range rapid.IntRange(1, 10).Draw(t, "acts") {
			st.steps(rapid.IntRange(1, 1000).Draw(t, "steps"))
			switch rapid.IntRange(0, 4).Draw(t, "act") {
			case 0:
				clock.Zero = clock.Zero.Add(time.Duration(rapid.IntRange(-90_000, 90_000).Draw(t, "by")) * time.Millisecond)
				r.SetClock(clock)
			case 1:
				inputs.Lists = busy(t, names)
				plans, _ = schedule.New(inputs)
				r.Replace(plans)
			case 2:
				name := rapid.SampledFrom(names).Draw(t, "which")
				scripts[name] = chance(t, name+" again")
			default:
				if orders {
					answers = append(answers, moves(t, st, r, inputs.Lists))
				}
			}
			st.Refresh()
		}
		st.steps(200)
		checkSound(t, st)
		st.Close()
		for _, a := range answers {
			require.Len(t, a, 1, "an order without an answer")
		}
		checkRows(t, st)
		if !orders {
			startsOnce(t, st.rows)
		}
	})
}

// moves is an order as operators give them.
func moves(t *rapid.T, st *stage, r *schedule.Rundown, lists []*playlist.Playlist) chan error {
	o := &order{
		ctx: t.Context(), now: rapid.Bool().Draw(t, "now"), by: "ops", outcome: Skipped, answer: make(chan error, 1),
	}
	switch rapid.IntRange(0, 3).Draw(t, "move") {
	case 0:
		o.pick = st.skip
	case 1:
		o.pick = r.Back
	case 2:
		at := int64(rapid.IntRange(0, 100).Draw(t, "to"))
		o.pick = func(on playlist.Entry, _, n int64) (playlist.Entry, error) { return r.Seek(on, at, n) }
	default:
		list := rapid.SampledFrom(lists).Draw(t, "list")
		item := rapid.SampledFrom(list.Items).Draw(t, "item")
		o.pick = func(on playlist.Entry, left, n int64) (playlist.Entry, error) {
			return r.Take(on, left, n, list.File, item.ID)
		}
	}
	st.mail <- func() { st.accept(o) }
	return o.answer
}

// startsOnce requires that no start of a list airs after another of the same list
// has begun, nor again once it is over.
func startsOnce(t require.TestingT, rows []Row) {
	latest := map[string]time.Time{}
	for _, r := range rows {
		if r.Entry.Planned.IsZero() || r.Ticks == 0 {
			continue
		}
		require.False(t, r.Entry.Planned.Before(latest[r.Entry.Playlist]), "%+v", r)
		latest[r.Entry.Playlist] = r.Entry.Planned
	}
}
