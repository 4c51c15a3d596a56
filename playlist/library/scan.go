package library

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// walk is one scan.
type walk struct {
	*disk
	root    *os.Root
	report  *report
	todo    []place         // folders to be looked into
	links   []place         // and what leads to folders, perhaps to the same
	known   map[inode]bool  // folders that are, or were
	watched map[string]bool // by path
	files   int
	left    int // folders that are not looked into, being too many or too deep
}

type inode struct{ dev, ino uint64 }

// place is a folder, and a name of it.
type place struct {
	inode
	name  string
	depth int
}

// scan looks through all folders, and has the system tell of changes in them.
func (d *disk) scan(root *os.Root, r *report) {
	top := place{inode{r.root.dev, r.root.ino}, ".", 0}
	w := &walk{disk: d, root: root, report: r, todo: []place{top}, known: map[inode]bool{top.inode: true}, watched: map[string]bool{}}
	for r.err == nil && len(w.todo)+len(w.links) > 0 {
		if len(w.todo) == 0 { // a folder has its own name first, then what links call it
			if w.enter(w.links[0]); len(w.links) > 1 {
				w.links = w.links[1:]
			} else {
				w.links = nil
			}
			continue
		}
		at := w.todo[0]
		w.todo = w.todo[1:]
		w.list(at)
	}
	if w.left > 0 {
		r.problems = append(r.problems, problem(".", "%d folders are not looked into: there are more than %d, or more than %d in each other", w.left, maxFolders, maxDepth))
	}
	if w.files > maxFiles {
		r.problems = append(r.problems, problem(".", "there are %d playlists: those beyond the first %d are not read", w.files, maxFiles))
	}
	if r.err == nil {
		r.again = d.unwatch(w.watched)
	}
}

// enter puts a folder on the list, unless it was there under another name.
func (w *walk) enter(at place) {
	switch {
	case w.known[at.inode]:
	case len(w.known) >= maxFolders || at.depth > maxDepth:
		w.left++
	default:
		w.known[at.inode] = true
		w.todo = append(w.todo, at)
	}
}

// list looks at what is in a folder. It has the system tell of changes first,
// so that nothing falls in between.
func (w *walk) list(at place) {
	if err := w.watch(at.name); err != nil {
		w.report.blind = cmp.Or(w.report.blind, err)
	}
	w.watched[w.path(at.name)] = true
	entries, err := readDir(w.root, at.name)
	switch {
	case errors.Is(err, fs.ErrNotExist) && at.name != ".":
	case err != nil && at.name == ".":
		w.report.err = plainly(err)
	case err != nil:
		w.report.unread = append(w.report.unread, at.name)
		w.trouble(at.name, "the folder cannot be read: %v", plainly(err))
	}
	for _, e := range entries {
		w.meet(at, e)
	}
}

// meet looks at one name in a folder.
func (w *walk) meet(in place, e fs.DirEntry) {
	name := path.Join(in.name, e.Name())
	if isPlaylist(name) {
		if w.files++; w.files > maxFiles {
			return
		}
		if s := look(w.root, name); s.sig.kind != missing {
			w.report.seen = append(w.report.seen, s)
		}
		return
	}
	link := e.Type()&fs.ModeSymlink != 0
	if !isFolder(e.Name()) || !e.IsDir() && !link {
		return
	}
	st, err := w.root.Stat(name)
	switch {
	case err != nil && link:
		if st, err := os.Stat(w.path(name)); err == nil && st.IsDir() {
			w.trouble(name, "this is a link to a folder elsewhere: it is not followed; mount that folder here instead")
		}
	case err != nil || !st.IsDir():
	default:
		s := sigOf(st)
		at := place{inode{s.dev, s.ino}, name, in.depth + 1}
		if link {
			w.links = append(w.links, at)
		} else {
			w.enter(at)
		}
	}
}

func (w *walk) trouble(name, format string, args ...any) {
	w.report.problems = append(w.report.problems, problem(name, format, args...))
}

// path is where a name below the folder is on this machine.
func (l *Library) path(name string) string {
	return filepath.Join(l.config.Dir, filepath.FromSlash(name))
}

// readDir lists a folder in the order of its names.
func readDir(root *os.Root, name string) ([]fs.DirEntry, error) {
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	entries, err := f.ReadDir(-1)
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, err
}

func (d *disk) watch(name string) error {
	if d.events == nil {
		return errors.New("the system has no watcher left: raise fs.inotify.max_user_instances")
	}
	err := d.events.Add(d.path(name))
	switch {
	case errors.Is(err, syscall.ENOSPC):
		return errors.New("the system watches no more folders: raise fs.inotify.max_user_watches")
	case errors.Is(err, fs.ErrNotExist):
		return nil
	}
	return err
}

// unwatch forgets folders that are gone. One that was renamed is still told of
// under its old name, and the system forgets it with that name: then another scan
// is to have it told of anew, and to find what happened in between.
func (d *disk) unwatch(watched map[string]bool) (again bool) {
	if d.events == nil {
		return false
	}
	for _, dir := range d.events.WatchList() {
		if !watched[dir] {
			_ = d.events.Remove(dir) // it may be forgotten already
			again = true
		}
	}
	return again
}
