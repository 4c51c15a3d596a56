package web

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"iter"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/playlist"
)

// plan is a plan whose answers are made up; it takes note of what it is asked.
type plan struct {
	edition  uint64
	from, to time.Time
	at       string
	n        int
	rundown  []Upcoming
	entries  []Slot
	aired    []Aired
	err      error
	effects  Effects
	draft    *playlist.Playlist
}

func (p *plan) Zone() *time.Location { return time.UTC }
func (p *plan) Edition() uint64      { return p.edition }
func (p *plan) Place() string        { return p.at }
func (p *plan) Rundown(_ context.Context, n int) []Upcoming {
	p.n = n
	return p.rundown[:min(n, len(p.rundown))]
}
func (p *plan) Schedule(_ context.Context, from time.Time, d time.Duration) iter.Seq[Slot] {
	p.from, p.to = from, from.Add(d)
	return func(yield func(Slot) bool) {
		for _, e := range p.entries {
			if !yield(e) {
				return
			}
		}
	}
}
func (p *plan) Aired(_ context.Context, from, to time.Time) iter.Seq2[Aired, error] {
	p.from, p.to = from, to
	return func(yield func(Aired, error) bool) {
		for _, a := range p.aired {
			if !yield(a, nil) {
				return
			}
		}
		if p.err != nil {
			yield(Aired{}, p.err)
		}
	}
}

func (p *plan) Effects(_ context.Context, draft *playlist.Playlist) (Effects, error) {
	p.draft = draft
	x := p.effects
	x.Airs = append(x.Airs, make([]Airs, max(0, len(draft.Items)-len(x.Airs)))...)
	return x, p.err
}

func of[T any](v T) *T { return &v }

// aPlan has one of each kind.
func aPlan() *plan {
	e := Entry{
		ID: "a", Start: "2026-10-24T19:32:08.000Z", End: of("2026-10-24T19:32:28.000Z"), Ticks: of(int64(500)),
		Playlist: "main.yml", Source: "one.mp4", Title: "One", InS: of(0.0), OutS: of(20.0), Mode: "base",
	}
	open := Entry{ID: "c", Start: "2026-10-24T19:32:28.000Z", Playlist: "live.yml", Source: "rtsp://cam/…", Title: "Live", Mode: "hard"}
	out := Entry{ID: "b", Start: e.Start, End: &e.Start, Ticks: of(int64(0)), Playlist: "main.yml", Index: 1, Source: "gone.mp4", Title: "Gone", Mode: "base"}
	return &plan{
		rundown: []Upcoming{
			{Entry: e, OnAir: true, Plays: true, Warnings: []string{}},
			{Entry: out, Warnings: []string{"File is missing: gone.mp4"}},
			{Entry: open, Planned: of("2026-10-24T19:32:28.000Z"), Cut: true, Plays: true, Warnings: []string{}},
		},
		entries: []Slot{
			{Entry: e, Cut: true, Warnings: []string{}},
			{Entry: open, Planned: of("2026-10-24T19:32:28.000Z"), Warnings: []string{"Nobody is there yet"}},
		},
		effects: Effects{
			Until: "2026-10-25T19:32:08.000Z", First: &e.Start, More: 1,
			Airs: []Airs{{StartsAt: &e.Start, EndsAt: e.End, Kind: of("base"), Cut: true}},
			Changes: []Effect{
				{At: e.Start, Kind: "added", Title: "One", Playlist: "main.yml", Index: of(0), Mode: "base", Count: 1, Times: 2, Note: "is new here"},
				{At: e.Start, Kind: "retimed", Title: "Live", Playlist: "live.yml", Mode: "hard", WasAt: e.End, LaterS: -20, Count: 3, Times: 1, Note: "0:00:20 earlier"},
			},
		},
		aired: []Aired{
			{Tick: 0, Start: e.Start, End: *e.End, Ticks: 500, Playlist: "main.yml", ID: "a", Source: "one.mp4", Title: "One, and more", InS: of(1.5), Mode: "base", Outcome: "played"},
			{Tick: 500, Start: *e.End, End: *e.End, Planned: e.End, Playlist: "main.yml", Index: 1, ID: "b", Source: "gone.mp4", Title: "Gone", Mode: "hard", Outcome: "skipped", Cause: "no such file"},
			{Tick: 500, Start: *e.End, End: *e.End, Ticks: 10, Playlist: "main.yml", ID: "a", Source: "one.mp4", Title: "One", Mode: "base", Outcome: "on air"},
		},
	}
}

func TestRundown(t *testing.T) {
	p := aPlan()
	at := serve(t, Config{Plan: p}, onAir()) + "/api/v1/rundown"
	var got []Upcoming
	w := ask(t, http.MethodGet, at)
	require.Equal(t, http.StatusOK, w.StatusCode, w.body)
	require.NoError(t, json.Unmarshal([]byte(w.body), &got))
	require.Equal(t, p.rundown, got)
	require.Equal(t, usualEntries, p.n)
	ask(t, http.MethodGet, at+"?limit=2")
	require.Equal(t, 2, p.n)
	for _, limit := range []string{"0", "-1", "1001", "x", "1e3"} {
		requireProblem(t, http.StatusBadRequest, ask(t, http.MethodGet, at+"?limit="+limit))
	}
	p.rundown, p.edition = nil, 2
	require.Equal(t, "[]\n", ask(t, http.MethodGet, at).body)
}

func TestSchedule(t *testing.T) {
	p := aPlan()
	at := serve(t, Config{Plan: p}, onAir()) + "/api/v1/schedule"
	var got []Slot
	w := ask(t, http.MethodGet, at)
	require.NoError(t, json.Unmarshal([]byte(w.body), &got))
	require.Equal(t, p.entries, got)
	require.Equal(t, usualSpan, p.to.Sub(p.from))
	require.WithinDuration(t, time.Now(), p.from, 10*time.Second)

	from := time.Now().Add(time.Hour).Truncate(time.Second).In(time.FixedZone("", 3600))
	require.Equal(t, http.StatusOK, ask(t, http.MethodGet, at+"?for=7d&from="+from.Format(time.RFC3339)).StatusCode) // with a bare +
	require.True(t, from.Equal(p.from))
	require.Equal(t, 7*24*time.Hour, p.to.Sub(p.from))
	for _, q := range []string{"for=32d", "for=-1h", "for=x", "for=0s", "from=yesterday", "from=2020-01-01T00:00:00Z", "from=2090-01-01T00:00:00Z"} {
		requireProblem(t, http.StatusBadRequest, ask(t, http.MethodGet, at+"?"+q))
	}
	p.entries, p.at = nil, "elsewhere"
	require.Equal(t, "[]", ask(t, http.MethodGet, at).body)
}

func TestAsrun(t *testing.T) {
	p := aPlan()
	at := serve(t, Config{Plan: p}, onAir()) + "/api/v1/asrun"
	rows := func(query string) (got []Aired) {
		w := ask(t, http.MethodGet, at+query)
		require.Equal(t, http.StatusOK, w.StatusCode, w.body)
		require.NoError(t, json.Unmarshal([]byte(w.body), &got))
		return got
	}
	require.Equal(t, p.aired, rows(""))
	require.Equal(t, usualSpan, p.to.Sub(p.from))
	require.Equal(t, p.aired[1:2], rows("?outcome=skipped"))
	require.Equal(t, p.aired[1:], rows("?outcome=skipped,"+url.QueryEscape("on air")))
	rows("?to=2026-10-24T20:00:00Z")
	require.Equal(t, time.Date(2026, 10, 23, 20, 0, 0, 0, time.UTC), p.from.UTC())

	w := ask(t, http.MethodGet, at+"?format=csv&from=2026-10-24T00:00:00Z&to=2026-10-25T00:00:00Z")
	require.Equal(t, "text/csv; charset=utf-8", w.Header.Get("Content-Type"))
	require.Contains(t, w.Header.Get("Content-Disposition"), `"asrun-2026-10-24.csv"`)
	table, err := csv.NewReader(strings.NewReader(w.body)).ReadAll()
	require.NoError(t, err)
	require.Len(t, table, 4)
	require.Equal(t, airedFields, table[0])
	require.Equal(t, p.aired[0].record(), table[1])

	for _, q := range []string{"from=x", "to=x", "format=xml", "from=2026-10-24T00:00:00Z&to=2026-10-24T00:00:00Z", "from=2026-01-01T00:00:00Z&to=2026-10-24T00:00:00Z"} {
		requireProblem(t, http.StatusBadRequest, ask(t, http.MethodGet, at+"?"+q))
	}
}

func TestAsrunThatCannotBeRead(t *testing.T) {
	p := aPlan()
	at := serve(t, Config{Plan: p}, onAir()) + "/api/v1/asrun"
	p.err = fs.ErrNotExist
	p.aired = nil
	require.Equal(t, "[]", ask(t, http.MethodGet, at).body)
	p.err = errors.New("the as-run log is damaged")
	w := ask(t, http.MethodGet, at)
	requireProblem(t, http.StatusServiceUnavailable, w)
	require.Contains(t, w.body, "The as-run log is damaged.")
	requireProblem(t, http.StatusServiceUnavailable, ask(t, http.MethodGet, at+"?format=csv"))
}

// An answer that breaks off is not taken for a whole one.
func TestAnAnswerThatBreaksOffHasNoEnd(t *testing.T) {
	p := aPlan()
	for range 2000 {
		p.aired = append(p.aired, p.aired[0])
	}
	p.err = errors.New("the disk is gone")
	at := serve(t, Config{Plan: p}, onAir())
	w, err := http.Get(at + "/api/v1/asrun?format=csv")
	require.NoError(t, err)
	defer w.Body.Close()
	_, err = io.ReadAll(w.Body)
	require.Error(t, err)
}
