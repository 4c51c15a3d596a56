package clip

import (
	"errors"
	"io"
	"time"

	"github.com/asticode/go-astiav"

	"airloom/playout/media"
	"airloom/playout/slate/card"
)

// open opens the source, its tracks and decoders, and begins at the tick wanted.
func (r *Reader) open() (err error) {
	if r.src, err = openSource(r.ctx, r.spec); err != nil {
		return err
	}
	r.info.Version = r.src.version
	if err := r.openTracks(); err != nil {
		return err
	}
	r.limit = r.cap()
	if err := r.start(false); err != nil {
		return r.noStart(err)
	}
	if _, err := r.reaches(r.tick - r.base); err != nil {
		return r.noStart(err)
	}
	r.describe()
	return nil
}

// openTracks chooses picture and sound and opens their decoders.
func (r *Reader) openTracks() error {
	pic, snd, why := r.choose()
	if r.mute && pic != nil {
		snd = nil
	}
	pt, st := newTrack(pic), newTrack(snd)
	for _, s := range r.src.fc.Streams() {
		if !pt.is(s) && !st.is(s) {
			s.SetDiscard(astiav.DiscardAll)
		}
	}
	r.dm = newDemux(r.src, pt, st)
	if pt != nil {
		dec, err := newDecoder(r.dm, pt)
		if err != nil {
			why, pt = err, nil
			r.note("its picture cannot be decoded (libav: %v)", err)
		} else {
			r.video = newVideo(dec, r.house)
			r.video.still = isCover(pic) || isImage(r.src)
			dec.single = isCover(pic)
		}
	}
	if st != nil {
		dec, err := newDecoder(r.dm, st)
		if err != nil {
			why, st = err, nil
			r.note("its sound cannot be decoded (libav: %v)", err)
		} else {
			r.sound = newSound(dec, r.house, r.spec.GainDB)
		}
	}
	if pt == nil && st == nil {
		if why == nil {
			why = astiav.ErrStreamNotFound
		}
		return fault(media.FaultUnsupported, "%s holds no picture and no sound that can be decoded (libav: %w)", r.src.name, why)
	}
	r.dm.only(pt, st)
	r.readyPicture()
	return nil
}

// readyPicture makes what turns pictures into house pictures, or stands in for them.
func (r *Reader) readyPicture() {
	if r.norm == nil {
		r.norm = newNormaliser(r.house)
	}
	if r.video == nil {
		r.drawCard()
	}
}

// drawCard makes what is shown instead of a picture.
func (r *Reader) drawCard() {
	if r.card == nil {
		r.card = make([]byte, r.layout.Size)
		card.Sound(r.card, r.house, r.layout)
	}
}

// start makes the next tick ready. Again says that the source has been read before.
func (r *Reader) start(again bool) error {
	if err := r.startStill(); err != nil || r.video != nil && r.sound == nil && r.video.still {
		return err
	}
	if r.src.live { // what has gone by is gone: the item goes on with what comes now
		return r.startLive()
	}
	r.zero = r.sourceZero()
	in := r.zero.plus(int64(r.spec.In), media.Rational{Num: 1e9, Den: 1}, nanos)
	if again || r.spec.In > 0 {
		if err := r.land(in); err != nil {
			return err
		}
	}
	if err := r.begin(in); err != nil {
		return err
	}
	if n := r.declared(); !again && r.spec.Loop && n > 0 {
		r.base = r.tick - r.tick%n // the round in which the tick lies
	}
	k := r.tick - r.base
	if k == 0 || r.video != nil && r.video.still && r.sound == nil {
		return nil
	}
	origin := r.origin()
	if err := r.land(origin.plus(k, r.house.FPS, nanos)); err != nil {
		return err
	}
	if r.sound != nil {
		r.sound.begin(origin, sampleAt(r.house, r.tick)-sampleAt(r.house, r.base))
	}
	return nil
}

// startStill decodes the one picture of a still or a cover.
func (r *Reader) startStill() error {
	if r.video == nil || !r.video.still || r.video.cur != nil {
		return nil
	}
	err := r.video.begin(instant{}, false)
	if err != nil && r.sound != nil {
		r.note("its cover cannot be decoded")
		r.video.close()
		r.video = nil
		r.drawCard()
		return nil
	}
	return err
}

// begin finds tick 0 of the round.
func (r *Reader) begin(in instant) error {
	seek := r.spec.In > 0 && !r.src.live
	if r.moves() {
		if err := r.video.begin(in, seek); err != nil {
			return err
		}
		if r.sound != nil {
			r.sound.begin(r.video.origin, 0)
			return nil
		}
		return r.maybeStill()
	}
	origin := in
	if !seek {
		var err error
		if origin, err = r.sound.first(); err != nil {
			return err
		}
	}
	r.sound.begin(origin, 0)
	return nil
}

// maybeStill finds out that a silent file holds one picture and no more, as a
// GIF may, or an image in a film's container.
func (r *Reader) maybeStill() error {
	if r.declared() > 1 && r.src.exact() {
		return nil
	}
	_, err := r.video.peek()
	if errors.Is(err, io.EOF) {
		r.video.still, r.video.ended = true, true
		r.limit = r.cap()
		return nil
	}
	return err
}

func (r *Reader) origin() instant {
	if r.moves() {
		return r.video.origin
	}
	return r.sound.origin
}

// sourceZero is the source's own beginning: its first picture, or where there is
// none its first sound, as far as the file says.
func (r *Reader) sourceZero() instant {
	t := r.mainTrack()
	if s := t.stream.StartTime(); s != noPTS {
		return instant{s, t.tb}
	}
	return instant{0, t.tb}
}

func (r *Reader) mainTrack() *track {
	if r.moves() || r.sound == nil {
		return r.video.dec.track
	}
	return r.sound.dec.track
}

// noStart says why not one tick came.
func (r *Reader) noStart(err error) error {
	var f *media.Fault
	switch {
	case errors.As(err, &f), r.ctx.Err() != nil:
		return err
	case errors.Is(err, errStarved):
		return errApart(r.src.name)
	case r.src.watch.late:
		return fault(media.FaultStalled, "%s: nothing can be read from it: check the storage or the server", r.src.name)
	case errors.Is(err, io.EOF) && r.spec.In > 0:
		return fault(media.FaultBroken, "%s ends before %s, where it should begin: check `in`", r.src.name, clock(r.spec.In))
	default:
		return fault(media.FaultBroken, "%s has a beginning, but no picture or sound in it: it is cut off or damaged, copy it again", r.src.name)
	}
}

// cap is the number of ticks that out and duration allow; 0: no limit.
func (r *Reader) cap() int64 {
	span := func(d time.Duration) int64 { return after(d).round(instant{0, nanos}, r.house.FPS) }
	n := int64(0)
	switch {
	case r.spec.Out > 0:
		n = max(1, span(r.spec.Out-r.spec.In))
	case r.spec.Duration > 0:
		n = max(1, span(r.spec.Duration))
	case r.video != nil && r.video.still && r.sound == nil:
		n = span(stillLasts)
	}
	return n
}

func errApart(name string) error {
	return fault(media.FaultUnsupported, "%s has its picture too far behind its sound in the file: write it anew, interleaved", name)
}
