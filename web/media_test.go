package web

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/stretchr/testify/require"

	"airloom/playout/control"
)

// cupboard is a media folder for tests.
type cupboard struct {
	mu      sync.Mutex
	files   map[string][]byte
	used    map[string][]string
	did     []string
	err     error
	changed func([]string)
}

var stampTime = time.Date(2026, 10, 24, 19, 0, 0, 0, time.UTC)

func aCupboard() *cupboard {
	return &cupboard{
		files: map[string][]byte{"a.mp4": bytes.Repeat([]byte("0123456789"), 100), "promos/b.mp3": []byte("b"), "promos/bad.mp4": []byte("x")},
		used:  map[string][]string{"a.mp4": {"main.yml", "evening.yml"}},
	}
}

func (m *cupboard) one(path string) MediaFile {
	length, fps := 12.5, 25.0
	f := MediaFile{Path: path, Name: path[strings.LastIndex(path, "/")+1:], Bytes: int64(len(m.files[path])), Modified: stampTime, State: "ok",
		LengthS: &length, Video: &MediaVideo{"h264", 1280, 720, &fps}, Audio: &MediaAudio{"aac", 2, 48000}, UsedBy: m.UsedBy(path)}
	switch f.Name {
	case "b.mp3":
		f.Video, f.State, f.LengthS = nil, "checking", nil
	case "bad.mp4":
		f.Video, f.Audio, f.LengthS, f.State, f.Problem = nil, nil, nil, "bad", "it is no film"
	}
	return f
}

func (m *cupboard) List(_ context.Context, l MediaLook) (MediaPage, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return MediaPage{Folder: l.Folder, Folders: []MediaFolder{{"promos", "promos"}}, Total: 3, Next: "x",
		Files: []MediaFile{m.one("a.mp4"), m.one("promos/b.mp3"), m.one("promos/bad.mp4")}}, m.err
}

func (m *cupboard) missing(path string) error {
	if m.err != nil {
		return m.err
	}
	if _, ok := m.files[path]; !ok {
		return &control.Refusal{Code: control.Unknown, Err: errors.New("there is no such file")}
	}
	return nil
}

func (m *cupboard) File(_ context.Context, path string) (MediaFile, error) {
	if err := m.missing(path); err != nil {
		return MediaFile{}, err
	}
	return m.one(path), nil
}

func (m *cupboard) Stat(_ context.Context, path string) (MediaStamp, error) {
	return MediaStamp{int64(len(m.files[path])), stampTime}, m.missing(path)
}

func (m *cupboard) Open(_ context.Context, path string) (io.ReadSeeker, MediaStamp, error) {
	return bytes.NewReader(m.files[path]), MediaStamp{int64(len(m.files[path])), stampTime}, m.missing(path)
}

func (m *cupboard) Thumbnail(_ context.Context, path string, _ MediaStamp, at time.Duration, width int) ([]byte, error) {
	m.note("thumbnail", path, at.String())
	return []byte("\xff\xd8jpeg"), m.err
}

func (m *cupboard) Strip(_ context.Context, path string, _ MediaStamp, from, to time.Duration, count, height int) ([]byte, error) {
	m.note("strip", path, from.String(), to.String())
	return []byte("\xff\xd8jpeg"), m.err
}

func (m *cupboard) note(what ...string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.did = append(m.did, strings.Join(what, " "))
}

func (m *cupboard) UsedBy(path string) []string {
	if used := m.used[path]; used != nil {
		return used
	}
	return []string{}
}

func (m *cupboard) Move(_ context.Context, from, to string) error {
	m.note("move", from, to)
	return m.missing(from)
}

func (m *cupboard) Remove(_ context.Context, path string) error {
	m.note("remove", path)
	return m.missing(path)
}

func (m *cupboard) MakeFolder(_ context.Context, path string) error {
	m.note("folder", path)
	return m.err
}

func (m *cupboard) OnChange(f func([]string)) { m.changed = f }

func (k *talk) talkOfMedia(all string) {
	for _, kind := range []string{"image/jpeg", "video/mp4", "audio/mpeg"} {
		openapi3filter.RegisterBodyDecoder(kind, openapi3filter.FileBodyDecoder)
	}
	const kind = "application/json"
	k.get(all, http.StatusOK)
	k.get(all+"?folder=promos&search=b&sort=length&limit=3&after=x", http.StatusOK)
	k.get(all+"?sort=x", http.StatusBadRequest)
	k.get(all+"/file?path=promos/bad.mp4", http.StatusOK)
	k.get(all+"/file?path=none.mp4", http.StatusNotFound)
	k.ask(http.MethodGet, all+"/content", "?path=a.mp4", nil, "", "", http.StatusOK)
	k.ask(http.MethodGet, all+"/content", "?path=a.mp4", nil, "", "", http.StatusPartialContent, "Range", "bytes=10-19")
	k.get(all+"/thumbnail?path=a.mp4&at_s=12.5&width=160&v=1", http.StatusOK)
	k.get(all+"/thumbnail?path=none.mp4", http.StatusNotFound)
	k.get(all+"/strip?path=a.mp4&from_s=1&to_s=2&count=3&height=90", http.StatusOK)
	k.ask(http.MethodPost, all+"/folders", "", nil, kind, `{"path": "new"}`, http.StatusNoContent)
	k.ask(http.MethodPost, all+"/rename", "", nil, kind, `{"from": "a.mp4", "to": "c.mp4"}`, http.StatusConflict)
	k.ask(http.MethodPost, all+"/rename", "", nil, kind, `{"from": "a.mp4", "to": "c.mp4", "force": true}`, http.StatusNoContent)
	k.ask(http.MethodDelete, all, "?path=a.mp4", nil, "", "", http.StatusConflict)
	k.ask(http.MethodDelete, all, "?path=a.mp4&force=true", nil, "", "", http.StatusNoContent)
}

func mediaServer(t *testing.T, m *cupboard) (at string, notes *[]control.Note) {
	notes = &[]control.Note{}
	var mu sync.Mutex
	return serve(t, Config{Media: m, Note: func(n control.Note) {
		mu.Lock()
		defer mu.Unlock()
		*notes = append(*notes, n)
	}}, onAir()), notes
}

// What is used stays where it is, unless it is forced; and either is noted.
func TestMediaInUse(t *testing.T) {
	m := aCupboard()
	at, notes := mediaServer(t, m)
	w := ask(t, "DELETE", at+"/api/v1/media?path=a.mp4")
	requireProblem(t, http.StatusConflict, w)
	require.Contains(t, w.body, `"used_by":["main.yml","evening.yml"]`)
	require.Contains(t, w.body, "a.mp4 is used by main.yml and evening.yml. Take it out there first")
	require.Empty(t, m.did)
	require.Equal(t, http.StatusNoContent, ask(t, "DELETE", at+"/api/v1/media?path=a.mp4&force=true").StatusCode)
	require.Equal(t, http.StatusNoContent, ask(t, "DELETE", at+"/api/v1/media?path=promos/b.mp3").StatusCode)
	require.Equal(t, []string{"remove a.mp4", "remove promos/b.mp3"}, m.did)
	require.Len(t, *notes, 3)
	require.False(t, (*notes)[0].OK)
	require.Equal(t, "remove a.mp4, though it is used", (*notes)[1].Asked)
	require.True(t, (*notes)[2].OK)
}

// A player asks for a file in parts.
func TestMediaContent(t *testing.T) {
	m := aCupboard()
	at, _ := mediaServer(t, m)
	w := ask(t, "GET", at+"/api/v1/media/content?path=a.mp4", func(r *http.Request) { r.Header.Set("Range", "bytes=15-24") })
	require.Equal(t, http.StatusPartialContent, w.StatusCode)
	require.Equal(t, "5678901234", w.body)
	require.Equal(t, "bytes 15-24/1000", w.Header.Get("Content-Range"))
	require.Equal(t, "video/mp4", w.Header.Get("Content-Type"))
	require.Equal(t, "nosniff", w.Header.Get("X-Content-Type-Options"))
	w = ask(t, "HEAD", at+"/api/v1/media/content?path=a.mp4")
	require.Equal(t, "1000", w.Header.Get("Content-Length"))
	tag := w.Header.Get("ETag")
	w = ask(t, "GET", at+"/api/v1/media/content?path=a.mp4", func(r *http.Request) { r.Header.Set("If-None-Match", tag) })
	require.Equal(t, http.StatusNotModified, w.StatusCode)
	requireProblem(t, http.StatusNotFound, ask(t, "GET", at+"/api/v1/media/content?path=none.mp4"))
}

func TestMediaPictures(t *testing.T) {
	m := aCupboard()
	at, _ := mediaServer(t, m)
	w := ask(t, "GET", at+"/api/v1/media/thumbnail?path=a.mp4&v=7")
	require.Equal(t, http.StatusOK, w.StatusCode)
	require.Equal(t, "image/jpeg", w.Header.Get("Content-Type"))
	require.Contains(t, w.Header.Get("Cache-Control"), "immutable")
	tag := w.Header.Get("ETag")
	w = ask(t, "GET", at+"/api/v1/media/thumbnail?path=a.mp4&v=7", func(r *http.Request) { r.Header.Set("If-None-Match", tag) })
	require.Equal(t, http.StatusNotModified, w.StatusCode)
	require.Len(t, m.did, 1) // it was not made again
	for _, bad := range []string{"thumbnail?path=a.mp4&at_s=-1", "thumbnail?path=a.mp4&at_s=NaN", "thumbnail?path=a.mp4&width=99999", "strip?path=a.mp4&from_s=3&to_s=2", "strip?path=a.mp4&to_s=2&count=1000"} {
		requireProblem(t, http.StatusBadRequest, ask(t, "GET", at+"/api/v1/media/"+bad))
	}
	m.err = &control.Refusal{Code: control.Unavailable, Err: errors.New("too many")}
	w = ask(t, "GET", at+"/api/v1/media/strip?path=a.mp4&to_s=3")
	requireProblem(t, http.StatusServiceUnavailable, w)
	require.Equal(t, "2", w.Header.Get("Retry-After"))
}

func TestMediaNews(t *testing.T) {
	n, now := newMediaNews(), time.Now()
	_, ok := n.take(now)
	require.False(t, ok)
	n.files([]string{"b", "a", "b"})
	e, ok := n.take(now)
	require.True(t, ok)
	require.Equal(t, mediaEvent{[]string{"a", "b"}, false}, e)
	n.upload()
	_, ok = n.take(now.Add(mediaEvery / 2)) // not that often
	require.False(t, ok)
	e, ok = n.take(now.Add(mediaEvery))
	require.True(t, ok)
	require.Equal(t, mediaEvent{[]string{}, true}, e)
	for range 3 {
		for i := range mostNews {
			n.files([]string{strings.Repeat("x", i+1)})
		}
		n.files([]string{"one more"})
	}
	e, _ = n.take(now.Add(2 * mediaEvery))
	require.Equal(t, []string{""}, e.Paths)
}

// Who listens hears of changes, whoever made them.
func TestMediaEvents(t *testing.T) {
	m := aCupboard()
	s, err := New(Config{Listen: "127.0.0.1:0", Media: m, Uploads: aPorch(t)}, onAir())
	require.NoError(t, err)
	defer s.socket.Close()
	defer s.uploads.stop()
	me, _, ok := s.live.join("")
	require.True(t, ok)
	defer s.live.close()
	m.changed([]string{"promos"})
	s.uploads.change("none", nil)
	for text := range me.events {
		if _, said, ok := strings.Cut(string(text), "event: media\ndata: "); ok {
			require.JSONEq(t, `{"paths":["promos"],"uploads":true}`, said)
			return
		}
	}
}

// What takes too long is answered before the line is cut.
func TestMediaTakesTooLong(t *testing.T) {
	m := aCupboard()
	m.err = context.DeadlineExceeded
	at, _ := mediaServer(t, m)
	w := ask(t, "GET", at+"/api/v1/media")
	requireProblem(t, http.StatusServiceUnavailable, w)
	require.Contains(t, w.body, "It took too long: try again.")
	require.Equal(t, "2", w.Header.Get("Retry-After"))
}
