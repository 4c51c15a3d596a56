package main

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"airloom/configs"
	"airloom/playout/control"
	"airloom/web"
)

// Who is taken out of the config is out after a reload; a mistake changes nothing.
func TestUsersAreReadAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "airloom.yml")
	ours, oursHash := web.NewToken()
	theirs, theirsHash := web.NewToken()
	hash, err := web.HashPassword("Grüß Gott")
	require.NoError(t, err)
	write := func(tokens, more string) {
		text := "output: {url: \"rtmp://127.0.0.1/live/one\"}\nweb:\n  listen: 127.0.0.1:0\n  users: [{name: ops, password_hash: \"" + hash + "\"}]\n  tokens: [" + tokens + "]\n" + more
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	both := `{name: a, hash: "` + oursHash + `"}, {name: b, hash: "` + theirsHash + `", role: admin}`
	write(both, "")
	cfg, problems := configs.Load(path)
	require.Empty(t, problems)

	page := web.Config{Listen: cfg.Web.Listen}
	page.Users, page.Tokens = signIns(cfg)
	require.Equal(t, web.Viewer, page.Tokens[0].Role)
	require.Equal(t, web.Admin, page.Tokens[1].Role)
	c := &channel{cfg: cfg, path: path}
	c.web, err = web.New(page, control.NewBoard())
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- c.web.Run(ctx) }()
	defer func() {
		http.DefaultClient.CloseIdleConnections()
		cancel()
		require.NoError(t, <-done)
	}()
	comes := func(token string) bool {
		r, err := http.NewRequest(http.MethodGet, "http://"+c.web.Addr().String()+"/api/v1/me", nil)
		require.NoError(t, err)
		r.Header.Set("Authorization", "Bearer "+token)
		w, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		_ = w.Body.Close()
		return w.StatusCode == http.StatusOK
	}
	require.True(t, comes(ours) && comes(theirs))
	write(strings.SplitAfter(both, "},")[0], "log: {level: loud}\n")
	require.ErrorContains(t, c.readUsers(ctx), "as they were")
	require.True(t, comes(theirs))
	write(strings.SplitAfter(both, "},")[0], "")
	require.NoError(t, c.readUsers(ctx))
	require.True(t, comes(ours))
	require.False(t, comes(theirs))
	require.NoError(t, (&channel{cfg: cfg, web: c.web}).readUsers(ctx), "a demo has no file")
}
