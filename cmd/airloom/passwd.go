package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"airloom/configs"
	"airloom/web"
)

func passwdCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "passwd [NAME]",
		Short: "Make the hash of a password, or a token for a program, for the config",
		Long: "Asks for a password, twice and without showing it, and prints its hash; what to write into the config is\n" +
			"told beside it. Where no terminal is at hand it reads the password from stdin, up to the end of the line.\n" +
			"With --token it makes a token for a program, and prints that and its hash. Nothing is kept anywhere.",
		Args: atMostOne,
		RunE: func(cmd *cobra.Command, args []string) error {
			role, _ := cmd.Flags().GetString("role")
			if _, err := web.RoleOf(role); err != nil {
				return usageError{err}
			}
			name := ""
			if len(args) > 0 {
				if name = args[0]; configs.NameFault(name) != "" {
					return usageError{fmt.Errorf("%q is no name: %s", name, configs.NameFault(name))}
				}
			}
			if token, _ := cmd.Flags().GetBool("token"); token {
				return newToken(cmd, name, role)
			}
			return newPassword(cmd, name, role)
		},
	}
	cmd.Flags().String("role", "operator", "what the line for the config gives: viewer, operator or admin")
	cmd.Flags().Bool("token", false, "make a token for a program")
	return cmd
}

func newPassword(cmd *cobra.Command, name, role string) error {
	password, err := askPassword(cmd.Context(), cmd.InOrStdin(), cmd.ErrOrStderr())
	if err != nil {
		return err
	}
	hash, err := web.HashPassword(password)
	if err != nil {
		return err
	}
	if name == "" {
		name = "ops"
	}
	fmt.Fprintln(cmd.OutOrStdout(), hash)
	fmt.Fprintf(cmd.ErrOrStderr(), "\nIn the config, under web.users:\n\n    - {name: %s, password_hash: \"%s\", role: %s}\n\nIt counts after airloom ctl reload.\n", name, hash, role)
	return nil
}

func newToken(cmd *cobra.Command, name, role string) error {
	if name == "" {
		name = "program"
	}
	token, hash := web.NewToken()
	fmt.Fprintln(cmd.OutOrStdout(), token)
	fmt.Fprintln(cmd.OutOrStdout(), hash)
	fmt.Fprintf(cmd.ErrOrStderr(), "\nThe first line is the token: give it to the program, which sends it as \"Authorization: Bearer TOKEN\".\n"+
		"It is shown this once. In the config, under web.tokens:\n\n    - {name: %s, hash: \"%s\", role: %s}\n\nIt counts after airloom ctl reload.\n", name, hash, role)
	return nil
}

// shortest is the shortest password that is taken, in characters: what NIST
// SP 800-63B asks of one that people choose.
const shortest = 8

// askPassword asks on a terminal, and otherwise just reads.
func askPassword(ctx context.Context, in io.Reader, out io.Writer) (string, error) {
	file, ok := in.(*os.File)
	if ok {
		_, err := unix.IoctlGetTermios(int(file.Fd()), unix.TCGETS)
		ok = err == nil
	}
	lines := bufio.NewReader(io.LimitReader(in, 64<<10))
	if !ok {
		return checkedPassword(readLine(lines))
	}
	first, err := hidden(ctx, file, out, "Password: ", lines)
	if _, err := checkedPassword(first, err); err != nil {
		return "", err
	}
	second, err := hidden(ctx, file, out, "Once more: ", lines)
	if err == nil && first != second {
		err = errors.New("the two are not the same: try again")
	}
	return first, err
}

func checkedPassword(password string, err error) (string, error) {
	if err == nil && len([]rune(password)) < shortest {
		err = fmt.Errorf("a password of fewer than %d characters is quickly guessed: take a longer one", shortest)
	}
	return password, err
}

// hidden asks for a line that is not shown. Whatever happens, the terminal shows
// again what is typed.
func hidden(ctx context.Context, tty *os.File, out io.Writer, words string, lines *bufio.Reader) (string, error) {
	fd := int(tty.Fd())
	before, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return "", fmt.Errorf("ask for the password: %w", err)
	}
	silent := *before
	silent.Lflag &^= unix.ECHO
	silent.Lflag |= unix.ICANON | unix.ISIG | unix.ECHONL
	if err := unix.IoctlSetTermios(fd, unix.TCSETSF, &silent); err != nil {
		return "", fmt.Errorf("ask for the password: %w", err)
	}
	defer func() { _ = unix.IoctlSetTermios(fd, unix.TCSETS, before) }()
	fmt.Fprint(out, words)
	type typed struct {
		line string
		err  error
	}
	done := make(chan typed, 1)
	go func() {
		line, err := readLine(lines)
		done <- typed{line, err}
	}()
	select {
	case t := <-done:
		return t.line, t.err
	case <-ctx.Done(): // the one that reads ends with the process
		fmt.Fprintln(out)
		return "", errors.New("no password was given")
	}
}

func readLine(r *bufio.Reader) (string, error) {
	line, err := r.ReadString('\n')
	if err != nil && (line == "" || !errors.Is(err, io.EOF)) {
		return "", errors.New("no password was given")
	}
	return strings.TrimRight(line, "\r\n"), nil
}
