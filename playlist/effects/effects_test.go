package effects

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/playlist"
	"airloom/playlist/schedule"
	"airloom/playout/media"
	"airloom/playout/timeline"
)

var (
	grid  = timeline.Of(media.House{FPS: media.Rational{Num: 1, Den: 1}, SampleRate: 1}) // a tick is a second
	clock = schedule.Clock{Zero: time.Date(2026, 10, 20, 12, 0, 0, 0, time.UTC)}
)

// list is a playlist: items such as a_20, of 20 s, behind keys of the file.
func list(t *testing.T, file, keys, items string) *playlist.Playlist {
	t.Helper()
	text := keys + "\nitems:\n"
	for _, it := range strings.Fields(items) {
		switch name, more, _ := strings.Cut(it, ":"); {
		case strings.HasSuffix(name, ".yml"):
			text += fmt.Sprintf("  - {playlist: %s}\n", name)
		case more != "":
			text += fmt.Sprintf("  - {source: %s, %s}\n", name, strings.ReplaceAll(more, "=", ": "))
		default:
			text += fmt.Sprintf("  - {source: %s}\n", name)
		}
	}
	l, ps := playlist.Parse(file, []byte(text), playlist.Options{Name: file})
	require.NoError(t, ps.Err())
	return l
}

func length(it playlist.Item) int64 {
	_, n, _ := strings.Cut(it.Source, "_")
	if ticks, _ := strconv.ParseInt(n, 10, 64); it.Duration > 0 {
		return min(ticks, int64(it.Duration/time.Second))
	} else {
		return ticks
	}
}

// look is what airs of the lists within 900 s, when e is on air with its tick left
// the next; and what lies up to 1200 s.
func look(e playlist.Entry, left int64, lists ...*playlist.Playlist) View {
	plans, _ := schedule.New(schedule.Inputs{Base: "main.yml", Lists: lists, Grid: grid, Ticks: length})
	v := View{Whole: true}
	for s := range plans.WalkOn(context.Background(), e, left, 0, 1200, clock) {
		if v.Slots = append(v.Slots, s); s.Ticks == schedule.Never {
			v.Whole = s.Mode == playlist.ModeSlate
		}
	}
	return v
}

// words are changes in a line each.
func words(changes []Change) (lines []string) {
	for _, c := range changes {
		line := fmt.Sprintf("%d %s %s", c.At(), c.Kind, strings.TrimSuffix(c.Slot.Item.Title, ".mp4"))
		if c.Was != None && c.Kind != Removed {
			line += fmt.Sprintf(" was %d", c.Was)
		}
		if c.By != 0 {
			line += fmt.Sprintf(" by %+d", c.By)
		}
		if c.Longer != 0 {
			line += fmt.Sprintf(" longer %+d", c.Longer)
		}
		if c.Count > 1 {
			line += fmt.Sprintf(" count %d", c.Count)
		}
		if c.Times > 1 {
			line += fmt.Sprintf(" times %d", c.Times)
		}
		lines = append(lines, line+fmt.Sprintf(" from %d", c.Differs()))
	}
	return lines
}

// edit is what changes when main.yml becomes another, with a on air for 5 s.
func edit(t *testing.T, before, after string, others ...*playlist.Playlist) []string {
	t.Helper()
	was, is := list(t, "main.yml", "", before), list(t, "main.yml", "", after)
	var on playlist.Entry
	for _, s := range look(on, 0, append(others, was)...).Slots[:1] {
		on = s.Entry
	}
	return words(EditOf("main.yml", was.Items, is.Items).Compare(
		look(on, 5, append(others, was)...), look(on, 5, append(others, is)...), 900))
}

func TestWhatAnEditChanges(t *testing.T) {
	news := list(t, "news.yml", `schedule: {cron: "5 12 * * *"}`, "n_60")
	for _, c := range []struct {
		name, before, after string
		others              []*playlist.Playlist
		want                []string
	}{
		{"nothing", "a_100 b_300 c_400 d_500", "a_100 b_300 c_400 d_500", nil, nil},
		{"nothing within the time", "a_100 b_300 c_400 d_500 e_1", "a_100 b_300 c_400 d_500", nil, nil},
		{"a new one", "a_100 b_300 c_400 d_500", "a_100 x_30 b_300 c_400 d_500", nil,
			[]string{"95 added x_30 from 95", "125 retimed b_300 was 95 by +30 count 3 from 95"}},
		{"one less", "a_100 b_300 c_400 d_500", "a_100 c_400 d_500", nil,
			[]string{"95 removed b_300 from 95", "95 retimed c_400 was 395 by -300 count 2 from 95"}},
		{"the other way round", "a_100 b_300 c_400 d_500", "a_100 c_400 b_300 d_500", nil,
			[]string{"95 moved c_400 was 395 by -300 from 95", "495 retimed b_300 was 95 by +400 from 95"}},
		{"trimmed", "a_100 b_300 c_400 d_500", "a_100 b_300:duration=290s c_400 d_500", nil,
			[]string{"95 retimed b_300 was 95 longer -10 from 95", "385 retimed c_400 was 395 by -10 count 2 from 385"}},
		{"a loop tells it once", "a_100 b_20", "a_100 x_10 b_20", nil,
			[]string{"95 added x_10 times 7 from 95", "105 retimed b_20 was 95 by +10 count 2 times 7 from 95"}},
		{"up to a hard start", "a_100 b_300 c_400 d_500", "a_100 x_30 b_300 c_400 d_500", []*playlist.Playlist{news},
			[]string{"95 added x_30 from 95", "125 retimed b_300 was 95 by +30 from 95", "485 retimed c_400 was 455 by +30 count 2 from 455"}},
		{"into a start", "a_100 b_200 c_50 d_900", "a_100 x_30 b_200 c_50 d_900", []*playlist.Playlist{news},
			[]string{"95 added x_30 from 95", "125 cut b_200 was 95 by +30 from 300", "385 retimed c_50 was 295 by +90 from 295", "435 retimed d_900 was 405 by +30 from 405"}},
		{"all of it, but what is on air", "a_100 b_20", "c_50 d_60", nil,
			[]string{"95 removed b_20 times 7 from 95", "95 added c_50 times 8 from 95", "115 removed a_100 times 7 from 115", "145 added d_60 times 7 from 145"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.want, edit(t, c.before, c.after, c.others...))
		})
	}
}
