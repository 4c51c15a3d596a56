package clip

import (
	"errors"
	"io"

	"github.com/asticode/go-astiav"

	"airloom/playout/media"
)

// picture is one decoded picture and when it is shown.
type picture struct {
	frame *astiav.Frame
	at    instant
	last  int64 // units of at.tb it lasts
	first int64 // first tick that shows it, once the origin is known
}

func (p *picture) free() {
	if p != nil {
		freeFrame(p.frame)
		p.frame = nil
	}
}

// video gives the picture of each tick: the last one of the source whose time
// has come. It holds two: the one shown and the one after.
type video struct {
	dec    *decoder
	fields *deinterlacer
	fps    media.Rational // the house's
	usual  int64          // units one picture lasts, where the source does not say
	origin instant
	begun  bool // the origin is known
	cur    *picture
	next   *picture
	prev   int64 // pts of the last picture fetched
	ended  bool
	end    int64    // first tick after the last picture; valid when ended
	lost   bool     // damage takes away more than a second from cur on
	errs   [24]int  // damage known when the last pictures were fetched, in turn
	seen   int      // pictures fetched
	still  bool     // one picture is all there is
	warp   *tempo   // of a live source: when what airs
	stash  *picture // fetched ahead, to look at its time
}

func newVideo(dec *decoder, h media.House) *video {
	v := &video{dec: dec, fps: h.FPS, prev: noPTS, fields: newDeinterlacer(dec, h)}
	rate := dec.track.mean
	if rate.Num <= 0 || rate.Den <= 0 {
		rate = dec.track.finest
	}
	if rate.Num <= 0 || rate.Den <= 0 {
		rate = media.Rational{Num: 25, Den: 1}
	}
	v.usual = max(1, instant{1, media.Rational{Num: rate.Den, Den: rate.Num}}.in(dec.track.tb).pts)
	return v
}

// peek looks at the next picture, which stays the next.
func (v *video) peek() (p *picture, err error) {
	if v.stash == nil {
		v.stash, err = v.fetch()
	}
	return v.stash, err
}

// fetch decodes the next picture of the source.
func (v *video) fetch() (*picture, error) {
	if p := v.stash; p != nil {
		v.stash = nil
		return p, nil
	}
	f := newFrame()
	if err := v.fields.next(f); err != nil {
		freeFrame(f)
		return nil, err
	}
	if v.dec.dm.pump == nil { // else the container is not ours to ask
		// What it says of the shape of pixels goes before the codec's word.
		f.SetSampleAspectRatio(v.dec.dm.src.fc.GuessSampleAspectRatio(v.dec.track.stream, f))
	}
	s := stampOf(f)
	pts := s.pts
	switch {
	case pts == noPTS && v.prev == noPTS:
		pts = 0
	case pts == noPTS, pts <= v.prev && v.prev != noPTS:
		pts = v.prev + v.usual
		if s.pts != noPTS { // a step back within the limit: it follows its predecessor at once
			pts = v.prev + 1
		}
	}
	v.prev = pts
	if s.corrupt {
		v.dec.errs++
	}
	last := s.duration
	if last <= 0 {
		last = v.usual
		if v.fields.used && v.fields.doubled {
			last /= 2
		}
	}
	return &picture{frame: f, at: instant{pts, v.dec.track.tb}, last: last}, nil
}

// begin finds tick 0: the first picture, or the first not before from.
func (v *video) begin(from instant, seek bool) error {
	for {
		p, err := v.fetch()
		if err != nil {
			return err
		}
		if seek && !v.still && p.at.before(from) {
			p.free()
			continue
		}
		v.origin, v.begun, v.cur = p.at, true, p
		v.ended = v.still
		return nil
	}
}

// advance makes cur the picture of tick k. At the end of the source the last one stays.
func (v *video) advance(k int64) error {
	for !v.ended {
		if v.next == nil {
			p, err := v.fetch()
			if errors.Is(err, io.EOF) {
				v.finish()
				return nil
			}
			if err != nil {
				return err
			}
			p.first = v.tickOf(p.at)
			v.next = p
			v.lost = v.damaged() && v.cur != nil && p.first-v.cur.first > v.fps.Num/v.fps.Den+1
		}
		if v.cur != nil && v.next.first > k {
			return nil
		}
		if v.cur != nil {
			v.next.first = max(v.next.first, v.cur.first)
		}
		v.cur.free()
		v.cur, v.next = v.next, nil
	}
	return nil
}

// tickOf is the first tick that shows a picture of this time.
func (v *video) tickOf(at instant) int64 {
	if v.warp != nil {
		return instant{v.warp.at(at.in(micro).pts), micro}.firstTick(instant{0, micro}, v.fps)
	}
	return at.firstTick(v.origin, v.fps)
}

// damaged says that damage was met lately. The demuxer meets it a few pictures
// before the decoder gives out what lies around it.
func (v *video) damaged() bool {
	now := v.dec.errs + v.dec.dm.holes
	then := v.errs[v.seen%len(v.errs)]
	v.errs[v.seen%len(v.errs)] = now
	v.seen++
	return now > then
}

// finish sets the length: whole ticks, up to the end of the last picture.
func (v *video) finish() {
	v.ended = true
	if v.cur == nil {
		return
	}
	end := instant{v.cur.at.pts + v.cur.last, v.cur.at.tb}
	if v.warp != nil {
		v.end = v.tickOf(end)
		return
	}
	v.end = max(end.round(v.origin, v.fps), 1)
}

// reset forgets all pictures: after a seek.
func (v *video) reset() {
	v.drop()
	v.prev, v.ended = noPTS, false
	v.dec.flush()
	v.fields.reset()
}

func (v *video) close() {
	if v == nil {
		return
	}
	v.drop()
	v.fields.close()
	v.dec.close()
}

func (v *video) drop() {
	for _, p := range []**picture{&v.cur, &v.next, &v.stash} {
		(*p).free()
		*p = nil
	}
}
