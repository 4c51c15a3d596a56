package encoder

import (
	"bytes"

	"airloom/playout/media"
)

// The types of NAL units that matter here.
const (
	nalIDR = 5
	nalSEI = 6
	nalSPS = 7
	nalPPS = 8
)

// packet keeps a packet and the list of its few units in one allocation.
type packet struct {
	media.Packet
	data  []byte
	units [8][]byte
}

// newPacket copies the data out of libav's memory.
func newPacket(data []byte) *packet {
	p := &packet{data: bytes.Clone(data)}
	p.Units = p.units[:0]
	return p
}

var startCode = []byte{0, 0, 1}

// split appends the NAL units of an Annex B stream to units, without start
// codes. They share data's memory. A unit never ends in a zero byte, so zeros
// before a start code belong to that.
func split(data []byte, units [][]byte) [][]byte {
	i := bytes.Index(data, startCode)
	for i >= 0 {
		data = data[i+len(startCode):]
		i = bytes.Index(data, startCode)
		u := data
		if i >= 0 {
			u = data[:i]
		}
		u = bytes.TrimRight(u, "\x00")
		if len(u) > 0 {
			units = append(units, u[:len(u):len(u)])
		}
	}
	return units
}
