package web

import (
	"net"
	"net/netip"
	"sync"
)

const (
	// maxConns and maxConnsFrom bound connections, in all and from one address: the
	// air needs file descriptors too. A page has up to six, or one over HTTP/2.
	maxConns     = 1024
	maxConnsFrom = 512
)

// crowd closes connections at once that are too many.
type crowd struct {
	net.Listener
	most, mostFrom int

	mu   sync.Mutex
	all  int
	from map[netip.Addr]int
}

func newCrowd(l net.Listener) *crowd {
	return &crowd{Listener: l, most: maxConns, mostFrom: maxConnsFrom, from: map[netip.Addr]int{}}
}

// Accept implements net.Listener.
func (l *crowd) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		at := addressOf(conn.RemoteAddr().String())
		if l.enter(at) {
			return &guest{Conn: conn, leave: sync.OnceFunc(func() { l.leave(at) })}, nil
		}
		_ = conn.Close()
	}
}

func (l *crowd) enter(at netip.Addr) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.all >= l.most || l.from[at] >= l.mostFrom {
		return false
	}
	l.all++
	l.from[at]++
	return true
}

func (l *crowd) leave(at netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all--
	if l.from[at]--; l.from[at] == 0 {
		delete(l.from, at)
	}
}

// guest is a connection that is counted.
type guest struct {
	net.Conn
	leave func()
}

func (g *guest) Close() error {
	g.leave()
	return g.Conn.Close()
}

// addressOf is the address in host:port; without one, the zero one.
func addressOf(hostport string) netip.Addr {
	ap, _ := netip.ParseAddrPort(hostport) // an error gives the zero one
	return ap.Addr().Unmap().WithZone("")
}
