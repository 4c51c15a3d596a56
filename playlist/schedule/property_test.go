package schedule

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"airloom/playlist"
)

// world is random plans and what else there is, as text that can be read.
type world struct {
	lines   []string
	folders map[string][]File
	fillers []playlist.Item
	start   string
	seed    uint64
}

func worlds(t *rapid.T) world {
	one := func(label string, of ...string) string { return rapid.SampledFrom(of).Draw(t, label) }
	items := func(of ...string) string {
		return strings.Join(rapid.SliceOfN(rapid.SampledFrom(of), 1, 5).Draw(t, "items"), " ")
	}
	source := []string{"a20", "b47", "c60", "d6", "e300", "f1200", "g30*3", "dir/<", "dir/?2", "dir/?", "dir/>2", "none/", "bad"}
	w := world{start: one("start", "19:00", "19:58:37", "20:00", "20:00:01"), seed: rapid.Uint64().Draw(t, "seed")}
	w.lines = []string{
		"main: " + items(append(source, "@inc.yml", "live")...),
		"inc: " + items(source...),
	}
	for i := range rapid.IntRange(0, 5).Draw(t, "scheduled") {
		when := one("when", `cron: "0 * * * *"`, `cron: "*/10 * * * *"`, `cron: "*/7 * * * *"`, `cron: "3,4,30 20 * * *"`,
			`at: "2026-07-14 20:00"`, `at: "2026-07-14 20:05:13"`, `at: "2026-07-14 19:58:40"`)
		how := one("how", "", ", start: soft", ", start: soft, soft_max: 40s", ", start: soft, soft_max: 5m", ", fill: fit")
		end := one("end", "", `, until: "20:15"`, ", duration: 4m", ", duration: 30s", ", duration: 45m")
		more := fmt.Sprintf(", priority: %s, return: %s, late: %s", one("priority", "0", "0", "1", "2"), one("return", "resume", "restart"), one("late", "begin", "join"))
		w.lines = append(w.lines, fmt.Sprintf("s%d: %s | {%s%s%s%s} | loop: %s", i, items(source...), when, how, end, more, one("loop", "true", "false", "false")))
	}
	w.folders = map[string][]File{}
	for i := range rapid.IntRange(1, 5).Draw(t, "files") {
		w.folders["dir"] = append(w.folders["dir"], File{Path: fmt.Sprintf("dir/f%d", 10*i+7), Modified: time.Unix(int64(i*7919%5), 0)})
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "fillers") {
		w.fillers = append(w.fillers, playlist.Item{ID: fmt.Sprintf("fill%d", i), Source: fmt.Sprintf("fill%d", 3+4*i), Repeat: 1})
	}
	return w
}

// plans makes the plans, of the lists in an order of the seed's.
func (w world) plans(t testing.TB, order uint64) *Plans {
	lists := files(t, w.lines...)
	r := rand.New(rand.NewPCG(order, 0))
	r.Shuffle(len(lists), func(i, j int) { lists[i], lists[j] = lists[j], lists[i] })
	p, _ := New(Inputs{
		Base: "main.yml", Lists: lists, Grid: pal, Ticks: lengths(pal), Seed: w.seed, Fillers: w.fillers,
		Folder: func(f playlist.Folder) []File {
			files := slices.Clone(w.folders[f.Path])
			r.Shuffle(len(files), func(i, j int) { files[i], files[j] = files[j], files[i] })
			return files
		},
	})
	return p
}

const spanned = 75 * time.Minute

// said is a slot with all that may be seen of it.
func said(c Clock, s Slot) string {
	return fmt.Sprintf("%s %s %s[%d]%d %s from %d, %d ticks of %d, left %d, %s %s %v",
		c.Zero.Add(pal.Due(s.Start)).Format("15:04:05.000"), s.Item.Source, s.Playlist, s.Index, s.Round, s.Item.ID,
		s.From, s.Ticks, s.Entry.Ticks, s.Left, s.Mode, s.Planned.Format("15:04:05"), MissedBy(s.Entry))
}

func collect(p *Plans, e playlist.Entry, left, n int64, c Clock) (slots []Slot, words []string) {
	for s := range p.Walk(context.Background(), e, left, n, pal.Ticks(spanned), c) {
		slots, words = append(slots, s), append(words, said(c, s))
		if len(slots) > 50_000 {
			panic("it does not get on")
		}
	}
	return slots, words
}

// Row 8.
func TestWhateverThePlans(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := worlds(rt)
		c := at(t, w.start)
		p := w.plans(t, 1)
		slots, words := collect(p, playlist.Entry{}, Ended, 0, c)
		n := int64(0)
		for i, s := range slots {
			require.Equal(rt, n, s.Start, "no hole, no overlap: %s", words[i])
			require.Positive(rt, s.Ticks, words[i])
			if s.Ticks != Never {
				n += s.Ticks
			}
			if s.Entry.Ticks > 0 {
				require.LessOrEqual(rt, s.Ticks, s.Entry.Ticks, words[i])
				require.Equal(rt, s.Ticks < s.Entry.Ticks, s.Left != Ended, words[i])
			}
			if s.Left != Ended {
				require.Equal(rt, s.From+s.Ticks, s.Left, words[i])
			}
		}
		require.True(rt, n >= pal.Ticks(spanned) || slots[len(slots)-1].Ticks == Never)

		_, again := collect(p, playlist.Entry{}, Ended, 0, c)
		require.Equal(rt, words, again, "the same twice")
		_, other := collect(w.plans(t, rapid.Uint64().Draw(rt, "order")), playlist.Entry{}, Ended, 0, c)
		require.Equal(rt, words, other, "in whatever order files are read")
		require.Equal(rt, words, byHand(t, p, c, len(words)), "as the engine would")

		k := rapid.IntRange(0, len(slots)-1).Draw(rt, "saved")
		if s := slots[k]; s.Ticks != Never {
			data, err := Save(s.Entry, s.Left)
			require.NoError(rt, err)
			e, left, err := Restore(data)
			require.NoError(rt, err)
			_, rest := collect(w.plans(t, 2), e, left, s.End(), c)
			require.Equal(rt, append([]string(nil), words[k+1:]...), rest, "restored after %s: %s", words[k], data)
			on, at := p.Advance(context.Background(), s.Entry, s.From, c, s.Start, s.End()+1)
			if k+1 < len(slots) && slots[k+1].Ticks > 1 && slots[k+1].Entry.Ticks > 0 {
				require.Equal(rt, slots[k+1].Item.ID, on.Item.ID)
				require.Equal(rt, slots[k+1].From+1, at)
			}
		}
	})
}

// byHand is what a walk is, through Next and Cut alone.
func byHand(t testing.TB, p *Plans, c Clock, most int) (words []string) {
	e, left, n := playlist.Entry{}, Ended, int64(0)
	var slots []Slot
	for len(words) <= most {
		next, failed := p.Next(e, left, n, c), 0
		for next.Item.ID != "" && p.ticks(next.Item) < 0 && failed < 1000 {
			next, failed = p.Next(next, Ended, n, c), failed+1
		}
		idle := next.Item.ID == "" || failed == 1000
		if idle {
			return append(words, collectFrom(p, e, left, n, c)...) // the engine's own affair: what it tries is up to it
		}
		s := Slot{Entry: next, Start: n, Ticks: Never, Left: Ended}
		if k := len(slots) - 1; left >= 0 && k >= 0 && goesOn(next, slots[k].Entry, left) { // nothing came of the cut
			s = slots[k]
			slots, words = slots[:k], words[:k]
			pl := *next.Place.(*place)
			pl.missed = slices.Concat(MissedBy(s.Entry), pl.missed)
			s.Place, s.Ticks, s.Left = &pl, Never, Ended
		}
		if s.Entry.Ticks > 0 {
			s.Ticks = s.Entry.Ticks
		}
		if x := p.Cut(s.Entry, n, c); x < s.End() {
			s.Ticks, s.Left = x-s.Start, s.From+x-s.Start
		}
		slots, words = append(slots, s), append(words, said(c, s))
		if s.Ticks == Never || s.End() >= pal.Ticks(spanned) {
			break
		}
		e, left, n = s.Entry, s.Left, s.End()
	}
	return words
}

func collectFrom(p *Plans, e playlist.Entry, left, n int64, c Clock) []string {
	_, words := collect(p, e, left, n, c)
	return words
}
