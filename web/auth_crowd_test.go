package web

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTooManyConnectionsAreClosed(t *testing.T) {
	socket, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	l := newCrowd(socket)
	defer l.Close()
	l.most, l.mostFrom = 3, 2
	require.True(t, l.enter(netip.MustParseAddr("192.0.2.1")))
	require.True(t, l.enter(netip.MustParseAddr("192.0.2.1")))
	require.False(t, l.enter(netip.MustParseAddr("192.0.2.1")), "too many from there")
	l.leave(netip.MustParseAddr("192.0.2.1"))

	guests := make(chan net.Conn, 8)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				close(guests)
				return
			}
			guests <- conn
		}
	}()
	dial := func() net.Conn {
		conn, err := net.Dial("tcp", socket.Addr().String())
		require.NoError(t, err)
		t.Cleanup(func() { _ = conn.Close() })
		return conn
	}
	dial()
	dial()
	first, second := <-guests, <-guests
	_, err = dial().Read(make([]byte, 1))
	require.Error(t, err, "closed at once")
	require.NoError(t, first.Close())
	_ = first.Close() // counts once
	dial()
	third := <-guests
	require.NoError(t, second.Close())
	require.NoError(t, third.Close())
	require.Equal(t, 1, l.all)
	require.Len(t, l.from, 1)
	require.NoError(t, l.Close())
	_, open := <-guests
	require.False(t, open)
}

// Who sends slowly is not waited for.
func TestSlowSendersAreCutOff(t *testing.T) {
	for name, at := range map[string]TLS{"http": {}, "https": files(t, 1)} {
		t.Run(name, func(t *testing.T) { slowly(t, at) })
	}
}

func slowly(t *testing.T, at TLS) {
	s, err := New(Config{Listen: "127.0.0.1:0", Users: staff, TLS: at}, onAir())
	require.NoError(t, err)
	require.LessOrEqual(t, s.http.ReadHeaderTimeout, 10*time.Second)
	require.Positive(t, s.http.ReadHeaderTimeout)
	require.Positive(t, s.http.ReadTimeout)
	require.Positive(t, s.http.WriteTimeout)
	require.Positive(t, s.http.IdleTimeout)
	s.http.ReadHeaderTimeout, s.http.ReadTimeout = 100*time.Millisecond, 200*time.Millisecond
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	for _, begun := range []string{
		"", // not even a handshake
		"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-A: ",
		"POST /api/v1/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 40\r\n\r\n{",
	} {
		conn, err := net.Dial("tcp", s.Addr().String())
		require.NoError(t, err)
		require.NoError(t, conn.SetDeadline(time.Now().Add(10*time.Second)))
		_, err = io.WriteString(conn, begun)
		require.NoError(t, err)
		answer, err := io.ReadAll(conn)
		require.NotErrorIs(t, err, os.ErrDeadlineExceeded, "the server ends it")
		require.NotContains(t, string(answer), "200 OK")
		_ = conn.Close()
	}
	cancel()
	require.NoError(t, <-done)
}

func TestWhatIsTooLargeIsRefused(t *testing.T) {
	h := guarded(t)
	many := ""
	for i := range 1000 {
		many += fmt.Sprintf("X-%d: aaaaaaaaaaaaaaaa\r\n", i)
	}
	for _, c := range []struct{ begun, want string }{
		{"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-A: " + strings.Repeat("a", 24<<10) + "\r\n\r\n", " 431 "},
		{"GET /healthz HTTP/1.1\r\nHost: localhost\r\n" + many + "\r\n", " 431 "},
		// A body that nobody asked for is not read to its end.
		{"POST /none HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000\r\n\r\n", " 404 "},
	} {
		conn, err := net.Dial("tcp", h.Addr().String())
		require.NoError(t, err)
		require.NoError(t, conn.SetDeadline(time.Now().Add(10*time.Second)))
		_, err = io.WriteString(conn, c.begun)
		require.NoError(t, err)
		line, err := bufio.NewReader(conn).ReadString('\n')
		require.NoError(t, err)
		require.Contains(t, line, c.want)
		_ = conn.Close()
	}
}
