package main_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"

	"airloom/cmd/internal/airtest"
	"airloom/playout/control"
	"airloom/web"
)

// overHTTP is a channel that is worked with as the desk does.
type overHTTP struct {
	*airtest.Channel
	t   *testing.T
	doc *openapi3.T
}

// do asks for a path below the API, holds a good answer against its schema, ""
// for none, and fills v with it.
func (o *overHTTP) do(method, path, schema, body string, want int, v any, header ...string) http.Header {
	o.t.Helper()
	r, err := http.NewRequestWithContext(o.t.Context(), method, o.URL("/api/v1/"+path), strings.NewReader(body))
	require.NoError(o.t, err)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w, err := (&http.Client{Timeout: 20 * time.Second}).Do(r)
	require.NoError(o.t, err)
	defer w.Body.Close()
	said, err := io.ReadAll(w.Body)
	require.NoError(o.t, err)
	require.Equal(o.t, want, w.StatusCode, "%s %s: %s", method, path, said)
	if v != nil {
		require.NoError(o.t, json.Unmarshal(said, v), "%s", said)
	}
	if schema != "" {
		o.holds(schema, said)
	}
	return w.Header
}

// holds says whether the JSON is what the schema says, or a list of such.
func (o *overHTTP) holds(schema string, said []byte) {
	o.t.Helper()
	var v any
	require.NoError(o.t, json.Unmarshal(said, &v))
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	for _, one := range list {
		require.NoError(o.t, o.doc.Components.Schemas[schema].Value.VisitJSON(one, openapi3.EnableJSONSchema2020()), "%s: %v", schema, one)
	}
}

// hear sends what the events say of the item on air; its channel is closed when
// they end.
func (o *overHTTP) hear() <-chan control.Airing {
	o.t.Helper()
	ctx, cancel := context.WithCancel(o.t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, o.URL("/api/v1/events"), nil)
	require.NoError(o.t, err)
	w, err := http.DefaultClient.Do(r) //nolint:bodyclose // closed by the goroutine that reads it
	require.NoError(o.t, err)
	heard := make(chan control.Airing, 1000)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer close(heard)
		defer w.Body.Close()
		for lines := bufio.NewScanner(w.Body); lines.Scan(); {
			var e struct{ Status control.Status }
			data, ok := strings.CutPrefix(lines.Text(), "data: ")
			if ok && json.Unmarshal([]byte(data), &e) == nil && e.Status.Now != nil {
				heard <- *e.Status.Now
			}
		}
	}()
	o.t.Cleanup(func() { cancel(); <-ended })
	return heard
}

// until waits until the events tell that an item is on air.
func (o *overHTTP) until(heard <-chan control.Airing, title string) {
	o.t.Helper()
	for deadline := time.After(3 * time.Second); ; {
		select {
		case on, ok := <-heard:
			require.True(o.t, ok, "the events have ended")
			if on.Title == title {
				return
			}
		case <-deadline:
			o.t.Fatalf("the events do not tell that %s is on air", title)
		}
	}
}

// The desk's way of working, against the real thing: look, skip, take, undo, edit,
// and read what aired.
func TestDeskOverHTTP(t *testing.T) {
	clips := airtest.Clips(t, airtest.Long1, airtest.Missing, airtest.Long2, airtest.Plain1)
	ch := airtest.Airloom(t, airtest.Setup{
		Output: "rtmp://127.0.0.1:9/live/x", Items: airtest.Items(clips[:3]...), Media: mediaOf(clips[3]),
		Lists: map[string]string{"shows/other.yml": "items: [{source: plain1.mp4, title: Taken}, {source: long2.mp4}]\n"},
	})
	ch.Until(10*time.Second, "a clip is on air", func(s control.Status) bool { return s.Now != nil })
	text, code := ch.Get("/api/v1/openapi.json")
	require.Equal(t, http.StatusOK, code)
	doc, err := openapi3.NewLoader().LoadFromData([]byte(text))
	require.NoError(t, err)
	o := &overHTTP{ch, t, doc}

	var rundown []web.Upcoming
	airtest.Eventually(t, 10*time.Second, "the rundown knows what is missing", func() bool {
		o.do("GET", "rundown?limit=4", "Upcoming", "", http.StatusOK, &rundown)
		return len(rundown) == 4 && !rundown[1].Plays
	})
	require.True(t, rundown[0].OnAir)
	require.Equal(t, []string{"long1", "missing", "long2", "long1"}, []string{rundown[0].Title, rundown[1].Title, rundown[2].Title, rundown[3].Title})
	require.NotEmpty(t, rundown[1].Warnings)
	require.Equal(t, *rundown[0].End, rundown[1].Start)
	require.Equal(t, *rundown[0].End, rundown[2].Start)

	heard := o.hear()
	var a control.Answer
	o.do("POST", "commands/skip", "Answer", `{"item":"`+rundown[0].ID+`"}`, http.StatusOK, &a)
	require.Equal(t, "long2", a.Item.Title, "what cannot play is passed over")
	o.do("POST", "commands/skip", "Refusal", `{"item":"`+rundown[0].ID+`"}`, http.StatusConflict, nil)
	o.do("POST", "commands/take", "Answer", `{"playlist":"shows/other.yml","index":0}`, http.StatusOK, &a)
	require.Equal(t, "Taken", a.Item.Title)
	s, _ := ch.Status()
	require.Equal(t, "Taken", s.Now.Title, "it is on air when it is answered")
	o.until(heard, "Taken")
	o.do("POST", "commands/undo", "Answer", "", http.StatusOK, &a)
	require.Equal(t, "long2", a.Item.Title)
	o.until(heard, "long2")

	var shown web.Shown
	tag := o.do("GET", "playlists/main.yml", "Shown", "", http.StatusOK, &shown).Get("ETag")
	edited := strings.TrimSuffix(string(shown.Document), "]}") + `,{"source":"plain1.mp4","title":"Added"}]}`
	var foreseen foreseen
	o.do("POST", "playlists/main.yml/effects", "Effects", edited, http.StatusOK, &foreseen)
	o.do("PUT", "playlists/main.yml", "Shown", edited, http.StatusOK, &shown, "If-Match", tag)
	require.Len(t, shown.Items, 4)
	o.do("GET", "rundown?limit=2", "Upcoming", "", http.StatusOK, &rundown)
	require.Equal(t, "Added", rundown[1].Title, "what is saved is planned when it is answered")
	foreseen.came(t, rundown[1])
	file, err := os.ReadFile(filepath.Join(ch.Dir, "playlists", "main.yml"))
	require.NoError(t, err)
	require.Contains(t, string(file), "{source: plain1.mp4, title: Added}")
	o.do("PUT", "playlists/main.yml", "Conflict", edited, http.StatusPreconditionFailed, nil, "If-Match", tag)

	o.agreesWithTheCommands()
}

// foreseen is what was told of an edit before it was saved.
type foreseen struct {
	First   string `json:"first_change_at"`
	Items   []web.DraftItem
	Changes []web.Effect
}

// came says that the added item airs when it was said to, and was told of first.
func (f foreseen) came(t *testing.T, added web.Upcoming) {
	t.Helper()
	require.Len(t, f.Items, 4)
	require.Equal(t, added.ID, f.Items[3].ID)
	require.True(t, near(t, added.Start, *f.Items[3].StartsAt), "%s, foreseen %s", added.Start, *f.Items[3].StartsAt)
	require.Equal(t, "added", f.Changes[0].Kind)
	require.Equal(t, "Added", f.Changes[0].Title)
	require.Equal(t, 3, *f.Changes[0].Index)
	require.True(t, near(t, added.Start, f.First))
}

// agreesWithTheCommands holds schedule and as-run log against what the commands
// tell.
func (o *overHTTP) agreesWithTheCommands() {
	t := o.t
	from := time.Now().Add(30 * time.Second).UTC().Truncate(time.Second).Format(time.RFC3339)
	command := func(v any, args ...string) {
		cmd := exec.CommandContext(t.Context(), airtest.Binary(t), append(args, "--json", "--config", filepath.Join(o.Dir, "airloom.yml"))...)
		text, err := cmd.Output()
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(text, v))
	}
	var api, told []web.Entry
	airtest.Eventually(t, 10*time.Second, "both tell the same", func() bool { // the command goes by what is saved, every second
		o.do("GET", "schedule?for=40s&from="+from, "Slot", "", http.StatusOK, &api)
		command(&told, "schedule", "--from", from, "--for", "40s")
		return slices.EqualFunc(told, api, func(a, b web.Entry) bool { return a.ID == b.ID && near(t, a.Start, b.Start) })
	})
	require.Greater(t, len(api), 3)

	var rows, written []web.Aired
	airtest.Eventually(t, 5*time.Second, "what aired is written down", func() bool {
		o.do("GET", "asrun", "Aired", "", http.StatusOK, &rows)
		return len(rows) >= 4
	})
	command(&written, "asrun")
	require.GreaterOrEqual(t, len(written), len(rows))
	require.Equal(t, written[:len(rows)-1], rows[:len(rows)-1]) // the last is on air
	var skipped []web.Aired
	o.do("GET", "asrun?outcome=skipped", "Aired", "", http.StatusOK, &skipped)
	require.NotEmpty(t, skipped)
	require.Less(t, len(skipped), len(rows))
}

// near says whether two times are the same but for a few ticks.
func near(t *testing.T, a, b string) bool {
	x, err := time.Parse(time.RFC3339Nano, a)
	require.NoError(t, err)
	y, err := time.Parse(time.RFC3339Nano, b)
	require.NoError(t, err)
	return x.Sub(y).Abs() < 100*time.Millisecond
}
