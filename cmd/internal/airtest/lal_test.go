package airtest

import (
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// What goes into lal by RTMP comes out by RTSP, on both transports, and by HLS,
// and again after a crash.
func TestLal(t *testing.T) {
	t.Parallel()
	s := Lal(t)
	clip := Clips(t, Plain1)[0]
	publish := func() {
		cmd := exec.Command(need(t, "ffmpeg", "ffmpeg"), "-loglevel", "error", "-re", "-stream_loop", "-1", "-i", clip.Path, "-c", "copy", "-f", "flv", s.RTMP("x"))
		require.NoError(t, cmd.Start())
		t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	}
	seen := func(args ...string) func() bool {
		args = append([]string{"-v", "error", "-show_entries", "stream=codec_name", "-of", "csv=p=0", "-timeout", "3000000"}, args...)
		return func() bool {
			out, _ := exec.Command(need(t, "ffprobe", "ffmpeg"), args...).Output()
			return strings.Contains(string(out), "h264") && strings.Contains(string(out), "aac")
		}
	}
	publish()
	Eventually(t, 15*time.Second, "RTSP by TCP has both tracks", seen("-rtsp_transport", "tcp", s.RTSP("x")))
	Eventually(t, 15*time.Second, "RTSP by UDP has both tracks", seen("-rtsp_transport", "udp", s.RTSP("x")))
	Eventually(t, 15*time.Second, "HLS has both tracks", seen(s.HLS("x")))
	s.Kill()
	require.False(t, listens(s.RTSPPort))
	s.Start()
	publish()
	Eventually(t, 15*time.Second, "RTSP again", seen("-rtsp_transport", "tcp", s.RTSP("x")))
}
