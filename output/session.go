// Package output carries the one encoded stream to the servers.
//
// The encoder offers every packet to a [Fan], which offers it to each [Output].
// An output has a bounded queue and a goroutine of its own: it reaches the
// server, opens a [Session], feeds it from the queue, and when that ends finds
// its way back by the rules of [Retry]. Offering never blocks, so an output that
// is stuck costs neither the encoder nor the other outputs anything.
//
// While there is no session, packets are let go. A session begins with a
// keyframe and gets every packet with its true time; what a slow server has no
// room for is dropped by whole groups of pictures.
package output

import (
	"context"
	"net"
	"time"

	"airloom/playout/media"
)

// Session is one connection that takes media.
type Session interface {
	// Run sends what comes out of in, the first packet a keyframe. It returns
	// nil when in was closed or ctx is done, after a clean end; else why the
	// session broke, as a *Fault. Nothing of the session is left when it
	// returns. It is called once.
	Run(ctx context.Context, in <-chan *media.Packet) error
	// Progress may be called at any time, also after Run.
	Progress() Progress
}

// Progress is how far a session has come.
type Progress struct {
	Sent  int64     // bytes given to the kernel
	Alive time.Time // when the server last showed that it reads
}

// Dialer makes sessions with one server.
type Dialer interface {
	// Target names the server for people, without the stream key.
	Target() string
	// Reach opens the way to the server and tells whether it is there. It is
	// called again and again while it is not, several calls may be under way
	// at once, and each ends by itself within seconds.
	Reach(ctx context.Context) (net.Conn, error)
	// Open asks the server to take the stream. It owns the connection from
	// the call on, also when it fails.
	Open(ctx context.Context, conn net.Conn, info media.StreamInfo) (Session, error)
}

// Fan offers each packet to a list of outputs.
type Fan []*Output

// Offer hands the packet to every output. It never blocks.
func (f Fan) Offer(p *media.Packet) {
	for _, o := range f {
		o.Offer(p)
	}
}

// Join tells every output that a join has just aired.
func (f Fan) Join() {
	for _, o := range f {
		o.Join()
	}
}
