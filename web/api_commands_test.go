package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/playout/control"
)

// desk takes note of what is asked of it, and answers it.
type desk struct {
	mu    sync.Mutex
	asked []string
	err   error
	notes []control.Note
	out   []control.Banned
}

func (d *desk) do(who control.Who, format string, args ...any) (control.Answer, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	what := fmt.Sprintf(format, args...)
	d.asked = append(d.asked, who.String()+": "+what)
	if d.err != nil {
		return control.Answer{}, d.err
	}
	since := time.Date(2026, 10, 24, 19, 32, 8, 0, time.UTC)
	return control.Answer{Said: what, Item: &control.Item{ID: "b", Playlist: "main.yml", Index: 1, Title: "Two"}, Since: &since}, nil
}

func (d *desk) Skip(_ context.Context, w control.Who, item string) (control.Answer, error) {
	return d.do(w, "skip %s", item)
}
func (d *desk) Back(_ context.Context, w control.Who, item string) (control.Answer, error) {
	return d.do(w, "back %s", item)
}
func (d *desk) Restart(_ context.Context, w control.Who, item string) (control.Answer, error) {
	return d.do(w, "restart %s", item)
}
func (d *desk) Seek(_ context.Context, w control.Who, item string, to time.Duration) (control.Answer, error) {
	return d.do(w, "seek %s %v", item, to)
}
func (d *desk) Take(_ context.Context, w control.Who, t control.Take) (control.Answer, error) {
	return d.do(w, "take %+v", t)
}
func (d *desk) UndoOf(_ context.Context, w control.Who, until time.Time) (control.Answer, error) {
	if !until.IsZero() {
		return d.do(w, "undo %s", until.Format(time.RFC3339Nano))
	}
	return d.do(w, "undo")
}
func (d *desk) Hold(_ context.Context, w control.Who, on bool) (control.Answer, error) {
	return d.do(w, "hold %t", on)
}
func (d *desk) Slate(_ context.Context, w control.Who, on bool) (control.Answer, error) {
	return d.do(w, "slate %t", on)
}
func (d *desk) Live(_ context.Context, w control.Who, producer string, on bool) (control.Answer, error) {
	return d.do(w, "live %s %t", producer, on)
}
func (d *desk) Reload(_ context.Context, w control.Who) (control.Answer, error) {
	return d.do(w, "reload")
}
func (d *desk) StopOutput(_ context.Context, w control.Who, name string) (control.Answer, error) {
	return d.do(w, "stop %s", name)
}
func (d *desk) StartOutput(_ context.Context, w control.Who, name string) (control.Answer, error) {
	return d.do(w, "start %s", name)
}
func (d *desk) Lift(_ context.Context, w control.Who, version string) (control.Answer, error) {
	return d.do(w, "lift %s", version)
}
func (d *desk) Notes() []control.Note { return slices.Clone(d.notes) }
func (d *desk) Since(first int) ([]control.Note, int) {
	return slices.Clone(d.notes[min(first, len(d.notes)):]), len(d.notes)
}
func (d *desk) Quarantine() []control.Banned { return d.out }

// send asks with a body.
func send(t *testing.T, method, url, kind, text string, change ...func(*http.Request)) reply {
	t.Helper()
	return ask(t, method, url, append([]func(*http.Request){func(r *http.Request) {
		r.Body, r.ContentLength = http.NoBody, 0
		if text != "" {
			again, err := http.NewRequest(method, url, bytes.NewReader([]byte(text)))
			require.NoError(t, err)
			r.Body, r.ContentLength = again.Body, again.ContentLength
		}
		if kind != "" {
			r.Header.Set("Content-Type", kind)
		}
	}}, change...)...)
}

func post(t *testing.T, url, text string) reply {
	t.Helper()
	return send(t, http.MethodPost, url, "application/json", text)
}

// commands is every command, with a body, and what the desk is asked for by it.
var commands = []struct{ path, body, asked string }{
	{"skip", ``, "skip "},
	{"skip", `{"item":"a"}`, "skip a"},
	{"back", `{}`, "back "},
	{"restart", `{"item":"a"}`, "restart a"},
	{"seek", `{"to_ms":90500,"item":"a"}`, "seek a 1m30.5s"},
	{"take", `{"playlist":"news.yml","index":2,"version":"v","next":true}`, "take {Playlist:news.yml Item: Index:2 Version:v Next:true}"},
	{"take", `{"item":"0123456789abcdef"}`, "take {Playlist: Item:0123456789abcdef Index:0 Version: Next:false}"},
	{"undo", ``, "undo"},
	{"undo", `{"until":"2026-10-24T19:32:18.5Z"}`, "undo 2026-10-24T19:32:18.5Z"},
	{"hold", `{"on":true}`, "hold true"},
	{"slate", `{"on":false}`, "slate false"},
	{"live", `{"producer":"studio","on":true}`, "live studio true"},
	{"reload", ``, "reload"},
	{"output/main/stop", ``, "stop main"},
	{"output/main/start", `{}`, "start main"},
	{"quarantine/lift", `{"version":"x 1 2"}`, "lift x 1 2"},
}

func TestCommandsReachTheDesk(t *testing.T) {
	d := &desk{}
	at := serve(t, Config{Desk: d}, onAir())
	for _, c := range commands {
		w := post(t, at+"/api/v1/commands/"+c.path, c.body)
		require.Equal(t, http.StatusOK, w.StatusCode, w.body)
		require.Equal(t, "loopback: "+c.asked, d.asked[len(d.asked)-1])
		var a control.Answer
		require.NoError(t, json.Unmarshal([]byte(w.body), &a))
		require.Equal(t, c.asked, a.Said)
		require.Equal(t, "no-store", w.Header.Get("Cache-Control"))
	}
	require.Len(t, d.asked, len(commands))
}

func TestCommandsThatMakeNoSense(t *testing.T) {
	d := &desk{}
	at := serve(t, Config{Desk: d}, onAir()) + "/api/v1/commands/"
	for _, c := range []struct{ path, body string }{
		{"hold", `{}`}, {"hold", ``}, {"hold", `{"on":"yes"}`}, {"hold", `{"on":true,"of":1}`}, {"hold", `{"on":true}{}`}, {"hold", `{"on":`},
		{"seek", `{}`}, {"seek", `{"to_ms":-1}`}, {"seek", `{"to_ms":99999999999999}`},
		{"take", `{}`}, {"take", `{"playlist":"news.yml"}`}, {"take", `{"index":1}`}, {"quarantine/lift", `{}`}, {"live", `{"on":true}`}, {"live", `{"producer":"x"}`}, {"undo", `{"x":1}`}, {"undo", `[]`},
	} {
		requireProblem(t, http.StatusBadRequest, post(t, at+c.path, c.body))
	}
	requireProblem(t, http.StatusRequestEntityTooLarge, post(t, at+"skip", `{"item":"`+strings.Repeat("x", maxCommand)+`"}`))
	requireProblem(t, http.StatusUnsupportedMediaType, send(t, http.MethodPost, at+"hold", "text/plain", `{"on":true}`))
	requireProblem(t, http.StatusMethodNotAllowed, ask(t, http.MethodGet, at+"skip"))
	require.Empty(t, d.asked)
}

func TestRefusalsAreProblems(t *testing.T) {
	d := &desk{}
	at := serve(t, Config{Desk: d}, onAir()) + "/api/v1/commands/skip"
	for code, status := range map[control.Code]int{
		control.Conflict: 409, control.Unknown: 404, control.Invalid: 400, control.Refused: 422, control.Late: 504, control.Overtaken: 409, control.Unavailable: 503,
	} {
		d.err = fmt.Errorf("wrapped: %w", &control.Refusal{Code: code, Err: errors.New("the item is no longer there")})
		w := post(t, at, ``)
		requireProblem(t, status, w)
		require.Contains(t, w.body, `"code":"`+string(code)+`"`)
	}
	d.err = &control.Refusal{Code: control.Refused, Err: errors.New("nothing follows it")}
	require.Contains(t, post(t, at, ``).body, `"detail":"Nothing follows it."`)
	d.err = &control.Refusal{Code: control.Unknown, Err: errors.New("news.yml has no item #9")}
	require.Contains(t, post(t, at, ``).body, `"detail":"news.yml has no item #9."`)
	d.err = errors.New("broken")
	requireProblem(t, http.StatusInternalServerError, post(t, at, ``))
}

func TestNotesAndQuarantine(t *testing.T) {
	d := &desk{}
	at := serve(t, Config{Desk: d}, onAir()) + "/api/v1/"
	require.Equal(t, "[]", ask(t, http.MethodGet, at+"commands").body)
	require.Equal(t, "[]", ask(t, http.MethodGet, at+"quarantine").body)
	d.notes = []control.Note{{By: "ann", Via: "desk", Asked: "skip", OK: true, Said: "skipped"}}
	d.out = []control.Banned{{Version: "v", Source: "a.mp4", Cause: "crashed"}}
	require.Contains(t, ask(t, http.MethodGet, at+"commands").body, `"by":"ann"`)
	require.Contains(t, ask(t, http.MethodGet, at+"quarantine").body, `"source":"a.mp4"`)
}

// Where a command came from is nobody's business who may change nothing.
func TestViewersSeeNoAddresses(t *testing.T) {
	d := &desk{notes: []control.Note{{By: "ann", Via: "desk", From: "192.0.2.7", Asked: "skip", OK: true}}}
	h := guarded(t, full, func(c *Config) { c.Desk = d })
	require.NotContains(t, h.person(t, "vera").get("/api/v1/commands").body, "192.0.2.7")
	require.Contains(t, h.person(t, "oskar").get("/api/v1/commands").body, "192.0.2.7")
}
