package asrun

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// Store keeps the state of one channel. Its methods may be called from any
// goroutine; all but Last and Run return at once whatever the storage does.
type Store struct {
	dir   string
	keep  time.Duration
	log   *slog.Logger
	alert func(code, message string)
	run   int64 // the number of this run, to know its own file again

	// What the tests set.
	limit  time.Time                                            // until when the end of another airloom is waited for
	most   int                                                  // rows that wait in memory
	opens  func(ctx context.Context, dir string) (*file, error) // newFile
	silent time.Duration                                        // when storage that does not answer is told of
	look   time.Duration                                        // between two looks at the file

	start  sync.Once
	loaded chan struct{} // closed when the file has been asked, with whatever result

	mu      sync.Mutex
	waiting []numbered // rows not yet written
	writing int        // … and how many are being written just now
	seq     int64      // how many rows have been reported
	dropped int64      // how many were never written
	head    *Playhead  // where the channel stands
	place   bool       // the head has changed since it was written
	bans    map[string]Ban
	lifted  map[string]bool // until the file's own bans are known; nil once they are
	banned  bool            // the bans have changed since they were written
	ended   string          // why this run ends
	saved   Saved
	loadErr error
	fixed   bool      // the seed is in use and stays
	since   time.Time // the storage has been asked and has not answered; zero: it has
	said    string    // the alert that stands
	dirty   chan struct{}

	w writer // of the writing goroutine alone
}

// numbered is a row with its number among all that this run reported.
type numbered struct {
	Row
	seq int64
}

// Open returns the store of the state directory. It touches no file and never
// fails: what is wrong is told through alert, in words with a remedy, and "" when
// it is over. Rows are kept for as long as keep says; 0: for ever.
func Open(dir string, keep time.Duration, log *slog.Logger, alert func(code, message string)) *Store {
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs
	}
	return &Store{
		dir: dir, keep: keep, log: log, alert: alert, run: rand.Int64N(1<<62) + 1,
		loaded: make(chan struct{}), dirty: make(chan struct{}, 1),
		bans: map[string]Ban{}, lifted: map[string]bool{},
		saved: Saved{Seed: rand.Uint64()}, limit: time.Now().Add(patience), most: maxWaiting, opens: newFile, silent: silent, look: lookEvery,
	}
}

// Last is what the last run left. It waits for the storage until the context is
// done; the error says why nothing is known, and then Saved holds a fresh seed
// and nothing else.
func (s *Store) Last(ctx context.Context) (Saved, error) {
	s.start.Do(func() { go s.load() })
	var err error
	select {
	case <-s.loaded:
	case <-ctx.Done():
		err = errors.New(s.dir + " does not answer: look after its storage")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fixed = true
	if err == nil && s.loadErr != nil {
		err = errors.New(inWords(s.loadErr, s.dir))
	}
	return s.saved, err
}

// Report notes a piece of the programme that has ended, or an item that did not
// air. Rows come in the order in which they ended.
func (s *Store) Report(r Row) {
	if r.End.IsZero() {
		r.End = r.Start
	}
	s.mu.Lock()
	s.seq++
	s.waiting = append(s.waiting, numbered{r, s.seq})
	s.bound()
	s.mu.Unlock()
	s.wake()
}

// bound drops the oldest rows when there are too many. Their ticks turn up again
// in a row of outcome [Unknown].
func (s *Store) bound() {
	if n := len(s.waiting) - s.most; n > 0 {
		n += s.most / 100 // not one by one: all others have to move
		s.waiting = slices.Delete(s.waiting, 0, n)
		s.dropped += int64(n)
	}
}

// Playhead notes where the channel stands.
func (s *Store) Playhead(p Playhead) {
	s.mu.Lock()
	s.head, s.place = &p, true
	s.mu.Unlock()
	s.wake()
}

// Ban keeps a version of a file off the air, also after a restart.
func (s *Store) Ban(version, why string) {
	s.mu.Lock()
	s.bans[version] = Ban{version, why, time.Now()}
	s.banned = true
	s.mu.Unlock()
	s.wake()
}

// Lift lets the version air again.
func (s *Store) Lift(version string) {
	s.mu.Lock()
	delete(s.bans, version)
	if s.lifted != nil {
		s.lifted[version] = true
	}
	s.banned = true
	s.mu.Unlock()
	s.wake()
}

// IsBanned reports whether the version is kept off the air.
func (s *Store) IsBanned(version string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.bans[version]
	return ok
}

// Banned lists what is kept off the air, the oldest first.
func (s *Store) Banned() []Ban {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.list()
}

// list is [Store.Banned] for who has locked; it is never nil.
func (s *Store) list() []Ban {
	list := make([]Ban, 0, len(s.bans))
	for _, b := range s.bans {
		list = append(list, b)
	}
	slices.SortFunc(list, func(a, b Ban) int {
		if c := a.Since.Compare(b.Since); c != 0 {
			return c
		}
		return strings.Compare(a.Version, b.Version)
	})
	return list
}

// Ending says why this run is about to end: "stopped by SIGTERM". Without it the
// log says that airloom was stopped.
func (s *Store) Ending(why string) {
	s.mu.Lock()
	s.ended = why
	s.mu.Unlock()
}

func (s *Store) wake() {
	select {
	case s.dirty <- struct{}{}:
	default:
	}
}

// Run writes what is reported until the context is done, and then what is left
// of it. Storage that hangs does not keep it from returning: the error says what
// is lost.
func (s *Store) Run(ctx context.Context) error {
	s.start.Do(func() { go s.load() })
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.write(ctx)
	}()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	ending := ctx.Done()
	var late <-chan time.Time
	for {
		select {
		case <-done:
			return s.unwritten()
		case <-late:
			return s.unwritten()
		case <-ending:
			ending, late = nil, time.After(farewell+500*time.Millisecond)
		case <-tick.C:
			s.watch()
		}
	}
}

// unwritten is what the file does not hold at the end.
func (s *Store) unwritten() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.waiting) + s.writing; n > 0 || !s.since.IsZero() {
		return fmt.Errorf("the state in %s could not be written at the end: %d rows of the as-run log are lost", s.dir, n)
	}
	return nil
}

// watch tells of storage that does not answer: who waits for it cannot.
func (s *Store) watch() {
	s.mu.Lock()
	since := s.since
	s.mu.Unlock()
	if !since.IsZero() && time.Since(since) > s.silent {
		s.say(fmt.Sprintf("the state directory %s has not answered since %s, its storage is stuck: look after the disk or the mount; what airs is kept in memory until then",
			s.dir, since.Format(time.TimeOnly)))
	}
}

// say tells the operator, once, what keeps the state from being written; "": nothing.
func (s *Store) say(words string) {
	s.mu.Lock()
	same := words == s.said
	s.said = words
	s.mu.Unlock()
	if !same {
		s.alert(alertState, words)
	}
}

// touch notes that the storage is being asked, or has answered.
func (s *Store) touch(asked bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.since = time.Time{}
	if asked {
		s.since = time.Now()
	}
}

// The codes of alerts.
const (
	alertState   = "state"         // the state cannot be written
	alertDamaged = "state-damaged" // a damaged state file was set aside; stays
)
