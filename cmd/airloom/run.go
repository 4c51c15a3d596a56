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

	"airloom/configs"
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
	c.reload()
	ctx, cancel := context.WithCancel(cmd.Context())
	defer cancel()
	go c.reloadOnHangup(ctx)
	return c.run(ctx)
}

// reloadOnHangup reads the playlist again at each SIGHUP.
func (c *channel) reloadOnHangup(ctx context.Context) {
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangup:
			c.reload()
		}
	}
}

// reload puts the base playlist in place as the file stands. One that cannot be
// read or has a mistake changes nothing: the last good one goes on.
func (c *channel) reload() {
	const code = "playlist"
	list, problems := loadPlaylist(c.cfg.BasePath(), c.cfg)
	for _, p := range problems {
		c.log.Log(context.Background(), severity(p), "playlist", "problem", p.String())
	}
	if problems.Fatal() {
		c.board.Raise(control.Alert{Severity: "error", Code: code, Since: time.Now(),
			Message: "the playlist cannot be used and the last good one goes on: " + problems[0].String()})
		return
	}
	c.board.Clear(code)
	c.loop.Replace(list)
	c.engine.Refresh()
	c.log.Info("playlist read", "file", list.File, "items", len(list.Items))
}

func severity(p configs.Problem) slog.Level {
	if (configs.Problems{p}).Fatal() {
		return slog.LevelError
	}
	return slog.LevelWarn
}

func levelOf(name string) slog.Level {
	var l slog.Level
	_ = l.UnmarshalText([]byte(name)) // the config has been checked
	return l
}
