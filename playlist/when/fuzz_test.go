package when

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// answers is what is true of any refusal: it is the end of a sentence, on one
// line, and not too long for one.
func answers(t *testing.T, text string, err error) {
	if m := err.Error(); m == "" || strings.ContainsAny(m, "\n\r") || len(m) > 400 || strings.HasSuffix(m, ".") {
		t.Fatalf("%q: %q", text, m)
	}
}

func FuzzParseCron(f *testing.F) {
	for _, text := range []string{"0 20 * * *", "@daily", "*/15 8-18/2 1,15 jan-mar mon", "TZ=UTC 0 20 * * *", "0 0 29 2 *", "? 1-2-3 ,,", "@every 1h"} {
		f.Add(text, int64(1_800_000_000))
	}
	berlin := in(f, "Europe/Berlin")
	f.Fuzz(func(t *testing.T, text string, seconds int64) {
		c, err := ParseCron(text)
		if errors.Is(err, errRule) && len(strings.Fields(text)) == len(fields) {
			t.Fatalf("%q: refused without being told why", text)
		}
		if err != nil {
			answers(t, text, err)
			return
		}
		x := time.Unix(seconds%250_000_000_000, 0)
		next := c.Next(x, berlin)
		if !next.IsZero() && !next.After(x) || next.IsZero() && x.Year() > 0 && x.Year() < lastYear-10 {
			t.Fatalf("%q after %s: %s", text, x, next)
		}
		if c.String() != text || c.Words() == "" {
			t.Fatalf("%q: %q, %q", text, c, c.Words())
		}
	})
}

func FuzzParseMoment(f *testing.F) {
	for _, text := range []string{"2026-12-31 23:59:50", "2026-12-31T23:59+01:00", "31.12.2026 8pm", "2026-02-30", "2026-12-31 24:00"} {
		f.Add(text)
	}
	berlin := in(f, "Europe/Berlin")
	f.Fuzz(func(t *testing.T, text string) {
		m, err := ParseMoment(text)
		if err != nil {
			answers(t, text, err)
			return
		}
		x := m.In(berlin)
		if x.IsZero() || !m.fixed && wall(x, berlin).Unix() < m.at {
			t.Fatalf("%q: %s", text, x)
		}
	})
}

func FuzzParseClock(f *testing.F) {
	for _, text := range []string{"20:00", "20:00:30", "24:00", "8 pm", "20.00", "20:00:00.5", ":"} {
		f.Add(text)
	}
	berlin := in(f, "Europe/Berlin")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ParseClock(text)
		if err != nil {
			answers(t, text, err)
			return
		}
		x := time.Unix(1_800_000_000, 0)
		if next := c.After(x, berlin); !next.After(x) || next.After(x.Add(25*time.Hour)) || next.Second() != int(c.at%60) {
			t.Fatalf("%q: %s", text, next)
		}
	})
}
