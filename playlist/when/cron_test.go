package when

import (
	"testing"
	"time"
	_ "time/tzdata" // the tables below must not hang on what the machine has

	"github.com/stretchr/testify/require"
)

// in loads a zone.
func in(t testing.TB, zone string) *time.Location {
	t.Helper()
	l, err := time.LoadLocation(zone)
	require.NoError(t, err)
	return l
}

const withSeconds = "2006-01-02 15:04:05 -0700"

// at reads an instant as the tables write it: without seconds where they are 0.
func at(t testing.TB, text string, zone *time.Location) time.Time {
	t.Helper()
	for _, layout := range []string{"2006-01-02 15:04 -0700", withSeconds} {
		if x, err := time.Parse(layout, text); err == nil {
			return x.In(zone)
		}
	}
	t.Fatalf("%q", text)
	return time.Time{}
}

func rule(t testing.TB, text string) Cron {
	t.Helper()
	c, err := ParseCron(text)
	require.NoError(t, err, text)
	require.Equal(t, text, c.String())
	return c
}

// starts holds that the rule comes at these instants after from, and at no other
// before the last.
func starts(t *testing.T, zone, text, from string, want ...string) {
	t.Helper()
	l := in(t, zone)
	x := at(t, from, l)
	for _, w := range want {
		x = rule(t, text).Next(x, l)
		require.Equal(t, at(t, w, l).Format(withSeconds), x.Format(withSeconds), "%s in %s after %s", text, zone, from)
	}
}

func TestTheNightAnHourIsSkipped(t *testing.T) {
	const berlin, newYork, lordHowe = "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"
	// Fixed hours: the first instant after the gap, once.
	starts(t, berlin, "30 2 * * *", "2026-03-28 12:00 +0100", "2026-03-29 03:00 +0200", "2026-03-30 02:30 +0200")
	starts(t, berlin, "*/15 2 * * *", "2026-03-28 12:00 +0100", "2026-03-29 03:00 +0200", "2026-03-30 02:00 +0200")
	starts(t, berlin, "0 2,3 * * *", "2026-03-28 12:00 +0100", "2026-03-29 03:00 +0200", "2026-03-30 02:00 +0200", "2026-03-30 03:00 +0200")
	starts(t, berlin, "59 1 * * *", "2026-03-28 12:00 +0100", "2026-03-29 01:59 +0100", "2026-03-30 01:59 +0200")
	starts(t, berlin, "1 3 * * *", "2026-03-28 12:00 +0100", "2026-03-29 03:01 +0200")
	starts(t, newYork, "30 2 * * *", "2026-03-07 12:00 -0500", "2026-03-08 03:00 -0400", "2026-03-09 02:30 -0400")
	starts(t, newYork, "0 2 8 3 *", "2026-01-01 12:00 -0500", "2026-03-08 03:00 -0400", "2027-03-08 02:00 -0500")
	starts(t, lordHowe, "15 2 * * *", "2026-10-03 12:00 +1030", "2026-10-04 02:30 +1100", "2026-10-05 02:15 +1100")
	starts(t, lordHowe, "0,30 2 * * *", "2026-10-03 12:00 +1030", "2026-10-04 02:30 +1100", "2026-10-05 02:00 +1100")
	starts(t, lordHowe, "45 2 * * *", "2026-10-03 12:00 +1030", "2026-10-04 02:45 +1100")
	// Any other hours: what the clocks do not show does not come.
	starts(t, berlin, "30 * * * *", "2026-03-29 00:45 +0100", "2026-03-29 01:30 +0100", "2026-03-29 03:30 +0200")
	starts(t, berlin, "0 * * * *", "2026-03-29 01:00 +0100", "2026-03-29 03:00 +0200")
	starts(t, berlin, "30 */2 * * *", "2026-03-29 00:45 +0100", "2026-03-29 04:30 +0200")
	starts(t, berlin, "30 2-2 * * *", "2026-03-28 12:00 +0100", "2026-03-30 02:30 +0200")
	starts(t, berlin, "@hourly", "2026-03-29 00:30 +0100", "2026-03-29 01:00 +0100", "2026-03-29 03:00 +0200")
	starts(t, newYork, "*/30 * * * *", "2026-03-08 01:00 -0500", "2026-03-08 01:30 -0500", "2026-03-08 03:00 -0400")
	starts(t, lordHowe, "*/15 * * * *", "2026-10-04 01:30 +1030", "2026-10-04 01:45 +1030", "2026-10-04 02:30 +1100", "2026-10-04 02:45 +1100")
	starts(t, lordHowe, "0 * * * *", "2026-10-04 00:30 +1030", "2026-10-04 01:00 +1030", "2026-10-04 03:00 +1100")
}

func TestTheNightAnHourComesTwice(t *testing.T) {
	const berlin, newYork, lordHowe = "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"
	// Fixed hours: the first time only, also for who asks in between.
	starts(t, berlin, "30 2 * * *", "2026-10-24 12:00 +0200", "2026-10-25 02:30 +0200", "2026-10-26 02:30 +0100")
	starts(t, berlin, "30 2 * * *", "2026-10-25 02:40 +0200", "2026-10-26 02:30 +0100")
	starts(t, berlin, "30 2 * * *", "2026-10-25 02:10 +0100", "2026-10-26 02:30 +0100")
	starts(t, berlin, "0 3 * * *", "2026-10-25 02:10 +0200", "2026-10-25 03:00 +0100")
	starts(t, berlin, "* 2 * * *", "2026-10-25 02:58 +0200", "2026-10-25 02:59 +0200", "2026-10-26 02:00 +0100")
	starts(t, newYork, "30 1 * * *", "2026-10-31 12:00 -0400", "2026-11-01 01:30 -0400", "2026-11-02 01:30 -0500")
	starts(t, newYork, "30 1 1 11 *", "2026-11-01 01:00 -0500", "2027-11-01 01:30 -0400")
	starts(t, lordHowe, "45 1 * * *", "2026-04-04 12:00 +1100", "2026-04-05 01:45 +1100", "2026-04-06 01:45 +1030")
	starts(t, lordHowe, "15 1,2 * * *", "2026-04-04 12:00 +1100", "2026-04-05 01:15 +1100", "2026-04-05 02:15 +1030")
	// Any other hours: each time.
	starts(t, berlin, "30 * * * *", "2026-10-25 01:45 +0200", "2026-10-25 02:30 +0200", "2026-10-25 02:30 +0100", "2026-10-25 03:30 +0100")
	starts(t, berlin, "0 2-3 * * *", "2026-10-24 12:00 +0200", "2026-10-25 02:00 +0200", "2026-10-25 02:00 +0100", "2026-10-25 03:00 +0100")
	starts(t, berlin, "0 2/4 * * *", "2026-10-25 00:00 +0200", "2026-10-25 02:00 +0200", "2026-10-25 02:00 +0100", "2026-10-25 06:00 +0100")
	starts(t, newYork, "15 ? * * *", "2026-11-01 00:30 -0400", "2026-11-01 01:15 -0400", "2026-11-01 01:15 -0500", "2026-11-01 02:15 -0500")
	starts(t, lordHowe, "*/15 * * * *", "2026-04-05 01:15 +1100", "2026-04-05 01:30 +1100", "2026-04-05 01:45 +1100", "2026-04-05 01:30 +1030", "2026-04-05 01:45 +1030", "2026-04-05 02:00 +1030")
	starts(t, lordHowe, "0 * * * *", "2026-04-05 01:00 +1100", "2026-04-05 02:00 +1030")
}

func TestZonesOfTheirOwn(t *testing.T) {
	// No change of clocks.
	starts(t, "Asia/Kolkata", "30 2 * * *", "2026-03-28 12:00 +0530", "2026-03-29 02:30 +0530", "2026-03-30 02:30 +0530")
	starts(t, "Asia/Kolkata", "0 */12 * * *", "2026-10-25 01:00 +0530", "2026-10-25 12:00 +0530", "2026-10-26 00:00 +0530")
	starts(t, "UTC", "@daily", "2026-10-25 00:00 +0000", "2026-10-26 00:00 +0000")
	// Midnight is skipped, and 23:00 comes twice: on another date.
	starts(t, "America/Santiago", "0 0 * * *", "2026-09-05 12:00 -0400", "2026-09-06 01:00 -0300", "2026-09-07 00:00 -0300")
	starts(t, "America/Santiago", "@weekly", "2026-09-05 12:00 -0400", "2026-09-06 01:00 -0300", "2026-09-13 00:00 -0300")
	starts(t, "America/Santiago", "0 * * * *", "2026-09-05 23:00 -0400", "2026-09-06 01:00 -0300")
	starts(t, "America/Santiago", "0 23 * * *", "2026-04-04 12:00 -0300", "2026-04-04 23:00 -0300", "2026-04-05 23:00 -0400")
	starts(t, "America/Santiago", "0 0 * * *", "2026-04-04 12:00 -0300", "2026-04-05 00:00 -0400", "2026-04-06 00:00 -0400")
	starts(t, "America/Santiago", "0 23-23 * * *", "2026-04-04 12:00 -0300", "2026-04-04 23:00 -0300", "2026-04-04 23:00 -0400")
	starts(t, "Africa/Cairo", "30 0 * * *", "2026-04-23 12:00 +0200", "2026-04-24 01:00 +0300", "2026-04-25 00:30 +0300")
	starts(t, "Africa/Cairo", "30 0 24 4 *", "2026-04-23 12:00 +0200", "2026-04-24 01:00 +0300")
	starts(t, "Africa/Cairo", "59 23 29 10 *", "2026-10-29 12:00 +0300", "2026-10-29 23:59 +0300", "2027-10-29 23:59 +0200")
	// A day that never was: its times come at the first instant after it.
	starts(t, "Pacific/Apia", "0 20 * * *", "2011-12-29 12:00 -1000", "2011-12-29 20:00 -1000", "2011-12-31 00:00 +1400", "2011-12-31 20:00 +1400")
	starts(t, "Pacific/Apia", "0 20 30 12 *", "2011-12-01 12:00 -1000", "2011-12-31 00:00 +1400", "2012-12-30 20:00 +1400")
	starts(t, "Pacific/Apia", "0 */6 * * *", "2011-12-29 12:00 -1000", "2011-12-29 18:00 -1000", "2011-12-31 00:00 +1400")
	starts(t, "Pacific/Apia", "0 * 30 12 *", "2011-12-01 12:00 -1000", "2012-12-30 00:00 +1400")
	// A day that came twice: its times come the first time.
	starts(t, "Pacific/Kwajalein", "0 20 * * *", "1969-09-29 21:00 +1100", "1969-09-30 20:00 +1100", "1969-10-01 20:00 -1200")
	starts(t, "Pacific/Kwajalein", "0 20-20 * * *", "1969-09-29 21:00 +1100", "1969-09-30 20:00 +1100", "1969-09-30 20:00 -1200")
	// Clocks that were set by the sun: minutes begin at odd seconds.
	starts(t, "Europe/Berlin", "0 20 * * *", "1892-12-30 21:00:00 +0053", "1892-12-31 19:59:32 +0053")
}

func TestTheCalendar(t *testing.T) {
	const berlin = "Europe/Berlin"
	starts(t, berlin, "0 0 29 2 *", "2026-01-01 00:00 +0100", "2028-02-29 00:00 +0100", "2032-02-29 00:00 +0100", "2036-02-29 00:00 +0100")
	starts(t, berlin, "0 0 29 2 *", "2093-01-01 00:00 +0100", "2096-02-29 00:00 +0100", "2104-02-29 00:00 +0100")
	starts(t, berlin, "0 * 29 2 *", "2096-02-29 22:00 +0100", "2096-02-29 23:00 +0100", "2104-02-29 00:00 +0100")
	starts(t, berlin, "59 23 31 * *", "2026-12-31 23:58 +0100", "2026-12-31 23:59 +0100", "2027-01-31 23:59 +0100", "2027-03-31 23:59 +0200")
	starts(t, berlin, "@yearly", "2026-12-31 23:59 +0100", "2027-01-01 00:00 +0100", "2028-01-01 00:00 +0100")
	starts(t, berlin, "@monthly", "2026-12-31 23:59 +0100", "2027-01-01 00:00 +0100", "2027-02-01 00:00 +0100")
	starts(t, berlin, "*/5 * * * *", "2026-12-31 23:55 +0100", "2027-01-01 00:00 +0100")
	// The last day of a leap year, by the zone's rule for years to come.
	starts(t, berlin, "0 20 * * *", "2096-12-30 21:00 +0100", "2096-12-31 20:00 +0100", "2097-01-01 20:00 +0100")
	starts(t, berlin, "0 * * * *", "2096-12-31 22:30 +0100", "2096-12-31 23:00 +0100", "2097-01-01 00:00 +0100", "2097-01-01 01:00 +0100", "2097-01-01 02:00 +0100")
	starts(t, berlin, "0 0-23 * * *", "2096-12-31 00:30 +0100", "2096-12-31 01:00 +0100", "2096-12-31 02:00 +0100")
	// Weekdays: 21 November 2026 is a Saturday.
	starts(t, berlin, "0 20 * * 1-5", "2026-11-19 20:00 +0100", "2026-11-20 20:00 +0100", "2026-11-23 20:00 +0100")
	starts(t, berlin, "0 20 * * SUN,sat", "2026-11-19 20:00 +0100", "2026-11-21 20:00 +0100", "2026-11-22 20:00 +0100", "2026-11-28 20:00 +0100")
	// Both day fields: either will do. With a star in one, both must.
	starts(t, berlin, "0 20 1 * mon", "2026-11-19 20:00 +0100", "2026-11-23 20:00 +0100", "2026-11-30 20:00 +0100", "2026-12-01 20:00 +0100", "2026-12-07 20:00 +0100")
	starts(t, berlin, "0 20 */10 * mon", "2026-11-19 20:00 +0100", "2026-11-21 20:00 +0100", "2026-11-23 20:00 +0100")
	starts(t, berlin, "0 20 ? dec mon", "2026-11-19 20:00 +0100", "2026-12-07 20:00 +0100")
	starts(t, berlin, "0 20 30 2 mon", "2026-11-19 20:00 +0100", "2027-02-01 20:00 +0100")
	// Strictly after, to the nanosecond.
	l := in(t, berlin)
	x := at(t, "2026-11-21 20:00 +0100", l)
	require.Equal(t, x, rule(t, "0 20 * * *").Next(x.Add(-1), l))
	require.Equal(t, x.AddDate(0, 0, 1), rule(t, "0 20 * * *").Next(x, l))
	require.Equal(t, x.AddDate(0, 0, 1), rule(t, "0 20 * * *").Next(x.Add(1), l))
	// No end of the world, and no rule.
	require.Zero(t, rule(t, "0 20 * * *").Next(time.Date(9999, 12, 31, 21, 0, 0, 0, l), l))
	require.Zero(t, rule(t, "0 */2 * * *").Next(time.Date(9999, 12, 31, 23, 0, 0, 0, l), l))
	require.Zero(t, rule(t, "0 20 * * *").Next(time.Date(20000, 12, 31, 21, 0, 0, 0, l), l))
	require.Zero(t, Cron{}.Next(x, l))
}

func TestRulesThatAreRefused(t *testing.T) {
	for text, want := range map[string]string{
		"":                   `is no rule: write minute, hour, day of month, month and day of week, such as "0 20 * * *" for every day at 20:00`,
		"daily":              `is no rule: write minute, hour, day of month, month and day of week, such as "0 20 * * *" for every day at 20:00`,
		"TZ=UTC 0 20 * * *":  `names a time zone: remove that part, as rules are read in the channel's timezone`,
		"CRON_TZ=X":          `names a time zone: remove that part, as rules are read in the channel's timezone`,
		"@every 15m":         `counts from no fixed time, so nobody could say when it airs: write "*/15 * * * *", for every 15 minutes of the hour`,
		"@every 2h":          `counts from no fixed time, so nobody could say when it airs: write "0 */2 * * *", for every 2 hours from midnight`,
		"@every 1h":          `counts from no fixed time, so nobody could say when it airs: write "0 * * * *", for every full hour`,
		"@every 24h":         `counts from no fixed time, so nobody could say when it airs: write "0 0 * * *", for every day at midnight`,
		"@every 7m":          `counts from no fixed time, so nobody could say when it airs: write a step such as "*/15 * * * *", for every 15 minutes of the hour`,
		"@every":             `counts from no fixed time, so nobody could say when it airs: write a step such as "*/15 * * * *", for every 15 minutes of the hour`,
		"@reboot":            `has no time, so nobody could say when it airs: write a time such as "0 20 * * *" for every day at 20:00`,
		"@dayly":             `is no form of a rule: write @hourly, @daily, @weekly, @monthly or @yearly, or five fields such as "0 20 * * *"`,
		"@Daily":             `has capital letters: write @daily`,
		"@daily 5":           `has something behind @daily: write @daily alone, or five fields such as "0 20 * * *"`,
		"0 20 * *":           `has 4 fields where a rule has five: write minute, hour, day of month, month and day of week, such as "0 20 * * *" for every day at 20:00`,
		"0 0 20 * * *":       `has six fields, as with seconds: rules know whole minutes, so write "0 20 * * *"`,
		"0 20 * * * x y":     `has 7 fields where a rule has five: write minute, hour, day of month, month and day of week, such as "0 20 * * *" for every day at 20:00`,
		"20:05":              `is a time of day and no rule: write "5 20 * * *" for every day at that time`,
		"2026-12-31 20:00":   `is a date and time and no rule: write the key at in place of cron`,
		"60 20 * * *":        `has "60" in its minute: write a number from 0 to 59`,
		"0 24 * * *":         `has "24" in its hour: write a number from 0 to 23, and midnight is 0`,
		"0 20 0 * *":         `has "0" in its day of month: write a number from 1 to 31`,
		"0 20 L * *":         `has "L" in its day of month: write a number from 1 to 31`,
		"0 20 * 13 *":        `has "13" in its month: write a number from 1 to 12 or a name from jan to dec`,
		"0 20 * * 7":         `has "7" in its day of week: write a number from 0 to 6 or a name from sun to sat, and Sunday is 0 or sun`,
		"0 20 * * Monday":    `has "Monday" in its day of week: write mon`,
		"0 20 * july *":      `has "july" in its month: write jul`,
		"0 22-2 * * *":       `has "22-2" in its hour, which runs backwards: write "22-23,0-2"`,
		"0 20 * * fri-sun":   `has "fri-sun" in its day of week, which runs backwards: write "fri-sat,sun"`,
		"0 22-2/2 * * *":     `has "22-2" in its hour, which runs backwards: write its numbers one by one, with commas`,
		"*/90 * * * *":       `has the step "90" in its minute: write a whole number from 1 to 59 after the /`,
		"*/0 * * * *":        `has the step "0" in its minute: write a whole number from 1 to 59 after the /`,
		"*/1/2 * * * *":      `has the step "1/2" in its minute: write a whole number from 1 to 59 after the /`,
		"1,,2 * * * *":       `has a comma with nothing beside it in its minute: remove the comma`,
		"*-5 * * * *":        `has "*-5" in its minute, which is no range: write * alone, or a range such as 0-59`,
		"1-2-3 * * * *":      `has "2-3" in its minute: write a number from 0 to 59`,
		"+5 * * * *":         `has "+5" in its minute: write a number from 0 to 59`,
		"٥ * * * *":          `has "٥" in its minute: write a number from 0 to 59`,
		"0 0 30 2 *":         `never comes, as no such day is in the calendar: write a day that the month has`,
		"0 0 31 4,6,9,nov *": `never comes, as no such day is in the calendar: write a day that the month has`,
	} {
		_, err := ParseCron(text)
		require.EqualError(t, err, want, "%q", text)
	}
}
