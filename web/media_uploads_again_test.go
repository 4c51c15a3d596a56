package web

import (
	"errors"
	"log/slog"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/playout/control"
)

// Who asks after an upload just after a start is not told that there is none.
func TestUploadAskedForBeforeItIsFound(t *testing.T) {
	p := aPorch(t)
	var id string
	t.Run("before", func(t *testing.T) {
		url, code, said := uploadServer(t, p).create("film.mp4", "", 10)
		require.Equal(t, http.StatusCreated, code, said)
		id = path.Base(url)
	})
	p.shut = make(chan struct{})
	open := sync.OnceFunc(func() { close(p.shut) })
	defer open()
	c := tusClient{t: t, at: serve(t, Config{Media: aCupboard(), Uploads: p, Note: func(control.Note) {}}, onAir())}
	codes := make(chan int, 1)
	go func() {
		w, _, _ := c.do("HEAD", c.at+uploadsAt+"/"+id, nil, 0)
		codes <- w.StatusCode
	}()
	select {
	case code := <-codes:
		require.Fail(t, "answered before anything was known", "%d", code)
	case <-time.After(200 * time.Millisecond):
	}
	open()
	require.Equal(t, http.StatusOK, <-codes)
}

// Why nothing can be uploaded is told at once where it is no matter of time.
func TestUploadsCannotBegin(t *testing.T) {
	p := aPorch(t)
	p.noFolder = &control.Refusal{Code: control.Refused, Err: errors.New("there is no folder for uploads: set state.dir")}
	c := tusClient{t: t, at: serve(t, Config{Media: aCupboard(), Uploads: p, Note: func(control.Note) {}}, onAir())}
	require.Eventually(t, func() bool {
		_, code, said := c.create("film.mp4", "", 5)
		return code == http.StatusUnprocessableEntity && strings.Contains(said, "set state.dir")
	}, 5*time.Second, 10*time.Millisecond)
}

// What has come is not thrown away for the folder's sake, and can be given up.
func TestUploadWaitsForItsPlace(t *testing.T) {
	p := aPorch(t)
	p.noPlace = &control.Refusal{Code: control.Refused, Err: errors.New("the media folder can only be read")}
	c := uploadServer(t, p)
	url, _, _ := c.create("film.mp4", "", 5)
	_, _, err := c.patch(url, 0, strings.NewReader("12345"), 5)
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		return c.until(url, checking).Problem == "The media folder can only be read." || c.list()[0].Problem != ""
	}, 5*time.Second, 10*time.Millisecond)
	require.FileExists(t, filepath.Join(p.dir, path.Base(url)+".mp4"))
	w, said, err := c.do("DELETE", url, nil, 0)
	require.NoError(t, err)
	require.Equal(t, http.StatusNoContent, w.StatusCode, said)
	require.Empty(t, c.list())
	requireNothing(t, p.dir)

	// Where that is known before, nothing is taken.
	p.noWay = p.noPlace
	_, code, said := c.create("film.mp4", "", 5)
	require.Equal(t, http.StatusUnprocessableEntity, code, said)
	require.Contains(t, said, "can only be read")
	require.Empty(t, c.list())
}

// Nothing is tried for ever.
func TestUploadTries(t *testing.T) {
	refusal := func(code control.Code) error { return &control.Refusal{Code: code, Err: errors.New("no")} }
	for _, c := range []struct {
		err  error
		one  upload
		want bool
	}{
		{nil, upload{}, false},
		{refusal(control.Refused), upload{}, false},
		{refusal(control.Unavailable), upload{}, true},
		{refusal(control.Unavailable), upload{tries: maxChecks - 1}, false},
		{refusal(control.Refused), upload{passed: true}, true},
		{refusal(control.Unavailable), upload{passed: true, tries: maxChecks}, true},
		{refusal(control.Unavailable), upload{passed: true, tries: maxPlacings - 1}, false},
		{refusal(control.Unknown), upload{passed: true}, false},
		{errors.New("no"), upload{passed: true}, true},
	} {
		require.Equal(t, c.want, again(c.err, c.one), "%v %+v", c.err, c.one)
	}

	// The one that is to be tried first is waited for, and then nobody may remove it.
	u := newUploads(aPorch(t), newMediaNews(), nil, nil)
	defer u.stop()
	now := time.Now()
	u.all["a"] = &upload{Upload: Upload{ID: "a", State: checking}, retry: now.Add(time.Hour)}
	u.all["b"] = &upload{Upload: Upload{ID: "b", State: checking}, retry: now.Add(time.Minute)}
	next, wait := u.next(now)
	require.Nil(t, next)
	require.Equal(t, time.Minute, wait)
	next, _ = u.next(now.Add(time.Minute))
	require.Equal(t, "b", next.ID)
	require.False(t, u.forget("b"))
	require.True(t, u.forget("a"))
}

func TestRoomForUploads(t *testing.T) {
	under := []*upload{{Upload: Upload{Bytes: 300, Received: 100}}}
	require.EqualValues(t, 800, roomFor(1000, UploadWay{Room: 5}, under))
	require.EqualValues(t, 400, roomFor(1000, UploadWay{Copied: true, Shared: true, Room: 1000}, under))
	require.EqualValues(t, 100, roomFor(600, UploadWay{Copied: true, Shared: true, Room: 600}, under))
	require.EqualValues(t, 200, roomFor(1000, UploadWay{Copied: true, Room: 500}, under))
	require.EqualValues(t, 800, roomFor(1000, UploadWay{Copied: true, Room: 5000}, under))
}

// What cannot be read at the moment is not removed.
func TestUploadsThatCannotBeRead(t *testing.T) {
	p := aPorch(t)
	id := strings.Repeat("a", 32)
	require.NoError(t, os.Mkdir(filepath.Join(p.dir, id+".info"), 0o755)) // reading it is an error
	require.NoError(t, os.WriteFile(filepath.Join(p.dir, id+".mp4"), []byte("half"), 0o600))
	u := newUploads(p, newMediaNews(), slog.New(slog.DiscardHandler), nil)
	defer u.stop()
	require.Error(t, u.open(t.Context()))
	require.FileExists(t, filepath.Join(p.dir, id+".mp4"))
	require.Error(t, u.why())
	require.False(t, final(u.why()))
}
