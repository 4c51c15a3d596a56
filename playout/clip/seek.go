package clip

import (
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/asticode/go-astiav"

	"airloom/playout/media"
)

// Sound decoders need a run-up: what they give first after a seek is not yet
// what they would have given.
const runUp = 150 * time.Millisecond

// How far before the wanted time to begin, one after the other until it is clear
// that nothing wanted lies before the place reached: indexes lie. The last one
// is from the beginning.
var steps = []time.Duration{0, time.Second, 5 * time.Second, 20 * time.Second, -1}

// A file whose clock may jump is not sought by time: its packets are read
// through instead, undecoded. Beyond this size it is sought all the same.
const scanUpTo = 512 << 20

// land moves demuxer and decoders so that all that is shown and heard from t on
// comes out, after what is to be thrown away.
func (r *Reader) land(t instant) error {
	for _, step := range steps {
		to := t.plus(-int64(max(step, 0)), media.Rational{Num: 1e9, Den: 1}, nanos)
		whole := step < 0 || !r.zero.before(to)
		var err error
		switch {
		case whole:
			err = r.rewind()
		case r.src.jumpy():
			err = r.scan(to.plus(-int64(time.Second), media.Rational{Num: 1e9, Den: 1}, nanos))
		default:
			err = r.jump(to)
		}
		if err != nil && !whole {
			continue
		}
		if err != nil || whole {
			return err
		}
		if ok, err := r.landed(t); ok || err != nil && !errors.Is(err, io.EOF) {
			return err
		}
	}
	return nil
}

// jump seeks to the last keyframe at or before a time.
func (r *Reader) jump(to instant) error {
	main := r.mainTrack()
	return r.seek(main.index, to.in(main.tb).pts, astiav.SeekFlagBackward)
}

// rewind goes back to the beginning; where the file does not lead there, by
// opening it again.
func (r *Reader) rewind() error {
	if r.src.bytewise() {
		if r.seek(-1, 0, astiav.SeekFlagByte) == nil {
			return nil
		}
	} else if r.jump(r.zero) == nil && r.atStart() {
		return nil
	}
	return r.reopen()
}

// atStart says that every track is at its beginning: Matroska's demuxer leaves
// out what lies before the picture's first keyframe.
func (r *Reader) atStart() bool {
	for _, t := range r.dm.tracks {
		p, err := r.dm.peek(t)
		if start := t.stream.StartTime(); err == nil && start != noPTS && p != noPTS && p > start {
			return false
		}
	}
	return true
}

func (r *Reader) seek(stream int, to int64, how astiav.SeekFlag) error {
	err := r.src.watch.within(openWithin, func() error {
		return r.src.fc.SeekFrame(stream, to, astiav.NewSeekFlags(how))
	})
	if err != nil {
		return err
	}
	r.dm.clear()
	if r.moves() {
		r.video.reset()
	}
	if r.sound != nil {
		r.sound.reset()
	}
	return nil
}

// scan reads through the file from its beginning and drops what lies before a
// time, undecoded.
func (r *Reader) scan(to instant) error {
	if err := r.rewind(); err != nil {
		return err
	}
	for {
		if err := r.ctx.Err(); err != nil {
			return err
		}
		if err := r.dm.read(); err != nil {
			return err
		}
		for _, t := range r.dm.tracks {
			if n := len(t.queue); n > 0 && !(instant{packetTime(t.queue[n-1]), t.tb}).before(to) {
				return nil
			}
			r.dm.forget(t)
		}
	}
}

// reopen opens the source anew and keeps what is known of it.
func (r *Reader) reopen() error {
	info, video, origin := r.info, r.video, instant{}
	if video != nil {
		origin = video.origin
	}
	r.release()
	src, err := openSource(r.ctx, r.spec)
	if err != nil {
		return err
	}
	r.src = src
	if err := r.openTracks(); err != nil {
		return err
	}
	r.info = info
	if err := r.startStill(); err != nil {
		return err
	}
	if video != nil && r.video != nil {
		r.video.origin = origin
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
	if !r.moves() {
		return true, nil
	}
	p, err := r.video.peek()
	if err != nil {
		return false, err
	}
	return !t.before(p.at), nil
}

// bytewise says that the beginning of the file is found by its place, not by a
// time: the format has neither an index nor a clock to trust.
func (s *source) bytewise() bool {
	return !s.remote && slices.ContainsFunc(strings.Split(s.fc.InputFormat().Name(), ","), func(n string) bool {
		return slices.Contains([]string{"mpegts", "mpeg", "mpegvideo", "h264", "hevc", "m4v", "aac", "mp3", "ac3", "eac3", "dts", "obu", "ivf", "av1", "vc1", "cavsvideo", "h263", "h261", "dv", "amr", "loas", "truehd", "mlp"}, n)
	})
}

// jumpy says that the clock may jump inside the file.
func (s *source) jumpy() bool {
	if s.remote || s.size > scanUpTo {
		return false
	}
	return slices.Contains([]string{"mpegts", "mpeg"}, s.fc.InputFormat().Name())
}
