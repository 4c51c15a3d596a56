package clip

import (
	"slices"
	"time"

	"github.com/asticode/go-astiav"
)

// What a pump brings, sorted by track, and what is known of when it came.

// main is the track that leads: the picture's.
func (d *demux) main() *track {
	for _, t := range d.tracks {
		if !t.sound {
			return t
		}
	}
	return d.tracks[0]
}

func (t *track) began() bool { return len(t.queue) > 0 }

// first is the time of the leading track's first packet.
func (d *demux) first() int64 {
	if q := d.main().queue; len(q) > 0 {
		return micros(d.main(), max(packetTime(q[0]), q[0].Pts()))
	}
	return 0
}

// grid is the time of one of the pictures, for ticks that last so long: what
// waits is asked, for a single one may be out of step.
func (d *demux) grid(tick int64) (at int64, ok bool) {
	t := d.main()
	if t.sound || t.shown == noPTS {
		return 0, false
	}
	at = micros(t, t.shown)
	sum, n := int64(0), int64(0)
	for _, p := range t.queue {
		if p.Pts() == noPTS {
			continue
		}
		by := ((micros(t, p.Pts())-at)%tick + tick) % tick
		if by > tick/2 {
			by -= tick
		}
		sum, n = sum+by, n+1
	}
	return at + sum/max(n, 1), true
}

// newest is up to when the source has come, on all of its tracks that are alive.
func (d *demux) newest(now time.Time) int64 {
	least, most := int64(1<<62), int64(-1<<62)
	for _, t := range d.tracks {
		if t.next == noPTS {
			continue
		}
		at := micros(t, t.next)
		if most = max(most, at); now.Sub(t.heard) < time.Second {
			least = min(least, at)
		}
	}
	if least == 1<<62 {
		return most
	}
	return least
}

// heard is when something came last.
func (d *demux) heard() (at time.Time) {
	for _, t := range d.tracks {
		if t.heard.After(at) {
			at = t.heard
		}
	}
	return at
}

// take sorts what has come by track.
func (d *demux) take() {
	got, lost, end := d.pump.take()
	if lost {
		for _, t := range d.tracks {
			t.keyed = false
		}
	}
	for _, a := range got {
		d.sort(a)
	}
	if end != nil && d.end == nil {
		d.end = end
	}
}

// sort puts a packet into its track's queue, or drops it: a picture's before the
// first keyframe.
func (d *demux) sort(a arrival) {
	i := slices.IndexFunc(d.tracks, func(t *track) bool { return t.index == a.pkt.StreamIndex() })
	if i < 0 || a.pkt.Size() == 0 {
		freePacket(a.pkt)
		return
	}
	t := d.tracks[i]
	if !t.sound && !t.keyed {
		if t.keyed = isKey(a.pkt); !t.keyed {
			freePacket(a.pkt)
			return
		}
	}
	d.stamp(t, a)
	if !t.clocked && clocked(a.pkt) {
		d.report(t, a.pkt)
	}
	d.lags(t, a)
	if t.shift != 0 {
		move(a.pkt, t.shift*t.tb.Den/(second*t.tb.Num))
	}
	d.jumps.gap = a.at.Sub(t.heard).Microseconds()
	d.jumps.mend(d.tracks, t, a.pkt)
	t.heard = a.at
	t.shown = a.pkt.Pts()
	t.queue = append(t.queue, a.pkt)
	d.queued += a.pkt.Size()
}

// clocked says that the tracks go together by their sender's reports.
func (d *demux) clocked() bool {
	return !slices.ContainsFunc(d.tracks, func(t *track) bool { return !t.clocked })
}

// report has the times of a track be by its sender's reports from now on: what they
// were so far says nothing of that. Pictures go on where they were, so that nothing
// jumps but sound, to where it belongs.
func (d *demux) report(t *track, p *astiav.Packet) {
	t.clocked, t.lag = true, never
	m := d.main()
	if t == m && t.next != noPTS && packetTime(p) != noPTS {
		t.shift = micros(t, t.next-packetTime(p)) - d.jumps.shifts[0]
	}
	if d.clocked() {
		for _, t := range d.tracks {
			t.shift = m.shift
		}
	}
}

// lags notes how soon a packet came for its time. A picture is known to be whole,
// and handed over, only when the next one begins.
func (d *demux) lags(t *track, a arrival) {
	if raw := packetTime(a.pkt); raw != noPTS {
		t.lag = min(t.lag, a.at.UnixMicro()-micros(t, raw)-t.usual())
	}
}

// usual is how long one picture lasts, in microseconds; 0 for sound.
func (t *track) usual() int64 {
	if t.sound {
		return 0
	}
	return t.each
}

// stamp gives a packet that has no time the one at which it came, by the clock of
// those that have one.
func (d *demux) stamp(t *track, a arrival) {
	if packetTime(a.pkt) != noPTS {
		return
	}
	units := func(us int64) int64 { return us * t.tb.Den / (second * t.tb.Num) }
	shifts := units(t.shift) + units(d.jumps.shifts[0]) // are still to come on it
	switch {
	case t.next != noPTS && a.pkt.Duration() > 0:
		a.pkt.SetDts(t.next - shifts)
	case t.next != noPTS:
		last := t.next - 1
		if t.shown != noPTS {
			last = min(last, t.shown)
		}
		a.pkt.SetDts(max(t.next, last+units(a.at.Sub(t.heard).Microseconds())) - shifts)
	default:
		a.pkt.SetDts(units(a.at.Sub(d.pump.began).Microseconds()))
	}
	a.pkt.SetPts(a.pkt.Dts())
}

// align has tracks whose clocks have nothing to do with each other go together as
// they came: by the packet of each that came the soonest.
func (d *demux) align() {
	if len(d.tracks) != 2 {
		return
	}
	m := d.main()
	for _, t := range d.tracks {
		by := t.lag - t.shift - (m.lag - m.shift)
		if t == m || t.lag == never || m.lag == never || abs(by) < 4000 {
			continue
		}
		t.shift += by
		u := by * t.tb.Den / (second * t.tb.Num)
		for _, p := range t.queue {
			move(p, u)
		}
		if t.next != noPTS {
			t.next += u
		}
	}
}

// never is the lag of a track of which nothing has come.
const never = int64(1) << 62
