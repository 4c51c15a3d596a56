package when

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Moment is a date and time of day, as written on a wall, or with an offset
// from UTC: then it is the same instant in every zone.
type Moment struct {
	text   string
	at     reading
	fixed  bool  // with an offset
	offset int64 // in seconds, where fixed
}

// ParseMoment reads a date and time: "2026-12-31 23:59:50", also with T between
// them, without seconds, and with an offset such as Z or +01:00. The error is
// the end of a sentence that begins with the value, and says what to write
// instead.
func ParseMoment(text string) (Moment, error) {
	m := Moment{text: text}
	date, rest, err := cutDate(text)
	if err != nil {
		return Moment{}, err
	}
	if near := digits(rest); near != "" {
		return Moment{}, fmt.Errorf("has a time of day that airloom does not read: write \"%s %s\"", date.Format(time.DateOnly), near)
	}
	clock, offset := cutOffset(rest)
	if offset != "" {
		if m.offset, err = readOffset(offset); err != nil {
			return Moment{}, err
		}
		m.fixed = true
	}
	at, err := timeOfDay(clock)
	switch {
	case errors.Is(err, errEndOfDay):
		next := date.AddDate(0, 0, 1).Format(time.DateOnly)
		return Moment{}, fmt.Errorf("is what no clock shows: write \"%s 00:00\" for the midnight after that day", next)
	case errors.Is(err, errTimeOfDay):
		return Moment{}, fmt.Errorf("has no time of day that airloom reads: write one after the date, such as \"%s 20:00\"", date.Format(time.DateOnly))
	case err != nil:
		return Moment{}, err
	}
	m.at = date.Unix() + at
	return m, nil
}

// In is the instant in the zone: in an hour that is skipped, the first instant
// after it; in one that comes twice, the first time.
func (m Moment) In(zone *time.Location) time.Time {
	if m.fixed {
		return instant(m.at-m.offset, zone)
	}
	// From so long before that the clocks have not shown it yet.
	return instant(first(m.at-2*farthest, zone, sense{caught: true, once: true}, func(r reading) reading {
		if r > m.at {
			return never
		}
		return m.at
	}), zone)
}

// String is the moment as written.
func (m Moment) String() string { return m.text }

// cutDate reads the date and gives back what follows it.
func cutDate(text string) (date time.Time, rest string, err error) {
	end := strings.IndexAny(text, " Tt")
	if end < 0 {
		end = len(text)
	}
	written := text[:end]
	date, err = time.Parse(time.DateOnly, written)
	switch {
	case err != nil:
		return date, "", badDate(written, text[end:])
	case date.Year() < 1 || date.Year() > lastYear:
		return date, "", errors.New("has a year that no clock shows: write four digits, such as 2026")
	case strings.Trim(text[end:], " Tt") == "":
		return date, "", fmt.Errorf("has no time of day: write one after the date, such as \"%s 20:00\"", written)
	}
	return date, text[end+1:], nil
}

// badDate says what is wrong with a date, which has rest behind it.
func badDate(written, rest string) error {
	for _, layout := range []string{"2006-1-2", "2006/1/2", "2006.1.2", "20060102", "2.1.2006"} {
		if t, err := time.Parse(layout, written); err == nil {
			return fmt.Errorf("has its date in another order or without its noughts: write %s", quote(t.Format(time.DateOnly)+cmp.Or(rest, " 20:00")))
		}
	}
	var y, m, d int
	if n, _ := fmt.Sscanf(written, "%4d-%2d-%2d", &y, &m, &d); n == 3 && len(written) == len(time.DateOnly) {
		switch {
		case m < 1 || m > 12:
			return fmt.Errorf("has month %d: months go from 01 to 12, and stand between year and day", m)
		case d < 1 || d > 31:
			return fmt.Errorf("has day %d: write a day that %s %d has", d, time.Month(m), y)
		default:
			return fmt.Errorf("names a day that is not in the calendar: %s %d has %d days", time.Month(m), y, daysIn(y, time.Month(m)))
		}
	}
	return errors.New(`is no date and time: write year, month, day and a time of day, such as "2026-12-31 23:59:50"`)
}

// cutOffset parts a time of day from the offset behind it, if there is one.
func cutOffset(text string) (clock, offset string) {
	if i := strings.IndexFunc(text, func(r rune) bool { return !strings.ContainsRune("0123456789:.,", r) }); i > 0 {
		return text[:i], strings.TrimSpace(text[i:])
	}
	return text, ""
}

// readOffset reads Z, +01:00, +0100 or +01 into seconds.
func readOffset(text string) (int64, error) {
	for _, layout := range []string{"Z07:00", "Z0700", "Z07"} {
		if t, err := time.Parse(layout, strings.ToUpper(text)); err == nil {
			_, offset := t.Zone()
			return int64(offset), nil
		}
	}
	return 0, fmt.Errorf("ends in %s, which is no offset from UTC: write one such as +01:00, or remove it for the channel's timezone", quote(text))
}
