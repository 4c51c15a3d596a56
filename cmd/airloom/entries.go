package main

import (
	"time"

	"airloom/playlist"
	"airloom/playlist/schedule"
	"airloom/playout/timeline"
	"airloom/web"
)

// plannedEntry is an entry as JSON has it, of the schedule, of a rehearsal and of
// the API: the part of it that lies within what was asked for.
type plannedEntry = web.Entry

// entry is what airs of e from one tick on for a number of ticks;
// [schedule.Never]: nobody knows how long.
func (o *outlook) entry(e playlist.Entry, start, ticks int64) plannedEntry {
	return entryOf(o.grid, o.at, e, start, ticks)
}

// entryOf is the same where at is when a tick is due.
func entryOf(grid timeline.Grid, at func(int64) time.Time, e playlist.Entry, start, ticks int64) plannedEntry {
	p := plannedEntry{
		ID: e.Item.ID, Start: at(start).Format(web.Millis), Playlist: e.Playlist, Index: e.Index,
		Source: playlist.Redact(e.Item.Source), Title: e.Item.Title, Mode: string(e.Mode),
	}
	if ticks != schedule.Never {
		end := at(start + ticks).Format(web.Millis)
		p.End, p.Ticks = &end, &ticks
	}
	if e.Item.Source == "" || playlist.Live(e.Item.Source) {
		return p
	}
	seconds := func(d time.Duration) *float64 {
		s := float64(d.Milliseconds()) / 1000
		return &s
	}
	in := e.Item.In + grid.Duration(e.From)
	p.InS = seconds(in)
	if ticks != schedule.Never && !e.Item.Loop { // the end of a loop is no place in the source
		p.OutS = seconds(in + grid.Duration(ticks))
	}
	return p
}

const milliseconds = web.Millis
