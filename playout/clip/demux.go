package clip

import (
	"errors"
	"time"

	"github.com/asticode/go-astiav"

	"airloom/playout/media"
)

// Bounds on what waits between demuxer and decoders where a file is badly
// interleaved: whichever is reached first.
const (
	maxQueued = 48 << 20 // bytes of all tracks
	maxLead   = 15       // seconds one track may be read ahead of the other
)

// errStarved says that the bounds are reached and the track has nothing yet.
var errStarved = errors.New("nothing for this track within reach")

// track is one stream of the file that is played.
type track struct {
	stream  *astiav.Stream
	index   int
	tb      media.Rational
	sound   bool
	queue   []*astiav.Packet
	keyed   bool           // a keyframe has come: a live source's
	heard   time.Time      // when the last packet came: a live source's
	lag     int64          // the least of when a packet came less its time, in microseconds: a live source's
	clocked bool           // its times are by its sender's reports
	each    int64          // how long a picture lasts, in microseconds
	mean    media.Rational // pictures a second, as found when it was opened; 0: unknown
	finest  media.Rational // by the shortest time from one to the next
	shift   int64          // microseconds that its clock is behind the other's: a live source's
	shown   int64          // pts of the last packet that came, rebased; noPTS: none: a live source's
	next    int64          // expected dts of the next packet, rebased; noPTS: none yet
}

// demux reads packets in the order of the file and sorts them by track.
type demux struct {
	src    *source
	tracks []*track // one or two
	queued int      // bytes
	pkt    *astiav.Packet
	end    error // io.EOF or what went wrong; nil while there may be more
	jumps  jumps
	starve bool  // the bounds were reached once
	reach  int64 // how far into the file packets went; 0: unknown
	pump   *pump // nil: the source is read as it is needed
	holes  int   // stretches of the file that gave no packet
}

func newDemux(src *source, tracks ...*track) *demux {
	d := &demux{src: src, pkt: newPacket(), jumps: jumpsOf(src)}
	for _, t := range tracks {
		if t != nil {
			d.tracks = append(d.tracks, t)
		}
	}
	return d
}

// newTrack is the track of a stream, with what may change there as it is read taken
// down; nil for none.
func newTrack(s *astiav.Stream) *track {
	if s == nil {
		return nil
	}
	t := &track{stream: s, index: s.Index(), tb: rational(s.TimeBase()), next: noPTS, shown: noPTS, lag: never, each: 40_000,
		mean: rational(s.AvgFrameRate()), finest: rational(s.RFrameRate()),
		sound: s.CodecParameters().MediaType() == astiav.MediaTypeAudio}
	if t.mean.Num > 0 && t.mean.Den > 0 {
		t.each = second * t.mean.Den / t.mean.Num
	}
	return t
}

func (t *track) is(s *astiav.Stream) bool { return t != nil && t.index == s.Index() }

// packet returns the next packet of a track and with it its ownership; the
// demuxer's end, or errStarved.
func (d *demux) packet(t *track) (*astiav.Packet, error) {
	for len(t.queue) == 0 {
		if d.pump != nil {
			d.take()
			if len(t.queue) > 0 {
				break
			}
			if d.end == nil {
				return nil, errStarved
			}
		}
		if d.end != nil {
			return nil, d.end
		}
		// Sound may be missing for a while; a picture is waited for as long as there is room.
		if d.queued > maxQueued || t.sound && d.lead(t) > maxLead {
			d.starve = true
			return nil, errStarved
		}
		if err := d.read(); err != nil {
			d.end = err
		}
	}
	p := t.queue[0]
	t.queue[0] = nil
	t.queue = t.queue[1:]
	d.queued -= p.Size()
	return p, nil
}

// peek is the time of the next packet of a track, which stays; noPTS: unknown.
func (d *demux) peek(t *track) (int64, error) {
	p, err := d.packet(t)
	if err != nil {
		return noPTS, err
	}
	t.queue = append([]*astiav.Packet{p}, t.queue...)
	d.queued += p.Size()
	if p.Pts() != noPTS {
		return p.Pts(), nil
	}
	return p.Dts(), nil
}

// only keeps the tracks that are decoded.
func (d *demux) only(tracks ...*track) {
	d.tracks = d.tracks[:0]
	for _, t := range tracks {
		if t != nil {
			d.tracks = append(d.tracks, t)
		}
	}
}

// lead is how many seconds of another track wait while this one has nothing.
func (d *demux) lead(t *track) int64 {
	for _, o := range d.tracks {
		if o == t || len(o.queue) < 2 {
			continue
		}
		first, last := packetTime(o.queue[0]), packetTime(o.queue[len(o.queue)-1])
		if first != noPTS && last != noPTS {
			return (last - first) * o.tb.Num / o.tb.Den
		}
	}
	return 0
}

func packetTime(p *astiav.Packet) int64 {
	if p.Dts() != noPTS {
		return p.Dts()
	}
	return p.Pts()
}

// read reads one packet into its track's queue, or drops it.
func (d *demux) read() error {
	err := d.src.watch.within(readWithin, func() error { return d.src.fc.ReadFrame(d.pkt) })
	if err != nil {
		if errors.Is(err, astiav.ErrEagain) {
			return nil
		}
		return err
	}
	defer d.pkt.Unref()
	d.measure(d.pkt)
	for _, t := range d.tracks {
		if t.index != d.pkt.StreamIndex() || d.pkt.Size() == 0 { // nothing in it would mean the end to a decoder
			continue
		}
		p := newPacket()
		p.MoveRef(d.pkt)
		d.jumps.mend(d.tracks, t, p)
		t.queue = append(t.queue, p)
		d.queued += p.Size()
		break // the packet is gone, and its index with it
	}
	return nil
}

// maxHole is how many bytes may lie between packets without being damage that
// the demuxer skipped.
const maxHole = 64 << 10

// measure looks for bytes that gave no packet.
func (d *demux) measure(p *astiav.Packet) {
	if p.Pos() < 0 {
		return
	}
	if d.reach > 0 && p.Pos() > d.reach+maxHole {
		d.holes++
	}
	d.reach = max(d.reach, p.Pos()+int64(p.Size()))
}

// forget drops what waits for a track.
func (d *demux) forget(t *track) {
	for _, p := range t.queue {
		d.queued -= p.Size()
		freePacket(p)
	}
	t.queue = t.queue[:0]
}

// clear drops what waits: after a seek.
func (d *demux) clear() {
	for _, t := range d.tracks {
		d.forget(t)
		t.next = noPTS
	}
	d.end, d.reach = nil, 0
	d.jumps.clear()
}

func (d *demux) close() {
	if d.pump != nil {
		d.pump.close(d.src)
	}
	d.clear()
	freePacket(d.pkt)
	d.pkt = nil
}
