package schedule

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/playlist"
)

// id is the identity of the nth item of a list.
func (pl *player) id(file string, n int) string { return pl.p.lists[file].items[n].ID }

// take takes the nth item of a list, now.
func (pl *player) take(t *testing.T, file string, n int) *player {
	t.Helper()
	e, err := pl.p.Take(pl.e, pl.left, pl.n, pl.c, file, pl.id(file, n))
	require.NoError(t, err)
	return pl.put(e)
}

// put puts an entry on air.
func (pl *player) put(e playlist.Entry) *player {
	pl.e, pl.left = e, e.From
	pl.rows, pl.at = append(pl.rows, e.Item.Source), append(pl.at, pl.n)
	return pl
}

func TestTakes(t *testing.T) {
	lines := []string{
		"main: a60 b60 c60", "spot: s20 t20 u20 | | loop: true", "more: m20 n20",
		`hard: h10 | {at: "2026-07-14 20:00:00", priority: -5}`,
		`soft: k10 | {at: "2026-07-14 20:00:05", start: soft, priority: 9}`,
		"long: l90 m90", `p: p10 | {at: "2026-07-14 20:03:15", priority: 3}`,
		`v: v40 w40 | {at: "2026-07-14 20:10", start: soft, until: "20:30"}`, `q: q40 r40 | {at: "2026-07-14 20:11"}`,
		`show: w60 x60 y60 | {at: "2026-07-14 19:50:00"}`,
	}
	s := seconds
	for _, c := range []struct {
		name, from string
		play       func(t *testing.T, p *player)
		want       []string
	}{
		{"of another list: to its end, though it loops, then the plan", "19:30", func(t *testing.T, p *player) {
			p.until(s(70)).take(t, "spot.yml", 1)
		}, []string{"a60", "b60", "t20", "u20", "b60", "c60", "a60"}},
		{"of the list on air: it goes on from there", "19:30", func(t *testing.T, p *player) {
			p.until(s(10)).take(t, "main.yml", 2)
		}, []string{"a60", "c60", "a60", "b60"}},
		{"a take ends the take before it", "19:30", func(t *testing.T, p *player) {
			p.until(s(10)).take(t, "spot.yml", 0).until(s(35)).take(t, "more.yml", 0)
		}, []string{"a60", "s20", "t20", "m20", "n20", "a60", "b60", "c60"}},
		{"within a take it moves", "19:30", func(t *testing.T, p *player) {
			p.until(s(10)).take(t, "spot.yml", 2).until(s(15)).take(t, "spot.yml", 1)
		}, []string{"a60", "u20", "t20", "u20", "a60", "b60", "c60"}},
		{"of the base while something scheduled airs: then that goes on, the base where it was", "19:49:30", func(t *testing.T, p *player) {
			p.until(s(40)).take(t, "main.yml", 2).until(s(270))
		}, []string{"a60", "w60", "c60", "w60", "x60", "y60", "a60"}},
		{"a hard start to come wins, whatever its priority, and the take goes on after it; soft waits", "19:59:30", func(t *testing.T, p *player) {
			p.until(s(10)).take(t, "spot.yml", 0).until(s(150))
		}, []string{"a60", "s20", "h10", "t20", "u20", "k10", "a60", "b60"}},
		{"a hard start that was on air waits for the take", "19:59:58", func(t *testing.T, p *player) {
			p.until(s(5)).take(t, "more.yml", 0).until(s(90))
		}, []string{"a60", "h10", "m20", "n20", "k10", "h10", "a60"}},
		{"soft waits for a take however long it lasts", "19:59:58", func(t *testing.T, p *player) {
			p.until(s(5)).take(t, "long.yml", 0).until(s(300))
		}, []string{"a60", "h10", "l90", "m90", "k10", "h10", "p10", "h10", "a60"}},
		{"a soft start of the list that is taken comes after it, a hard one begins it anew", "20:09", func(t *testing.T, p *player) {
			p.until(s(50)).take(t, "v.yml", 0).until(s(100)).take(t, "q.yml", 1).until(s(300))
		}, []string{"a60", "v40", "w40", "r40", "q40", "r40", "v40", "w40", "a60"}},
		{"of the scheduled list that is suspended: the take is in its place", "19:50:10", func(t *testing.T, p *player) {
			p.until(s(5)).take(t, "main.yml", 0).until(s(10)).take(t, "show.yml", 2).until(s(100))
		}, []string{"w60", "a60", "y60", "a60"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := play(planned(t, lines...), at(t, c.from))
			c.play(t, p)
			p.until(p.n + s(150))
			require.GreaterOrEqual(t, len(p.rows), len(c.want), p.rows)
			require.Equal(t, c.want, p.rows[:len(c.want)])
		})
	}
}

func TestTakeSays(t *testing.T) {
	p := play(planned(t, "main: a60", "spot: s20"), at(t, "19:00"))
	e, err := p.p.Take(p.e, 5, 5, p.c, "spot.yml", p.id("spot.yml", 0))
	require.NoError(t, err)
	require.Equal(t, playlist.ModeTake, e.Mode)
	require.EqualValues(t, 500, e.Ticks)
	_, err = p.p.Take(p.e, 5, 5, p.c, "gone.yml", "x")
	require.ErrorContains(t, err, `there is no playlist "gone.yml"`)
	_, err = p.p.Take(p.e, 5, 5, p.c, "spot.yml", "x")
	require.ErrorContains(t, err, "no such item any more")
	_, err = p.p.Take(p.e, 5, 5, p.c, "spot.yml", "x/y")
	require.ErrorContains(t, err, "no such item any more")
}

func TestTakeAtAJoin(t *testing.T) {
	p := play(planned(t, "main: a60 b60", "spot: s20"), at(t, "19:00")).until(seconds(59))
	e, err := p.p.Take(p.e, Ended, seconds(60), p.c, "spot.yml", p.id("spot.yml", 0))
	require.NoError(t, err)
	p.n = seconds(60)
	p.put(e).until(seconds(100))
	require.Equal(t, []string{"a60", "s20", "b60"}, p.rows)
}

func TestTakeOfAFoldersFile(t *testing.T) {
	plans := shelfOf("dir/a", "dir/b", "dir/c").plans(t, "main: x dir/< y", "other: dir/? z")
	on := plans.Next(plans.Next(playlist.Entry{}, Ended, 0, epoch), Ended, 0, epoch)
	c, err := plans.Take(on, 0, 0, epoch, "main.yml", on.Item.ID[:len(on.Item.ID)-len(fileID("dir/a"))]+fileID("dir/c"))
	require.NoError(t, err)
	require.Equal(t, "dir/c", c.Item.Source)
	require.Equal(t, "y x dir/a", sources(plans, c, 3), "in its place among the files that were laid out")
	b, err := plans.Take(on, 0, 0, epoch, "other.yml", plans.lists["other.yml"].items[0].ID+"/"+fileID("dir/b"))
	require.NoError(t, err)
	require.Equal(t, "dir/b", b.Item.Source)
	require.Equal(t, "z dir/a dir/b", sources(plans, b, 3))
	_, err = shelfOf().plans(t, "main: x dir/<").Take(on, 0, 0, epoch, "main.yml", plans.base.items[1].ID)
	require.ErrorContains(t, err, "there is no file in it")
}

func TestBack(t *testing.T) {
	plans := shelfOf("dir/a", "dir/b").plans(t, "main: x dir/< y*2 bad z none/<", "once: s20 t20")
	c := epoch
	e := plans.Next(playlist.Entry{}, Ended, 0, c)
	back := func(want string) {
		t.Helper()
		var err error
		e, err = plans.Back(e, 5, 0, c)
		require.NoError(t, err)
		require.Zero(t, e.From)
		require.Equal(t, want, e.Item.Source)
	}
	_, err := plans.Back(playlist.Entry{}, Ended, 0, c)
	require.ErrorContains(t, err, "nothing of the plan is on air")
	for range 2 {
		e = plans.Next(e, Ended, 0, c)
	}
	require.Equal(t, "dir/b", e.Item.Source)
	back("dir/a")
	back("x")
	back("dir/a") // round to the last: a folder laid out anew
	back("z")
	back("y")
	require.Equal(t, 1, e.Round)
	back("y")
	require.Equal(t, 0, e.Round)

	e, err = plans.Take(e, 0, 0, c, "once.yml", plans.lists["once.yml"].items[1].ID)
	require.NoError(t, err)
	back("s20")
	back("s20")
}

func TestSeek(t *testing.T) {
	p := planned(t, "main: a60 live")
	a := p.Next(playlist.Entry{}, Ended, 0, epoch)
	e, err := p.Seek(a, 500, 700, epoch)
	require.NoError(t, err)
	require.EqualValues(t, 500, e.From)
	require.EqualValues(t, 1000, e.Ticks)
	require.Equal(t, "live1", follow(p, e, 1)[:4]+"1")
	e, err = p.Seek(e, 0, 700, epoch)
	require.NoError(t, err)
	require.EqualValues(t, 1500, e.Ticks)
	_, err = p.Seek(a, 1500, 0, epoch)
	require.ErrorContains(t, err, "not in a60: it has 1500")
	_, err = p.Seek(playlist.Entry{}, 0, 0, epoch)
	require.ErrorContains(t, err, "nothing is on air")
	live := p.Next(a, Ended, 0, epoch)
	e, err = p.Seek(live, 1<<40, 0, epoch)
	require.NoError(t, err)
	require.Zero(t, e.Ticks)
}

func TestMissed(t *testing.T) {
	for _, c := range []struct {
		name, from string
		lines      []string
		want       string
	}{
		{"behind a higher priority", "19:59", []string{"main: a60", `x: x180 | {at: "2026-07-14 20:00", priority: 5}`, `y: y60 | {at: "2026-07-14 20:01"}`},
			"y.yml at 20:01:00: its time had passed before it got the air from x.yml"},
		{"until passed while it waited", "19:59", []string{"main: a600", `y: y60 | {at: "2026-07-14 20:00", start: soft, until: "20:05"}`},
			"y.yml at 20:00:00: its time had passed before it got the air from main.yml"},
		{"its next start came first", "19:59", []string{"main: a600", `y: y300 | {cron: "0,5 20 14 7 *", start: soft}`},
			"y.yml at 20:00:00: its next start came before it got the air"},
		{"nothing in it", "19:59", []string{"main: a60", `y: none/< | {at: "2026-07-14 20:00"}`},
			"y.yml at 20:00:00: there is nothing in it to air"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := play(planned(t, c.lines...), at(t, c.from)).until(seconds(1200))
			require.Len(t, p.miss, 1)
			m := p.miss[0]
			require.Equal(t, c.want, m.Playlist+" at "+m.Planned.Format("15:04:05")+": "+m.Why)
		})
	}
	require.Empty(t, MissedBy(playlist.Entry{}))
}

func TestAdvance(t *testing.T) {
	p := planned(t, "main: a60 b60 live", `x: x30 | {cron: "0 20 * * *"}`, "film: f600 g60")
	c := at(t, "19:58:30")
	pl := play(p, c)
	for _, to := range []float64{0, 10, 60, 80, 95, 120.5, 150, 1000} {
		on, left := p.Advance(t.Context(), pl.e, 0, c, 0, seconds(to))
		want := play(p, c).until(seconds(to))
		if to == 1000 {
			require.Equal(t, "live", on.Item.Source)
			require.Zero(t, left, "no further than to its beginning")
			continue
		}
		require.Equal(t, want.e.Item.ID, on.Item.ID, "%v", to)
		require.Equal(t, want.left, left, "%v", to)
		next := p.Next(on, left, 0, Clock{c.Zero.Add(time.Duration(to * float64(time.Second)))})
		require.Equal(t, on.Item.ID, next.Item.ID)
		require.Equal(t, left, next.From)
	}
	on, left := p.Advance(t.Context(), pl.e, 1500, c, 0, 0)
	require.Equal(t, "b60", on.Item.Source, "all of it has aired")
	require.Zero(t, left)
	on, left = p.Advance(t.Context(), playlist.Entry{}, Ended, c, 0, 0)
	require.Equal(t, "a60", on.Item.Source)
	require.Zero(t, left)
}
