package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"airloom/configs"
	"airloom/playlist/document"
	"airloom/playout/control/socket"
)

func ctlCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "ctl",
		Short: "Tell the running channel what to do",
		Long: "Gives a command to the channel that runs with the config, over the socket in its state folder. The answer\n" +
			"comes once the command has taken effect on air, or says why it has not: then the exit code is 1.",
		Args: onlyBelow,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.PersistentFlags().Bool("json", false, "the answer as JSON")
	cmd.AddCommand(
		ctlStatus(), ctlTake(),
		onAir("skip", "Put the next item on air", socket.Skip),
		onAir("back", "Put the item before the one on air on air again", socket.Back),
		onAir("restart", "Begin the item on air again", socket.Restart),
		ctlSeek(),
		plainly("undo", "Take back what changed within the last 10 s: the programme goes on where it would be", socket.Undo),
		onOff("hold", "Hold the last picture with silence; the item on air waits", socket.Hold),
		onOff("slate", "Show the slate with silence; the item on air waits", socket.Slate),
		ctlLive(), ctlOutput(), ctlQuarantine(),
		plainly("reload", "Read the playlists again, as SIGHUP does", socket.Reload),
		plainly("log", "List the latest commands, and how they went", socket.Log),
	)
	strictly(cmd)
	return cmd
}

// strictly makes what is wrong with the arguments of the commands below a wrong call.
func strictly(cmd *cobra.Command) {
	for _, sub := range cmd.Commands() {
		strictly(sub)
		args := sub.Args
		sub.Args = func(cmd *cobra.Command, a []string) error {
			if err := args(cmd, a); err != nil {
				return usageError{err}
			}
			return nil
		}
	}
}

// plainly is a command that takes no words.
func plainly(name, short, command string) *cobra.Command {
	return &cobra.Command{Use: name, Short: short, Args: none, RunE: func(cmd *cobra.Command, _ []string) error {
		return ctl(cmd, socket.Request{Command: command})
	}}
}

// onAir is a command about the item on air.
func onAir(name, short, command string) *cobra.Command {
	cmd := plainly(name, short, command)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		item, _ := cmd.Flags().GetString("item")
		return ctl(cmd, socket.Request{Command: command, Item: item})
	}
	cmd.Flags().String("item", "", "the ID of the item that is meant: refused if another is on air by then")
	return cmd
}

func onOff(name, short, command string) *cobra.Command {
	return &cobra.Command{
		Use: name + " on|off", Short: short, Args: oneOf("on", "off"), ValidArgs: []string{"on", "off"},
		RunE: func(cmd *cobra.Command, args []string) error {
			on := args[0] == "on"
			return ctl(cmd, socket.Request{Command: command, On: &on})
		},
	}
}

func ctlTake() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "take FILE[#NUMBER]|ID",
		Short: "Put an item on air: it and what follows it in its playlist, then the plan",
		Long: "Puts an item on air: by the playlist's file and its number in it, counted from 1 (news.yml#3; news.yml is\n" +
			"its first), or by its ID. The programme runs on from there to the playlist's end, then the plan goes on.\n" +
			"What is on air stays there until the item's first picture is ready.",
		Example: "  airloom ctl take news.yml\n  airloom ctl take news.yml#3 --next",
		Args:    one("say which item"),
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := taken(args[0])
			if err != nil {
				return usageError{err}
			}
			r.Next, _ = cmd.Flags().GetBool("next")
			return ctl(cmd, r)
		},
	}
	cmd.Flags().Bool("next", false, "after the item on air, not at once")
	return cmd
}

// itemID is the form of an item's ID; what a folder or an include stands for has
// more of it after a slash, in all letters.
var itemID = regexp.MustCompile(`^[0-9a-f]{16}(/[0-9a-z]+)*$`)

// taken is what people call an item.
func taken(what string) (socket.Request, error) {
	r := socket.Request{Command: socket.Take, Playlist: what, Number: 1}
	if itemID.MatchString(what) {
		return socket.Request{Command: socket.Take, Item: what}, nil
	}
	if i := strings.LastIndexByte(what, '#'); i >= 0 {
		n, err := strconv.Atoi(what[i+1:])
		if err != nil || n < 1 || i == 0 {
			return r, fmt.Errorf("%q names no item: write FILE#NUMBER, counted from 1, such as news.yml#3", what)
		}
		r.Playlist, r.Number = what[:i], n
	}
	return r, nil
}

func ctlSeek() *cobra.Command {
	cmd := &cobra.Command{
		Use: "seek TIME", Short: "Have the item on air go on from a time in it",
		Example: "  airloom ctl seek 00:12:03.5\n  airloom ctl seek 90s",
		Args:    one("say where to"),
		RunE: func(cmd *cobra.Command, args []string) error {
			to, err := document.ParseTime(args[0])
			if err != nil {
				return usageError{fmt.Errorf("%q %w", args[0], err)}
			}
			item, _ := cmd.Flags().GetString("item")
			return ctl(cmd, socket.Request{Command: socket.Seek, Item: item, ToMS: to.Milliseconds()})
		},
	}
	cmd.Flags().String("item", "", "the ID of the item that is meant: refused if another is on air by then")
	return cmd
}

func ctlLive() *cobra.Command {
	return &cobra.Command{
		Use: "live PRODUCER on|off", Short: "Put a producer who sends on air, or take one off: then the programme goes on",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 || args[1] != "on" && args[1] != "off" {
				return errors.New("say who, and on or off")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			on := args[1] == "on"
			return ctl(cmd, socket.Request{Command: socket.Live, Producer: args[0], On: &on})
		},
	}
}

func ctlOutput() *cobra.Command {
	cmd := group("output", "Stop an output, or start it again")
	for _, c := range []struct{ name, short, command string }{
		{"stop", "End an output's session cleanly, and keep it off until it is started", socket.StopOutput},
		{"start", "Have a stopped output publish again", socket.StartOutput},
	} {
		cmd.AddCommand(&cobra.Command{
			Use: c.name + " [NAME]", Short: c.short, Args: atMostOne,
			RunE: func(cmd *cobra.Command, args []string) error {
				return ctl(cmd, socket.Request{Command: c.command, Output: strings.Join(args, "")})
			},
		})
	}
	return cmd
}

func ctlQuarantine() *cobra.Command {
	cmd := group("quarantine", "Show what is left out because it crashed its decoder, or let it back in")
	cmd.AddCommand(plainly("list", "List the files that are left out", socket.Quarantine), &cobra.Command{
		Use: "lift VERSION", Short: "Let a file back in, by the version that the list has for it", Args: one("say which, as the list has it"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return ctl(cmd, socket.Request{Command: socket.Lift, Version: args[0]})
		},
	})
	return cmd
}

func ctlStatus() *cobra.Command {
	return plainly("status", "Tell what is on air, what is next, and what is wrong", socket.Status)
}

// group is a command that only has others below it.
func group(name, short string) *cobra.Command {
	return &cobra.Command{Use: name, Short: short, Args: onlyBelow, RunE: func(cmd *cobra.Command, _ []string) error {
		return usageError{fmt.Errorf("say which: see 'airloom ctl %s --help'", name)}
	}}
}

// ctl asks the channel and tells its answer.
func ctl(cmd *cobra.Command, r socket.Request) error {
	path, err := configPath(cmd)
	if err != nil {
		return err
	}
	// Mistakes in the config are the channel's to complain of: all that counts
	// here is the state folder.
	cfg, problems := configs.Load(path)
	reply, err := socket.Ask(cmd.Context(), cfg.State.Dir, r)
	if err != nil {
		if problems.Fatal() {
			err = fmt.Errorf("%w\nThe config has mistakes, see 'airloom check'", err)
		}
		return err
	}
	if asJSON, _ := cmd.Flags().GetBool("json"); asJSON {
		out := json.NewEncoder(cmd.OutOrStdout())
		out.SetEscapeHTML(false)
		if err := out.Encode(reply); err != nil {
			return err
		}
		if !reply.OK {
			return silentError{errors.New(reply.Error)}
		}
		return nil
	}
	if !reply.OK {
		return errors.New(reply.Error)
	}
	fmt.Fprint(cmd.OutOrStdout(), ctlWords(reply, cfg.Channel.Location()))
	return nil
}
