package rehearse

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/playlist"
	"airloom/playlist/schedule"
	"airloom/playlist/when"
	"airloom/playout"
	"airloom/playout/media"
)

// small is a base of three films of 20 s.
func small(more ...string) *bill {
	b := &bill{lengths: map[string]int64{"a.mp4": 500, "b.mp4": 500, "c.mp4": 500, "news.mp4": 1500, "bad.mp4": -1, "short.mp4": 50}}
	b.list("main.yml", nil, append([]string{"a.mp4", "b.mp4", "c.mp4"}, more...)...)
	return b
}

func rehearse(t *testing.T, o Options) *Report {
	t.Helper()
	live := media.Live.Ticks.Load()
	r, err := Run(context.Background(), o)
	require.NoError(t, err)
	require.Equal(t, live, media.Live.Ticks.Load(), "ticks left")
	return r
}

// found renders findings: "problem cannot-play ×3 bad.mp4@1500".
func found(r *Report) (lines []string) {
	for _, f := range r.Findings {
		lines = append(lines, fmt.Sprintf("%s %s ×%d %s@%d", f.Severity, f.Code, f.Times, f.Entry.Item.Source, f.Tick))
	}
	return lines
}

func TestQuiet(t *testing.T) {
	r := rehearse(t, small().options(t, time.Hour))
	require.Empty(t, r.Findings)
	require.Equal(t, 180, r.Entries)
	require.Zero(t, r.Held)
	require.EqualValues(t, -1, r.LongestAt)
	require.Equal(t, from.Add(time.Hour), r.To)
}

func TestCannotPlay(t *testing.T) {
	b := small("bad.mp4")
	o := b.options(t, 10*time.Minute)
	o.Why = func(it playlist.Item) (media.FaultKind, string) {
		return media.FaultMissing, it.Source + " is not there"
	}
	r := requireSame(t, o)
	require.Equal(t, []string{"problem cannot-play ×9 bad.mp4@1500"}, found(r)[:1])
	require.Contains(t, r.Findings[0].Message, "bad.mp4 (main.yml, item 4) cannot play: bad.mp4 is not there")
	require.Equal(t, 1, r.Problems())
}

func TestNothing(t *testing.T) {
	for name, b := range map[string]*bill{"empty": {}, "all bad": {lengths: map[string]int64{"x.mp4": -1}}} {
		if b.lengths == nil {
			b.list("main.yml", nil)
		} else {
			b.list("main.yml", nil, "x.mp4", "x.mp4")
		}
		r := rehearse(t, b.options(t, time.Minute))
		require.EqualValues(t, 1500, r.Held, name)
		require.EqualValues(t, 1500, r.Longest, name)
		i := slices.IndexFunc(r.Findings, func(f Finding) bool { return f.Code == Gap })
		require.GreaterOrEqual(t, i, 0, name)
		gap := r.Findings[i]
		require.Contains(t, gap.Message, "there is nothing that can air", name)
	}
}

// A hard start cuts, and what it cut goes on: a remark, and no problem.
func TestCut(t *testing.T) {
	b := small()
	b.list("news.yml", cron(t, "10 6 * * *", playlist.Hard), "news.mp4")
	r := requireSame(t, b.options(t, 20*time.Minute))
	require.Empty(t, found(r), "the start falls on a join")
	b = small("short.mp4")
	b.list("news.yml", cron(t, "10 6 * * *", playlist.Hard), "news.mp4")
	r = requireSame(t, b.options(t, 20*time.Minute))
	require.Len(t, r.Findings, 1)
	require.Equal(t, CutItem, r.Findings[0].Code)
	require.Equal(t, 1, r.Cuts)
	require.Zero(t, r.Problems())
	require.Contains(t, r.Findings[0].Message, "06:10:00 news.yml began")
}

func TestStarts(t *testing.T) {
	b := small()
	b.list("first.yml", cron(t, "10 6 * * *", playlist.Hard), "news.mp4", "news.mp4", "news.mp4").Schedule.Priority = 2
	second := cron(t, "11 6 * * *", playlist.Hard)
	d := 30 * time.Second
	second.Duration = d
	b.list("second.yml", second, "a.mp4")
	soft := cron(t, "15 6 * * *", playlist.Soft)
	b.list("soft.yml", soft, "b.mp4")
	b.lengths["main-long.mp4"] = 25 * 60 * 60
	b.lists[0].Items = append(b.lists[0].Items[:1], playlist.Item{ID: "long", Source: "main-long.mp4", Title: "long", Repeat: 1})
	r := requireSame(t, b.options(t, 2*time.Hour))
	var codes []string
	for _, f := range r.Findings {
		codes = append(codes, string(f.Code)+" "+f.Entry.Playlist)
	}
	require.Contains(t, codes, "missed-start second.yml", "%v", r.Findings)
	require.Contains(t, codes, "waited soft.yml", "%v", r.Findings)
	require.Equal(t, 1, r.Problems())
	require.Equal(t, 2, r.Starts)
}

// A start of which nothing can play is told as missed, and nothing is cut for it.
func TestNothingInAStart(t *testing.T) {
	for _, loop := range []bool{false, true} {
		for _, start := range []playlist.Start{playlist.Hard, playlist.Soft} {
			b := small("short.mp4")
			s := cron(t, "10 6 * * *", start)
			if loop {
				s.Duration = 5 * time.Minute
			}
			b.list("news.yml", s, "bad.mp4", "bad.mp4").Loop = loop
			r := requireSame(t, b.options(t, 20*time.Minute))
			var codes []string
			for _, f := range r.Findings {
				codes = append(codes, fmt.Sprintf("%s ×%d", f.Code, f.Times))
			}
			require.ElementsMatch(t, []string{"cannot-play ×1", "cannot-play ×1", "missed-start ×1"}, codes, "%v %v", loop, start)
			i := slices.IndexFunc(r.Findings, func(f Finding) bool { return f.Code == MissedStart })
			require.Contains(t, r.Findings[i].Message, "06:10:00, never airs: nothing in it can play")
			require.Zero(t, r.Cuts)
			require.Zero(t, r.Held)
			require.Zero(t, r.Starts)
		}
	}
}

func TestFit(t *testing.T) {
	b := small()
	s := cron(t, "10 6 * * *", playlist.Hard)
	s.Fill = playlist.FillFit
	b.list("news.yml", s, "news.mp4")
	b.lengths["a.mp4"] = 510
	b.lengths["f.mp4"] = 70
	b.fillers = []playlist.Item{{ID: "f", Source: "f.mp4", Title: "f", Repeat: 1}}
	r := requireSame(t, b.options(t, 20*time.Minute))
	require.Positive(t, r.Fillers)
	require.Positive(t, r.Rest)
	require.Zero(t, r.Problems(), "%v", r.Findings)
	require.Zero(t, r.Cuts)
	require.Equal(t, NothingFits, r.Findings[0].Code)
}

// A start that falls on the very beginning airs once.
func TestStartsAtTheBeginning(t *testing.T) {
	b := small()
	s := cron(t, "*/10 * * * *", playlist.Hard)
	s.Fill = playlist.FillFit
	b.list("fit.yml", s, "a.mp4")
	b.list("news.yml", cron(t, "0 6 * * *", playlist.Hard), "news.mp4")
	var order []string
	o := b.options(t, 100*time.Second)
	o.Aired = func(r playout.Row) { order = append(order, r.Entry.Playlist) }
	r := rehearse(t, o)
	require.Equal(t, "fit.yml news.yml main.yml", strings.Join(order, " "))
	require.Equal(t, 2, r.Starts)
	require.Equal(t, []string{"problem late-start ×1 news.mp4@500"}, found(r))
}

func TestUnknown(t *testing.T) {
	b := small("rtmp://host/x")
	r := rehearse(t, b.options(t, 10*time.Minute))
	require.Equal(t, []string{"problem unknown-length ×1 rtmp://host/x@1500"}, found(r))
	require.Contains(t, r.Findings[0].Message, "give it a duration")
}

func TestFaults(t *testing.T) {
	fault := func(text string) []Fault {
		t.Helper()
		f, err := ParseFaults(text)
		require.NoError(t, err)
		return f
	}
	run := func(text string) *Report {
		t.Helper()
		b := small()
		o := b.options(t, 10*time.Minute)
		o.Faults = fault(text)
		return rehearse(t, o)
	}
	r := run("missing=a.*")
	require.Len(t, r.Findings, 1)
	require.Zero(t, r.Findings[0].Tick, "also when it is the first")
	require.Zero(t, r.Held)
	r = run("missing=b.*")
	require.Equal(t, CannotPlay, r.Findings[0].Code)
	require.Equal(t, "b.mp4", r.Findings[0].Entry.Item.Source)
	require.Zero(t, r.Held)

	r = run("crash=c.mp4@10s")
	require.Equal(t, BreaksOff, r.Findings[0].Code)
	require.Equal(t, Gap, r.Findings[1].Code)
	require.LessOrEqual(t, r.Longest, int64(25), "a crash holds for a second at most")
	require.Positive(t, r.Longest)

	r = run("crash=c.mp4")
	require.Equal(t, CannotPlay, r.Findings[0].Code, "its decoder crashes at once, and again")
	require.Zero(t, r.Held)

	r = run("stall=a.mp4@00:00:05:4s")
	require.Equal(t, []string{"problem gap ×10 a.mp4@125"}, found(r)[:1])
	require.InDelta(t, 100, r.Longest, 1)
	require.Contains(t, r.Findings[0].Message, "a.mp4 (main.yml, item 1) keeps the channel waiting, the last picture for 2s, the slate for 2s")

	r = run("stall=a.mp4@5s")
	require.Equal(t, BreaksOff, r.Findings[1].Code)
	require.EqualValues(t, 375, r.Longest, "stall_max, then the next item")

	for _, slip := range []string{"missing=aa.mp4", "crash=a.mp4@21s", "stall=d.*@1s"} {
		r = run(slip)
		require.Equal(t, []string{"problem unmet-fault ×1 @0"}, found(r), slip)
		require.Contains(t, r.Findings[0].Message, slip+" met nothing")
	}

	for _, bad := range []string{"crash", "boom=x", "missing=", "stall=x@y", "stall=x@1s:never", "missing=[", "crash=@3s"} {
		_, err := ParseFaults(bad)
		require.Error(t, err, bad)
	}
	require.Len(t, fault("missing=a b.mp4, crash=x@y@3s ,"), 2)
	require.Equal(t, "x@y", fault("missing=a, crash=x@y@3s")[1].Pattern)
}

// A rehearsal may begin where the channel stands.
func TestFromWithin(t *testing.T) {
	b := small()
	b.list("news.yml", cron(t, "10 6 * * *", playlist.Hard), "news.mp4")
	o := b.options(t, time.Hour)
	var at schedule.Slot
	for s := range o.Plans.Walk(context.Background(), playlist.Entry{}, schedule.Ended, 0, 12345, schedule.Clock{Zero: from}) {
		at = s
	}
	o.After, o.Left = at.Entry, at.From+12345-at.Start
	o.From = from.Add(12345 * 40 * time.Millisecond)
	r := requireSame(t, o)
	require.Equal(t, 1, r.Starts)
}

func TestFiller(t *testing.T) {
	b := small()
	o := b.options(t, time.Minute)
	o.Filler = &playlist.Item{Source: "short.mp4"}
	o.Faults = []Fault{{Pattern: "a.mp4", Kind: media.FaultStalled, At: time.Second, For: 10 * time.Second}}
	r := rehearse(t, o)
	require.Contains(t, r.Findings[0].Message, "the filler for 8s")
}

func TestStops(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	o := small().options(t, 1000*24*time.Hour)
	calls := 0
	o.Progress = func(done, total int64) {
		require.Positive(t, done)
		if calls++; calls == 2 {
			cancel()
		}
	}
	_, err := Run(ctx, o)
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, 2, calls)
}

// The plan of a year's busiest nights: rehearsed as scheduled, over the change of
// clocks in both directions.
func TestSameOverClockChanges(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	for _, day := range []time.Time{time.Date(2026, 3, 28, 20, 0, 0, 0, zone), time.Date(2026, 10, 24, 20, 0, 0, 0, zone)} {
		b := row2(t)
		until, err := when.ParseClock("02:30")
		require.NoError(t, err)
		s := cron(t, "0 1 * * *", playlist.Hard)
		s.Until = &until
		b.list("night.yml", s, "film01.mp4", "film02.mp4").Loop = true
		b.list("hourly.yml", cron(t, "*/20 * * * *", playlist.Soft), "film07.mp4")
		p, problems := schedule.New(schedule.Inputs{Base: "main.yml", Lists: b.lists, Zone: zone, Grid: newStage(&Options{House: pal}).grid, Ticks: b.ticks})
		require.Empty(t, problems)
		r := requireSame(t, Options{House: pal, HoldMax: 2 * time.Second, StallMax: 15 * time.Second, Plans: p, From: day, For: 12 * time.Hour, Ticks: b.ticks})
		require.Positive(t, r.Starts)
		for _, f := range r.Findings {
			require.NotEqual(t, Gap, f.Code, "%+v", f)
		}
	}
}

// Rows of an item that a hold breaks in two are one entry.
func TestEntriesAreCountedOnce(t *testing.T) {
	o := small().options(t, time.Minute)
	o.Faults = []Fault{{Pattern: "a.mp4", Kind: media.FaultStalled, At: time.Second, For: time.Second}}
	var rows []string
	o.Aired = func(r playout.Row) { rows = append(rows, string(r.Outcome)+" "+r.Entry.Item.Source) }
	r := rehearse(t, o)
	require.Equal(t, 3, r.Entries)
	require.Equal(t, "played a.mp4|hold a.mp4|played a.mp4|played b.mp4|played c.mp4", strings.Join(rows, "|"))
}
