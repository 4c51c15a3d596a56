package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"airloom/playlist/document"
)

// none is for a command that takes no words.
func none(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("%q is too much: '%s' takes no words", args[0], cmd.CommandPath())
	}
	return nil
}

// one is for a command that takes one word; want asks for it.
func one(want string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return fmt.Errorf("%s: write '%s %s'", want, cmd.Parent().CommandPath(), cmd.Use)
		}
		return atMostOne(cmd, args)
	}
}

// atMostOne is for a command that takes one word or none.
func atMostOne(cmd *cobra.Command, args []string) error {
	if len(args) > 1 {
		return fmt.Errorf("%q is too much: write '%s %s'", args[1], cmd.Parent().CommandPath(), cmd.Use)
	}
	return nil
}

// oneOf is for a command that takes one of two words.
func oneOf(a, b string) cobra.PositionalArgs {
	asked := one("say which, " + a + " or " + b)
	return func(cmd *cobra.Command, args []string) error {
		if err := asked(cmd, args); err != nil {
			return err
		}
		if args[0] != a && args[0] != b {
			return fmt.Errorf("%q is neither %s nor %s: write '%s %s'", args[0], a, b, cmd.Parent().CommandPath(), cmd.Use)
		}
		return nil
	}
}

// onlyBelow is for a command that has others below it, and nothing else.
func onlyBelow(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() {
			names = append(names, sub.Name())
		}
	}
	if near := document.Nearest(args[0], names); near != "" {
		return fmt.Errorf("there is no '%s %s': did you mean %s?", cmd.CommandPath(), args[0], near)
	}
	return fmt.Errorf("there is no '%s %s': there are %s", cmd.CommandPath(), args[0], strings.Join(names, ", "))
}
