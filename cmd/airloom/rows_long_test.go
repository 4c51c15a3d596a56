package main_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/cmd/internal/airtest"
	"airloom/playout/control"
)

func TestRow09Memory(t *testing.T) {
	joins, settle, growth := int64(55), int64(20), 10.0 // MB: the preview's window still fills
	if airtest.Soak() {
		joins, settle, growth = 2000, 200, 5.0
	}
	clips := airtest.Clips(t, airtest.HDSecond1, airtest.HDSecond2)
	srv := airtest.NGINX(t, "record off;")
	ch := airtest.Airloom(t, airtest.Setup{House: airtest.HDHouse, Output: srv.URL("x"), Items: airtest.Items(clips...)})
	ch.Publishing(10 * time.Second)
	var peak, brief int64
	until := func(join int64) (airtest.Usage, control.Status) {
		var s control.Status
		var u airtest.Usage
		airtest.Eventually(t, time.Duration(join+60)*time.Second, fmt.Sprintf("join %d", join), func() bool {
			s, _ = ch.Status()
			u = ch.Usage()
			after, ok := ch.Status()
			// The clip on air and the next one, before and after: files are counted with the same readers open.
			return ok && s.Tick >= join*25 && s.Resources.Workers == 2 && after.Resources.Workers == 2 && u.Processes == 3
		})
		airtest.Stay(t, 1200*time.Millisecond, func() string { // at any moment from join to join
			u := ch.Usage()
			if u.Processes <= 3 { // a worker that is just ending is a third for a moment
				peak = max(peak, u.PSS)
			}
			brief = max(brief, u.PSS)
			return ended(ch)
		})
		return u, s
	}
	base, first := until(settle)
	for n := settle + 5; n < joins; n += 5 {
		until(n)
	}
	end, last := until(joins)
	mb := func(n int64) float64 { return float64(n) / (1 << 20) }
	t.Logf("PSS at most %.1f MB, with ending workers %.1f MB; keeper %.1f MB after %d joins, %.1f MB after %d; files %d then %d, threads %d then %d, processes %d; %+v then %+v",
		mb(peak), mb(brief), mb(base.RootRSS), settle, mb(end.RootRSS), joins, base.RootFiles, end.RootFiles, base.Threads, end.Threads, end.Processes,
		first.Resources, last.Resources)
	require.Less(t, mb(end.RootRSS-base.RootRSS), growth, "growth of the keeper")
	require.InDelta(t, base.RootFiles, end.RootFiles, 3, "file descriptors")
	require.LessOrEqual(t, end.Processes, 4, "the keeper and its workers")
	// Where in a clip one looks decides how many of its ring's 13 slots are filled;
	// a picture lost at every join would be far beyond that.
	require.InDelta(t, first.Resources.Pictures, last.Resources.Pictures, 16, "live pictures")
	tree := airtest.Tree(ch.PID())
	_, code := ch.Stop()
	require.Zero(t, code)
	for _, pid := range tree {
		require.False(t, airtest.Alive(pid), "process %d is left", pid)
	}
	require.LessOrEqual(t, mb(peak), 150.0, "PSS of the tree")
}

// cost is one row of the benchmark.
type cost struct {
	Seconds float64 `json:"seconds"` // of wall time
	CPU     float64 `json:"cpu"`     // seconds of user and system time
	Cores   float64 `json:"cores"`
}

// TestRow08Cost compares the processor time of a channel with that of the ffmpeg
// program doing the same. `make bench` runs it: AIRLOOM_BENCH is set, and names
// the file for the figures if it is not just 1.
func TestRow08Cost(t *testing.T) {
	to := os.Getenv("AIRLOOM_BENCH")
	if to == "" {
		t.Skip("a benchmark: set AIRLOOM_BENCH=1, or run make bench")
	}
	clips := airtest.Clips(t, airtest.HD1, airtest.HD2)
	var ours, theirs cost
	for range 2 { // in turn, so that a busy spell of the machine hits both
		theirs.add(costOfFFmpeg(t, clips))
		ours.add(costOfAirloom(t, clips))
	}
	ratio := ours.CPU / ours.Seconds / (theirs.CPU / theirs.Seconds)
	figures, _ := json.Marshal(map[string]any{"airloom": ours, "ffmpeg": theirs, "ratio": ratio})
	t.Logf("processor time: airloom %.3f of a core, ffmpeg %.3f, ratio %.3f", ours.Cores, theirs.Cores, ratio)
	if to != "1" {
		require.NoError(t, os.WriteFile(to, figures, 0o644))
	}
	require.LessOrEqual(t, ratio, 1.05)
}

func (c *cost) add(o cost) {
	c.Seconds, c.CPU = c.Seconds+o.Seconds, c.CPU+o.CPU
	c.Cores = c.CPU / c.Seconds
}

const benchWarm, benchFor = 4 * time.Second, 40 * time.Second

// measure takes the processor time of a tree for a while, once it is warm.
func measure(t *testing.T, pid int) cost {
	airtest.Stay(t, benchWarm, nil)
	start, before := time.Now(), airtest.UsageOf(pid).CPU
	airtest.Stay(t, benchFor, nil)
	took := time.Since(start).Seconds()
	return cost{Seconds: took, CPU: (airtest.UsageOf(pid).CPU - before).Seconds()}
}

func costOfAirloom(t *testing.T, clips []airtest.Clip) cost {
	srv := airtest.NGINX(t)
	// As the ffmpeg program: no preview, no page.
	ch := airtest.Airloom(t, airtest.Setup{House: airtest.HDHouse, Output: srv.URL("x"), Items: airtest.Items(clips...),
		Sections: map[string]string{"web": `{listen: ""}`, "log": "{level: warn}"}})
	airtest.Eventually(t, 10*time.Second, "it publishes", func() bool { return srv.Published("x") > 0 })
	c := measure(t, ch.PID())
	_, code := ch.Stop()
	require.Zero(t, code)
	return c
}

func costOfFFmpeg(t *testing.T, clips []airtest.Clip) cost {
	srv := airtest.NGINX(t)
	list := filepath.Join(t.TempDir(), "list.txt")
	text := ""
	for _, c := range clips {
		text += fmt.Sprintf("file '%s'\n", c.Path)
	}
	require.NoError(t, os.WriteFile(list, []byte(text), 0o644))
	args := strings.Fields("-hide_banner -nostats -loglevel error -re -stream_loop -1 -f concat -safe 0 -i LIST -map 0:v:0 -map 0:a:0 " +
		"-vf scale=1280:720:force_original_aspect_ratio=decrease,pad=1280:720:(ow-iw)/2:(oh-ih)/2,setsar=1,format=yuv420p " +
		"-c:v libx264 -preset faster -tune zerolatency -profile:v main -level 3.1 -crf 23 -maxrate 1300k -bufsize 2600k " +
		"-g 50 -keyint_min 25 -sc_threshold 0 -r 25 -c:a aac -b:a 128k -ar 44100 -ac 2 -flags +global_header -f flv URL")
	for i, a := range args {
		args[i] = strings.NewReplacer("LIST", list, "URL", srv.URL("x")).Replace(a)
	}
	cmd := exec.Command("ffmpeg", args...)
	cmd.Stderr = os.Stderr
	require.NoError(t, cmd.Start())
	defer func() { _ = cmd.Process.Signal(syscall.SIGKILL); _ = cmd.Wait() }()
	airtest.Eventually(t, 10*time.Second, "the ffmpeg program publishes", func() bool { return srv.Published("x") > 0 })
	return measure(t, cmd.Process.Pid)
}
