package main

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"airloom/playlist"
	"airloom/playlist/schedule"
	"airloom/playout"
	"airloom/playout/asrun"
	"airloom/playout/timeline"
)

// memory carries what must outlive the process from the engine to the state
// file, and back when the channel starts.
type memory struct {
	store   *asrun.Store
	rundown *schedule.Rundown
	grid    timeline.Grid
	engine  interface {
		Snapshot() (playout.Snapshot, playout.Counts)
	}
	log  *slog.Logger
	join chan struct{} // something else is on air

	mu    sync.Mutex
	place []byte    // the latest that was noted
	tick  int64     // where what is on air began, …
	began time.Time // … and when: a step of the clock does not move what has been
}

// remembersWithin is how long the state may take to tell where the channel stood
// before it begins without: to begin at the wrong place is worse than to be late.
const remembersWithin = 1500 * time.Millisecond

// remember is what the last run left, as far as storage tells in time.
func (m *memory) remember(ctx context.Context) asrun.Saved {
	ctx, cancel := context.WithTimeout(ctx, remembersWithin)
	defer cancel()
	saved, err := m.store.Last(ctx)
	if err != nil {
		m.log.Warn("where the channel stood is not known: it begins at the start", "event", "place-lost", "cause", err)
	}
	return saved
}

// resume has the rundown begin where the channel stood, or where the plans would
// have it by now.
func (m *memory) resume(ctx context.Context, saved asrun.Saved, how string, plans *schedule.Plans, now time.Time) {
	if len(saved.Playhead.Place) == 0 {
		return
	}
	e, left, err := schedule.Restore(saved.Playhead.Place)
	if err != nil {
		m.log.Warn("where the channel stood cannot be read: it begins at the start", "event", "place-lost", "cause", err)
		return
	}
	if how == "start" { // but not with the clips that every start has seen
		m.rundown.Begin(schedule.Afresh(e), schedule.Ended)
		return
	}
	gone := now.Sub(saved.Playhead.At)
	if how == "clock" && gone > 0 {
		ctx, cancel := context.WithTimeout(ctx, answersWithin)
		defer cancel()
		e, left = plans.Advance(ctx, e, left, schedule.Clock{Zero: saved.Playhead.At}, 0, m.grid.TickAt(gone))
		if ctx.Err() != nil {
			m.log.Warn("where the channel would be by now takes too long to find out: it goes on from as far as that came", "event", "place-late", "off for", gone.Round(time.Second))
		}
	}
	if place, err := schedule.Save(e, left); err == nil {
		m.stands(place) // and if it ends before anything has aired, it stood there
	}
	m.log.Info("going on where the channel was", "event", "resumed", "item", e.Item.Title, "playlist", e.Playlist, "off for", gone.Round(time.Millisecond))
	m.rundown.Begin(e, left)
}

// run notes where the channel stands at each join and every second, and once
// more at the end.
func (m *memory) run(ctx context.Context) error {
	every := time.NewTicker(time.Second)
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			m.note()
			return nil
		case <-m.join:
		case <-every.C:
		}
		m.note()
	}
}

// note notes where the channel stands.
func (m *memory) note() {
	snap, counts := m.engine.Snapshot()
	if counts.Ticks == 0 {
		return
	}
	left := snap.Left(counts.Ticks)
	if snap.Air.Item.ID != "" {
		at := left
		if snap.AirTicks > 0 && left >= snap.AirTicks { // all of it: there is nothing to go on with
			at = playout.Ended
		}
		on, at := m.rundown.Stands(snap.Air, at, counts.Ticks)
		place, err := schedule.Save(on, at)
		if err != nil {
			m.log.Error("where the channel stands cannot be noted", "event", "place-not-noted", "cause", err)
			return
		}
		m.stands(place)
	}
	air := playout.Row{Entry: snap.Air, Start: snap.Since, Ticks: counts.Ticks - snap.Since, At: left, Outcome: snap.Airs}
	if air.Outcome == "" {
		air.At = max(0, left-air.Ticks)
	}
	m.store.Playhead(asrun.Playhead{Place: m.stood(), Tick: counts.Ticks, At: m.at(counts.Ticks), Air: m.row(air)})
}

func (m *memory) stands(place []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.place = place
}

func (m *memory) stood() []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.place
}

// report notes a piece of the programme that has ended. It never blocks.
func (m *memory) report(r playout.Row) {
	m.store.Report(m.row(r))
	if r.Ticks > 0 {
		m.begins(r.Start + r.Ticks)
	}
	select {
	case m.join <- struct{}{}:
	default:
	}
}

// begins notes that something else is on air from the tick on.
func (m *memory) begins(tick int64) {
	at := m.due(tick)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tick, m.began = tick, at
}

// at is when the tick was on air.
func (m *memory) at(tick int64) time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	if tick == m.tick && !m.began.IsZero() {
		return m.began
	}
	return m.due(tick)
}

// due is when the tick is due as the clock stands.
func (m *memory) due(tick int64) time.Time {
	return m.rundown.Clock().Zero.Add(m.grid.Due(tick))
}

// row is a piece of the programme as the as-run log has it.
func (m *memory) row(r playout.Row) asrun.Row {
	e := r.Entry
	row := asrun.Row{
		Tick: r.Start, Ticks: r.Ticks, Start: m.at(r.Start), End: m.at(r.Start + r.Ticks), Planned: e.Planned,
		Playlist: e.Playlist, Index: e.Index, Item: e.Item.ID, Round: e.Round, Source: playlist.Redact(e.Item.Source),
		Title: e.Item.Title, Mode: string(e.Mode), From: r.At, Outcome: string(r.Outcome),
	}
	if e.Item.Source != "" && !playlist.Live(e.Item.Source) {
		row.In = e.Item.In + m.grid.Duration(r.At)
		row.Out = row.In + m.grid.Duration(r.Ticks)
	}
	if r.Cause != nil {
		row.Cause = r.Cause.Error()
	}
	return row
}
