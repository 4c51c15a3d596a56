package library

import (
	"context"
	"errors"
	"time"

	"airloom/playlist"
)

// ErrStopped says that the library does not run.
var ErrStopped = errors.New("the folder of playlists is not being watched: airloom is starting or stopping")

// request asks for the folder, or some names in it, to be read at once.
type request struct {
	names    []string // nil: all
	answer   chan playlist.Problems
	looked   bool // a look at them began after it came
	waiting  map[string]bool
	problems playlist.Problems // what was not read, and why
}

func (l *Library) request(ctx context.Context, names []string) (playlist.Problems, error) {
	stopped := l.running.Load()
	if stopped == nil {
		return nil, ErrStopped
	}
	q := &request{names: names, answer: make(chan playlist.Problems, 1)}
	select {
	case l.requests <- q:
	case <-*stopped:
		return nil, ErrStopped
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	select {
	case ps := <-q.answer:
		return ps, nil
	case <-*stopped:
		return nil, ErrStopped
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// asks reports whether somebody asked for everything to be looked through.
func (r *run) asks() bool {
	for _, q := range r.waiting {
		if q.looked && q.names == nil {
			return true
		}
	}
	return false
}

// unread ends the waiting for a file that cannot be read now.
func (r *run) unread(e *entry, why string) {
	if !e.order {
		return
	}
	e.order = false
	for _, q := range r.waiting {
		if q.waiting[e.file.Name] {
			delete(q.waiting, e.file.Name)
			q.problems = append(q.problems, problem(e.file.Name, "the file was not read: %s", why))
		}
	}
}

// answer orders what was asked for to be read, and answers who has all of it.
func (r *run) answer() {
	kept := r.waiting[:0]
	for _, q := range r.waiting {
		if q.looked && q.waiting == nil && r.down == nil {
			q.waiting = map[string]bool{}
			r.order(q)
		}
		for name := range q.waiting {
			if e := r.entries[name]; e == nil || !e.order || e.dirty.IsZero() {
				delete(q.waiting, name)
			}
		}
		if !q.looked || len(q.waiting) > 0 && r.down == nil {
			kept = append(kept, q)
			continue
		}
		r.publish()
		q.answer <- append(r.snapshot.Load().All(), q.problems...)
	}
	clear(r.waiting[len(kept):])
	r.waiting = kept
}

// order has what a request names read at once.
func (r *run) order(q *request) {
	now := time.Now()
	names := q.names
	if names == nil {
		for name := range r.entries {
			names = append(names, name)
		}
	}
	for _, name := range names {
		e := r.entries[name]
		if e == nil || e.seen.kind == odd {
			continue
		}
		e.soil(now)
		e.order, e.tries, e.retry = true, 0, time.Time{}
		if e.seen.kind == missing {
			r.drop(name, now)
			continue
		}
		q.waiting[name] = true
	}
}
