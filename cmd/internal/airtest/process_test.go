package airtest

import (
	"io"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A tree's figures hold what its children use, alive or reaped.
func TestUsage(t *testing.T) {
	// One child burns a little and is reaped, another sleeps until its input ends.
	cmd := exec.Command("sh", "-c", `sh -c 'i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done'; cat; :`)
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	cmd.Stdout = io.Discard
	require.NoError(t, cmd.Start())
	pid := cmd.Process.Pid
	Eventually(t, 20*time.Second, "the sleeping child is there", func() bool {
		tree := Tree(pid)
		return len(tree) == 2 && commandLine(tree[1])[0] == "cat"
	})
	u := UsageOf(pid)
	require.Equal(t, 2, u.Processes)
	require.Greater(t, u.CPU, 50*time.Millisecond, "of the child that is gone")
	require.Positive(t, u.PSS)
	require.Positive(t, u.RootRSS)
	require.GreaterOrEqual(t, u.RootFiles, 3)
	require.Equal(t, 1, u.Threads)
	in.Close()
	require.NoError(t, cmd.Wait())
	require.False(t, Alive(pid))
	require.Empty(t, Tree(pid))
}
