package web

import (
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"airloom/playout/control"
)

// cheap is a hash that is no work to check.
func cheap(password string) string {
	h := phc{memory: 8, time: 1, threads: 1, salt: []byte("saltsaltsalt")}
	h.key = h.of(password, 32)
	return h.String()
}

// house is a server with users, and a clock that stands still.
type house struct {
	*Server
	base string

	mu    sync.Mutex
	time  time.Time
	notes []control.Note
}

func (h *house) later(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.time = h.time.Add(d)
}

func (h *house) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.time
}

// noted are the changes that were noted, oldest first.
func (h *house) noted() []control.Note {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]control.Note(nil), h.notes...)
}

var (
	programToken, programHash = NewToken()
	viewerToken, viewerHash   = NewToken()
	staff                     = []User{
		{"vera", cheap("vera's word"), Viewer}, {"oskar", cheap("oskar's word"), Operator}, {"ada", cheap("ada's word"), Admin},
	}
	programs = []Token{{"automation", programHash, Operator}, {"prometheus", viewerHash, Viewer}}
)

// guarded runs a server with staff and programs for the length of the test.
func guarded(t *testing.T, change ...func(*Config)) *house {
	t.Helper()
	h := &house{time: time.Date(2026, 10, 24, 19, 0, 0, 0, time.UTC)}
	cfg := Config{Listen: "127.0.0.1:0", Users: staff, Tokens: programs, Note: func(n control.Note) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.notes = append(h.notes, n)
	}}
	for _, c := range change {
		c(&cfg)
	}
	s, err := New(cfg, onAir())
	require.NoError(t, err)
	s.page = fstest.MapFS{"index.html": {Data: []byte("page")}, "assets/index-a1b2.js": {Data: []byte("1")}}
	s.gate.now = h.clock
	h.Server = s
	h.base = "http://" + s.Addr().String()
	if s.cert != nil {
		h.base = "https://" + s.Addr().String()
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
	})
	return h
}

// visitor is a browser at the server.
type visitor struct {
	t    *testing.T
	base string
	*http.Client
}

func (h *house) visitor(t *testing.T) *visitor {
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	wires := &http.Transport{}
	t.Cleanup(wires.CloseIdleConnections)
	return &visitor{t, h.base, &http.Client{Jar: jar, Transport: wires}}
}

// person is a visitor who has signed in.
func (h *house) person(t *testing.T, name string) *visitor {
	v := h.visitor(t)
	w := v.login(name, name+"'s word")
	require.Equal(t, http.StatusOK, w.StatusCode, w.body)
	return v
}

func (v *visitor) login(name, password string) reply {
	return v.do(http.MethodPost, "/api/v1/login", `{"name":"`+name+`","password":"`+password+`"}`)
}

func (v *visitor) do(method, path, body string, change ...func(*http.Request)) reply {
	v.t.Helper()
	r, err := http.NewRequestWithContext(v.t.Context(), method, v.base+path, strings.NewReader(body))
	require.NoError(v.t, err)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, c := range change {
		c(r)
	}
	w, err := v.Do(r)
	require.NoError(v.t, err)
	defer func() { _ = w.Body.Close() }()
	b, err := io.ReadAll(w.Body)
	require.NoError(v.t, err)
	return reply{w, string(b)}
}

func (v *visitor) get(path string, change ...func(*http.Request)) reply {
	v.t.Helper()
	return v.do(http.MethodGet, path, "", change...)
}

func bearer(token string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) }
}

// full sets everything that there are routes for.
func full(c *Config) {
	c.Desk, c.Plan = &desk{}, aPlan()
	c.Guide = func(context.Context, io.Writer) error { return nil }
	c.Preview = http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	c.HLS.Handler = c.Preview
}

var wild = regexp.MustCompile(`[:*]\w+`)

// TestNoRouteIsLeftOpen holds every route there is against what everybody gets:
// also one that is new and forgot to say whom it is for.
func TestNoRouteIsLeftOpen(t *testing.T) {
	h := guarded(t, full, func(c *Config) {
		c.Lists, c.Media, c.Uploads = someLists(t, t.TempDir()), aCupboard(), aPorch(t)
	})
	everybodys := []string{"/", "/assets/*name", "/healthz", "/api/v1/login", "/api/v1/logout"}
	routes := h.http.Handler.(*gin.Engine).Routes()
	require.Greater(t, len(routes), 20)
	nobody, vera := h.visitor(t), h.person(t, "vera")
	for _, r := range routes {
		path, name := wild.ReplaceAllString(r.Path, "x"), r.Method+" "+r.Path
		if contains(everybodys, r.Path) {
			require.NotContains(t, []int{http.StatusUnauthorized, http.StatusForbidden}, nobody.do(r.Method, path, "").StatusCode, name)
			continue
		}
		for _, by := range []func(*http.Request){func(*http.Request) {}, bearer("airloom_x"), bearer(""), bearer(viewerHash)} {
			w := nobody.do(r.Method, path, "", by)
			require.Equal(t, http.StatusUnauthorized, w.StatusCode, name)
			require.Contains(t, w.Header.Get("WWW-Authenticate"), "Bearer")
		}
		if !safe(r.Method) {
			require.Equal(t, http.StatusForbidden, vera.do(r.Method, path, "").StatusCode, name)
			require.Equal(t, http.StatusForbidden, nobody.do(r.Method, path, "", bearer(viewerToken)).StatusCode, name)
		}
	}
}

func contains(list []string, s string) bool {
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}

func TestRoles(t *testing.T) {
	h := guarded(t, full)
	h.http.Handler.(*gin.Engine).GET("/test/admin", h.allow(Admin), func(c *gin.Context) { c.Status(http.StatusOK) })
	h.http.Handler.(*gin.Engine).DELETE("/test/admin", h.allow(Admin), func(c *gin.Context) { c.Status(http.StatusOK) })
	by := map[string]*visitor{"nobody": h.visitor(t), "vera": h.person(t, "vera"), "oskar": h.person(t, "oskar"), "ada": h.person(t, "ada")}
	const yes, no, who = http.StatusOK, http.StatusForbidden, http.StatusUnauthorized
	for _, c := range []struct {
		method, path              string
		nobody, viewer, oper, adm int
	}{
		{"GET", "/", yes, yes, yes, yes},
		{"HEAD", "/assets/index-a1b2.js", yes, yes, yes, yes},
		{"GET", "/healthz", yes, yes, yes, yes},
		{"GET", "/api/v1/status", who, yes, yes, yes},
		{"GET", "/api/v1/page", who, yes, yes, yes},
		{"GET", "/api/v1/me", who, yes, yes, yes},
		{"GET", "/api/v1/commands", who, yes, yes, yes},
		{"GET", "/metrics", who, yes, yes, yes},
		{"HEAD", "/metrics", who, yes, yes, yes},
		{"GET", "/epg.xml", who, yes, yes, yes},
		{"GET", "/preview/index.m3u8", who, yes, yes, yes},
		{"GET", "/hls/index.m3u8", who, yes, yes, yes},
		{"POST", "/api/v1/commands/skip", who, no, yes, yes},
		{"POST", "/api/v1/commands/reload", who, no, yes, yes},
		{"GET", "/test/admin", who, no, no, yes},
		{"DELETE", "/test/admin", who, no, no, yes},
	} {
		for name, want := range map[string]int{"nobody": c.nobody, "vera": c.viewer, "oskar": c.oper, "ada": c.adm} {
			w := by[name].do(c.method, c.path, "")
			require.Equal(t, want, w.StatusCode, "%s %s by %s: %s", c.method, c.path, name, w.body)
			if want == no {
				requireProblem(t, no, w)
			}
		}
		if c.method != "HEAD" {
			require.Equal(t, c.viewer, by["nobody"].do(c.method, c.path, "", bearer(viewerToken)).StatusCode, c.path)
			require.Equal(t, c.oper, by["nobody"].do(c.method, c.path, "", bearer(programToken)).StatusCode, c.path)
		}
	}
	requireProblem(t, http.StatusNotFound, by["nobody"].get("/none"))
}

func TestTheDeskIsToldWho(t *testing.T) {
	d := &desk{}
	h := guarded(t, full, func(c *Config) { c.Desk = d })
	require.Equal(t, http.StatusOK, h.person(t, "oskar").do("POST", "/api/v1/commands/skip", "").StatusCode)
	require.Equal(t, http.StatusOK, h.visitor(t).do("POST", "/api/v1/commands/skip", "", bearer(programToken)).StatusCode)
	require.Equal(t, []string{"oskar (desk): skip ", "automation (token): skip "}, d.asked)
	d = &desk{}
	require.Equal(t, http.StatusOK, post(t, serve(t, Config{Desk: d}, onAir())+"/api/v1/commands/skip", "").StatusCode)
	require.Equal(t, []string{"loopback: skip "}, d.asked)
}

func TestWithoutUsersThisMachineMayDoEverything(t *testing.T) {
	at := serve(t, Config{}, onAir())
	require.JSONEq(t, `{"name":"","role":"admin","via":"loopback","users":false}`, ask(t, "GET", at+"/api/v1/me").body)
	requireProblem(t, http.StatusConflict, post(t, at+"/api/v1/login", `{"name":"x","password":"y"}`))
	require.Equal(t, http.StatusNoContent, ask(t, "POST", at+"/api/v1/logout").StatusCode)
}

func TestWithoutUsersOthersMayNotReachIt(t *testing.T) {
	h := guarded(t)
	h.cfg.Users, h.cfg.Tokens = nil, nil
	h.socket = elsewhere{h.socket}
	require.ErrorContains(t, h.secure(), "add web.users")
	require.ErrorContains(t, h.SetUsers(nil, nil), "open to all")
	require.Equal(t, http.StatusUnauthorized, h.visitor(t).get("/api/v1/status").StatusCode)
}

func TestSignInsThatCannotBe(t *testing.T) {
	for words, cfg := range map[string]Config{
		"user ops: no argon2id hash":  {Users: []User{{"ops", "$2a$10$abc", Viewer}}},
		"the name of another":         {Users: []User{{"ops", cheap("x"), Viewer}, {"ops", cheap("y"), Viewer}}},
		"no role":                     {Users: []User{{"ops", cheap("x"), Nobody}}},
		"token p: no hash":            {Users: staff, Tokens: []Token{{"p", "sha256:00", Viewer}}},
		`token "p" has no role`:       {Users: staff, Tokens: []Token{{"p", programHash, Nobody}}},
		"there are tokens but no use": {Tokens: programs},
		"use the certificate":         {Users: staff, TLS: TLS{"none.pem", "none.key"}},
	} {
		cfg.Listen = "127.0.0.1:0"
		_, err := New(cfg, onAir())
		require.ErrorContains(t, err, words)
	}
}

func TestChangesThatAnotherSiteAsksForAreRefused(t *testing.T) {
	d := &desk{}
	h := guarded(t, full, func(c *Config) { c.Desk = d })
	oskar := h.person(t, "oskar")
	free := serve(t, Config{Desk: d}, onAir())
	set := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	for _, from := range []func(*http.Request){
		set("Sec-Fetch-Site", "cross-site"), set("Sec-Fetch-Site", "same-site"), set("Origin", "https://evil.example"), set("Origin", "null"),
	} {
		requireProblem(t, http.StatusForbidden, oskar.do("POST", "/api/v1/commands/skip", "", from))
		requireProblem(t, http.StatusForbidden, oskar.do("POST", "/api/v1/login", `{"name":"vera","password":"vera's word"}`, from))
		requireProblem(t, http.StatusForbidden, oskar.do("POST", "/api/v1/logout", "", from))
		requireProblem(t, http.StatusForbidden, ask(t, "POST", free+"/api/v1/commands/skip", from))
		require.Equal(t, http.StatusOK, oskar.get("/api/v1/status", from).StatusCode, "looking changes nothing")
	}
	require.Empty(t, d.asked)
	for _, from := range []func(*http.Request){set("Sec-Fetch-Site", "same-origin"), set("Origin", h.base)} {
		require.Equal(t, http.StatusOK, oskar.do("POST", "/api/v1/commands/skip", "", from).StatusCode)
	}
}

func TestTheGuardStandsBeforePeopleToo(t *testing.T) {
	h := guarded(t)
	requireProblem(t, http.StatusMisdirectedRequest, h.person(t, "ada").get("/api/v1/status", func(r *http.Request) { r.Host = "evil.example" }))
}
