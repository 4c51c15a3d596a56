package when

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

const fiveFields = `minute, hour, day of month, month and day of week, such as "0 20 * * *" for every day at 20:00`

var (
	errRule  = errors.New("is no rule: write " + fiveFields)
	errNever = errors.New("never comes, as no such day is in the calendar: write a day that the month has")
)

// field is one of a rule's five.
type field struct {
	name     string
	min, max int
	names    []string // for min and on
	hint     string   // what else to know about its numbers
}

var fields = [5]field{
	{name: "minute", max: 59},
	{name: "hour", max: 23, hint: ", and midnight is 0"},
	{name: "day of month", min: 1, max: 31},
	{name: "month", min: 1, max: 12, names: []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}},
	{name: "day of week", max: 6, names: []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}, hint: ", and Sunday is 0 or sun"},
}

// complain says what is wrong with a rule. What it passes, the cron package
// reads as people expect; that would let some slips pass, and tells of others
// without saying what to write.
func complain(text string) error {
	written := strings.Fields(text)
	if len(written) == 0 {
		return errRule
	}
	if first := strings.ToUpper(written[0]); strings.HasPrefix(first, "TZ=") || strings.HasPrefix(first, "CRON_TZ=") {
		return errors.New("names a time zone: remove that part, as rules are read in the channel's timezone")
	}
	if strings.HasPrefix(written[0], "@") {
		return complainForm(written)
	}
	if len(written) != len(fields) {
		return complainCount(written)
	}
	for i, f := range fields {
		if err := f.complain(written[i]); err != nil {
			return err
		}
	}
	return nil
}

var forms = []string{"@hourly", "@daily", "@midnight", "@weekly", "@monthly", "@yearly", "@annually"}

func complainForm(written []string) error {
	form := strings.ToLower(written[0])
	switch known := slices.Contains(forms, form); {
	case form == "@every":
		return fmt.Errorf("counts from no fixed time, so nobody could say when it airs: write %s", every(written[1:]))
	case form == "@reboot":
		return errors.New(`has no time, so nobody could say when it airs: write a time such as "0 20 * * *" for every day at 20:00`)
	case !known:
		return errors.New("is no form of a rule: write @hourly, @daily, @weekly, @monthly or @yearly, or five fields such as \"0 20 * * *\"")
	case len(written) > 1:
		return fmt.Errorf("has something behind %s: write %s alone, or five fields such as \"0 20 * * *\"", form, form)
	case written[0] != form:
		return fmt.Errorf("has capital letters: write %s", form)
	}
	return nil
}

// every is the rule for an @every, where there is one that means the same.
func every(written []string) string {
	if len(written) == 1 {
		d, err := time.ParseDuration(written[0])
		switch m, h := int(d/time.Minute), int(d/time.Hour); {
		case err != nil || d <= 0:
		case d == 24*time.Hour:
			return `"0 0 * * *", for every day at midnight`
		case d == time.Hour:
			return `"0 * * * *", for every full hour`
		case d == time.Duration(h)*time.Hour && h < 24 && 24%h == 0:
			return fmt.Sprintf("\"0 */%d * * *\", for every %d hours from midnight", h, h)
		case d == time.Duration(m)*time.Minute && m < 60 && 60%m == 0:
			return fmt.Sprintf("\"*/%d * * * *\", for every %d minutes of the hour", m, m)
		}
	}
	return `a step such as "*/15 * * * *", for every 15 minutes of the hour`
}

func complainCount(written []string) error {
	text := strings.Join(written, " ")
	if len(written) == 1 {
		if c, err := ParseClock(text); err == nil {
			return fmt.Errorf("is a time of day and no rule: write \"%d %d * * *\" for every day at that time", c.at/minute%60, c.at/hour)
		}
	}
	if _, err := ParseMoment(text); err == nil {
		return errors.New("is a date and time and no rule: write the key at in place of cron")
	}
	if len(written) == 6 {
		if _, err := ParseCron(strings.Join(written[1:], " ")); err == nil {
			return fmt.Errorf("has six fields, as with seconds: rules know whole minutes, so write %q", strings.Join(written[1:], " "))
		}
	}
	if len(written) == 1 {
		return errRule
	}
	return fmt.Errorf("has %d fields where a rule has five: write %s", len(written), fiveFields)
}

func (f field) complain(text string) error {
	for part := range strings.SplitSeq(text, ",") {
		if err := f.part(part); err != nil {
			return err
		}
	}
	return nil
}

// part looks at one part of a list: a number, a range, or * , with a step or not.
func (f field) part(text string) error {
	span, step, stepped := strings.Cut(text, "/")
	from, to, ranged := strings.Cut(span, "-")
	if text == "" {
		return fmt.Errorf("has a comma with nothing beside it in its %s: remove the comma", f.name)
	}
	if stepped {
		if n, ok := whole(step); !ok || n < 1 || n > f.max {
			return fmt.Errorf("has the step %s in its %s: write a whole number from 1 to %d after the /", quote(step), f.name, f.max)
		}
	}
	if from == "*" || from == "?" {
		if ranged {
			return fmt.Errorf("has %s in its %s, which is no range: write * alone, or a range such as %d-%d", quote(span), f.name, f.min, f.max)
		}
		return nil
	}
	low, err := f.value(from)
	if err != nil || !ranged {
		return err
	}
	high, err := f.value(to)
	if err != nil {
		return err
	}
	if low > high {
		return fmt.Errorf("has %s in its %s, which runs backwards: write %s", quote(span), f.name, f.around(low, high, stepped))
	}
	return nil
}

// around is a range over the end of the day, week or year as two of them.
func (f field) around(low, high int, stepped bool) string {
	if stepped {
		return "its numbers one by one, with commas"
	}
	span := func(a, b int) string {
		if a == b {
			return f.show(a)
		}
		return f.show(a) + "-" + f.show(b)
	}
	return strconv.Quote(span(low, f.max) + "," + span(f.min, high))
}

func (f field) show(n int) string {
	if f.names != nil {
		return f.names[n-f.min]
	}
	return strconv.Itoa(n)
}

// value is a number or a name of the field.
func (f field) value(text string) (int, error) {
	lower := strings.ToLower(text)
	if i := slices.Index(f.names, lower); i >= 0 {
		return f.min + i, nil
	}
	n, ok := whole(text)
	if ok && n >= f.min && n <= f.max {
		return n, nil
	}
	names := ""
	if f.names != nil {
		names = fmt.Sprintf(" or a name from %s to %s", f.names[0], f.names[len(f.names)-1])
	}
	for _, name := range f.names {
		if strings.HasPrefix(lower, name) { // monday, january
			return 0, fmt.Errorf("has %s in its %s: write %s", quote(text), f.name, name)
		}
	}
	return 0, fmt.Errorf("has %s in its %s: write a number from %d to %d%s%s", quote(text), f.name, f.min, f.max, names, f.hint)
}

// whole is a number of plain digits.
func whole(text string) (int, bool) {
	if text == "" || len(text) > 4 || strings.ContainsFunc(text, func(r rune) bool { return r > unicode.MaxASCII || !unicode.IsDigit(r) }) {
		return 0, false
	}
	n, err := strconv.Atoi(text)
	return n, err == nil
}
