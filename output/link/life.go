package link

import (
	"time"

	"golang.org/x/sys/unix"
)

const (
	lookEvery = 250 * time.Millisecond

	stretch = 16 << 10      // bytes after which the window is judged
	rise    = 1 << 10       // of the window, more than rounding
	unheard = 3 * AckWindow // what a server that acknowledges as asked may leave open
)

// socket is what the kernel knows of the way to the server.
type socket struct {
	acked   uint64 // bytes the server's kernel has acknowledged
	window  uint64 // how many more it is ready for
	pending bool   // something is unsent or unacknowledged
}

// edge is the last byte that the server's kernel is ready for.
func (s socket) edge() uint64 { return s.acked + s.window }

// Spoken is what the server itself has said.
type Spoken struct {
	Heard time.Time // the last message
	Acks  int64     // acknowledgements of what it has read, so far
	Pongs int64     // answers to what asks for nothing but an answer, so far
}

// evidence is what is known of the server's life.
//
// That a write succeeds, or that TCP acknowledges it, proves nothing: the
// server's kernel takes data for a frozen program too, for half a minute at
// 180 kbit/s. A message from the server is proof. Servers that send none, such
// as Ant Media Server, are judged by the window their kernel offers: it falls
// steadily while the program does not read, and stands or rises while it does,
// however slowly. Not to know is no alarm.
type evidence struct {
	start   socket // where the present stretch began
	startAt time.Time
	last    socket
	lastAt  time.Time // when TCP last acknowledged something, or had nothing to
	falling time.Time // when the window began to fall, zero while it does not
	peak    uint64    // what it fell from
	floor   uint64    // the edge when little of that was left, zero before
	spoken  Spoken
	unheard uint64 // bytes TCP has acknowledged since the server last spoke
	// The server's own measure, where it does not go by ours: Ant Media Server
	// acknowledges each MiB, which at 200 kbit/s is 40 s of silence.
	ackAt uint64 // what TCP had acknowledged when the server last acknowledged
	each  uint64 // the fewest bytes from one acknowledgement of its to the next, 0: unknown
}

func newEvidence(now time.Time) evidence {
	return evidence{startAt: now, lastAt: now, spoken: Spoken{Heard: now}}
}

// look adds what is seen now.
func (e evidence) look(now time.Time, s socket, said Spoken) evidence {
	e.unheard += s.acked - e.last.acked
	if s.acked != e.last.acked || !s.pending {
		e.lastAt = now
	}
	if n := said.Acks - e.spoken.Acks; n > 0 {
		if each := (s.acked - e.ackAt) / uint64(n); e.each == 0 || each < e.each {
			e.each = each
		}
		e.ackAt = s.acked
	}
	taken := s.acked - e.start.acked
	switch {
	case said.Heard.After(e.spoken.Heard):
		e.unheard, e.falling = 0, time.Time{}
		e.start, e.startAt = s, now
	case s.window > e.last.window+rise, taken >= stretch && s.window+taken/16 >= e.start.window:
		if e.reading(s) {
			e.falling = time.Time{}
		}
		e.start, e.startAt = s, now
	case taken >= stretch:
		if e.falling.IsZero() {
			e.falling, e.peak, e.floor = e.startAt, e.start.window, 0
		}
		e.start, e.startAt = s, now
	}
	if e.floor == 0 && s.window <= e.peak/4 {
		e.floor = s.edge()
	}
	e.last, e.spoken = s, said
	return e
}

// reading tells whether a window that stands or rises shows that the program
// reads. Close to the end of its buffer a kernel makes a little room by packing
// what is in it, so there only more room than that counts.
func (e evidence) reading(s socket) bool {
	return e.falling.IsZero() || e.last.window > e.peak/4 || s.window > e.peak/2 ||
		s.edge() > e.floor+max(stretch, e.peak/10)
}

// alive is when the server last showed life, or now if nothing speaks against it.
func (e evidence) alive(now time.Time) time.Time {
	since := now
	if !e.falling.IsZero() {
		since = e.falling
	}
	if e.lastAt.Before(since) {
		since = e.lastAt
	}
	// A server that has answered is held to it: where there is a proxy between,
	// window and acknowledgements of TCP are only the proxy's. What is little
	// is answered by a pong, what is much by an acknowledgement.
	answers := e.spoken.Pongs >= 2
	if e.unheard >= max(unheard, 3*e.each) {
		answers = e.spoken.Acks >= 2
	}
	if answers && e.spoken.Heard.Before(since) {
		since = e.spoken.Heard
	}
	if e.spoken.Heard.After(since) {
		since = e.spoken.Heard
	}
	return since
}

// readSocket asks the kernel.
func readSocket(fd uintptr) (socket, error) {
	i, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
	if err != nil {
		return socket{}, err
	}
	return socket{acked: i.Bytes_acked, window: uint64(i.Snd_wnd), pending: i.Unacked > 0 || i.Notsent_bytes > 0}, nil
}
