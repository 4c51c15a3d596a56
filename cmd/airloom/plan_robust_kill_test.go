package main_test

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/cmd/internal/airtest"
	"airloom/playout/asrun"
	"airloom/playout/control"
)

// lifetime is what is known of a channel from one start to its end.
type lifetime struct {
	name       string // of its stream
	start, end time.Time
	first      time.Duration // from the start to the first picture on the wire; 0: none came
	pictures   []airtest.Picture
}

// A channel is killed at random moments, also while it starts, and started again:
// each time it goes on with what last aired, its as-run log goes on where it
// ended, and nothing of it is left behind.
func TestPlan06Killed(t *testing.T) {
	t.Parallel()
	lives, channels := 4, 2
	if airtest.Soak() {
		lives, channels = 50, 4
	}
	clips := airtest.Clips(t, airtest.Long1, airtest.Second1, airtest.Plain1, airtest.Second2, airtest.Plain2, airtest.Long2)
	airtest.Binary(t)
	m := airtest.Watch()
	var all figures
	t.Run("channels", func(t *testing.T) {
		for range channels {
			t.Run("", func(t *testing.T) {
				t.Parallel()
				killAndKill(t, clips, lives, m, &all)
			})
		}
	})
	all.tell(t)
}

// figures is what all channels showed.
type figures struct {
	sync.Mutex
	kills, silent  int
	back, up, lost []time.Duration
	gone           []time.Duration
}

func (f *figures) tell(t *testing.T) {
	t.Logf("%d kills, %d of them before there was a picture", f.kills, f.silent)
	for _, of := range []struct {
		what string
		d    []time.Duration
	}{{"went on behind what last aired by", f.back}, {"from exec to the first picture on the wire", f.up}, {"of what aired is not in the as-run log", f.lost}, {"until the last child was gone", f.gone}} {
		if slices.Sort(of.d); len(of.d) > 0 {
			t.Logf("%s: least %v, median %v, most %v", of.what, of.d[0].Round(time.Millisecond), of.d[len(of.d)/2].Round(time.Millisecond),
				of.d[len(of.d)-1].Round(time.Millisecond))
		}
	}
}

func killAndKill(t *testing.T, clips []airtest.Clip, lives int, m airtest.Machine, all *figures) {
	srv := airtest.NGINX(t)
	tap := airtest.NewTap(t, srv.Port)
	var told []lifetime
	var ch *airtest.Channel
	children := 0
	var gone []time.Duration
	for n := range lives {
		l := lifetime{name: fmt.Sprintf("life%d", n)}
		// One in five is killed while it starts.
		d := 300*time.Millisecond + rand.N(2700*time.Millisecond)
		if rand.IntN(5) == 0 {
			d = rand.N(400 * time.Millisecond)
		}
		if n == 0 {
			d = 3 * time.Second
			ch = airtest.Airloom(t, airtest.Setup{Output: tap.URL(l.name), Items: airtest.Items(clips...)})
		} else {
			ch.Section("output", fmt.Sprintf("{url: %q}", tap.URL(l.name)))
			ch.Again()
		}
		before := len(tap.Media())
		l.start = ch.Started
		if d > 2*time.Second && n > 0 {
			requireCommands(t, ch)
		}
		airtest.Stay(t, time.Until(l.start.Add(d)), func() string { return ended(ch) })
		k := ch.Kill()
		require.Empty(t, k.Alone, "children that outlive their keeper")
		l.end = k.At
		for _, msg := range tap.Media()[before:] {
			if msg.Video && !msg.Header {
				l.first = msg.At.Sub(l.start)
				break
			}
		}
		children += k.Children
		gone = append(gone, k.Gone)
		requireWhole(t, ch.Dir)
		told = append(told, l)
	}
	require.Greater(t, children, lives, "children had to end with their keeper")
	ch.Section("output", fmt.Sprintf("{url: %q}", tap.URL("last")))
	ch.Again()
	last := lifetime{name: "last", start: ch.Started}
	ch.Publishing(10 * time.Second)
	ch.Until(5*time.Second, "a second has aired", func(s control.Status) bool { return s.Tick > 50 })
	requireCommands(t, ch)
	_, code := ch.Stop()
	require.Zero(t, code)
	last.end = time.Now()
	requireWhole(t, ch.Dir)
	told = append(told, last)
	read(t, srv, clips, told)
	others := m.Others()
	all.Lock()
	defer all.Unlock()
	all.kills += lives
	all.gone = append(all.gone, gone...)
	requireWentOn(t, clips, told, others, all)
	requireLog(t, ch, clips, told, others, all)
}

// requireCommands fails unless the control socket answers: the one that the killed
// channel has left there has been taken over.
func requireCommands(t *testing.T, ch *airtest.Channel) {
	t.Helper()
	airtest.Eventually(t, 5*time.Second, "commands are taken", func() bool {
		return ch.Do("ctl", "log").Code == 0 || !ch.Running()
	})
}

// requireWhole fails unless the state file is consistent. It looks at a copy: who
// opens the file changes it.
func requireWhole(t *testing.T, dir string) {
	t.Helper()
	copied := t.TempDir()
	files, _ := filepath.Glob(filepath.Join(dir, "state", "airloom.db*"))
	if len(files) == 0 {
		return // killed before there was one
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(copied, filepath.Base(f)), data, 0o600))
	}
	path := filepath.Join(copied, "airloom.db")
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	defer db.Close()
	var words string
	require.NoError(t, db.QueryRow("PRAGMA integrity_check").Scan(&words))
	require.Equal(t, "ok", words)
}

// read finds out which pictures aired in each life.
func read(t *testing.T, srv *airtest.Server, clips []airtest.Clip, told []lifetime) {
	t.Helper()
	house := airtest.DefaultHouse
	house.SampleRate = 0 // pictures alone
	for i := range told {
		files, _ := filepath.Glob(filepath.Join(srv.Dir, told[i].name+"-*.flv"))
		require.LessOrEqual(t, len(files), 1, "one session for each life")
		for _, f := range files {
			if rec, err := airtest.ReadFLV(f); err != nil || len(rec.Video.Samples) == 0 {
				continue // killed before there was one
			}
			r := airtest.Analyse(t, f, clips, house)
			require.Empty(t, r.Black)
			told[i].pictures = slices.DeleteFunc(r.Pictures, func(p airtest.Picture) bool { return p.Clip == 0 })
		}
	}
}

// ring is the programme as a ring of pictures.
type ring struct {
	begins map[int]int // by the clip's ID
	length int
}

func ringOf(clips []airtest.Clip) (r ring) {
	r.begins = map[int]int{}
	for _, c := range clips {
		r.begins[c.ID] = r.length
		r.length += len(c.Pictures)
	}
	return r
}

func (r ring) at(p airtest.Picture) int { return r.begins[p.Clip] + p.N }

// after is by how many pictures b is behind a, from -length/2 to length/2.
func (r ring) after(a, b int) int {
	return ((b-a+r.length/2)%r.length+r.length)%r.length - r.length/2
}

const tick = 40 * time.Millisecond

// requireWentOn fails unless each life begins at most 2 s behind the last picture
// of what aired before it, and leaves nothing out. A recording does not have what
// aired before the connection stood.
func requireWentOn(t *testing.T, clips []airtest.Clip, told []lifetime, others float64, all *figures) {
	t.Helper()
	r := ringOf(clips)
	var last *airtest.Picture
	for _, l := range told {
		if len(l.pictures) == 0 {
			all.silent++ // none is asked of it: it was killed before it could show one
			continue
		}
		if l.first > 0 {
			all.up = append(all.up, l.first)
		}
		if first := l.pictures[0]; last != nil {
			d := r.after(r.at(*last), r.at(first))
			all.back = append(all.back, time.Duration(1-d)*tick)
			require.Greater(t, d, -50, "%s goes on more than 2 s behind what last aired: %+v after %+v", l.name, first, *last)
			airtest.Judged(t, others, func(t testing.TB) {
				require.Less(t, d, 25, "%s leaves out what had not aired: %+v after %+v", l.name, first, *last)
			})
		}
		last = &l.pictures[len(l.pictures)-1]
		for i, p := range l.pictures[1:] { // holds repeat a picture, skips leave one out
			d := r.after(r.at(l.pictures[i]), r.at(p))
			require.GreaterOrEqual(t, d, 0, "%s: %+v after %+v", l.name, p, l.pictures[i])
			require.LessOrEqual(t, d, 12, "%s: %+v after %+v", l.name, p, l.pictures[i])
		}
	}
}

// requireLog fails unless the as-run log tells of all lives: a chain of ticks up
// to the counter, what aired in each to within 2 s, and when there was nothing.
func requireLog(t *testing.T, ch *airtest.Channel, clips []airtest.Clip, told []lifetime, others float64, all *figures) {
	t.Helper()
	rows := ch.AsRun()
	requireAbut(t, rows)
	require.Zero(t, rows[0].Tick)
	saved, alive, err := asrun.Peek(context.Background(), filepath.Join(ch.Dir, "state"))
	require.NoError(t, err)
	require.False(t, alive)
	end := rows[len(rows)-1]
	require.Equal(t, saved.Playhead.Tick, end.Tick+end.Ticks, "all rows together are the counter")
	for i, row := range rows[1:] {
		require.NotEqual(t, "skipped", row.Outcome, "there is nothing wrong with this: %+v", row)
		if ch.Logged("the time of day has moved") == 0 {
			require.WithinDuration(t, rows[i].End, row.Start, time.Millisecond, "row %d begins when the one before ends: %+v after %+v", i+1, row, rows[i])
		}
	}
	r := ringOf(clips)
	byName := map[string]airtest.Clip{}
	for _, c := range clips {
		byName[filepath.Base(c.Path)] = c
	}
	parts := split(rows)
	var seen []lifetime // those that the log knows of
	for _, l := range told {
		if len(l.pictures) > 25 {
			seen = append(seen, l)
		}
	}
	require.GreaterOrEqual(t, len(parts), len(seen))
	for _, l := range seen {
		i := slices.IndexFunc(parts, func(p part) bool { return p.from.Before(l.end) && p.to.After(l.start) })
		require.GreaterOrEqual(t, i, 0, "nothing is told of %s, from %v to %v", l.name, l.start, l.end)
		p := parts[i]
		// An off row ends when the channel airs again, and begins when it last noted that it did.
		airtest.Judged(t, others, func(t testing.TB) {
			require.WithinRange(t, p.from, l.start, l.start.Add(1500*time.Millisecond), "%s begins", l.name)
		})
		require.WithinRange(t, p.to, l.end.Add(-2*time.Second), l.end.Add(100*time.Millisecond), "%s ends", l.name)
		requirePieces(t, l, p.rows, byName, others)
		row := p.rows[len(p.rows)-1]
		c, ok := byName[row.Source]
		require.True(t, ok, "%+v", row)
		is := r.after(r.begins[c.ID]+int(row.OutS*25+0.5)-1, r.at(l.pictures[len(l.pictures)-1]))
		all.lost = append(all.lost, time.Duration(is)*tick)
		require.LessOrEqual(t, is, 50, "%s: %+v is told to be the last, and %+v was", l.name, row, l.pictures[len(l.pictures)-1])
		airtest.Judged(t, others, func(t testing.TB) {
			require.GreaterOrEqual(t, is, -10, "%s: more is told than aired: %+v", l.name, row)
		})
	}
}

// requirePieces fails unless the log has what the recording of a life has, row by
// row; the last may be missing, and the recording may begin with the second.
func requirePieces(t *testing.T, l lifetime, rows []airtest.Entry, byName map[string]airtest.Clip, others float64) {
	t.Helper()
	aired, rows := pieces(l.pictures), airings(rows)
	if len(rows) > 1 && byName[rows[0].Source].ID != aired[0].clip {
		rows = rows[1:]
	}
	require.LessOrEqual(t, len(aired)-len(rows), 1, "%s: %v aired, and this is told: %+v", l.name, aired, rows)
	for i := range min(len(rows), len(aired)) {
		require.Equal(t, byName[rows[i].Source].ID, aired[i].clip, "%s: %v aired, and this is told: %+v", l.name, aired, rows)
		airtest.Judged(t, others, func(t testing.TB) {
			if i > 0 && rows[i].Ticks > 0 {
				require.InDelta(t, rows[i].InS*25, aired[i].first, 0.1, "%s begins %+v", l.name, rows[i])
			}
			if i < len(rows)-1 {
				require.InDelta(t, rows[i].OutS*25-1, aired[i].last, 0.1, "%s ends %+v", l.name, rows[i])
			}
		})
	}
}

// airings is the rows without what stood in for an item that was not ready: one for
// each time an item aired.
func airings(rows []airtest.Entry) (out []airtest.Entry) {
	for _, row := range rows {
		n := len(out)
		switch {
		case row.Outcome == "hold" || row.Outcome == "slate":
		case n > 0 && out[n-1].ID == row.ID && row.InS > 0 && row.InS == out[n-1].OutS:
			out[n-1].OutS, out[n-1].Outcome = row.OutS, row.Outcome
		default:
			out = append(out, row)
		}
	}
	return out
}

// part is the rows of one life.
type part struct {
	from, to time.Time
	rows     []airtest.Entry
}

// split cuts the log at its off rows.
func split(rows []airtest.Entry) (parts []part) {
	begin := 0
	for i := range len(rows) + 1 {
		if i < len(rows) && rows[i].Outcome != asrun.Off {
			continue
		}
		if i > begin {
			parts = append(parts, part{rows[begin].Start, rows[i-1].End, rows[begin:i]})
		}
		begin = i + 1
	}
	return parts
}
