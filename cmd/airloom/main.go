// Command airloom is a 24/7 playlist playout engine: it parses, wires and runs;
// what it does is in the rooms it wires.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"airloom/playout/probe"
	"airloom/playout/shelf"
	"airloom/playout/still"
	"airloom/playout/vet"
	"airloom/playout/worker"
)

// version is set by the linker.
var version = "unknown"

func main() {
	// The children that touch media files are this same binary. A clip's has to be
	// ready within milliseconds, so they do not go through the commands.
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "clip-worker":
			os.Exit(worker.Main())
		case "probe-worker":
			os.Exit(probe.Main())
		case "still-worker":
			os.Exit(still.Main())
		case "shelf-worker":
			os.Exit(shelf.Main())
		case "vet-worker":
			os.Exit(vet.Main())
		}
	}
	os.Exit(execute(os.Args[1:]))
}

// usageError is a wrong call: exit 2.
type usageError struct{ error }

// silentError has been told already: exit 1 without another word.
type silentError struct{ error }

// endsWithin is what a channel promises.
const endsWithin = 5 * time.Second

func execute(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	// Storage that hangs may keep a command for ever: then another signal ends it.
	context.AfterFunc(ctx, func() { time.AfterFunc(endsWithin, stop) })
	cmd := root()
	cmd.SetArgs(args)
	err := cmd.ExecuteContext(ctx)
	switch {
	case err == nil:
		return 0
	case errors.As(err, new(silentError)):
		return 1
	case errors.As(err, new(usageError)):
		fmt.Fprintln(os.Stderr, "airloom:", err)
		return 2
	default:
		fmt.Fprintln(os.Stderr, "airloom:", err)
		return 1
	}
}

func root() *cobra.Command {
	cmd := &cobra.Command{
		Use:           "airloom",
		Short:         "A 24/7 playlist playout engine: one endless stream that nothing stops",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          onlyBelow,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.PersistentFlags().String("config", "", "the config file (default ./airloom.yml, then /etc/airloom/airloom.yml)")
	cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usageError{fmt.Errorf("%w: see '%s --help'", err, cmd.CommandPath())}
	})
	cmd.AddCommand(runCommand(), checkCommand(), demoCommand(), versionCommand(), scheduleCommand(), rehearseCommand(), asrunCommand(), convertCommand(), ctlCommand(), passwdCommand(), doctorCommand())
	for _, sub := range append(cmd.Commands(), cmd) {
		if args := sub.Args; args != nil {
			sub.Args = func(cmd *cobra.Command, a []string) error {
				if err := args(cmd, a); err != nil {
					return usageError{err}
				}
				return nil
			}
		}
	}
	cmd.CompletionOptions.HiddenDefaultCmd = true
	return cmd
}
