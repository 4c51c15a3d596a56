package clip

import (
	"context"
	"errors"
	"io"
	"time"

	"airloom/playout/media"
)

// Streams is what the source is made of.
func (r *Reader) Streams() media.Streams {
	var s media.Streams
	if v := r.video; v != nil {
		s.Video = &media.VideoStream{Codec: codecName(v.dec), Width: v.dec.cc.Width(), Height: v.dec.cc.Height()}
		if f := v.dec.track.mean; f.Num > 0 && f.Den > 0 && !v.still {
			s.Video.FPS = f
		}
	}
	if a := r.sound; a != nil {
		s.Audio = &media.AudioStream{Codec: codecName(a.dec), Channels: a.dec.cc.ChannelLayout().Channels(), SampleRate: a.dec.cc.SampleRate()}
	}
	return s
}

// OpenPictures opens a source for looking at its pictures: sound is read only
// where there is no picture. The house says what is made of them, and may be
// changed by [Reader.Resize].
func OpenPictures(ctx context.Context, s media.Spec, h media.House) (*Reader, error) {
	r := &Reader{ctx: ctx, spec: s, house: h, layout: media.LayoutOf(h), mute: true}
	err := ctx.Err()
	if err == nil {
		err = r.open()
	}
	if err != nil {
		r.teardown()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, err
	}
	return r, nil
}

// Shape is the ratio in which the picture is to be shown, turned upright; that of
// the house where there is none.
func (r *Reader) Shape() media.Rational {
	if r.video == nil || r.video.cur == nil {
		return media.Rational{Num: int64(r.house.Width), Den: int64(r.house.Height)}
	}
	s := shapeOf(r.video.cur.frame)
	if s.sar.Num <= 0 || s.sar.Den <= 0 {
		s.sar = media.Rational{Num: 1, Den: 1}
	}
	w, h := int64(s.width)*s.sar.Num, int64(s.height)*s.sar.Den
	if s.turn.transpose {
		w, h = h, w
	}
	return media.Rational{Num: w, Den: h}
}

// Resize has pictures made in another size from now on; both are even.
func (r *Reader) Resize(width, height int) {
	r.house.Width, r.house.Height = width, height
	r.layout = media.LayoutOf(r.house)
	r.norm.close()
	r.norm = newNormaliser(r.house)
	if r.card != nil {
		r.card = nil
		r.drawCard()
	}
}

// Layout is where a picture's parts lie in what Glance writes.
func (r *Reader) Layout() media.Layout { return r.layout }

// Glance writes the picture that is shown a time after the item's beginning into
// the slot. What is near is read through, in order, and exact; otherwise the
// keyframe before that time is taken, which costs one picture. After a glance that
// was not exact, all are counted anew: none is exact any more.
func (r *Reader) Glance(at time.Duration, exact bool, slot []byte) error {
	if r.ctx.Err() != nil {
		return r.ctx.Err()
	}
	var err error
	switch {
	case !r.moves():
	case exact:
		err = r.video.advance(after(at).round(instant{0, nanos}, r.house.FPS))
	default:
		err = r.hop(r.zero.plus(int64(r.spec.In+at), media.Rational{Num: 1e9, Den: 1}, nanos))
	}
	if err != nil {
		return r.noStart(err)
	}
	return r.showPicture(slot)
}

// hop shows the keyframe before a time; at the end of the source the last picture
// that was seen stays.
func (r *Reader) hop(to instant) error {
	if err := r.jump(to); err != nil {
		if err := r.rewind(); err != nil {
			return err
		}
	}
	if err := r.video.begin(instant{}, false); !errors.Is(err, io.EOF) {
		return err
	}
	if err := r.rewind(); err != nil {
		return err
	}
	return r.video.begin(instant{}, false)
}
