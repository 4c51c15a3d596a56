package clip

import (
	"slices"
	"strings"

	"github.com/asticode/go-astiav"
)

// jumps mends clocks that jump: transport streams that were cut, joined or
// wrapped. All tracks share the mending, so that sound stays with its picture.
// What lies within the limit is the source's own business: a held picture, a gap.
type jumps struct {
	forward int64    // seconds; a longer step forward is a jump
	back    int64    // seconds; a longer step backward is a jump
	shifts  [2]int64 // microseconds added to the source's clock: now, and before the last jump
	count   int
	gap     int64 // microseconds between this packet of the track and the one before, where they are read as they come
}

// discontinuous names the formats whose clocks may start anew inside a file.
var discontinuous = []string{"mpegts", "mpeg", "flv", "ogg", "rtsp", "hls", "rtp", "sdp", "mpegtsraw", "nsv", "live_flv"}

func jumpsOf(s *source) jumps {
	for _, n := range strings.Split(s.fc.InputFormat().Name(), ",") {
		if s.live {
			return jumps{forward: 1, back: 1}
		}
		if slices.Contains(discontinuous, n) {
			return jumps{forward: 10, back: 1}
		}
	}
	return jumps{forward: 3600, back: 3600}
}

func (j *jumps) clear() { j.shifts = [2]int64{} }

// mend moves a packet of one of the tracks to the mended clock.
func (j *jumps) mend(tracks []*track, t *track, p *astiav.Packet) {
	raw := packetTime(p)
	if raw == noPTS {
		return
	}
	if shift := j.choose(tracks, t, raw); shift != 0 {
		move(p, shift*t.tb.Den/(1e6*t.tb.Num))
	}
	t.next = packetTime(p) + max(p.Duration(), 1)
}

// move adds to a packet's times, in units of its track.
func move(p *astiav.Packet, u int64) {
	if p.Pts() != noPTS {
		p.SetPts(p.Pts() + u)
	}
	if p.Dts() != noPTS {
		p.SetDts(p.Dts() + u)
	}
}

// choose picks the shift under which the packet goes on where its track was:
// the present one, the one before (the tracks do not jump at the same packet),
// or a new one. A packet that fits another track is no jump either: a picture
// may stand for a minute while the sound goes on.
func (j *jumps) choose(tracks []*track, t *track, raw int64) int64 {
	if t.next == noPTS {
		return j.shifts[0]
	}
	at := micros(t, raw)
	for _, o := range append([]*track{t}, tracks...) {
		for _, s := range j.shifts {
			if o.next == noPTS {
				continue
			}
			if d := at + s - micros(o, o.next); d < j.forward*1e6+j.gap && d > -j.back*1e6 {
				return s
			}
		}
	}
	j.shifts = [2]int64{micros(t, t.next) - at, j.shifts[0]}
	j.count++
	return j.shifts[0]
}

func micros(t *track, u int64) int64 { return u * 1e6 / t.tb.Den * t.tb.Num }
