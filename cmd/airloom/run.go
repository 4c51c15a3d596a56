package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"airloom/playlist"
	"airloom/playout/control"
)

func runCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "run",
		Short: "Run the channel until it is told to stop",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			path, err := configPath(cmd)
			if err != nil {
				return err
			}
			return run(cmd, path)
		},
	}
}

func run(cmd *cobra.Command, path string) error {
	// From the first moment to the last: by default, a hangup ends a process.
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)

	cfg, problems := loadConfig(path)
	for _, p := range problems {
		fmt.Fprintln(cmd.ErrOrStderr(), p)
	}
	if problems.Fatal() {
		return silentError{errors.New("the config has mistakes")}
	}
	out := newLogWriter(os.Stderr)
	defer out.close()
	log := newLogger(out, levelOf(cfg.Log.Level), cfg.Log.Format)
	slog.SetDefault(log)

	c, err := newChannel(cfg, nil, extras{}, log)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(cmd.Context())
	defer cancel()
	c.loadBase(ctx, hangup)
	return c.run(ctx)
}

// loadBase puts the base playlist in place and keeps it as its file stands at
// each hangup. A start begins with the playlist, unless storage is stuck.
func (c *channel) loadBase(ctx context.Context, hangup <-chan os.Signal) {
	r := &reloader{
		log: c.log, alert: c.playlistAlert, put: c.put,
		read: func() (*playlist.Playlist, playlist.Problems) { return loadPlaylist(c.cfg.BasePath(), c.cfg) },
	}
	first := make(chan struct{})
	go r.run(ctx, hangup, first)
	select {
	case <-first:
	case <-time.After(answersWithin):
	case <-ctx.Done():
	}
}

// put makes the playlist the one that airs. What is on air goes on.
func (c *channel) put(list *playlist.Playlist) {
	ids := make(map[string]bool, len(list.Items))
	for _, it := range list.Items {
		ids[it.ID] = true
	}
	c.loop.Replace(list)
	c.engine.Refresh()
	c.board.KeepItems(ids)
}

// playlistAlert shows what is wrong with the playlist; "" is nothing.
func (c *channel) playlistAlert(message string) {
	const code = "playlist"
	if message == "" {
		c.board.Clear(code)
		return
	}
	c.board.Raise(control.Alert{Severity: "error", Code: code, Since: time.Now(), Message: message})
}

func levelOf(name string) slog.Level {
	var l slog.Level
	_ = l.UnmarshalText([]byte(name)) // the config has been checked
	return l
}
