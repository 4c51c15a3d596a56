package web

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path"
	"strings"
	"syscall"
	"time"

	"github.com/tus/tusd/v2/pkg/filestore"
	"github.com/tus/tusd/v2/pkg/handler"
)

// What may stop an upload while it comes in.
var (
	errDiskFull = handler.NewError("ERR_DISK_FULL", "The disk is full: make room where state.dir is. What has come is kept for a day, and the upload can go on.", http.StatusInsufficientStorage)
	errTooSlow  = handler.NewError("ERR_TOO_SLOW", "Too little came for a minute. What has come is kept for a day, and the upload can go on.", http.StatusServiceUnavailable)
	errSentAway = handler.NewError("ERR_STOPPED", "The upload was interrupted: airloom ends, or you have been signed out. It can go on later.", http.StatusServiceUnavailable)
	errStorage  = handler.NewError("ERR_STORAGE", "What came could not be written down; the log says why.", http.StatusInternalServerError)
)

const (
	// leastIn is how many bytes have to come in each slowest: less is nobody's line.
	leastIn = 64 << 10
	slowest = time.Minute
	// roomEvery is after how many bytes the disk's room is looked at.
	roomEvery = 64 << 20
)

// shelfStore is tusd's store of files, with an eye on what comes in.
type shelfStore struct {
	filestore.FileStore
	u *uploads
}

type shelfUpload struct {
	handler.Upload
	u  *uploads
	id string
}

func (s shelfStore) NewUpload(ctx context.Context, info handler.FileInfo) (handler.Upload, error) {
	up, err := s.FileStore.NewUpload(ctx, info)
	if err != nil {
		return nil, s.u.broken(err)
	}
	return shelfUpload{up, s.u, info.ID}, nil
}

func (s shelfStore) GetUpload(ctx context.Context, id string) (handler.Upload, error) {
	up, err := s.FileStore.GetUpload(ctx, id)
	if err != nil {
		return nil, err
	}
	return shelfUpload{up, s.u, id}, nil
}

func (s shelfStore) AsTerminatableUpload(up handler.Upload) handler.TerminatableUpload {
	return s.FileStore.AsTerminatableUpload(up.(shelfUpload).Upload)
}

// broken is an error of the storage in words; the log has the rest.
func (u *uploads) broken(err error) error {
	var said handler.Error
	switch {
	case err == nil, errors.As(err, &said):
		return err
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return errDiskFull
	}
	u.log.Error("an upload cannot be written down", "event", "upload-not-written", "cause", err)
	return errStorage
}

// WriteChunk is the file's, of what comes in while all is well.
func (s shelfUpload) WriteChunk(ctx context.Context, offset int64, src io.Reader) (int64, error) {
	in := &incoming{src: src, u: s.u, id: s.id, ctx: ctx, began: time.Now()}
	if asked, ok := ctx.Value(askingKey{}).(*asking); ok {
		in.asked = asked
	}
	n, err := s.Upload.WriteChunk(ctx, offset, in)
	if err == nil {
		err = in.err
	}
	s.u.arrived(s.id, offset+n)
	return n, s.u.broken(err)
}

// arrived notes how much of an upload there is.
func (u *uploads) arrived(id string, received int64) {
	u.change(id, func(one *upload) { one.Received, one.touched = received, time.Now() })
}

// FinishUpload has the whole file checked.
func (s shelfUpload) FinishUpload(ctx context.Context) error {
	err := s.Upload.FinishUpload(ctx)
	if err == nil {
		s.u.change(s.id, func(one *upload) {
			if one.State == receiving {
				one.State, one.Received, one.touched = checking, one.Bytes, time.Now()
			}
		})
		s.u.nudge()
	}
	return err
}

// incoming is what comes in. It ends where it comes too slowly, the disk is nearly
// full, the server ends, or who sends it may no longer.
type incoming struct {
	src   io.Reader
	u     *uploads
	id    string
	ctx   context.Context
	asked *asking // nil: nobody
	err   error

	began   time.Time // of the present stretch
	stretch int64     // bytes in it
	looked  int64     // bytes since the room was looked at
	told    time.Time
}

func (in *incoming) Read(p []byte) (int, error) {
	if in.err = in.stopped(time.Now()); in.err != nil {
		return 0, io.EOF // what has come is written down
	}
	n, err := in.src.Read(p)
	in.stretch += int64(n)
	in.looked += int64(n)
	if now := time.Now(); n > 0 && now.Sub(in.told) > time.Second {
		in.told = now
		in.u.grown(in.id)
	}
	return n, err
}

func (in *incoming) stopped(now time.Time) error {
	switch {
	case in.asked != nil && in.asked.left.Load():
		return errInterrupted
	case in.u.life.Err() != nil, in.asked != nil && in.asked.session.Err() != nil:
		return errSentAway
	}
	if now.Sub(in.began) > slowest {
		if in.stretch < leastIn {
			return errTooSlow
		}
		in.began, in.stretch = now, 0
	}
	if in.looked > roomEvery {
		in.looked = 0
		if room, err := in.u.store.Room(); err == nil && room <= 0 {
			return errDiskFull
		}
	}
	return nil
}

// grown notes how large an upload's file is by now.
func (u *uploads) grown(id string) {
	u.mu.Lock()
	one := u.all[id]
	file := ""
	if one != nil {
		file = one.file
	}
	u.mu.Unlock()
	if info, err := os.Stat(path.Join(u.dir, file)); err == nil && file != "" {
		u.arrived(id, info.Size())
	}
}

// restore finds what was under way when the process ended, and removes what belongs
// to nothing.
func (u *uploads) restore(now time.Time) error {
	entries, err := os.ReadDir(u.dir)
	if err != nil {
		return err
	}
	mine := map[string]bool{}
	for _, e := range entries {
		if id, ok := strings.CutSuffix(e.Name(), ".info"); ok && isUploadID(id) {
			one, err := u.restored(id)
			if err != nil {
				return err // it may be there the next time
			}
			if one != nil {
				u.mu.Lock()
				u.all[id] = one
				u.mu.Unlock()
				mine[e.Name()], mine[one.file] = true, true
			}
		}
	}
	for _, e := range entries {
		id, _, _ := strings.Cut(e.Name(), ".")
		if !mine[e.Name()] && isUploadID(id) {
			_ = os.Remove(path.Join(u.dir, e.Name()))
		}
	}
	u.tidy(now)
	u.news.upload()
	u.nudge()
	return nil
}

// restored is an upload as its files tell it; nil where they do not. Where they cannot
// be read, they may tell of one all the same.
func (u *uploads) restored(id string) (*upload, error) {
	text, err := os.ReadFile(path.Join(u.dir, id+".info"))
	if err != nil {
		return nil, unlessMissing(err)
	}
	var info handler.FileInfo
	if json.Unmarshal(text, &info) != nil || info.ID != id {
		return nil, nil
	}
	file := path.Base(info.Storage["Path"])
	if info.Storage["Path"] != path.Join(u.dir, file) || !strings.HasPrefix(file, id) {
		return nil, nil // of another folder, which was moved here
	}
	data, err := os.Lstat(path.Join(u.dir, file))
	if err != nil {
		return nil, unlessMissing(err)
	}
	if !data.Mode().IsRegular() || data.Size() > info.Size {
		return nil, nil
	}
	began, err := os.Stat(path.Join(u.dir, id+".info"))
	if err != nil {
		return nil, unlessMissing(err)
	}
	where, err := u.store.Name(info.MetaData["folder"], info.MetaData["filename"])
	if err != nil {
		return nil, nil
	}
	one := &upload{file: file, touched: data.ModTime(), Upload: Upload{
		ID: id, Name: path.Base(where), Folder: folderOf(where), Path: where, Bytes: info.Size, Received: data.Size(),
		State: receiving, Who: info.MetaData["who"], Since: began.ModTime(),
	}}
	if one.Received == one.Bytes {
		one.State = checking
	}
	return one, nil
}

func unlessMissing(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}
