package web

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/stretchr/testify/require"

	"airloom/playout/control"
)

// porch is where uploads go in tests.
type porch struct {
	dir, media string
	room       atomic.Int64
	checked    atomic.Int64
	bad        error // what the check says
	way        UploadWay
	noWay      error
	shut       chan struct{} // closed, or nil: the folder is there
	noFolder   error
	noPlace    error
	warning    string
	idle       bool          // there is nothing from before
	hold       chan struct{} // closed: checks go on
}

func aPorch(t *testing.T) *porch {
	p := &porch{dir: t.TempDir(), media: t.TempDir(), hold: make(chan struct{})}
	p.room.Store(1 << 40)
	close(p.hold)
	return p
}

func (p *porch) Pending() bool { return !p.idle }
func (p *porch) Folder(context.Context) (string, error) {
	if p.shut != nil {
		<-p.shut
	}
	return p.dir, p.noFolder
}
func (p *porch) Room() (int64, error) { return p.room.Load(), nil }

func (p *porch) Way(context.Context, string) (UploadWay, error) { return p.way, p.noWay }

func (p *porch) Name(folder, name string) (string, error) {
	if !filepath.IsLocal(path.Join(folder, name)) || !strings.HasSuffix(name, ".mp4") {
		return "", &control.Refusal{Code: control.Invalid, Err: errors.New("the name will not do")}
	}
	return path.Join(folder, name), nil
}

func (p *porch) Free(_ context.Context, name string) (string, error) {
	if _, err := os.Lstat(filepath.Join(p.media, name)); err == nil {
		return strings.Replace(name, ".", " (2).", 1), &control.Refusal{Code: control.Conflict, Err: errors.New("it is taken")}
	}
	return name, nil
}

func (p *porch) Check(ctx context.Context, file string) (string, error) {
	p.checked.Add(1)
	select {
	case <-p.hold:
	case <-ctx.Done():
		return "", ctx.Err()
	}
	return p.warning, p.bad
}

func (p *porch) Place(ctx context.Context, file, to string) (string, error) {
	if p.noPlace != nil {
		return "", p.noPlace
	}
	other, err := p.Free(ctx, to)
	if err != nil {
		to = other
	}
	_ = os.MkdirAll(filepath.Dir(filepath.Join(p.media, to)), 0o755)
	return to, os.Rename(filepath.Join(p.dir, file), filepath.Join(p.media, to))
}

// tusClient uploads by the protocol's own words.
type tusClient struct {
	t    *testing.T
	at   string
	auth string
}

// heard is an answer without its body.
type heard struct {
	StatusCode int
	Header     http.Header
}

func (c tusClient) do(method, url string, body io.Reader, length int64, header ...string) (h heard, said string, err error) {
	r, err := http.NewRequestWithContext(c.t.Context(), method, url, body)
	require.NoError(c.t, err)
	r.Header.Set("Tus-Resumable", "1.0.0")
	r.ContentLength = length
	if c.auth != "" {
		r.Header.Set("Authorization", "Bearer "+c.auth)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w, err := http.DefaultClient.Do(r)
	if err != nil {
		return h, "", err
	}
	defer w.Body.Close()
	text, _ := io.ReadAll(w.Body)
	return heard{w.StatusCode, w.Header}, string(text), nil
}

func metadata(name, folder string) string {
	b := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	return "filename " + b(name) + ",folder " + b(folder)
}

func (c tusClient) create(name, folder string, size int64) (url string, code int, said string) {
	w, said, err := c.do("POST", c.at+uploadsAt+"/", nil, 0, "Upload-Length", strconv.FormatInt(size, 10), "Upload-Metadata", metadata(name, folder))
	require.NoError(c.t, err)
	if w.StatusCode == http.StatusCreated {
		url = c.at + w.Header.Get("Location")
	}
	return url, w.StatusCode, said
}

func (c tusClient) patch(url string, from int64, body io.Reader, length int64) (heard, string, error) {
	return c.do("PATCH", url, body, length, "Upload-Offset", strconv.FormatInt(from, 10), "Content-Type", "application/offset+octet-stream")
}

func (c tusClient) offset(url string) int64 {
	w, _, err := c.do("HEAD", url, nil, 0)
	require.NoError(c.t, err)
	require.Equal(c.t, http.StatusOK, w.StatusCode)
	n, err := strconv.ParseInt(w.Header.Get("Upload-Offset"), 10, 64)
	require.NoError(c.t, err)
	return n
}

func (c tusClient) list() (all []Upload) {
	_, said, err := c.do("GET", c.at+uploadsAt, nil, 0)
	require.NoError(c.t, err)
	require.NoError(c.t, json.Unmarshal([]byte(said), &all), said)
	return all
}

// until waits until an upload is in a state.
func (c tusClient) until(url, state string) (one Upload) {
	c.t.Helper()
	require.Eventually(c.t, func() bool {
		for _, u := range c.list() {
			if u.ID == path.Base(url) {
				one = u
				return u.State == state
			}
		}
		return false
	}, 10*time.Second, 10*time.Millisecond, "%s: %+v", state, one)
	return one
}

// cut is a line that breaks.
type cut struct {
	io.Reader
}

func (c cut) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	if errors.Is(err, io.EOF) {
		err = errors.New("the line broke")
	}
	return n, err
}

func uploadServer(t *testing.T, p *porch, change ...func(*Config)) tusClient {
	cfg := Config{Media: aCupboard(), Uploads: p, Note: func(control.Note) {}}
	for _, c := range change {
		c(&cfg)
	}
	c := tusClient{t: t, at: serve(t, cfg, onAir())}
	require.Eventually(t, func() bool {
		w, _, err := c.do("POST", c.at+uploadsAt+"/", nil, 0)
		return err == nil && w.StatusCode != http.StatusServiceUnavailable
	}, 5*time.Second, 10*time.Millisecond)
	return c
}

func noise(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	return b
}

// requireNothing says that there is nothing in the folder.
func requireNothing(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, entries)
}

func TestUploadResumes(t *testing.T) {
	p := aPorch(t)
	var notes sync.Map
	c := uploadServer(t, p, func(cfg *Config) { cfg.Note = func(n control.Note) { notes.Store(n.Asked, n.OK) } })
	data := noise(3 << 20)
	url, code, said := c.create("film.mp4", "new/films", int64(len(data)))
	require.Equal(t, http.StatusCreated, code, said)
	require.True(t, strings.HasPrefix(url, c.at+uploadsAt+"/"))
	at := int64(0)
	for at < int64(len(data)) {
		rest := data[at:]
		if len(rest) > 400_000 { // the line breaks
			_, _, _ = c.patch(url, at, cut{bytes.NewReader(rest[:300_000])}, int64(len(rest)))
		} else {
			w, said, err := c.patch(url, at, bytes.NewReader(rest), int64(len(rest)))
			require.NoError(t, err)
			// A part that broke off may come to the server after the one that follows it.
			require.Contains(t, []int{http.StatusNoContent, http.StatusLocked, http.StatusConflict}, w.StatusCode, said)
		}
		next := c.offset(url)
		if at = next; at < int64(len(data)) {
			requireNothing(t, p.media)
		}
	}
	one := c.until(url, done)
	require.Equal(t, "new/films/film.mp4", one.Path)
	require.Equal(t, int64(len(data)), one.Received)
	got, err := os.ReadFile(filepath.Join(p.media, "new/films/film.mp4"))
	require.NoError(t, err)
	require.Equal(t, data, got)
	requireNothing(t, p.dir)
	require.Equal(t, int64(len(data)), c.offset(url)) // who has missed the last answer is not left in doubt
	asked := map[any]any{}
	notes.Range(func(k, v any) bool { asked[k] = v; return true })
	require.Equal(t, true, asked["upload new/films/film.mp4"])
	require.Equal(t, true, asked["take new/films/film.mp4 in"])
	for k := range asked {
		require.NotContains(t, k, "PATCH")
	}
}

// An upload goes on with another process, from where it stood.
func TestUploadOutlivesRestart(t *testing.T) {
	p := aPorch(t)
	p.hold = make(chan struct{})
	var half, whole string
	data := noise(500_000)
	t.Run("before", func(t *testing.T) {
		c := uploadServer(t, p)
		url, _, _ := c.create("half.mp4", "", int64(len(data)))
		require.Eventually(t, func() bool { // a line that breaks may take all that was on it
			_, _, _ = c.patch(url, 0, cut{bytes.NewReader(data[:123_456])}, int64(len(data)))
			return c.offset(url) > 0
		}, 20*time.Second, 10*time.Millisecond)
		half = path.Base(url)
		url, _, _ = c.create("whole.mp4", "", 5)
		_, _, err := c.patch(url, 0, strings.NewReader("12345"), 5)
		require.NoError(t, err)
		c.until(url, checking)
		whole = path.Base(url)
	})
	require.NoError(t, os.WriteFile(filepath.Join(p.dir, strings.Repeat("a", 32)+".mp4"), []byte("of nothing"), 0o600))
	close(p.hold)
	c := uploadServer(t, p)
	c.until(c.at+uploadsAt+"/"+whole, done)
	url := c.at + uploadsAt + "/" + half
	at := c.offset(url)
	require.Positive(t, at)
	w, said, err := c.patch(url, at, bytes.NewReader(data[at:]), int64(len(data))-at)
	require.NoError(t, err)
	require.Equal(t, http.StatusNoContent, w.StatusCode, said)
	c.until(url, done)
	got, err := os.ReadFile(filepath.Join(p.media, "half.mp4"))
	require.NoError(t, err)
	require.Equal(t, data, got)
	requireNothing(t, p.dir)
}

func TestUploadTurnedDown(t *testing.T) {
	p := aPorch(t)
	require.NoError(t, os.WriteFile(filepath.Join(p.media, "there.mp4"), []byte("old"), 0o600))
	c := uploadServer(t, p)
	refusedBy := func(name, folder string, size int64, want int, words string) {
		t.Helper()
		_, code, said := c.create(name, folder, size)
		require.Equal(t, want, code, said)
		require.Contains(t, said, words)
		require.Contains(t, said, `"detail"`)
		requireNothing(t, p.dir)
	}
	refusedBy("there.mp4", "", 5, http.StatusConflict, `"suggestion":"there (2).mp4"`)
	refusedBy("../x.mp4", "", 5, http.StatusBadRequest, "will not do")
	refusedBy("x.mp4", "../../etc", 5, http.StatusBadRequest, "will not do")
	refusedBy("x.exe", "", 5, http.StatusBadRequest, "will not do")
	refusedBy("empty.mp4", "", 0, http.StatusBadRequest, "empty.mp4 is empty")
	refusedBy("huge.mp4", "", maxUpload+1, http.StatusRequestEntityTooLarge, "larger than")
	p.room.Store(1000)
	refusedBy("big.mp4", "", 1001, http.StatusInsufficientStorage, "The disk is too full: big.mp4 takes 1.0 kB, and there is room for 1.0 kB")
	one, code, said := c.create("one.mp4", "", 600)
	require.Equal(t, http.StatusCreated, code, said)
	_, code, said = c.create("two.mp4", "", 600) // what is promised is not there twice
	require.Equal(t, http.StatusInsufficientStorage, code, said)
	_, code, said = c.create("one.mp4", "", 100)
	require.Equal(t, http.StatusConflict, code, said)
	require.Contains(t, said, "is being uploaded already")

	// More than was said does not come in.
	w, said, err := c.patch(one, 0, bytes.NewReader(make([]byte, 700)), 700)
	require.NoError(t, err)
	require.Equal(t, http.StatusRequestEntityTooLarge, w.StatusCode, said)
	w, said, err = c.patch(one, 7, bytes.NewReader(make([]byte, 7)), 7)
	require.NoError(t, err)
	require.Equal(t, http.StatusConflict, w.StatusCode, said)
	require.Contains(t, said, "ask it with HEAD")
	for _, id := range []string{"..%2f..%2fetc%2fpasswd", strings.Repeat("0", 32), "x"} {
		w, _, err = c.do("HEAD", c.at+uploadsAt+"/"+id, nil, 0)
		require.NoError(t, err)
		require.Equal(t, http.StatusNotFound, w.StatusCode)
	}
	// A way round the route, and addresses of others, are not taken.
	w, _, err = c.do("POST", c.at+uploadsAt+"/", nil, 0, "X-HTTP-Method-Override", "DELETE", "X-Forwarded-Host", "evil.example", "Upload-Length", "5", "Upload-Metadata", metadata("three.mp4", ""))
	require.NoError(t, err)
	require.Equal(t, http.StatusCreated, w.StatusCode)
	require.True(t, strings.HasPrefix(w.Header.Get("Location"), uploadsAt+"/"))

	w, _, err = c.do("DELETE", one, nil, 0)
	require.NoError(t, err)
	require.Equal(t, http.StatusNoContent, w.StatusCode)
	require.Len(t, c.list(), 1)
}

// What cannot be played is turned down in words, and nothing is left of it.
func TestUploadChecked(t *testing.T) {
	p := aPorch(t)
	p.bad = &control.Refusal{Code: control.Refused, Err: errors.New("words.mp4 is not media")}
	c := uploadServer(t, p)
	url, _, _ := c.create("words.mp4", "", 5)
	_, _, err := c.patch(url, 0, strings.NewReader("words"), 5)
	require.NoError(t, err)
	one := c.until(url, turned)
	require.Equal(t, "words.mp4 is not media.", one.Problem)
	requireNothing(t, p.media)
	requireNothing(t, p.dir)
	w, _, err := c.do("DELETE", url, nil, 0) // off the list
	require.NoError(t, err)
	require.Equal(t, http.StatusNoContent, w.StatusCode)
	require.Empty(t, c.list())
}

// A name that has been taken meanwhile costs the upload its name and nothing else.
func TestUploadNameTakenMeanwhile(t *testing.T) {
	p := aPorch(t)
	p.warning = "it ends early"
	c := uploadServer(t, p)
	url, _, _ := c.create("film.mp4", "", 5)
	require.NoError(t, os.WriteFile(filepath.Join(p.media, "film.mp4"), []byte("other"), 0o600))
	_, _, err := c.patch(url, 0, strings.NewReader("12345"), 5)
	require.NoError(t, err)
	one := c.until(url, done)
	require.Equal(t, "film (2).mp4", one.Path)
	require.Equal(t, "film.mp4 has come into being meanwhile: this one is now film (2).mp4. it ends early", one.Problem)
	other, _ := os.ReadFile(filepath.Join(p.media, "film.mp4"))
	require.Equal(t, "other", string(other))
}

// Nothing is started for uploads before somebody wants one.
func TestUploadsBeginWhenAsked(t *testing.T) {
	p := aPorch(t)
	p.idle = true
	s, err := New(Config{Listen: "127.0.0.1:0", Media: aCupboard(), Uploads: p, Note: func(control.Note) {}}, onAir())
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	c := tusClient{t: t, at: "http://" + s.Addr().String()}
	require.Empty(t, c.list())
	require.Empty(t, s.uploads.dir)
	_, code, said := c.create("film.mp4", "", 5)
	require.Equal(t, http.StatusCreated, code, said)
	http.DefaultClient.CloseIdleConnections()
	cancel()
	require.NoError(t, <-ended)
}

// Only operators upload, and what is sent in a session ends with it.
func TestUploadRights(t *testing.T) {
	p := aPorch(t)
	h := guarded(t, func(c *Config) { c.Media, c.Uploads = aCupboard(), p })
	<-h.uploads.ready
	for token, want := range map[string]int{viewerToken: http.StatusForbidden, "": http.StatusUnauthorized} {
		_, code, _ := tusClient{t, h.base, token}.create("film.mp4", "", 5)
		require.Equal(t, want, code)
	}
	program := tusClient{t, h.base, programToken}
	url, code, said := program.create("film.mp4", "", 1<<20)
	require.Equal(t, http.StatusCreated, code, said)
	require.Equal(t, "automation", program.list()[0].Who)
	_, _, err := tusClient{t, h.base, viewerToken}.patch(url, 0, strings.NewReader("12345"), 5)
	require.NoError(t, err)
	require.Zero(t, program.offset(url))

	oskar := h.person(t, "oskar")
	from, to := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		r, _ := http.NewRequestWithContext(t.Context(), "PATCH", url, from)
		r.ContentLength = 1 << 20
		for k, v := range map[string]string{"Tus-Resumable": "1.0.0", "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"} {
			r.Header.Set(k, v)
		}
		w, err := oskar.Do(r)
		if err != nil {
			ended <- 0
			return
		}
		_ = w.Body.Close()
		ended <- w.StatusCode
	}()
	_, _ = to.Write(make([]byte, 1000))
	require.Eventually(t, func() bool { // a look with HEAD would end it
		info, err := os.Stat(filepath.Join(p.dir, path.Base(url)+".mp4"))
		return err == nil && info.Size() > 0
	}, 5*time.Second, 10*time.Millisecond)
	oskar.do("POST", "/api/v1/logout", "")
	code = <-ended
	_ = to.Close()
	require.Contains(t, []int{0, http.StatusServiceUnavailable}, code)
	require.Equal(t, int64(1000), program.offset(url))
}

// talkOfUploads is after that of media.
func (k *talk) talkOfUploads(all string) {
	openapi3filter.RegisterBodyDecoder("application/offset+octet-stream", openapi3filter.FileBodyDecoder)
	const kind = "application/offset+octet-stream"
	tus := []string{"Tus-Resumable", "1.0.0"}
	w, _ := k.ask(http.MethodPost, all+"/", "", nil, "", "", http.StatusCreated, append(tus, "Upload-Length", "5", "Upload-Metadata", metadata("a.mp4", ""))...)
	one := map[string]string{"id": path.Base(w.Header().Get("Location"))}
	k.ask(http.MethodPost, all+"/", "", nil, "", "", http.StatusConflict, append(tus, "Upload-Length", "5", "Upload-Metadata", metadata("a.mp4", ""))...)
	k.ask(http.MethodPatch, all+"/{id}", "", one, kind, "123", http.StatusNoContent, append(tus, "Upload-Offset", "0")...)
	k.ask(http.MethodPatch, all+"/{id}", "", one, kind, "123", http.StatusConflict, append(tus, "Upload-Offset", "0")...)
	k.get(all, http.StatusOK)
	k.ask(http.MethodDelete, all+"/{id}", "", one, "", "", http.StatusNoContent, tus...)
	k.ask(http.MethodDelete, all+"/{id}", "", one, "", "", http.StatusNotFound, tus...)
}
