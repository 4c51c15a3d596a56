package main

import (
	"context"
	"log/slog"
	"os"
	"time"

	"airloom/configs"
	"airloom/playlist"
)

// reloader puts the base playlist in place as its file stands, at the start and
// at each SIGHUP. It is one goroutine and nothing waits for it for ever: where
// storage hangs, so does it, and the channel goes on.
type reloader struct {
	log   *slog.Logger
	alert func(message string) // shown until another is, "" takes it back
	read  func() (*playlist.Playlist, playlist.Problems)
	put   func(*playlist.Playlist)
	good  bool // a playlist has been put in place
}

// answersWithin is how long storage may take for the playlist before the channel
// starts without one, and before it is an alert.
const answersWithin = 500 * time.Millisecond

// run reads the playlist now and at each hangup, until the context is done. It
// closes first when the first reading is over, however it went.
func (r *reloader) run(ctx context.Context, hangup <-chan os.Signal, first chan<- struct{}) {
	r.reload()
	close(first)
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangup:
			r.reload()
		}
	}
}

// reload puts the playlist in place. One that cannot be read or has a mistake
// changes nothing: the last good one goes on.
func (r *reloader) reload() {
	list, problems := r.load()
	for _, p := range problems {
		r.log.Log(context.Background(), severity(p), "playlist", "problem", p.String())
	}
	if problems.Fatal() {
		r.complain("the playlist cannot be used: " + problems[firstFatal(problems)].String())
		return
	}
	r.alert("")
	r.put(list)
	r.good = true
	r.log.Info("playlist read", "file", list.File, "items", len(list.Items))
}

// load waits for the file for as long as it takes, and says so when that is long.
func (r *reloader) load() (list *playlist.Playlist, problems playlist.Problems) {
	read := make(chan struct{})
	go func() {
		defer close(read)
		list, problems = r.read()
	}()
	select {
	case <-read:
	case <-time.After(answersWithin):
		r.log.Warn("the playlist cannot be read yet: its storage does not answer")
		r.complain("the playlist cannot be read yet: its storage does not answer")
		<-read
	}
	return list, problems
}

// complain says what is wrong and what airs nonetheless.
func (r *reloader) complain(what string) {
	instead := "nothing good has been read since the start, so there is nothing to air until it is mended"
	if r.good {
		instead = "the last good one goes on"
	}
	r.alert(what + " (" + instead + ")")
}

func firstFatal(ps playlist.Problems) int {
	for i, p := range ps {
		if severity(p) == slog.LevelError {
			return i
		}
	}
	return 0
}

func severity(p configs.Problem) slog.Level {
	if (configs.Problems{p}).Fatal() {
		return slog.LevelError
	}
	return slog.LevelWarn
}
