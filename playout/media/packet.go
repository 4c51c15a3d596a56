package media

// Kind tells picture from sound.
type Kind uint8

// The two kinds of packets.
const (
	Video Kind = iota
	Audio
)

func (k Kind) String() string {
	if k == Video {
		return "video"
	}
	return "audio"
}

// Packet is one coded picture or one AAC frame. It is immutable and lives in Go
// memory: at a channel's rates the one copy out of libav costs nothing that can
// be measured, and no sink can leak or free it too early.
type Packet struct {
	Kind Kind
	// DTS and PTS count ticks for video (time base 1/fps) and samples for
	// audio (time base 1/rate), from the channel's first tick. The first AAC
	// packet is the encoder's priming and stands at −1024.
	DTS, PTS int64
	// Key marks an IDR picture; every AAC frame is one.
	Key bool
	// Units is the access unit: for video its NAL units without start codes or
	// lengths (parameter sets included at every IDR), for audio one raw AAC frame.
	Units [][]byte
}

// Size is the number of payload bytes.
func (p *Packet) Size() int {
	n := 0
	for _, u := range p.Units {
		n += len(u)
	}
	return n
}
