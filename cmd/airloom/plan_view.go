package main

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"airloom/playlist"
	"airloom/playlist/schedule"
	"airloom/playout/asrun"
	"airloom/playout/timeline"
	"airloom/web"
)

// planView is what the running channel tells over HTTP of what will air, and of
// what did.
type planView struct{ *channel }

// lookAheadFor bounds how far ahead the rundown looks.
const lookAheadFor = 31 * 24 * time.Hour

// Zone is the channel's.
func (v planView) Zone() *time.Location { return v.cfg.Channel.Location() }

// Edition changes with the plan.
func (v planView) Edition() uint64 { return v.plan.edition.Load() }

// Place changes with what is on air.
func (v planView) Place() string {
	snap, _ := v.engine.Snapshot()
	p := placeOf(v.plan.rundown, snap)
	return fmt.Sprint(p.air, " ", p.first, " ", p.clock.Zero.UnixNano(), " ", snap.Forced)
}

// Rundown is what airs from now on: at most n entries, the one on air first. What
// cannot play stands where it would air.
func (v planView) Rundown(ctx context.Context, n int) []web.Upcoming {
	t := v.times()
	list := make([]web.Upcoming, 0, n)
	snap, _ := v.engine.Snapshot()
	bans := v.store.Banned()
	var before schedule.Slot
	if snap.Air.Mode == playlist.ModeLive { // a producer: when they end nobody knows
		up := t.upcoming(schedule.Slot{Entry: snap.Air, Start: snap.AirFirst, Ticks: schedule.Never, Left: schedule.Ended})
		up.OnAir = true
		list = append(list, up)
	}
	for slot := range v.ahead(ctx, t.grid.Ticks(lookAheadFor)) {
		if before.Item.ID != "" {
			for _, e := range v.leftOut(before, slot) {
				list = append(list, t.leftOut(e, slot.Start, v.why(e.Item)))
			}
		}
		up := t.upcoming(slot)
		up.OnAir = len(list) == 0 && snap.Air.Item.ID != "" && slot.Item.ID == snap.Air.Item.ID
		if !up.OnAir {
			up.Warnings = append(up.Warnings, v.warnings(slot, bans)...)
		}
		if list = append(list, up); len(list) >= n {
			break
		}
		before = slot
	}
	return list[:min(n, len(list))]
}

// most bounds how many items in a row that cannot play are told of.
const most = 20

// leftOut are the items between two slots that cannot play.
func (v planView) leftOut(before, after schedule.Slot) (list []playlist.Entry) {
	plans, clock := v.plan.rundown.Plans(), v.plan.rundown.Clock()
	e := plans.Next(before.Entry, before.Left, after.Start, clock)
	for len(list) < most && e.Item.ID != "" && e.Mode != playlist.ModeSlate && lengths(v.plan.cfg, v.plan.prober)(e.Item) < 0 {
		if slices.ContainsFunc(list, func(o playlist.Entry) bool {
			return o.Item.ID == e.Item.ID && o.Round == e.Round && o.Playlist == e.Playlist
		}) {
			break // none of them can
		}
		list = append(list, e)
		e = plans.Next(e, schedule.Ended, after.Start, clock)
	}
	return list
}

// why is what keeps an item from playing.
func (v planView) why(it playlist.Item) string {
	_, words := v.plan.prober.Why(it)
	return cmp.Or(words, "it cannot play")
}

// warnings are what an operator should know of a slot before it airs.
func (v planView) warnings(s schedule.Slot, bans []asrun.Ban) (list []string) {
	for _, m := range schedule.MissedBy(s.Entry) {
		list = append(list, fmt.Sprintf("%s, planned for %s, does not air: %s", m.Playlist, m.Planned.In(v.Zone()).Format(time.DateTime), m.Why))
	}
	if s.Mode == playlist.ModeSlate || s.Item.Source == "" {
		return list
	}
	if _, words := v.plan.prober.Why(s.Item); words != "" {
		list = append(list, words)
	}
	if len(bans) == 0 {
		return list
	}
	source := playlist.Redact(s.Item.Source)
	for _, b := range bans {
		if banned, cause, _ := strings.Cut(b.Why, ": "); banned == source {
			list = append(list, "a version of the file is left out, as it crashed its decoder ("+cause+"): lift the quarantine, or replace the file")
		}
	}
	return list
}

// Schedule is what will air in a time, cut off at both its ends. What is past is
// not in it. An entry's warnings tell of what is left out right before it, too.
func (v planView) Schedule(ctx context.Context, from time.Time, d time.Duration) iter.Seq[web.Slot] {
	return func(yield func(web.Slot) bool) {
		t := v.times()
		bans := v.store.Banned()
		_, counts := v.engine.Snapshot()
		first := max(counts.Ticks, t.tick(from))
		end := t.tick(from.Add(d))
		var before schedule.Slot
		for s := range v.ahead(ctx, max(0, end-counts.Ticks)) {
			last, warnings := before, []string{}
			if before = s; s.End() <= first {
				continue
			}
			if last.Item.ID != "" && s.Start >= first {
				for _, e := range v.leftOut(last, s) {
					warnings = append(warnings, e.Item.Title+" is left out: "+v.why(e.Item))
				}
			}
			if early := first - s.Start; early > 0 {
				s.Start, s.From = first, s.From+early
				if s.Ticks != schedule.Never {
					s.Ticks -= early
				}
			}
			if s.Ticks != schedule.Never {
				s.Ticks = min(s.Ticks, end-s.Start)
			}
			up := t.upcoming(s)
			if !yield(web.Slot{Entry: up.Entry, Planned: up.Planned, Cut: up.Cut && s.End() < end, Warnings: append(warnings, v.warnings(s, bans)...)}) {
				return
			}
		}
	}
}

// Aired is what the as-run log has of a time.
func (v planView) Aired(ctx context.Context, from, to time.Time) iter.Seq2[web.Aired, error] {
	return airedRows(asrun.Read(ctx, v.cfg.State.Dir, from, to), v.Zone())
}

// times tie ticks to the time of day as it is now.
type times struct {
	grid  timeline.Grid
	clock schedule.Clock
	zone  *time.Location
}

func (v planView) times() times {
	return times{timeline.Of(houseOf(v.cfg)), v.plan.rundown.Clock(), v.Zone()}
}

func (t times) at(tick int64) time.Time { return t.clock.Zero.Add(t.grid.Due(tick)).In(t.zone) }

func (t times) tick(at time.Time) int64 { return t.grid.TickAt(at.Sub(t.clock.Zero)) }

func (t times) upcoming(s schedule.Slot) web.Upcoming {
	up := web.Upcoming{
		Entry: entryOf(t.grid, t.at, s.Entry, s.Start, s.Ticks), Plays: true,
		Cut: s.Left != schedule.Ended && s.Mode != playlist.ModeSlate, Warnings: []string{},
	}
	if !s.Planned.IsZero() {
		planned := s.Planned.In(t.zone).Format(web.Millis)
		up.Planned = &planned
	}
	return up
}

// leftOut is an entry that does not air where it would.
func (t times) leftOut(e playlist.Entry, tick int64, why string) web.Upcoming {
	up := t.upcoming(schedule.Slot{Entry: e, Start: tick, Left: schedule.Ended})
	up.Plays, up.InS, up.OutS = false, nil, nil
	up.Warnings = append(up.Warnings, why)
	return up
}
