package playout

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"airloom/playlist"
	"airloom/playlist/schedule"
	"airloom/playout/media"
	"airloom/playout/timeline"
)

// cinema opens films and looks at nothing.
type cinema struct {
	grid  timeline.Grid
	sound []float32
}

var seconds = regexp.MustCompile(`\d+$`)

func (c *cinema) length(source string) int64 {
	s, _ := strconv.Atoi(seconds.FindString(source))
	return c.grid.Ticks(time.Duration(s) * time.Second)
}

func (c *cinema) Open(_ context.Context, s media.Spec, at media.Start) Clip {
	n := &nobody{tick: media.NewKept([2][]float32{c.sound, c.sound}), k: at.Tick, ticks: c.length(s.Source)}
	if strings.HasPrefix(s.Source, "bad") {
		n.ticks = 0
	}
	return shown{n}
}

// shown is a nobody that keeps its tick.
type shown struct{ *nobody }

func (s shown) Poll() (*media.Tick, error) {
	if s.k >= s.ticks {
		return nil, io.EOF
	}
	s.k++
	return s.tick.Again(s.k-1, s.nobody), nil
}

// lists are playlists by the words of their items, their first line the schedule;
// the word "loop" at the end loops one.
func lists(t require.TestingT, files map[string]string) (out []*playlist.Playlist) {
	for name, text := range files {
		head, words, ok := strings.Cut(text, "\n")
		require.True(t, ok)
		var b strings.Builder
		if head != "" {
			fmt.Fprintf(&b, "schedule: {%s}\n", head)
		}
		words, loops := strings.CutSuffix(words, " loop")
		fmt.Fprintf(&b, "loop: %t\nitems:\n", loops)
		for word := range strings.FieldsSeq(words) {
			fmt.Fprintf(&b, "  - {source: %s}\n", word)
		}
		list, ps := playlist.Parse(name, []byte(b.String()), playlist.Options{Name: name})
		require.NoError(t, ps.Err(), b.String())
		out = append(out, list)
	}
	return out
}

// month is a channel with all kinds of starts.
var month = map[string]string{
	"main.yml":    "\nfilm-5400 film-731 spot-20 film-3599 spot-7",
	"news.yml":    "cron: \"0 * * * *\", start: hard, duration: 10m\nnews-240 news-500",
	"evening.yml": "cron: \"15 20 * * *\", start: hard, until: \"23:00\", priority: 1\nfilm-6000 spot-31 film-7000",
	"late.yml":    "cron: \"59 23 * * *\", start: hard\nspot-61 spot-59",
	"soft.yml":    "cron: \"30 9 * * *\", start: soft, soft_max: 5m\nspot-90 bad-20 spot-33",
	"patient.yml": "cron: \"40 14 * * 1-5\", start: soft\nspot-120",
	"fitted.yml":  "cron: \"20 17 * * *\", start: hard, fill: fit\nspot-300",
}

// rehearsed runs engine and schedule for so long, and returns what aired and
// what was to air.
func rehearsed(t require.TestingT, files []*playlist.Playlist, fps int64, span time.Duration) (aired []Row, plans *schedule.Plans, clock schedule.Clock, end int64) {
	house := media.House{Width: 64, Height: 36, FPS: media.Rational{Num: fps, Den: 1}, SampleRate: 44100}
	c := &cinema{grid: timeline.Of(house), sound: make([]float32, 44200/fps+2)}
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	plans, ps := schedule.New(schedule.Inputs{
		Base: "main.yml", Lists: files, Zone: berlin, Grid: c.grid,
		Ticks: func(it playlist.Item) int64 {
			if strings.HasPrefix(it.Source, "bad") {
				return -1
			}
			return c.length(it.Source)
		},
		Fillers: []playlist.Item{{ID: "f1", Source: "filler-50", Title: "f1", Repeat: 1}, {ID: "f2", Source: "filler-33", Title: "f2", Repeat: 1}},
	})
	require.Empty(t, ps)
	// Over the night on which the clocks go on.
	clock = schedule.Clock{Zero: time.Date(2026, 3, 15, 5, 17, 3, 0, berlin)}
	n := &nobody{tick: media.NewKept([2][]float32{c.sound, c.sound})}
	e := New(Config{
		House: house, HoldMax: 2 * time.Second, StallMax: 15 * time.Second,
		Resolve: func(e playlist.Entry) (media.Spec, error) { return media.Spec{Source: e.Item.Source}, nil },
	}, Rooms{
		Opener: c, Encoder: n, Rundown: schedule.NewRundown(plans, clock), Slate: func() media.Picture { return n },
		Report: func(r Row) { aired = append(aired, r) }, Log: slog.New(slog.DiscardHandler),
	})
	end = c.grid.Ticks(span)
	for range 100 { // an open start may be all bad
		if e.Warm() {
			break
		}
	}
	for range end {
		e.Step()
	}
	e.Close()
	return aired, plans, clock, end
}

// A month of engine and schedule together: every hard start airs its first frame
// at the tick due at its time, what airs is what the plan says, entry for entry
// and tick for tick, and nothing is ever held but where nothing fits.
func TestAMonthAirsAsPlanned(t *testing.T) {
	fps := int64(1)
	if os.Getenv("AIRLOOM_SOAK") != "" {
		fps = 25
	}
	aired, plans, clock, end := rehearsed(t, lists(t, month), fps, 30*24*time.Hour)
	grid := timeline.Grid{FPS: media.Rational{Num: fps, Den: 1}, Rate: 44100}
	starts, sum := 0, int64(0)
	last := time.Time{}
	for _, r := range aired {
		if r.Ticks == 0 {
			require.Contains(t, r.Entry.Item.Source, "bad")
			continue
		}
		require.Equal(t, sum, r.Start)
		sum += r.Ticks
		require.NotEqual(t, Crashed, r.Outcome)
		if (r.Outcome == Hold || r.Outcome == Slate) && r.Entry.Mode != playlist.ModeSlate {
			t.Fatalf("a stand-in nobody planned: %+v", r)
		}
		if r.Entry.Mode == playlist.ModeHard && !r.Entry.Planned.Equal(last) && r.Entry.Planned.After(last) {
			last = r.Entry.Planned
			starts++
			at := clock.Zero.Add(grid.Due(r.Start))
			require.WithinDuration(t, r.Entry.Planned, at, grid.Duration(1)-1, "%+v", r)
			require.False(t, at.Before(r.Entry.Planned))
		}
	}
	require.Equal(t, end, sum)
	require.Greater(t, starts, 30*22)
	equalsWalk(t, aired, plans, clock, end)
}

// equalsWalk requires what aired to be what the schedule shows, entry for entry.
func equalsWalk(t require.TestingT, aired []Row, plans *schedule.Plans, clock schedule.Clock, end int64) {
	var got []string
	for _, r := range aired {
		if r.Ticks > 0 {
			got = append(got, fmt.Sprintf("%d +%d %s %s@%d %s", r.Start, r.Ticks, r.Entry.Playlist, r.Entry.Item.Source, r.At, r.Entry.Mode))
		}
	}
	var want []string
	var last schedule.Slot
	tell := func() {
		if last.Ticks > 0 {
			want = append(want, fmt.Sprintf("%d +%d %s %s@%d %s",
				last.Start, min(last.Ticks, end-last.Start), last.Playlist, last.Item.Source, last.From, last.Mode))
		}
	}
	for s := range plans.Walk(context.Background(), playlist.Entry{}, Ended, 0, end, clock) {
		// A start may come to nothing because it is too late for it: no cut.
		if last.Left != Ended && same(s.Entry, last.Entry) && s.From == last.From+last.Ticks {
			last.Ticks += s.Ticks
			last.Left = s.Left
			continue
		}
		tell()
		last = s
	}
	tell()
	for i := range min(len(want), len(got)) {
		require.Equal(t, want[i], got[i], "entry %d", i)
	}
	require.Equal(t, len(want), len(got))
}

// What airs is what the schedule shows, whatever the plans.
func TestWhatAirsIsWhatTheScheduleShows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lengths, bad := []int{1, 2, 7, 20, 61, 500, 3600, 9000}, rapid.Bool().Draw(t, "bad ones")
		if bad { // it takes a tick to find out
			lengths = lengths[3:]
		}
		items := func(name string) string {
			var b strings.Builder
			for range rapid.IntRange(1, 6).Draw(t, name+" items") {
				kind := "film"
				if bad && name != "main" && rapid.IntRange(0, 2).Draw(t, name+" kind") == 0 {
					kind = "bad"
				}
				fmt.Fprintf(&b, " %s-%d", kind, rapid.SampledFrom(lengths).Draw(t, name+" seconds"))
			}
			return b.String()
		}
		files := map[string]string{"main.yml": "\n" + items("main")}
		for i := range rapid.IntRange(0, 6).Draw(t, "lists") {
			name := string(rune('a'+i)) + ".yml"
			draw := func(from ...string) string { return rapid.SampledFrom(from).Draw(t, name) }
			head := fmt.Sprintf("cron: \"%s %s * * *\", priority: %s", draw("0", "1", "17", "*/20", "59"), draw("*", "*/3", "1,7", "3", "6-9"), draw("0", "0", "1"))
			head += draw(", start: hard", ", start: hard, fill: fit", ", start: soft", ", start: soft, soft_max: 2m")
			head += draw("", "", ", duration: 7m", ", until: \"08:30\"") + draw("", ", return: restart") + draw("", ", late: join")
			files[name] = head + "\n" + items(name) + draw("", "", " loop")
		}
		aired, plans, clock, end := rehearsed(t, lists(t, files), 1, 9*time.Hour)
		equalsWalk(t, aired, plans, clock, end)
	})
}
