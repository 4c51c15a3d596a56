package when

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// ways is a rule in words of its own: which numbers each field means.
type ways struct {
	text                   string
	minute, hour           map[int]bool
	day, month, weekday    map[int]bool
	anyDay, anyWeek, fixed bool
}

// drawField draws a field as text and the numbers it means.
func drawField(t *rapid.T, f field) (text string, means map[int]bool, star, plain bool) {
	means, plain = map[int]bool{}, true
	var parts []string
	for range rapid.IntRange(1, 3).Draw(t, f.name+" parts") {
		a := rapid.IntRange(f.min, f.max).Draw(t, f.name)
		b := rapid.IntRange(a, f.max).Draw(t, f.name+" to")
		step := rapid.IntRange(1, f.max).Draw(t, f.name+" step")
		part := fmt.Sprint(a)
		switch rapid.SampledFrom([]string{"number", "number", "range", "range/step", "*/step", "*", "number/step"}).Draw(t, f.name+" kind") {
		case "number":
			b, step = a, 1
		case "range":
			part, step, plain = fmt.Sprintf("%d-%d", a, b), 1, false
		case "range/step":
			part, plain = fmt.Sprintf("%d-%d/%d", a, b, step), false
		case "*/step":
			part, plain, star, a, b = fmt.Sprintf("*/%d", step), false, star || step == 1, f.min, f.max
		case "*":
			part, plain, star, a, b, step = "*", false, true, f.min, f.max, 1
		case "number/step":
			part, plain, b = fmt.Sprintf("%d/%d", a, step), false, f.max
		}
		for n := a; n <= b; n += step {
			means[n] = true
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ","), means, star, plain
}

func drawRule(t *rapid.T) ways {
	var w ways
	var text [5]string
	text[0], w.minute, _, _ = drawField(t, fields[0])
	text[1], w.hour, _, w.fixed = drawField(t, fields[1])
	text[2], w.day, w.anyDay, _ = drawField(t, fields[2])
	text[3], w.month, _, _ = drawField(t, fields[3])
	text[4], w.weekday, w.anyWeek, _ = drawField(t, fields[4])
	for i := 2; i < 5; i++ { // most rules are for many days, or nothing would be seen
		if rapid.IntRange(0, 3).Draw(t, "every day") > 0 {
			text[i] = "*"
			all := map[int]bool{}
			for n := fields[i].min; n <= fields[i].max; n++ {
				all[n] = true
			}
			switch i {
			case 2:
				w.day, w.anyDay = all, true
			case 3:
				w.month = all
			case 4:
				w.weekday, w.anyWeek = all, true
			}
		}
	}
	w.text = strings.Join(text[:], " ")
	return w
}

// matches reports whether the rule means this reading of a wall clock.
func (w ways) matches(r time.Time) bool {
	if r.Second() != 0 || !w.minute[r.Minute()] || !w.hour[r.Hour()] || !w.month[int(r.Month())] {
		return false
	}
	day, weekday := w.day[r.Day()], w.weekday[int(r.Weekday())]
	if w.anyDay || w.anyWeek {
		return day && weekday
	}
	return day || weekday
}

// wall is what the zone's clocks show, as a time in UTC.
func wall(x time.Time, zone *time.Location) time.Time {
	_, offset := x.In(zone).Zone()
	return x.UTC().Add(time.Duration(offset) * time.Second)
}

// drawInstant draws a zone and an instant, most often near a change of its clocks.
func drawInstant(t *rapid.T) (time.Time, *time.Location) {
	zone, err := time.LoadLocation(rapid.SampledFrom([]string{
		"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "America/Santiago",
		"Africa/Cairo", "Pacific/Apia", "America/Sao_Paulo", "Europe/Dublin", "Africa/Casablanca",
		"America/Havana", "Asia/Kathmandu", "Antarctica/Troll", "America/Nuuk", "Pacific/Kwajalein", "UTC",
	}).Draw(t, "zone"))
	if err != nil {
		t.Fatal(err)
	}
	year := rapid.IntRange(1975, 2110).Draw(t, "year")
	x := time.Date(year, 1, 1, 0, 0, rapid.IntRange(0, 366*day).Draw(t, "second"), 0, time.UTC)
	if year == 2011 {
		x = time.Date(2011, 12, 30, 10, 0, 0, 0, time.UTC) // as Apia lost a day
	}
	if rapid.Bool().Draw(t, "near a change") {
		if _, to := x.In(zone).ZoneBounds(); !to.IsZero() {
			x = to.Add(time.Duration(rapid.IntRange(-30*hour, 30*hour).Draw(t, "off it")) * time.Second)
		}
	}
	return x.In(zone), zone
}

// seen is how far the oracles look, minute by minute.
const seen = 3 * 24 * time.Hour

// oracle is what Next must say, by watching the clock on the wall; zero where
// nothing comes while it is watched.
func (w ways) oracle(after time.Time, zone *time.Location) time.Time {
	x := after.Truncate(time.Minute)
	latest := time.Time{} // the latest reading that was ever seen on the wall
	if w.fixed {
		for y := x.Add(-2 * 24 * time.Hour); !y.After(x); y = y.Add(time.Minute) {
			if r := wall(y, zone); r.After(latest) {
				latest = r
			}
		}
	}
	for x = x.Add(time.Minute); x.Before(after.Add(seen)); x = x.Add(time.Minute) {
		r := wall(x, zone)
		if !w.fixed && w.matches(r) {
			return x
		}
		for w.fixed && r.After(latest) {
			latest = latest.Add(time.Minute)
			if w.matches(latest) {
				return x
			}
		}
	}
	return time.Time{}
}

func TestNextAgreesWithTheClockOnTheWall(t *testing.T) {
	came := 0
	rapid.Check(t, func(t *rapid.T) {
		w := drawRule(t)
		after, zone := drawInstant(t)
		c, err := ParseCron(w.text)
		if errors.Is(err, errNever) {
			t.Skip("never comes")
		}
		if err != nil {
			t.Fatal(err)
		}
		got, want := c.Next(after, zone), w.oracle(after, zone)
		if !want.IsZero() && !got.Equal(want) || want.IsZero() && !got.IsZero() && got.Before(after.Add(seen)) {
			t.Fatalf("%s in %s after %s: %s instead of %s", w.text, zone, after, got, want)
		}
		if !want.IsZero() {
			came++
		}
		if !got.After(after) || got.Location() != zone {
			t.Fatalf("%s is not after %s", got, after)
		}
		// Later asked is not earlier answered, and nothing lies between.
		later := after.Add(time.Duration(rapid.Int64Range(0, int64(got.Sub(after))-1).Draw(t, "later")))
		if again := c.Next(later, zone); !again.Equal(got) {
			t.Fatalf("%s in %s: %s after %s, but %s after %s", w.text, zone, got, after, again, later)
		}
	})
	if came < 20 {
		t.Fatalf("only %d rules came while they were watched", came)
	}
}

func TestClocksAgreeWithTheClockOnTheWall(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		after, zone := drawInstant(t)
		minutes := rapid.IntRange(0, 24*60-1).Draw(t, "minutes")
		text := fmt.Sprintf("%02d:%02d", minutes/60, minutes%60)
		c, err := ParseClock(text)
		if err != nil {
			t.Fatal(err)
		}
		x := after.Truncate(time.Minute)
		before := wall(x, zone)
		for shows := false; !shows; {
			x = x.Add(time.Minute)
			r := wall(x, zone)
			shows = r.Format("15:04") == text
			for b := before.Add(time.Minute); b.Before(r); b = b.Add(time.Minute) { // skipped
				shows = shows || b.Format("15:04") == text
			}
			before = r
		}
		if got := c.After(after, zone); !got.Equal(x) {
			t.Fatalf("%s in %s after %s: %s instead of %s", text, zone, after, got, x)
		}
	})
}

func TestMomentsAgreeWithTheClockOnTheWall(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, zone := drawInstant(t)
		r := wall(x, zone).Truncate(time.Minute)
		m, err := ParseMoment(r.Format("2006-01-02 15:04"))
		if err != nil {
			t.Fatal(err)
		}
		want := r.Add(-52 * time.Hour)
		for wall(want, zone).Before(r) {
			want = want.Add(time.Minute)
		}
		if got := m.In(zone); !got.Equal(want) {
			t.Fatalf("%s in %s: %s instead of %s", m, zone, got, want)
		}
		if !wall(want, zone).Equal(r) {
			t.Fatalf("%s was on the wall", r)
		}
	})
}
