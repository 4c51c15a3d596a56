// Package link is the TCP connection to a server, whatever is spoken over it:
// found by any of the server's addresses, encrypted where that is wanted,
// watched for life, and its end put into words.
//
// A [Way] leads to one server. Its Reach connects, its Secure speaks TLS, and
// [Watch] moves the connection's deadline on while the server shows that it
// reads: so nobody who reads or writes can hang for longer than [StallAfter].
package link

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

const (
	connectWithin = time.Second // a TCP connection, to any of the addresses
	resolveWithin = 3 * time.Second
	// A small send buffer keeps what is on its way, and with it the age of what
	// arrives, small, and makes a slow server show.
	sendBuffer = 64 << 10
)

// What all ways of publishing have in common.
const (
	OpenWithin  = 5 * time.Second         // from TCP until the server takes the stream
	LeaveWithin = 1500 * time.Millisecond // the clean end of a session
	LastWords   = 200 * time.Millisecond  // for what a server says before it closes
	// PingEvery is how often a server is asked for a sign of life.
	PingEvery = 2 * time.Second
	// StallAfter is when a server that shows no life is given up. A frozen
	// server is to be noticed within 10 s; a slow proxy may take 5 s from one
	// sign of life to the next.
	StallAfter = 8 * time.Second
	// AckWindow is after how many bytes a server that can is asked to
	// acknowledge what it has read: often enough to show life at 100 kbit/s.
	AckWindow = 16 << 10
)

// Way leads to one server.
type Way struct {
	Host, Port string
	// Lookup finds a name's addresses; nil: this machine's resolver.
	Lookup func(ctx context.Context, host string) ([]string, error)

	mu    sync.Mutex
	known []string // what the name last resolved to
}

// Address is host:port.
func (w *Way) Address() string { return net.JoinHostPort(w.Host, w.Port) }

// Reach connects to whichever of the server's addresses answers first, within a
// second. Its error is a fault in words.
func (w *Way) Reach(ctx context.Context) (net.Conn, error) {
	hosts, err := w.Resolve(ctx)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, connectWithin)
	defer cancel()
	conn, err := First(ctx, hosts, func(ctx context.Context, host string) (net.Conn, error) {
		var dialer net.Dialer
		return dialer.DialContext(ctx, "tcp", net.JoinHostPort(host, w.Port))
	})
	if err != nil {
		return nil, w.Unreached(err)
	}
	_ = conn.(*net.TCPConn).SetWriteBuffer(sendBuffer) // TCP_NODELAY is Go's default
	return conn, nil
}

// First tries all hosts at once and returns the connection that is there first; the
// others are ended. Where there is none, its error is that of a host that did not
// answer in time, if there is one: the others' say less.
func First[C net.Conn](ctx context.Context, hosts []string, try func(ctx context.Context, host string) (C, error)) (first C, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type result struct {
		conn C
		err  error
	}
	results := make(chan result)
	for _, h := range hosts {
		go func() {
			conn, err := try(ctx, h)
			results <- result{conn, err}
		}()
	}
	found := false
	for range hosts {
		r := <-results
		switch {
		case r.err != nil:
			if err == nil || errors.Is(r.err, context.DeadlineExceeded) {
				err = r.err
			}
		case !found:
			first, found = r.conn, true
			cancel()
		default:
			_ = r.conn.Close()
		}
	}
	if found {
		return first, nil
	}
	return first, err
}

// Resolve returns the server's addresses; the last known ones where the
// resolver fails, since a server seldom moves while the resolver is down. Its
// error is a fault in words.
func (w *Way) Resolve(ctx context.Context) ([]string, error) {
	if net.ParseIP(w.Host) != nil {
		return []string{w.Host}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, resolveWithin)
	defer cancel()
	lookup := w.Lookup
	if lookup == nil {
		lookup = net.DefaultResolver.LookupHost
	}
	hosts, err := lookup(ctx, w.Host)
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil {
		if len(w.known) > 0 {
			return w.known, nil
		}
		return nil, w.Unreached(err)
	}
	w.known = hosts
	return hosts, nil
}

// Secure speaks TLS over the connection; plain is the scheme to try where the
// server speaks none. The configuration may be nil. Its error is a fault in words.
func (w *Way) Secure(ctx context.Context, conn net.Conn, config *tls.Config, plain string) (*tls.Conn, error) {
	if config == nil {
		config = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	if config.ServerName == "" {
		config = config.Clone()
		config.ServerName = w.Host
	}
	c := tls.Client(conn, config)
	if err := c.HandshakeContext(ctx); err != nil {
		return nil, w.tlsFault(err, plain)
	}
	return c, nil
}

// Open has speak lead the server until it takes the stream, within [OpenWithin],
// over the connection that Reach made: encrypted where there is a plain scheme, as
// Secure has it, else as it is. Where that fails, the connection is closed.
func (w *Way) Open(ctx context.Context, conn net.Conn, config *tls.Config, plain string, speak func(conn net.Conn, tcp *net.TCPConn) error) (err error) {
	tcp := conn.(*net.TCPConn)
	stop := context.AfterFunc(ctx, func() { _ = tcp.Close() })
	defer stop()
	defer func() {
		if err != nil {
			_ = tcp.Close()
		}
	}()
	_ = tcp.SetDeadline(time.Now().Add(OpenWithin))
	if plain != "" {
		if conn, err = w.Secure(ctx, tcp, config, plain); err != nil {
			return err
		}
	}
	return speak(conn, tcp)
}

// Watch judges the server's life until stop, or until the connection is gone,
// notes in alive (Unix nanoseconds) when it last showed some, and moves the
// connection's deadline on. When ctx is done, a write that hangs has
// [LeaveWithin] to end.
func Watch(ctx context.Context, tcp *net.TCPConn, said func() Spoken, alive *atomic.Int64, stop <-chan struct{}) {
	raw, err := tcp.SyscallConn()
	if err != nil {
		return
	}
	now := time.Now()
	e := newEvidence(now)
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		last := e.alive(now)
		alive.Store(last.UnixNano())
		if err := tcp.SetDeadline(last.Add(StallAfter)); err != nil {
			return
		}
		select {
		case <-stop:
			return
		case <-ctx.Done():
			_ = tcp.SetDeadline(time.Now().Add(LeaveWithin))
			return
		case <-tick.C:
			now = time.Now()
		}
		seen := e.last
		if err := raw.Control(func(fd uintptr) {
			if x, err := readSocket(fd); err == nil {
				seen = x
			}
		}); err != nil {
			return
		}
		e = e.look(now, seen, said())
	}
}
