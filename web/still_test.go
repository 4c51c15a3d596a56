package web

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

type still struct {
	tag  string
	err  error
	made int
}

func (s *still) Tag(int) string { return s.tag }

func (s *still) Picture(context.Context, int) ([]byte, string, error) {
	s.made++
	return []byte("picture"), s.tag, s.err
}

func TestStill(t *testing.T) {
	air := &still{tag: "a-1"}
	at := serve(t, Config{System: System{Still: air}}, onAir()) + "/api/v1/still.jpg"
	w := ask(t, "GET", at+"?width=320")
	require.Equal(t, "picture", w.body)
	require.Equal(t, "image/jpeg", w.Header.Get("Content-Type"))
	require.Equal(t, `"a-1"`, w.Header.Get("ETag"))
	require.Equal(t, "no-cache", w.Header.Get("Cache-Control"))
	has := func(r *http.Request) { r.Header.Set("If-None-Match", `"x", W/"a-1"`) }
	w = ask(t, "GET", at, has)
	require.Equal(t, http.StatusNotModified, w.StatusCode)
	require.Equal(t, 1, air.made)
	air.tag = "a-2"
	require.Equal(t, http.StatusOK, ask(t, "GET", at, has).StatusCode)

	air.tag, air.err = "", errors.New("nothing has been sent yet")
	w = ask(t, "GET", at)
	requireProblem(t, http.StatusServiceUnavailable, w)
	require.Contains(t, w.body, "There is no picture of the air now. Nothing has been sent yet.")
	require.Equal(t, "2", w.Header.Get("Retry-After"))
	requireProblem(t, http.StatusBadRequest, ask(t, "GET", at+"?width=-1"))
}
