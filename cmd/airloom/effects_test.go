package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/configs"
	"airloom/playlist"
	"airloom/playlist/schedule"
	"airloom/playout"
)

// unaired is a channel that does not run, with playlists by their names.
func unaired(t testing.TB, lists map[string]string) planView {
	t.Helper()
	dir := t.TempDir()
	put := func(name, text string) {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	put("airloom.yml", "output: {url: \"rtmp://127.0.0.1:1/live/one\"}\nplaylists: {settle: 50ms}\n")
	for name, text := range lists {
		put("playlists/"+name, text)
	}
	cfg, problems := configs.Load(filepath.Join(dir, "airloom.yml"))
	require.NoError(t, problems.Err())
	p := newProgramme(cfg, slog.New(slog.DiscardHandler))
	p.put, p.alert = func(*schedule.Plans, []*playlist.Playlist) {}, func(playlist.Problems) {}
	ended := make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		defer close(ended)
		_ = p.library.Run(ctx)
	}()
	t.Cleanup(func() { cancel(); <-ended })
	<-p.library.Ready()
	p.plan()
	return planView{&channel{cfg: cfg, plan: p, engine: playout.New(engineConfig(cfg, houseOf(cfg)), playout.Rooms{Rundown: p.rundown})}}
}

// long is a playlist of so many items, each promised to last a time.
func long(items int, each string, more ...string) string {
	var b strings.Builder
	b.WriteString("items:\n")
	for i := range items {
		fmt.Fprintf(&b, "  - {source: clips/%d.mp4, title: Clip %d, out: %s}\n", i, i, each)
		if i == items/2 {
			for _, line := range more {
				b.WriteString("  - " + line + "\n")
			}
		}
	}
	return b.String()
}

// The effects of an edit of a large playlist are told while it is dragged.
func TestEffectsOfALargePlaylistAreToldInTime(t *testing.T) {
	for _, each := range []string{"20s", "1s"} {
		v := unaired(t, map[string]string{"main.yml": long(10_000, each)})
		best := time.Hour
		for range 3 {
			began := time.Now()
			draft, problems := playlist.Parse("main.yml", []byte(long(10_000, each, "{source: new.mp4, out: 7s}")), playlist.Options{Name: "main.yml"})
			require.NoError(t, problems.Err())
			x, err := v.Effects(t.Context(), draft)
			require.NoError(t, err)
			best = min(best, time.Since(began))
			require.Len(t, x.Airs, 10_001)
			if each == "1s" {
				require.Equal(t, "new.mp4", x.Changes[0].Title)
				require.Equal(t, 7.0, x.Changes[1].LaterS)
			}
		}
		t.Logf("items of %s: %v", each, best)
		require.Less(t, best, time.Second)
	}
}
