package web

import (
	"maps"
	"net/netip"
	"sync"
	"time"
)

// limiter slows guessing down: by the address it comes from, and by the name that
// is guessed at, wherever from. Every try counts as a failure until it is
// forgiven, so that many at once gain nothing.
//
// A name's delay stays short, and does not hold for an address from which that
// user has signed in before: nobody can lock an operator out by guessing.
type limiter struct {
	mu        sync.Mutex
	addresses map[netip.Prefix]*tries
	names     map[string]*tries
	strangers map[string]*tries // names that nobody has: no delay tells them apart
	known     map[knownAt]*tries
}

// knownAt is a user at an address he has signed in from.
type knownAt struct {
	name string
	from netip.Prefix
}

// tries counts failures in a row.
type tries struct {
	failed     int
	last, next time.Time // the latest try, and when another is let through
}

const (
	freeTries    = 3 // slips of the finger cost nothing
	longestName  = 30 * time.Second
	longestPlace = 5 * time.Minute
	forgotten    = 15 * time.Minute // after the latest try
	maxTries     = 4096             // of each kind that are remembered
)

func newLimiter() *limiter {
	return &limiter{
		addresses: map[netip.Prefix]*tries{}, names: map[string]*tries{}, strangers: map[string]*tries{}, known: map[knownAt]*tries{},
	}
}

// place is what counts as one address: of IPv6 the network, which is one
// customer's.
func place(from netip.Addr) netip.Prefix {
	bits := 32
	if from = from.Unmap().WithZone(""); from.Is6() {
		bits = 64
	}
	p, _ := from.Prefix(bits) // fails for no valid address: then it is the zero one
	return p
}

// try counts one try to sign in, or says how long none is let through yet. taken
// tells whether somebody has the name.
func (l *limiter) try(name string, taken bool, from netip.Addr, now time.Time) (wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	at := place(from)
	byPlace, byName := entry(l.addresses, at, now), l.of(name, taken, at, now)
	if wait = max(byPlace.wait(now), byName.wait(now)); wait > 0 {
		return wait
	}
	most := longestPlace
	if from.Unmap().IsLoopback() { // a proxy, perhaps: everybody comes from there
		most = longestName
	}
	byPlace.fail(now, most)
	byName.fail(now, longestName)
	return 0
}

// forgive takes note that the try was none to guess. A name's own count falls
// only for a new address: where it is known, that has its own.
func (l *limiter) forgive(name string, from netip.Addr, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	at := place(from)
	if t := l.addresses[at]; t != nil {
		*t = tries{last: now}
	}
	if t := l.names[name]; t != nil && l.known[knownAt{name, at}] == nil {
		*t = tries{last: now}
	}
	*entry(l.known, knownAt{name, at}, now) = tries{last: now}
}

// of is what counts for a name that is tried from there.
func (l *limiter) of(name string, taken bool, at netip.Prefix, now time.Time) *tries {
	if t := l.known[knownAt{name, at}]; t != nil {
		return t
	}
	if taken {
		return entry(l.names, name, now)
	}
	return entry(l.strangers, name, now)
}

// entry finds or makes the count of a key. Where there is no room, those that
// are forgotten go, and then any: which, nobody can choose.
func entry[K comparable](m map[K]*tries, key K, now time.Time) *tries {
	if t := m[key]; t != nil {
		return t
	}
	if len(m) >= maxTries {
		maps.DeleteFunc(m, func(_ K, t *tries) bool { return now.Sub(t.last) > forgotten })
	}
	for k := range m {
		if len(m) < maxTries {
			break
		}
		delete(m, k)
	}
	t := &tries{last: now}
	m[key] = t
	return t
}

func (t *tries) wait(now time.Time) time.Duration {
	if now.Sub(t.last) > forgotten {
		*t = tries{}
	}
	return t.next.Sub(now)
}

func (t *tries) fail(now time.Time, most time.Duration) {
	t.failed, t.last = t.failed+1, now
	if over := t.failed - freeTries; over >= 0 {
		t.next = now.Add(min(time.Second<<min(over, 20), most))
	}
}
