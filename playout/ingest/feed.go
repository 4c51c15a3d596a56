package ingest

import (
	"io"
	"net"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// The bounds of what waits for a reader, in bytes and in time of the stream's. A
// reader that is further behind misses what waits, and goes on at the next keyframe.
const (
	maxWaits = 12 << 20
	maxLate  = 4000 // milliseconds
	overhead = 64   // what a message takes beside its bytes
	// strays is how far behind the latest a message may be, in milliseconds, and
	// leaps how far ahead: longer than that nobody is silent who is still there.
	strays = 2000
	leaps  = 6000
)

// after is by how much one time is after another, on a clock that goes round.
func after(a, b uint32) int32 { return int32(a - b) }

// joint is by how much the stream's time goes on where something of it is missing,
// in milliseconds, if it is not known how long a picture stands: the reader is to see
// no gap.
const joint = 40

// waiting is what is yet to be written, and its time.
type waiting struct {
	bytes []byte
	time  uint32
}

// feed is one reader's way to a producer. What is taken waits for a goroutine that
// writes it.
type feed struct {
	conn net.Conn
	gone func(*feed)
	wake chan struct{}

	mu      sync.Mutex
	waits   []waiting
	bytes   int
	begun   bool      // the stream's beginning has been written
	flows   bool      // from a keyframe on
	base    uint32    // what is taken off the sender's time
	latest  uint32    // the latest time written…
	picture uint32    // …and the latest picture's,
	every   uint32    // and how long that was after the one before
	session int64     // whose time that is
	heard   [2]bool   // what has come of sound and picture in it…
	had     [2]uint32 // …and the sender's time of the last of each
	ending  bool
	missed  int // how often a reader was too slow
}

// newFeed returns a feed and its reader's end.
func newFeed(gone func(*feed)) (*feed, *os.File, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, err
	}
	// The reader looks up from time to time, whether it is still wanted.
	_ = unix.SetsockoptTimeval(fds[1], unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Usec: 100_000})
	ours, theirs := os.NewFile(uintptr(fds[0]), "feed"), os.NewFile(uintptr(fds[1]), "feed")
	conn, err := net.FileConn(ours)
	_ = ours.Close()
	if err != nil {
		_ = theirs.Close()
		return nil, nil, err
	}
	f := &feed{conn: conn, gone: gone, wake: make(chan struct{}, 1)}
	f.put(flvHeader, 0)
	go f.write()
	go f.watch()
	return f, theirs, nil
}

// watch notices that the reader has gone.
func (f *feed) watch() {
	_, _ = io.Copy(io.Discard, f.conn)
	f.close()
}

func (f *feed) close() {
	f.mu.Lock()
	f.ending, f.waits, f.bytes = true, nil, 0
	f.mu.Unlock()
	_ = f.conn.Close()
	f.stir()
	f.gone(f)
}

// end has the reader come to the end once it has read what waits.
func (f *feed) end() {
	f.mu.Lock()
	f.ending = true
	f.mu.Unlock()
	f.stir()
}

func (f *feed) stir() {
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// write writes what waits, until the end.
func (f *feed) write() {
	for range f.wake {
		for {
			f.mu.Lock()
			waits, ending := f.waits, f.ending
			if len(waits) > 0 {
				b := waits[0].bytes
				f.mu.Unlock()
				if _, err := f.conn.Write(b); err != nil {
					return // watch finds out as well
				}
				f.mu.Lock()
				if len(f.waits) > 0 && &f.waits[0].bytes[0] == &b[0] { // else it has been dropped
					f.waits[0], f.waits = waiting{}, f.waits[1:]
					f.bytes -= len(b) + overhead
				}
				f.mu.Unlock()
				continue
			}
			f.mu.Unlock()
			if ending {
				_ = f.conn.(*net.UnixConn).CloseWrite() // watch closes it once the reader has gone
				return
			}
			break
		}
	}
}

func (f *feed) put(b []byte, time uint32) {
	f.waits = append(f.waits, waiting{b, time})
	f.bytes += len(b) + overhead
	f.stir()
}

// take hands a message on to the reader; starts says that it may be begun with.
func (f *feed) take(p *producer, m message, starts bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.ending {
		return
	}
	if f.session != p.sessions { // it has come back, with a clock of its own
		f.session, f.flows, f.heard = p.sessions, false, [2]bool{}
	}
	if f.jumps(m) {
		f.flows = false
	}
	if f.flows && len(f.waits) > 0 && (f.bytes > maxWaits || after(f.latest, f.waits[0].time) > maxLate) {
		f.skip()
	}
	switch {
	case f.flows:
	case !starts:
		return
	default:
		f.start(p, m)
	}
	t := m.time - f.base
	if f.astray(t) || f.latest < strays && after(t, 0) < 0 { // before the keyframe it began with
		return
	}
	if after(t, f.latest) > 0 {
		f.latest = t
	}
	if d := after(t, f.picture); m.kind == kindVideo && d > 0 {
		f.picture, f.every = t, uint32(d)
	}
	f.put(tag(m.kind, t, m.body), t)
}

// astray reports that a time is too far from what has been written.
func (f *feed) astray(t uint32) bool {
	return after(f.latest, t) > strays || after(t, f.latest) > leaps
}

// jumps reports that the sender's clock has been set anew, or that a time is wild: it
// is astray, and what came of the same kind before was elsewhere. Then the stream goes
// on as after a lost connection. What is always far from the other kind is left out.
func (f *feed) jumps(m message) bool {
	i := m.kind - kindAudio
	d, known := after(m.time, f.had[i]), f.heard[i]
	f.had[i], f.heard[i] = m.time, true
	return known && (d > leaps || d < -strays) && f.astray(m.time-f.base)
}

// start begins at a message, or goes on there, with all that a decoder needs before it.
func (f *feed) start(p *producer, m message) {
	at, sound := uint32(0), p.leading(m)
	if f.begun {
		at, sound = f.joins(), nil
	} else if len(sound) > 0 {
		f.base = sound[0].time
		at = m.time - f.base
	}
	f.base, f.begun, f.flows = m.time-at, true, true
	first := at
	if len(sound) > 0 {
		first = 0
	}
	for _, h := range []struct {
		kind byte
		body []byte
	}{{kindData0, p.meta}, {kindVideo, p.picture}, {kindAudio, p.sound}} {
		if h.body != nil {
			f.put(tag(h.kind, first, h.body), first)
		}
	}
	for _, s := range sound {
		f.put(tag(s.kind, s.time-f.base, s.body), s.time-f.base)
	}
	f.latest = at
}

// lead is how many messages of sound go before the first picture: one holds the
// picture's beginning, and a decoder of sound needs those before it.
const lead = 3

// leading is the sound just before a picture.
func (p *producer) leading(m message) (sound []message) {
	for _, s := range p.before {
		if d := int32(m.time - s.time); s.body != nil && m.kind == kindVideo && d >= 0 && d < 250 {
			sound = append(sound, s)
		}
	}
	return sound
}

// joins is the time at which a stream goes on that is missing something: after all
// that has been written, and in step with the pictures before, so that it stays as
// near to the house's ticks as it was.
func (f *feed) joins() uint32 {
	every := f.every
	if every < 5 || every > 200 {
		every = joint
	}
	at := f.picture + every
	for after(f.latest, at) >= 0 {
		at += every
	}
	return at
}

// skip drops what waits: the reader goes on at the next keyframe. What is being
// written stays whole, and so does the stream's beginning.
func (f *feed) skip() {
	f.missed++
	f.flows = false
	if len(f.waits) > 1 {
		f.latest = f.waits[0].time
		if after(f.picture, f.latest) > 0 {
			f.picture = f.latest
		}
		clear(f.waits[1:])
		f.waits = f.waits[:1]
		f.bytes = len(f.waits[0].bytes) + overhead
	}
}
