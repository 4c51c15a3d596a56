package rtsp

import (
	"context"
	"crypto/tls"
	"net"

	"airloom/output"
	"airloom/output/link"
	"airloom/playout/media"
)

// Dialer makes sessions with one server.
type Dialer struct {
	target target
	tls    *tls.Config
	way    link.Way
}

// New takes an address apart: rtsp[s]://[user:password@]host[:port]/path[?query].
// Its error says what is wrong with it and holds no secret. The TLS
// configuration may be nil.
func New(address string, tlsConfig *tls.Config) (*Dialer, error) {
	t, err := parse(address)
	if err != nil {
		return nil, err
	}
	return &Dialer{target: t, tls: tlsConfig, way: link.Way{Host: t.host, Port: t.port}}, nil
}

// Target is the address without user, path and query.
func (d *Dialer) Target() string { return d.target.String() }

// Reach connects to whichever of the server's addresses answers first, within a second.
func (d *Dialer) Reach(ctx context.Context) (net.Conn, error) { return d.way.Reach(ctx) }

// Open speaks with the server until it records.
func (d *Dialer) Open(ctx context.Context, conn net.Conn, info media.StreamInfo) (output.Session, error) {
	plain := ""
	if d.target.tls {
		plain = "rtsp"
	}
	var s *Session
	if err := d.way.Open(ctx, conn, d.tls, plain, func(conn net.Conn, tcp *net.TCPConn) (err error) {
		if s, err = newSession(newWire(conn, tcp, d.target), info); err != nil {
			return err
		}
		return s.record()
	}); err != nil {
		return nil, err
	}
	return s, nil
}
