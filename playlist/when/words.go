package when

import (
	"fmt"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"time"
)

// longest is how many letters words may have before the rule itself is shorter.
const longest = 72

// Words is the rule for people: "every weekday at 20:00"; where that would be
// long, the rule as written.
func (c Cron) Words() string {
	days, times := c.dayWords(), c.timeWords()
	switch {
	case days == "" || times == "":
		return c.text
	case strings.HasPrefix(times, "at "):
		days += " " + times
	case days == "every day" && !strings.Contains(times, "from"):
		days = times
	default:
		days += ", " + times
	}
	if len(days) > longest {
		return c.text
	}
	return days
}

// timeWords says at which times of its days the rule comes.
func (c Cron) timeWords() string {
	hours, minutes := numbers(c.hours), numbers(c.minutes)
	every := interval(minutes, 60)
	switch n := len(hours) * len(minutes); {
	case n == 0:
		return ""
	case n <= 4:
		var times []string
		for _, h := range hours {
			for _, m := range minutes {
				times = append(times, fmt.Sprintf("%02d:%02d", h, m))
			}
		}
		return "at " + and(times)
	case len(minutes) == 1:
		return hourWords(hours, minutes[0])
	case every == 0 || steps(hours) != 1:
		return ""
	}
	words := "every minute"
	if every > 1 {
		words = fmt.Sprintf("every %d minutes", every)
	}
	switch {
	case len(hours) < 24:
		return words + fmt.Sprintf(" from %02d:%02d to %02d:%02d", hours[0], minutes[0], hours[len(hours)-1], minutes[len(minutes)-1])
	case minutes[0] > 0:
		return words + fmt.Sprintf(" from %d past", minutes[0])
	}
	return words
}

// hourWords says at which of many hours the rule comes, at the minute.
func hourWords(hours []int, minute int) string {
	every := steps(hours)
	if every == 0 {
		return ""
	}
	words := "every hour"
	if every > 1 {
		words = fmt.Sprintf("every %d hours", every)
	}
	from := fmt.Sprintf(" from %02d:%02d", hours[0], minute)
	switch {
	case interval(hours, 24) == 0:
		return words + from + fmt.Sprintf(" to %02d:%02d", hours[len(hours)-1], minute)
	case hours[0] > 0:
		return words + from
	case minute > 0:
		return words + fmt.Sprintf(" at %d past", minute)
	}
	return words
}

// steps is by how much each number differs from the one before; 0 where it is
// not always the same.
func steps(of []int) int {
	if len(of) < 2 {
		return 0
	}
	step := of[1] - of[0]
	for i, n := range of {
		if n != of[0]+i*step {
			return 0
		}
	}
	return step
}

// interval is steps, where they go on evenly from one round to the next.
func interval(of []int, round int) int {
	if step := steps(of); step*len(of) == round {
		return step
	}
	return 0
}

// dayWords says on which days the rule comes.
func (c Cron) dayWords() string {
	byDate, byWeekday := c.days != allDays, c.weekdays != allWeekdays
	if !c.anyDay && !c.anyWeekday { // either will do
		if byDate && byWeekday && c.months == allMonths {
			return c.dateWords() + " and " + c.weekdayWords()
		}
		if byDate && byWeekday {
			return ""
		}
		byDate, byWeekday = false, false
	}
	weekdays := "every day"
	if byWeekday {
		weekdays = c.weekdayWords()
	}
	switch {
	case byDate:
		return c.dateWords()
	case c.months != allMonths:
		return weekdays + " in " + c.monthWords()
	}
	return weekdays
}

const (
	allDays     = 1<<32 - 2
	allMonths   = 1<<13 - 2
	allWeekdays = 1<<7 - 1
)

func (c Cron) dateWords() string {
	var days []string
	for _, n := range numbers(c.days) {
		days = append(days, ordinal(n))
	}
	if c.months == allMonths {
		return "on the " + and(days) + " of every month"
	}
	if bits.OnesCount64(c.days) == 1 && bits.OnesCount64(c.months) == 1 {
		return fmt.Sprintf("on %d %s", numbers(c.days)[0], c.monthWords())
	}
	return "on the " + and(days) + " of " + c.monthWords()
}

func (c Cron) monthWords() string {
	var months []string
	for _, n := range numbers(c.months) {
		months = append(months, time.Month(n).String())
	}
	return and(months)
}

func (c Cron) weekdayWords() string {
	const workdays, weekend = 0b0111110, 0b1000001
	switch c.weekdays {
	case workdays:
		return "every weekday"
	case weekend:
		return "every Saturday and Sunday"
	}
	var days []string
	for _, n := range numbers(c.weekdays) {
		days = append(days, time.Weekday(n).String())
	}
	if days[0] == "Sunday" { // the week begins on Monday
		days = append(days[1:], "Sunday")
	}
	return "every " + and(days)
}

// numbers are the set bits, from the lowest.
func numbers(set uint64) []int {
	var of []int
	for ; set != 0; set &= set - 1 {
		of = append(of, bits.TrailingZeros64(set))
	}
	return of
}

// and lists words as people do.
func and(words []string) string {
	words = slices.Clone(words)
	if n := len(words); n > 1 {
		words = append(words[:n-2], words[n-2]+" and "+words[n-1])
	}
	return strings.Join(words, ", ")
}

func ordinal(n int) string {
	ending := "th"
	if n/10 != 1 {
		switch n % 10 {
		case 1:
			ending = "st"
		case 2:
			ending = "nd"
		case 3:
			ending = "rd"
		}
	}
	return strconv.Itoa(n) + ending
}
