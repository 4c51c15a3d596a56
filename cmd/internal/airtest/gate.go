package airtest

import (
	"fmt"
	"io"
	"net"
	gosync "sync"
	"testing"
)

// Gate stands before a server's port and can be shut: then its own port is closed,
// as if nothing ran there, and what went through it is reset.
type Gate struct {
	Port int

	t        testing.TB
	upstream int
	mu       gosync.Mutex
	listener net.Listener
	conns    map[net.Conn]bool
	wg       gosync.WaitGroup
}

// NewGate opens a gate on loopback before the given port there.
func NewGate(t testing.TB, upstream int) *Gate {
	t.Helper()
	g := &Gate{t: t, Port: FreePort(t), upstream: upstream, conns: map[net.Conn]bool{}}
	g.Open()
	t.Cleanup(func() { g.Shut(); g.wg.Wait() })
	return g
}

// Open lets connections through.
func (g *Gate) Open() {
	g.t.Helper()
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", g.Port))
	if err != nil {
		g.t.Fatal(err)
	}
	g.mu.Lock()
	g.listener = l
	g.mu.Unlock()
	g.wg.Go(func() { g.accept(l) })
}

// Shut closes the port, and resets all that goes through it.
func (g *Gate) Shut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.listener != nil {
		g.listener.Close()
		g.listener = nil
	}
	for c := range g.conns {
		_ = c.(*net.TCPConn).SetLinger(0)
		c.Close()
	}
}

func (g *Gate) accept(l net.Listener) {
	for {
		in, err := l.Accept()
		if err != nil {
			return
		}
		out, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", g.upstream))
		if err != nil || !g.keep(in, out) {
			in.Close()
			continue
		}
		g.wg.Go(func() {
			var both gosync.WaitGroup
			both.Go(func() { pass(out, in) })
			both.Go(func() { pass(in, out) })
			both.Wait()
			g.drop(in, out)
		})
	}
}

// pass copies until the one side ends, and tells the other.
func pass(to, from net.Conn) {
	if _, err := io.Copy(to, from); err != nil {
		_ = from.Close()
		_ = to.Close()
		return
	}
	_ = to.(*net.TCPConn).CloseWrite()
}

// keep notes a pair of connections, unless the gate was shut meanwhile.
func (g *Gate) keep(pair ...net.Conn) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, c := range pair {
		if g.listener == nil {
			_ = c.Close()
			continue
		}
		g.conns[c] = true
	}
	return g.listener != nil
}

func (g *Gate) drop(pair ...net.Conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, c := range pair {
		delete(g.conns, c)
		_ = c.Close()
	}
}
