package schedule

import (
	"fmt"
	"time"

	"airloom/playlist"
)

// Missed is a start that was planned and did not air.
type Missed struct {
	Playlist string
	Planned  time.Time
	Why      string // a sentence for people
}

// MissedBy is what was found, when the entry was chosen, not to air any more: the
// starts whose time had passed since the entry before it was chosen. Each is told
// once along the way from entry to entry. After more than a day in which nothing
// was asked (the clock jumped) only each playlist's latest start is told of.
func MissedBy(e playlist.Entry) []Missed {
	if pl, ok := e.Place.(*place); ok {
		return pl.missed
	}
	return nil
}

// why is what kept a start from airing.
type why int

const (
	passed     why = iota // its time passed while another had the air
	replaced              // its list's next start came before it got the air
	empty                 // there is nothing in it, or nothing of it is left
	unplayable            // nothing of it could play
)

// miss notes a start that does not air.
func (s *stage) miss(l *list, at int64, w why) {
	m := Missed{Playlist: l.file, Planned: time.Unix(0, at).In(s.p.in.Zone)}
	switch {
	case w == replaced:
		m.Why = "its next start came before it got the air"
	case w == empty:
		m.Why = "there is nothing in it to air"
	case w == unplayable:
		m.Why = "nothing in it can play"
	case s.on == "":
		m.Why = "its time had passed before it could begin"
	default:
		m.Why = fmt.Sprintf("its time had passed before it got the air from %s", s.on)
	}
	s.missed = append(s.missed, m)
}
