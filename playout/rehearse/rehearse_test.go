package rehearse

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/playlist"
	"airloom/playlist/schedule"
	"airloom/playlist/when"
	"airloom/playout"
	"airloom/playout/media"
	"airloom/playout/timeline"
)

var pal = media.House{Width: 64, Height: 36, FPS: media.Rational{Num: 25, Den: 1}, SampleRate: 44100}

// from is a Saturday, far from any change of clocks.
var from = time.Date(2026, 11, 21, 6, 0, 0, 0, time.UTC)

// bill is a plan under construction.
type bill struct {
	lists   []*playlist.Playlist
	lengths map[string]int64 // of sources, in ticks
	fillers []playlist.Item
}

func (b *bill) list(file string, s *playlist.Schedule, sources ...string) *playlist.Playlist {
	l := &playlist.Playlist{File: file, Name: file, Loop: s == nil, Schedule: s}
	for i, src := range sources {
		l.Items = append(l.Items, playlist.Item{ID: fmt.Sprintf("%s-%d", file, i), Source: src, Title: src, Repeat: 1})
	}
	b.lists = append(b.lists, l)
	return l
}

func cron(t testing.TB, rule string, start playlist.Start) *playlist.Schedule {
	c, err := when.ParseCron(rule)
	require.NoError(t, err)
	return &playlist.Schedule{Cron: &c, Start: start, Return: playlist.Resume, Fill: playlist.FillCut, Late: playlist.Begin}
}

func (b *bill) ticks(it playlist.Item) int64 {
	if it.Loop {
		return timeline.Of(pal).Ticks(it.Duration)
	}
	return b.lengths[it.Source]
}

func (b *bill) options(t testing.TB, d time.Duration) Options {
	p, problems := schedule.New(schedule.Inputs{Base: "main.yml", Lists: b.lists, Zone: time.UTC, Grid: timeline.Of(pal),
		Seed: 1, Ticks: b.ticks, Fillers: b.fillers})
	require.Empty(t, problems)
	return Options{House: pal, HoldMax: 2 * time.Second, StallMax: 15 * time.Second, Plans: p, From: from, For: d, Ticks: b.ticks}
}

// row2 is the plan of row 2: items of 20 s, and 20 scheduled playlists a day.
func row2(t testing.TB) *bill {
	b := &bill{lengths: map[string]int64{}}
	var films []string
	for i := range 40 {
		films = append(films, fmt.Sprintf("film%02d.mp4", i))
		b.lengths[films[i]] = 500
	}
	b.list("main.yml", nil, films...)
	for i := range 20 {
		s := cron(t, fmt.Sprintf("%d %d * * *", i*7%60, i), playlist.Hard)
		if i%2 == 1 {
			s.Start = playlist.Soft
		}
		if i%5 == 0 {
			s.Priority = i
		}
		b.list(fmt.Sprintf("timed%02d.yml", i), s, films[i], films[i+1], films[i+2])
	}
	return b
}

// airing is what both the schedule and the rehearsal tell of an entry.
type airing struct {
	ID, Playlist, Source string
	Index, Round         int
	From, Start, Ticks   int64
	Mode                 playlist.Mode
	Planned              time.Time
}

func airingOf(e playlist.Entry, start, ticks int64) airing {
	return airing{e.Item.ID, e.Playlist, e.Item.Source, e.Index, e.Round, e.From, start, ticks, e.Mode, e.Planned}
}

// requireSame rehearses and holds the result against the schedule's walk.
func requireSame(t testing.TB, o Options) *Report {
	var rows []airing
	var sum int64
	o.Aired = func(r playout.Row) {
		sum += r.Ticks
		if r.Ticks > 0 {
			rows = append(rows, airingOf(r.Entry, r.Start, r.Ticks))
		}
	}
	report, err := Run(context.Background(), o)
	require.NoError(t, err)
	require.Equal(t, report.Ticks, sum, "every tick is in a row")
	i := 0
	for s := range o.Plans.Walk(context.Background(), o.After, o.Left, 0, report.Ticks, schedule.Clock{Zero: o.From}) {
		require.Less(t, i, len(rows), "the schedule has more: %+v", s)
		require.Equal(t, airingOf(s.Entry, s.Start, min(s.Ticks, report.Ticks-s.Start)), rows[i], "entry %d", i)
		i++
	}
	require.Len(t, rows, i)
	return report
}

// What would air is what the schedule says, entry for entry. (Row 2: one day, or
// with AIRLOOM_SOAK=1 the month.)
func TestRow2(t *testing.T) {
	days := 1
	if os.Getenv("AIRLOOM_SOAK") == "1" {
		days = 30
	}
	began := time.Now()
	r := requireSame(t, row2(t).options(t, time.Duration(days)*24*time.Hour))
	t.Logf("%d ticks, %d entries in %v", r.Ticks, r.Entries, time.Since(began))
	for _, f := range r.Findings {
		require.Equal(t, Remark, f.Severity, "%+v", f)
	}
	require.Equal(t, 20*days, r.Starts)
	require.Equal(t, 21, r.Lists)
}

// BenchmarkMonth is row 2: 64.8 million ticks.
func BenchmarkMonth(b *testing.B) {
	o := row2(b).options(b, 30*24*time.Hour)
	var ticks int64
	for b.Loop() {
		r, err := Run(context.Background(), o)
		require.NoError(b, err)
		ticks += r.Ticks
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(ticks), "ns/tick")
}

// BenchmarkDay is the thirtieth part of it.
func BenchmarkDay(b *testing.B) {
	o := row2(b).options(b, 24*time.Hour)
	var ticks int64
	for b.Loop() {
		r, err := Run(context.Background(), o)
		require.NoError(b, err)
		ticks += r.Ticks
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(ticks), "ns/tick")
}
