package web

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/tus/tusd/v2/pkg/handler"
)

// errInterrupted is told to a request from which another takes over, such as the
// next one of a client whose line broke.
var errInterrupted = handler.NewError("ERR_UPLOAD_INTERRUPTED", "Another request for this upload came. Ask with HEAD where it stands, and go on from there.", http.StatusLocked)

// locks has one request at a time work on an upload. The latest goes before: who
// holds an upload when another comes is sent away. tusd's own way of doing so races
// with the reading of the body.
type locks struct {
	mu   sync.Mutex
	held map[string]*held
}

type held struct {
	by   *asking
	free chan struct{}
}

// lock is one request's, on one upload.
type lock struct {
	all *locks
	id  string
}

// NewLock is as handler.Locker has it.
func (l *locks) NewLock(id string) (handler.Lock, error) { return lock{l, id}, nil }

// Lock waits for its turn, and has it come soon.
func (l lock) Lock(ctx context.Context, _ func()) error {
	by, _ := ctx.Value(askingKey{}).(*asking)
	for {
		l.all.mu.Lock()
		other := l.all.held[l.id]
		if other == nil {
			l.all.held[l.id] = &held{by, make(chan struct{})}
			l.all.mu.Unlock()
			return nil
		}
		if other.by != nil {
			other.by.leave() // it is still at work, or it would not hold it
		}
		l.all.mu.Unlock()
		select {
		case <-other.free:
		case <-ctx.Done():
			return handler.ErrLockTimeout
		}
	}
}

// Unlock is as handler.Lock has it.
func (l lock) Unlock() error {
	l.all.mu.Lock()
	defer l.all.mu.Unlock()
	if mine := l.all.held[l.id]; mine != nil {
		delete(l.all.held, l.id)
		close(mine.free)
	}
	return nil
}

// leave sends a request away that another takes over from.
func (a *asking) leave() {
	a.left.Store(true)
	a.away()
}

// away ends what reads the request's body.
func (a *asking) away() { _ = a.line.SetReadDeadline(time.Unix(1, 0)) }
