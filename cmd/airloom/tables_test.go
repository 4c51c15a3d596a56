package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/playlist"
	"airloom/playlist/schedule"
	"airloom/playout"
	"airloom/playout/asrun"
	"airloom/playout/media"
	"airloom/playout/rehearse"
	"airloom/playout/timeline"
	"airloom/web"
)

// outlookFrom is one at 25 ticks a second that knows no plans.
func outlookFrom(t *testing.T, from time.Time) *outlook {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	return &outlook{zone: zone, grid: timeline.Grid{FPS: media.Rational{Num: 25, Den: 1}, Rate: 48000}, from: from.In(zone), end: schedule.Never - 1}
}

// The night on which 02:00 comes twice: which of the two is meant shows.
func TestTablesTellTheDoubledHourApart(t *testing.T) {
	first := time.Date(2026, 10, 25, 0, 30, 0, 0, time.UTC)
	o := outlookFrom(t, first)
	var planned, did bytes.Buffer
	table := table{o: o, w: &planned}
	var rows []asrun.Row
	for i := range int64(3) {
		start := i * 1800 * 25
		require.NoError(t, table.slot(schedule.Slot{Entry: playlist.Entry{Playlist: "main.yml"}, Start: start, Ticks: 1800 * 25, Left: schedule.Ended}))
		rows = append(rows, asrun.Row{Start: o.at(start), End: o.at(start + 1800*25), Ticks: 1800 * 25, Outcome: "played"})
	}
	require.NoError(t, asrunTable(&did, func(yield func(asrun.Row, error) bool) {
		for _, r := range rows {
			if !yield(r, nil) {
				return
			}
		}
	}, o.zone, o.grid))
	shape := func(text string) (shape []string) {
		for line := range strings.Lines(text) {
			for _, word := range strings.Fields(line) {
				if strings.HasPrefix(word, "02:") || strings.HasPrefix(word, "(CE") {
					shape = append(shape, strings.TrimSuffix(word, ".00"))
					break
				}
			}
		}
		return shape
	}
	want := []string{"(CEST)", "02:30:00", "(CET)", "02:00:00", "02:30:00"}
	require.Equal(t, want, shape(planned.String()), planned.String())
	require.Equal(t, want, shape(did.String()), did.String())
}

// What aired while the clock was stepped lasted as long as its ticks.
func TestLengthsOfWhatAiredAreItsTicks(t *testing.T) {
	o := outlookFrom(t, time.Date(2026, 11, 21, 19, 0, 0, 0, time.UTC))
	row := asrun.Row{Start: o.at(0), End: o.at(75).Add(-30 * time.Second), Ticks: 75, Outcome: "played"}
	require.Equal(t, "00:00:03.0", lengthOf(row, o.grid))
	off := asrun.Row{Start: o.at(0), End: o.at(0).Add(90 * time.Second), Outcome: asrun.Off}
	require.Equal(t, "00:01:30.0", lengthOf(off, o.grid))
	off.End = o.at(0).Add(-time.Second)
	require.Equal(t, "00:00:00.0", lengthOf(off, o.grid))
}

// A gap that a start leaves is another one than one for want of a programme.
func TestGapsInWords(t *testing.T) {
	o := outlookFrom(t, time.Date(2026, 11, 21, 19, 0, 0, 0, time.UTC))
	var b bytes.Buffer
	table := table{o: o, w: &b}
	rest := schedule.Gap()
	rest.Ticks = 9 * 25
	require.NoError(t, table.slot(schedule.Slot{Entry: rest, Start: 0, Ticks: rest.Ticks, Left: schedule.Ended}))
	require.NoError(t, table.slot(schedule.Slot{Entry: schedule.Gap(), Start: rest.Ticks, Ticks: 50, Left: 50}))
	require.NoError(t, table.sum())
	require.Contains(t, b.String(), "Nothing planned  (up to the start at 20:00:09)\n")
	require.Contains(t, b.String(), "Nothing planned  ! nothing to air\n")
	require.Contains(t, b.String(), "2 entries, 0 cuts, nothing to air for 00:00:02.00, no filler fits for 00:00:09.00\n")
}

// What stands in while nothing is planned is one entry, and the schedule's.
func TestRehearsedGapIsThePlannedOne(t *testing.T) {
	o := outlookFrom(t, time.Date(2026, 11, 21, 19, 0, 0, 0, time.UTC))
	item := func(start, ticks int64) playout.Row {
		return playout.Row{Entry: playlist.Entry{Item: playlist.Item{ID: "a", Source: "a.mp4", Title: "A"}, Playlist: "main.yml", Mode: playlist.ModeBase}, Start: start, Ticks: ticks, Outcome: playout.Played}
	}
	var b bytes.Buffer
	s := show{o: o, w: &b, json: true, entries: true}
	for _, r := range []playout.Row{
		item(0, 25), {Start: 25, Ticks: 50, Outcome: playout.Hold}, {Start: 75, Ticks: 100, Outcome: playout.Slate}, item(175, 25), {Start: 200, Ticks: 5, Outcome: playout.Hold},
	} {
		s.row(r)
	}
	require.NoError(t, s.report(&rehearse.Report{LongestAt: -1}))
	var got struct{ Entries []airedEntry }
	require.NoError(t, json.Unmarshal(b.Bytes(), &got))
	var want bytes.Buffer
	list := web.Array{W: &want}
	for _, g := range []struct{ start, ticks int64 }{{25, 150}, {200, 5}} {
		require.NoError(t, list.Add(o.entry(schedule.Gap(), g.start, g.ticks)))
	}
	require.NoError(t, list.End())
	var gaps []plannedEntry
	for _, e := range got.Entries {
		if e.Mode == string(playlist.ModeSlate) {
			gaps = append(gaps, e.plannedEntry)
		}
	}
	require.Len(t, got.Entries, 4)
	text, err := json.Marshal(gaps)
	require.NoError(t, err)
	require.JSONEq(t, want.String(), string(text))
	require.Equal(t, "slate", got.Entries[1].Outcome)
}
