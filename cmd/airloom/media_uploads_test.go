package main_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"airloom/cmd/internal/airtest"
	"airloom/web"
)

// uploader speaks the tus protocol to a channel.
type uploader struct {
	t  *testing.T
	ch *airtest.Channel
}

// heard is an answer without its body.
type heard struct {
	StatusCode int
	Header     http.Header
}

func (u uploader) do(method, url string, body io.Reader, length int64, header ...string) (h heard, said string, err error) {
	r, err := http.NewRequestWithContext(u.t.Context(), method, url, body)
	require.NoError(u.t, err)
	r.Header.Set("Tus-Resumable", "1.0.0")
	r.ContentLength = length
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(r)
	if err != nil {
		return h, "", err
	}
	defer w.Body.Close()
	text, _ := io.ReadAll(w.Body)
	return heard{w.StatusCode, w.Header}, string(text), nil
}

func (u uploader) create(name, folder string, size int64) (id string, code int, said string) {
	u.t.Helper()
	b := base64.StdEncoding.EncodeToString
	w, said, err := u.do("POST", u.ch.URL("/api/v1/uploads/"), nil, 0, "Upload-Length", strconv.FormatInt(size, 10),
		"Upload-Metadata", "filename "+b([]byte(name))+",folder "+b([]byte(folder)))
	require.NoError(u.t, err)
	return path.Base(w.Header.Get("Location")), w.StatusCode, said
}

// must creates an upload that is taken.
func (u uploader) must(name, folder string, size int64) (id string) {
	u.t.Helper()
	id, code, said := u.create(name, folder, size)
	require.Equal(u.t, http.StatusCreated, code, said)
	return id
}

func (u uploader) patch(id string, from int64, body io.Reader, length int64) (code int, said string, err error) {
	w, said, err := u.do("PATCH", u.ch.URL("/api/v1/uploads/"+id), body, length,
		"Upload-Offset", strconv.FormatInt(from, 10), "Content-Type", "application/offset+octet-stream")
	if err != nil {
		return 0, "", err
	}
	return w.StatusCode, said, nil
}

// offset is where an upload stands, as soon as the channel answers. It gives up where it
// is told that there is no such upload, as clients do.
func (u uploader) offset(id string) (at int64) {
	u.t.Helper()
	airtest.Eventually(u.t, 20*time.Second, "it says where the upload stands", func() bool {
		w, _, err := u.do("HEAD", u.ch.URL("/api/v1/uploads/"+id), nil, 0)
		if err != nil || w.StatusCode != http.StatusOK {
			require.NotEqual(u.t, http.StatusNotFound, w.StatusCode)
			return false
		}
		at, err = strconv.ParseInt(w.Header.Get("Upload-Offset"), 10, 64)
		return err == nil
	})
	return at
}

// over waits until an upload is done or refused.
func (u uploader) over(id string) (one web.Upload) {
	u.t.Helper()
	airtest.Eventually(u.t, 60*time.Second, "the upload is over", func() bool {
		_, said, err := u.do("GET", u.ch.URL("/api/v1/uploads"), nil, 0)
		var all []web.Upload
		if err != nil || json.Unmarshal([]byte(said), &all) != nil {
			return false
		}
		for _, one = range all {
			if one.ID == id {
				return one.State == "done" || one.State == "refused"
			}
		}
		return false
	})
	return one
}

// padded is a film of any size: a short one, and boxes that players pass over.
type padded struct {
	film []byte
	size int64
}

func aFilm(t *testing.T, size int64) padded {
	t.Helper()
	name := filepath.Join(t.TempDir(), "film.mp4")
	out, err := exec.Command("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=s=320x180:r=25:d=2", "-f", "lavfi", "-i", "sine=d=2",
		"-c:v", "libx264", "-preset", "veryfast", "-c:a", "aac", "-y", name).CombinedOutput()
	require.NoError(t, err, string(out))
	film, err := os.ReadFile(name)
	require.NoError(t, err)
	if size == 0 {
		return padded{film, int64(len(film))}
	}
	return padded{binary.BigEndian.AppendUint64(append(film, 0, 0, 0, 1, 'f', 'r', 'e', 'e'), uint64(size-int64(len(film)))), size}
}

// from is the film from one of its bytes on.
func (p padded) from(at int64) io.Reader {
	head := p.film[min(at, int64(len(p.film))):]
	at = max(at, int64(len(p.film)))
	return io.MultiReader(bytes.NewReader(head), io.LimitReader(counting{&at}, p.size-at))
}

// counting is bytes that tell where they stand.
type counting struct{ at *int64 }

func (c counting) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = byte(*c.at>>20) ^ byte(*c.at)
		*c.at++
	}
	return len(b), nil
}

func sumOf(t *testing.T, r io.Reader) []byte {
	h := sha256.New()
	_, err := io.Copy(h, r)
	require.NoError(t, err)
	return h.Sum(nil)
}

// broken is a line that breaks.
type broken struct{ io.Reader }

func (b broken) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if errors.Is(err, io.EOF) {
		err = errors.New("the line broke")
	}
	return n, err
}

// aDesk is a channel to which things are uploaded. It has nowhere to publish to.
func aDesk(t *testing.T, more map[string]string) (uploader, string) {
	clips := airtest.Clips(t, airtest.Long1)
	ch := airtest.Airloom(t, airtest.Setup{Output: "rtmp://127.0.0.1:9/live/x", Items: airtest.Items(clips...), Sections: more})
	u := uploader{t, ch}
	u.open()
	return u, filepath.Join(ch.Dir, "media")
}

// open waits until uploads are taken.
func (u uploader) open() {
	u.t.Helper()
	airtest.Eventually(u.t, 20*time.Second, "uploads are taken", func() bool {
		w, _, err := u.do("POST", u.ch.URL("/api/v1/uploads/"), nil, 0, "Upload-Length", "5")
		return err == nil && w.StatusCode == http.StatusBadRequest
	})
}

func names(t *testing.T, dir string) (all []string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(dir, func(p string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			rel, _ := filepath.Rel(dir, p)
			all = append(all, rel)
		}
		return err
	}))
	return all
}

// A large file, with ten interruptions: the line breaks, the channel ends, the channel
// is killed. Nothing is to be seen of it before it is whole, and memory stays flat.
func TestLargeUpload(t *testing.T) {
	u, dir := aDesk(t, nil)
	size := int64(200 << 20)
	if airtest.Soak() {
		size = 5 << 30
	}
	film := aFilm(t, size)
	before := names(t, dir)
	id := u.must("large.mp4", "films/new", size)
	var most int64
	at, began := int64(0), time.Now()
	for i := range 10 {
		part := size/11 + int64(i)*1234
		// Where the machine is busy, the one before may still be on its way: then this is
		// answered, and not cut.
		_, _, _ = u.patch(id, at, broken{io.LimitReader(film.from(at), part)}, size-at)
		switch i {
		case 3:
			u.ch.Kill()
			u.ch.Again()
		case 6:
			u.ch.Stop()
			u.ch.Again()
		default:
			most = max(most, u.ch.Usage().RootRSS)
		}
		next := u.offset(id)
		require.LessOrEqual(t, next, at+part)
		require.GreaterOrEqual(t, next, at)
		at = next
		require.Equal(t, before, names(t, dir), "nothing half-written is there")
		t.Logf("interruption %d at %d MB after %v", i+1, at>>20, time.Since(began).Round(10*time.Millisecond))
	}
	require.Greater(t, at, size/4, "what had come was kept")
	for at < size {
		code, said, err := u.patch(id, at, film.from(at), size-at)
		require.NoError(t, err)
		require.Contains(t, []int{http.StatusNoContent, http.StatusLocked, http.StatusConflict}, code, said)
		at = u.offset(id)
	}
	most = max(most, u.ch.Usage().RootRSS)
	one := u.over(id)
	require.Equal(t, "done", one.State, one.Problem)
	require.Empty(t, one.Problem)
	got, err := os.Open(filepath.Join(dir, "films/new/large.mp4"))
	require.NoError(t, err)
	defer got.Close()
	require.Equal(t, sumOf(t, film.from(0)), sumOf(t, got))
	left, err := os.ReadDir(filepath.Join(u.ch.Dir, "state", "uploads"))
	require.NoError(t, err)
	require.Empty(t, left)
	t.Logf("it was over after %v", time.Since(began).Round(10*time.Millisecond))
	t.Logf("the keeper used %d MB at the most", most>>20)
	require.Less(t, most, int64(200<<20))

	var f web.MediaFile
	airtest.Eventually(t, 20*time.Second, "it is known what it is", func() bool {
		text, code := u.ch.Get("/api/v1/media/file?path=films/new/large.mp4")
		return code == http.StatusOK && json.Unmarshal([]byte(text), &f) == nil && f.State == "ok"
	})
	require.Equal(t, "h264", f.Video.Codec)
	require.InDelta(t, 2, *f.LengthS, 0.1)
}

// What is not to be taken is said so, at once or after the check.
func TestUploadsRefused(t *testing.T) {
	u, dir := aDesk(t, nil)
	before := names(t, dir)
	film := aFilm(t, 0)
	for _, c := range []struct {
		name, folder string
		size         int64
		code         int
		words        string
	}{
		{"long1.mp4", "", 100, http.StatusConflict, `"suggestion":"long1 (2).mp4"`},
		{"program.exe", "", 100, http.StatusUnprocessableEntity, "is no film, sound or picture by its name"},
		{"../up.mp4", "", 100, http.StatusBadRequest, "slash"},
		{"up.mp4", "..", 100, http.StatusBadRequest, "leads out of its folder"},
		{"up.mp4", "a/../../b", 100, http.StatusBadRequest, "leads out of its folder"},
		{"up.mp4", "/etc", 100, http.StatusBadRequest, "no name below the media folder"},
		{`..\..\up.mp4`, "", 100, http.StatusBadRequest, "no name below the media folder"},
		{"C:up.mp4", "", 100, http.StatusBadRequest, "no name below the media folder"},
		{".hidden.mp4", "", 100, http.StatusBadRequest, "begins with a dot"},
		{"up.mp4", ".airloom-uploads", 100, http.StatusBadRequest, "begins with a dot"},
		{"line\nbreak.mp4", "", 100, http.StatusBadRequest, "cannot be seen"},
		{"right\u202eto left.mp4", "", 100, http.StatusBadRequest, "cannot be seen"},
		{"\xff.mp4", "", 100, http.StatusBadRequest, "UTF-8"},
		{strings.Repeat("x", 252) + ".mp4", "", 100, http.StatusBadRequest, "longer than 255 bytes"},
		{" space.mp4", "", 100, http.StatusBadRequest, "space"},
		{"huge.mp4", "", 1 << 50, http.StatusRequestEntityTooLarge, "larger than"},
		{"large.mp4", "", 511 << 30, http.StatusInsufficientStorage, "The disk is too full"},
		{"none.mp4", "", 0, http.StatusBadRequest, "is empty"},
	} {
		_, code, said := u.create(c.name, c.folder, c.size)
		require.Equal(t, c.code, code, "%q in %q: %s", c.name, c.folder, said)
		require.Contains(t, said, c.words, c.name)
	}

	words := "these are words, and no film"
	id := u.must("words.mp4", "", int64(len(words)))
	code, said, err := u.patch(id, 0, strings.NewReader(words), int64(len(words)))
	require.NoError(t, err)
	require.Equal(t, http.StatusNoContent, code, said)
	one := u.over(id)
	require.Equal(t, "refused", one.State)
	require.Contains(t, one.Problem, "words.mp4 is not media that can be played")
	require.NotContains(t, one.Problem, id)
	require.Equal(t, before, names(t, dir))

	// One that is there when it comes to it is not written over. Names are kept as
	// they are written, their accents in one way.
	id = u.must("cafe\u0301.mp4", "", film.size)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "café.mp4"), []byte("other"), 0o644))
	_, _, err = u.patch(id, 0, film.from(0), film.size)
	require.NoError(t, err)
	one = u.over(id)
	require.Equal(t, "done", one.State, one.Problem)
	require.Equal(t, "café (2).mp4", one.Path)
	text, err := os.ReadFile(filepath.Join(dir, "café.mp4"))
	require.NoError(t, err)
	require.Equal(t, "other", string(text))
}

func TestTwentyUploadsAtOnce(t *testing.T) {
	u, dir := aDesk(t, nil)
	film := aFilm(t, 3<<20)
	ids := make([]string, 20)
	var all sync.WaitGroup
	for i := range ids {
		ids[i] = u.must(fmt.Sprintf("%02d.mp4", i), "many", film.size)
		all.Go(func() {
			if code, said, err := u.patch(ids[i], 0, film.from(0), film.size); err != nil || code != http.StatusNoContent {
				t.Error(code, said, err)
			}
		})
	}
	all.Wait()
	want := sumOf(t, film.from(0))
	for i, id := range ids {
		require.Equal(t, "done", u.over(id).State)
		got, err := os.ReadFile(filepath.Join(dir, "many", fmt.Sprintf("%02d.mp4", i)))
		require.NoError(t, err)
		require.Equal(t, want, sumOf(t, bytes.NewReader(got)))
	}
}

// aDisk is one of 64 MiB.
func aDisk(t *testing.T) string {
	disk := t.TempDir()
	if err := unix.Mount("none", disk, "tmpfs", 0, "size=64m"); err != nil {
		t.Skip("a disk of its own takes root's rights: ", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(disk, unix.MNT_DETACH) })
	return disk
}

// Disks that are full, the media on one of their own: nothing of what has come is lost,
// nothing half is seen, and it goes on by itself.
func TestUploadToFullDisk(t *testing.T) {
	t.Parallel() // it waits for tries that are far apart
	disk, state := aDisk(t), aDisk(t)
	u, _ := aDesk(t, map[string]string{"media": "{root: " + disk + "}", "state": "{dir: " + state + "}"})
	film := aFilm(t, 30<<20)
	_, code, said := u.create("too much.mp4", "", 70<<20)
	require.Equal(t, http.StatusInsufficientStorage, code, said)
	require.Contains(t, said, "The disk is too full: too much.mp4 takes 73.4 MB, and there is room for 6")

	id := u.must("film.mp4", "", film.size)
	fill := func(dir string) (filler string) {
		filler = filepath.Join(dir, "filler")
		require.NoError(t, os.WriteFile(filler, make([]byte, 50<<20), 0o644))
		return filler
	}
	here, there := fill(state), fill(disk)
	code, said, err := u.patch(id, 0, film.from(0), film.size)
	if err == nil { // the answer may be lost where much is still being sent
		require.Equal(t, http.StatusInsufficientStorage, code, said)
		require.Contains(t, said, "The disk is full")
	}
	at := u.offset(id)
	require.Less(t, at, film.size)
	_, code, said = u.create("late.mp4", "", 20<<20)
	require.Equal(t, http.StatusInsufficientStorage, code, said)
	require.NoError(t, os.Remove(here))
	for at < film.size {
		_, _, err = u.patch(id, at, film.from(at), film.size-at)
		require.NoError(t, err)
		at = u.offset(id)
	}
	airtest.Eventually(t, 30*time.Second, "it says that it waits for room", func() bool {
		_, said, err := u.do("GET", u.ch.URL("/api/v1/uploads"), nil, 0)
		return err == nil && strings.Contains(said, `"checking"`) && strings.Contains(said, "The disk is full")
	})
	require.Equal(t, []string{"filler"}, names(t, disk), "nothing was begun that there is no room for")
	require.NoError(t, os.Remove(there))
	one := u.over(id)
	require.Equal(t, "done", one.State, one.Problem)
	require.Equal(t, []string{"film.mp4"}, names(t, disk))
	entries, err := os.ReadDir(filepath.Join(state, "uploads"))
	require.NoError(t, err)
	require.Empty(t, entries)
}
