package web

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/playout/control"
	"airloom/web/hooks"
)

// What is sent is what the document says of it.
func TestHooksAreAsDescribed(t *testing.T) {
	schema := described(t).Components.Schemas["Event"].Value
	words := make([]string, 0, len(hooks.Events))
	for _, e := range schema.Properties["event"].Value.Enum {
		words = append(words, e.(string))
	}
	require.Equal(t, hooks.Events, words)

	bodies := make(chan []byte, 100)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		bodies <- body
	}))
	defer receiver.Close()
	_, ch := measured()
	first := true
	h := hooks.New(hooks.Config{Channel: "Test", Receivers: []hooks.Receiver{{URL: receiver.URL}}, Log: slog.New(slog.DiscardHandler), Status: func() control.Status {
		if first { // nothing is there, and then all
			first = false
			return control.Status{}
		}
		return ch.status
	}})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- h.Run(ctx) }()
	seen := map[string]bool{}
	for len(seen) < 5 {
		select {
		case body := <-bodies:
			var event map[string]any
			require.NoError(t, json.Unmarshal(body, &event))
			require.NoError(t, schema.VisitJSON(event), string(body))
			seen[event["event"].(string)] = true
		case <-time.After(20 * time.Second):
			t.Fatal(seen)
		}
	}
	cancel()
	require.NoError(t, <-done)
	require.Contains(t, seen, hooks.OnAir)
	require.Contains(t, seen, hooks.ProducerReady)
}
