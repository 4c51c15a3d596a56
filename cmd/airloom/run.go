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
	"airloom/playlist/schedule"
	"airloom/playout/control"
	"airloom/playout/control/socket"
)

func runCommand() *cobra.Command {
	var aged time.Duration
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Run the channel until it is told to stop",
		Args:  none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			path, err := configPath(cmd)
			if err != nil {
				return err
			}
			return run(cmd, path, aged)
		},
	}
	// What happens to a session after hours and days can only be seen, with the
	// binary that airs, by one whose clock begins there. It is no setting: whoever
	// used it on air would have a shorter session and nothing else, so it is told
	// to nobody, and cannot be left behind in a config or an environment.
	cmd.Flags().DurationVar(&aged, "session-age", 0, "for tests: the age at which the first sessions begin")
	_ = cmd.Flags().MarkHidden("session-age")
	return cmd
}

func run(cmd *cobra.Command, path string, aged time.Duration) error {
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
	log := keeping(newLogger(out, levelOf(cfg.Log.Level), cfg.Log.Format))
	slog.SetDefault(log)

	c, err := newChannel(cfg, extras{aged: aged}, log)
	if err != nil {
		return err
	}
	c.path = path
	ctx, cancel := context.WithCancel(cmd.Context())
	defer cancel()
	go c.hangups(ctx, hangup)
	c.begin(ctx)
	return c.run(ctx)
}

// answersWithin is how long storage may take for the playlists and for where the
// channel stood, before it starts without.
const answersWithin = 500 * time.Millisecond

// begin has the channel know its playlists and its place before it starts, as
// far as storage answers in time.
func (c *channel) begin(ctx context.Context) {
	go func() {
		if err := c.plan.library.Run(ctx); ctx.Err() == nil {
			c.lost("playlists folder", err)
		}
	}()
	wait := func(ready <-chan struct{}, most time.Duration) {
		select {
		case <-ready:
		case <-time.After(most):
		case <-ctx.Done():
		}
	}
	began := time.Now()
	saved := c.memory.remember(ctx)
	c.plan.seed = saved.Seed
	wait(c.plan.prober.Loaded(), remembersWithin-time.Since(began)) // without lengths it may begin at the wrong place, too
	wait(c.plan.library.Ready(), answersWithin)
	resume := func(plans *schedule.Plans) { c.memory.resume(ctx, saved, c.cfg.State.Resume, plans, time.Now()) }
	if c.cfg.State.Resume == "clock" && !c.plan.read() {
		c.plan.first = func(plans *schedule.Plans) { // where it would be by now, only they tell
			if snap, _ := c.engine.Snapshot(); snap.Air.Item.ID == "" {
				resume(plans)
			}
		}
	}
	c.plan.plan()
	resume(c.plan.rundown.Plans())
}

// items is how many items there are, over all playlists.
func (c *channel) items() (n int) {
	for _, list := range c.plan.Playlists() {
		n += len(list.Items)
	}
	return n
}

// hangups reads the playlists and users anew at each hangup.
func (c *channel) hangups(ctx context.Context, hangup <-chan os.Signal) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangup:
			_, _ = c.desk.Reload(ctx, control.Who{Via: "SIGHUP"}) // the answer is in the log
		}
	}
}

// follow keeps the plans as playlists and media are. Lengths are looked at once
// the channel is on air: nothing is more urgent than that.
func (c *channel) follow(ctx context.Context) error {
	kept := make(chan struct{})
	go func() {
		defer close(kept)
		select {
		case <-time.After(time.Second):
			_ = c.plan.prober.Run(ctx)
		case <-ctx.Done():
		}
	}()
	err := c.plan.run(ctx)
	select {
	case <-kept: // what was found out
	case <-time.After(time.Second): // or storage is stuck
	}
	return err
}

// listen takes commands on the control socket. A state folder that hangs does not
// keep the channel from ending.
func (c *channel) listen(ctx context.Context) error {
	context.AfterFunc(ctx, c.desk.Close) // what is under way is answered, and holds nothing up
	ended := make(chan error, 1)
	go func() { ended <- c.keepSocket(ctx) }()
	var late <-chan time.Time
	for stop := ctx.Done(); ; {
		select {
		case err := <-ended:
			return err
		case <-stop:
			stop, late = nil, time.After(time.Second)
		case <-late:
			return nil
		}
	}
}

// keepSocket keeps the control socket. A state folder that cannot be written yet
// is tried again: it is no reason to have no commands for ever.
func (c *channel) keepSocket(ctx context.Context) error {
	for told := false; ; {
		s, err := socket.Listen(c.cfg.State.Dir, c.desk, c.log)
		if err == nil {
			return s.Run(ctx)
		}
		if !told {
			told = true
			c.log.Warn("no commands can be taken on the control socket; trying again", "event", "commands-down", "cause", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(5 * time.Second):
		}
	}
}

// put has the engine follow other plans. What is on air goes on.
func (c *channel) put(_ *schedule.Plans, lists []*playlist.Playlist) {
	c.engine.Refresh()
	c.board.KeepItems(lists)
}

// playlistAlert shows what is wrong with the playlists.
func (c *channel) playlistAlert(problems playlist.Problems) {
	c.board.Show("playlist", "error", mistakes(problems))
}

// stateAlert shows what is wrong with the state's storage.
func (c *channel) stateAlert(code, message string) { c.alert("warning", code, message) }

// alert raises an alert; "" takes it back.
func (c *channel) alert(severity, code, message string) {
	if message == "" {
		c.board.Clear(code)
		return
	}
	c.board.Raise(control.Alert{Severity: severity, Code: code, Since: time.Now(), Message: message})
}

func levelOf(name string) slog.Level {
	var l slog.Level
	_ = l.UnmarshalText([]byte(name)) // the config has been checked
	return l
}
