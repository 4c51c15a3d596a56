package rtmp

import (
	"crypto/tls"
	"net"
	"sync"
	"testing"

	"github.com/bluenviron/gortmplib/pkg/amf0"
	"github.com/bluenviron/gortmplib/pkg/handshake"
	"github.com/stretchr/testify/require"
)

// fake runs a server that treats each connection as serve says, and returns
// its address. It ends with the test.
func fake(t *testing.T, config *tls.Config, serve func(net.Conn)) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	addr := l.Addr().String()
	var mu sync.Mutex
	var conns []net.Conn
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			conns = append(conns, c)
			mu.Unlock()
			if config != nil {
				c = tls.Server(c, config)
			}
			all.Go(func() { defer c.Close(); serve(c) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		mu.Lock()
		for _, c := range conns {
			_ = c.Close()
		}
		mu.Unlock()
		all.Wait()
	})
	return addr
}

// peer is the server's side of the talk.
type peer struct{ *wire }

func greet(c net.Conn) (peer, bool) {
	w := newWire(c, nil)
	_, _, err := handshake.DoServer(w.count, false)
	return peer{w}, err == nil
}

// asked waits for a command and returns its number.
func (p peer) asked(name string) (int, bool) {
	c, err := p.answered(func(c command) bool { return c.name == name })
	return c.id, err == nil
}

func status(level, code, words string) amf0.Object {
	return amf0.Object{{Key: "level", Value: level}, {Key: "code", Value: code}, {Key: "description", Value: words}}
}

// take leads a publisher as far as Publish.Start.
func take(c net.Conn) (peer, bool) {
	p, ok := greet(c)
	if !ok {
		return p, false
	}
	for _, step := range []struct {
		wait, say string
		args      []any
	}{
		{"connect", "_result", []any{nil, status("status", "NetConnection.Connect.Success", "welcome")}},
		{"createStream", "_result", []any{nil, 7.0}},
		{"publish", "onStatus", []any{nil, status("status", "NetStream.Publish.Start", "go")}},
	} {
		id, ok := p.asked(step.wait)
		if !ok || p.say(0, step.say, id, step.args...) != nil {
			return p, false
		}
	}
	return p, true
}
