package web

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/playout/control"
)

func TestTwentyUploadsAtOnce(t *testing.T) {
	p := aPorch(t)
	c := uploadServer(t, p)
	var all sync.WaitGroup
	urls, data := make([]string, 20), make([][]byte, 20)
	for i := range urls {
		data[i] = noise(1 << 20)
		all.Go(func() {
			url, code, said := c.create(fmt.Sprintf("%d.mp4", i), "", int64(len(data[i])))
			if code != http.StatusCreated {
				t.Error(said)
				return
			}
			urls[i] = url
			if _, _, err := c.patch(url, 0, bytes.NewReader(data[i]), int64(len(data[i]))); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for i, url := range urls {
		c.until(url, done)
		got, err := os.ReadFile(filepath.Join(p.media, fmt.Sprintf("%d.mp4", i)))
		require.NoError(t, err)
		require.Equal(t, data[i], got)
	}
	require.Equal(t, int64(20), p.checked.Load())
}

// The disk fills up while it comes in: what has come stays, and it goes on.
func TestUploadDiskFullMidway(t *testing.T) {
	p := aPorch(t)
	c := uploadServer(t, p)
	const n = 150 << 20
	url, _, _ := c.create("big.mp4", "", n)
	p.room.Store(0)
	w, said, err := c.patch(url, 0, io.LimitReader(zeros{}, n), n)
	if err == nil { // the answer may be lost where so much is still being sent
		require.Equal(t, http.StatusInsufficientStorage, w.StatusCode, said)
		require.Contains(t, said, "The disk is full")
	}
	at := c.offset(url)
	require.Greater(t, at, int64(64<<20))
	require.Less(t, at, int64(n))
	requireNothing(t, p.media)
	p.room.Store(1 << 40)
	_, _, err = c.patch(url, at, io.LimitReader(zeros{}, n-at), n-at)
	require.NoError(t, err)
	c.until(url, done)
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// Who sends nothing for long is sent away, and what has come is kept.
func TestUploadSlowLoris(t *testing.T) {
	p := aPorch(t)
	s, err := New(Config{Listen: "127.0.0.1:0", Media: aCupboard(), Uploads: p, Note: func(control.Note) {}}, onAir())
	require.NoError(t, err)
	s.uploads.quiet = 200 * time.Millisecond
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		cancel()
		require.NoError(t, <-ended)
	})
	<-s.uploads.ready
	c := tusClient{t: t, at: "http://" + s.Addr().String()}
	url, code, said := c.create("slow.mp4", "", 1000)
	require.Equal(t, http.StatusCreated, code, said)
	line, err := net.Dial("tcp", s.Addr().String())
	require.NoError(t, err)
	defer line.Close()
	fmt.Fprintf(line, "PATCH %s/%s HTTP/1.1\r\nHost: localhost\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\nContent-Type: application/offset+octet-stream\r\nContent-Length: 1000\r\n\r\n0123456789", uploadsAt, path.Base(url))
	_ = line.SetReadDeadline(time.Now().Add(10 * time.Second))
	answer, err := io.ReadAll(line)
	require.NoError(t, err)
	require.Contains(t, string(answer), "503")
	require.Contains(t, string(answer), "Nothing came for too long")
	require.Equal(t, int64(10), c.offset(url))
}

// Who holds an upload gives way to who comes after: a line that broke may not be
// known to be broken for long.
func TestUploadTakenOver(t *testing.T) {
	p := aPorch(t)
	c := uploadServer(t, p)
	url, code, said := c.create("film.mp4", "", 1000)
	require.Equal(t, http.StatusCreated, code, said)
	from, to := io.Pipe()
	defer to.Close()
	ended := make(chan heard, 1)
	go func() {
		h, _, _ := c.patch(url, 0, from, 1000)
		ended <- h
	}()
	_, _ = to.Write([]byte("0123456789"))
	require.Eventually(t, func() bool {
		info, err := os.Stat(filepath.Join(p.dir, path.Base(url)+".mp4"))
		return err == nil && info.Size() == 10
	}, 5*time.Second, 10*time.Millisecond)
	require.Equal(t, int64(10), c.offset(url)) // takes it over
	_ = to.CloseWithError(io.ErrUnexpectedEOF)
	require.Contains(t, []int{0, http.StatusLocked}, (<-ended).StatusCode)
	h, said, err := c.patch(url, 10, bytes.NewReader(make([]byte, 990)), 990)
	require.NoError(t, err)
	require.Equal(t, http.StatusNoContent, h.StatusCode, said)
	c.until(url, done)
}

// A trickle is no better than nothing.
func TestUploadTrickle(t *testing.T) {
	u := newUploads(aPorch(t), newMediaNews(), nil, nil)
	defer u.stop()
	now := time.Now()
	in := &incoming{u: u, ctx: t.Context(), began: now}
	require.NoError(t, in.stopped(now.Add(slowest)))
	in.stretch = leastIn
	require.NoError(t, in.stopped(now.Add(slowest+time.Second)))
	require.NoError(t, in.stopped(now.Add(2*slowest)))
	in.stretch = leastIn - 1
	require.ErrorIs(t, in.stopped(now.Add(3*slowest)), errTooSlow)
}

// What nobody goes on with for a day is given up.
func TestUploadsExpire(t *testing.T) {
	p := aPorch(t)
	c := uploadServer(t, p)
	url, _, _ := c.create("left.mp4", "", 1000)
	require.Len(t, c.list(), 1)
	u := newUploads(p, newMediaNews(), nil, nil)
	defer u.stop()
	u.log = slog.New(slog.DiscardHandler)
	require.NoError(t, u.open(t.Context()))
	require.Len(t, u.list(), 1)
	u.tidy(time.Now().Add(uploadLasts / 2))
	require.Len(t, u.list(), 1)
	u.tidy(time.Now().Add(uploadLasts + time.Minute))
	require.Empty(t, u.list())
	requireNothing(t, p.dir)
	_ = url
}
