package asrun

import (
	"context"
	"time"
)

// writer is the state of the writing goroutine.
type writer struct {
	file  *file
	left  left // what the file held when it was opened
	begun bool // this run's first rows are in the file
	mark
	care

	refused error // the directory is another channel's
	failed  bool  // the last try failed
	wait    time.Duration
}

// mark is how far the writing has come.
type mark struct {
	base int64 // the channel's tick that this run's tick 0 is
	next int64 // the channel's tick that the next row begins with
	done int64 // how many of this run's ticks are written, to whichever file
	seq  int64 // how many of its rows
}

// load opens the file for the first time and notes what the last run left.
func (s *Store) load() {
	defer close(s.loaded)
	s.touch(true)
	defer s.touch(false)
	err := s.open(context.Background())
	s.mu.Lock()
	defer s.mu.Unlock()
	s.loadErr = err
}

// write writes until the context is done, and then once more.
func (s *Store) write(ctx context.Context) {
	select {
	case <-s.loaded:
		s.tried(s.loadErr)
	case <-ctx.Done():
	}
	defer func() {
		select {
		case <-s.loaded:
			s.shut()
		default: // still being opened, by a goroutine that hangs with it
		}
	}()
	for s.idle(ctx) {
		if err := s.save(ctx, false); ctx.Err() == nil { // else it was only in the way of the last one
			s.tried(err)
		}
	}
	select {
	case <-s.loaded:
	default:
		return
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), farewell)
	defer cancel()
	s.tried(s.save(last, true))
}

// idle waits until there is something to write and it is time to try. It reports
// whether the channel goes on.
func (s *Store) idle(ctx context.Context) bool {
	timer := time.NewTimer(max(pause, s.w.wait))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
	}
	if s.w.failed {
		return true
	}
	select {
	case <-ctx.Done():
		return false
	case <-s.dirty:
		return true
	}
}

// tried tells how a try went, when that has changed, and sets the time of the next.
func (s *Store) tried(err error) {
	w := &s.w
	if err == nil {
		if w.failed {
			s.log.Info("the state is written again", "event", "state-written", "dir", s.dir)
		}
		w.failed, w.wait = false, 0
		s.say("")
		return
	}
	words := inWords(err, s.dir)
	if !w.failed {
		s.log.Warn("the state cannot be written, the air goes on", "event", "state-not-written", "cause", words)
	}
	s.say(words + "; what airs is kept in memory until then")
	w.failed, w.wait = true, min(max(2*w.wait, 250*time.Millisecond), 10*time.Second)
}

// save writes all that waits; the last time, that the run has ended too.
func (s *Store) save(ctx context.Context, last bool) error {
	s.touch(true)
	defer s.touch(false)
	if s.w.file != nil && s.w.file.gone() {
		s.log.Warn("somebody removed or replaced the state file: it is opened anew", "event", "state-replaced", "file", s.w.file.path)
		s.shut()
	}
	if s.w.file == nil {
		if err := s.open(ctx); err != nil {
			return err
		}
	}
	for {
		b := s.next(last)
		err := s.w.commit(ctx, b)
		if err != nil {
			s.putBack(b)
			return s.failure(err)
		}
		s.mu.Lock()
		s.writing = 0
		s.mu.Unlock()
		if b.all {
			break
		}
	}
	if !last {
		if err := s.tend(ctx, time.Now()); err != nil {
			return s.failure(err)
		}
	}
	return nil
}

// failure decides what becomes of the file after an error: a damaged one is set
// aside, and any other but a locked one is opened anew at the next try.
func (s *Store) failure(err error) error {
	f := s.w.file
	switch {
	case locked(err):
		return err
	case damaged(err):
		if failed := s.setAside(f, err); failed != nil {
			err = failed
		} else {
			err = nil // a new one is begun at once
			s.wake()
		}
	}
	s.shut()
	return err
}

func (s *Store) shut() {
	if s.w.file != nil {
		s.w.file.close()
		s.w.file = nil
	}
}

// batch is what one transaction writes.
type batch struct {
	rows  []numbered
	all   bool // nothing is left behind
	head  *Playhead
	place bool
	bans  []Ban // nil: as they are
	run   int64
	seed  uint64
	last  bool
	ended string
}

// next is the oldest of what waits. Where rows are left behind, what stands
// behind them is too.
func (s *Store) next(last bool) batch {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := min(len(s.waiting), chunk)
	b := batch{rows: s.waiting[:n:n], all: n == len(s.waiting), run: s.run, seed: s.saved.Seed, ended: s.ended}
	s.waiting, s.writing = s.waiting[n:], n
	if b.all {
		s.waiting = nil
		b.head, b.place, b.last = s.head, s.place, last
		s.place = false
	}
	if s.banned {
		b.bans, s.banned = s.list(), false
	}
	if b.ended == "" {
		b.ended = stopped
	}
	return b
}

// putBack returns what could not be written.
func (s *Store) putBack(b batch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting, s.writing = append(b.rows, s.waiting...), 0
	s.bound()
	s.place = s.place || b.place
	s.banned = s.banned || b.bans != nil
}
