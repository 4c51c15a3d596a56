package when

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Clock is a time of day.
type Clock struct {
	text string
	at   int64 // seconds since midnight, 0 to 86399
}

// ParseClock reads a time of day, "20:00" or "20:00:30". The error is the end of
// a sentence that begins with the value, and says what to write instead.
func ParseClock(text string) (Clock, error) {
	if near := digits(text); near != "" {
		return Clock{}, fmt.Errorf("is no time of day as airloom reads it: write %q", near)
	}
	at, err := timeOfDay(text)
	if err != nil {
		return Clock{}, err
	}
	return Clock{text: text, at: at}, nil
}

// After is the first instant after t at which the zone's clocks show it: also
// the second time on a night that shows it twice. On a day that skips it, it is
// the first instant after the gap.
func (c Clock) After(t time.Time, zone *time.Location) time.Time {
	return instant(first(t.Unix(), zone, sense{caught: true}, func(r reading) reading {
		if r > lastReading {
			return never
		}
		return r + mod(c.at-r, day)
	}), zone)
}

// String is the time as written.
func (c Clock) String() string { return c.text }

// lastReading is the end of the last year in which anything is looked for.
var lastReading = time.Date(lastYear+1, 1, 1, 0, 0, 0, 0, time.UTC).Unix() - 1

var (
	errTimeOfDay = errors.New(`is no time of day: write hours and minutes such as "20:00", or with seconds "20:00:30"`)
	errEndOfDay  = errors.New(`is what no clock shows: write "00:00" for midnight`)
)

// timeOfDay reads HH:MM or HH:MM:SS into seconds since midnight.
func timeOfDay(text string) (int64, error) {
	text, _, fraction := strings.Cut(strings.ReplaceAll(text, ",", "."), ".")
	parts := strings.Split(text, ":")
	if len(parts) < 2 || len(parts) > 3 || fraction && len(parts) == 2 {
		return 0, errTimeOfDay
	}
	var at int64
	for i, p := range parts {
		n, err := number(p)
		switch {
		case err != nil || i > 0 && len(p) != 2:
			return 0, errTimeOfDay
		case i == 0 && n == 24 && strings.Trim(strings.Join(parts[1:], ""), "0") == "":
			return 0, errEndOfDay
		case i == 0 && n > 23:
			return 0, errors.New("has an hour past 23: hours go from 00 to 23")
		case i > 0 && n > 59:
			return 0, fmt.Errorf("has %s past 59: they go from 00 to 59", []string{"minutes", "seconds"}[i-1])
		}
		at = at*60 + n
	}
	if fraction {
		return 0, fmt.Errorf("has a fraction of a second: write whole seconds, such as %q", text)
	}
	if len(parts) == 2 {
		at *= 60
	}
	return at, nil
}

// number is a whole number of one or two plain digits.
func number(text string) (int64, error) {
	if len(text) < 1 || len(text) > 2 || strings.Trim(text, "0123456789") != "" {
		return 0, errTimeOfDay
	}
	return strconv.ParseInt(text, 10, 64)
}

// digits is a time of day that is written in another way, as "8 pm", "20.00" or
// "20h", in the way that is read here; "" where it is none of these.
func digits(text string) string {
	for _, layout := range []string{"3pm", "3 pm", "3PM", "3 PM", "3:04pm", "3:04 pm", "3:04PM", "3:04 PM", "15.04", "15h", "15h04", "15", "1504"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.Format("15:04")
		}
	}
	return ""
}
