package rtsp

import (
	"context"
	"crypto/tls"
	"net"
	"time"

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
	tcp := conn.(*net.TCPConn)
	stop := context.AfterFunc(ctx, func() { _ = tcp.Close() })
	defer stop()
	_ = tcp.SetDeadline(time.Now().Add(link.OpenWithin))
	if d.target.tls {
		c, err := d.way.Secure(ctx, tcp, d.tls, "rtsp")
		if err != nil {
			_ = tcp.Close()
			return nil, err
		}
		conn = c
	}
	s, err := newSession(newWire(conn, tcp, d.target), info)
	if err == nil {
		err = s.record()
	}
	if err != nil {
		_ = tcp.Close()
		return nil, err
	}
	return s, nil
}
