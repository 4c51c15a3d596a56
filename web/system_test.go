package web

import (
	"bufio"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/stretchr/testify/require"

	"airloom/playout/control/past"
	"airloom/playout/levels"
	"airloom/playout/media"
)

// aSystem is all that can be told of process and machine.
func aSystem() System {
	log := past.NewLog()
	l := slog.New(log.Handler(slog.NewTextHandler(discard{}, &slog.HandlerOptions{Level: slog.LevelDebug})))
	l.Debug("looking")
	l.Info("on air", "channel", "Demo")
	l.Warn("the output is away", "output", "main", "cause", "no ROUTE to host")
	return System{
		Versions: func() Versions { return Versions{"v1", "go1", "7.1", "core 164"} },
		History:  past.NewHistory([]string{"main"}, nil), Logs: log, Levels: levels.New(48000), Still: &still{tag: "a-1"},
		Doctor: func(context.Context) ([]Finding, error) {
			return []Finding{{Level: "ok", Title: "FFmpeg", Detail: "It is well."}}, nil
		},
		Config: func() (Effective, error) {
			line := 3
			return Effective{"airloom.yml", "web:\n  listen: x\n", []ConfigKey{{"web.listen", 2, &line}, {"log.level", 4, nil}}}, nil
		},
	}
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

func (k *talk) talkOfSystem(api string) {
	k.get(api+"version", http.StatusOK)
	k.get(api+"history", http.StatusOK)
	k.get(api+"history?hours=25", http.StatusBadRequest)
	k.get(api+"history?points=x", http.StatusBadRequest)
	k.get(api+"logs?level=warn&search=no+route&limit=5", http.StatusOK)
	k.get(api+"logs?level=info%2B1", http.StatusBadRequest)
	k.get(api+"logs?before=x", http.StatusBadRequest)
	k.get(api+"logs/events?level=x", http.StatusBadRequest)
	k.get(api+"users", http.StatusOK)
	k.get(api+"doctor", http.StatusOK)
	k.get(api+"config", http.StatusOK)
	openapi3filter.RegisterBodyDecoder("image/jpeg", openapi3filter.FileBodyDecoder)
	k.ask(http.MethodGet, api+"still.jpg", "?width=320", nil, "", "", http.StatusOK)
	k.get(api+"still.jpg?width=1281", http.StatusBadRequest)
}

func TestHistoryOverHTTP(t *testing.T) {
	at := serve(t, Config{System: aSystem(), Zone: "Europe/Berlin"}, onAir())
	w := ask(t, "GET", at+"/api/v1/history?hours=2&points=100")
	var h struct {
		From   time.Time
		StepS  int `json:"step_s"`
		Series struct {
			Speed   []*float64
			Bitrate map[string][]*float64 `json:"bitrate_kbps"`
		}
	}
	require.NoError(t, json.Unmarshal([]byte(w.body), &h))
	require.Equal(t, 80, h.StepS)
	require.Len(t, h.Series.Speed, 90)
	require.Len(t, h.Series.Bitrate["main"], 90)
	require.Nil(t, h.Series.Speed[0])
	require.WithinDuration(t, time.Now().Add(-2*time.Hour), h.From, 20*time.Second)
}

func lines(t *testing.T, text string) (list []past.Line) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(text), &list))
	return list
}

func TestLogsOverHTTP(t *testing.T) {
	at := serve(t, Config{System: aSystem(), Zone: "Europe/Berlin"}, onAir()) + "/api/v1/logs"
	all := lines(t, ask(t, "GET", at).body)
	require.Len(t, all, 3)
	require.Equal(t, "the output is away", all[0].Message)
	require.Equal(t, "looking", all[2].Message)
	require.Contains(t, ask(t, "GET", at).body, `"fields":{"output":"main","cause":"no ROUTE to host"}`)
	require.Len(t, lines(t, ask(t, "GET", at+"?level=info").body), 2)
	require.Equal(t, all[:1], lines(t, ask(t, "GET", at+"?search=No+Route").body))
	require.Equal(t, all[1:2], lines(t, ask(t, "GET", at+"?limit=1&before="+strconv.FormatInt(all[0].ID, 10)).body))
	require.Empty(t, lines(t, ask(t, "GET", at+"?search=nothing").body))
}

// tail listens to lines of the log; each is given to the test as it comes.
func tail(t *testing.T, url string, header ...string) <-chan string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	require.NoError(t, err)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w, err := http.DefaultClient.Do(r) //nolint:bodyclose // closed by the goroutine that reads it
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, w.StatusCode)
	got, ended := make(chan string), make(chan struct{})
	go func() {
		defer close(ended)
		defer func() { _ = w.Body.Close() }()
		for in := bufio.NewScanner(w.Body); in.Scan(); {
			if text, ok := strings.CutPrefix(in.Text(), "data: "); ok {
				select {
				case got <- text:
				case <-ctx.Done():
					return
				}
			}
		}
	}()
	t.Cleanup(func() { cancel(); <-ended })
	return got
}

func TestLogsAreFollowed(t *testing.T) {
	sys := aSystem()
	log := sys.Logs.(*past.Log)
	at := serve(t, Config{System: sys}, onAir()) + "/api/v1/logs/events"
	got := tail(t, at+"?level=warn")
	l := slog.New(log.Handler(slog.NewTextHandler(discard{}, nil)))
	l.Info("not wanted")
	l.Error("wanted", "n", 1)
	one := <-got
	var line past.Line
	require.NoError(t, json.Unmarshal([]byte(one), &line))
	require.Equal(t, "wanted", line.Message)
	require.Contains(t, one, `"fields":{"n":"1"}`)
	var v any
	require.NoError(t, json.Unmarshal([]byte(one), &v))
	require.NoError(t, described(t).Components.Schemas["LogLine"].Value.VisitJSON(v, openapi3.EnableJSONSchema2020()))

	// Who comes back gets what it has missed.
	for i := range 250 {
		l.Warn(strconv.Itoa(i))
	}
	again := tail(t, at, "Last-Event-ID", strconv.FormatInt(line.ID, 10))
	for i := range 250 {
		require.Contains(t, <-again, `"message":"`+strconv.Itoa(i)+`"`)
	}
	for range 6000 {
		l.Warn("flood")
	}
	require.Equal(t, "{}", <-tail(t, at+"?last_event_id="+strconv.FormatInt(line.ID, 10)))
}

func TestUsersAreListed(t *testing.T) {
	adminToken, adminHash := NewToken()
	programs := []Token{{"zap", viewerHash, Viewer}, {"deploy", programHash, Operator}, {"boss", adminHash, Admin}}
	at := serve(t, Config{System: aSystem(), Users: staff, Tokens: programs}, onAir()) + "/api/v1/"
	as := func(token, path string) reply {
		return ask(t, "GET", at+path, func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) })
	}
	require.JSONEq(t, `[
		{"name": "ada", "role": "admin", "kind": "user"}, {"name": "oskar", "role": "operator", "kind": "user"}, {"name": "vera", "role": "viewer", "kind": "user"},
		{"name": "zap", "role": "viewer", "kind": "token"}, {"name": "deploy", "role": "operator", "kind": "token"}, {"name": "boss", "role": "admin", "kind": "token"}
	]`, as(adminToken, "users").body)
	for path, least := range map[string]Role{
		"version": Viewer, "history?hours=1": Viewer, "still.jpg": Viewer, "logs": Operator, "doctor": Operator, "config": Admin, "users": Admin,
	} {
		for role, token := range map[Role]string{Viewer: viewerToken, Operator: programToken, Admin: adminToken} {
			want := http.StatusOK
			if role < least {
				want = http.StatusForbidden
			}
			require.Equal(t, want, as(token, path).StatusCode, "%s as %s", path, role)
		}
	}
	require.Equal(t, http.StatusForbidden, as(viewerToken, "logs/events").StatusCode)
}

// Levels are for who asks for them, and as described.
func TestLevelsAreToldToWhoAsks(t *testing.T) {
	meter := levels.New(1000)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- meter.Run(ctx) }()
	t.Cleanup(func() { cancel(); require.NoError(t, <-done) })
	at := serve(t, Config{System: System{Levels: meter}}, onAir()) + "/api/v1/events"
	others, asked := tail(t, at), tail(t, at+"?levels=1")
	sound := [2][]float32{make([]float32, 400), make([]float32, 400)}
	for i := range sound[0] {
		sound[0][i] = float32(i%2) - 0.5
	}
	schema := described(t).Components.Schemas["LevelsEvent"].Value
	for n := int64(0); ; {
		select {
		case text := <-others:
			require.NotContains(t, text, "peak_db")
			continue
		case text := <-asked:
			if !strings.Contains(text, "peak_db") {
				continue
			}
			var v any
			require.NoError(t, json.Unmarshal([]byte(text), &v))
			require.NoError(t, schema.VisitJSON(v, openapi3.EnableJSONSchema2020()))
			require.Contains(t, text, `{"peak_db":[-6,-100],"momentary_lufs":`)
			return
		case <-time.After(20 * time.Millisecond):
			meter.Hear(&media.Tick{N: n, Sound: sound})
			n++
		}
	}
}
