package hls

import (
	"net"
	"net/http"
	"time"
)

const (
	// lately is how long a player counts that asks for nothing.
	lately = 20 * time.Second
	// maxPlayers bounds what is remembered of them.
	maxPlayers = 10000
)

// player is who asks for a playlist: players of one kind behind one address are
// one, since nothing tells them apart.
type player struct{ from, kind string }

// players are those who lately asked.
type players struct {
	seen   map[player]time.Time
	pruned time.Time
}

func (p *players) note(r *http.Request, now time.Time) {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	kind := r.UserAgent()
	who := player{host, kind[:min(len(kind), 200)]}
	if _, known := p.seen[who]; !known && len(p.seen) >= maxPlayers {
		p.prune(now)
		if len(p.seen) >= maxPlayers {
			return
		}
	}
	p.seen[who] = now
}

func (p *players) prune(now time.Time) {
	if now.Sub(p.pruned) < time.Second {
		return
	}
	p.pruned = now
	for who, at := range p.seen {
		if now.Sub(at) > lately {
			delete(p.seen, who)
		}
	}
}

// lately is how many there are.
func (p *players) lately(now time.Time) int {
	p.prune(now)
	return len(p.seen)
}
