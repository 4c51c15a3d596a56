package past

import (
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A child's memory and time count while it lives and after.
func TestUsageCountsChildren(t *testing.T) {
	memory, cpu := Usage()
	require.Greater(t, memory, int64(1<<20))
	child := exec.Command("sh", "-c", "x=$(head -c 20000000 /dev/zero | tr '\\0' a); i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; echo; read y")
	in, err := child.StdinPipe()
	require.NoError(t, err)
	out, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	_, err = out.Read(make([]byte, 1)) // it has worked
	require.NoError(t, err)
	with, while := Usage()
	require.Greater(t, with, memory+15<<20)
	require.Greater(t, while, cpu+50*time.Millisecond)
	require.NoError(t, in.Close())
	_ = child.Wait() // read ends with an error
	_, after := Usage()
	require.GreaterOrEqual(t, after, while)
}

func BenchmarkUsage(b *testing.B) {
	for b.Loop() {
		Usage()
	}
}
