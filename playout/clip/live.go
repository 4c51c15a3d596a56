package clip

import (
	"errors"
	"slices"
	"strings"
	"time"

	"airloom/playout/media"
)

// live is what a Reader needs where only the sender sets the pace: it gives a tick
// at each tick's time and no sooner, whether what belongs to it has come or not.
// So delay neither grows nor shrinks: what comes late is left out, and what comes
// unevenly or by another clock is met by a cushion that is kept as it was.
type live struct {
	tempo tempo
	steer *steer
	zero  time.Time // when the round's tick 0 is due
	away  bool      // nothing has come for so long that no ticks are given
	mark  time.Time // when the last of it had come
	back  time.Time // when something came again
}

// Bounds in time.
const (
	// burst is how many ticks are given ahead of their time, at the start and after
	// silence: for the two processes' own unevenness.
	burst = 3
	// silence is for how long nothing may come before no more ticks are given: what
	// stands in then is the channel's business.
	silence = 750 * time.Millisecond
	// behind is how late a tick may be asked for before what has passed is left out.
	behind = time.Second
	// gather is how long to look at what comes, before the first tick.
	gather = 400 * time.Millisecond
	// slowest is how long to wait for the second of two tracks.
	slowest = 1500 * time.Millisecond
	// settle is how long a source that is back is let pour out what it has kept.
	settle = 120 * time.Millisecond
)

var micro = media.Rational{Num: 1, Den: second}

// startLive waits for a keyframe and for a cushion, and begins there.
func (r *Reader) startLive() error {
	r.base = r.tick
	l := &live{steer: newSteer(r.src.segmented())}
	r.live = l
	if r.dm.pump == nil {
		r.dm.pump = startPump(r.src)
	}
	if err := r.gather(); err != nil {
		return err
	}
	first := r.dm.first()
	pos := max(first, r.dm.newest(time.Now())-cushion-burst*r.tickMicros(1))
	if l.steer.segmented {
		pos = first
	}
	l.anchor(r, pos, time.Now())
	if r.sound != nil {
		r.sound.warp = &l.tempo
		r.sound.begin(instant{0, micro}, 0)
	}
	if !r.moves() {
		return nil
	}
	r.video.warp = &l.tempo
	return r.untilThere(func() error { return r.video.begin(instant{}, false) })
}

// gather waits until what is needed for the first tick has come.
func (r *Reader) gather() error {
	began := time.Now()
	var some time.Time // when the first of it came
	need := cushion + burst*r.tickMicros(1)
	return r.untilThere(func() error {
		now := time.Now()
		r.dm.take()
		if r.dm.end != nil {
			return r.dm.end
		}
		missing := slices.ContainsFunc(r.dm.tracks, func(t *track) bool { return len(t.queue) == 0 })
		if some.IsZero() && (!missing || len(r.dm.tracks) > 1 && r.dm.main().began()) {
			some = now
		}
		switch {
		case some.IsZero(), now.Sub(began) < gather, missing && now.Sub(some) < slowest:
			return errStarved
		case r.dm.newest(now)-r.dm.first() < need && now.Sub(some) < 2*slowest:
			return errStarved
		}
		if r.src.unclocked() && !r.dm.clocked() {
			r.dm.align()
		}
		return nil
	})
}

// untilThere tries again with each packet that comes.
func (r *Reader) untilThere(try func() error) error {
	limit := time.Now().Add(openWithin)
	for {
		err := try()
		if !errors.Is(err, errStarved) {
			return err
		}
		if time.Now().After(limit) {
			return fault(media.FaultAway, "%s sends no keyframe: none came in %v", r.src.name, openWithin)
		}
		if err := r.await(20 * time.Millisecond); err != nil {
			return err
		}
	}
}

// await lets a while pass.
func (r *Reader) await(d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-r.ctx.Done():
		return r.ctx.Err()
	case <-t.C:
		return nil
	}
}

// readLive renders the next tick when it is due.
func (r *Reader) readLive(slot []byte) (int, error) {
	if err := r.untilDue(); err != nil {
		return 0, err
	}
	l, k := r.live, r.tick-r.base
	if k%25 == 24 && k < 500 && r.src.unclocked() && !r.dm.clocked() {
		r.dm.align() // by then more is known
	}
	if len(r.dm.tracks) > 0 && r.dm.end == nil {
		h := r.tickMicros(k)
		fill := r.dm.newest(time.Now()) - l.tempo.source(r.tickMicros(k+1))
		if ppm, step, bend := l.steer.observe(h, fill); bend {
			l.tempo.bend(h, ppm, step)
			if step != 0 {
				r.retime(k)
			}
		}
	}
	there, err := r.reachesLive(k)
	if err != nil {
		return 0, err
	}
	if !there {
		return 0, r.ending()
	}
	if err := r.showPicture(slot); err != nil {
		return 0, err
	}
	n := r.soundTick(slot)
	r.tick++
	return n, nil
}

// untilDue waits for the next tick's time and, where nothing comes any more, for
// something to come.
func (r *Reader) untilDue() error {
	l := r.live
	for {
		r.dm.take()
		now, k := time.Now(), r.tick-r.base
		due := l.zero.Add(time.Duration(r.tickMicros(k)) * time.Microsecond)
		heard := r.dm.heard()
		wait := due.Sub(now)
		switch {
		case wait > 0 && !l.away:
		case r.dm.end != nil: // what is left of it airs
			return nil
		case l.away && !heard.After(l.mark):
			wait = settle / 12
		case l.away && l.back.IsZero():
			l.back, wait = now, settle // it may pour out what it has kept
		case l.away:
			l.away = false
			l.anchor(r, r.newestFrom(now), now)
			return nil
		case now.Sub(due) > behind: // nobody has asked for long
			l.anchor(r, r.newestFrom(now), now)
			return nil
		case now.Sub(heard) > silence && r.dm.newest(heard)+second/4 < l.tempo.source(r.tickMicros(k)):
			l.away, l.mark, l.back, wait = true, heard, time.Time{}, settle/12
		default:
			return nil
		}
		if err := r.await(wait); err != nil {
			return err
		}
	}
}

// newestFrom is where in the source to go on: a cushion before the newest there is.
func (r *Reader) newestFrom(now time.Time) int64 {
	return r.dm.newest(now) - r.live.steer.target - burst*r.tickMicros(1)
}

// anchor has the source's time pos air now.
func (l *live) anchor(r *Reader, pos int64, now time.Time) {
	k := r.tick - r.base
	l.tempo.anchor(pos, r.tickMicros(k))
	l.zero = now.Add(-time.Duration(r.tickMicros(k+burst)) * time.Microsecond)
	l.steer.reset(r.tickMicros(k))
	r.retime(k)
}

// retime looks anew at when what is decoded airs.
func (r *Reader) retime(k int64) {
	if v := r.video; v != nil && v.warp != nil {
		if v.cur != nil {
			v.cur.first = min(v.cur.first, k)
		}
		if v.next != nil {
			v.next.first = v.tickOf(v.next.at)
		}
	}
}

// reachesLive decodes what tick k of the round needs as far as it has come, and
// says whether there is anything to air.
func (r *Reader) reachesLive(k int64) (bool, error) {
	if r.sound != nil {
		if err := r.sound.fill(sampleAt(r.house, r.base+k+1) - sampleAt(r.house, r.base) + 1); err != nil {
			return false, err
		}
	}
	if !r.moves() {
		return r.sound != nil && (!r.sound.ended || r.soundReaches(k)), nil
	}
	if err := r.video.advance(k); err != nil && !errors.Is(err, errStarved) {
		return false, err
	}
	return r.video.cur != nil && (!r.video.ended || k < r.video.end), nil
}

// tickMicros is when tick k of a round begins.
func (r *Reader) tickMicros(k int64) int64 {
	return instant{k, media.Rational{Num: r.house.FPS.Den, Den: r.house.FPS.Num}}.in(micro).pts
}

// segmented says that the source comes in pieces of seconds.
func (s *source) segmented() bool {
	return strings.Contains(s.fc.InputFormat().Name(), "hls") || strings.Contains(s.fc.InputFormat().Name(), "dash")
}

// unclocked says that the tracks of such a source have clocks of their own until
// its sender tells how they go together.
func (s *source) unclocked() bool {
	return slices.Contains(strings.Split(s.fc.InputFormat().Name(), ","), "rtsp")
}

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
	if !t.clocked && clocked(a.pkt) { // its times so far say nothing of those from now on
		t.clocked, t.lag = true, never
		if d.clocked() {
			for _, t := range d.tracks {
				t.shift = 0
			}
		}
	}
	d.lags(t, a)
	if t.shift != 0 {
		move(a.pkt, t.shift*t.tb.Den/(second*t.tb.Num))
	}
	d.jumps.gap = a.at.Sub(t.heard).Microseconds()
	d.jumps.mend(d.tracks, t, a.pkt)
	t.heard = a.at
	t.queue = append(t.queue, a.pkt)
	d.queued += a.pkt.Size()
}

// clocked says that the tracks go together by their sender's reports.
func (d *demux) clocked() bool {
	return !slices.ContainsFunc(d.tracks, func(t *track) bool { return !t.clocked })
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
	if t.each == 0 {
		t.each = 40_000
		if r := rational(t.stream.AvgFrameRate()); r.Num > 0 && r.Den > 0 {
			t.each = second * r.Den / r.Num
		}
	}
	return t.each
}

// stamp gives a packet that has no time the one at which it came, by the clock of
// those that have one.
func (d *demux) stamp(t *track, a arrival) {
	if packetTime(a.pkt) != noPTS {
		return
	}
	switch {
	case t.next != noPTS && a.pkt.Duration() > 0:
		a.pkt.SetDts(t.next)
	case t.next != noPTS:
		a.pkt.SetDts(max(t.next, t.next-1+a.at.Sub(t.heard).Microseconds()*t.tb.Den/(second*t.tb.Num)))
	default:
		a.pkt.SetDts(a.at.Sub(d.pump.began).Microseconds() * t.tb.Den / (second * t.tb.Num))
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
		by := t.lag - m.lag - t.shift
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
