// Package when knows the moments that people write: rules such as "every weekday
// at 20:00" ([Cron]), a date and time ([Moment]), a time of day ([Clock]); and
// turns them into instants in a zone, on the nights when clocks change too. It
// is a leaf of pure functions.
//
// A rule is first a matter of the calendar alone: the next reading of a wall
// clock that it means. What the clocks of a zone show, and when, is told apart
// from it as a row of stretches with one offset each. So a rule knows nothing of
// zones, and there is one place that knows what becomes of a reading that is
// skipped or comes twice: [first].
package when

import (
	"fmt"
	"math"
	"time"
)

// A reading is what a wall clock shows, date and time, in seconds since it
// showed 1 January 1970, 00:00:00: an instant as though the zone were UTC.
type reading = int64

// never is the reading and the instant of what does not come.
const never int64 = math.MaxInt64

// lastYear bounds the search for what does not come.
const lastYear = 9999

// stretch is a span of time in which a zone's clocks run on without being set.
type stretch struct {
	from, to int64 // Unix seconds, the second one no longer in it
	offset   int64 // seconds to add for what the clocks show
}

// begins and ends are what the clocks show at its two ends.
func (s stretch) begins() reading { return s.from + s.offset }

func (s stretch) ends() reading {
	if s.to == never {
		return never
	}
	return s.to + s.offset
}

// stretchAt is the stretch that holds t. It may end before the clocks are set: a
// year's end parts it, by the rule for years to come.
func stretchAt(t int64, zone *time.Location) stretch {
	at := time.Unix(t, 0).In(zone)
	_, offset := at.Zone()
	s := stretch{from: math.MinInt64, to: never, offset: int64(offset)}
	from, to := at.ZoneBounds()
	if !from.IsZero() {
		s.from = from.Unix()
	}
	if !to.IsZero() {
		s.to = to.Unix()
	}
	if s.to <= t { // the last day of a leap year, which ZoneBounds takes for the next year's
		s.to = t - mod(t, day) + day
	}
	return s
}

// next is the stretch after s.
func (s stretch) next(zone *time.Location) stretch {
	n := stretchAt(s.to, zone)
	n.from = s.to // where s ended early, n is the rest of it
	return n
}

const (
	minute = 60
	hour   = 60 * minute
	day    = 24 * hour
)

// farthest is by how much clocks are ever set: a day and a bit, where a zone
// moved across the date line.
const farthest = 26 * hour

// sense is what becomes of a reading on the night the clocks are set.
type sense struct {
	caught bool // one that is skipped counts as the first instant after the gap
	once   bool // one that comes twice counts the first time only
}

// first is the first instant after t at which the zone's clocks show what next
// means; never: there is none. next gives the first such reading that is the one
// it is given or a later one.
func first(t int64, zone *time.Location, how sense, next func(reading) reading) int64 {
	s := stretchAt(t, zone)
	from := t + s.offset + 1
	if how.once {
		from = max(from, shown(t, s, zone))
	}
	for {
		r := next(from)
		if r < s.ends() {
			return r - s.offset
		}
		if r == never || s.to == never {
			return never
		}
		s = s.next(zone)
		switch {
		case how.caught && r <= s.begins():
			return s.from
		case how.once:
			from = r
		default:
			from = s.begins()
		}
	}
}

// shown is the first reading that the clocks have not shown yet in the stretches
// before s, when they were set back shortly before t.
func shown(t int64, s stretch, zone *time.Location) reading {
	r := reading(math.MinInt64)
	for s.from > t-farthest {
		s = stretchAt(s.from-1, zone)
		r = max(r, s.ends())
	}
	return r
}

// instant is t as a time in the zone; zero for never.
func instant(t int64, zone *time.Location) time.Time {
	if t == never {
		return time.Time{}
	}
	return time.Unix(t, 0).In(zone)
}

// mod is a modulo n, never negative.
func mod(a, n int64) int64 { return (a%n + n) % n }

// quote is a value in a message, cut where it is long.
func quote(text string) string {
	const most = 60
	if r := []rune(text); len(r) > most {
		return fmt.Sprintf("%q…", string(r[:most]))
	}
	return fmt.Sprintf("%q", text)
}
