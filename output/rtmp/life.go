package rtmp

import (
	"time"

	"golang.org/x/sys/unix"
)

const (
	pingEvery  = 2 * time.Second
	lookEvery  = 250 * time.Millisecond
	stallAfter = 7 * time.Second
	// How much a server that acknowledges may leave unacknowledged before its
	// kernel's word for it counts no more.
	unconfirmed = 3 * ackWindow
)

// evidence is what is known of the server's life.
//
// That a write succeeds, or that TCP acknowledges it, proves nothing: the
// server's kernel takes data for a frozen program too, for half a minute at
// 180 kbit/s. Two things only the program itself can bring about: a message
// from it, and room in its receive buffer. What TCP has acknowledged plus the
// window it offers is the right edge of what the server will take; the kernel
// moves it on only as the program reads. A slow server moves it slowly.
type evidence struct {
	heard     time.Time // the last message from the server
	moved     time.Time // when the edge last moved
	edge      uint64
	acked     uint64 // bytes TCP has acknowledged
	confirmed uint64 // of these, when the server itself last spoke
	acks      int64  // acknowledgements by the server itself
}

// look adds what is seen now.
func (e evidence) look(now, heard time.Time, acks int64, acked, window uint64) evidence {
	if heard.After(e.heard) {
		e.heard, e.confirmed = heard, acked
	}
	e.acks, e.acked = acks, acked
	// A server that has acknowledged is held to it: where there is a proxy
	// between, the edge is only the proxy's.
	believed := e.acks < 2 || e.acked < e.confirmed+unconfirmed
	if edge := acked + window; edge > e.edge {
		e.edge = edge
		if believed {
			e.moved = now
		}
	}
	return e
}

// alive is when the server last showed that it reads.
func (e evidence) alive() time.Time {
	if e.moved.After(e.heard) {
		return e.moved
	}
	return e.heard
}

// tcpState returns how many bytes the peer has acknowledged and how many more
// it is ready for.
func tcpState(fd uintptr) (acked, window uint64, err error) {
	i, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
	if err != nil {
		return 0, 0, err
	}
	return i.Bytes_acked, uint64(i.Snd_wnd), nil
}
