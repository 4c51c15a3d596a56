package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestParsePoint(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	now := time.Date(2026, 11, 30, 16, 4, 5, 600, zone)
	for text, want := range map[string]string{
		"now":                       "2026-11-30T16:04:05+01:00",
		"today":                     "2026-11-30T00:00:00+01:00",
		"tomorrow":                  "2026-12-01T00:00:00+01:00",
		"Tomorrow 06:30":            "2026-12-01T06:30:00+01:00",
		"yesterday 23:59:59":        "2026-11-29T23:59:59+01:00",
		"20:00":                     "2026-11-30T20:00:00+01:00",
		"20:00:10":                  "2026-11-30T20:00:10+01:00",
		"2026-07-01":                "2026-07-01T00:00:00+02:00",
		"2026-07-01 20:00":          "2026-07-01T20:00:00+02:00",
		"2026-07-01T20:00:01":       "2026-07-01T20:00:01+02:00",
		"2026-07-01T20:00:00Z":      "2026-07-01T22:00:00+02:00",
		"2026-07-01t20:00:00+05:00": "2026-07-01T17:00:00+02:00",
		"2026-03-29 02:30":          "2026-03-29T03:00:00+02:00", // the clocks skip it
		"2026-10-25 02:30":          "2026-10-25T02:30:00+02:00", // they show it twice
		"-24h":                      "2026-11-29T16:04:05+01:00",
		"+1d2h":                     "2026-12-01T18:04:05+01:00",
	} {
		got, err := parsePoint(text, now, zone)
		require.NoError(t, err, text)
		require.Equal(t, want, got.Format(time.RFC3339), text)
	}
	for _, bad := range []string{"", "soon", "25:00", "2026-13-01", "2026-02-30 10:00", "20", "tomorrow at six", "-x", "12:00 tomorrow"} {
		_, err := parsePoint(bad, now, zone)
		require.Error(t, err, bad)
	}
}
