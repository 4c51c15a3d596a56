package antmedia

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/output"
)

// What can be wrong with the API is told apart, in words that hold neither the
// token nor the stream's id.
func TestTroubleInWords(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("asked elsewhere, with %q", r.Header.Get("Authorization"))
	}))
	defer other.Close()
	say := func(code int, words string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { page(w, code, words) }
	}
	for name, x := range map[string]struct {
		serve http.HandlerFunc
		cause output.Cause
		words string
		start bool // such as a server that starts has
	}{
		"IP filter": {say(403, "Not allowed IP"), output.CauseForbidden, "forbids our address (403 Not allowed IP)", true},
		"wrong JWT": {say(403, "Invalid App JWT Token"), output.CauseCredential, "does not accept our token (403 Invalid App JWT Token)", false},
		"401":       {say(401, ""), output.CauseCredential, "(401 Unauthorized)", false},
		"starting":  {say(403, "Application is getting initialized"), CauseStarting, "is not ready", true},
		"500":       {say(500, "Internal Server Error"), CauseStarting, "is not ready (500 Internal Server Error)", true},
		"declined": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(400)
			_, _ = w.Write([]byte(`{"success":false,"message":"no\n  way"}`))
		}, CauseDeclined, "declines (400 no way)", true},
		"a page": {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>hello")) }, CauseNonsense, "does not answer as Ant Media Server does", false},
		"endless": {func(w http.ResponseWriter, _ *http.Request) {
			for range 40 {
				_, _ = w.Write([]byte(strings.Repeat("[", 64<<10)))
			}
		}, CauseNonsense, "longer than 1 MiB", false},
		"sent elsewhere": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other.URL+r.URL.Path, http.StatusFound)
		}, CauseElsewhere, "sends us to another address", false},
		"sent in circles": {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path, http.StatusFound) }, CauseElsewhere, "sends us", false},
		"closes":          {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, CauseUnreachable, "broke the connection", true},
		"long words":      {say(400, strings.Repeat("x", 1000)), CauseDeclined, "xxx…", true},
	} {
		t.Run(name, func(t *testing.T) {
			s := httptest.NewServer(x.serve)
			defer s.Close()
			c, err := NewClient(s.URL+"/LiveApp/", "geheim-0815")
			require.NoError(t, err)
			defer c.Close()
			_, err = c.Broadcast(t.Context(), "key-4711")
			var e *Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, x.cause, e.Cause, err.Error())
			require.Contains(t, err.Error(), x.words)
			require.Equal(t, x.start, e.Fleeting())
			require.Less(t, len(err.Error()), 500)
			for _, hush := range []string{"geheim", "key-4711"} {
				require.NotContains(t, err.Error(), hush)
			}
		})
	}
}

func TestNoAnswerAtAll(t *testing.T) {
	for api, want := range map[string]struct {
		cause output.Cause
		words string
	}{
		"http://127.0.0.1:1/LiveApp":          {CauseUnreachable, "nothing listens on 127.0.0.1:1"},
		"http://no-such-host.invalid/LiveApp": {CauseName, "the name no-such-host.invalid has no address"},
	} {
		c, err := NewClient(api, "")
		require.NoError(t, err)
		_, err = c.Version(t.Context())
		var e *Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, want.cause, e.Cause, err.Error())
		require.Contains(t, err.Error(), want.words)
	}
	s := httptest.NewServer(http.NotFoundHandler())
	defer s.Close()
	c, err := NewClient(strings.Replace(s.URL, "http:", "https:", 1)+"/LiveApp", "")
	require.NoError(t, err)
	_, err = c.Version(t.Context())
	require.ErrorContains(t, err, "no encrypted connection")
	for _, api := range []string{"", "ams.example", "ftp://ams.example/LiveApp", "http://%zz"} {
		_, err := NewClient(api, "")
		require.Error(t, err, api)
	}
}

func TestAHangingAPIIsLeftAfterTwoSeconds(t *testing.T) {
	f := newFake(t)
	f.set(func() { f.hangs = true })
	c, err := NewClient(f.http.URL+"/LiveApp", "")
	require.NoError(t, err)
	defer c.Close()
	began := time.Now()
	_, err = c.Broadcast(t.Context(), "ch1")
	var e *Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, CauseTimeout, e.Cause)
	require.GreaterOrEqual(t, time.Since(began), answersWithin)
	require.Less(t, time.Since(began), answersWithin+2*time.Second)
}

// The token goes to the API and nowhere else.
func TestToken(t *testing.T) {
	f := newFake(t)
	f.restToken = "app.jwt.token"
	heard := map[string]string{}
	f.answerWith = func(_ http.ResponseWriter, r *http.Request) bool {
		heard[r.URL.Path] = r.Header.Get("Authorization")
		return false
	}
	c, err := NewClient(f.http.URL+"/LiveApp", "app.jwt.token")
	require.NoError(t, err)
	defer c.Close()
	a, err := c.Broadcast(t.Context(), "ch1")
	require.NoError(t, err)
	require.False(t, a.Known)
	c.playlist(t.Context(), "ch1")
	require.NoError(t, c.Create(t.Context(), "ch1"))
	require.NoError(t, c.Create(t.Context(), "ch1"), "there already is as good")
	delete(heard, "/LiveApp/rest/v2/broadcasts/create")
	require.Equal(t, map[string]string{
		"/LiveApp/rest/v2/broadcasts/ch1": "Bearer app.jwt.token", "/LiveApp/streams/ch1.m3u8": "",
	}, heard)
	require.ErrorContains(t, c.Stop(t.Context(), "ch1"), "no session to stop")
}

// The watch proves what arrives, and says so only while it does.
func TestWatch(t *testing.T) {
	f := newFake(t)
	b := newBench(t, f, Options{Create: true}, "")
	w := NewWatch(b.Dialer)
	require.Equal(t, NotProven, w.Arrival().State)
	require.False(t, w.poll(t.Context()), "nothing is asked while nothing is sent")
	require.Zero(t, f.count(""))
	s, _, err := b.publish()
	require.NoError(t, err)
	end, _ := run(s)
	require.True(t, w.poll(t.Context()))
	require.Equal(t, NotProven, w.Arrival().State)
	f.advance("ch1")
	require.True(t, w.poll(t.Context()))
	a := w.Arrival()
	require.Equal(t, []any{Proven, "broadcasting", "2.17.1", 512, 0.995, int64(640_000), 320}, []any{
		a.State, a.Status, a.Server.Version, a.Server.Kbps, a.Server.Speed, a.Server.Received, a.Server.Width,
	})
	require.Less(t, a.Age, 3*time.Second, "the server's clock is an hour fast")
	require.Less(t, a.Server.For, 10*time.Second)
	require.Empty(t, w.Alerts())
	end()
	require.Equal(t, Arrival{State: NotProven, Detail: "nothing is being sent"}, w.Arrival())
	require.Empty(t, w.Alerts())
}

// What somebody else's session shows is no proof of ours.
func TestAnotherSession(t *testing.T) {
	f := newFake(t)
	b := newBench(t, f, Options{}, "")
	w := NewWatch(b.Dialer)
	s, _, err := b.publish()
	require.NoError(t, err)
	end, _ := run(s)
	defer end()
	f.hold("ch1", time.Hour, nil)
	w.poll(t.Context())
	f.advance("ch1")
	w.poll(t.Context())
	require.Equal(t, NotProven, w.Arrival().State)
	require.False(t, w.Arrival().Known, "what the server says is of another")
	b.aged(time.Minute)
	w.poll(t.Context())
	f.advance("ch1")
	w.poll(t.Context())
	require.Contains(t, w.Arrival().Detail, "the session there is not ours")
	require.Contains(t, w.Alerts()[0].Message, "the session there is not ours")
}

// A server that made another id of the URL is found out.
func TestAnotherID(t *testing.T) {
	f := newFake(t)
	b := newBench(t, f, Options{}, "")
	s, _, err := b.publish()
	require.NoError(t, err)
	end, _ := run(s)
	defer end()
	f.set(func() {
		f.broadcasts["room"] = f.broadcasts["ch1"]
		f.broadcasts["room"]["streamId"] = "room"
		delete(f.broadcasts, "ch1")
	})
	w := NewWatch(b.Dialer)
	w.poll(t.Context())
	require.Empty(t, w.Alerts(), "it may take a moment")
	b.mu.Lock()
	b.past.Opened = b.past.Opened.Add(-settled)
	b.mu.Unlock()
	f.set(func() {
		f.broadcasts["room"]["startTime"] = f.broadcasts["room"]["startTime"].(int64) - settled.Milliseconds()
	})
	w.poll(t.Context())
	require.Len(t, w.Alerts(), 1)
	require.Equal(t, "antmedia-other-id", w.Alerts()[0].Code)
	require.NotContains(t, w.Alerts()[0].Message, "room", "it may be somebody's secret")
	f.set(func() { f.broadcasts["room"]["width"] = 640 })
	w.poll(t.Context())
	require.Empty(t, w.Alerts(), "of another size")
	f.set(func() {
		f.broadcasts["room"]["width"] = 320
		f.broadcasts["secret-of-another"] = f.broadcasts["room"]
	})
	w.poll(t.Context())
	require.Empty(t, w.Alerts(), "there are two such")
}

// Run looks soon after a session has begun, and ends when it is told to.
func TestWatchRuns(t *testing.T) {
	f := newFake(t)
	b := newBench(t, f, Options{}, "")
	w := NewWatch(b.Dialer)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	s, _, err := b.publish()
	require.NoError(t, err)
	end, _ := run(s)
	require.Eventually(t, func() bool { return w.Arrival().Known }, 5*time.Second, 10*time.Millisecond)
	end()
	cancel()
	require.NoError(t, <-done)
}
