package web

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"airloom/playout/control"
)

// described is the document. Its schemas allow nothing that they do not name, so
// that an answer cannot say more than is described.
func described(t *testing.T) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(openAPI())
	require.NoError(t, err)
	require.NoError(t, doc.Validate(context.Background(), openapi3.EnableExamplesValidation()))
	for _, s := range doc.Components.Schemas {
		strictly(s)
	}
	return doc
}

func strictly(s *openapi3.SchemaRef) {
	if s == nil || s.Ref != "" {
		return
	}
	if len(s.Value.Properties) > 0 {
		s.Value.AdditionalProperties = openapi3.BoolSchema{Has: openapi3.Ptr(false)}
	}
	for _, p := range s.Value.Properties {
		strictly(p)
	}
	strictly(s.Value.Items)
}

// everything is a server with all that can be mounted.
func everything(t *testing.T) (s *Server, d *desk, p *plan) {
	t.Helper()
	d, p = &desk{notes: []control.Note{{At: time.Now(), By: "ann", Via: "desk", From: "192.0.2.1", Asked: "skip", Code: control.Late, Said: "no"}},
		out: []control.Banned{{Version: "v", Source: "a.mp4", Cause: "crashed", Since: time.Now()}}}, aPlan()
	s, err := New(Config{
		Lists: someLists(t, t.TempDir()), Media: aCupboard(), Uploads: aPorch(t), Listen: "127.0.0.1:0", System: aSystem(), Zone: "Europe/Berlin", Desk: d, Plan: p, Hints: []Hint{{Text: "Play it."}},
		Preview: http.NotFoundHandler(), HLS: HLS{Handler: http.NotFoundHandler()}, Guide: func(_ context.Context, w io.Writer) error {
			_, err := io.WriteString(w, "<tv></tv>")
			return err
		},
	}, onAir())
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.socket.Close() })
	return s, d, p
}

// ours are the page's own routes, which are no API.
var ours = []string{"/", "/assets/*name", "/preview/*name", hlsPath}

var parameter = regexp.MustCompile(`:(\w+)`)

func TestEveryRouteIsDescribed(t *testing.T) {
	doc := described(t)
	s, _, _ := everything(t)
	served := map[string]bool{}
	for _, r := range s.http.Handler.(interface{ Routes() gin.RoutesInfo }).Routes() {
		if slices.Contains(ours, r.Path) || r.Method == http.MethodHead {
			continue
		}
		path := parameter.ReplaceAllString(r.Path, "{$1}")
		served[r.Method+" "+path] = true
		item := doc.Paths.Value(path)
		require.NotNil(t, item, "%s is not described", path)
		require.NotNil(t, item.GetOperation(r.Method), "%s %s is not described", r.Method, path)
	}
	for path, item := range doc.Paths.Map() {
		for method := range item.Operations() {
			require.True(t, served[method+" "+path], "%s %s is described and not there", method, path)
		}
	}
}

// talk asks the server, and holds question and answer against the document.
type talk struct {
	t       *testing.T
	doc     *openapi3.T
	handler http.Handler
	asked   map[string]bool // operations that were answered well
}

func (k *talk) ask(method, path, query string, params map[string]string, kind, body string, want int, header ...string) (*httptest.ResponseRecorder, string) {
	t := k.t
	t.Helper()
	item := k.doc.Paths.Value(path)
	require.NotNil(t, item, path)
	op := item.GetOperation(method)
	require.NotNil(t, op, path)
	url := path
	for name, value := range params {
		url = strings.ReplaceAll(url, "{"+name+"}", strings.ReplaceAll(value, "/", "%2F"))
	}
	request := func() *http.Request {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		t.Cleanup(cancel)
		r := httptest.NewRequestWithContext(ctx, method, "http://localhost"+url+query, strings.NewReader(body))
		if body == "" {
			r.Body, r.ContentLength = http.NoBody, 0
		}
		if kind != "" {
			r.Header.Set("Content-Type", kind)
		}
		for i := 0; i+1 < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		return r
	}
	in := &openapi3filter.RequestValidationInput{
		Request: request(), PathParams: params, Route: &routers.Route{Spec: k.doc, Path: path, PathItem: item, Method: method, Operation: op},
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true},
	}
	if want < 300 {
		require.NoError(t, openapi3filter.ValidateRequest(t.Context(), in), "%s %s", method, url)
		k.asked[method+" "+path] = true
	}
	w := httptest.NewRecorder()
	k.handler.ServeHTTP(w, request())
	require.Equal(t, want, w.Code, "%s %s: %s", method, url, w.Body)
	said := w.Body.String()
	out := &openapi3filter.ResponseValidationInput{RequestValidationInput: in, Status: w.Code, Header: w.Header(), Options: in.Options}
	out.SetBodyBytes([]byte(said))
	require.NoError(t, openapi3filter.ValidateResponse(t.Context(), out), "%s %s: %s", method, url, said)
	return w, said
}

func (k *talk) get(path string, want int) string {
	k.t.Helper()
	path, query, _ := strings.Cut(path, "?")
	if query != "" {
		query = "?" + query
	}
	_, said := k.ask(http.MethodGet, path, query, nil, "", "", want)
	return said
}

func TestAnswersAreAsDescribed(t *testing.T) {
	openapi3filter.RegisterBodyDecoder("application/xml", openapi3filter.RegisteredBodyDecoder("text/plain"))
	s, d, p := everything(t)
	k := &talk{t, described(t), s.http.Handler, map[string]bool{}}
	const (
		api  = "/api/v1/"
		json = "application/json"
	)
	for _, path := range []string{"/healthz", "/metrics", "/epg.xml", api + "openapi.json", api + "status", api + "page", api + "me", api + "commands", api + "quarantine",
		api + "rundown?limit=3", api + "schedule?for=7d", api + "asrun?outcome=played,skipped", api + "asrun?format=csv"} {
		k.get(path, http.StatusOK)
	}
	k.get(api+"rundown?limit=x", http.StatusBadRequest)
	k.get(api+"schedule?for=x", http.StatusBadRequest)
	k.get(api+"asrun?from=x", http.StatusBadRequest)
	p.err = fmt.Errorf("damaged")
	k.get(api+"asrun", http.StatusServiceUnavailable)
	p.err = nil

	for _, c := range commands {
		path, params := api+"commands/"+c.path, map[string]string(nil)
		if strings.HasPrefix(c.path, "output/") {
			path, params = strings.Replace(path, "main", "{name}", 1), map[string]string{"name": "main"}
		}
		k.ask(http.MethodPost, path, "", params, json, c.body, http.StatusOK)
	}
	d.err = &control.Refusal{Code: control.Conflict, Err: fmt.Errorf("it has changed")}
	k.ask(http.MethodPost, api+"commands/skip", "", nil, json, "", http.StatusConflict)
	k.ask(http.MethodPost, api+"commands/hold", "", nil, json, "{}", http.StatusBadRequest)
	k.ask(http.MethodPost, api+"login", "", nil, json, `{"name":"a","password":"b"}`, http.StatusConflict)
	k.ask(http.MethodPost, api+"logout", "", nil, "", "", http.StatusNoContent)
	k.asked["POST "+api+"login"] = true // needs users: its own test has the good answer

	k.talkOfPlaylists(api + "playlists")
	k.talkOfMedia(api + "media")
	require.NoError(t, s.uploads.open(t.Context()))
	defer s.uploads.stop()
	k.talkOfUploads(api + "uploads")
	k.talkOfSystem(api)

	// The events have no end: what each of them says is looked at by itself.
	k.asked["GET "+api+"events"], k.asked["GET "+api+"logs/events"] = true, true
	for path, item := range k.doc.Paths.Map() {
		for method := range item.Operations() {
			require.True(t, k.asked[method+" "+path], "%s %s was not asked", method, path)
		}
	}
}

func (k *talk) talkOfPlaylists(all string) {
	one, main := all+"/{name}", map[string]string{"name": "main.yml"}
	k.get(all, http.StatusOK)
	w, said := k.ask(http.MethodGet, one, "", main, "", "", http.StatusOK)
	tag := w.Header().Get("ETag")
	var shown Shown
	require.NoError(k.t, json.Unmarshal([]byte(said), &shown))
	k.ask(http.MethodGet, one, "", main, "", "", http.StatusOK, "Accept", "text/plain")
	k.ask(http.MethodGet, one, "", map[string]string{"name": "none.yml"}, "", "", http.StatusNotFound)

	const kind = "application/json"
	doc := string(shown.Document)
	k.ask(http.MethodPost, one+"/validate", "", main, kind, doc, http.StatusOK)
	k.ask(http.MethodPost, one+"/validate", "", main, "text/plain", "items: x", http.StatusOK)
	k.ask(http.MethodPost, one+"/effects", "", main, kind, doc, http.StatusOK)
	k.ask(http.MethodPost, one+"/effects", "", main, "text/plain", "items: x", http.StatusOK)
	k.ask(http.MethodPut, one, "", main, kind, doc, http.StatusPreconditionRequired)
	w, _ = k.ask(http.MethodPut, one, "", main, kind, strings.Replace(doc, "One", "First", 1), http.StatusOK, "If-Match", tag)
	k.ask(http.MethodPut, one, "", main, kind, doc, http.StatusPreconditionFailed, "If-Match", tag)
	tag = w.Header().Get("ETag")
	k.ask(http.MethodPut, one, "", main, kind, `{"items": [{"sauce": "a"}]}`, http.StatusUnprocessableEntity, "If-Match", tag)
	_, said = k.ask(http.MethodGet, one+"/versions", "", main, "", "", http.StatusOK)
	var old []OldVersion
	require.NoError(k.t, json.Unmarshal([]byte(said), &old))
	version := map[string]string{"name": "main.yml", "id": old[0].ID}
	k.ask(http.MethodGet, one+"/versions/{id}", "", version, "", "", http.StatusOK)
	w, _ = k.ask(http.MethodPost, one+"/versions/{id}/restore", "", version, "", "", http.StatusOK, "If-Match", tag)
	k.ask(http.MethodPut, one, "", map[string]string{"name": "shows/new.yml"}, kind, doc, http.StatusCreated, "If-None-Match", "*")
	k.ask(http.MethodPost, one+"/import", "?from=old.m3u", map[string]string{"name": "old.yml"}, "text/plain", "a.mp4\n", http.StatusCreated, "If-None-Match", "*")
	k.ask(http.MethodPost, one+"/rename", "", main, kind, `{"to": "other.yml"}`, http.StatusOK, "If-Match", w.Header().Get("ETag"))
	k.ask(http.MethodDelete, one, "", map[string]string{"name": "other.yml"}, "", "", http.StatusNoContent, "If-Match", "*")
}

// What the events say is as described.
func TestEventsAreAsDescribed(t *testing.T) {
	doc := described(t)
	h := newHub(onAir(), nil, nil, nil, nil)
	events := map[string]any{
		"StatusEvent":    json.RawMessage(data(t, func() string { h.look(); return string(h.status) })),
		"AlertEvent":     alertEvent{"raised", onAir().status.Alerts[0]},
		"CommandEvent":   commandEvent{Who: "ann", Item: &control.Item{}, Undo: &time.Time{}},
		"PlaylistsEvent": listsEvent{[]Listed{{Name: "a.yml", Schedule: "0 20 * * *", Start: "hard"}}, []string{"b.yml"}},
		"MediaEvent":     mediaEvent{[]string{"a.mp4"}, true},
		"ResetEvent":     map[string]string{"why": "airloom was restarted"},
	}
	for name, event := range events {
		text, err := json.Marshal(event)
		require.NoError(t, err)
		var v any
		require.NoError(t, json.Unmarshal(text, &v))
		require.NoError(t, doc.Components.Schemas[name].Value.VisitJSON(v, openapi3.EnableJSONSchema2020()), name)
	}
	h.close()
}

// data is what an event says.
func data(t *testing.T, event func() string) string {
	t.Helper()
	_, text, ok := strings.Cut(event(), "data: ")
	require.True(t, ok)
	return strings.TrimSpace(text)
}

// The words of the document's playlist are those of a file.
func TestDescribedPlaylistIsOurs(t *testing.T) {
	doc := described(t)
	native, err := os.ReadFile("../playlist/native.go")
	require.NoError(t, err)
	timing, err := os.ReadFile("../playlist/timing.go")
	require.NoError(t, err)
	keys := func(source []byte, kind string) (keys []string) {
		_, body, ok := strings.Cut(string(source), "type "+kind+" struct {")
		require.True(t, ok, kind)
		body, _, _ = strings.Cut(body, "\n}")
		for _, m := range regexp.MustCompile(`yaml:"(\w+)"`).FindAllStringSubmatch(body, -1) {
			keys = append(keys, m[1])
		}
		return keys
	}
	named := func(s *openapi3.SchemaRef) (keys []string) {
		for key := range s.Value.Properties {
			keys = append(keys, key)
		}
		return keys
	}
	require.ElementsMatch(t, keys(native, "rawItem"), named(doc.Components.Schemas["Item"]))
	require.ElementsMatch(t, keys(timing, "rawSchedule"), named(doc.Components.Schemas["Document"].Value.Properties["schedule"]))
}
