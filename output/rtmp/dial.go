package rtmp

import (
	"context"
	"crypto/tls"
	"net"
	"sync/atomic"

	"airloom/output"
	"airloom/output/link"
	"airloom/playout/media"
)

// Dialer makes sessions with one server.
type Dialer struct {
	target target
	tls    *tls.Config
	way    link.Way

	begin   atomic.Int64                                        // the first millisecond of the next session
	prepare func(ctx context.Context) (query string, err error) // nil: nothing is to be done
}

// Prepare has f called at each connect, once the server's app has taken the
// connection and before the stream is named to it. What f returns is added to
// the key's parameters, of this session alone, as name=value&…; an error of f, a
// *output.Fault, ends the attempt. It is to be called before the first Open.
func (d *Dialer) Prepare(f func(ctx context.Context) (query string, err error)) { d.prepare = f }

// New takes an address apart: rtmp[s]://host[:port]/app/key[?query]. Its error
// says what is wrong with it and holds no part of the key. The TLS
// configuration may be nil.
func New(address string, tlsConfig *tls.Config) (*Dialer, error) {
	t, err := parse(address)
	if err != nil {
		return nil, err
	}
	return &Dialer{target: t, tls: tlsConfig, way: link.Way{Host: t.host, Port: t.port}}, nil
}

// StartAt has the clock of the next session, and of it alone, begin at so many
// milliseconds. It is for tests of what happens after days.
func (d *Dialer) StartAt(millis int64) { d.begin.Store(millis) }

// Target is the address without the stream key.
func (d *Dialer) Target() string { return d.target.String() }

// Reach connects to whichever of the server's addresses answers first, within a second.
func (d *Dialer) Reach(ctx context.Context) (net.Conn, error) { return d.way.Reach(ctx) }

// Open speaks with the server until it takes the stream.
func (d *Dialer) Open(ctx context.Context, conn net.Conn, info media.StreamInfo) (output.Session, error) {
	plain := ""
	if d.target.tls {
		plain = "rtmp"
	}
	var s *Session
	if err := d.way.Open(ctx, conn, d.tls, plain, func(conn net.Conn, tcp *net.TCPConn) error {
		w := newWire(conn, tcp)
		t, err := d.publish(ctx, w)
		if err != nil {
			return err
		}
		s = newSession(w, t, info, d.begin.Swap(0))
		return nil
	}); err != nil {
		return nil, err
	}
	return s, nil
}
