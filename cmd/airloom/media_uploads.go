package main

import (
	"context"
	"errors"
	"os"
	"strings"

	"airloom/playout/control"
	"airloom/playout/shelf"
	"airloom/playout/worker"
	"airloom/web"
)

// mediaUploads is where uploads go, as the web server has it.
type mediaUploads struct{ *mediaDesk }

// Pending reports whether there may be some from before.
func (u mediaUploads) Pending() bool {
	entries, _ := os.ReadDir(inState(u.cfg, "uploads"))
	return len(entries) > 0
}

// Folder is where they are kept until they are whole.
func (u mediaUploads) Folder(context.Context) (string, error) {
	dir, err := u.shelf.Uploads()
	return dir, mediaError(err)
}

// Room is how many bytes more may be written there: the as-run log and playlists
// need room as well.
func (u mediaUploads) Room() (int64, error) {
	free, size, err := u.shelf.Space()
	return free - shelf.Reserve(size), mediaError(err)
}

// Way is how a file gets from there to its place.
func (u mediaUploads) Way(ctx context.Context, name string) (web.UploadWay, error) {
	w, err := u.shelf.Way(ctx, name)
	return web.UploadWay{Copied: w.Copied, Shared: w.Shared, Room: w.Free - shelf.Reserve(w.Size)}, mediaError(err)
}

// Name is a file's path in the media folder as it will be.
func (u mediaUploads) Name(folder, name string) (string, error) {
	if strings.Contains(name, "/") {
		return "", mediaError(&shelf.Error{Kind: shelf.Invalid, Text: "The name holds a slash: name the folder apart"})
	}
	if folder = strings.TrimSuffix(folder, "/"); folder != "" {
		name = folder + "/" + name
	}
	name, err := shelf.CheckFile(name)
	return name, mediaError(err)
}

// tries is how many names are looked at for one that is free.
const tries = 50

// Free returns an error if the path is taken, and one near it that is not.
func (u mediaUploads) Free(ctx context.Context, name string) (other string, err error) {
	for n := 1; n < tries; n++ {
		if other = name; n > 1 {
			other = shelf.Numbered(name, n)
		}
		_, err := u.shelf.Stat(ctx, other)
		switch {
		case shelf.IsMissing(err) && n == 1:
			return name, nil
		case shelf.IsMissing(err):
			return other, &control.Refusal{Code: control.Conflict, Err: errors.New("there is " + name + " already")}
		case err != nil && n == 1:
			return "", mediaError(err)
		}
	}
	return name, &control.Refusal{Code: control.Conflict, Err: errors.New("there are many of the name " + name + " already")}
}

// Check opens a file that was uploaded as the air would. One crash may have been the
// machine's doing.
func (u mediaUploads) Check(ctx context.Context, file string) (warning string, err error) {
	warning, err = u.still.Check(ctx, file)
	if crash := (*worker.CrashError)(nil); errors.As(err, &crash) {
		warning, err = u.still.Check(ctx, file)
	}
	return warning, mediaError(err)
}

// Place moves it to the media folder.
func (u mediaUploads) Place(ctx context.Context, file, name string) (string, error) {
	placed, err := u.shelf.Place(ctx, file, name)
	return placed, mediaError(err)
}
