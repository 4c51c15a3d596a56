package shelf

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
	"golang.org/x/text/unicode/norm"

	"airloom/playout/worker"
)

type op string

const (
	opList   op = "list"
	opStat   op = "stat"
	opRead   op = "read"
	opMove   op = "move"
	opRemove op = "remove"
	opFolder op = "folder"
	opPlace  op = "place"
	opWay    op = "way"
	opWatch  op = "watch"
)

// question is what a child is asked.
type question struct {
	Op            op
	Root, Uploads string
	Look          Look     `json:",omitzero"`
	Path          string   `json:",omitempty"`
	To            string   `json:",omitempty"`
	File          File     `json:",omitzero"` // as it is known
	Offset        int64    `json:",omitempty"`
	Count         int      `json:",omitempty"`
	Folders       []string `json:",omitempty"`
	Changes       int64    `json:",omitempty"` // how many there have been
}

// changes reports whether a listing is another one afterwards.
func (q question) changes() bool {
	return q.Op == opMove || q.Op == opRemove || q.Op == opFolder || q.Op == opPlace
}

type answer struct {
	Error   *Error   `json:",omitempty"`
	File    File     `json:",omitzero"`
	Files   []File   `json:",omitempty"`
	Folders []string `json:",omitempty"`
	Total   int      `json:",omitempty"`
	Next    string   `json:",omitempty"`
	Partial bool     `json:",omitempty"`
	Path    string   `json:",omitempty"`
	Way     Way      `json:",omitzero"`
}

// child answers questions.
type child struct {
	marks map[string]uint64 // of folders that are watched

	// A listing is looked at again and again while somebody pages through it.
	last  Look
	until time.Time
	after int64 // so many changes
	found answer
	order Sort // in which its files are
}

// Main is the whole life of a child: the program was started with the argument
// "shelf-worker". It returns the exit status.
func Main() int {
	c := &child{marks: map[string]uint64{}}
	return worker.Serve(func(text []byte) (any, []byte) {
		var q question
		if err := json.Unmarshal(text, &q); err != nil {
			return answer{Error: &Error{Refused, err.Error()}}, nil
		}
		a, data, err := c.answer(q)
		if err != nil {
			return answer{Error: errorOf(q, err)}, nil
		}
		return a, data
	})
}

func (c *child) answer(q question) (a answer, data []byte, err error) {
	root, err := os.OpenRoot(q.Root)
	if err != nil {
		return a, nil, err
	}
	defer root.Close()
	if q.Changes != c.after {
		c.until, c.after = time.Time{}, q.Changes
	}
	switch q.Op {
	case opList:
		a, err = c.list(root, q.Look)
	case opStat:
		a.File, err = stat(root, q.Path)
	case opRead:
		data, err = read(root, q)
	case opMove:
		err = move(root, q.Path, q.To)
	case opRemove:
		err = root.Remove(q.Path)
	case opFolder:
		err = makeFolder(root, q.Path)
	case opPlace:
		worker.StepBack() // the air reads from the same disk, and a copy is long
		a.Path, err = place(root, q.Uploads, q.Path, q.To)
	case opWay:
		a.Way, err = wayTo(root, q.Uploads, q.To)
	case opWatch:
		a.Folders = c.changed(root, q.Folders)
	}
	return a, data, err
}

// fold is a text as it is compared in a search.
func fold(s string) string { return strings.ToLower(norm.NFC.String(s)) }

// stays is how long a listing is good for the next page, at the least; one that took
// long to make is good for twice that time.
const stays = 2 * time.Second

func (c *child) list(root *os.Root, l Look) (a answer, err error) {
	what := Look{Folder: l.Folder, Search: l.Search}
	if c.last != what || time.Now().After(c.until) {
		began := time.Now()
		c.found, err = lookAt(root, l)
		c.last, c.order, c.until = what, "", time.Now().Add(max(stays, 2*time.Since(began)))
		if err != nil {
			c.until = time.Time{}
			return a, err
		}
	}
	a = c.found
	a.Total = len(a.Files)
	if l.Sort == ByLength { // the keeper's to do
		if a.Total > maxKeyed {
			return a, &Error{Refused, fmt.Sprintf("These are more than %d files, too many to sort by length: search, or open a folder", maxKeyed)}
		}
		return a, nil
	}
	if c.order != l.Sort {
		c.order = l.Sort
		sorted(c.found.Files, l.Sort)
	}
	a.Files, a.Next = page(c.found.Files, l.Sort, l.After, l.Limit)
	return a, nil
}

func fileOf(name string, info fs.FileInfo) File {
	return File{Path: name, Size: info.Size(), Nanos: info.ModTime().UnixNano(), Folder: info.IsDir()}
}

func openFolder(root *os.Root, name string) (*os.File, error) {
	if name == "" {
		name = "."
	}
	return root.OpenFile(name, os.O_RDONLY|unix.O_DIRECTORY, 0)
}

func stat(root *os.Root, name string) (File, error) {
	info, err := root.Stat(name)
	if err != nil {
		return File{}, err
	}
	if !info.IsDir() && !info.Mode().IsRegular() {
		return File{}, &Error{Refused, path.Base(name) + " is no regular file"}
	}
	return fileOf(name, info), nil
}

// read reads a stretch of a file that is still the one that is known.
func read(root *os.Root, q question) ([]byte, error) {
	f, err := root.OpenFile(q.Path, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() != q.File.Size || info.ModTime().UnixNano() != q.File.Nanos {
		return nil, &Error{Refused, path.Base(q.Path) + " has changed while it was being read"}
	}
	data := make([]byte, min(int64(q.Count), max(0, info.Size()-q.Offset)))
	n, err := f.ReadAt(data, q.Offset)
	if n == len(data) {
		err = nil
	}
	return data[:n], err
}

// errorOf is an error in words.
func errorOf(q question, err error) *Error {
	var e *Error
	var sys syscall.Errno
	name := path.Base(q.Path)
	if q.Op == opWay {
		name = path.Base("/" + path.Dir(q.To))
	} else if q.Path == "" {
		name = path.Base("/" + q.Look.Folder)
	}
	if name == "." || name == "/" {
		name = "the media folder"
	}
	switch {
	case errors.As(err, &e):
		return e
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		return &Error{Missing, fmt.Sprintf("There is no %q in the media folder", strings.TrimPrefix(cmpOr(q.Path, q.Look.Folder, filepath.Base(q.Root)), "/"))}
	case errors.Is(err, syscall.ENOTEMPTY):
		return &Error{Taken, fmt.Sprintf("The folder %q is not empty: remove or move what is in it first", name)}
	case errors.Is(err, fs.ErrExist):
		return &Error{Taken, fmt.Sprintf("There is %q already", cmpOr(q.To, q.Path))}
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return &Error{Full, "The disk is full: make room on it first"}
	case errors.Is(err, syscall.EROFS):
		return &Error{Refused, "The media folder can only be read: its disk is mounted read-only"}
	case errors.Is(err, fs.ErrPermission):
		return &Error{Refused, fmt.Sprintf("airloom may not do that with %q: give the user that it runs as the right to change it", name)}
	case errors.Is(err, syscall.EXDEV):
		return &Error{Refused, "They lie on different disks: copy the file there by hand"}
	case errors.As(err, &sys):
		return &Error{Refused, fmt.Sprintf("It cannot be done with %q: %v", name, sys)}
	}
	return &Error{Refused, fmt.Sprintf("%q leads out of the media folder, or is nothing that can be opened", name)}
}

func cmpOr(s ...string) string {
	for _, one := range s {
		if one != "" {
			return one
		}
	}
	return ""
}
