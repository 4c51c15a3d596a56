// Package library keeps the playlists of a watched folder: what people drop,
// edit, half copy and break there, and what airloom itself saves there.
//
// A file goes through four hands. Events and rescans say that a name may have
// changed; [entry] decides, from what a stat shows and how long that has held
// still, when it counts; the disk reads it, makes sure that it did not change
// meanwhile, and parses it; the [Snapshot] then shows it. A version that is
// broken, half there or gone wrong in any other way becomes a problem beside the
// last good version, which stays.
//
// The folder may be slow, missing or hung. One goroutine, the disk's, touches it;
// everything else, [Library.Snapshot] above all, returns at once. Saving goes
// around the disk's goroutine: whoever saves waits for the folder himself.
//
// Links are followed as long as they stay within the folder: one that leads out
// of it is a problem and is not read, so that nobody who may write here can have
// airloom read (and quote) what only airloom may. Each folder is looked into
// once, by whatever name comes first, so links cannot go round in circles.
package library

import (
	"context"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"airloom/playlist"
)

// Config is how a library works. Dir is needed, the rest has defaults.
type Config struct {
	Dir      string           // the folder
	Settle   time.Duration    // how long a file must hold still to count; default 2 s
	Rescan   time.Duration    // how often all is looked through, told or not; default 60 s
	Keep     int              // how many old versions of a file are kept; default 10; -1: the folder is only looked at
	Options  playlist.Options // what playlists are checked against
	Log      *slog.Logger     // default: silence
	patience time.Duration    // how long a file may stay open for writing, beyond settling
	restless time.Duration    // after how long a file that does not settle is a problem
	stuck    time.Duration    // how long the folder may take to answer
}

// File is one playlist file as the library knows it.
type File struct {
	Name     string             // its path below the folder, with slashes
	Version  string             // of the content last read, good or not; "" when none was
	Playlist *playlist.Playlist // the last good version; nil when there was none
	Problems playlist.Problems  // of the newest version, whether it airs or not
	Settling bool               // it has changed and does not count yet
}

// Snapshot is the folder at one moment. It never changes.
type Snapshot struct {
	Generation uint64            // counts every change
	Edition    uint64            // counts changes of the playlists alone: equal editions air the same
	Files      []File            // in the order of their names
	Problems   playlist.Problems // of the folder itself: each is worth an alert
}

// File returns the file of that name.
func (s *Snapshot) File(name string) (File, bool) {
	if i, ok := find(s.Files, name); ok {
		return s.Files[i], true
	}
	return File{}, false
}

// Playlists are the last good versions, in the order of their files' names.
func (s *Snapshot) Playlists() []*playlist.Playlist {
	var lists []*playlist.Playlist
	for _, f := range s.Files {
		if f.Playlist != nil {
			lists = append(lists, f.Playlist)
		}
	}
	return lists
}

// All is every problem there is, the folder's own first.
func (s *Snapshot) All() playlist.Problems {
	all := append(playlist.Problems{}, s.Problems...)
	for _, f := range s.Files {
		all = append(all, f.Problems...)
	}
	return all
}

// Library watches a folder of playlists. Its methods may be called from any
// goroutine.
type Library struct {
	config   Config
	snapshot atomic.Pointer[Snapshot]
	changed  chan struct{}
	ready    chan struct{}
	once     sync.Once // closes ready
	requests chan *request
	running  atomic.Pointer[chan struct{}] // closed when it stops; nil: it does not run
	parsing  atomic.Bool                   // the disk is not: what takes long is a large file
	saving   chan struct{}                 // holds one token: who saves has it
	history  sync.Mutex                    // over the old versions
	access   func(*disk, job) report
}

// New makes a library that knows nothing until it runs.
func New(c Config) *Library {
	set := func(d *time.Duration, otherwise time.Duration) {
		if *d <= 0 {
			*d = otherwise
		}
	}
	set(&c.Settle, 2*time.Second)
	set(&c.Rescan, time.Minute)
	set(&c.patience, max(10*time.Second, 15*c.Settle))
	set(&c.restless, max(5*time.Second, 2*c.Settle))
	set(&c.stuck, 5*time.Second)
	if dir, err := filepath.Abs(c.Dir); err == nil {
		c.Dir = dir
	}
	if c.Keep == 0 {
		c.Keep = 10
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	l := &Library{
		config:   c,
		changed:  make(chan struct{}, 1),
		ready:    make(chan struct{}),
		requests: make(chan *request),
		saving:   make(chan struct{}, 1),
		access:   (*disk).do,
	}
	l.saving <- struct{}{}
	l.snapshot.Store(&Snapshot{})
	return l
}

// Snapshot is what is known now. It never blocks and is never nil.
func (l *Library) Snapshot() *Snapshot { return l.snapshot.Load() }

// Changed has a value when the snapshot has changed since the last one was
// taken from it. It is for one reader.
func (l *Library) Changed() <-chan struct{} { return l.changed }

// Ready is closed once the folder was looked through for the first time, or did
// not answer: what can count at once does by then.
func (l *Library) Ready() <-chan struct{} { return l.ready }

// Rescan looks the folder through now and reads every file in it: what is there
// counts at once, what is not is gone. It returns what is wrong afterwards; the
// error is the context's, or says that the library does not run.
func (l *Library) Rescan(ctx context.Context) (playlist.Problems, error) {
	return l.request(ctx, nil)
}
