package schedule

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/playlist"
)

var studio = playlist.Item{ID: "live/studio", Source: "ingest://studio", Title: "studio", Repeat: 1}

// live puts a producer on air now, who ends at the tick.
func (pl *player) live(end int64, runs bool) *player {
	pl.put(Live(pl.e, pl.left, pl.n, studio, runs))
	pl.until(end)
	pl.next(Ended)
	return pl
}

// words tells what has aired: the source, where it began if not at its
// beginning, and when.
func (pl *player) words() string {
	var out []string
	for i, row := range pl.rows {
		word := strings.TrimPrefix(row, "ingest://")
		if i < len(pl.from) && pl.from[i] > 0 {
			word += "+" + strconv.FormatInt(pl.from[i]/25, 10)
		}
		out = append(out, pl.c.Zero.Add(pal.Due(pl.at[i])).UTC().Format("04:05")+" "+word)
	}
	return strings.Join(out, ", ")
}

// After a producer the plan goes on where it waited or, if it runs, where it would
// be. The clock takes nobody off; what was due meanwhile comes after.
func TestAfterAProducer(t *testing.T) {
	s := seconds
	for _, c := range []struct {
		name, from string
		lines      []string
		play       func(p *player)
		want       string
	}{
		{"it waits", "19:00", []string{"main: a60 b60 c60"}, func(p *player) {
			p.until(s(70)).live(s(300), false)
		}, "00:00 a60, 01:00 b60, 01:10 studio, 05:00 b60+10, 05:50 c60"},
		{"it runs", "19:00", []string{"main: a60 b60 c60"}, func(p *player) {
			p.until(s(70)).live(s(300)+3, true)
		}, "00:00 a60, 01:00 b60, 01:10 studio, 05:00 c60+0, 06:00 a60"},
		{"it comes at a join", "19:00", []string{"main: a60 b60 c60"}, func(p *player) {
			p.until(s(60) - 1)
			p.left, p.n = Ended, s(60)
			p.live(s(100), false)
		}, "00:00 a60, 01:00 studio, 01:40 b60, 02:40 c60"},
		{"to less than two seconds nobody returns", "19:00", []string{"main: a60 b60 c60"}, func(p *player) {
			p.until(s(59)).live(s(100), false)
		}, "00:00 a60, 00:59 studio, 01:40 b60, 02:40 c60"},
		{"another takes the air from it", "19:00", []string{"main: a60 b60 c60"}, func(p *player) {
			p.until(s(20)).put(Live(p.e, p.left, p.n, studio, false))
			p.until(s(40)).live(s(90), true)
		}, "00:00 a60, 00:20 studio, 00:40 studio, 01:30 a60+20, 02:10 b60"},
		{"a hard start waits until it ends, and begins then", "19:59", []string{"main: a600", `x: x30 y30 | {cron: "0 20 * * *"}`}, func(p *player) {
			p.until(s(30)).live(s(90), false)
		}, "59:00 a600, 59:30 studio, 00:30 x30, 01:00 y30, 01:30 a600+30"},
		{"or joins in", "19:59", []string{"main: a600", `x: x60 y30 | {cron: "0 20 * * *", late: join}`}, func(p *player) {
			p.until(s(30)).live(s(90), false)
		}, "59:00 a600, 59:30 studio, 00:30 x60+30, 01:00 y30, 01:30 a600+30"},
		{"or it has run", "19:59", []string{"main: a600", `x: x60 y30 | {cron: "0 20 * * *"}`}, func(p *player) {
			p.until(s(30)).live(s(135), true)
		}, "59:00 a600, 59:30 studio, 01:15 y30+15, 01:30 a600+60"},
		{"what was over by then does not air", "19:59", []string{"main: a600", `x: x30 | {cron: "0 20 * * *", duration: 1m}`}, func(p *player) {
			p.until(s(30)).live(s(180), false)
		}, "59:00 a600, 59:30 studio, 02:00 a600+30"},
		{"a soft start comes at its end", "19:59", []string{"main: a600", `x: x30 | {cron: "0 20 * * *", start: soft}`}, func(p *player) {
			p.until(s(30)).live(s(180), false)
		}, "59:00 a600, 59:30 studio, 02:00 x30, 02:30 a600+30"},
		{"what was taken goes on", "19:00", []string{"main: a60", "spot: s20 t20"}, func(p *player) {
			p.until(s(10)).take(t, "spot.yml", 0)
			p.from = append(p.from, 0)
			p.until(s(15)).live(s(100), false)
		}, "00:00 a60, 00:10 s20, 00:15 studio, 01:40 s20+5, 01:55 t20, 02:15 a60+10"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := play(planned(t, c.lines...), at(t, c.from))
			c.play(p)
			for len(p.rows) < strings.Count(c.want, ",")+1 {
				p.until(p.n + 1)
			}
			for i, e := range p.rows { // what was put on air has no From noted
				if e == studio.Source && len(p.from) < len(p.rows) {
					p.from = append(p.from[:i], append([]int64{0}, p.from[i:]...)...)
				}
			}
			require.Equal(t, c.want, p.words())
		})
	}
}

// While it is on air nothing is in sight, and what is asked is answered from the plan.
func TestAProducerOnAir(t *testing.T) {
	p := play(planned(t, "main: a60 b60 c60", `x: x30 | {cron: "1 19 * * *"}`, "spot: s20 t20"), at(t, "19:00"))
	p.until(seconds(20))
	for _, runs := range []bool{false, true} {
		e := Live(p.e, p.left, p.n, studio, runs)
		require.Equal(t, playlist.ModeLive, e.Mode)
		n := seconds(110)
		require.Equal(t, Never, p.p.Cut(e, n, p.c))
		require.False(t, p.p.Ends(e, p.p.Next(e, Ended, n, p.c), n, p.c))
		_, err := p.p.Back(e, 0, n, p.c)
		require.ErrorContains(t, err, "a producer is live")
		took, err := p.p.Take(e, 500, n, p.c, "spot.yml", p.id("spot.yml", 1))
		require.NoError(t, err)
		require.Equal(t, "t20", took.Item.Source)
		again, err := p.p.Seek(e, 750, n, p.c)
		require.NoError(t, err)
		require.Equal(t, e.Place, again.Place)

		r := NewRundown(p.p, p.c)
		after, first := r.Next(e, Ended, n), ""
		for s := range p.p.WalkOn(context.Background(), e, 500, n, n+100, p.c) {
			first = s.Item.Source
			break
		}
		on, left := r.Stands(e, 500, n)
		if runs {
			require.Equal(t, "b60", after.Item.Source, "x30 aired at 19:01")
			require.Equal(t, seconds(20), after.From)
			require.Equal(t, "b60", on.Item.Source)
			require.True(t, after.Runs)
			require.Equal(t, after.From, left)
		} else {
			require.Equal(t, "x30", after.Item.Source, "it was due at 19:01")
			require.False(t, after.Runs)
			require.Equal(t, "a60", on.Item.Source)
			require.Equal(t, seconds(20), left)
		}
		require.Equal(t, after.Item.Source, first)
		require.Equal(t, after.Item.ID, p.p.Next(e, Ended, n, p.c).Item.ID, "however it is asked")

		data, err := Save(e, 500)
		require.NoError(t, err)
		require.True(t, json.Valid(data))
		back, left, err := Restore(data)
		require.NoError(t, err)
		require.Equal(t, "a60", back.Item.Source, "who was live is not when the channel starts again")
		require.Equal(t, seconds(20), left)
	}
}

// However long it lasts, to ask where the plan is costs next to nothing.
func TestALongProducer(t *testing.T) {
	p := play(planned(t, "main: a2 b3 c4"), at(t, "00:00"))
	r := NewRundown(p.p, p.c)
	e := Live(p.e, p.left, p.n, studio, true)
	began := time.Now()
	for n := int64(0); n < seconds(4*3600); n += 25 {
		next := r.Next(e, Ended, n)
		if n%225 == 50 {
			require.Equal(t, "b3", next.Item.Source)
		}
	}
	require.Less(t, time.Since(began), 20*time.Second, "14400 times")
	require.Equal(t, p.p.Next(Live(p.e, p.left, p.n, studio, true), Ended, seconds(36000), p.c).Item.ID,
		Live(p.e, p.left, 0, studio, true).Place.(*live).back(p.p, seconds(36000), p.c).Item.ID)
}
