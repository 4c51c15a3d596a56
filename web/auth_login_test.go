package web

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func cookieOf(t *testing.T, w reply) *http.Cookie {
	t.Helper()
	require.Len(t, w.Cookies(), 1)
	return w.Cookies()[0]
}

func with(c *http.Cookie) func(*http.Request) {
	return func(r *http.Request) { r.AddCookie(&http.Cookie{Name: c.Name, Value: c.Value}) }
}

func TestSignInAndOut(t *testing.T) {
	h := guarded(t)
	v := h.visitor(t)
	w := v.login("oskar", "oskar's word")
	require.Equal(t, http.StatusOK, w.StatusCode)
	require.JSONEq(t, `{"name":"oskar","role":"operator","via":"desk","users":true}`, w.body)
	c := cookieOf(t, w)
	require.Equal(t, fmt.Sprintf("airloom-%d", h.port), c.Name, "several channels on one machine")
	require.True(t, c.HttpOnly)
	require.Equal(t, http.SameSiteStrictMode, c.SameSite)
	require.Equal(t, "/", c.Path)
	require.Empty(t, c.Domain)
	require.False(t, c.Secure, "plain HTTP")
	require.Equal(t, int(sessionMax/time.Second), c.MaxAge)
	require.Len(t, c.Value, 43, "256 bits")
	require.JSONEq(t, w.body, v.get("/api/v1/me").body)

	require.Equal(t, http.StatusNoContent, v.do("POST", "/api/v1/logout", "").StatusCode)
	require.Equal(t, http.StatusUnauthorized, v.get("/api/v1/me").StatusCode)
	require.Equal(t, http.StatusUnauthorized, h.visitor(t).get("/api/v1/me", with(c)).StatusCode, "the cookie opens nothing any more")
}

func TestSignInThatMakesNoSense(t *testing.T) {
	v := guarded(t).visitor(t)
	for _, c := range []struct {
		code       int
		kind, body string
	}{
		{http.StatusUnsupportedMediaType, "application/x-www-form-urlencoded", "name=oskar&password=x"},
		{http.StatusBadRequest, "application/json", `{"name":`},
		{http.StatusBadRequest, "application/json", `{"name":7}`},
		{http.StatusUnauthorized, "application/json", `{}`},
		{http.StatusUnauthorized, "application/json", `{"name":"oskar","password":"` + strings.Repeat("x", maxPassword+1) + `"}`},
		{http.StatusRequestEntityTooLarge, "application/json", `{"name":"oskar","password":"` + strings.Repeat("x", 1<<20) + `"}`},
	} {
		w := v.do("POST", "/api/v1/login", c.body, func(r *http.Request) { r.Header.Set("Content-Type", c.kind) })
		requireProblem(t, c.code, w)
		require.Empty(t, w.Cookies())
	}
}

// A session's id is the server's own: one that was planted in a browser never
// comes alive, and a new sign-in ends the session before.
func TestSessionsCannotBePlanted(t *testing.T) {
	h := guarded(t)
	planted := &http.Cookie{Name: h.cookieName(), Value: strings.Repeat("A", 43)}
	v := h.visitor(t)
	v.Jar = nil
	w := v.do("POST", "/api/v1/login", `{"name":"oskar","password":"oskar's word"}`, with(planted))
	first := cookieOf(t, w)
	require.NotEqual(t, planted.Value, first.Value)
	require.Equal(t, http.StatusUnauthorized, v.get("/api/v1/me", with(planted)).StatusCode)
	require.Equal(t, http.StatusOK, v.get("/api/v1/me", with(first)).StatusCode)

	second := cookieOf(t, v.do("POST", "/api/v1/login", `{"name":"vera","password":"vera's word"}`, with(first)))
	require.NotEqual(t, first.Value, second.Value)
	require.Equal(t, http.StatusUnauthorized, v.get("/api/v1/me", with(first)).StatusCode)
	require.Equal(t, http.StatusOK, v.get("/api/v1/me", with(second)).StatusCode)
}

func TestSessionsEndByTime(t *testing.T) {
	h := guarded(t)
	idle, busy := h.person(t, "vera"), h.person(t, "oskar")
	for range sessionIdle / time.Hour {
		h.later(time.Hour)
		require.Equal(t, http.StatusOK, busy.get("/api/v1/me").StatusCode)
	}
	require.Equal(t, http.StatusUnauthorized, idle.get("/api/v1/me").StatusCode)
	for range (sessionMax-sessionIdle)/time.Hour - 1 {
		h.later(time.Hour)
		require.Equal(t, http.StatusOK, busy.get("/api/v1/me").StatusCode)
	}
	h.later(time.Hour)
	require.Equal(t, http.StatusUnauthorized, busy.get("/api/v1/me").StatusCode, "used all the time, but a week old")
	require.Empty(t, h.gate.sessions.list)
}

func TestSessionsEndWithTheirUsers(t *testing.T) {
	h := guarded(t)
	vera, oskar, ada := h.person(t, "vera"), h.person(t, "oskar"), h.person(t, "ada")
	require.NoError(t, h.SetUsers([]User{
		{"oskar", cheap("another word"), Operator}, {"ada", staff[2].Hash, Viewer},
	}, programs[:1]))
	require.Equal(t, http.StatusUnauthorized, vera.get("/api/v1/me").StatusCode, "gone")
	require.Equal(t, http.StatusUnauthorized, oskar.get("/api/v1/me").StatusCode, "another password")
	require.JSONEq(t, `{"name":"ada","role":"viewer","via":"desk","users":true}`, ada.get("/api/v1/me").body, "another role counts at once")
	require.Len(t, h.gate.sessions.list, 1)
	require.Equal(t, http.StatusUnauthorized, vera.get("/api/v1/me", bearer(viewerToken)).StatusCode)
	require.Equal(t, http.StatusOK, vera.get("/api/v1/me", bearer(programToken)).StatusCode)
	require.Error(t, h.SetUsers([]User{{"oskar", "nonsense", Operator}}, nil))
	require.Equal(t, http.StatusOK, ada.get("/api/v1/me").StatusCode, "a mistake changes nothing")
}

// What is being answered ends with its session, such as the stream of events; and
// until then it keeps the session in use.
func TestStreamsEndWithTheirSessions(t *testing.T) {
	entered, ended := make(chan struct{}), make(chan struct{})
	h := guarded(t, func(c *Config) {
		c.Preview = http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			close(entered)
			<-r.Context().Done()
			close(ended)
		})
	})
	oskar := h.person(t, "oskar")
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		oskar.get("/preview/stream")
	}()
	<-entered
	h.later(sessionIdle + time.Hour)
	require.Equal(t, http.StatusOK, oskar.get("/api/v1/me").StatusCode)
	oskar.do("POST", "/api/v1/logout", "")
	<-ended
	<-answered
}

func TestOneUsersSessionsAreBounded(t *testing.T) {
	h := guarded(t)
	other := h.person(t, "vera")
	var all []*visitor
	for range maxSessions + 1 {
		all = append(all, h.person(t, "oskar"))
		h.later(time.Minute)
		all[0].get("/api/v1/me") // the second is the one not used for longest
	}
	require.Equal(t, http.StatusOK, all[0].get("/api/v1/me").StatusCode)
	require.Equal(t, http.StatusUnauthorized, all[1].get("/api/v1/me").StatusCode)
	require.Equal(t, http.StatusOK, all[2].get("/api/v1/me").StatusCode)
	require.Equal(t, http.StatusOK, other.get("/api/v1/me").StatusCode)
	require.Len(t, h.gate.sessions.list, maxSessions+1)
}

func TestATokenGoesBeforeASession(t *testing.T) {
	h := guarded(t)
	oskar := h.person(t, "oskar")
	require.JSONEq(t, `{"name":"prometheus","role":"viewer","via":"token","users":true}`, oskar.get("/api/v1/me", bearer(viewerToken)).body)
	requireProblem(t, http.StatusUnauthorized, oskar.get("/api/v1/me", bearer("airloom_wrong")))
	w := oskar.get("/api/v1/me", func(r *http.Request) { r.SetBasicAuth("proxy", "secret") })
	require.JSONEq(t, `{"name":"oskar","role":"operator","via":"desk","users":true}`, w.body, "what a proxy asks for is not for us")
}

// A name that nobody has gets the same answers as a wrong password, down to the
// headers, and is slowed down alike.
func TestNamesCannotBeFoundOut(t *testing.T) {
	tell := func(name string) (all []string) {
		h := guarded(t)
		v := h.visitor(t)
		for range freeTries + 2 {
			w := v.login(name, "wrong")
			w.Header.Del("Date")
			all = append(all, fmt.Sprint(w.StatusCode, w.body, w.Header))
			h.later(100 * time.Millisecond)
		}
		return all
	}
	known, unknown := tell("oskar"), tell("nobody")
	require.Equal(t, known, unknown)
	require.Contains(t, known[0], wrong)
	require.Contains(t, known[freeTries], "too many wrong tries")
}

// Both take the work of a hash: without it an unknown name would be told in
// microseconds.
func TestNamesCannotBeFoundOutByTime(t *testing.T) {
	dear := phc{memory: 4 << 10, time: 2, threads: 1, salt: []byte("saltsaltsalt")}
	dear.key = dear.of("word", 32)
	list, err := newRoster([]User{{"oskar", dear.String(), Viewer}}, nil)
	require.NoError(t, err)
	g, err := newGate(nil, nil)
	require.NoError(t, err)
	took := map[string][]time.Duration{}
	for range 15 {
		for _, name := range []string{"oskar", "nobody"} {
			h, taken := g.hash(list, name)
			require.Equal(t, name == "oskar", taken)
			began := time.Now()
			right, err := newChecks().check(t.Context(), h, "wrong")
			took[name] = append(took[name], time.Since(began))
			require.NoError(t, err)
			require.False(t, right)
		}
	}
	// The shortest is what the work takes, however busy the machine is.
	known, unknown := slices.Min(took["oskar"]), slices.Min(took["nobody"])
	require.Less(t, known, 2*unknown)
	require.Less(t, unknown, 2*known)
}

// Where users have hashes of different cost, a name keeps the one it got.
func TestAnUnknownNameCostsLikeAUser(t *testing.T) {
	a, b := cheap("x"), strings.Replace(cheap("x"), "t=1", "t=2", 1)
	list, err := newRoster([]User{{"a", a, Viewer}, {"b", b, Viewer}}, nil)
	require.NoError(t, err)
	g, err := newGate(nil, nil)
	require.NoError(t, err)
	seen := map[uint32]bool{}
	_, taken := g.hash(list, "a")
	require.True(t, taken)
	for i := range 64 {
		first, taken := g.hash(list, fmt.Sprint(i))
		require.False(t, taken)
		for _, h := range list.hashes {
			require.NotEqual(t, h.key, first.key, "no user's password fits")
		}
		again, _ := g.hash(list, fmt.Sprint(i))
		require.Equal(t, first, again)
		seen[first.time] = true
	}
	require.Len(t, seen, 2)
}

// A request that comes between another password and the end of the sessions is
// nobody's as well.
func TestASessionIsHeldAgainstItsUser(t *testing.T) {
	h := guarded(t)
	oskar := h.person(t, "oskar")
	list, err := newRoster([]User{{"oskar", cheap("another word"), Operator}}, nil)
	require.NoError(t, err)
	h.gate.roster.Store(list)
	require.Equal(t, http.StatusUnauthorized, oskar.get("/api/v1/me").StatusCode)
}

// What is wrong costs time in which nothing is checked: so guessing takes a
// quarter of the processor at most.
func TestWrongPasswordsRestTheirSlot(t *testing.T) {
	c := newChecks()
	var rests []time.Duration
	c.after = func(d time.Duration, f func()) *time.Timer {
		rests = append(rests, d)
		return time.AfterFunc(0, f)
	}
	h, err := parseHash(strings.Replace(cheap("x"), "m=8", "m=4096", 1))
	require.NoError(t, err)
	began := time.Now()
	right, err := c.check(t.Context(), h, "y")
	took := time.Since(began)
	require.NoError(t, err)
	require.False(t, right)
	h, err = parseHash(cheap("x"))
	require.NoError(t, err)
	right, err = c.check(t.Context(), h, "x")
	require.NoError(t, err)
	require.True(t, right)
	require.Len(t, rests, 2)
	require.Positive(t, rests[0])
	require.LessOrEqual(t, rests[0], checkRest*took)
	require.Zero(t, rests[1])
}

func TestGuessingIsSlowedDown(t *testing.T) {
	h := guarded(t)
	v := h.visitor(t)
	for range freeTries {
		requireProblem(t, http.StatusUnauthorized, v.login("oskar", "wrong"))
	}
	for _, wait := range []string{"1", "2", "4", "8"} {
		w := v.login("oskar", "oskar's word") // not even the right one
		requireProblem(t, http.StatusTooManyRequests, w)
		require.Equal(t, wait, w.Header.Get("Retry-After"))
		d, err := time.ParseDuration(wait + "s")
		require.NoError(t, err)
		h.later(d)
		requireProblem(t, http.StatusUnauthorized, v.login("oskar", "wrong"))
	}
	h.later(16 * time.Second)
	require.Equal(t, http.StatusOK, v.login("oskar", "oskar's word").StatusCode)
	for range freeTries {
		requireProblem(t, http.StatusUnauthorized, v.login("oskar", "wrong"))
	}
}

// Many at once gain nothing: a try counts before it is known to be wrong.
func TestGuessingAtOnceGainsNothing(t *testing.T) {
	h := guarded(t)
	var wg sync.WaitGroup
	var mu sync.Mutex
	codes := map[int]int{}
	for range 30 {
		wg.Go(func() {
			w := h.visitor(t).login("oskar", "wrong")
			mu.Lock()
			defer mu.Unlock()
			codes[w.StatusCode]++
		})
	}
	wg.Wait()
	require.Equal(t, map[int]int{http.StatusUnauthorized: freeTries, http.StatusTooManyRequests: 30 - freeTries}, codes)
}

func TestChecksAreBounded(t *testing.T) {
	c := newChecks()
	h, err := parseHash(cheap("x"))
	require.NoError(t, err)
	right, err := c.check(t.Context(), h, "x")
	require.NoError(t, err)
	require.True(t, right)
	for range checksAtOnce {
		<-c.slots // two are being checked
	}
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error)
	for range checksLined {
		go func() {
			_, err := c.check(ctx, h, "x")
			failed <- err
		}()
	}
	require.Eventually(t, func() bool { return len(c.waiting) == checksLined }, 5*time.Second, time.Millisecond)
	_, err = c.check(ctx, h, "x")
	require.ErrorIs(t, err, errBusy)
	cancel()
	for range checksLined {
		require.ErrorIs(t, <-failed, context.Canceled)
	}
	require.Empty(t, c.waiting)
}
