package main_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/cmd/internal/airtest"
	"airloom/playout/control"
	"airloom/web"
)

// house is a channel into which secrets are planted, and what fails around it.
type house struct {
	*vault
	t             *testing.T
	ch            *airtest.Channel
	out, ams      *rude
	rtsp, srt     *rude
	rest, films   *rude
	hook          *rude
	ingest        int
	wrong         string // the key of a producer that nobody knows
	password      string
	env, sections map[string]string
}

func newHouse(t *testing.T) *house {
	h := &house{vault: newVault(), t: t, env: map[string]string{}, sections: map[string]string{}}
	p := h.plant
	key, token := p("stream key"), p("token in an output's URL")
	h.out = rudeRTMP(t, key+" and "+token)
	amsKey, amsToken := p("stream key of Ant Media Server"), p("token of Ant Media Server")
	h.ams = rudeRTMP(t, amsKey)
	h.rest = rudeHTTP(t, amsKey+" "+amsToken)
	h.rest.oneTime = p("one-time token")
	push := h.keep("password of an RTSP server", "p/w "+p("tail of a password")+"+@")
	h.rtsp = rudeRTSP(t, push)
	h.srt = rudeSRT(t)
	h.films = rudeHTTP(t, "sorry")
	h.hook = rudeHTTP(t, "sorry")
	h.ingest = airtest.FreePort(t)
	h.env["PLANTED_KEY"], h.env["PLANTED_REST"] = key, amsToken

	h.sections["outputs"] = fmt.Sprintf(`
  - {name: main, url: "rtmp://127.0.0.1:%d/live/${env:PLANTED_KEY}?token=%s"}
  - {name: ams, url: "rtmp://127.0.0.1:%d/LiveApp/%s"}
  - {name: push, url: "rtsp://%s@127.0.0.1:%d/live/%s"}
  - {name: srt, url: "srt://127.0.0.1:%d?streamid=%s&passphrase=%s"}`,
		h.out.port, token, h.ams.port, amsKey, url.UserPassword("planted", push), h.rtsp.port, p("RTSP path"),
		h.srt.port, p("SRT stream id"), p("SRT passphrase"))
	h.sections["antmedia"] = fmt.Sprintf(`{api: "http://127.0.0.1:%d/LiveApp", token: "${env:PLANTED_REST}", publish: {by: token}}`, h.rest.port)
	h.sections["hls"] = fmt.Sprintf(`{variant: mpegts, token: %q}`, p("token of HLS"))
	h.sections["record"] = `{dir: ./recordings}`
	h.sections["ingest"] = fmt.Sprintf(`{listen: "127.0.0.1:%d", producers: [{name: studio, key: %q}]}`, h.ingest, p("producer's key"))
	h.wrong = p("producer's wrong key")
	h.sections["webhooks"] = fmt.Sprintf(`[{url: "http://planted:%s@127.0.0.1:%d/%s?token=%s", secret: %q}]`,
		p("password of a webhook"), h.hook.port, p("path of a webhook"), p("token of a webhook"), p("secret of a webhook"))
	h.sections["fallback"] = fmt.Sprintf(`{filler: %q}`, h.film("filler", "mp4"))
	return h
}

// film is the address of a film that cannot be had.
func (h *house) film(what, ext string) string {
	return fmt.Sprintf("http://planted:%s@127.0.0.1:%d/%s.%s?token=%s", h.plant("password of the "+what), h.films.port, what, ext, h.plant("token of the "+what))
}

func (h *house) start() {
	token, hash := web.NewToken()
	h.keep("API token", token)
	h.keep("API token's hash", strings.TrimPrefix(hash, "sha256:"))
	h.password = h.plant("user's password")
	user, err := web.HashPassword(h.password)
	require.NoError(h.t, err)
	h.keep("user's hash", user[strings.LastIndex(user, "$")+1:])
	clips := airtest.Clips(h.t, airtest.Plain1, airtest.Plain2)
	list := "loop: true\nitems:\n  - {source: plain1.mp4}\n"
	for _, url := range []string{
		h.film("film", "mp4"), h.film("playlist of HLS", "m3u8"),
		fmt.Sprintf("rtsp://planted:%s@127.0.0.1:%d/cam?token=%s", h.plant("camera's password"), rudeRTSP(h.t, h.secrets["camera's password"]).port, h.plant("camera's token")),
		fmt.Sprintf("rtmp://127.0.0.1:%d/live/feed?token=%s", rudeRTMP(h.t, "you").port, h.plant("feed's token")),
		fmt.Sprintf("srt://127.0.0.1:%d?streamid=%s&passphrase=%s&timeout=1000000", rudeSRT(h.t).port, h.plant("feed's stream id"), h.plant("feed's passphrase")),
	} {
		list += fmt.Sprintf("  - {source: %q, duration: 2s}\n", url)
	}
	env := []string{"GOTRACEBACK=all"}
	for name, value := range h.env {
		env = append(env, name+"="+value)
	}
	h.ch = airtest.Airloom(h.t, airtest.Setup{
		Media: mediaOf(clips...), Lists: map[string]string{"main.yml": list}, Sections: h.sections, Token: token, Env: env,
		Web: fmt.Sprintf(`users: [{name: mira, password_hash: %q, role: admin}], tokens: [{name: test, hash: %q, role: admin}]`, user, hash),
	})
}

// No key, token or password is in anything that airloom says, whatever fails.
func TestSecretsAreNeverTold(t *testing.T) {
	t.Parallel()
	airtest.Binary(t)
	h := newHouse(t)
	began := time.Now()
	said := func(what string) { t.Logf("%5.1f s: %s", time.Since(began).Seconds(), what) }
	h.start()
	ch := h.ch
	ch.Until(20*time.Second, "it is on air", func(s control.Status) bool { return s.Tick > 0 })
	stop := h.watchChildren()
	var commands sync.WaitGroup
	for _, args := range [][]string{{"doctor"}, {"doctor", "--json"}, {"check"}, {"schedule"}, {"rehearse"}, {"asrun"}, {"ctl", "status"}, {"ctl", "skip"}} {
		commands.Go(func() { h.command(ch.Dir, args...) })
	}
	commands.Go(func() {
		h.command(ch.Dir, "ctl", "output", "stop", "push")
		h.command(ch.Dir, "ctl", "output", "start", "push")
	})
	h.knock()
	ch.Drop("broken.yml", fmt.Sprintf("items:\n  - {source: %q, in: later}\n  - {sauce: %q}\n  - {source: %q}\n", h.film("broken film", "mp4"),
		h.film("sauce", "mp4"), strings.Replace(h.film("gopher", "mp4"), "http:", "gopher:", 1)))
	h.mistakes()
	said("asking")
	h.everyAnswer("while all fails")
	said("waiting")
	for name, r := range map[string]struct {
		*rude
		turns int64
	}{"output": {h.out, rtmpRefusals}, "AMS": {h.ams, 3}, "RTSP": {h.rtsp, 6}, "SRT": {h.srt, 4}, "REST": {h.rest, 10}, "sources": {h.films, 6}, "webhook": {h.hook, 3}} {
		airtest.Eventually(t, 20*time.Second, "each way to fail has had its turn: "+name, func() bool { return r.turn.Load() >= r.turns })
	}
	said("commands")
	commands.Wait()
	said("asking again")
	h.everyAnswer("after all has failed")
	h.figures()
	stop()
	said("dying")
	h.dumps()
	h.search(t, "the log", ch.Log())
	for _, found := range []string{"not publishing", "no room for", "item skipped", "cannot be told", "goroutine 1"} {
		require.Contains(t, ch.Log(), found, "the failures were there to be told of")
	}
	t.Logf("%d secrets are not in %d kB", len(h.secrets), h.looked>>10)
}

// command runs a command of airloom's, and looks at what it says.
func (h *house) command(dir string, args ...string) {
	ctx, cancel := context.WithTimeout(h.t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, airtest.Binary(h.t), append(args, "--config", filepath.Join(dir, "airloom.yml"))...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.Dir, cmd.Env = dir, os.Environ()
	for name, value := range h.env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	out, _ := cmd.CombinedOutput() // most of them find something wrong
	h.search(h.t, "airloom "+strings.Join(args, " "), string(out))
	if ctx.Err() != nil || len(out) == 0 {
		h.t.Errorf("airloom %v takes too long or says nothing: %s", args, out)
	}
}

// knock is who comes with what is not known, and with what is.
func (h *house) knock() {
	for _, key := range []string{h.wrong, h.secrets["producer's key"]} {
		cmd := exec.Command("ffmpeg", "-v", "quiet", "-re", "-f", "lavfi", "-i", "testsrc=s=64x64:r=5:d=1", "-c:v", "libx264", "-g", "5", "-f", "flv",
			fmt.Sprintf("rtmp://127.0.0.1:%d/live/%s", h.ingest, key))
		_ = cmd.Run() // it is refused, or not taken for long
	}
	for _, password := range []string{h.password, h.password + "x"} {
		body, _ := json.Marshal(map[string]string{"name": "mira", "password": password})
		r, err := http.Post(h.ch.URL("/api/v1/login"), "application/json", bytes.NewReader(body))
		require.NoError(h.t, err)
		text, _ := io.ReadAll(r.Body)
		r.Body.Close()
		h.search(h.t, "signing in", string(text))
		for _, c := range r.Cookies() {
			h.keep("session of "+c.Name+password, c.Value)
		}
	}
	for _, path := range []string{"/hls/index.m3u8", "/api/v1/status"} {
		for _, token := range []string{h.secrets["token of HLS"], h.wrong} {
			r, err := http.Get(h.ch.URL(path + "?token=" + token))
			require.NoError(h.t, err)
			text, _ := io.ReadAll(r.Body)
			r.Body.Close()
			if r.StatusCode != http.StatusOK { // a playlist may name the token to who has shown it
				h.search(h.t, path, string(text))
			}
		}
	}
}

// everyAnswer asks for all that can be asked for.
func (h *house) everyAnswer(when string) {
	var doc struct {
		Paths map[string]map[string]json.RawMessage
	}
	body, code := h.ch.Get("/api/v1/openapi.json")
	require.Equal(h.t, http.StatusOK, code)
	require.NoError(h.t, json.Unmarshal([]byte(body), &doc))
	paths := []string{"/", "/hls/index.m3u8", "/preview/index.m3u8", "/none?token=x"}
	for path, how := range doc.Paths {
		if _, ok := how["get"]; ok {
			path = strings.ReplaceAll(path, "{name}", "main.yml")
			paths = append(paths, path)
			if path != "/epg.xml" && path != "/api/v1/schedule" { // they are long
				paths = append(paths, path+"?path=plain1.mp4&name=main.yml&level=debug&limit=1000")
			}
		}
	}
	require.Greater(h.t, len(paths), 30)
	var all sync.WaitGroup
	for half := range slices.Chunk(paths, 1+len(paths)/4) {
		all.Go(func() {
			for _, path := range half {
				body, code := h.ch.Get(path)
				h.search(h.t, fmt.Sprintf("GET %s (%d) %s", path, code, when), body)
			}
		})
	}
	all.Wait()
}

// figures are those that all of this must have left in the metrics.
func (h *house) figures() {
	body, _ := h.ch.Get("/metrics")
	for _, line := range []string{
		`airloom_build_info\{.*version=".+"\} 1`, `airloom_items_total\{outcome="skipped"\} [1-9]`, `airloom_output_fault\{cause="[a-z-]+",output="push"\} 1`,
		`airloom_disk_free_bytes\{what="state"\} [1-9]`, `airloom_disk_free_bytes\{what="record"\} [1-9]`, `airloom_playlist_problems\{severity="error"\} [1-9]`,
		`airloom_webhook_events_total\{receiver="127.0.0.1:\d+",result="delivered"\} [1-9]`, `airloom_webhook_failures_total\{receiver="127.0.0.1:\d+"\} [1-9]`,
		`airloom_alert\{code="output-down",severity="error"\} [1-9]`,
	} {
		require.Regexp(h.t, `(?m)^`+line, body)
	}
}

// watchChildren looks, until it is stopped, at what others on the machine may see of
// the children: command lines and environments.
func (h *house) watchChildren() (stop func()) {
	end, ended := make(chan struct{}), make(chan struct{})
	seen := 0
	go func() {
		defer close(ended)
		for {
			for i, pid := range airtest.Tree(h.ch.PID()) {
				files := []string{"cmdline", "environ", "comm"}
				if i == 0 { // it was given them by its environment, as the config says
					files = files[:1]
				}
				stat, _ := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
				line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
				if i > 0 && !bytes.Contains(line, []byte("-worker")) {
					files = files[:1] // the doctor reads the config by itself; and between fork and exec a child is its parent still
				}
				for _, file := range files {
					text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/%s", pid, file))
					h.search(h.t, file+" of "+filepath.Base(stat), string(text))
				}
				seen++
			}
			select {
			case <-end:
				return
			case <-time.After(50 * time.Millisecond):
			}
		}
	}()
	return func() {
		close(end)
		<-ended
		require.Greater(h.t, seen, 20)
	}
}

// mistakes are configs with secrets in the wrong place, or in the right one with
// something wrong beside it.
func (h *house) mistakes() {
	var all sync.WaitGroup
	p := h.plant
	for name, text := range map[string]string{
		"path":     fmt.Sprintf(`output: {url: "rtmp://host/app/%s/more?token=%s"}`, p("key before more"), p("token after more")),
		"scheme":   fmt.Sprintf(`output: {url: "gopher://user:%s@host/app/%s"}`, p("gopher's password"), p("gopher's key")),
		"user":     fmt.Sprintf(`output: {url: "rtmp://user:%s@host/app/%s#%s"}`, p("RTMP password"), p("RTMP key"), p("fragment")),
		"type":     fmt.Sprintf(`{output: {url: [%q]}, antmedia: {token: {a: %q}}, hls: {token: [%q]}}`, p("key in a list"), p("token in a map"), p("token in a list")),
		"twice":    fmt.Sprintf("output: {url: \"rtmp://host/app/%s\"}\noutput: {url: \"rtmp://host/app/%s\"}", p("first of two"), p("second of two")),
		"unclosed": fmt.Sprintf("output: {url: \"rtmp://host/app/%s}\nweb: {}", p("key that is not closed")),
		"indent":   fmt.Sprintf("output:\n  url: rtmp://host/app/%s\n url: rtmp://host/app/%s", p("key before the indent"), p("key after the indent")),
		"ingest":   fmt.Sprintf(`{output: {url: "rtmp://host/app/x"}, ingest: {listen: "127.0.0.1:1", producers: [{name: a, key: "%s bad"}, {name: b, key: %q}, {name: c, key: %q}]}}`, p("key with a space"), p("same key"), h.secrets["same key"]),
		"webhooks": fmt.Sprintf(`{output: {url: "rtmp://host/app/x"}, webhooks: [{url: "ftp://u:%s@host/%s", secret: "whsec_%s!"}]}`, p("password of a bad webhook"), p("path of a bad webhook"), p("bad secret")),
		"users":    fmt.Sprintf(`{output: {url: "rtmp://host/app/x"}, web: {users: [{name: a, password_hash: %q}], tokens: [{name: t, hash: %q}]}}`, p("password for a hash"), p("token for a hash")),
		"ams":      fmt.Sprintf(`{output: {url: "rtmp://host/LiveApp/%s"}, antmedia: {api: "http://u:%s@host:5080/LiveApp?jwt=%s", token: %q, publish: {by: totp, secret: "%s!1"}}}`, p("key beside totp"), p("password of an API"), p("JWT of an API"), p("token beside totp"), p("totp's secret")),
		"file":     fmt.Sprintf(`output: {url: "${file:keys/%s}"}`, "nothing") + "\nhls: {token: \"${env:PLANTED_KEY}\", variant: mp5}",
		"doubled":  fmt.Sprintf(`outputs: [{name: a, url: "rtmp://host/app/%[1]s"}, {name: b, url: "rtmp://host/app/%[1]s"}]`, p("key of two outputs")),
		"encoding": fmt.Sprintf(`output: {url: "rtmp://host/app/x?token=%s/=%%zz&%s"}`, p("token with a slash"), p("parameter without a name")),
		"srt":      fmt.Sprintf(`output: {url: "srt://host?passphrase=%s&streamid=%s"}`, p("passphrase without a port"), p("stream id without a port")),
		"filler":   fmt.Sprintf(`{output: {url: "rtmp://host/app/x"}, fallback: {filler: "gopher://u:%s@host/?t=%s", slate: "http://u:%s@host/"}}`, p("filler's password"), p("filler's token"), p("slate's password")),
	} {
		dir := filepath.Join(h.t.TempDir(), name)
		require.NoError(h.t, os.Mkdir(dir, 0o755))
		require.NoError(h.t, os.WriteFile(filepath.Join(dir, "airloom.yml"), []byte(text+"\n"), 0o600))
		all.Go(func() {
			h.command(dir, "check")
		})
	}
	all.Wait()
}

// dumps has a worker and then the channel itself die with all that they have to say
// about where they stood.
func (h *house) dumps() {
	for _, pid := range h.ch.Workers() {
		_ = syscall.Kill(pid, syscall.SIGQUIT)
	}
	before := len(h.ch.Log())
	h.ch.Signal(syscall.SIGABRT)
	airtest.Eventually(h.t, 10*time.Second, "it has ended", func() bool { return !h.ch.Running() })
	_, code := h.ch.Stop()
	require.Equal(h.t, 2, code, "it ended by itself: the kernel has no core of it to write")
	dump := h.ch.Log()[before:]
	for _, part := range []string{"SIGABRT", "goroutine 1", "airloom/output", "airloom/web/hooks"} {
		require.Contains(h.t, dump, part)
	}
	h.search(h.t, "the dump", dump)
}
