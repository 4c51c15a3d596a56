package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/playlist"
	"airloom/playlist/library"
)

// lists is a real folder of playlists. Items are as long as their file's name.
type lists struct{ *library.Library }

func options() playlist.Options {
	return playlist.Options{Root: "/media", Schemes: []string{"rtsp", "https"}}
}

func (l lists) Base() string { return "main.yml" }

func (l lists) Options(name string) playlist.Options {
	o := options()
	o.Name = name
	return o
}

func (l lists) Length(it playlist.Item) (time.Duration, bool, string) {
	if strings.HasPrefix(it.Source, "gone") {
		return 0, false, "there is no such file"
	}
	return time.Duration(len(it.Source)) * time.Second, true, ""
}

const mainText = `name: Main  # what is on all day
items:
  # the opener
  - {source: one.mp4, title: One}  # loud
  - {source: two.mp4, in: "00:00:10"}
  - {source: gone.mp4, loop: 2}
  - {source: "rtsp://ops:secret@cam.example/door?token=abc", duration: 10m}
`

// aFolder serves a folder with main.yml and shows/news.yml in it.
func aFolder(t *testing.T, cfg Config) (at, dir string) {
	t.Helper()
	dir = t.TempDir()
	cfg.Lists = someLists(t, dir)
	return serve(t, cfg, onAir()) + "/api/v1/playlists", dir
}

// someLists fills a folder and looks after it.
func someLists(t *testing.T, dir string) Playlists {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "shows"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "main.yml"), []byte(mainText), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "shows", "news.yml"), []byte("schedule: {cron: \"0 20 * * *\"}\nitems: [{source: news.mp4}]\n"), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "secret.env"), []byte("x"), 0o644))
	l := library.New(library.Config{Dir: dir, Settle: 50 * time.Millisecond, Options: options()})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = l.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-ended })
	<-l.Ready()
	_, err := l.Rescan(ctx)
	require.NoError(t, err)
	return lists{l}
}

func having(key, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(key, value) }
}

func fill[T any](t *testing.T, w reply) (v T) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(w.body), &v), w.body)
	return v
}

func text(t *testing.T, parts ...string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(parts...))
	require.NoError(t, err)
	return string(data)
}

func TestPlaylistsAreListed(t *testing.T) {
	at, _ := aFolder(t, Config{})
	got := fill[struct{ Playlists []Listed }](t, ask(t, http.MethodGet, at)).Playlists
	require.Len(t, got, 2)
	require.Equal(t, "main.yml", got[0].Name)
	require.Equal(t, "Main", got[0].Title)
	require.Equal(t, 4, got[0].Items)
	require.True(t, got[0].Base)
	require.Equal(t, got[0].Version, got[0].Airs)
	require.Equal(t, Listed{Name: "shows/news.yml", Version: got[1].Version, Airs: got[1].Version, Title: "news", Items: 1, Schedule: "0 20 * * *", Start: "hard"}, got[1])
}

func TestReadAPlaylist(t *testing.T) {
	at, _ := aFolder(t, Config{})
	w := ask(t, http.MethodGet, at+"/main.yml")
	require.Equal(t, http.StatusOK, w.StatusCode, w.body)
	p := fill[Shown](t, w)
	require.Equal(t, tagOf(p.Version), w.Header.Get("ETag"))
	require.Equal(t, p.Version, p.Airs)
	require.Len(t, p.Items, 4)
	require.Equal(t, 7.0, *p.Items[0].LengthS)
	require.False(t, p.Items[2].Plays)
	require.Equal(t, "there is no such file", p.Items[2].Why)
	require.NotContains(t, w.body, "secret")
	require.NotContains(t, w.body, "abc")
	require.Contains(t, string(p.Document), `{"source":"rtsp://cam.example/door…","duration":"10m"}`)

	require.Equal(t, "shows/news.yml", fill[Shown](t, ask(t, http.MethodGet, at+"/shows%2Fnews.yml")).Name)
	for _, name := range []string{"none.yml", "secret.env", "..%2Fmain.yml", ".versions%2Fmain.yml", "%2Fetc%2Fpasswd"} {
		requireProblem(t, http.StatusNotFound, ask(t, http.MethodGet, at+"/"+name))
	}

	w = ask(t, http.MethodGet, at+"/main.yml", having("Accept", "text/plain"))
	require.Equal(t, strings.Replace(mainText, "ops:secret@cam.example/door?token=abc", "cam.example/door…", 1), w.body)
	require.Equal(t, "text/plain; charset=utf-8", w.Header.Get("Content-Type"))
	w = ask(t, http.MethodGet, at+"/main.yml", having("Accept", "text/plain"), having("If-None-Match", w.Header.Get("ETag")))
	require.Equal(t, http.StatusNotModified, w.StatusCode)
}

func TestAPlaylistWithErrorsIsShown(t *testing.T) {
	at, dir := aFolder(t, Config{})
	before := fill[Shown](t, ask(t, http.MethodGet, at+"/main.yml"))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "main.yml"), []byte("items:\n  - {source: a.mp4}\n  - {sauce: b.mp4}\n"), 0o644))
	p := fill[Shown](t, ask(t, http.MethodGet, at+"/main.yml"))
	require.Equal(t, before.Version, p.Airs, "the last good one")
	require.NotEqual(t, before.Version, p.Version)
	require.Equal(t, "null", string(p.Document))
	require.Equal(t, 3, p.Problems[0].Line)
	require.Equal(t, 1, *p.Problems[0].Item)
	require.Equal(t, "error", p.Problems[0].Severity)
}

func TestSaveKeepsCommentsAndSecrets(t *testing.T) {
	at, dir := aFolder(t, Config{})
	at += "/main.yml"
	p := fill[Shown](t, ask(t, http.MethodGet, at))
	doc := strings.Replace(string(p.Document), `"title":"One"`, `"title":"First"`, 1)
	require.NotEqual(t, string(p.Document), doc)
	w := send(t, http.MethodPut, at, "application/json", doc, having("If-Match", tagOf(p.Version)))
	require.Equal(t, http.StatusOK, w.StatusCode, w.body)
	require.Equal(t, strings.Replace(mainText, "title: One", "title: First", 1), text(t, dir, "main.yml"))
	saved := fill[Shown](t, w)
	require.Equal(t, tagOf(saved.Version), w.Header.Get("ETag"))
	require.Equal(t, saved.Version, saved.Airs, "it counts when it is answered")
	require.NotEqual(t, p.Version, saved.Version)

	raw := "items:\n  - {source: three.mp4}\n"
	w = send(t, http.MethodPut, at, "text/plain", raw, having("If-Match", tagOf(saved.Version)))
	require.Equal(t, http.StatusOK, w.StatusCode, w.body)
	require.Equal(t, raw, text(t, dir, "main.yml"))
}

// A source whose secrets are not shown keeps them in another list too, and never
// loses them unseen.
func TestSecretsAreNotLost(t *testing.T) {
	at, dir := aFolder(t, Config{})
	const shown = `{"items": [{"source": "a.mp4"}, {"source": "rtsp://cam.example/%s…", "duration": "5m"}]}`
	w := send(t, http.MethodPut, at+"/new.yml", "application/json", fmt.Sprintf(shown, "door"), having("If-None-Match", "*"))
	require.Equal(t, http.StatusCreated, w.StatusCode, w.body)
	require.Contains(t, text(t, dir, "new.yml"), `{source: "rtsp://ops:secret@cam.example/door?token=abc", duration: 5m}`)
	w = send(t, http.MethodPut, at+"/new.yml", "application/json", fmt.Sprintf(shown, "gate"), having("If-Match", "*"))
	requireProblem(t, http.StatusUnprocessableEntity, w)
	require.Equal(t, 1, *fill[struct{ Problems []Problem }](t, w).Problems[0].Item)
	w = post(t, at+"/new.yml/validate", fmt.Sprintf(shown, "gate"))
	require.Contains(t, w.body, `"valid":false`)
	require.NotContains(t, w.body, "secret")
}

func TestSaveNeedsAVersion(t *testing.T) {
	at, dir := aFolder(t, Config{})
	at += "/main.yml"
	const doc = `{"items": [{"source": "a.mp4"}]}`
	for _, tag := range []string{"", "x", `"`, `""`, `"a", "b"`} {
		requireProblem(t, http.StatusPreconditionRequired, send(t, http.MethodPut, at, "application/json", doc, having("If-Match", tag)))
	}
	requireProblem(t, http.StatusUnsupportedMediaType, send(t, http.MethodPut, at, "application/x", doc, having("If-Match", "*")))
	requireProblem(t, http.StatusRequestEntityTooLarge, send(t, http.MethodPut, at, "text/plain", strings.Repeat("#", maxPlaylist+1), having("If-Match", "*")))
	require.Equal(t, mainText, text(t, dir, "main.yml"))
	require.Equal(t, http.StatusOK, send(t, http.MethodPut, at, "application/json", doc, having("If-Match", "*")).StatusCode)
}

// conflicting is what a 412 says.
type conflicting struct {
	Version  string
	Since    string
	Document json.RawMessage
	Changes  []Difference
}

func TestTheSecondEditorIsTold(t *testing.T) {
	at, dir := aFolder(t, Config{})
	at += "/main.yml"
	p := fill[Shown](t, ask(t, http.MethodGet, at))
	theirs := strings.Replace(mainText, "two.mp4", "zwei.mp4", 1)
	w := send(t, http.MethodPut, at, "text/plain", theirs, having("If-Match", tagOf(p.Version)))
	require.Equal(t, http.StatusOK, w.StatusCode)
	now := fill[Shown](t, w).Version

	mine := strings.Replace(string(p.Document), "One", "Mine", 1)
	w = send(t, http.MethodPut, at, "application/json", mine, having("If-Match", tagOf(p.Version)))
	requireProblem(t, http.StatusPreconditionFailed, w)
	c := fill[conflicting](t, w)
	require.Equal(t, now, c.Version)
	require.Equal(t, tagOf(now), w.Header.Get("ETag"))
	require.Equal(t, "base", c.Since)
	require.Contains(t, string(c.Document), "zwei.mp4")
	require.NotContains(t, w.body, "secret")
	require.Equal(t, []Difference{
		{"added", nil, of(1), "zwei.mp4", "zwei.mp4"}, {"removed", of(1), nil, "two.mp4", "two.mp4"},
	}, c.Changes)
	require.Equal(t, theirs, text(t, dir, "main.yml"))

	w = send(t, http.MethodPut, at, "application/json", mine, having("If-Match", tagOf("0123456789abcdef")))
	requireProblem(t, http.StatusPreconditionFailed, w)
	require.Equal(t, "yours", fill[conflicting](t, w).Since)
	requireProblem(t, http.StatusPreconditionFailed, send(t, http.MethodPut, at, "application/json", mine, having("If-None-Match", "*")))
	requireProblem(t, http.StatusPreconditionFailed, ask(t, http.MethodDelete, at, having("If-Match", tagOf(p.Version))))
}

func TestPlaylistsWithErrorsAreNotSaved(t *testing.T) {
	at, dir := aFolder(t, Config{})
	w := send(t, http.MethodPut, at+"/main.yml", "application/json", "{\"items\": [\n {\"source\": \"a.mp4\"},\n {\"sauce\": \"b.mp4\"}]}", having("If-Match", "*"))
	requireProblem(t, http.StatusUnprocessableEntity, w)
	p := fill[struct{ Problems []Problem }](t, w)
	require.Equal(t, 1, *p.Problems[0].Item)
	requireProblem(t, http.StatusUnprocessableEntity, send(t, http.MethodPut, at+"/main.yml", "text/plain", "items:\n - {source: ../../etc/passwd}", having("If-Match", "*")))
	require.Equal(t, mainText, text(t, dir, "main.yml"))
	for _, name := range []string{"x.mp4", "..%2Fx.yml", ".hidden.yml", "a%2F..%2F..%2Fx.yml", "%2Ftmp%2Fx.yml", "x", ".versions%2Fx.yml"} {
		requireProblem(t, http.StatusBadRequest, send(t, http.MethodPut, at+"/"+name, "text/plain", "items: []", having("If-None-Match", "*")))
	}
	requireProblem(t, http.StatusUnprocessableEntity, send(t, http.MethodPut, at+"/x.m3u", "application/json", `{"items": [{"source": "a.mp4"}]}`, having("If-None-Match", "*")))
}

func TestCreateRenameRemove(t *testing.T) {
	at, dir := aFolder(t, Config{})
	const doc = `{"name": "Eve", "items": [{"source": "a.mp4"}]}`
	w := send(t, http.MethodPut, at+"/shows%2Feve.yml", "application/json", doc, having("If-None-Match", "*"))
	require.Equal(t, http.StatusCreated, w.StatusCode, w.body)
	require.Equal(t, "name: Eve\nitems:\n  - {source: a.mp4}\n", text(t, dir, "shows", "eve.yml"))
	tag := w.Header.Get("ETag")

	requireProblem(t, http.StatusPreconditionRequired, post(t, at+"/shows%2Feve.yml/rename", `{"to":"late.yml"}`))
	requireProblem(t, http.StatusConflict, send(t, http.MethodPost, at+"/shows%2Feve.yml/rename", "application/json", `{"to":"main.yml"}`, having("If-Match", tag)))
	requireProblem(t, http.StatusBadRequest, send(t, http.MethodPost, at+"/shows%2Feve.yml/rename", "application/json", `{"to":"../main.yml"}`, having("If-Match", tag)))
	w = send(t, http.MethodPost, at+"/shows%2Feve.yml/rename", "application/json", `{"to":"late.yml"}`, having("If-Match", tag))
	require.Equal(t, http.StatusOK, w.StatusCode, w.body)
	require.Equal(t, "late.yml", fill[Shown](t, w).Name)
	require.Equal(t, tag, w.Header.Get("ETag"))

	requireProblem(t, http.StatusPreconditionRequired, ask(t, http.MethodDelete, at+"/late.yml"))
	require.Equal(t, http.StatusNoContent, ask(t, http.MethodDelete, at+"/late.yml", having("If-Match", tag)).StatusCode)
	requireProblem(t, http.StatusNotFound, ask(t, http.MethodGet, at+"/late.yml"))
	requireProblem(t, http.StatusPreconditionFailed, ask(t, http.MethodDelete, at+"/late.yml", having("If-Match", tag)))

	// What was removed can be had back.
	old := fill[[]OldVersion](t, ask(t, http.MethodGet, at+"/late.yml/versions"))
	require.Len(t, old, 1)
	w = send(t, http.MethodPost, at+"/late.yml/versions/"+url.PathEscape(old[0].ID)+"/restore", "", "", having("If-None-Match", "*"))
	require.Equal(t, http.StatusOK, w.StatusCode, w.body)
	require.Equal(t, tag, w.Header.Get("ETag"))
}

func TestVersionsAndRestore(t *testing.T) {
	at, dir := aFolder(t, Config{})
	at += "/main.yml"
	p := fill[Shown](t, ask(t, http.MethodGet, at))
	w := send(t, http.MethodPut, at, "text/plain", "items: [{source: new.mp4}]\n", having("If-Match", tagOf(p.Version)))
	require.Equal(t, http.StatusOK, w.StatusCode)
	tag := w.Header.Get("ETag")
	old := fill[[]OldVersion](t, ask(t, http.MethodGet, at+"/versions"))
	require.Len(t, old, 1)
	require.Equal(t, p.Version, old[0].Version)
	was := fill[Shown](t, ask(t, http.MethodGet, at+"/versions/"+old[0].ID))
	require.Equal(t, string(p.Document), string(was.Document))
	for _, id := range []string{"x", "x-y", "..%2F..%2Fmain.yml", "..%2F..%2Fsecret.env-2d71164"} {
		requireProblem(t, http.StatusNotFound, ask(t, http.MethodGet, at+"/versions/"+id))
	}
	requireProblem(t, http.StatusPreconditionRequired, post(t, at+"/versions/"+old[0].ID+"/restore", ""))
	requireProblem(t, http.StatusPreconditionFailed, send(t, http.MethodPost, at+"/versions/"+old[0].ID+"/restore", "", "", having("If-Match", tagOf(p.Version))))
	w = send(t, http.MethodPost, at+"/versions/"+old[0].ID+"/restore", "", "", having("If-Match", tag))
	require.Equal(t, http.StatusOK, w.StatusCode, w.body)
	require.Equal(t, mainText, text(t, dir, "main.yml"))
}

func TestValidateWritesNothing(t *testing.T) {
	at, dir := aFolder(t, Config{})
	type verdict struct {
		Valid    bool
		Document json.RawMessage
		Items    []ShownItem
		Problems []Problem
	}
	w := post(t, at+"/main.yml/validate", `{"items": [{"source": "a.mp4"}, {"source": "gone.mp4", "loop": 2}]}`)
	require.Equal(t, http.StatusOK, w.StatusCode, w.body)
	v := fill[verdict](t, w)
	require.True(t, v.Valid)
	require.Len(t, v.Items, 2)
	require.Equal(t, 5.0, *v.Items[0].LengthS)
	require.False(t, v.Items[1].Plays)

	v = fill[verdict](t, send(t, http.MethodPost, at+"/new.yml/validate", "text/plain", "items:\n  - {source: a.mp4}\n  - {source: b.mp4, out: x}\n"))
	require.False(t, v.Valid)
	require.Equal(t, "null", string(v.Document))
	require.Equal(t, 3, v.Problems[0].Line)
	require.Equal(t, 1, *v.Problems[0].Item)
	require.Equal(t, mainText, text(t, dir, "main.yml"))
	require.NoFileExists(t, filepath.Join(dir, "new.yml"))

	v = fill[verdict](t, send(t, http.MethodPost, at+"/new.yml/validate?from=x.m3u", "", "#EXTM3U\n#EXTINF:7,Seven\nseven.mp4\n"))
	require.True(t, v.Valid)
	require.Equal(t, "Seven", v.Items[0].Title)
}

func TestImport(t *testing.T) {
	at, dir := aFolder(t, Config{})
	const m3u = "#EXTM3U\n#EXTINF:7,Seven\nseven.mp4\n#EXTVLCOPT:strange=1\neight.mp4\n"
	requireProblem(t, http.StatusBadRequest, send(t, http.MethodPost, at+"/x.yml/import", "", m3u, having("If-None-Match", "*")))
	requireProblem(t, http.StatusPreconditionRequired, send(t, http.MethodPost, at+"/x.yml/import?from=x.m3u", "", m3u))
	w := send(t, http.MethodPost, at+"/x.yml/import?from=x.m3u", "", m3u, having("If-None-Match", "*"))
	require.Equal(t, http.StatusCreated, w.StatusCode, w.body)
	require.Contains(t, text(t, dir, "x.yml"), "- {source: seven.mp4, title: Seven")
	require.Equal(t, "x.yml", fill[Shown](t, w).Name)
	requireProblem(t, http.StatusUnprocessableEntity, send(t, http.MethodPost, at+"/y.yml/import?from=y.json", "", "{", having("If-None-Match", "*")))
}
