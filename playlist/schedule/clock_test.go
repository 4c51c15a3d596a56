package schedule

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/playlist"
	"airloom/playout/media"
	"airloom/playout/timeline"
)

// player steps through plans as the engine does: Next at joins and cuts, Cut
// before every tick. Its clock may be stepped.
type player struct {
	p    *Plans
	c    Clock
	e    playlist.Entry
	n    int64
	left int64 // of e, next to air
	rows []string
	at   []int64
	from []int64
	miss []Missed
}

func play(p *Plans, c Clock) *player {
	pl := &player{p: p, c: c}
	pl.next(Ended)
	return pl
}

func (pl *player) next(left int64) {
	pl.e = pl.p.Next(pl.e, left, pl.n, pl.c)
	pl.left = pl.e.From
	pl.miss = append(pl.miss, MissedBy(pl.e)...)
	pl.rows = append(pl.rows, pl.e.Item.Source)
	pl.at = append(pl.at, pl.n)
	pl.from = append(pl.from, pl.e.From)
}

// until plays up to the tick.
func (pl *player) until(n int64) *player {
	for pl.n < n {
		end := min(n, Never)
		if pl.e.Ticks > 0 {
			end = min(end, pl.n+pl.e.From+pl.e.Ticks-pl.left)
		}
		x := pl.p.Cut(pl.e, pl.n, pl.c)
		stop := min(end, x)
		pl.left += stop - pl.n
		pl.n = stop
		switch {
		case pl.e.Ticks > 0 && pl.left == pl.e.From+pl.e.Ticks:
			pl.next(Ended)
		case stop == x && stop < n:
			pl.next(pl.left)
		}
	}
	return pl
}

// step sets the clock forwards, or back.
func (pl *player) step(by time.Duration) *player {
	pl.c.Zero = pl.c.Zero.Add(by)
	return pl
}

func seconds(s float64) int64 { return pal.Ticks(time.Duration(s * float64(time.Second))) }

// count is how often the source has begun.
func (pl *player) count(source string) (n int) {
	for _, r := range pl.rows {
		if r == source {
			n++
		}
	}
	return n
}

func TestClockSteps(t *testing.T) {
	hard := func(t *testing.T) *Plans {
		return planned(t, "main: a600 b600", `x: x30 | {cron: "0 20 * * *"}`)
	}
	for _, c := range []struct {
		name string
		play func(p *player)
		want string // time in ticks' seconds after 19:59:00, and source
	}{
		{"forward over the start: at once, late by the step", func(p *player) { p.until(seconds(50)).step(30 * time.Second) }, "0 a600, 50 x30, 80 a600"},
		{"forward, not over it", func(p *player) { p.until(seconds(20)).step(30 * time.Second) }, "0 a600, 30 x30, 60 a600"},
		{"back before the start: later by the step", func(p *player) { p.until(seconds(50)).step(-30 * time.Second) }, "0 a600, 90 x30, 120 a600"},
		{"back while it is on air: not again", func(p *player) { p.until(seconds(70)).step(-30 * time.Second) }, "0 a600, 60 x30, 90 a600"},
		{"back after it: not again", func(p *player) { p.until(seconds(95)).step(-50 * time.Second) }, "0 a600, 60 x30, 90 a600"},
		{"back and forward again", func(p *player) {
			p.until(seconds(70)).step(-30 * time.Second).until(seconds(85)).step(30 * time.Second)
		}, "0 a600, 60 x30, 90 a600"},
		{"forward over start and window: missed", func(p *player) { p.until(seconds(50)).step(10 * time.Minute) }, "0 a600, 600 b600"},
		{"forward over a start in a window still open", func(p *player) { p.until(seconds(50)).step(65 * time.Second) }, "0 a600, 50 x30, 80 a600"},
		{"forward by days: the latest start alone", func(p *player) { p.until(seconds(50)).step(48*time.Hour + 30*time.Second) }, "0 a600, 50 x30, 80 a600"},
		{"a clock that had been two days ahead: again on the right day", func(p *player) {
			p.until(seconds(95)).step(-48 * time.Hour).step(-60 * time.Second)
		}, "0 a600, 60 x30, 90 a600, 120 x30, 150 a600"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := play(hard(t), at(t, "19:59"))
			c.play(p)
			p.until(seconds(700))
			var got []string
			for i, r := range p.rows {
				got = append(got, fmt.Sprintf("%g %s", pal.Due(p.at[i]).Seconds(), r))
			}
			require.Equal(t, c.want, firstOf(strings.Join(got, ", "), c.want))
		})
	}
}

// A soft start that the clock jumped over waits for the join, and comes once.
func TestClockStepsAndSoftStarts(t *testing.T) {
	for _, by := range []time.Duration{30 * time.Second, -30 * time.Second} {
		for s := range 200 {
			p := play(planned(t, "main: a20 b20", `x: x10 | {at: "2026-07-14 20:00", start: soft}`), at(t, "19:59"))
			p.until(seconds(float64(s))).step(by).until(seconds(300))
			require.Equal(t, 1, p.count("x10"), "%v after %d s: %v", by, s, p.rows)
		}
	}
}

// Row 1: whenever in an hour the clock is stepped, each hard start airs once,
// never twice, and late by no more than the step.
func TestEveryHardStartOnceThroughSteps(t *testing.T) {
	p0 := planned(t, "main: a20 b20 c20", `x: x30 | {cron: "*/5 * * * *"}`)
	for _, by := range []time.Duration{30 * time.Second, -30 * time.Second} {
		for s := 0; s < 900; s += 7 {
			p := play(p0, at(t, "20:02"))
			p.until(seconds(float64(s))).step(by).until(seconds(1800))
			began := map[time.Time]int{}
			for i, r := range p.rows {
				if r != "x30" || p.e.From > 0 {
					continue
				}
				at := p.c.Zero.Add(pal.Due(p.at[i]))
				if p.at[i] < seconds(float64(s)) {
					at = at.Add(-by)
				}
				planned := at.Truncate(5 * time.Minute)
				began[planned]++
				require.LessOrEqual(t, at.Sub(planned), max(by, 0), "%v after %d s", by, s)
			}
			for planned, times := range began {
				require.Equal(t, 1, times, "%v: %v after %d s", planned, by, s)
			}
			require.GreaterOrEqual(t, len(began), 5)
		}
	}
}

// Row 1: thirty days on, the first tick of a hard start is still the first one due
// at or after its time, whatever the frame rate.
func TestHardStartsToTheTick(t *testing.T) {
	for _, fps := range []media.Rational{{Num: 25, Den: 1}, {Num: 30000, Den: 1001}, {Num: 24000, Den: 1001}, {Num: 50, Den: 1}} {
		g := timeline.Grid{FPS: fps, Rate: 48000}
		lists := files(t, "main: a20 b33 c7", `x: x30 | {cron: "*/7 * * * *"}`, `y: y30 | {cron: "3 20 * * *", priority: 2}`)
		p, ps := New(Inputs{Base: "main.yml", Lists: lists, Grid: g, Ticks: lengths(g)})
		require.NoError(t, ps.Err())
		c := Clock{time.Date(2026, 7, 14, 12, 34, 56, 789_012_345, time.UTC)}
		end := g.TickAt(30 * 24 * time.Hour)
		starts := 0
		for s := range p.Walk(context.Background(), playlist.Entry{}, Ended, 0, end, c) {
			if s.Mode != playlist.ModeHard || s.From > 0 {
				continue
			}
			planned := s.Planned.Sub(c.Zero)
			require.GreaterOrEqual(t, g.Due(s.Start), planned)
			require.Less(t, g.Due(s.Start-1), planned)
			starts++
		}
		require.Greater(t, starts, 30*24*8)
	}
}

// The channel moves from one zone to another between two questions.
func TestAnotherZone(t *testing.T) {
	lists := files(t, "main: a600", `x: x30 | {cron: "0 20 * * *", until: "20:30"} | loop: true`)
	in := func(zone string) *Plans {
		z, err := time.LoadLocation(zone)
		require.NoError(t, err)
		p, ps := New(Inputs{Base: "main.yml", Lists: lists, Grid: pal, Ticks: lengths(pal), Zone: z})
		require.NoError(t, ps.Err())
		return p
	}
	berlin, london, helsinki := in("Europe/Berlin"), in("Europe/London"), in("Europe/Helsinki")
	c := at(t, "17:50") // 19:50 in Berlin
	e := berlin.Next(playlist.Entry{}, Ended, 0, c)
	require.Equal(t, "a600", e.Item.Source)
	require.Equal(t, seconds(600), berlin.Cut(e, 0, c))
	require.Equal(t, seconds(4200), london.Cut(e, 0, c), "an hour later")
	require.Equal(t, seconds(600+23*3600), helsinki.Cut(e, 0, c), "there it was before what has been seen: tomorrow")

	x := berlin.Next(e, Ended, seconds(600), c)
	require.Equal(t, "x30", x.Item.Source)
	require.Equal(t, seconds(600+1800), berlin.Cut(x, seconds(600), c))
	require.Equal(t, seconds(4200), london.Cut(x, seconds(600), c), "there it is 19:00, and 20:00 comes before the first 20:30")
	require.Equal(t, seconds(23*3600+600), helsinki.Cut(x, seconds(600), c), "there it is 21:00: until tomorrow's start")
	x = london.Next(x, Ended, seconds(630), c)
	require.Equal(t, "x30", x.Item.Source)
	require.Equal(t, "Europe/London", x.Planned.Location().String())
}
