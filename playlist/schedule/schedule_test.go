package schedule

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/playlist"
	"airloom/playout/media"
	"airloom/playout/timeline"
)

var pal = timeline.Grid{FPS: media.Rational{Num: 25, Den: 1}, Rate: 44100}

var number = regexp.MustCompile(`\d+$`)

// lengths gives a source named a60 sixty seconds, one named a none that is known;
// bad ones cannot play.
func lengths(g timeline.Grid) func(playlist.Item) int64 {
	return func(it playlist.Item) int64 {
		if strings.HasPrefix(it.Source, "bad") {
			return -1
		}
		s, _ := strconv.Atoi(number.FindString(it.Source))
		return g.Ticks(time.Duration(s) * time.Second)
	}
}

// list is a playlist of the named sources: "a*3" airs three times, "@b.yml"
// includes, "dir/" is a folder in order, "dir/?2" a shuffled one of which two air.
// keys are more lines for the file, with ; between them.
func file(t testing.TB, name, words, keys string) *playlist.Playlist {
	t.Helper()
	var b strings.Builder
	for line := range strings.SplitSeq(keys, ";") {
		fmt.Fprintln(&b, strings.TrimSpace(line))
	}
	b.WriteString("items:\n")
	for word := range strings.FieldsSeq(words) {
		source, times, ok := strings.Cut(word, "*")
		if !ok {
			times = "1"
		}
		key := "source"
		if after, ok := strings.CutPrefix(source, "@"); ok {
			key, source = "playlist", after
		}
		extra := ""
		if folder, how, ok := strings.Cut(source, "/"); ok {
			key, source = "folder", folder
			if len(how) > 0 {
				extra += ", order: " + map[byte]string{'?': "shuffle", '<': "sorted", '>': "newest"}[how[0]]
			}
			if len(how) > 1 {
				extra += ", count: " + how[1:]
			}
		}
		if key != "playlist" {
			extra += ", loop: " + times
		}
		fmt.Fprintf(&b, "  - {%s: %q%s}\n", key, source, extra)
	}
	if words == "" {
		return &playlist.Playlist{File: name, Name: name}
	}
	l, ps := playlist.Parse(name, []byte(b.String()), playlist.Options{Name: name})
	require.NoError(t, ps.Err(), "%s", b.String())
	require.NotNil(t, l)
	return l
}

// plans are of these lists; the first is the base.
func plans(t testing.TB, lists ...*playlist.Playlist) *Plans {
	t.Helper()
	p, ps := New(Inputs{Base: lists[0].File, Lists: lists, Grid: pal, Ticks: lengths(pal)})
	require.NoError(t, ps.Err())
	return p
}

// at is a clock whose tick 0 is at that time of 14 July 2026, in UTC.
func at(t testing.TB, clock string) Clock {
	t.Helper()
	if len(clock) == len("20:00") {
		clock += ":00"
	}
	zero, err := time.Parse("2006-01-02 15:04:05", "2026-07-14 "+clock)
	require.NoError(t, err)
	return Clock{zero}
}

// follow is what comes after e, item by item.
func follow(p *Plans, e playlist.Entry, n int) string {
	var names []string
	for range n {
		e = p.Next(e, Ended, 0, Clock{time.Unix(0, 0)})
		names = append(names, fmt.Sprintf("%s%d", e.Item.Source, e.Round))
	}
	return strings.Join(names, " ")
}

// walked tells what airs in words: time, source, where it begins if not at its
// beginning, and "!" where it is cut.
func walked(t testing.TB, p *Plans, c Clock, span time.Duration) string {
	t.Helper()
	var out []string
	end := pal.Ticks(span)
	for s := range p.Walk(context.Background(), playlist.Entry{}, Ended, 0, end, c) {
		out = append(out, told(p, c, s))
	}
	return strings.Join(out, ", ")
}

func told(p *Plans, c Clock, s Slot) string {
	name := s.Item.Source
	if name == "" {
		name = s.Item.ID
	}
	when := c.Zero.Add(p.in.Grid.Due(s.Start)).In(p.in.Zone).Format("15:04:05")
	out := strings.TrimSuffix(when, ":00") + " " + name
	if s.From > 0 {
		out += fmt.Sprintf("+%g", p.in.Grid.Due(s.From).Seconds())
	}
	if s.Left != Ended {
		out += "!"
	}
	return out
}

// files reads lines such as "news: b60 c60 | {at: …} | loop: true".
func files(t testing.TB, lines ...string) (out []*playlist.Playlist) {
	t.Helper()
	for _, line := range lines {
		name, rest, _ := strings.Cut(line, ":")
		parts := strings.Split(rest, "|")
		keys := ""
		if len(parts) > 1 && strings.TrimSpace(parts[1]) != "" {
			keys = "schedule: " + parts[1]
		}
		if len(parts) > 2 {
			keys += ";" + parts[2]
		}
		out = append(out, file(t, name+".yml", strings.TrimSpace(parts[0]), keys))
	}
	return out
}
