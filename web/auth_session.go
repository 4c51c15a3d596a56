package web

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"sync"
	"time"
)

// A session ends when it has not been used for a while, and in any case after a
// week. A request that is still being answered, such as the stream of events,
// uses it. They are kept in memory alone: a restart ends them all.
const (
	sessionIdle = 12 * time.Hour
	sessionMax  = 7 * 24 * time.Hour
	// maxSessions is how many one user may have; a further one ends the one that
	// has not been used for longest.
	maxSessions = 16
)

// session is one browser that somebody has signed in with.
type session struct {
	user  string
	hash  string // of his password then: another one ends it
	began time.Time
	used  time.Time
	open  int // requests that are being answered
	life  context.Context
	end   context.CancelFunc
}

// sessions are found by the hash of their id, so that what lies in memory opens
// nothing.
type sessions struct {
	mu   sync.Mutex
	list map[[sha256.Size]byte]*session
}

func newSessions() *sessions { return &sessions{list: map[[sha256.Size]byte]*session{}} }

// begin opens a session and returns its id.
func (s *sessions) begin(u user, now time.Time) string {
	var secret [32]byte
	_, _ = rand.Read(secret[:]) // never fails
	id := base64.RawURLEncoding.EncodeToString(secret[:])
	n := &session{user: u.name, hash: u.hash, began: now, used: now}
	n.life, n.end = context.WithTimeout(context.Background(), sessionMax)
	s.mu.Lock()
	defer s.mu.Unlock()
	var oldest [sha256.Size]byte
	count := 0
	for key, o := range s.list {
		if o.over(now) {
			s.drop(key)
		} else if o.user == u.name {
			if count++; count == 1 || o.used.Before(s.list[oldest].used) {
				oldest = key
			}
		}
	}
	if count >= maxSessions {
		s.drop(oldest)
	}
	s.list[sha256.Sum256([]byte(id))] = n
	return id
}

// use finds the session of an id, if it has not ended, and holds it open until
// done is called, with the time then.
func (s *sessions) use(id string, now time.Time) (found *session, done func(time.Time)) {
	key := sha256.Sum256([]byte(id))
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.list[key]
	if n == nil {
		return nil, nil
	}
	if n.over(now) {
		s.drop(key)
		return nil, nil
	}
	n.used = now
	n.open++
	return n, func(now time.Time) {
		s.mu.Lock()
		defer s.mu.Unlock()
		n.open--
		n.used = now
	}
}

// end ends the session of an id, and what is being answered in it.
func (s *sessions) end(id string) (user string) {
	key := sha256.Sum256([]byte(id))
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := s.list[key]; n != nil {
		user = n.user
		s.drop(key)
	}
	return user
}

// keep ends all sessions but those that may go on.
func (s *sessions) keep(may func(*session) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, n := range s.list {
		if !may(n) {
			s.drop(key)
		}
	}
}

func (s *sessions) drop(key [sha256.Size]byte) {
	s.list[key].end()
	delete(s.list, key)
}

func (n *session) over(now time.Time) bool {
	return now.Sub(n.began) >= sessionMax || n.open == 0 && now.Sub(n.used) >= sessionIdle
}
