package srt

import (
	"context"
	"net"
	"time"

	"github.com/datarhei/gosrt/packet"

	"airloom/output"
	"airloom/output/link"
	"airloom/playout/media"
)

const (
	probeWithin = time.Second // the answer of a listener, at any of the addresses
	againAfter  = 250 * time.Millisecond
	openWithin  = 3 * time.Second // its agreement
)

// Dialer makes sessions with one server.
type Dialer struct {
	target target
	way    link.Way
}

// New takes an address apart: srt://host:port?streamid=…&passphrase=…&latency=ms.
// Its error says what is wrong with it and holds no secret.
func New(address string) (*Dialer, error) {
	t, err := parse(address)
	if err != nil {
		return nil, err
	}
	return &Dialer{target: t, way: link.Way{Host: t.host, Port: t.port}}, nil
}

// Target is the address without its parameters.
func (d *Dialer) Target() string { return d.target.String() }

// reached is a socket by which a listener has answered.
type reached struct {
	net.Conn
	cookie packet.CIFHandshake // its answer
}

// Reach asks whether a listener is there. That leaves no trace with it: it
// answers with a cookie, and remembers nothing until it is shown that.
func (d *Dialer) Reach(ctx context.Context) (net.Conn, error) {
	hosts, err := d.way.Resolve(ctx)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, probeWithin)
	defer cancel()
	conn, err := link.First(ctx, hosts, func(ctx context.Context, host string) (*reached, error) {
		return probe(ctx, net.JoinHostPort(host, d.target.port))
	})
	if err != nil {
		return nil, d.way.Unreached(err)
	}
	return conn, nil
}

// probe asks one address.
func probe(ctx context.Context, address string) (*reached, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "udp", address)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	cif, err := exchange(ctx, conn, induction(), func(p *packet.CIFHandshake) bool {
		return p.HandshakeType == packet.HSTYPE_INDUCTION
	})
	if err != nil {
		_ = conn.Close()
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return nil, err
	}
	return &reached{Conn: conn, cookie: *cif}, nil
}

// exchange sends a handshake again and again until the answer is there, or ctx
// is done, which ends what is read from the connection.
func exchange(ctx context.Context, conn net.Conn, ask []byte, wanted func(*packet.CIFHandshake) bool) (*packet.CIFHandshake, error) {
	asked := make(chan struct{})
	answered := make(chan struct{})
	go func() {
		defer close(asked)
		tick := time.NewTicker(againAfter)
		defer tick.Stop()
		for {
			_, _ = conn.Write(ask) // what is wrong with it, reading says
			select {
			case <-answered:
				return
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
	}()
	defer func() { close(answered); <-asked }()
	b := make([]byte, 2048)
	for {
		n, err := conn.Read(b)
		if err != nil {
			return nil, err
		}
		if cif := handshake(b[:n]); cif != nil && wanted(cif) {
			return cif, nil
		}
	}
}

// Open agrees with the listener on the terms.
func (d *Dialer) Open(ctx context.Context, c net.Conn, info media.StreamInfo) (output.Session, error) {
	conn := c.(*reached)
	s, err := newSession(d.target, conn, info)
	if err == nil {
		err = s.agree(ctx)
	}
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return s, nil
}
