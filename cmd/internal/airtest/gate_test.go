package airtest

import (
	"io"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A gate passes both ways, is refused when shut, and leaves the server a ghost
// when told to.
func TestGate(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	ends := make(chan error, 10)
	var speaks atomic.Bool
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				for ; ; time.Sleep(10 * time.Millisecond) {
					said := ""
					if speaks.Load() {
						said = "ping"
					}
					if _, err := c.Write([]byte(said)); err != nil {
						return
					}
				}
			}()
			go func() {
				_, err := io.Copy(c, c)
				c.Close()
				ends <- err
			}()
		}
	}()
	g := NewGate(t, l.Addr().(*net.TCPAddr).Port)
	dial := func() (net.Conn, error) { return net.Dial("tcp", "127.0.0.1:"+itoa(g.Port)) }
	open := func() net.Conn {
		c, err := dial()
		require.NoError(t, err)
		_, err = c.Write(make([]byte, 20<<10))
		require.NoError(t, err)
		_, err = io.ReadFull(c, make([]byte, 20<<10))
		require.NoError(t, err)
		return c
	}

	c := open()
	g.Ghost()
	speaks.Store(true)
	_, err = c.Read(make([]byte, 1))
	require.Error(t, err, "the client is cut off")
	select {
	case <-ends:
		t.Fatal("the server was told")
	case <-time.After(100 * time.Millisecond):
	}
	speaks.Store(false)

	c = open()
	require.NoError(t, c.Close())
	require.NoError(t, <-ends, "an orderly end is passed on")

	open()
	g.Shut()
	require.Error(t, <-ends, "the second")
	require.Error(t, <-ends, "and the ghost")
	_, err = dial()
	require.ErrorContains(t, err, "refused")
	g.Open()
	open()
	require.Len(t, g.Sessions(), 4)
}
