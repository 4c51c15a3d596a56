// Package when knows the moments that people write: rules such as "every weekday
// at 20:00" ([Cron]), a date and time ([Moment]), a time of day ([Clock]); and
// turns them into instants in a zone, on the nights when clocks change too. It
// is a leaf of pure functions.
package when

import "time"

// Cron is a rule of starts: five fields, or a form such as @daily.
type Cron struct {
	text string
}

// ParseCron reads a rule. The error says what to write instead.
func ParseCron(text string) (Cron, error) { return Cron{text}, nil }

// Next is the first start after t in the zone; the zero time: there is none.
func (c Cron) Next(t time.Time, zone *time.Location) time.Time { return time.Time{} }

// String is the rule as written.
func (c Cron) String() string { return c.text }

// Moment is a date and time of day, as written on a wall.
type Moment struct {
	text string
}

// ParseMoment reads a date and time.
func ParseMoment(text string) (Moment, error) { return Moment{text}, nil }

// In is the instant in the zone.
func (m Moment) In(zone *time.Location) time.Time { return time.Time{} }

// String is the moment as written.
func (m Moment) String() string { return m.text }

// Clock is a time of day.
type Clock struct {
	text string
}

// ParseClock reads a time of day.
func ParseClock(text string) (Clock, error) { return Clock{text}, nil }

// After is the first instant after t at which the zone's clocks show it.
func (c Clock) After(t time.Time, zone *time.Location) time.Time { return time.Time{} }

// String is the time as written.
func (c Clock) String() string { return c.text }
