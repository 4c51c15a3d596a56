package rtmp

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"time"

	"airloom/output"
	"airloom/playout/media"
)

const (
	connectWithin = time.Second // a TCP connection, to any of the addresses
	resolveWithin = 3 * time.Second
	openWithin    = 5 * time.Second // from TCP to Publish.Start
	// A small send buffer keeps what is on its way, and with it the age of what
	// arrives, small, and makes a slow server show.
	sendBuffer = 64 << 10
)

// Dialer makes sessions with one server.
type Dialer struct {
	target target
	tls    *tls.Config
	lookup func(ctx context.Context, host string) ([]string, error)

	mu    sync.Mutex
	known []string // what the name last resolved to
}

// New takes an address apart: rtmp[s]://host[:port]/app/key[?query]. Its error
// says what is wrong with it and holds no part of the key. The TLS
// configuration may be nil.
func New(address string, tlsConfig *tls.Config) (*Dialer, error) {
	t, err := parse(address)
	if err != nil {
		return nil, err
	}
	if tlsConfig == nil {
		tlsConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	tlsConfig = tlsConfig.Clone()
	if tlsConfig.ServerName == "" {
		tlsConfig.ServerName = t.host
	}
	return &Dialer{target: t, tls: tlsConfig, lookup: net.DefaultResolver.LookupHost}, nil
}

// Target is the address without the stream key.
func (d *Dialer) Target() string { return d.target.String() }

// Reach connects to whichever of the server's addresses answers first, within a second.
func (d *Dialer) Reach(ctx context.Context) (net.Conn, error) {
	hosts, err := d.resolve(ctx)
	if err != nil {
		return nil, d.target.dialFault(err)
	}
	ctx, cancel := context.WithTimeout(ctx, connectWithin)
	defer cancel()
	type result struct {
		conn net.Conn
		err  error
	}
	results := make(chan result)
	for _, h := range hosts {
		go func() {
			var dialer net.Dialer
			conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(h, d.target.port))
			results <- result{conn, err}
		}()
	}
	var conn net.Conn
	for range hosts {
		r := <-results
		switch {
		case r.err != nil:
			if err == nil || errors.Is(r.err, context.DeadlineExceeded) {
				err = r.err
			}
		case conn == nil:
			conn = r.conn
			cancel()
		default:
			_ = r.conn.Close()
		}
	}
	if conn == nil {
		return nil, d.target.dialFault(err)
	}
	_ = conn.(*net.TCPConn).SetWriteBuffer(sendBuffer) // TCP_NODELAY is Go's default
	return conn, nil
}

// resolve returns the server's addresses; the last known ones where the
// resolver fails, since a server seldom moves while the resolver is down.
func (d *Dialer) resolve(ctx context.Context) ([]string, error) {
	if net.ParseIP(d.target.host) != nil {
		return []string{d.target.host}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, resolveWithin)
	defer cancel()
	hosts, err := d.lookup(ctx, d.target.host)
	d.mu.Lock()
	defer d.mu.Unlock()
	if err != nil {
		if len(d.known) > 0 {
			return d.known, nil
		}
		return nil, err
	}
	d.known = hosts
	return hosts, nil
}

// Open speaks with the server until it takes the stream.
func (d *Dialer) Open(ctx context.Context, conn net.Conn, info media.StreamInfo) (output.Session, error) {
	tcp := conn.(*net.TCPConn)
	stop := context.AfterFunc(ctx, func() { _ = tcp.Close() })
	defer stop()
	_ = tcp.SetDeadline(time.Now().Add(openWithin))
	if d.target.tls {
		c := tls.Client(tcp, d.tls)
		if err := c.HandshakeContext(ctx); err != nil {
			_ = tcp.Close()
			return nil, d.target.tlsFault(err)
		}
		conn = c
	}
	w := newWire(conn, tcp)
	if err := d.publish(w); err != nil {
		_ = tcp.Close()
		return nil, err
	}
	return newSession(w, d.target, info), nil
}
