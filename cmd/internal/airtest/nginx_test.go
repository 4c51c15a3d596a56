package airtest

import (
	"net"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The server records what the ffmpeg program publishes, forgets nothing when it
// dies, comes back on its port, and the tap between sees every byte.
func TestServer(t *testing.T) {
	clips := Clips(t, Plain1)
	s := NGINX(t)
	tap := NewTap(t, s.Port)
	publish := func(url string) {
		out, err := exec.Command("ffmpeg", "-v", "error", "-re", "-i", clips[0].Path, "-c", "copy", "-f", "flv", url).CombinedOutput()
		require.NoError(t, err, string(out))
	}
	publish(tap.URL("one"))
	Eventually(t, 5*time.Second, "the server logs the end", func() bool { return s.Published("one") == 1 && s.Unpublished("one") == 1 })
	require.Len(t, s.Recordings(), 1)
	r := Analyse(t, s.Recordings()[0], clips, DefaultHouse)
	require.Len(t, r.Runs, 1)
	require.Zero(t, r.Sums().Lost+r.Sums().Doubled)

	seen := 0
	for _, m := range tap.Media() {
		if m.Video && !m.Header {
			seen++
		}
	}
	require.Len(t, r.Video.Samples, seen)
	require.Greater(t, tap.Bytes(), r.Bytes*9/10)
	require.Less(t, tap.MaxGap(), time.Second)
	require.Less(t, tap.Lateness().P99, time.Second)

	s.Kill()
	_, err := net.DialTimeout("tcp", net.JoinHostPort("127.0.0.1", itoa(s.Port)), time.Second)
	require.Error(t, err)
	s.Start()
	publish(s.URL("two"))
	require.Len(t, s.Recordings(), 2)
}
