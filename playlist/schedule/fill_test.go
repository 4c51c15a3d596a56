package schedule

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/playlist"
)

func fillers(sources ...string) (out []playlist.Item) {
	for _, s := range sources {
		out = append(out, playlist.Item{ID: s, Source: s, Repeat: 1})
	}
	return out
}

func TestFit(t *testing.T) {
	const hard = `x: x30 | {cron: "0 20 * * *", fill: fit}`
	for _, c := range []struct {
		name, from string
		fillers    []string
		lines      []string
		want       string
	}{
		{
			"what fits airs; what does not waits, and begins after it", "19:58", []string{"f10"},
			[]string{"main: a60 b90 c60", hard},
			"19:58 a60, 19:59 f10, 19:59:10 f10, 19:59:20 f10, 19:59:30 f10, 19:59:40 f10, 19:59:50 f10, 20:00 x30, 20:00:30 b90",
		}, {
			"the rest is a gap", "19:59:30", []string{"f12"},
			[]string{"main: b90", hard},
			"19:59:30 f12, 19:59:42 f12, 19:59:54 gap, 20:00 x30, 20:00:30 b90",
		}, {
			"as much as possible", "19:59:30", []string{"f12", "g20", "h25", "i10"},
			[]string{"main: b90", hard},
			"19:59:30 g20, 19:59:50 i10, 20:00 x30",
		}, {
			"no filler twice in a row where there is another", "19:59:20", []string{"f10", "g10"},
			[]string{"main: b90", hard},
			"19:59:20 f10, 19:59:30 g10, 19:59:40 f10, 19:59:50 g10, 20:00 x30",
		}, {
			"without fillers a gap", "19:59:30", nil,
			[]string{"main: b90", hard},
			"19:59:30 gap, 20:00 x30, 20:00:30 b90",
		}, {
			"to the tick it fits", "19:58:30", nil,
			[]string{"main: b90", hard},
			"19:58:30 b90, 20:00 x30",
		}, {
			"what was begun before goes on after the fillers", "19:57", []string{"f10"},
			[]string{"main: a180 b10", `y: y10 | {at: "2026-07-14 19:58", priority: 1}`, `x: x30 | {at: "2026-07-14 20:00", fill: fit}`},
			"19:57 a180!, 19:58 y10, 19:58:10 f10, 19:58:20 f10, 19:58:30 f10, 19:58:40 f10, 19:58:50 f10, 19:59 f10, 19:59:10 f10, 19:59:20 f10, 19:59:30 f10, 19:59:40 f10, 19:59:50 f10, 20:00 x30, 20:00:30 a180+60",
		}, {
			"a cut by another comes first", "19:59:30", []string{"f10"},
			[]string{"main: b90", hard, `y: y10 | {at: "2026-07-14 19:59:40"}`},
			"19:59:30 b90!, 19:59:40 y10, 19:59:50 f10, 20:00 x30, 20:00:30 b90+10",
		}, {
			"a soft start comes in between fillers", "19:59:30", []string{"f10"},
			[]string{"main: b90", hard, `y: y5 | {at: "2026-07-14 19:59:35", start: soft}`},
			"19:59:30 f10, 19:59:40 y5, 19:59:45 f10, 19:59:55 gap, 20:00 x30",
		}, {
			"who is of a higher priority is not cut, and not kept from it", "19:59:30", []string{"f10"},
			[]string{"main: a60", hard, `y: y25 z20 | {at: "2026-07-14 19:59:30", priority: 1}`},
			"19:59:30 y25, 19:59:55 z20, 20:00:15 x30",
		}, {
			"what nobody knows the length of begins, and is cut", "19:59:30", []string{"f10"},
			[]string{"main: live", hard},
			"19:59:30 live!, 20:00 x30",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, ps := New(Inputs{Base: "main.yml", Lists: files(t, c.lines...), Grid: pal, Ticks: lengths(pal), Fillers: fillers(c.fillers...)})
			require.NoError(t, ps.Err())
			require.Equal(t, c.want, firstOf(walked(t, p, at(t, c.from), 10*time.Minute), c.want))
		})
	}
}

func TestFillersInTurnBeforeALongWait(t *testing.T) {
	p, _ := New(Inputs{
		Base: "main.yml", Lists: files(t, "main: b9000", `x: x30 | {at: "2026-07-14 20:00", fill: fit}`),
		Grid: pal, Ticks: lengths(pal), Fillers: fillers("f60", "g70", "h75"),
	})
	want := "19:00 f60, 19:01 g70, 19:02:10 h75, 19:03:25 f60"
	require.Equal(t, want, firstOf(walked(t, p, at(t, "19:00"), time.Hour), want))
	pl := play(p, at(t, "19:00")).until(pal.Ticks(time.Hour) + 1)
	require.Equal(t, "x30", pl.rows[len(pl.rows)-1])
	require.Equal(t, pal.Ticks(time.Hour), pl.at[len(pl.at)-1])
}

// What the table of fillings holds is what trying everything finds.
func TestFillingIsTheBest(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 60 {
		var of []playlist.Item
		lens := map[string]int64{}
		for i := range 1 + r.IntN(4) {
			id := fmt.Sprint("f", i)
			of, lens[id] = append(of, playlist.Item{ID: id, Repeat: 1}), 3+r.Int64N(20)
		}
		p := &Plans{in: Inputs{Grid: pal, Fillers: of, Ticks: func(it playlist.Item) int64 { return lens[it.ID] }}}
		f := newFilling(p)
		var best func(ticks int64, last string) int64
		best = func(ticks int64, last string) (most int64) {
			fits := 0
			for id, n := range lens {
				if n <= ticks && id != last {
					fits++
					most = max(most, n+best(ticks-n, id))
				}
			}
			if n := lens[last]; fits == 0 && n > 0 && n <= ticks {
				most = n + best(ticks-n, last)
			}
			return most
		}
		ticks := r.Int64N(70)
		filled, last := int64(0), ""
		for c := f.choose(ticks, last); c != nil; c = f.choose(ticks-filled, last) {
			filled, last = filled+c.ticks, c.item.ID
		}
		require.Equal(t, best(ticks, ""), filled, "%v in %d", lens, ticks)
	}
}
