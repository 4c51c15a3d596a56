package when

import (
	"math/bits"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// Cron is a rule of starts: five fields, or a form such as @daily.
type Cron struct {
	text                         string
	minutes, hours               uint64 // bit n: the n-th of the day or hour
	days, months                 uint64 // bit n: the n-th of the month or year, from 1
	weekdays                     uint64 // bit n: 0 is Sunday
	anyDay, anyWeekday, realTime bool   // realTime: the hour is *, a range or has a step
}

// star is the bit by which the cron package marks a field that is *.
const star = 1 << 63

var parser = cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow | cron.Descriptor)

// ParseCron reads a rule: minute, hour, day of month, month and day of week, or
// @hourly, @daily, @weekly, @monthly, @yearly. The error is the end of a
// sentence that begins with the rule, and says what to write instead.
func ParseCron(text string) (Cron, error) {
	if err := complain(text); err != nil {
		return Cron{}, err
	}
	parsed, err := parser.Parse(strings.TrimSpace(text))
	if err != nil {
		return Cron{}, errRule // not met: complain knows the same grammar
	}
	spec, ok := parsed.(*cron.SpecSchedule)
	if !ok {
		return Cron{}, errRule
	}
	c := Cron{
		text:    text,
		minutes: spec.Minute &^ star, hours: spec.Hour &^ star,
		days: spec.Dom &^ star, months: spec.Month &^ star, weekdays: spec.Dow &^ star,
		anyDay: spec.Dom&star != 0, anyWeekday: spec.Dow&star != 0,
		realTime: spec.Hour&star != 0,
	}
	if fields := strings.Fields(text); len(fields) == 5 {
		c.realTime = strings.Trim(fields[1], "0123456789,") != ""
	}
	if c.from(0) == never {
		return Cron{}, errNever
	}
	return c, nil
}

// Next is the first start after t in the zone; the zero time: there is none.
//
// A rule whose hours are plain numbers means times of the day, each once: one
// that the clocks skip comes at the first instant after the gap, one that they
// show twice comes the first time only. Any other rule means every minute in
// which the clocks show what it says: what is skipped does not come, and what is
// shown twice comes twice.
func (c Cron) Next(t time.Time, zone *time.Location) time.Time {
	return instant(first(t.Unix(), zone, sense{caught: !c.realTime, once: !c.realTime}, c.from), zone)
}

// String is the rule as written.
func (c Cron) String() string { return c.text }

// from is the first reading that the rule means, r itself or a later one.
func (c *Cron) from(r reading) reading {
	r += mod(-r, minute)
	at := time.Unix(r, 0).UTC()
	y, m, d := at.Date()
	if y >= 1 && y <= lastYear && c.daysOf(y, m)>>d&1 != 0 {
		if s := c.since(at.Hour(), at.Minute()); s < day {
			return r - mod(r, day) + s
		}
	}
	if y, m, d = c.dayAfter(y, m, d); d == 0 {
		return never
	}
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() + c.since(0, 0)
}

// since is the first time of day that the rule means, h:m or later, in seconds
// since midnight; a day where there is none.
func (c *Cron) since(h, m int) int64 {
	if c.hours>>h&1 != 0 {
		if rest := c.minutes >> m; rest != 0 {
			return int64(h)*hour + int64(m+bits.TrailingZeros64(rest))*minute
		}
	}
	rest := c.hours >> (h + 1)
	if rest == 0 {
		return day
	}
	return int64(h+1+bits.TrailingZeros64(rest))*hour + int64(bits.TrailingZeros64(c.minutes))*minute
}

// dayAfter is the first day after this one that the rule means; day 0: none.
func (c *Cron) dayAfter(y int, m time.Month, d int) (int, time.Month, int) {
	// Nothing is rarer than 29 February, and that comes after eight years at most.
	for end := min(y+8, lastYear); y <= end; y++ {
		for ; m <= time.December; m++ {
			if rest := c.daysOf(y, m) >> (d + 1); rest != 0 {
				return y, m, d + 1 + bits.TrailingZeros64(rest)
			}
			d = 0
		}
		m = time.January
	}
	return 0, 0, 0
}

// daysOf are the days of a month that the rule means, bit n for the n-th. Where
// both day fields say something, either will do.
func (c *Cron) daysOf(y int, m time.Month) uint64 {
	if c.months>>m&1 == 0 {
		return 0
	}
	all := uint64(1)<<(daysIn(y, m)+1) - 2
	if c.anyWeekday {
		return c.days & all
	}
	const weeks = 1 | 1<<7 | 1<<14 | 1<<21 | 1<<28 | 1<<35
	first := time.Date(y, m, 1, 0, 0, 0, 0, time.UTC).Weekday()
	byWeekday := c.weekdays * weeks >> first << 1 // the 1st is such a weekday
	if c.anyDay {
		return byWeekday & c.days & all
	}
	return (byWeekday | c.days) & all
}

func daysIn(y int, m time.Month) int {
	return time.Date(y, m+1, 0, 0, 0, 0, 0, time.UTC).Day()
}
