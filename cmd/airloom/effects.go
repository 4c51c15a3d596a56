package main

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"airloom/playlist"
	"airloom/playlist/effects"
	"airloom/playlist/schedule"
	"airloom/web"
)

const (
	// effectsFor is how far ahead an edit's effects are told.
	effectsFor = 24 * time.Hour
	// beyond is how much farther it is looked: what is only moved out of that time is
	// not gone.
	beyond = 6 * time.Hour
	// mostSlots bounds how much is looked through: a channel of clips of a second airs
	// more in a day than anybody reads.
	mostSlots = 20_000
	// mostEffects bounds how many are told.
	mostEffects = 200
)

// known is what airs in a time, and up to which tick that is known.
type known struct {
	effects.View
	upTo int64
}

// viewUpTo looks at what airs up to a tick.
func viewUpTo(slots iter.Seq[schedule.Slot], end int64) (o known) {
	o.upTo, o.Whole = end, true
	for s := range slots {
		if len(o.Slots) == mostSlots {
			o.upTo, o.Whole = s.Start, false
			break
		}
		o.Slots = append(o.Slots, s)
		if s.Ticks == schedule.Never && s.Mode != playlist.ModeSlate {
			o.upTo, o.Whole = s.Start+1, false // nobody knows what follows when
		}
	}
	return o
}

// Effects is what would air were the draft in the place of the playlist that has its
// name, beside what airs as things are.
func (v planView) Effects(ctx context.Context, draft *playlist.Playlist) (web.Effects, error) {
	lists := v.plan.inUse()
	var old []playlist.Item
	if i := slices.IndexFunc(lists, func(l *playlist.Playlist) bool { return l.File == draft.File }); i >= 0 {
		old = lists[i].Items
		lists = slices.Delete(slices.Clone(lists), i, i+1)
	}
	plans, problems := schedule.New(v.plan.inputs(append(slices.Clip(lists), draft)))
	t := v.times()
	snap, counts := v.engine.Snapshot()
	n, clock := counts.Ticks, t.clock
	end := n + t.grid.Ticks(effectsFor)
	far := end + t.grid.Ticks(beyond)
	walk := func(p *schedule.Plans) known {
		return viewUpTo(p.WalkOn(ctx, snap.Air, snap.Left(n), n, far, clock), far)
	}
	was, is := walk(v.plan.rundown.Plans()), walk(plans)
	if err := ctx.Err(); err != nil {
		return web.Effects{}, fmt.Errorf("find out what would air: %w", err)
	}
	end = min(end, was.upTo, is.upTo)
	changes := effects.EditOf(draft.File, old, draft.Items).Compare(was.View, is.View, end)
	x := web.Effects{Until: t.at(end).Format(web.Millis), More: max(0, len(changes)-mostEffects)}
	for _, p := range problems {
		if p.File == draft.File {
			x.Problems = append(x.Problems, p)
		}
	}
	first := schedule.Never
	for i, c := range changes {
		first = min(first, max(c.Differs(), n))
		if i < mostEffects {
			x.Changes = append(x.Changes, t.effect(draft.File, c))
		}
	}
	if len(changes) > 0 {
		x.First = t.text(first)
	}
	for _, a := range effects.Airings(draft.File, draft.Items, is.Slots) {
		x.Airs = append(x.Airs, t.airs(a, snap.AirFirst+snap.Air.From, n))
	}
	return x, nil
}

// text is a tick's time as rows have it.
func (t times) text(tick int64) *string {
	if tick == schedule.Never {
		return nil
	}
	at := t.at(tick).Format(web.Millis)
	return &at
}

// airs is when an item airs; what is on air at tick n began at another.
func (t times) airs(a effects.Airing, began, n int64) (x web.Airs) {
	if !a.Airs {
		return x
	}
	if a.Start == n {
		a.Start = min(n, began)
	}
	kind := string(a.Mode)
	x.StartsAt, x.EndsAt, x.Kind, x.Cut = t.text(a.Start), t.text(a.End), &kind, a.Cut
	return x
}

func (t times) effect(file string, c effects.Change) web.Effect {
	seconds := func(ticks int64) float64 { return float64(t.grid.Duration(ticks).Milliseconds()) / 1000 }
	e := web.Effect{
		At: *t.text(c.At()), Kind: string(c.Kind), Title: c.Slot.Item.Title, Playlist: c.Slot.Playlist, Mode: string(c.Slot.Mode),
		LaterS: seconds(c.By), LongerS: seconds(c.Longer), Count: c.Count, Times: c.Times, Note: t.note(c),
	}
	if c.Was != effects.None {
		e.WasAt = t.text(c.Was)
	}
	if c.Slot.Playlist == file && c.Kind != effects.Removed {
		e.Index = &c.Slot.Index
	}
	return e
}

// note is the change in words.
func (t times) note(c effects.Change) string {
	switch c.Kind {
	case effects.Added:
		return "is new here"
	case effects.Removed:
		return "does not air"
	case effects.Moved:
		return "would have aired at " + t.at(c.Was).Format(time.TimeOnly)
	case effects.Cut:
		words := "is cut after " + span(t.grid.Duration(c.Slot.Ticks))
		if c.GoesOn != effects.None {
			words += ", and goes on at " + t.at(c.GoesOn).Format(time.TimeOnly)
		}
		return words
	}
	words := ""
	if c.Longer != 0 {
		words = signed(t.grid.Duration(c.Longer), "longer", "shorter")
	}
	if c.By != 0 {
		words = joined(words, signed(t.grid.Duration(c.By), "later", "earlier"))
	}
	if c.Count > 1 {
		words += fmt.Sprintf(", as are the %d after it", c.Count-1)
	}
	return words
}

func joined(a, b string) string {
	if a == "" {
		return b
	}
	return a + " and " + b
}

// signed is a span with the word for its sign.
func signed(d time.Duration, more, less string) string {
	if d < 0 {
		return span(-d) + " " + less
	}
	return span(d) + " " + more
}

// span is a length as the desk writes it: 0:21:42, with the fraction of a second
// where there is nothing else.
func span(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	d = d.Round(time.Second)
	return fmt.Sprintf("%d:%02d:%02d", d/time.Hour, d/time.Minute%60, d/time.Second%60)
}

// inUse are the playlists that the plans in place are made of.
func (p *programme) inUse() []*playlist.Playlist {
	return *cmp.Or(p.lists.Load(), &[]*playlist.Playlist{})
}
