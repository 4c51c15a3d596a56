package main

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"

	"airloom/cmd/internal/airtest"
	"airloom/playout/asrun"
)

// The as-run log of two runs on an evening in Berlin, asked for as people do.
func TestAsrunCommand(t *testing.T) {
	bin := airtest.Binary(t)
	testscript.Run(t, testscript.Params{
		Dir:  "testdata/asrun",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", filepath.Dir(bin)+string(os.PathListSeparator)+os.Getenv("PATH"))
			evening := time.Date(2026, 10, 24, 21, 59, 58, 0, time.UTC) // two seconds before midnight
			if err := writeAsrun(filepath.Join(env.WorkDir, "state"), "stopped by SIGTERM", []asrun.Row{
				aired(evening, 0, 50, asrun.Row{Title: "One", Source: "films/one.mp4", Outcome: "played", Mode: "base", Item: "a1", Playlist: "main.yml"}),
				aired(evening, 50, 0, asrun.Row{Title: "Two", Source: "films/two.mp4", Outcome: "skipped", Mode: "base", Item: "a2", Playlist: "main.yml", Index: 1,
					Cause: `films/two.mp4: there is no such file: copy it there, or take the item out of the playlist, which has it in line 12`}),
				aired(evening, 50, 100, asrun.Row{Title: "Door\x1b[2J", Source: "rtsp://admin:geheim@cam.example/door?token=geheim", Outcome: "cut", Mode: "hard", Item: "n1",
					Playlist: "a very long name of a news playlist.yml", Planned: evening.Add(2 * time.Second), In: 1500 * time.Millisecond, Out: time.Minute}),
			}); err != nil {
				return err
			}
			if err := writeAsrun(filepath.Join(env.WorkDir, "state"), "", []asrun.Row{
				aired(evening.Add(90*time.Minute), 0, 90_000, asrun.Row{Title: strings.Repeat("long ", 30), Source: "films/long.mp4", Outcome: "played", Mode: "base", Item: "a3", Playlist: "main.yml", Index: 2}),
			}); err != nil {
				return err
			}
			now := time.Now().Add(-time.Hour)
			return writeAsrun(filepath.Join(env.WorkDir, "today", "state"), "", []asrun.Row{
				aired(now.Add(-48*time.Hour), 0, 25, asrun.Row{Title: "Before", Outcome: "played"}),
				aired(now, 25, 25, asrun.Row{Title: "Today", Outcome: "played"}),
			})
		},
	})
}

// aired places a row on a grid of 25 ticks a second that begins at start.
func aired(start time.Time, tick, ticks int64, r asrun.Row) asrun.Row {
	r.Tick, r.Ticks = tick, ticks
	r.Start = start.Add(time.Duration(tick) * 40 * time.Millisecond)
	r.End = r.Start.Add(time.Duration(ticks) * 40 * time.Millisecond)
	return r
}

func writeAsrun(dir, why string, rows []asrun.Row) error {
	s := asrun.Open(dir, 0, slog.New(slog.DiscardHandler), func(string, string) {})
	if _, err := s.Last(context.Background()); err != nil {
		return err
	}
	for _, r := range rows {
		s.Report(r)
	}
	s.Ending(why)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return s.Run(ctx)
}

func TestShownSource(t *testing.T) {
	for source, want := range map[string]string{
		"films/one.mp4":                      "films/one.mp4",
		"films/one….mp4":                     "films/one….mp4",
		"rtsp://u:p@h/x?k=v":                 "rtsp://h/x…",
		"rtsp://h/x…":                        "rtsp://h/x…",
		"rtsp://u:p@h/x…":                    "rtsp://h/x…",
		"https://h/live/a.m3u8?token=geheim": "https://h/live/a.m3u8…",
	} {
		require.Equal(t, want, shown(source), source)
	}
}
