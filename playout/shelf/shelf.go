// Package shelf is the media folder as people see and change it: what lies where,
// what a file holds, renaming, moving, removing, and the putting in place of what was
// uploaded.
//
// The keeper touches none of it: a hung mount would hang it. A [Shelf] asks children
// of this program (`shelf-worker`, see [Main]), which may open nothing but the media
// root and the folder of uploads: one lists, one looks at single files and changes
// them, one puts uploads in place, others read. The folder of uploads is the state's,
// and the keeper's own. Everything goes by way of an open root, so that no link leads
// out of it, and nothing is written over: a rename onto a name that is taken fails.
package shelf

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"airloom/playout/worker"
)

// Options is what a shelf is told once. Root is required.
type Options struct {
	Root    string // the media root
	Uploads string // the folder for uploads; "": none
	Log     *slog.Logger
	Args    []string // that make this program the child; by default "shelf-worker"
}

// Kind sorts errors.
type Kind string

// The kinds of errors.
const (
	Missing Kind = "missing" // there is no such file or folder
	Taken   Kind = "taken"   // there is one of that name already
	Invalid Kind = "invalid" // no path, or none that may be used
	Refused Kind = "refused" // it cannot be done
	Full    Kind = "full"    // the disk is
	Silent  Kind = "silent"  // the storage does not answer
)

// Error is why something on the shelf could not be done, in a sentence.
type Error struct {
	Kind Kind
	Text string
}

func (e *Error) Error() string { return e.Text }

// File is one file or folder.
type File struct {
	Path    string    `json:"p"` // below the root, with slashes
	Size    int64     `json:"s"` // bytes
	Changed time.Time `json:"-"`
	Folder  bool      `json:"d,omitempty"`
	Nanos   int64     `json:"t"`           // of Changed, since 1970: JSON's times cost too much
	Length  int64     `json:"l,omitempty"` // to sort by, in any unit
	key     string
}

// Look says what is to be listed.
type Look struct {
	Folder string `json:",omitempty"` // "" is the root
	Search string `json:",omitempty"` // words that the path has all to hold; then of all folders below
	Sort   Sort   `json:",omitempty"`
	After  string `json:",omitempty"` // as the listing before said it
	Limit  int    `json:",omitempty"`
}

// Listing is a page of what is there.
type Listing struct {
	Folders []string // their paths; none when searching
	Files   []File
	Total   int    // files in all
	Next    string // for the next page; "": there is none
	Partial bool   // there is more than could be looked at
}

// Times that the children have.
const (
	looksIn   = 25 * time.Second
	changesIn = 20 * time.Second
	placesIn  = 30 * time.Minute // a copy to another disk, and all of it written down
	readsIn   = 15 * time.Second
	idleAfter = time.Minute
)

// readers is how many read what files hold at once.
const readers = 2

// Shelf is the keeper's side. Its methods may be called from any goroutine.
type Shelf struct {
	o       Options
	lister  *worker.Help // lists and searches, which may take long
	hand    *worker.Help // looks at single files, and changes them
	mover   *worker.Help // puts uploads in place, which may take long
	readers chan *worker.Help
	all     []*worker.Help

	watch   watch
	changes atomic.Int64 // that were asked for: what was listed before them is old
}

// New returns a shelf. Nothing is started before it is asked.
func New(o Options) *Shelf {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Args == nil {
		o.Args = []string{"shelf-worker"}
	}
	s := &Shelf{o: o, readers: make(chan *worker.Help, readers), watch: watch{folders: map[string]time.Time{}}}
	write := []string{o.Root}
	if o.Uploads != "" {
		write = append(write, o.Uploads)
	}
	help := func(opts worker.HelpOptions) *worker.Help {
		opts.Args, opts.Log = o.Args, o.Log
		h := worker.NewHelp(opts)
		s.all = append(s.all, h)
		return h
	}
	s.lister = help(worker.HelpOptions{Read: []string{o.Root}})
	s.hand = help(worker.HelpOptions{Write: write})
	s.mover = help(worker.HelpOptions{Write: write})
	for range readers {
		s.readers <- help(worker.HelpOptions{Read: []string{o.Root}})
	}
	return s
}

// Run ends children that have nothing to do, tells of changes, and ends all
// children with the context.
func (s *Shelf) Run(ctx context.Context) error {
	rest, look := time.NewTicker(idleAfter/2), time.NewTicker(watchEvery)
	defer rest.Stop()
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			var all sync.WaitGroup
			for _, h := range s.all {
				all.Go(h.Close)
			}
			all.Wait()
			return nil
		case <-rest.C:
			for _, h := range s.all {
				h.Rest(idleAfter)
			}
		case <-look.C:
			s.lookAround(ctx)
		}
	}
}

// ask asks a child about the media root.
func (s *Shelf) ask(ctx context.Context, h *worker.Help, within time.Duration, q question) (answer, []byte, error) {
	q.Root, q.Uploads, q.Changes = s.o.Root, s.o.Uploads, s.changes.Load()
	if q.changes() {
		defer s.changes.Add(1)
	}
	var a answer
	data, err := h.Ask(ctx, within, q, &a)
	switch crash := (*worker.CrashError)(nil); {
	case errors.As(err, &crash):
		return a, nil, &Error{Silent, err.Error()}
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return a, nil, err
	case err != nil:
		return a, nil, &Error{Silent, err.Error()}
	case a.Error != nil:
		return a, nil, a.Error
	}
	return a, data, nil
}

// List is a page of a folder, or of what a search finds. To sort by length, it
// asks how long each file is.
func (s *Shelf) List(ctx context.Context, l Look, length func(File) int64) (Listing, error) {
	folder, err := clean(l.Folder)
	if err != nil {
		return Listing{}, err
	}
	if l.Folder = folder; l.Sort == "" {
		l.Sort = ByName
	}
	if l.Search == "" {
		s.watch.note(folder)
	}
	a, _, err := s.ask(ctx, s.lister, looksIn, question{Op: opList, Look: l})
	if err != nil {
		return Listing{}, err
	}
	for i := range a.Files {
		a.Files[i].Changed = time.Unix(0, a.Files[i].Nanos)
		if l.Sort == ByLength {
			a.Files[i].Length = length(a.Files[i])
		}
	}
	if l.Sort == ByLength {
		a.Files, a.Next = page(sorted(a.Files, ByLength), ByLength, l.After, l.Limit)
	}
	return Listing{Folders: a.Folders, Files: a.Files, Total: a.Total, Next: a.Next, Partial: a.Partial}, nil
}

// Stat is one file or folder.
func (s *Shelf) Stat(ctx context.Context, path string) (File, error) {
	path, err := cleanFile(path)
	if err != nil {
		return File{}, err
	}
	a, _, err := s.ask(ctx, s.hand, changesIn, question{Op: opStat, Path: path})
	if err != nil {
		return File{}, err
	}
	a.File.Changed = time.Unix(0, a.File.Nanos)
	return a.File, nil
}

// Move gives a file or folder another name, or another place. The name must not
// be taken.
func (s *Shelf) Move(ctx context.Context, from, to string) error {
	from, err := cleanFile(from)
	if err != nil {
		return err
	}
	if to, err = CheckNew(to); err != nil {
		return err
	}
	_, _, err = s.ask(ctx, s.hand, changesIn, question{Op: opMove, Path: from, To: to})
	return err
}

// Remove removes a file, or a folder that is empty.
func (s *Shelf) Remove(ctx context.Context, path string) error {
	path, err := cleanFile(path)
	if err != nil {
		return err
	}
	_, _, err = s.ask(ctx, s.hand, changesIn, question{Op: opRemove, Path: path})
	return err
}

// MakeFolder makes a folder, and those above it that are not there.
func (s *Shelf) MakeFolder(ctx context.Context, path string) error {
	path, err := CheckNew(path)
	if err != nil {
		return err
	}
	_, _, err = s.ask(ctx, s.hand, changesIn, question{Op: opFolder, Path: path})
	return err
}

// Place moves a file from the folder of uploads to its place, whole or not at all.
// Where the name has been taken, it gets another one, which is returned.
func (s *Shelf) Place(ctx context.Context, upload, to string) (path string, err error) {
	if to, err = CheckNew(to); err != nil {
		return "", err
	}
	if _, err := s.Way(ctx, to); err != nil { // storage that hangs is soon found out so
		return "", err
	}
	a, _, err := s.ask(ctx, s.mover, placesIn, question{Op: opPlace, Path: upload, To: to})
	return a.Path, err
}

// Uploads is the folder for uploads, which is made. It is the keeper's own: whatever
// becomes of the media's storage, what comes in is written down.
func (s *Shelf) Uploads() (dir string, err error) {
	if s.o.Uploads == "" {
		return "", &Error{Refused, "There is no folder for uploads: set state.dir"}
	}
	if err := os.MkdirAll(s.o.Uploads, 0o750); err != nil {
		return "", &Error{Refused, "There is no folder for uploads: " + err.Error()}
	}
	return s.o.Uploads, nil
}

// Way is how uploads get to a place in the media root.
type Way struct {
	Copied     bool  `json:",omitempty"` // and not renamed: they take room there before they leave it here
	Shared     bool  `json:",omitempty"` // both are on one disk
	Free, Size int64 // of the disk there, in bytes
}

// Way finds out how an upload gets to its place, by trying it with an empty file. The
// error says why it cannot.
func (s *Shelf) Way(ctx context.Context, to string) (Way, error) {
	to, err := CheckNew(to)
	if err != nil {
		return Way{}, err
	}
	a, _, err := s.ask(ctx, s.hand, changesIn, question{Op: opWay, To: to})
	return a.Way, err
}

// Space is how much room is left on the disk of the uploads, and how large it is,
// in bytes.
func (s *Shelf) Space() (free, size int64, err error) { return space(s.o.Uploads) }

// IsMissing reports whether the error says that something is not there.
func IsMissing(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Kind == Missing || errors.Is(err, fs.ErrNotExist)
}
