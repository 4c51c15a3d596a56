package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"airloom/cmd/internal/airtest"
	"airloom/configs"
	"airloom/playout/control"
	"airloom/playout/control/socket"
	"airloom/web"
)

// The test's program is its own child, and one that touches media hangs.
func init() {
	if len(os.Args) > 1 && strings.HasSuffix(os.Args[1], "-worker") {
		_ = unix.Pause()
		os.Exit(0)
	}
}

// swallows takes connections and whatever comes, and never answers.
func swallows(t *testing.T, network, addr string) string {
	l, err := net.Listen(network, addr)
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(io.Discard, c); _ = c.Close() }()
		}
	}()
	return l.Addr().String()
}

// allHangs is an exam of a channel around which nothing answers.
func allHangs(t *testing.T) *exam {
	x := examOf("rtmp://" + swallows(t, "tcp", "127.0.0.1:0") + "/live/ch1")
	over := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-over }))
	t.Cleanup(func() { close(over); server.Close() })
	x.cfg.AntMedia.API = server.URL + "/LiveApp"
	x.cfg.Outputs = append(x.cfg.Outputs, configs.Output{Name: "api", URL: configs.TargetOf("rtmp://127.0.0.1:1/LiveApp/ch1")})
	x.cfg.Media.Root, x.cfg.Playlists.Watch, x.cfg.State.Dir = t.TempDir(), t.TempDir(), t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(x.cfg.Media.Root, "a.mp4"), []byte("no film"), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(x.cfg.Playlists.Watch, "main.yml"), []byte("items: [{source: a.mp4}]\n"), 0o644))
	return x
}

// Whatever hangs, the doctor has told all that it could find out after half a minute:
// with outputs that swallow, an API, a control socket, media's children and the
// encoder that never answer. It is a tenth of that here, and all of it in a soak.
func TestDoctorEndsWhenEverythingHangs(t *testing.T) {
	t.Parallel()
	const bound = 30 * time.Second
	hurry, limit := time.Duration(10), bound/2 // which a busy machine keeps, too
	if os.Getenv("AIRLOOM_SOAK") == "1" {
		hurry, limit = 1, bound
	}
	x, stuck := allHangs(t), make(chan struct{})
	defer close(stuck)
	list, longest := slices.Clone(looks), time.Duration(0)
	for i := range list {
		if i < len(list)-1 {
			longest = max(longest, list[i].within)
		}
		list[i].within /= hurry
	}
	last := &list[len(list)-1]
	require.LessOrEqual(t, asking+longest+lastWord+looks[len(looks)-1].within+lastWord, bound)
	last.find = func(*exam, context.Context) []web.Finding { <-stuck; return nil }

	began := time.Now()
	swallows(t, "unix", filepath.Join(x.cfg.State.Dir, socket.Name))
	ctx, cancel := context.WithTimeout(t.Context(), asking/hurry)
	x.askChannel(ctx)
	cancel()
	require.Nil(t, x.status)
	x.status = &control.Status{Outputs: []control.Output{{Name: "api", State: control.Publishing}}}
	found := map[string]web.Finding{}
	for _, f := range x.all(t.Context(), list) {
		found[f.Title] = f
	}
	require.Less(t, time.Since(began), limit)
	t.Log(time.Since(began))

	require.Equal(t, lateEncoder, found["Encoder"].Remedy)
	require.Equal(t, isError, found["Output main, handshake"].Level, "%+v", found)
	require.Equal(t, isWarning, found["Output api, API"].Level)
	require.Equal(t, isOK, found["FFmpeg"].Level)
	for _, title := range []string{"Media", "Media files", "Playlists", "Disk space for state"} {
		require.Contains(t, found, title)
	}
	airtest.Eventually(t, 20*time.Second, "no child is left", func() bool {
		lists, _ := filepath.Glob("/proc/self/task/*/children")
		return !slices.ContainsFunc(lists, func(path string) bool {
			pids, _ := os.ReadFile(path)
			return slices.ContainsFunc(strings.Fields(string(pids)), func(pid string) bool {
				line, _ := os.ReadFile("/proc/" + pid + "/cmdline")
				return strings.Contains(string(line), "-worker")
			})
		})
	})
}
