package clip

import (
	"errors"
	"io"
	"time"

	"github.com/asticode/go-astiav"

	"airloom/playout/media"
)

// Sound decoders need a run-up: what they give first after a seek is not yet
// what they would have given.
const runUp = 150 * time.Millisecond

// How far before the wanted time to seek, one after the other until it is clear
// that nothing wanted lies before the place reached. Indexes lie. The last one
// is from the beginning.
var steps = []time.Duration{0, time.Second, 5 * time.Second, 20 * time.Second, -1}

// land moves demuxer and decoders so that all that is shown and heard from t on
// comes out, after what is to be thrown away.
func (r *Reader) land(t instant) error {
	for _, step := range steps {
		whole := step < 0
		to := t
		if !whole {
			to = t.plus(-int64(step), media.Rational{Num: 1e9, Den: 1}, nanos)
		}
		if !r.zero.before(to) {
			whole = true
		}
		if whole {
			to = r.zero
		}
		if err := r.jump(to); err != nil && !whole {
			continue
		} else if err != nil {
			return err
		}
		ok, err := r.landed(t)
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if ok || whole {
			return nil
		}
	}
	return nil
}

// jump seeks to the last keyframe at or before a time.
func (r *Reader) jump(to instant) error {
	main := r.mainTrack()
	err := r.src.watch.within(openWithin, func() error {
		return r.src.fc.SeekFrame(main.index, to.in(main.tb).pts, astiav.NewSeekFlags(astiav.SeekFlagBackward))
	})
	if err != nil {
		return err
	}
	r.dm.clear()
	if r.video != nil && !r.video.still {
		r.video.reset()
	}
	if r.sound != nil {
		r.sound.reset()
	}
	return nil
}

// landed says whether the place reached lies before all that is wanted from t on.
func (r *Reader) landed(t instant) (bool, error) {
	if r.sound != nil {
		p, err := r.dm.peek(r.sound.dec.track)
		if err == nil && p != noPTS {
			heard := instant{p, r.sound.dec.track.tb}.plus(int64(runUp), media.Rational{Num: 1e9, Den: 1}, nanos)
			if t.before(heard) {
				return false, nil
			}
		}
	}
	if r.video == nil || r.video.still {
		return true, nil
	}
	p, err := r.video.peek()
	if err != nil {
		return false, err
	}
	return !t.before(p.at), nil
}
