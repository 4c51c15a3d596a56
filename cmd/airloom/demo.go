package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/asticode/go-astiav"
	"github.com/spf13/cobra"

	"airloom/cmd/internal/demo"
	"airloom/configs"
	"airloom/output/rtmp/receiver"
	"airloom/playout/control"
	"airloom/playout/media/av"
	"airloom/web"
)

func demoCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Run a made-up channel to see and hear, with nothing to set up",
		Long: "Makes its own clips, plays them for ever into a receiver that is built in, and shows\n" +
			"what is sent on a page. It needs no config, no media and no server.",
		Args: none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			length, _ := cmd.Flags().GetDuration("for")
			return runDemo(cmd.Context(), cmd.OutOrStdout(), length)
		},
	}
	cmd.Flags().Duration("for", 0, "end by itself after this long, such as 20s")
	return cmd
}

const demoListen = "127.0.0.1:8080"

// demoPage is the address for the page: the one wanted, or another port if that
// is taken. It is settled before anything is built, as the hints name it.
func demoPage(wanted string) (string, error) {
	socket, err := net.Listen("tcp", wanted)
	if errors.Is(err, syscall.EADDRINUSE) {
		socket, err = net.Listen("tcp", "127.0.0.1:0")
	}
	if err != nil {
		return "", fmt.Errorf("find a port for the demo's page: %w", err)
	}
	return socket.Addr().String(), socket.Close()
}

func runDemo(ctx context.Context, out io.Writer, length time.Duration) error {
	logs := newLogWriter(os.Stderr)
	defer logs.close()
	log := keeping(newLogger(logs, slog.LevelWarn, "text"))
	slog.SetDefault(log)

	fmt.Fprintln(out, "airloom demo: a channel out of nothing")
	av.SetLog(astiav.LogLevelQuiet, func(astiav.LogLevel, string) {})
	list, err := demo.Make(ctx, demo.Dir(), func(words string) { fmt.Fprintln(out, " ", words) })
	if err != nil {
		return fmt.Errorf("make the demo's clips: %w", err)
	}
	server, err := receiver.Listen("127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("start the demo's receiver: %w", err)
	}
	page, err := demoPage(demoListen)
	if err != nil {
		return err
	}
	if page != demoListen {
		fmt.Fprintf(out, "  %s is taken: the page gets another port\n", demoListen)
	}
	state, err := os.MkdirTemp("", "airloom-demo-")
	if err != nil {
		return fmt.Errorf("find a place for the demo's state: %w", err)
	}
	defer os.RemoveAll(state)
	cfg := demoConfig(list, server.Addr(), page, state)
	c, err := newChannel(cfg, extras{page: web.Config{Hints: demoHints(page)}, arrival: arrivalAt(server)}, log)
	if err != nil {
		return err
	}
	if length > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, length)
		defer cancel()
	}
	return airDemo(ctx, out, c, server)
}

// airDemo runs the channel and what receives it until the context is done.
func airDemo(ctx context.Context, out io.Writer, c *channel, server *receiver.Server) error {
	c.begin(ctx)
	fmt.Fprintf(out, demoWords, c.items(), c.pageURL())
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	served := make(chan error, 1)
	go func() { served <- server.Run(serving) }()
	err := c.run(ctx)
	stop()
	err = errors.Join(err, <-served)
	status := c.board.Status()
	fmt.Fprintf(out, "\nDone: %d ticks aired, %d of them held, %d pictures skipped.\n",
		status.Tick, status.Encoder.HeldTicks, status.Encoder.SkippedTicks)
	return err
}

const demoWords = `
  On air: %d items, looped for ever, in one RTMP session to a built-in receiver.

  ▶ See and hear it:  %s

  Stop with Ctrl-C. What to try next is on the page, and in README.md.
`

func demoHints(page string) []web.Hint {
	return []web.Hint{
		{Text: "Kill the decoder of the clip on air: the picture holds for less than a second and the clip goes on where it would be.",
			Command: fmt.Sprintf("kill -9 $(pgrep -o -P %d -f clip-worker)", os.Getpid())},
		{Text: "Read the status as a program would.", Command: "curl -s http://" + page + "/api/v1/status"},
		{Text: "Make it your own channel: write airloom.yml and playlists/main.yml as the README shows, then look them through.", Command: "airloom check"},
	}
}

// arrivalAt asks the demo's receiver what arrives.
func arrivalAt(server *receiver.Server) func() control.Arrival {
	var mu sync.Mutex
	var bytes int64
	var changed time.Time
	return func() control.Arrival {
		mu.Lock()
		defer mu.Unlock()
		if n := server.Count().Bytes; n != bytes {
			bytes, changed = n, time.Now()
		}
		if changed.IsZero() || time.Since(changed) > 5*time.Second {
			return control.Arrival{Output: "demo", State: "not-proven", By: "receiver", Detail: "nothing arrives at the built-in receiver"}
		}
		return control.Arrival{Output: "demo", State: "proven", By: "receiver", ServerStatus: "receiving", AgeS: time.Since(changed).Seconds()}
	}
}

// demoConfig is the config of the demo: the defaults, with everything on loopback.
func demoConfig(list, receiver, page, state string) *configs.Config {
	cfg := configs.Default()
	cfg.Channel.Name = "Demo"
	cfg.State.Dir = state
	cfg.Media.Root = filepath.Dir(list)
	cfg.Playlists.Watch, cfg.Playlists.Base = filepath.Dir(list), filepath.Base(list)
	cfg.Web.Listen = page
	cfg.Outputs = []configs.Output{{Name: "demo", URL: configs.TargetOf("rtmp://" + receiver + "/live/demo"), Key: "output"}}
	return cfg
}
