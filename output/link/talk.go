package link

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync/atomic"
	"time"
)

// Reader is how the goroutine has ended that reads what a server says; Err is
// valid once Done is closed.
type Reader struct {
	Done chan struct{}
	Err  error
}

// Talk holds a session over the connection until write returns: with nil where all
// is said and [Reader.Leave] is due, else with why the session ended. The caller's
// goroutine writes, a second reads until the connection ends, and closes it, as a
// write that hangs may not outlive the reader; a third is [Watch].
func Talk(ctx context.Context, tcp *net.TCPConn, said func() Spoken, alive *atomic.Int64, read func() error, write func(*Reader) error) (*Reader, error) {
	r := &Reader{Done: make(chan struct{})}
	go func() {
		defer close(r.Done)
		defer func() { _ = tcp.Close() }()
		r.Err = read()
	}()
	stop, watchEnd := make(chan struct{}), make(chan struct{})
	go func() { defer close(watchEnd); Watch(ctx, tcp, said, alive, stop) }()

	err := write(r)
	close(stop)
	<-watchEnd
	if err == nil {
		return r, nil
	}
	_ = tcp.SetReadDeadline(time.Now().Add(LastWords))
	<-r.Done
	if errors.Is(err, net.ErrClosed) { // by the reader, who knows why
		err = r.Err
	}
	return r, err
}

// Leave ends a session so that the server knows it: bye says so, then the server has
// time to read it. Closing at once could throw away what is still on its way. conn is what is spoken over tcp: TLS, or tcp itself.
func (r *Reader) Leave(conn net.Conn, tcp *net.TCPConn, bye func() error) error {
	_ = tcp.SetDeadline(time.Now().Add(LeaveWithin))
	err := bye()
	if c, ok := conn.(*tls.Conn); ok && err == nil {
		_ = c.CloseWrite()
	}
	if err == nil {
		_ = tcp.CloseWrite()
	} else {
		_ = tcp.Close()
		err = Lost(err, "")
	}
	<-r.Done
	return err
}
