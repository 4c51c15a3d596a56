package main_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/cmd/internal/airtest"
	"airloom/playout/control"
)

func alertOf(s control.Status, code string) string {
	for _, a := range s.Alerts {
		if a.Code == code {
			return a.Message
		}
	}
	return ""
}

// A playlist is read again at SIGHUP: what follows changes, what is on air goes
// on; one that has a mistake changes nothing and says so.
func TestHangupReadsThePlaylistAgain(t *testing.T) {
	srv := airtest.NGINX(t, "record off;")
	ch := start(t, srv.URL("x"))
	more := airtest.Clips(t, airtest.Still)
	ch.Playlist(airtest.Items(more...))
	var before, after control.Status
	ch.Until(5*time.Second, "a clip is on air", func(s control.Status) bool { before = s; return s.Now != nil })
	ch.Signal(syscall.SIGHUP)
	ch.Until(5*time.Second, "what follows is what the new playlist says", func(s control.Status) bool {
		after = s
		return s.Now != nil && s.Next != nil && s.Next.Title == string(airtest.Still)
	})
	if after.Now.Title != string(airtest.Still) { // no join came between
		require.Equal(t, before.Now.StartedAt.Round(time.Second), after.Now.StartedAt.Round(time.Second), "the clip on air went on")
	}

	path := filepath.Join(ch.Dir, "playlists", "main.yml")
	require.NoError(t, os.WriteFile(path, []byte("items:\n  - {sauce: x.mp4}\n"), 0o644))
	ch.Signal(syscall.SIGHUP)
	ch.Until(5*time.Second, "the mistake is an alert, with its place", func(s control.Status) bool {
		return strings.Contains(alertOf(s, "playlist"), `main.yml:2:6: unknown key "sauce"`)
	})
	s, _ := ch.Status()
	require.Equal(t, control.OnAir, s.State)
	require.Zero(t, s.Encoder.HeldTicks, "the air did not notice")

	ch.Playlist(airtest.Items(more...))
	ch.Signal(syscall.SIGHUP)
	ch.Until(5*time.Second, "the alert clears by itself", func(s control.Status) bool { return alertOf(s, "playlist") == "" })
}

// systemd is told when the channel is up, fed by ticks, and told of the end.
func TestSystemdIsToldByTicks(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	require.NoError(t, err)
	defer conn.Close()
	heard := func(want string, within time.Duration) bool {
		_ = conn.SetReadDeadline(time.Now().Add(within))
		buf := make([]byte, 256)
		for {
			n, err := conn.Read(buf)
			if err != nil {
				return false
			}
			if string(buf[:n]) == want {
				return true
			}
		}
	}
	clips := airtest.Clips(t, airtest.Plain1)
	ch := airtest.Airloom(t, airtest.Setup{
		Output: "rtmp://127.0.0.1:9/live/x", Items: airtest.Items(clips...),
		Env: []string{"NOTIFY_SOCKET=" + socket, "WATCHDOG_USEC=1000000"},
	})
	require.True(t, heard("READY=1", 10*time.Second))
	require.True(t, heard("WATCHDOG=1", 2*time.Second))
	require.True(t, heard("WATCHDOG=1", 2*time.Second))
	require.NoError(t, syscall.Kill(ch.PID(), syscall.SIGSTOP))
	for heard("WATCHDOG=1", 50*time.Millisecond) { // what was sent before
	}
	require.False(t, heard("WATCHDOG=1", time.Second), "no ticks, no food")
	require.NoError(t, syscall.Kill(ch.PID(), syscall.SIGCONT))
	require.True(t, heard("WATCHDOG=1", 3*time.Second))
	go ch.Stop()
	require.True(t, heard("STOPPING=1", 5*time.Second))
}

// Outputs do not know of one another: one that is wedged costs the others nothing.
func TestAWedgedOutputCostsTheOthersNothing(t *testing.T) {
	t.Parallel()
	hole, err := net.Listen("tcp", "127.0.0.1:0") // takes the connection and says nothing
	require.NoError(t, err)
	defer hole.Close()
	srv := airtest.NGINX(t)
	machine := airtest.Watch()
	clips := airtest.Clips(t, airtest.Plain1, airtest.Plain2)
	ch := airtest.Airloom(t, airtest.Setup{
		Items: airtest.Items(clips...),
		Sections: map[string]string{"outputs": fmt.Sprintf("[{name: wedged, url: %q}, {name: good, url: %q}]",
			"rtmp://"+hole.Addr().String()+"/live/w", srv.URL("x"))},
	})
	ch.Until(10*time.Second, "the good output publishes", func(s control.Status) bool {
		return len(s.Outputs) == 2 && s.Outputs[1].State == control.Publishing
	})
	ch.Until(15*time.Second, "the wedged one says why", func(s control.Status) bool {
		return s.Outputs[0].State != control.Publishing && s.Outputs[0].LastError != ""
	})
	s, _ := ch.Status()
	require.Equal(t, "good", s.Outputs[1].Name)
	require.EqualValues(t, 1, s.Outputs[1].Sessions)
	require.Zero(t, s.Outputs[1].DroppedPackets)
	s, _ = ch.Status()
	_, code := ch.Stop()
	require.Zero(t, code)
	report := airtest.Analyse(t, srv.Recordings()[0], clips, airtest.DefaultHouse)
	report.Excuse = airtest.ExcuseOf(s, machine.Others())
	report.RequireContiguous(t)
	report.RequireJoins(t)
}

// A hangup asks for the playlist, from the first moment on and to the last: it
// never ends the process.
func TestHangupEndsNothing(t *testing.T) {
	hole, err := net.Listen("tcp", "127.0.0.1:0") // an output that takes its time to end
	require.NoError(t, err)
	defer hole.Close()
	clip := airtest.Clips(t, airtest.Plain1)[0]
	var long []airtest.Item // long to read: the page's port is open before that is done
	for range 3000 {
		long = append(long, airtest.Item{Clip: clip})
	}
	ch := airtest.Airloom(t, airtest.Setup{Output: "rtmp://" + hole.Addr().String() + "/live/x", Items: long})
	config, err := os.ReadFile(filepath.Join(ch.Dir, "airloom.yml"))
	require.NoError(t, err)
	_, page, _ := strings.Cut(string(config), `web: {listen: "`)
	page, _, _ = strings.Cut(page, `"`)
	airtest.Eventually(t, 10*time.Second, "the port is open", func() bool {
		c, err := net.Dial("tcp", page)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
	ch.Signal(syscall.SIGHUP)
	ch.Until(10*time.Second, "on air", func(s control.Status) bool { return s.State == control.OnAir })
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for ch.Running() {
			ch.Signal(syscall.SIGHUP)
			time.Sleep(time.Millisecond)
		}
	}()
	_, code := ch.Stop()
	<-ended
	require.Zero(t, code)
}
