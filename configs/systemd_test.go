package configs

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// units are what a machine would run: the plain one, and one of several.
var units = []string{"airloom.service", "airloom@north.service"}

// scratchRoot is a root directory with our units, a binary in its place, and
// the system's own units that ours refer to.
func scratchRoot(t *testing.T) string {
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		lacking(t, "systemd-analyze is not installed: apt-get install systemd")
	}
	root := t.TempDir()
	write := func(path, text string, mode os.FileMode) {
		path = filepath.Join(root, path)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), mode))
	}
	write("usr/local/bin/airloom", "#!/bin/sh\n", 0o755)
	write("bin/kill", "#!/bin/sh\n", 0o755)
	for _, target := range []string{"sysinit", "basic", "shutdown", "network-online", "multi-user"} {
		write("usr/lib/systemd/system/"+target+".target", "[Unit]\nDescription="+target+"\n", 0o644)
	}
	for _, name := range []string{"airloom.service", "airloom@.service"} {
		text, err := os.ReadFile(filepath.Join("systemd", name))
		require.NoError(t, err)
		write("etc/systemd/system/"+name, string(text), 0o644)
	}
	// systemd looks for an instance by its own name.
	require.NoError(t, os.Symlink("airloom@.service", filepath.Join(root, "etc/systemd/system/airloom@north.service")))
	return root
}

// lacking ends a test that lacks what it needs. Under `make test`, which brings
// all of it (AIRLOOM_TOOLS is set), that is a failure.
func lacking(t testing.TB, words string) {
	t.Helper()
	if os.Getenv("AIRLOOM_TOOLS") != "" {
		t.Fatal(words)
	}
	t.Skip(words)
}

func analyze(t *testing.T, args ...string) string {
	out, err := exec.Command("systemd-analyze", args...).CombinedOutput()
	require.NoError(t, err, "systemd-analyze %s:\n%s", strings.Join(args, " "), out)
	return string(out)
}

func TestUnitsVerify(t *testing.T) {
	root := scratchRoot(t)
	for _, unit := range units {
		require.Empty(t, analyze(t, "verify", "--man=no", "--root="+root, unit), unit)
	}
}

// The exposure is 3.0 of 10 at most; the tool takes it times ten.
func TestUnitsAreHardened(t *testing.T) {
	root := scratchRoot(t)
	for _, unit := range units {
		out := analyze(t, "security", "--no-pager", "--offline=yes", "--threshold=30", "--root="+root, unit)
		require.Contains(t, out, "Overall exposure level for "+unit)
	}
}
