package main_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"airloom/cmd/internal/airtest"
	"airloom/playout/control"
)

// outputOf is the output of that name.
func outputOf(s control.Status, name string) control.Output {
	for _, o := range s.Outputs {
		if o.Name == name {
			return o
		}
	}
	return control.Output{}
}

// played is what hls.js tells of itself.
type played struct {
	Played float64
	Frames int
	Width  int
	Errors []struct {
		Fatal   bool
		Details string
		Code    int
	}
}

// playInBrowser plays a stream with hls.js on a page of another site.
func playInBrowser(t *testing.T, stream string) (p played) {
	t.Helper()
	ui, err := filepath.Abs("../../web/ui")
	require.NoError(t, err)
	chromium, err := exec.LookPath("chromium")
	player, gone := os.ReadFile(filepath.Join(ui, "node_modules/hls.js/dist/hls.min.js"))
	if err != nil || gone != nil {
		lacking(t, "no chromium, or the desk's packages are not installed: make test installs both")
	}
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/hls.js" {
			w.Header().Set("Content-Type", "text/javascript")
			_, _ = w.Write(player)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, `<!doctype html><script src="/hls.js"></script><video></video>`)
	}))
	defer site.Close()
	script, err := os.Open("testdata/hlsjs.mjs")
	require.NoError(t, err)
	defer script.Close()
	var said strings.Builder
	cmd := exec.CommandContext(t.Context(), "node", "--input-type=module", "-", site.URL, stream, chromium)
	cmd.Dir, cmd.Stdin, cmd.Stderr = ui, script, &said
	out, err := cmd.Output()
	require.NoError(t, err, said.String())
	require.NoError(t, json.Unmarshal(out, &p), "%s", out)
	return p
}

// lacking skips, but for where all tools must be there.
func lacking(t *testing.T, words string) {
	t.Helper()
	if os.Getenv("AIRLOOM_TOOLS") != "" {
		t.Fatal(words)
	}
	t.Skip(words)
}

// joined is one file of all that the recordings hold, packet after packet.
func joined(t *testing.T, files []string) string {
	t.Helper()
	dir := t.TempDir()
	picture, sound, whole := filepath.Join(dir, "all.h264"), filepath.Join(dir, "all.aac"), filepath.Join(dir, "all.mp4")
	for _, f := range files {
		for to, args := range map[string][]string{picture: {"0:v", "h264"}, sound: {"0:a", "adts"}} {
			b, err := exec.Command("ffmpeg", "-v", "error", "-i", f, "-map", args[0], "-c", "copy", "-f", args[1], "-").Output()
			require.NoError(t, err, f)
			out, err := os.OpenFile(to, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
			require.NoError(t, err)
			_, err = out.Write(b)
			require.NoError(t, err)
			require.NoError(t, out.Close())
		}
	}
	said, err := exec.Command("ffmpeg", "-v", "error", "-r", "25", "-i", picture, "-i", sound, "-map", "0:v", "-map", "1:a", "-c", "copy", whole).CombinedOutput()
	require.NoError(t, err, "%s", said)
	return whole
}

// What is pulled is played by mpv, by hls.js and by a viewer who looks closely; what
// is recorded is whole over the files' joints. Then the channel is killed: the files
// play to within four seconds, and viewers go on with the channel that comes after.
func TestRow8PulledAndRecorded(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("mpv"); err != nil {
		lacking(t, "mpv is not installed: make test installs it")
	}
	clips := airtest.Clips(t, airtest.Plain1, airtest.Plain2)
	m := airtest.Watch()
	ch := airtest.Airloom(t, airtest.Setup{Output: "rtmp://127.0.0.1:9/live/x", Items: airtest.Items(clips...),
		Sections: map[string]string{"hls": "{variant: mpegts, token: a-token-nobody-can-guess}", "record": "{dir: ./rec, each: 5s}"}})
	const query = "?token=a-token-nobody-can-guess"
	ch.Until(20*time.Second, "both publish", func(s control.Status) bool {
		return outputOf(s, "hls").State == control.Publishing && outputOf(s, "record").State == control.Publishing
	})
	_, code := ch.Get("/hls/index.m3u8")
	require.Equal(t, http.StatusUnauthorized, code, "without the token")
	v := airtest.View(t, ch.URL("/hls/main_stream.m3u8"+query))
	mpv := make(chan error, 1)
	go func() {
		said, err := exec.CommandContext(t.Context(), "mpv", "--no-config", "--vo=null", "--ao=null", "--length=4", "--msg-level=all=warn",
			ch.URL("/hls/index.m3u8"+query)).CombinedOutput()
		if err != nil {
			err = fmt.Errorf("%w: %s", err, said)
		}
		mpv <- err
	}()
	p := playInBrowser(t, ch.URL("/hls/index.m3u8"+query))
	require.GreaterOrEqual(t, p.Played, 4.0, "hls.js: %+v", p)
	require.Equal(t, 320, p.Width)
	require.Greater(t, p.Frames, 50)
	for _, e := range p.Errors {
		require.False(t, e.Fatal, "%+v", e)
	}
	require.NoError(t, <-mpv)
	ch.Until(20*time.Second, "two joints of files", func(s control.Status) bool {
		return outputOf(s, "record").Sessions >= 4 && s.UptimeS > 14
	})
	s := lastStatus(t, ch)
	require.GreaterOrEqual(t, outputOf(s, "hls").Sessions, int64(2), "players lately")
	require.Zero(t, outputOf(s, "record").DroppedPackets+outputOf(s, "hls").DroppedPackets)
	require.NotContains(t, ch.Log(), "a-token-nobody")
	excuse := airtest.ExcuseOf(s, m.Others())
	ch.Kill()

	files, err := filepath.Glob(filepath.Join(ch.Dir, "rec", "*.mp4"))
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(files), 4)
	r := airtest.AnalyseFile(t, joined(t, files), clips, airtest.DefaultHouse)
	r.Excuse = excuse
	sums := r.Sums()
	t.Logf("recorded: %d files, %d pictures of %d ticks, %d beeps from %v to %v", len(files), len(r.Pictures), s.Tick, sums.Beeps, sums.FitMin, sums.FitMax)
	require.Greater(t, int64(len(r.Pictures)), s.Tick-4*25, "to within four seconds of the kill")
	wellAired(t, r, clips, aacFrame)
	for _, f := range files {
		one := airtest.AnalyseFile(t, f, clips, airtest.DefaultHouse)
		one.Excuse = excuse
		require.Less(t, one.Pictures[0].At, 40*time.Millisecond, "a file begins at 0")
		one.RequireTogether(t, aacFrame, 1)
	}

	ch.Again()
	before := len(v.Segments())
	airtest.Eventually(t, 20*time.Second, "the viewer goes on", func() bool { return len(v.Segments()) >= before+3 })
	v.Stop()
	require.Zero(t, v.Ends())
	require.Len(t, v.Pieces(), 2, "a joint is told")
	for _, f := range v.Faults() {
		require.NotContains(t, f, "went back")
	}
	last := 0
	for _, x := range v.Segments() {
		require.Greater(t, x.Number, last)
		last = x.Number
	}
	r = airtest.AnalyseFile(t, v.Pieces()[0], clips, airtest.DefaultHouse)
	r.Excuse = excuse
	sums = r.Sums()
	t.Logf("HLS: %d segments, %d pictures, %d beeps from %v to %v", before, len(r.Pictures), sums.Beeps, sums.FitMin, sums.FitMax)
	wellAired(t, r, clips, hlsOff)
	_, code = ch.Stop()
	require.Zero(t, code)
}

// wellAired judges what was sent.
func wellAired(t *testing.T, r *airtest.Report, clips []airtest.Clip, limit time.Duration) {
	t.Helper()
	r.RequireWhole(t)
	r.RequireOrder(t, clips)
	r.RequireJoins(t)
	r.RequireSound(t)
	r.RequireTogether(t, limit, len(r.Runs))
}

// The recording's disk is full and stays so: it pauses and says so, while another
// output loses nothing. An operator stops it, and starts it again.
func TestRow8AFullDiskIsNotOnAir(t *testing.T) {
	t.Parallel()
	disk := t.TempDir()
	if err := unix.Mount("none", disk, "tmpfs", 0, "size=4m"); err != nil {
		t.Skip("a disk of its own takes root's rights: ", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(disk, unix.MNT_DETACH) })
	srv := airtest.NGINX(t)
	m := airtest.Watch()
	clips := airtest.Clips(t, airtest.Plain1, airtest.Plain2)
	ch := airtest.Airloom(t, airtest.Setup{Output: srv.URL("x"), Items: airtest.Items(clips...),
		Sections: map[string]string{"record": fmt.Sprintf("{dir: %q, each: 1h}", disk)}})
	ch.Publishing(15 * time.Second)
	until := func(what string, is func(control.Output) bool) {
		t.Helper()
		ch.Until(20*time.Second, what, func(s control.Status) bool { return is(outputOf(s, "record")) })
	}
	until("it records", func(o control.Output) bool { return o.State == control.Publishing })
	filler := filepath.Join(disk, "filler")
	_ = os.WriteFile(filler, make([]byte, 4<<20), 0o644) // as much as there is
	until("it says that the disk is full", func(o control.Output) bool {
		return o.State == control.Waiting && o.Cause == "disk-full" && strings.Contains(o.LastError, "make room")
	})
	ch.Until(10*time.Second, "there is an alert", func(s control.Status) bool {
		return strings.Contains(alertOf(s, "output-down"), "output record is not publishing")
	})
	require.NoError(t, os.Remove(filler))
	until("it goes on by itself", func(o control.Output) bool { return o.State == control.Publishing && o.LastError == "" })
	ch.Must("ctl", "output", "stop", "record")
	until("it is stopped", func(o control.Output) bool { return o.State == control.Stopped })
	ch.Must("ctl", "output", "start", "record")
	until("it records again", func(o control.Output) bool { return o.State == control.Publishing })

	s := lastStatus(t, ch)
	require.EqualValues(t, 1, s.Output.Sessions)
	require.Zero(t, s.Output.DroppedPackets)
	_, code := ch.Stop()
	require.Zero(t, code)
	r := airtest.Analyse(t, srv.Recordings()[0], clips, airtest.DefaultHouse)
	r.Excuse = airtest.ExcuseOf(s, m.Others())
	r.RequireContiguous(t)
	r.RequireJoins(t)
}
