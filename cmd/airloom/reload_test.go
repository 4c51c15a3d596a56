package main

import (
	"context"
	"log/slog"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/playlist"
)

// shelf is storage for a playlist: it gives what is laid there, once it answers.
type shelf struct {
	text    string
	answers time.Duration
}

func (s *shelf) read() (*playlist.Playlist, playlist.Problems) {
	time.Sleep(s.answers)
	return playlist.Parse("main.yml", []byte(s.text), playlist.Options{Root: "/media"})
}

const goodList, badList = "items:\n  - {source: a.mp4}\n", "items:\n  - {sauce: a.mp4}\n"

// screen is what is seen of a reloader: the alert, and how often a playlist was put in place.
type screen struct {
	*reloader
	shown string
	put   int
}

func newScreen(s *shelf) *screen {
	v := &screen{}
	v.reloader = &reloader{
		log: slog.New(slog.DiscardHandler), read: s.read,
		alert: func(m string) { v.shown = m },
		put:   func(*playlist.Playlist) { v.put++ },
	}
	return v
}

func TestReloadWordsWhatAirsInstead(t *testing.T) {
	s := &shelf{text: badList}
	v := newScreen(s)
	v.reload()
	require.Zero(t, v.put)
	require.Contains(t, v.shown, "unknown key \"sauce\"")
	require.Contains(t, v.shown, "nothing good has been read")

	s.text = goodList
	v.reload()
	require.Equal(t, 1, v.put)
	require.Empty(t, v.shown)

	s.text = badList
	v.reload()
	require.Equal(t, 1, v.put, "the last good one stays")
	require.Contains(t, v.shown, "the last good one goes on")
}

// Stuck storage holds nothing up but the playlist itself, and is told.
func TestReloadFromStuckStorage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{text: goodList, answers: time.Hour}
		v := newScreen(s)
		ctx, cancel := context.WithCancel(t.Context())
		hangup, first := make(chan os.Signal, 1), make(chan struct{})
		go v.run(ctx, hangup, first)
		time.Sleep(answersWithin + time.Millisecond)
		synctest.Wait()
		require.Contains(t, v.shown, "does not answer")
		require.Contains(t, v.shown, "nothing good has been read")
		hangup <- syscall.SIGHUP
		s.answers = 0 // from the next reading on
		<-first
		synctest.Wait()
		require.Equal(t, 2, v.put, "the hangup was kept")
		require.Empty(t, v.shown)
		cancel()
	})
}
