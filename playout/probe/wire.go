package probe

import (
	"errors"

	"airloom/playlist"
	"airloom/playlist/schedule"
	"airloom/playout/media"
)

// What crosses between keeper and child: lines of JSON, one hello each way, then
// an answer to each request, in order. A listing comes in several answers.

// protocol is the version of all this.
const protocol = 1

// maxLine bounds a line, in bytes; flushAt is when a listing's answer is full.
const (
	maxLine = 1 << 20
	flushAt = 64 << 10
)

type hello struct {
	Protocol int         `json:"protocol"`
	House    media.House `json:"house,omitzero"`
	Root     string      `json:"root,omitempty"`
	Missing  []string    `json:"missing,omitempty"` // fences that the kernel could not build
}

// request asks for a clip's length, or for a folder's files.
type request struct {
	Spec  media.Spec `json:"spec,omitzero"`
	Known version    `json:"known,omitzero"` // a file that is still this one is not opened
	List  *folder    `json:"list,omitempty"`
}

// version is what tells a file from what it was: not that it is equal, but that
// nobody has touched it.
type version struct {
	Size  int64 `json:"size"`
	Mtime int64 `json:"mtime"` // nanoseconds since 1970
}

// folder is what a listing depends on.
type folder struct {
	Path      string `json:"path"`
	Recursive bool   `json:"recursive,omitempty"`
}

func folderOf(f playlist.Folder) folder { return folder{f.Path, f.Recursive} }

// answer is a clip's length or a part of a listing.
type answer struct {
	Same    bool            `json:"same,omitempty"` // the file is the one that was known
	Version version         `json:"version,omitzero"`
	Ticks   int64           `json:"ticks,omitempty"` // 0: the file does not say
	Made    *media.Streams  `json:"made,omitempty"`  // what the file is made of
	Kind    media.FaultKind `json:"kind,omitempty"`  // why it cannot play, or not be listed
	Fault   string          `json:"fault,omitempty"`
	Files   []schedule.File `json:"files,omitempty"`
	Left    int             `json:"left,omitempty"` // files that were left out, so far
	More    bool            `json:"more,omitempty"` // the listing goes on in the next answer
}

// maxTicks is longer than anything that plays: ten years at 120 a second.
const maxTicks = 120 * 3600 * 24 * 3653

var errLies = errors.New("it answers what cannot be")

// check makes sure that an answer is one.
func (a answer) check() error {
	if a.Ticks < 0 || a.Ticks > maxTicks || len(a.Fault) > 8<<10 {
		return errLies
	}
	for _, f := range a.Files {
		if !listable(f.Path) {
			return errLies
		}
	}
	return nil
}
