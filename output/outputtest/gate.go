package outputtest

import (
	"net"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// Gate stands before a TCP server and passes everything on, until it is told to
// hold still or to cut. It knows how many connections it has at once.
type Gate struct {
	Addr string

	to     string
	listen net.Listener
	all    sync.WaitGroup
	mu     sync.Mutex
	open   sync.Cond // held no longer, or the end
	held   bool
	conns  map[net.Conn]bool
	now    int
	most   int
}

// NewGate opens a gate to an address; the test's end shuts it.
func NewGate(t testing.TB, to string) *Gate {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	g := &Gate{Addr: l.Addr().String(), to: to, listen: l, conns: map[net.Conn]bool{}}
	g.open.L = &g.mu
	g.all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			g.all.Go(func() { g.pass(c) })
		}
	})
	t.Cleanup(g.Close)
	return g
}

// Close shuts the gate and ends everything behind it.
func (g *Gate) Close() {
	_ = g.listen.Close()
	g.Hold(false)
	g.Cut()
	g.all.Wait()
}

// Hold stops the traffic, or lets it flow again.
func (g *Gate) Hold(on bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.held = on
	g.open.Broadcast()
}

// Cut ends every connection.
func (g *Gate) Cut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for c := range g.conns {
		_ = c.Close()
	}
	g.held = false
	g.open.Broadcast()
}

// Most is how many connections there have been at once.
func (g *Gate) Most() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.most
}

func (g *Gate) pass(c net.Conn) {
	s, err := net.Dial("tcp", g.to)
	if err != nil {
		_ = c.Close()
		return
	}
	_ = c.(*net.TCPConn).SetReadBuffer(4 << 10) // what it does not read shows soon
	g.mu.Lock()
	g.conns[c], g.conns[s] = true, true
	g.now++
	g.most = max(g.most, g.now)
	g.mu.Unlock()
	var both sync.WaitGroup
	both.Go(func() { g.copy(s, c) })
	both.Go(func() { g.copy(c, s) })
	both.Wait()
	_ = c.Close()
	_ = s.Close()
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.conns, c)
	delete(g.conns, s)
	g.now--
}

// copy reads nothing while the gate is held.
func (g *Gate) copy(to, from net.Conn) {
	b := make([]byte, 16<<10)
	for {
		g.mu.Lock()
		for g.held {
			g.open.Wait()
		}
		g.mu.Unlock()
		n, err := from.Read(b)
		if n > 0 {
			if _, err := to.Write(b[:n]); err != nil {
				_ = from.Close()
				return
			}
		}
		if err != nil {
			_ = to.(*net.TCPConn).CloseWrite()
			return
		}
	}
}
