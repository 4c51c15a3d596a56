package web

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// What a draft would change is told, and nothing is written.
func TestEffectsOfADraft(t *testing.T) {
	p := aPlan()
	lists := someLists(t, t.TempDir())
	at := serve(t, Config{Plan: p, Lists: lists}, onAir()) + "/api/v1/playlists/main.yml"
	was := ask(t, http.MethodGet, at).Header.Get("ETag")
	told := func(kind, draft string, code int) (x struct {
		Until    *string `json:"until"`
		First    *string `json:"first_change_at"`
		TotalS   float64 `json:"total_s"`
		Items    []DraftItem
		Changes  []Effect
		Problems []Problem
	}) {
		w := send(t, http.MethodPost, at+"/effects", kind, draft)
		require.Equal(t, code, w.StatusCode, w.body)
		require.NoError(t, json.Unmarshal([]byte(w.body), &x))
		return x
	}
	x := told("application/json", `{"items": [{"source": "one.mp4"}, {"source": "two.mp4", "loop": 3}]}`, http.StatusOK)
	require.Equal(t, "main.yml", p.draft.File)
	require.Len(t, x.Items, 2)
	require.Equal(t, 28.0, x.TotalS, "of all airings")
	require.Equal(t, p.effects.Airs[0], x.Items[0].Airs)
	require.Nil(t, x.Items[1].StartsAt)
	require.Equal(t, p.effects.Changes, x.Changes)
	require.Equal(t, p.effects.First, x.First)

	x = told("text/plain", "items: [{sauce: one.mp4}]", http.StatusOK)
	require.Equal(t, "error", x.Problems[0].Severity)
	require.Nil(t, x.Until)
	require.Empty(t, x.Changes)
	requireProblem(t, http.StatusUnsupportedMediaType, send(t, http.MethodPost, at+"/effects", "text/html", "x"))
	require.Equal(t, was, ask(t, http.MethodGet, at).Header.Get("ETag"))
}
