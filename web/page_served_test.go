package web

import (
	"net/http"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

func accept(kind string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set("Accept", kind) }
}

func encoding(e string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set("Accept-Encoding", e) }
}

const browser = "text/html,application/xhtml+xml,*/*;q=0.8"

// What a person asks for within the page is the page, for everybody: it holds no
// data. What a script asks for is not.
func TestPathsOfThePage(t *testing.T) {
	h := guarded(t, full)
	h.page = fstest.MapFS{
		"index.html": {Data: []byte("<!doctype html><title>page</title>")}, "favicon.ico": {Data: []byte("icon")}, ".keep": {},
	}
	v := h.visitor(t)
	for _, path := range []string{"/", "/on-air", "/playlists", "/playlists/shows%2Fevening.yml?item=3", "/schedule", "/media/films", "/asrun", "/system", "/login"} {
		w := v.get(path, accept(browser))
		require.Equal(t, http.StatusOK, w.StatusCode, path)
		require.Contains(t, w.body, "<title>page</title>", path)
		require.Equal(t, "no-cache", w.Header.Get("Cache-Control"))
		require.Contains(t, w.Header.Get("Content-Type"), "text/html")
		again := v.get(path, accept(browser), func(r *http.Request) { r.Header.Set("If-None-Match", w.Header.Get("ETag")) })
		require.Equal(t, http.StatusNotModified, again.StatusCode, path)
	}
	require.Equal(t, "icon", v.get("/favicon.ico", accept("image/*")).body)
	for _, path := range []string{"/api/v1/none", "/api", "/assets/none.js", "/hls", "/uploads/none", "/metrics/x"} {
		requireProblem(t, http.StatusNotFound, v.get(path, accept(browser)))
	}
	for _, path := range []string{"/playlists", "/.keep", "/favicon.png"} {
		requireProblem(t, http.StatusNotFound, v.get(path, accept("*/*")))
	}
	requireProblem(t, http.StatusNotFound, h.person(t, "ada").do(http.MethodPost, "/playlists", "{}", accept(browser)))
}

func TestFilesOfThePageAreSentCompressed(t *testing.T) {
	h := guarded(t)
	h.page = fstest.MapFS{
		"index.html": {Data: []byte("page")}, "assets/a-1.js": {Data: []byte("plain")}, "assets/a-1.js.br": {Data: []byte("brotli")},
		"assets/a-1.js.gz": {Data: []byte("gzip")}, "assets/b-1.svg": {Data: []byte("<svg/>")},
	}
	v := h.visitor(t)
	for asked, want := range map[string]string{
		"": "plain", "identity": "plain", "gzip, deflate, br, zstd": "brotli", "br;q=1.0, gzip": "brotli", "gzip": "gzip",
		"br;q=0, gzip": "gzip", "GZIP ; q=0.5": "gzip", "br;q=0": "plain", "br;q=x": "plain",
	} {
		w := v.get("/assets/a-1.js", encoding(asked))
		require.Equal(t, want, w.body, asked)
		require.Equal(t, map[string]string{"brotli": "br", "gzip": "gzip", "plain": ""}[want], w.Header.Get("Content-Encoding"))
		require.Equal(t, "Accept-Encoding", w.Header.Get("Vary"))
		require.Contains(t, w.Header.Get("Content-Type"), "javascript")
		require.Contains(t, w.Header.Get("Cache-Control"), "immutable")
		again := v.get("/assets/a-1.js", encoding(asked), func(r *http.Request) { r.Header.Set("If-None-Match", w.Header.Get("ETag")) })
		require.Equal(t, http.StatusNotModified, again.StatusCode)
	}
	require.Equal(t, "<svg/>", v.get("/assets/b-1.svg", encoding("br")).body)
	requireProblem(t, http.StatusNotFound, v.get("/assets/a-1.js.br"))
}
