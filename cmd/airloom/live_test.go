package main_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/cmd/internal/airtest"
	"airloom/playout/control"
)

// A live item whose server dies is held, and goes on with the live picture when it
// is back, within its time; it ends when it was planned to.
func TestALiveItemIsReconnected(t *testing.T) {
	t.Parallel()
	srv, lal := airtest.NGINX(t), airtest.Lal(t)
	clips := airtest.Clips(t, airtest.Camera1, airtest.Plain1)
	send := func() { airtest.Send(t, clips[0], "-f", "flv", lal.RTMP("cam")) }
	send()
	ch := airtest.Airloom(t, airtest.Setup{
		Output: srv.URL("x"),
		Media:  map[string]airtest.Clip{"plain1.mp4": clips[1]},
		Lists: map[string]string{"main.yml": fmt.Sprintf(
			"items:\n  - {source: plain1.mp4}\n  - {source: %q, duration: 20s, title: Camera}\n  - {source: plain1.mp4}\n", lal.RTSP("cam"))},
	})
	on := func(s control.Status) bool { return s.Now != nil && s.Now.Title == "Camera" && s.State == control.OnAir }
	ch.Until(20*time.Second, "the camera is on air", on)
	time.Sleep(4 * time.Second)
	lal.Kill()
	time.Sleep(5 * time.Second)
	lal.Start()
	send()
	time.Sleep(15 * time.Second)
	ch.Stop()
	t.Log(ch.Log())
	report := airtest.Analyse(t, srv.Recordings()[0], clips, airtest.DefaultHouse)
	t.Log(report)
	require.NotEmpty(t, report.Runs)
}
