package ingest

// flvHeader begins an FLV stream that may hold sound and picture.
var flvHeader = []byte{'F', 'L', 'V', 1, 5, 0, 0, 0, 9, 0, 0, 0, 0}

// tag is a message as FLV has it, at a time in milliseconds.
func tag(kind byte, time uint32, body []byte) []byte {
	n := len(body)
	b := make([]byte, 11, 11+n+4)
	b[0] = kind
	b[1], b[2], b[3] = byte(n>>16), byte(n>>8), byte(n)
	b[4], b[5], b[6], b[7] = byte(time>>16), byte(time>>8), byte(time), byte(time>>24)
	b = append(b, body...)
	n += 11
	return append(b, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
}

// role is what a message of media is to its stream.
type role int

const (
	plain  role = iota // media that something before it is needed for
	header             // what a decoder is set up by
	key                // a picture to begin with
)

// Codecs that have headers, and the kinds of packets, as FLV numbers them.
const (
	codecAVC     = 7
	codecAAC     = 10
	soundEx      = 9
	pictureEx    = 0x80
	packetHeader = 0
	frameKey     = 1
	frameCommand = 5
)

// roleOf tells what a message is, by its first bytes.
func roleOf(m message) role {
	b := m.body
	if len(b) < 2 {
		return plain
	}
	switch m.kind {
	case kindAudio:
		codec := b[0] >> 4
		if codec == codecAAC && b[1] == packetHeader || codec == soundEx && b[0]&0x0f == packetHeader {
			return header
		}
	case kindVideo:
		frame := b[0] >> 4 & 7
		switch {
		case frame == frameCommand:
		case b[0]&pictureEx != 0 && b[0]&0x0f == packetHeader, b[0]&pictureEx == 0 && b[0]&0x0f == codecAVC && b[1] == packetHeader:
			return header
		case frame == frameKey:
			return key
		}
	}
	return plain
}
