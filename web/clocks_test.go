package web

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestClocksAround(t *testing.T) {
	now := time.Date(2026, 10, 1, 12, 0, 0, 5, time.UTC)
	from, to := now.Add(-clocksBack).Truncate(time.Second), now.Add(clocksAhead).Truncate(time.Second)
	back := time.Date(2026, 10, 25, 1, 0, 0, 0, time.UTC)

	require.Equal(t, []clockSpan{{from, back, 7200, "CEST"}, {back, to, 3600, "CET"}}, clocksAround(zoneOf("Europe/Berlin"), now))
	require.Equal(t, []clockSpan{{from, to, 0, "UTC"}}, clocksAround(time.UTC, now))
	require.Empty(t, clocksAround(zoneOf(""), now))
	require.Empty(t, clocksAround(zoneOf("Europe/Nowhere"), now))
}

// TestClocksAreTheEngines holds the spans to what times in answers carry.
func TestClocksAreTheEngines(t *testing.T) {
	for _, name := range []string{"Europe/Berlin", "Africa/Casablanca", "Australia/Lord_Howe", "America/St_Johns", "Asia/Kathmandu"} {
		zone := zoneOf(name)
		for month := range 12 {
			now := time.Date(2026, time.Month(1+month), 10, 7, 0, 0, 0, time.UTC)
			at := now.Add(-clocksBack)
			for _, s := range clocksAround(zone, now) {
				require.Equal(t, at, s.From, "no gap")
				for at = s.From; at.Before(s.To); at = at.Add(30 * time.Minute) {
					text, offset := at.In(zone).Zone()
					require.Equal(t, text, s.Abbreviation, "%s %s", name, at)
					require.Equal(t, offset, s.OffsetS, "%s %s", name, at)
				}
				at = s.To
			}
			require.Equal(t, now.Add(clocksAhead), at, name)
		}
	}
}

func TestPageTellsTheClocks(t *testing.T) {
	var page struct{ Clocks []clockSpan }
	require.NoError(t, json.Unmarshal([]byte(ask(t, "GET", serve(t, Config{Zone: "Africa/Casablanca"}, onAir())+"/api/v1/page").body), &page))
	require.NotEmpty(t, page.Clocks)
	require.WithinDuration(t, time.Now().Add(-clocksBack), page.Clocks[0].From, time.Minute)
	require.WithinDuration(t, time.Now().Add(clocksAhead), page.Clocks[len(page.Clocks)-1].To, time.Minute)
}
