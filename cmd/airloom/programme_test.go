package main

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/configs"
	"airloom/playlist"
	"airloom/playlist/schedule"
)

// lockedBuffer is a log that may be read while it is written.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// A mistake in a playlist is one line in the log, as long as it lasts, and one
// more when it is mended.
func TestEachMistakeIsToldOnce(t *testing.T) {
	dir := t.TempDir()
	put := func(name, text string) {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	put("airloom.yml", "output: {url: \"rtmp://127.0.0.1:1/live/one\"}\nplaylists: {settle: 50ms}\n")
	put("playlists/main.yml", "items: [{sauce: one.mp4}]\n")
	put("playlists/extra.yml", "items: [{playlist: gone.yml}]\n")
	cfg, problems := configs.Load(filepath.Join(dir, "airloom.yml"))
	require.NoError(t, problems.Err())
	var log lockedBuffer
	p := newProgramme(cfg, slog.New(slog.NewTextHandler(&log, nil)))
	p.put, p.alert = func(*schedule.Plans, []*playlist.Playlist) {}, func(playlist.Problems) {}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = p.library.Run(t.Context())
	}()
	t.Cleanup(func() { <-ended })
	said := func(words string) int { return strings.Count(log.String(), words) }
	<-p.library.Ready()
	p.plan()
	p.plan()
	for _, words := range []string{"unknown key", "gone.yml", "it is the base playlist"} {
		require.Equal(t, 1, said(words), "%s in\n%s", words, log.String())
	}
	put("playlists/main.yml", "items: [{source: one.mp4}]\n")
	require.Eventually(t, func() bool {
		p.plan()
		return said("was mended") == 2
	}, 10*time.Second, 20*time.Millisecond, "%s", &log)
	require.Equal(t, 1, said("gone.yml"))
}
