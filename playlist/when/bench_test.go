package when

import (
	"testing"
	"time"
)

// A rehearsal of a month asks for 100,000 starts and more.
func BenchmarkNext(b *testing.B) {
	for name, text := range map[string]string{
		"daily":       "0 20 * * *",
		"weekdays":    "30 6,12,18 * * 1-5",
		"quarters":    "*/15 * * * *",
		"a leap day":  "0 0 29 2 *",
		"29 Feb, any": "0 * 29 2 *",
	} {
		b.Run(name, func(b *testing.B) {
			c, zone := rule(b, text), in(b, "Europe/Berlin")
			x := at(b, "2026-03-28 12:00 +0100", zone)
			first := x
			b.ReportAllocs()
			for b.Loop() {
				if x = c.Next(x, zone); x.Year() > 2090 {
					x = first
				}
			}
		})
	}
}

func BenchmarkAfter(b *testing.B) {
	c, err := ParseClock("23:00")
	if err != nil {
		b.Fatal(err)
	}
	zone := in(b, "Europe/Berlin")
	x := at(b, "2026-03-28 12:00 +0100", zone)
	b.ReportAllocs()
	for b.Loop() {
		if x = c.After(x, zone); x.Year() > 2090 {
			x = x.AddDate(-60, 0, 0)
		}
	}
}

func TestAskingAllocatesNothing(t *testing.T) {
	zone := in(t, "Europe/Berlin")
	x := time.Date(2026, 10, 25, 0, 10, 0, 0, time.UTC)
	fixed, each := rule(t, "30 2 * * *"), rule(t, "*/15 * * * *")
	clock, _ := ParseClock("02:30")
	moment, _ := ParseMoment("2026-10-25 02:30")
	if n := testing.AllocsPerRun(100, func() {
		fixed.Next(x, zone)
		each.Next(x, zone)
		clock.After(x, zone)
		moment.In(zone)
	}); n != 0 {
		t.Fatalf("%v allocations", n)
	}
}
