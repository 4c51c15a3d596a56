package web

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"airloom/playout/control"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type channel struct {
	status control.Status
	ill    atomic.Bool
}

func (c *channel) Status() control.Status { return c.status }
func (c *channel) Healthy() bool          { return !c.ill.Load() }

func onAir() *channel {
	at := time.Date(2026, 10, 24, 19, 32, 8, 0, time.UTC)
	renew := time.Now().Add(time.Hour)
	out := control.Output{
		Name: "main", State: control.Publishing, Target: "rtmp://127.0.0.1/live/…", Since: at,
		BytesSent: 12345, BitrateKbps: 1240, DroppedPackets: 7, Sessions: 3, RenewAt: &renew,
	}
	return &channel{status: control.Status{
		Producers: []control.Producer{},
		Channel:   "Demo", State: control.OnAir, UptimeS: 12.4, Tick: 310,
		Now:     &control.Airing{ID: "a", Playlist: "main.yml", Source: "one.mp4", Title: "One", PositionS: 3.2, DurationS: 20, StartedAt: at},
		Next:    &control.Coming{ID: "b", Playlist: "main.yml", Index: 1, Source: "two.mp4", Title: "Two", DurationS: 5},
		Output:  out,
		Outputs: []control.Output{out, {Name: "spare", State: control.Waiting}},
		Arrival: control.Arrival{State: "not-checked"},
		Encoder: control.Encoder{Speed: 1, HeldTicks: 4, SkippedTicks: 5},
		Resources: control.Live{
			RSSBytes: 90 << 20, Goroutines: 31, Pictures: 6, Workers: 2,
		},
		Alerts: []control.Alert{{Severity: "warning", Code: "item-skipped", Message: "File is missing: a.mp4.", Since: at}},
	}}
}

// serve runs a server for the length of the test and returns its address.
func serve(t *testing.T, cfg Config, ch Channel) string {
	t.Helper()
	if cfg.Listen == "" {
		cfg.Listen = "127.0.0.1:0"
	}
	s, err := New(cfg, ch)
	require.NoError(t, err)
	s.page = fstest.MapFS{
		"index.html":            {Data: []byte("<!doctype html><title>page</title>")},
		"assets/index-a1b2.js":  {Data: []byte("1")},
		"secret-beside-the-app": {Data: []byte("secret")},
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		cancel()
		require.NoError(t, <-done)
	})
	return "http://" + s.Addr().String()
}

type reply struct {
	*http.Response
	body string
}

func ask(t *testing.T, method, url string, change ...func(*http.Request)) reply {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	require.NoError(t, err)
	for _, c := range change {
		c(r)
	}
	w, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer func() { _ = w.Body.Close() }()
	b, err := io.ReadAll(w.Body)
	require.NoError(t, err)
	return reply{w, string(b)}
}

func requireProblem(t *testing.T, code int, w reply) {
	t.Helper()
	require.Equal(t, code, w.StatusCode, w.body)
	require.Equal(t, "application/problem+json", w.Header.Get("Content-Type"))
	var p struct {
		Title, Detail string
		Status        int
	}
	require.NoError(t, json.Unmarshal([]byte(w.body), &p))
	require.Equal(t, code, p.Status)
	require.Equal(t, http.StatusText(code), p.Title)
	require.NotEmpty(t, p.Detail)
}

func TestHealth(t *testing.T) {
	ch := onAir()
	at := serve(t, Config{}, ch)
	require.Equal(t, http.StatusOK, ask(t, "GET", at+"/healthz").StatusCode)
	require.Equal(t, http.StatusOK, ask(t, "HEAD", at+"/healthz").StatusCode)
	ch.ill.Store(true)
	requireProblem(t, http.StatusServiceUnavailable, ask(t, "GET", at+"/healthz"))
}

func TestStatusIsTheSnapshot(t *testing.T) {
	ch := onAir()
	at := serve(t, Config{}, ch)
	w := ask(t, "GET", at+"/api/v1/status")
	require.Equal(t, "no-store", w.Header.Get("Cache-Control"))
	want, err := json.Marshal(ch.status)
	require.NoError(t, err)
	require.JSONEq(t, string(want), w.body)
	_, err = time.Parse(time.RFC3339Nano, w.Header.Get("Airloom-Time"))
	require.NoError(t, err)
}

func TestListsAreNeverNull(t *testing.T) {
	w := ask(t, "GET", serve(t, Config{}, &channel{})+"/api/v1/status")
	require.Contains(t, w.body, `"outputs":[]`)
	require.Contains(t, w.body, `"alerts":[]`)
	require.Contains(t, w.body, `"now":null`)
}

func TestMetrics(t *testing.T) {
	w := ask(t, "GET", serve(t, Config{}, onAir())+"/metrics")
	require.Equal(t, http.StatusOK, w.StatusCode, w.body)
	for _, line := range []string{
		`airloom_healthy 1`,
		`airloom_state{state="on-air"} 1`,
		`airloom_state{state="fallback"} 0`,
		`airloom_ticks_total 310`,
		`airloom_held_ticks_total 4`,
		`airloom_skipped_ticks_total 5`,
		`airloom_encoder_speed_ratio 1`,
		`airloom_output_state{output="main",state="publishing"} 1`,
		`airloom_output_state{output="spare",state="waiting"} 1`,
		`airloom_output_sent_bytes_total{output="main"} 12345`,
		`airloom_output_bytes_per_second{output="main"} 155000`,
		`airloom_output_dropped_packets_total{output="main"} 7`,
		`airloom_output_reconnects_total{output="main"} 2`,
		`airloom_output_reconnects_total{output="spare"} 0`,
		`airloom_output_renewal_seconds{output="main"} 3`, // 3599 and a bit
		`airloom_arrival{state="not-checked"} 1`,
		`airloom_alerts{severity="warning"} 1`,
		`airloom_alerts{severity="error"} 0`,
		`airloom_resident_memory_bytes 9.437184e+07`,
		`airloom_live_pictures 6`,
		`airloom_workers 2`,
		`airloom_goroutines 31`,
		`go_goroutines `,
	} {
		require.Contains(t, w.body, "\n"+line)
	}
}

func TestMetricsOutliveBadNames(t *testing.T) {
	ch := onAir()
	ch.status.Outputs[0].Name = "\xff"
	at := serve(t, Config{}, ch)
	require.Equal(t, http.StatusInternalServerError, ask(t, "GET", at+"/metrics").StatusCode)
	require.Equal(t, http.StatusOK, ask(t, "GET", at+"/healthz").StatusCode)
}

func TestErrorsAreProblems(t *testing.T) {
	at := serve(t, Config{}, onAir())
	requireProblem(t, http.StatusNotFound, ask(t, "GET", at+"/nothing/here"))
	requireProblem(t, http.StatusNotFound, ask(t, "GET", at+"/preview/index.m3u8"))
	requireProblem(t, http.StatusMethodNotAllowed, ask(t, "DELETE", at+"/api/v1/status"))
}

type panicking struct{ *channel }

func (panicking) Status() control.Status { panic("broken") }

func TestAPanicIsAnAnswer(t *testing.T) {
	at := serve(t, Config{}, panicking{onAir()})
	requireProblem(t, http.StatusInternalServerError, ask(t, "GET", at+"/api/v1/status"))
}

func TestGuardAgainstRebinding(t *testing.T) {
	at := serve(t, Config{Hosts: []string{"Desk.example"}}, onAir())
	as := func(host string) func(*http.Request) { return func(r *http.Request) { r.Host = host } }
	for _, host := range []string{"localhost", "localhost:8080", "LOCALHOST.", "127.0.0.1", "127.0.0.1:8080", "127.1.2.3", "[::1]", "[::1]:8080", "desk.example"} {
		require.Equal(t, http.StatusOK, ask(t, "GET", at+"/api/v1/status", as(host)).StatusCode, host)
	}
	for _, host := range []string{"evil.example", "evil.example:8080", "localhost.evil.example", "127.0.0.1.evil.example", "10.0.0.1", "0.0.0.0"} {
		requireProblem(t, http.StatusMisdirectedRequest, ask(t, "GET", at+"/api/v1/status", as(host)))
	}
}

type elsewhere struct{ net.Listener }

func (elsewhere) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 80} }

func TestNoGuardWhereOthersMayAsk(t *testing.T) {
	s, err := New(Config{Listen: "127.0.0.1:0"}, onAir())
	require.NoError(t, err)
	defer func() { _ = s.socket.Close() }()
	s.socket = elsewhere{s.socket}
	w := httptest.NewRecorder()
	s.handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://tv.example/healthz", nil))
	require.Equal(t, http.StatusOK, w.Code)
}

func TestHeadersOnEveryAnswer(t *testing.T) {
	at := serve(t, Config{}, onAir())
	for _, path := range []string{"/", "/healthz", "/metrics", "/api/v1/status", "/none", "/assets/index-a1b2.js"} {
		h := ask(t, "GET", at+path).Header
		require.Contains(t, h.Get("Content-Security-Policy"), "default-src 'none'", path)
		require.NotContains(t, h.Get("Content-Security-Policy"), "unsafe", path)
		require.Equal(t, "nosniff", h.Get("X-Content-Type-Options"), path)
		require.Empty(t, h.Get("Access-Control-Allow-Origin"), path)
	}
}

func TestPage(t *testing.T) {
	at := serve(t, Config{}, onAir())
	w := ask(t, "GET", at+"/")
	require.Equal(t, "no-cache", w.Header.Get("Cache-Control"))
	require.Contains(t, w.body, "<title>page</title>")
	w = ask(t, "GET", at+"/assets/index-a1b2.js")
	require.Equal(t, "1", w.body)
	require.Contains(t, w.Header.Get("Cache-Control"), "immutable")
	require.Contains(t, w.Header.Get("Content-Type"), "javascript")
	for _, path := range []string{"/assets/", "/assets/../secret-beside-the-app", "/assets/%2e%2e/secret-beside-the-app", "/assets/none.js"} {
		requireProblem(t, http.StatusNotFound, ask(t, "GET", at+path))
	}
}

func TestUnbuiltPageSaysSo(t *testing.T) {
	s, err := New(Config{Listen: "127.0.0.1:0"}, onAir())
	require.NoError(t, err)
	s.page = fstest.MapFS{".keep": {}}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- s.Run(ctx) }()
	w := ask(t, "GET", "http://"+s.Addr().String()+"/")
	require.Equal(t, http.StatusServiceUnavailable, w.StatusCode)
	require.Equal(t, unbuilt, w.body)
	cancel()
	require.NoError(t, <-done)
}

func TestPageInfo(t *testing.T) {
	at := serve(t, Config{
		Version: "1.2.3", Zone: "Europe/Berlin", Preview: http.NotFoundHandler(),
		Hints: []Hint{{Text: "Play it.", Command: "ffplay x"}},
	}, onAir())
	clocks := regexp.MustCompile(`"clocks":\[[^\]]+\]`) // TestPageTellsTheClocks looks at them
	require.JSONEq(t, `{"version":"1.2.3","zone":"Europe/Berlin","clocks":[],"preview":"/preview/index.m3u8","hints":[{"text":"Play it.","command":"ffplay x"}]}`,
		clocks.ReplaceAllString(ask(t, "GET", at+"/api/v1/page").body, `"clocks":[]`))
	require.JSONEq(t, `{"version":"","zone":"","clocks":[],"preview":"","hints":[]}`,
		ask(t, "GET", serve(t, Config{}, onAir())+"/api/v1/page").body)
}

func TestPreviewIsMounted(t *testing.T) {
	at := serve(t, Config{Preview: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.URL.Path) })}, onAir())
	require.Equal(t, "/index.m3u8", ask(t, "GET", at+"/preview/index.m3u8").body)
}

func TestAddressInUseIsSaid(t *testing.T) {
	at := serve(t, Config{}, onAir())
	_, err := New(Config{Listen: strings.TrimPrefix(at, "http://")}, onAir())
	require.ErrorContains(t, err, "address already in use")
	require.ErrorContains(t, err, "web.listen")
}

// TestStopsThoughSomeoneStillWaits: a player that waits for the next part does
// not hold the process up.
func TestStopsThoughSomeoneStillWaits(t *testing.T) {
	entered, leave := make(chan struct{}), make(chan struct{})
	s, err := New(Config{Listen: "127.0.0.1:0", Preview: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		close(entered)
		<-leave
	})}, onAir())
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done, answered := make(chan error), make(chan error)
	go func() { done <- s.Run(ctx) }()
	go func() {
		w, err := http.Get("http://" + s.Addr().String() + "/preview/part.mp4")
		if err == nil {
			_ = w.Body.Close()
		}
		answered <- err
	}()
	<-entered
	asked := time.Now()
	cancel()
	require.NoError(t, <-done)
	require.Error(t, <-answered)
	require.Less(t, time.Since(asked), farewell+3*time.Second)
	close(leave)
}

func TestGuide(t *testing.T) {
	base := serve(t, Config{Guide: func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, "<tv></tv>")
		return err
	}}, onAir())
	w := ask(t, http.MethodGet, base+"/epg.xml")
	require.Equal(t, "application/xml; charset=utf-8", w.Header.Get("Content-Type"))
	require.Equal(t, "<tv></tv>", w.body)
	require.Empty(t, ask(t, http.MethodHead, base+"/epg.xml").body)
	requireProblem(t, http.StatusNotFound, ask(t, http.MethodGet, serve(t, Config{}, onAir())+"/epg.xml"))
	busy := serve(t, Config{Guide: func(context.Context, io.Writer) error { return errors.New("too many ask for it") }}, onAir())
	requireProblem(t, http.StatusServiceUnavailable, ask(t, http.MethodGet, busy+"/epg.xml"))
}
