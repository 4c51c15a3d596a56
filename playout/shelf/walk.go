package shelf

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"
	"time"

	"airloom/playout/probe"
)

// lookAt finds all files of a folder, or all below it that a search is for.
func lookAt(root *os.Root, l Look) (answer, error) {
	w := &walk{root: root, match: matcher(l.Search), deep: l.Search != "", been: map[[2]uint64]bool{}, until: time.Now().Add(looksIn * 3 / 4)}
	err := w.folder(l.Folder, 0)
	return answer{Files: w.files, Folders: w.folders, Partial: w.partial}, err
}

// walk goes through folders.
type walk struct {
	root    *os.Root
	match   func(string) bool
	deep    bool
	been    map[[2]uint64]bool // folders, by device and inode: links may lead in circles
	until   time.Time
	files   []File
	folders []string
	partial bool
	seen    int
}

// Bounds of a walk: how far down it goes, and how much it looks at.
const (
	maxDepth = 64
	maxSeen  = 4 * MaxFiles
)

func (w *walk) folder(name string, depth int) error {
	dir, err := openFolder(w.root, name)
	if err != nil {
		return err
	}
	entries, err := w.entries(dir)
	_ = dir.Close()
	if err != nil || entries == nil {
		return err
	}
	for _, e := range entries {
		if len(w.files) >= MaxFiles || w.seen >= maxSeen || time.Now().After(w.until) {
			w.partial = true
			return nil
		}
		w.seen++
		w.entry(name, e, depth)
	}
	return nil
}

// entries are those of a folder that was not seen before.
func (w *walk) entries(dir *os.File) ([]os.DirEntry, error) {
	info, err := dir.Stat()
	if err != nil {
		return nil, err
	}
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		at := [2]uint64{st.Dev, st.Ino}
		if w.been[at] {
			return nil, nil
		}
		w.been[at] = true
	}
	entries, err := dir.ReadDir(maxSeen - w.seen + 1)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	slices.SortFunc(entries, func(a, b os.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, err
}

func (w *walk) entry(folder string, e os.DirEntry, depth int) {
	if probe.IsHidden(e.Name()) {
		return
	}
	full := path.Join(folder, e.Name())
	var info fs.FileInfo
	var err error
	switch {
	case e.IsDir():
	case e.Type()&fs.ModeSymlink != 0:
		if info, err = w.root.Stat(full); err != nil {
			return // it leads nowhere, or out
		}
	case !probe.IsMedia(e.Name()) || w.deep && !w.match(full):
		return
	default:
		if info, err = e.Info(); err != nil {
			return // it is gone already
		}
	}
	switch {
	case e.IsDir() || info.IsDir():
		if !w.deep {
			w.folders = append(w.folders, full)
		} else if depth < maxDepth {
			_ = w.folder(full, depth+1) // one that cannot be read costs what is in it
		}
	case info.Mode().IsRegular() && probe.IsMedia(e.Name()) && w.match(full):
		if _, err := cleanFile(full); err == nil {
			w.files = append(w.files, fileOf(full, info))
		}
	}
}

// maxMarked is up to how many files each of a folder's is looked at, to see whether
// it has changed; of larger ones, only that files come and go.
const maxMarked = 2000

// changed are those of the folders that are others than when they were last asked for.
func (c *child) changed(root *os.Root, folders []string) (changed []string) {
	marks := make(map[string]uint64, len(folders))
	for _, name := range folders {
		mark := markOf(root, name)
		if was, known := c.marks[name]; known && was != mark {
			changed = append(changed, name)
		}
		marks[name] = mark
	}
	c.marks = marks
	if len(changed) > 0 {
		c.until = time.Time{}
	}
	return changed
}

func markOf(root *os.Root, name string) uint64 {
	dir, err := openFolder(root, name)
	if err != nil {
		return 0
	}
	defer dir.Close()
	info, err := dir.Stat()
	if err != nil {
		return 0
	}
	mark := mix(1, uint64(info.ModTime().UnixNano()))
	entries, err := dir.ReadDir(maxMarked + 1)
	if err != nil && !errors.Is(err, io.EOF) || len(entries) > maxMarked {
		return mark
	}
	for _, e := range entries {
		if info, err := e.Info(); err == nil && !e.IsDir() {
			// The order in which they are read does not matter.
			mark += mix(mix(uint64(info.Size()), uint64(info.ModTime().UnixNano())), hashOf(e.Name()))
		}
	}
	return mark
}

func hashOf(s string) (h uint64) {
	for _, b := range []byte(s) {
		h = mix(h, uint64(b))
	}
	return h
}

func mix(a, b uint64) uint64 {
	a = (a ^ b) * 0x9E3779B97F4A7C15
	return a ^ a>>29
}
