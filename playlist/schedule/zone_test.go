package schedule

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/playlist"
)

// Rows 3 and the calendar: what airs on the nights when clocks change, on leap
// days and at the year's end. Times are the zone's, those of a run's beginning and
// of the base's going on after it.
func TestNightsAndDays(t *testing.T) {
	for _, c := range []struct {
		name, zone, from string // UTC
		span             time.Duration
		rule             string
		want             string
	}{
		{"Berlin, spring: the skipped 02:30 is the first instant after", "Europe/Berlin", "2026-03-29T00:00:00Z", 3 * time.Hour,
			`cron: "30 2 * * *", duration: 10m`, "x 03:00 +0200, a 03:10 +0200"},
		{"Berlin, spring: until the skipped 02:30", "Europe/Berlin", "2026-03-29T00:00:00Z", 3 * time.Hour,
			`cron: "30 1 * * *", until: "02:30"`, "x 01:30 +0100, a 03:00 +0200"},
		{"Berlin, spring: every hour is every real hour", "Europe/Berlin", "2026-03-29T00:00:00Z", 3 * time.Hour,
			`cron: "30 * * * *", duration: 10m`, "x 01:30 +0100, a 01:40 +0100, x 03:30 +0200, a 03:40 +0200, x 04:30 +0200, a 04:40 +0200"},
		{"Berlin, autumn: the doubled 02:30 airs once, the first time", "Europe/Berlin", "2026-10-24T23:00:00Z", 4 * time.Hour,
			`cron: "30 2 * * *", duration: 10m`, "x 02:30 +0200, a 02:40 +0200"},
		{"Berlin, autumn: every hour is every real hour", "Europe/Berlin", "2026-10-25T00:00:00Z", 2 * time.Hour,
			`cron: "30 * * * *", duration: 10m`, "x 02:30 +0200, a 02:40 +0200, x 02:30 +0100, a 02:40 +0100"},
		{"Berlin, autumn: until the doubled 02:15, the first", "Europe/Berlin", "2026-10-24T23:00:00Z", 4 * time.Hour,
			`cron: "45 1 * * *", until: "02:15"`, "x 01:45 +0200, a 02:15 +0200"},
		{"Berlin, autumn: duration is elapsed time", "Europe/Berlin", "2026-10-24T23:00:00Z", 4 * time.Hour,
			`cron: "30 1 * * *", duration: 2h`, "x 01:30 +0200, a 02:30 +0100"},
		{"New York, spring", "America/New_York", "2026-03-08T06:00:00Z", 3 * time.Hour,
			`cron: "30 2 * * *", duration: 10m`, "x 03:00 -0400, a 03:10 -0400"},
		{"New York, autumn", "America/New_York", "2026-11-01T04:00:00Z", 4 * time.Hour,
			`cron: "30 1 * * *", duration: 10m`, "x 01:30 -0400, a 01:40 -0400"},
		{"Lord Howe, spring, half an hour", "Australia/Lord_Howe", "2026-10-03T15:00:00Z", 2 * time.Hour,
			`cron: "15 2 * * *", duration: 10m`, "x 02:30 +1100, a 02:40 +1100"},
		{"Lord Howe, autumn, half an hour", "Australia/Lord_Howe", "2026-04-04T14:00:00Z", 3 * time.Hour,
			`cron: "45 1 * * *", duration: 10m`, "x 01:45 +1100, a 01:55 +1100"},
		{"Lord Howe, autumn, every real one", "Australia/Lord_Howe", "2026-04-04T14:00:00Z", 2 * time.Hour,
			`cron: "45 * * * *", duration: 10m`, "x 01:45 +1100, a 01:55 +1100, x 01:45 +1030, a 01:55 +1030"},
		{"no summer time", "Asia/Tokyo", "2026-03-28T15:00:00Z", 24 * time.Hour,
			`cron: "30 2 * * *", duration: 10m`, "x 02:30 +0900, a 02:40 +0900"},
		{"leap day", "UTC", "2028-02-28T23:00:00Z", 2 * time.Hour,
			`cron: "30 0 29 2 *", duration: 10m`, "x 00:30 +0000, a 00:40 +0000"},
		{"no leap day: not at all", "UTC", "2027-02-28T23:00:00Z", 48 * time.Hour,
			`cron: "30 0 29 2 *", duration: 10m`, ""},
		{"over the year's end", "Europe/Berlin", "2026-12-31T22:00:00Z", 3 * time.Hour,
			`at: "2026-12-31 23:59:50", until: "00:00:10"`, "x 23:59:50 +0100, a 00:00:10 +0100"},
	} {
		t.Run(c.name, func(t *testing.T) {
			zone, err := time.LoadLocation(c.zone)
			require.NoError(t, err)
			zero, err := time.Parse(time.RFC3339, c.from)
			require.NoError(t, err)
			p, ps := New(Inputs{
				Base: "main.yml", Lists: files(t, "main: a", "x: x7 | {"+c.rule+"} | loop: true"),
				Grid: pal, Ticks: lengths(pal), Zone: zone,
			})
			require.NoError(t, ps.Err())
			var got []string
			last := "a"
			for s := range p.Walk(context.Background(), playlist.Entry{}, Ended, 0, pal.Ticks(c.span), Clock{zero}) {
				if now := s.Item.Source[:1]; now != last {
					last = now
					at := zero.Add(pal.Due(s.Start)).In(zone)
					got = append(got, now+" "+strings.Replace(at.Format("15:04:05 -0700"), ":00 ", " ", 1))
				}
			}
			require.Equal(t, c.want, strings.Join(got, ", "))
		})
	}
}
