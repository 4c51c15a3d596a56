package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/playout/control"
	"airloom/playout/control/socket"
)

func TestWhatPeopleCallAnItem(t *testing.T) {
	for what, want := range map[string]socket.Request{
		"news.yml":                {Playlist: "news.yml", Number: 1},
		"news.yml#3":              {Playlist: "news.yml", Number: 3},
		"late/no #1.yml#12":       {Playlist: "late/no #1.yml", Number: 12},
		"00112233445566ff":        {Item: "00112233445566ff"},
		"00112233445566ff/abc123": {Item: "00112233445566ff/abc123"},
		"00112233445566ff/zk3f9w": {Item: "00112233445566ff/zk3f9w"},
		"00112233445566ff.yml":    {Playlist: "00112233445566ff.yml", Number: 1},
	} {
		got, err := taken(what)
		require.NoError(t, err, what)
		want.Command = socket.Take
		require.Equal(t, want, got, what)
	}
	for _, what := range []string{"news.yml#", "news.yml#0", "news.yml#-1", "news.yml#two", "#3"} {
		_, err := taken(what)
		require.ErrorContains(t, err, "names no item: write FILE#NUMBER", what)
	}
}

func TestWrongCallsOfCtlAreTold(t *testing.T) {
	for _, args := range [][]string{
		{"take"}, {"take", "a", "b"}, {"hold"}, {"hold", "maybe"}, {"slate", "on", "off"}, {"seek", "soon"}, {"live", "x"}, {"live", "x", "now"}, {"output"}, {"output", "halt"},
		{"quarantine", "lift"}, {"skip", "x"}, {"skip", "--itm", "x"}, {"sikp"},
	} {
		require.Equal(t, 2, execute(append([]string{"ctl"}, args...)), args)
	}
	require.Equal(t, 0, execute([]string{"ctl"}), "help")
}

func TestStatusInWords(t *testing.T) {
	at := time.Now().UTC().Truncate(24 * time.Hour).Add(20 * time.Hour) // today: what is of another day is told with its date
	later := at.Add(20 * time.Minute)
	s := control.Status{
		Channel: "Demo", State: control.OnAir, UptimeS: 7384.2,
		Now:     &control.Airing{Title: "Evening news", Playlist: "news.yml", PositionS: 192.4, DurationS: 1200, StartedAt: at},
		Next:    &control.Coming{Title: "Weather", Playlist: "news.yml", Index: 1, StartsAt: &later},
		Due:     &control.Due{ID: "f", Title: "Film", Playlist: "film.yml", At: later.Add(10 * time.Minute)},
		Held:    &control.Stand{By: "bob (ctl)", Since: at},
		Outputs: []control.Output{{Name: "main", State: control.Publishing, Since: at, BitrateKbps: 1400, Target: "rtmp://x/live/…"}, {Name: "spare", State: control.Stopped, Since: at}},
		Alerts:  []control.Alert{{Severity: "warning", Message: "x.mp4 is missing", Since: at}},
	}
	require.Equal(t, `Demo is on-air, up for 02:03:04
now      'Evening news' (news.yml #1)  00:03:12 of 00:20:00, since 20:00:00
next     'Weather' (news.yml #2)  at 20:20:00
due      'Film' (film.yml #1)  at 20:30:00
hold     on since 20:00:00, by bob (ctl)
output   main is publishing since 20:00:00, 1400 kbit/s to rtmp://x/live/…
output   spare is stopped since 20:00:00: 'airloom ctl output start spare' starts it
warning  x.mp4 is missing (since 20:00:00)
`, ctlWords(socket.Reply{OK: true, Status: &s}, time.UTC))
	require.Equal(t, "nothing is left out\n", ctlWords(socket.Reply{Quarantine: []control.Banned{}}, time.UTC))
	require.Equal(t, "took 'x'\n", ctlWords(socket.Reply{Answer: control.Answer{Said: "took 'x'"}}, time.UTC))
}
