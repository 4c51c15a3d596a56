package web

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

const pullToken = "p1ayers+only/&=x"

// pullable has a stream to pull.
func pullable(token string) func(*Config) {
	return func(c *Config) {
		c.HLS = HLS{Token: token, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, "stream "+r.URL.Path)
		})}
	}
}

// With users, the stream is for whoever is signed in; a token lets players in too,
// into this and nothing else.
func TestWhoMayPull(t *testing.T) {
	const path, shown = "/hls/index.m3u8", "?token=p1ayers%2Bonly%2F%26%3Dx"
	h := guarded(t, full, pullable(""))
	require.Equal(t, http.StatusUnauthorized, h.visitor(t).get(path).StatusCode)
	require.Equal(t, http.StatusUnauthorized, h.visitor(t).get(path+"?token=").StatusCode, "an empty token is none")
	require.Equal(t, http.StatusUnauthorized, h.visitor(t).get(path+shown).StatusCode)
	require.Equal(t, "stream /index.m3u8", h.person(t, "vera").get(path).body)
	require.Equal(t, http.StatusOK, h.visitor(t).get(path, bearer(viewerToken)).StatusCode)

	var log bytes.Buffer
	h = guarded(t, full, pullable(pullToken), func(c *Config) {
		c.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	nobody := h.visitor(t)
	require.Equal(t, "stream /index.m3u8", nobody.get(path+shown).body)
	require.Equal(t, "stream /a_seg1.ts", nobody.get("/hls/a_seg1.ts"+shown).body)
	require.Equal(t, http.StatusOK, nobody.do(http.MethodHead, path+shown, "").StatusCode)
	for _, wrong := range []string{"", "?token=", "?token=p1ayers", "?token=p1ayers%2Bonly%2F%26%3Dxx", "?token=x&token=p1ayers%2Bonly%2F%26%3Dx", "?Token=p1ayers%2Bonly%2F%26%3Dx"} {
		w := nobody.get(path + wrong)
		require.Equal(t, http.StatusUnauthorized, w.StatusCode, wrong)
		require.NotContains(t, w.body, "p1ayers")
	}
	require.Equal(t, "stream /index.m3u8", h.person(t, "vera").get(path).body, "people need none")
	for _, other := range []string{"/api/v1/status", "/preview/index.m3u8", "/metrics"} {
		require.NotEqual(t, http.StatusOK, nobody.get(other+shown).StatusCode, other)
	}
	require.Equal(t, http.StatusMethodNotAllowed, nobody.do(http.MethodPost, path+shown, "").StatusCode)
	require.NotContains(t, log.String(), "p1ayers")
}

// A player in a page of another site can read why it gets nothing; nothing else
// that is served is for such pages.
func TestPlayersOfOtherSitesReadProblems(t *testing.T) {
	h := guarded(t, full, pullable(pullToken))
	nobody := h.visitor(t)
	for _, w := range []reply{nobody.get("/hls/index.m3u8"), nobody.get("/hls/index.m3u8?token=wrong"), nobody.do(http.MethodPost, "/hls/index.m3u8", "")} {
		require.GreaterOrEqual(t, w.StatusCode, 400)
		require.Equal(t, "*", w.Header.Get("Access-Control-Allow-Origin"))
		require.Equal(t, "cross-origin", w.Header.Get("Cross-Origin-Resource-Policy"))
	}
	for _, path := range []string{"/", "/hls", "/api/v1/status", "/metrics", "/hlsx/a"} {
		w := nobody.get(path)
		require.Empty(t, w.Header.Get("Access-Control-Allow-Origin"), path)
		require.Equal(t, "same-origin", w.Header.Get("Cross-Origin-Resource-Policy"), path)
	}
}

// Without users everybody on the machine may pull, unless a token is set: behind a
// proxy, that is what keeps others out.
func TestWhoMayPullWhereThereAreNoUsers(t *testing.T) {
	c := Config{}
	pullable("")(&c)
	require.Equal(t, "stream /index.m3u8", ask(t, "GET", serve(t, c, onAir())+"/hls/index.m3u8").body)
	pullable(pullToken)(&c)
	at := serve(t, c, onAir())
	requireProblem(t, http.StatusUnauthorized, ask(t, "GET", at+"/hls/index.m3u8"))
	require.Equal(t, "stream /index.m3u8", ask(t, "GET", at+"/hls/index.m3u8?token=p1ayers%2Bonly%2F%26%3Dx").body)
	require.Equal(t, http.StatusOK, ask(t, "GET", at+"/api/v1/status").StatusCode)
	requireProblem(t, http.StatusNotFound, ask(t, "GET", serve(t, Config{}, onAir())+"/hls/index.m3u8"))
}
