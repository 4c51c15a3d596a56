package ingest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// The kinds of RTMP messages that mean something here.
const (
	kindChunkSize = 1
	kindAbort     = 2
	kindWindow    = 5
	kindAudio     = 8
	kindVideo     = 9
	kindData3     = 15
	kindCommand3  = 17
	kindData0     = 18
	kindCommand0  = 20
)

// message is one RTMP message.
type message struct {
	kind byte
	time uint32 // milliseconds, by the sender's clock
	body []byte
}

// The bounds of what a sender may have us hold: until it has shown a key, and after.
const (
	heldBefore = 64 << 10
	heldAfter  = 8 << 20
	maxStreams = 32
	firstSize  = 128 // of a chunk, until the sender says otherwise
	piece      = 64 << 10
)

// chunks puts a sender's messages together from their chunks. What it holds of
// messages that are not complete is bounded by most, in all of the sender's chunk
// streams together; memory is taken as bytes arrive, never because they are promised.
type chunks struct {
	in      *bufio.Reader
	size    int
	most    int
	held    int
	read    uint64 // bytes of chunks, for acknowledgements
	streams map[uint32]*chunkStream
}

// chunkStream is what a chunk may leave out, for it is as in the one before.
type chunkStream struct {
	kind   byte
	length int
	time   uint32
	delta  uint32
	long   bool // its time did not fit in three bytes
	begun  bool // a message is under way
	body   []byte
}

func newChunks(r io.Reader) *chunks {
	return &chunks{in: bufio.NewReaderSize(r, 16<<10), size: firstSize, most: heldBefore, streams: map[uint32]*chunkStream{}}
}

var errNoStart = errors.New("a chunk stream begins in the middle")

// next is the next message that is complete. It has taken chunk sizes and abortions
// into account itself.
func (c *chunks) next() (message, error) {
	for {
		m, whole, err := c.chunk()
		switch {
		case err != nil:
			return message{}, err
		case !whole:
		case m.kind == kindChunkSize:
			n, ok := number(m.body)
			if !ok || n == 0 || n>>31 != 0 {
				return message{}, fmt.Errorf("a chunk size of %d bytes", n)
			}
			c.size = int(min(n, 1<<24))
		case m.kind == kindAbort:
			if n, ok := number(m.body); ok {
				c.abort(n)
			}
		default:
			return m, nil
		}
	}
}

// number is the number that a message of the protocol itself consists of.
func number(b []byte) (uint32, bool) {
	if len(b) < 4 {
		return 0, false
	}
	return uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3]), true
}

func (c *chunks) abort(id uint32) {
	if s := c.streams[id]; s != nil {
		c.held -= len(s.body)
		s.begun, s.body = false, nil
	}
}

// chunk reads one chunk. It reports whether that completes a message.
func (c *chunks) chunk() (m message, whole bool, err error) {
	form, id, err := c.basic()
	if err != nil {
		return m, false, err
	}
	s := c.streams[id]
	if s == nil {
		switch {
		case form != 0:
			return m, false, errNoStart
		case len(c.streams) == maxStreams:
			return m, false, fmt.Errorf("more than %d chunk streams", maxStreams)
		}
		s = &chunkStream{}
		c.streams[id] = s
	}
	if err := c.header(s, form); err != nil {
		return m, false, err
	}
	if err := c.fill(s); err != nil {
		return m, false, err
	}
	if len(s.body) < s.length {
		return m, false, nil
	}
	m = message{s.kind, s.time, s.body}
	c.held -= len(s.body)
	s.begun, s.body = false, nil
	return m, true, nil
}

// basic reads a chunk's form and the number of its stream.
func (c *chunks) basic() (form byte, id uint32, err error) {
	b, err := c.bytes(1)
	if err != nil {
		return 0, 0, err
	}
	form, id = b[0]>>6, uint32(b[0]&0x3f)
	switch id {
	case 0:
		if b, err = c.bytes(1); err == nil {
			id = 64 + uint32(b[0])
		}
	case 1:
		if b, err = c.bytes(2); err == nil {
			id = 64 + uint32(b[0]) + uint32(b[1])<<8
		}
	}
	return form, id, err
}

// header reads what the chunk says of its message, by its form: everything, all but
// its stream, only the time, or nothing.
func (c *chunks) header(s *chunkStream, form byte) error {
	if s.begun && form != 3 {
		return errors.New("a message begins before the last one is complete")
	}
	b, err := c.bytes([4]int{11, 7, 3, 0}[form])
	if err != nil {
		return err
	}
	t := s.delta
	if form < 3 {
		t = uint32(b[0])<<16 | uint32(b[1])<<8 | uint32(b[2])
		s.long = t == 0xffffff
	}
	if form < 2 {
		s.length, s.kind = int(b[3])<<16|int(b[4])<<8|int(b[5]), b[6]
	}
	if s.long {
		if b, err = c.bytes(4); err != nil {
			return err
		}
		long, _ := number(b)
		if form < 3 {
			t = long
		}
	}
	if s.begun { // it goes on
		return nil
	}
	switch form {
	case 0:
		s.time, s.delta = t, 0
	default:
		s.time, s.delta = s.time+t, t
	}
	s.begun = true
	if s.length > c.most {
		return fmt.Errorf("a message of %d bytes, where %d are allowed", s.length, c.most)
	}
	return nil
}

// fill reads what the chunk holds of its message.
func (c *chunks) fill(s *chunkStream) error {
	rest := min(c.size, s.length-len(s.body))
	if c.held+rest > c.most {
		return fmt.Errorf("more than %d bytes of messages that are not complete", c.most)
	}
	for rest > 0 {
		n := min(rest, piece)
		if s.body == nil {
			s.body = make([]byte, 0, min(s.length, piece))
		}
		at := len(s.body)
		s.body = append(s.body, make([]byte, n)...)
		if _, err := io.ReadFull(c.in, s.body[at:]); err != nil {
			return err
		}
		c.held += n
		c.read += uint64(n)
		rest -= n
	}
	return nil
}

// bytes reads the next few bytes. They are valid until the next call.
func (c *chunks) bytes(n int) ([]byte, error) {
	b, err := c.in.Peek(n)
	if err != nil {
		if errors.Is(err, io.EOF) && len(b) > 0 {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	_, _ = c.in.Discard(n)
	c.read += uint64(n)
	return b, nil
}
