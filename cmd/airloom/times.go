package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"airloom/playlist/document"
	"airloom/playlist/when"
)

// dayWords are days that have a name, counted from today.
var dayWords = map[string]int{"yesterday": -1, "today": 0, "tomorrow": 1}

// parsePoint reads a point in time as people write it: RFC 3339, "2026-11-21
// 20:00", a date alone (its midnight), "20:00" (today's), "tomorrow", "tomorrow
// 06:00", "now", or a distance from now such as "-24h". What names no zone is in
// the channel's.
func parsePoint(text string, now time.Time, zone *time.Location) (time.Time, error) {
	words := strings.ToLower(strings.TrimSpace(text))
	now = now.In(zone)
	switch {
	case words == "":
		return time.Time{}, fmt.Errorf("no time is given: %s", pointForms)
	case words == "now":
		return now, nil
	case words[0] == '-' || words[0] == '+':
		d, err := document.ParseTime(words[1:])
		if err != nil {
			return time.Time{}, fmt.Errorf("%q %w", text, err)
		}
		if words[0] == '-' {
			d = -d
		}
		return now.Add(d), nil
	}
	if t, err := time.Parse(time.RFC3339Nano, strings.ToUpper(words)); err == nil {
		return t.In(zone), nil
	}
	day, clock, both := strings.Cut(strings.Replace(words, "t", " ", 1), " ")
	if _, ok := dayWords[firstWord(words)]; ok { // "today" and "tomorrow" have letters to spare
		day, clock, both = strings.Cut(words, " ")
	}
	if !both && strings.Contains(day, ":") {
		day, clock = "today", day
	}
	y, m, d, ok := dayOf(day, now)
	h, ok2 := clockOf(strings.TrimSpace(clock))
	if !ok || !ok2 {
		return time.Time{}, fmt.Errorf("%q is no point in time: %s", text, pointForms)
	}
	// As a playlist's `at` would have it, on the nights clocks change too.
	reading := time.Date(y, m, d, h.Hour(), h.Minute(), h.Second(), 0, time.UTC).Format(time.DateTime)
	moment, err := when.ParseMoment(reading)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q %w", text, err)
	}
	return moment.In(zone).In(zone), nil
}

const pointForms = `write "2026-11-21 20:00", "20:00" (today), "tomorrow 06:00", "now", "-24h" or RFC 3339`

func firstWord(s string) string {
	word, _, _ := strings.Cut(s, " ")
	return word
}

// dayOf is the date that a word or a date names.
func dayOf(text string, now time.Time) (y int, m time.Month, d int, ok bool) {
	if n, known := dayWords[text]; known {
		y, m, d = now.Date()
		return y, m, d + n, true // time.Date minds the month's end
	}
	t, err := time.Parse(time.DateOnly, text)
	y, m, d = t.Date()
	return y, m, d, err == nil
}

// clockOf is a time of day; none is midnight.
func clockOf(text string) (time.Time, bool) {
	if text == "" {
		return time.Time{}, true
	}
	for _, form := range []string{"15:04", "15:04:05"} {
		if t, err := time.Parse(form, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// pointFlag reads a flag that holds a point in time. Where it is not set, it is
// the other time.
func pointFlag(cmd *cobra.Command, name string, now time.Time, zone *time.Location, otherwise time.Time) (time.Time, error) {
	text, _ := cmd.Flags().GetString(name)
	if text == "" {
		return otherwise.In(zone), nil
	}
	t, err := parsePoint(text, now, zone)
	if err != nil {
		return t, usageError{fmt.Errorf("--%s: %w", name, err)}
	}
	return t, nil
}

// spanFlag reads a flag that holds a length of time, such as 90s, 24h or 30d.
func spanFlag(cmd *cobra.Command, name string) (time.Duration, error) {
	text, _ := cmd.Flags().GetString(name)
	d, err := document.ParseTime(text)
	switch {
	case err != nil:
		return 0, usageError{fmt.Errorf("--%s: %q %w", name, text, err)}
	case d <= 0:
		return 0, usageError{fmt.Errorf("--%s: %q is no time at all: write 24h, 90m or 30d", name, text)}
	}
	return d, nil
}
