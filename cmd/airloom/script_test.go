package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/require"

	"airloom/cmd/internal/airtest"
)

// The real binary, driven by scripts.
func TestScripts(t *testing.T) {
	bin := airtest.Binary(t)
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			env.Setenv("HOME", os.Getenv("HOME")) // the demo keeps its clips in the cache
			env.Setenv("PATH", filepath.Dir(bin)+string(os.PathListSeparator)+os.Getenv("PATH"))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
	})
}

// exits runs a command and checks its exit code: exits 2 airloom …
func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("%s: exit code %d, want %d", strings.Join(args[1:], " "), got, want)
	}
}

var fence = regexp.MustCompile("(?ms)^```(\\w*)\\n(.*?)^```")

// What the README tells a newcomer to type and to write must work.
func TestReadme(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	dir, commands := t.TempDir(), []string(nil)
	for _, block := range fence.FindAllStringSubmatch(string(readme), -1) {
		switch block[1] {
		case "yaml": // the first line is a comment with the file's name
			name, _, _ := strings.Cut(strings.TrimPrefix(block[2], "# "), "\n")
			path := filepath.Join(dir, name)
			require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
			require.NoError(t, os.WriteFile(path, []byte(block[2]), 0o644))
		case "sh":
			commands = append(commands, strings.Split(strings.TrimSpace(block[2]), "\n")...)
		}
	}
	require.NotEmpty(t, commands)
	bin := airtest.Binary(t)
	for _, line := range commands {
		command, _, _ := strings.Cut(line, "#")
		words := strings.Fields(command)
		switch {
		case words[0] == "make": // the targets are there; what they do is tested elsewhere
			out, err := exec.Command("make", "-C", "../..", "-n", words[1]).CombinedOutput()
			require.NoError(t, err, "%s: %s", line, out)
		case words[0] == "bin/airloom" && words[1] == "run":
			// Runs for ever: the row tests do that.
		case words[0] == "bin/airloom":
			cmd := exec.Command(bin, words[1:]...)
			cmd.Dir = dir
			out, err := cmd.CombinedOutput()
			require.NoError(t, err, "%s: %s", line, out)
		default:
			t.Fatalf("README has a command that no test runs: %s", line)
		}
	}
}
