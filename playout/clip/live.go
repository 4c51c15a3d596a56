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
	// keyedWithin is how long after it was asked for a source may take to send a
	// keyframe: less than the channel gives one attempt, so that it hears why.
	keyedWithin = 10 * time.Second
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
	l.anchor(r, r.onGrid(pos), time.Now())
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

// untilThere tries again with each packet that comes, for as long as a keyframe may take.
func (r *Reader) untilThere(try func() error) error {
	limit := r.src.opened.Add(keyedWithin)
	for {
		err := try()
		if !errors.Is(err, errStarved) {
			return err
		}
		if time.Now().After(limit) {
			return fault(media.FaultAway, "%s sends no keyframe: none came in %v", r.src.name, keyedWithin)
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
	if realigns(k, r.house.FPS) && r.src.unclocked() && !r.dm.clocked() {
		r.dm.align() // by then more is known
	}
	if len(r.dm.tracks) > 0 && r.dm.end == nil {
		if l.keep(r.tickMicros(k), r.tickMicros(k+1), r.dm.newest(time.Now()), r.onGrid) {
			r.retime(k)
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

// keep holds the cushion as it was, given up to when the source has come as the tick
// from h to next airs. It returns whether some of the source is left out, or waits.
func (l *live) keep(h, next, newest int64, onGrid func(int64) int64) (stepped bool) {
	ppm, step, bend := l.steer.observe(h, newest-l.tempo.source(next))
	if !bend {
		return false
	}
	if step != 0 {
		from := l.tempo.source(h)
		step = onGrid(from+step) - from
	}
	l.tempo.bend(h, ppm, step)
	return step != 0
}

// realigns says that tick k of a round ends one of its first seconds.
func realigns(k int64, fps media.Rational) bool {
	each := (fps.Num + fps.Den - 1) / fps.Den
	return k < 20*each && k%each == each-1
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
	return r.onGrid(r.dm.newest(now) - r.live.steer.target - burst*r.tickMicros(1))
}

// onGrid is pos, or up to a tick sooner: as many ticks from the source's pictures
// as is whole. Pictures that come as often as ticks then air at their very time, as
// their sound does, where else they would be up to half a tick from it.
func (r *Reader) onGrid(pos int64) int64 {
	tick := r.tickMicros(1)
	at, ok := r.dm.grid(tick)
	if !ok {
		return pos
	}
	return pos - ((pos-at)%tick+tick)%tick
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
