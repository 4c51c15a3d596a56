package worker

import (
	"context"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"airloom/playout/cliptest"
	"airloom/playout/media"
)

func TestRights(t *testing.T) {
	t.Setenv("NOTIFY_SOCKET", "/run/systemd/notify")
	t.Setenv("AMS_TOKEN", "secret")
	root, outside := t.TempDir(), t.TempDir()
	inside, secret := root+"/inside", outside+"/secret"
	require.NoError(t, os.WriteFile(inside, []byte("x"), 0o600))
	require.NoError(t, os.WriteFile(secret, []byte("x"), 0o600))
	require.NoError(t, os.Symlink(secret, root+"/link"))
	op := opener(t, Options{})
	ask := func(root, what string) string {
		spec := script("rights", "arg", what)
		spec.Root = root
		_, err := cliptest.Next(t, op.Open(context.Background(), spec, media.Start{}))
		var f *media.Fault
		require.ErrorAs(t, err, &f)
		return err.Error()
	}
	no := "refused: "
	for what, want := range map[string]string{
		"read " + inside:                    "allowed",
		"list " + root:                      "allowed",
		"read " + secret:                    no,
		"read " + root + "/link":            no,
		"list " + outside:                   no,
		"read /etc/passwd":                  no,
		"read /proc/1/environ":              no,
		"write " + inside:                   no,
		"write " + root + "/new":            no,
		"exec":                              no,
		"socket":                            no,
		"dial 127.0.0.1:1":                  no,
		"threads":                           no,
		"kill " + strconv.Itoa(os.Getpid()): no,
	} {
		require.Contains(t, ask(root, what), want, what)
	}
	for what, want := range map[string]string{
		"read /etc/hosts":  "allowed",
		"socket":           "allowed",
		"read /etc/passwd": no,
		"read " + inside:   no,
		"exec":             no,
	} {
		require.Contains(t, ask("", what), want, what+" over a network")
	}
	require.NotContains(t, ask(root, "environ"), "secret")
	require.NotContains(t, ask(root, "environ"), "NOTIFY_SOCKET")
	for _, f := range strings.Split(ask(root, "files"), "\n") {
		require.Regexp(t, `^(pipe:|anon_inode:|/memfd:|/sys/fs/cgroup/|/dev/null|/dev/pts)`, f, "a file that the child should not have")
	}
}
