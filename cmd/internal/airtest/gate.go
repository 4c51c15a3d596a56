package airtest

import (
	"fmt"
	"io"
	"net"
	"slices"
	gosync "sync"
	"testing"
	"time"
)

// Gate stands before a server's port and can be shut: then its own port is closed,
// as if nothing ran there, and what went through it is reset. It notes who went
// through it when.
type Gate struct {
	Port int

	t        testing.TB
	upstream int
	mu       gosync.Mutex
	listener net.Listener
	conns    map[net.Conn]*Passage
	past     []*Passage
	wg       gosync.WaitGroup
}

// Passage is one connection through a gate.
type Passage struct {
	From, To time.Time // of the client's side; To is zero while it lasts
	Bytes    int64     // from the client

	server net.Conn
	ghost  bool // the server was not told of the end
}

// NewGate opens a gate on loopback before the given port there.
func NewGate(t testing.TB, upstream int) *Gate {
	t.Helper()
	g := &Gate{t: t, Port: FreePort(t), upstream: upstream, conns: map[net.Conn]*Passage{}}
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
	for c, p := range g.conns {
		p.To = time.Now()
		reset(c)
		reset(p.server)
	}
	for _, p := range g.past {
		if p.ghost {
			reset(p.server)
		}
	}
}

// Reset breaks all connections, on both sides.
func (g *Gate) Reset() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for c, p := range g.conns {
		p.To = time.Now()
		reset(c)
		reset(p.server)
	}
}

// Ghost breaks all connections on the client's side alone: the server believes in
// them for as long as it will.
func (g *Gate) Ghost() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for c, p := range g.conns {
		p.ghost, p.To = true, time.Now()
		reset(c)
	}
}

func reset(c net.Conn) {
	_ = c.(*net.TCPConn).SetLinger(0)
	_ = c.Close()
}

// Sessions are the connections that carried media, oldest first: more than a
// handshake and a refusal come to.
func (g *Gate) Sessions() (out []Passage) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, p := range g.past {
		if p.Bytes > 16<<10 {
			out = append(out, *p)
		}
	}
	slices.SortFunc(out, func(a, b Passage) int { return a.From.Compare(b.From) })
	return out
}

func (g *Gate) accept(l net.Listener) {
	for {
		in, err := l.Accept()
		if err != nil {
			return
		}
		out, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", g.upstream))
		if err != nil {
			reset(in)
			continue
		}
		p := &Passage{From: time.Now(), server: out}
		if !g.keep(in, p) {
			reset(in)
			reset(out)
			continue
		}
		g.wg.Go(func() { g.through(in, p) })
	}
}

// through passes on what both sides say until one of them has gone.
func (g *Gate) through(in net.Conn, p *Passage) {
	var down gosync.WaitGroup
	down.Go(func() {
		_, err := io.Copy(in, p.server)
		g.mu.Lock()
		ghost := p.ghost
		g.mu.Unlock()
		switch {
		case ghost: // the server goes on speaking, and is not told that nobody hears
			_, _ = io.Copy(io.Discard, p.server)
		case err == nil:
			_ = in.(*net.TCPConn).CloseWrite()
		default:
			reset(in)
		}
	})
	buf := make([]byte, 32<<10)
	for {
		n, err := in.Read(buf)
		g.mu.Lock()
		p.Bytes += int64(n)
		g.mu.Unlock()
		if n > 0 {
			_, _ = p.server.Write(buf[:n])
		}
		if err != nil {
			break
		}
	}
	g.mu.Lock()
	if p.To.IsZero() {
		p.To = time.Now()
	}
	delete(g.conns, in)
	ghost := p.ghost
	g.mu.Unlock()
	if !ghost {
		_ = p.server.(*net.TCPConn).CloseWrite()
	}
	down.Wait() // a ghost is let go when the server ends it
	_ = in.Close()
	_ = p.server.Close()
}

// keep notes a connection, unless the gate was shut meanwhile.
func (g *Gate) keep(in net.Conn, p *Passage) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.listener == nil {
		return false
	}
	g.conns[in] = p
	g.past = append(g.past, p)
	return true
}
