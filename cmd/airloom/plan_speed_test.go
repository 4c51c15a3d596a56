package main_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/cmd/internal/airtest"
)

// A day, or a month where there is time, of items of 20 s under 20 scheduled
// playlists a day: rehearsed in no time, and as the schedule has it.
func TestPlan02RehearseIsQuick(t *testing.T) {
	t.Parallel()
	length, limit := 24*time.Hour, 5*time.Second
	if airtest.Soak() {
		length, limit = 720*time.Hour, 30*time.Second
	}
	clips := airtest.Clips(t, airtest.Plain1, airtest.Plain2, airtest.Plain3)
	ch := airtest.Prepare(t, airtest.Setup{Output: "rtmp://127.0.0.1:1/live/x", Lists: fullDays(), Media: mediaOf(clips...)})
	m := airtest.Watch()
	flags := []string{"--from", "2026-11-21T00:00:00.013Z", "--for", length.String()}
	ch.Schedule(append(flags[:3:3], "1m")...) // the media have been looked at
	rehearsed := ch.Rehearse(flags...)
	require.Zero(t, rehearsed.Said.Code, rehearsed.Said.Err)
	took := rehearsed.Said.Answered.Sub(rehearsed.Said.Asked)
	airtest.Judge(t, fmt.Sprintf("airloom rehearse --for %v: %d entries", length, len(rehearsed.Entries)), took, limit, m.Others())
	planned := ch.Schedule(flags...)
	requireRehearsed(t, planned, rehearsed.Entries)
	require.EqualValues(t, length/(40*time.Millisecond), rehearsed.Ticks)
	require.GreaterOrEqual(t, len(planned), int(length/(20*time.Second)))
	starts := 0
	for i, e := range planned {
		if e.Mode != "base" && e.Index == 0 && (i == 0 || planned[i-1].Playlist != e.Playlist) {
			starts++
		}
	}
	require.Equal(t, 20*int(length/(24*time.Hour)), starts)
	// As those say it who made the figures' case: all that airs is 20 s long, unless
	// the clock cuts it.
	var odd int
	for _, e := range planned {
		if e.Ticks != 500 {
			odd++
		}
	}
	require.LessOrEqual(t, odd, 3*starts+2)
}

// fullDays is an hour of base, round and round, and 20 playlists a day above it.
func fullDays() map[string]string {
	var b strings.Builder
	b.WriteString("items:\n")
	for i := range 180 {
		fmt.Fprintf(&b, "  - {source: plain%d.mp4, loop: true, duration: 20s, title: base %d}\n", i%2+1, i)
	}
	lists := map[string]string{"main.yml": b.String()}
	for i := range 20 {
		start := "hard"
		if i%3 == 1 {
			start = "soft"
		}
		at := fmt.Sprintf("%d %d * * *", 7*i%60, i+2)
		text := fmt.Sprintf("schedule: {cron: %q, start: %s}\nitems:\n", at, start)
		for k := range 9 {
			text += fmt.Sprintf("  - {source: plain3.mp4, loop: true, duration: 20s, title: %d of %d}\n", k, i)
		}
		lists[fmt.Sprintf("daily/%02d.yml", i)] = text
	}
	return lists
}

// Faults can be rehearsed, and are found.
func TestPlan07Inject(t *testing.T) {
	t.Parallel()
	clips := airtest.Clips(t, airtest.Plain1, airtest.Plain2, airtest.Plain3)
	ch := airtest.Prepare(t, airtest.Setup{Output: "rtmp://127.0.0.1:1/live/x", Items: airtest.Items(clips...)})
	good := ch.Rehearse("--for", "1m")
	require.True(t, good.OK)
	require.Zero(t, good.Said.Code)
	bad := ch.Rehearse("--for", "1m", "--inject", "missing=plain2*,crash=plain3.mp4@2s,stall=plain1*@1s:3s")
	require.Equal(t, 1, bad.Said.Code)
	require.False(t, bad.OK)
	text, err := json.Marshal(bad.Findings)
	require.NoError(t, err)
	for _, kind := range []string{"cannot-play", "breaks-off", "gap"} {
		require.Contains(t, string(text), kind)
	}
}
