package web

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"time"
)

// Role is what somebody may do. Each may do what those before it may.
type Role int

// The roles, least first.
const (
	Nobody   Role = iota // not signed in
	Viewer               // looks
	Operator             // acts: commands, playlists, media
	Admin                // sees the config, the users, the log of who did what
)

var roleNames = []string{"", "viewer", "operator", "admin"}

// RoleOf is the role of that name.
func RoleOf(name string) (Role, error) {
	for r := Viewer; r <= Admin; r++ {
		if roleNames[r] == name {
			return r, nil
		}
	}
	return Nobody, fmt.Errorf("%q is no role: write viewer, operator or admin", name)
}

// String is the role's name as the config has it.
func (r Role) String() string { return roleNames[r] }

// User may sign in.
type User struct {
	Name string
	Hash string // of the password, see [HashPassword]
	Role Role
}

// Token lets a program in.
type Token struct {
	Name string
	Hash string // see [NewToken]
	Role Role
}

// user is a User whose hash has been read.
type user struct {
	name, hash string
	role       Role
	phc        phc
}

type token struct {
	name string
	role Role
	sum  [sha256.Size]byte
}

// roster is who may come in; it is never changed, only replaced.
type roster struct {
	users  map[string]user
	hashes []phc // of the users, in their order
	tokens []token
}

func newRoster(users []User, tokens []Token) (*roster, error) {
	r := &roster{users: map[string]user{}}
	for _, u := range users {
		h, err := parseHash(u.Hash)
		if err != nil {
			return nil, fmt.Errorf("user %s: %w", u.Name, err)
		}
		if _, twice := r.users[u.Name]; twice || u.Name == "" || u.Role < Viewer || u.Role > Admin {
			return nil, fmt.Errorf("user %q has no name, no role, or the name of another", u.Name)
		}
		r.users[u.Name] = user{u.Name, u.Hash, u.Role, h}
		r.hashes = append(r.hashes, h)
	}
	for _, t := range tokens {
		sum, err := tokenHash(t.Hash)
		if err != nil {
			return nil, fmt.Errorf("token %s: %w", t.Name, err)
		}
		if t.Role < Viewer || t.Role > Admin {
			return nil, fmt.Errorf("token %q has no role", t.Name)
		}
		r.tokens = append(r.tokens, token{t.Name, t.Role, sum})
	}
	if len(users) == 0 && len(tokens) > 0 {
		return nil, errors.New("there are tokens but no users")
	}
	return r, nil
}

// token finds what was shown, in a time that tells nothing.
func (r *roster) token(shown string) (found token, ok bool) {
	sum := sha256.Sum256([]byte(shown))
	for _, t := range r.tokens {
		if subtle.ConstantTimeCompare(sum[:], t.sum[:]) == 1 {
			found, ok = t, true
		}
	}
	return found, ok
}

// gate knows who may come in, and who is in.
type gate struct {
	roster   atomic.Pointer[roster]
	sessions *sessions
	limits   *limiter
	checks   *checks
	secret   [32]byte // makes names into numbers that nobody can foretell
	now      func() time.Time
}

func newGate(users []User, tokens []Token) (*gate, error) {
	g := &gate{sessions: newSessions(), limits: newLimiter(), checks: newChecks(), now: time.Now}
	_, _ = rand.Read(g.secret[:]) // never fails
	list, err := newRoster(users, tokens)
	if err != nil {
		return nil, err
	}
	g.roster.Store(list)
	return g, nil
}

// hash is what a password is held against: the user's, or for a name that nobody
// has, one that costs the same as some user's, always the same for the same name.
func (g *gate) hash(list *roster, name string) (h phc, taken bool) {
	if u, ok := list.users[name]; ok {
		return u.phc, true
	}
	mac := hmac.New(sha256.New, g.secret[:])
	_, _ = mac.Write([]byte(name))
	sum := mac.Sum(nil)
	h = list.hashes[binary.BigEndian.Uint64(sum)%uint64(len(list.hashes))]
	h.key = sum[:min(len(h.key), len(sum))] // no password's
	return h, false
}

// SetUsers replaces who may come in, at once. The sessions of users that are gone,
// or have another password, end, with what is being answered in them. Without
// users everybody may do everything: so that is refused where others than this
// machine can ask.
func (s *Server) SetUsers(users []User, tokens []Token) error {
	list, err := newRoster(users, tokens)
	if err == nil && len(users) == 0 && !loopback(s.socket.Addr()) {
		err = fmt.Errorf("%s can be reached from other machines, and would be open to all without users", s.cfg.Listen)
	}
	if err != nil {
		return fmt.Errorf("users are as they were: %w", err)
	}
	s.gate.roster.Store(list)
	s.gate.sessions.keep(func(n *session) bool {
		u, ok := list.users[n.user]
		return ok && u.hash == n.hash
	})
	return nil
}

// loopback reports whether only this machine can ask at the address.
func loopback(a net.Addr) bool {
	tcp, ok := a.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}
