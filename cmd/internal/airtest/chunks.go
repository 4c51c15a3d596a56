package airtest

import (
	"encoding/binary"
	"time"
)

// chunkReader reads the publisher's side of an RTMP connection as it passes.
type chunkReader struct {
	emit    func(Message)
	data    func(body []byte)
	buf     []byte
	skipped int // of the handshake
	chunk   int // size of the publisher's chunks
	streams map[int]*chunkStream
}

type chunkStream struct {
	stamp, delta uint32
	extended     bool
	length, kind int
	body         []byte
}

const handshake = 1 + 1536 + 1536

func (c *chunkReader) feed(now time.Time, b []byte) {
	if c.skipped < handshake {
		n := min(len(b), handshake-c.skipped)
		c.skipped += n
		b = b[n:]
	}
	if c.streams == nil {
		c.streams, c.chunk = map[int]*chunkStream{}, 128
	}
	c.buf = append(c.buf, b...)
	for {
		n := c.next(now)
		if n == 0 {
			return
		}
		c.buf = append(c.buf[:0], c.buf[n:]...)
	}
}

// next reads one chunk and returns its length; 0 if it is not all there yet.
func (c *chunkReader) next(now time.Time) int {
	if len(c.buf) < 3 {
		return 0
	}
	format, id, at := int(c.buf[0]>>6), int(c.buf[0]&63), 1
	switch id { // two are escapes to longer ids
	case 0:
		id, at = int(c.buf[1])+64, 2
	case 1:
		id, at = int(c.buf[1])+int(c.buf[2])*256+64, 3
	}
	size := []int{11, 7, 3, 0}[format]
	if len(c.buf) < at+size {
		return 0
	}
	s := c.streams[id]
	if s == nil {
		s = &chunkStream{}
	}
	head := c.buf[at : at+size]
	next := *s
	var field uint32
	if format < 3 {
		field = uint32(head[0])<<16 | uint32(head[1])<<8 | uint32(head[2])
		next.extended = field == 0xffffff
	}
	if format < 2 {
		next.length, next.kind = int(head[3])<<16|int(head[4])<<8|int(head[5]), int(head[6])
	}
	at += size
	if next.extended {
		if len(c.buf) < at+4 {
			return 0
		}
		field = binary.BigEndian.Uint32(c.buf[at:])
		at += 4
	}
	first := len(s.body) == 0
	payload := min(c.chunk, next.length-len(s.body))
	if len(c.buf) < at+payload || payload < 0 {
		return 0
	}
	switch {
	case first && format == 0:
		next.stamp, next.delta = field, field
	case first && format < 3:
		next.stamp, next.delta = next.stamp+field, field
	case first:
		next.stamp += next.delta
	}
	next.body = append(next.body, c.buf[at:at+payload]...)
	if len(next.body) == next.length {
		c.message(now, next)
		next.body = nil
	}
	c.streams[id] = &next
	return at + payload
}

func (c *chunkReader) message(now time.Time, s chunkStream) {
	switch b := s.body; {
	case s.kind == 1 && len(b) >= 4:
		c.chunk = int(binary.BigEndian.Uint32(b))
	case s.kind == 18 || s.kind == 15:
		c.data(b)
	case (s.kind == 8 || s.kind == 9) && len(b) >= 2:
		c.emit(Message{At: now, Stamp: time.Duration(s.stamp) * time.Millisecond, Video: s.kind == 9,
			Header: b[1] != 1, Key: s.kind == 9 && b[0]>>4 == 1})
	}
}
