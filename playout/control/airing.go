package control

import (
	"fmt"
	"time"

	"airloom/playlist"
	"airloom/playout"
)

func (b *Board) state(s playout.Snapshot, c playout.Counts) State {
	switch {
	case b.stopping.Load():
		return Stopping
	case c.Ticks == 0:
		return Starting
	case s.Forced == "" && planned(s):
		return OnAir
	case s.Airs != "":
		return Fallback
	default:
		return OnAir
	}
}

// planned reports that what airs is a still that the plan wants: no stand-in.
func planned(s playout.Snapshot) bool { return s.Air.Mode == playlist.ModeSlate }

func (b *Board) airing(s playout.Snapshot, c playout.Counts, now time.Time) *Airing {
	if s.Air.Item.ID == "" {
		return nil
	}
	return &Airing{
		ID: s.Air.Item.ID, Playlist: s.Air.Playlist, Index: s.Air.Index, Source: playlist.Redact(s.Air.Item.Source), Title: s.Air.Item.Title,
		Mode: string(s.Air.Mode), PositionS: round(b.grid.Duration(s.Left(c.Ticks))), DurationS: round(b.grid.Duration(s.AirTicks)),
		StartedAt: b.when(s.AirFirst+s.Air.From, c, now).Truncate(time.Millisecond),
	}
}

// when is the time of day of a tick: by the clock that the schedule goes by, so
// that all who tell it say the same; where there is none, counted from now.
func (b *Board) when(tick int64, c playout.Counts, now time.Time) time.Time {
	if b.src.Rundown != nil {
		return b.src.Rundown.Clock().Zero.Add(b.grid.Due(tick)).UTC()
	}
	return now.Add(b.grid.Duration(tick - c.Ticks))
}

// coming is the item after the one on air: the one that is open, or before that
// the one that the plan says.
func (b *Board) coming(s playout.Snapshot, c playout.Counts, now time.Time) *Coming {
	e, ticks, at := s.Next, s.NextTicks, s.NextAt
	if e.Item.ID == "" && b.src.Rundown != nil && s.Air.Item.ID != "" {
		if at != playout.Never && at == s.CutAt {
			e = b.cut(s, c)
		} else {
			e = b.src.Rundown.Next(s.Air, playout.Ended, join(at, c))
		}
		ticks = e.Ticks
	}
	if e.Item.ID == "" {
		return nil
	}
	n := &Coming{
		ID: e.Item.ID, Playlist: e.Playlist, Index: e.Index, Source: playlist.Redact(e.Item.Source), Title: e.Item.Title,
		DurationS: round(b.grid.Duration(ticks)),
	}
	if at != playout.Never && s.Forced == "" {
		t := b.when(at, c, now).Truncate(time.Millisecond)
		n.StartsAt = &t
	}
	return n
}

// join is the tick at which the item on air ends; now, where that is not known.
func join(at int64, c playout.Counts) int64 {
	if at == playout.Never {
		return c.Ticks
	}
	return max(at, c.Ticks)
}

// due is what the clock puts on air next.
func (b *Board) due(s playout.Snapshot, c playout.Counts, now time.Time) *Due {
	if s.CutAt == playout.Never || b.src.Rundown == nil {
		return nil
	}
	e := b.cut(s, c)
	return &Due{
		ID: e.Item.ID, Playlist: e.Playlist, Index: e.Index, Source: playlist.Redact(e.Item.Source), Title: e.Item.Title,
		Mode: string(e.Mode), At: b.when(s.CutAt, c, now).Truncate(time.Millisecond), Planned: e.Planned,
	}
}

// cut is the entry that airs at the next cut.
func (b *Board) cut(s playout.Snapshot, c playout.Counts) playlist.Entry {
	left := playout.Ended
	if s.Air.Item.ID != "" {
		left = s.Left(c.Ticks) + max(0, s.CutAt-c.Ticks)
		if s.AirTicks > 0 && left >= s.AirTicks {
			left = playout.Ended
		}
	}
	return b.src.Rundown.Next(s.Air, left, max(s.CutAt, c.Ticks))
}

// stands is what an operator has put in place of the programme.
func (b *Board) stands(s playout.Snapshot, c playout.Counts, now time.Time) (held, slated *Stand) {
	stand := &Stand{By: s.By, Since: now.Truncate(time.Millisecond)}
	if s.Airs == s.Forced { // else it begins with the next tick
		stand.Since = b.when(s.Since, c, now).Truncate(time.Millisecond)
	}
	switch s.Forced {
	case playout.Hold:
		return stand, nil
	case playout.Slate:
		return nil, stand
	default:
		return nil, nil
	}
}

// standsLong is when a hold or slate of an operator's is an alert: it may have
// been forgotten.
const standsLong = time.Minute

// standIns are the alerts of what airs in the programme's place.
func (b *Board) standIns(s playout.Snapshot, c playout.Counts, now time.Time) []Alert {
	list := []Alert{}
	since := b.when(min(s.Since, c.Ticks), c, now).Truncate(time.Second)
	switch held, slated := b.stands(s, c, now); {
	case held != nil:
		return remind(list, "hold", held, now)
	case slated != nil:
		return remind(list, "slate", slated, now)
	case planned(s):
		return list
	case s.Airs == playout.Slate:
		return append(list, Alert{Severity: "error", Code: "slate", Since: since,
			Message: "nothing in the rundown can play: the slate is on air. See the other alerts for the items' causes"})
	case s.Airs == playout.Filler:
		return append(list, Alert{Severity: "warning", Code: "filler", Since: since,
			Message: "the item on air gives nothing: the filler stands in", ItemID: s.Air.Item.ID, Playlist: s.Air.Playlist, Index: &s.Air.Index})
	}
	return list
}

func remind(list []Alert, what string, s *Stand, now time.Time) []Alert {
	if now.Sub(s.Since) < standsLong {
		return list
	}
	return append(list, Alert{Severity: "warning", Code: "operator-" + what, Since: s.Since,
		Message: fmt.Sprintf("the %s by %s is still on: the programme waits. Lift it with 'airloom ctl %s off'", what, s.By, what)})
}
