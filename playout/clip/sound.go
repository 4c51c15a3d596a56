package clip

import (
	"errors"
	"io"

	"github.com/asticode/go-astiav"

	"airloom/playout/media"
)

// sound gives the samples of each tick. Positions count house samples from
// tick 0's picture; every frame's place follows from its own timestamp.
type sound struct {
	dec    *decoder
	house  media.House
	rate   media.Rational // of the house
	frame  *astiav.Frame
	origin instant
	gain   float32

	res   *resampler
	warp  *tempo // of a live source: when what airs
	shape soundShape
	seg   segment
	pts   int64 // where the next frame is expected, where it does not say; source units
	fifo  fifo
	ready bool // a decoded frame waits in frame
	ended bool // nothing more comes
	dried bool // nothing within reach at the moment
}

// segment is a stretch of sound without a gap.
type segment struct {
	open  bool
	start int64 // house sample at which it begins
	took  int64 // source samples taken so far
	moved int64 // house samples added to, or taken from, against drift
	drift drift
}

func newSound(dec *decoder, h media.House, gainDB float64) *sound {
	return &sound{
		dec: dec, house: h, rate: media.Rational{Num: int64(h.SampleRate), Den: 1},
		frame: newFrame(), gain: gainOf(gainDB), pts: noPTS,
	}
}

// fill decodes until sample `to` is there, or the sound ends, or nothing is
// within the demuxer's reach.
func (s *sound) fill(to int64) error {
	s.dried = false
	for !s.ended && s.fifo.end() < to {
		err := error(nil)
		if !s.ready {
			err = s.dec.next(s.frame)
		}
		s.ready = false
		switch {
		case errors.Is(err, errStarved):
			s.dried = true
			return nil
		case errors.Is(err, io.EOF):
			s.flush()
			s.ended = true
		case err != nil:
			return err
		default:
			err = s.take(s.frame)
			s.frame.Unref()
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// first is the time of the first sample.
func (s *sound) first() (instant, error) {
	if err := s.dec.next(s.frame); err != nil {
		return instant{}, err
	}
	s.ready = true
	at := stampOf(s.frame).pts
	if at == noPTS {
		at = 0
	}
	return instant{at, s.dec.track.tb}, nil
}

// length is the position after the last sample there is.
func (s *sound) length() int64 { return s.fifo.end() }

// take puts one frame of the source where it belongs.
func (s *sound) take(f *astiav.Frame) error {
	shape, n := soundShapeOf(f)
	if shape.rate <= 0 || n <= 0 || shape.channels <= 0 {
		return nil
	}
	at := stampOf(f).pts
	if at == noPTS {
		at = s.pts
	}
	if at == noPTS {
		at = s.origin.in(s.dec.track.tb).pts
	}
	s.pts = at + int64(n)*s.dec.track.tb.Den/(int64(shape.rate)*s.dec.track.tb.Num)
	if s.seg.open && shape != s.shape {
		s.flush()
	}
	s.shape = shape
	skip := s.join(f, s.position(at, n), n)
	if skip >= n || s.res == nil { // or a layout that cannot be mixed
		return nil
	}
	l, r, err := s.res.convert(f, skip, n-skip)
	if err != nil {
		s.dec.errs++
		return nil
	}
	s.seg.took += int64(n - skip)
	s.put(l, r)
	return nil
}

// position is where a frame of n samples at time `at` begins, in source samples
// from tick 0. Where the file's clock is too coarse for samples, as Matroska's
// milliseconds are, frames lie side by side from the track's beginning, and the
// frame's place among them says it exactly.
func (s *sound) position(at int64, n int) int64 {
	tb, rate := s.dec.track.tb, media.Rational{Num: int64(s.shape.rate), Den: 1}
	if s.warp != nil {
		return instant{s.warp.at(instant{at, tb}.in(micro).pts), micro}.round(instant{0, micro}, rate)
	}
	pos := instant{at, tb}.round(s.origin, rate)
	start, size := s.dec.track.stream.StartTime(), int64(s.dec.frameSize())
	unit := tb.Num * rate.Num / tb.Den // samples the clock cannot tell apart
	if unit <= 1 || start == noPTS || size == 0 || unit*4 > size {
		return pos
	}
	begin := instant{start, tb}.round(s.origin, rate)
	end := pos + int64(n) // the first frame may have lost its beginning to the decoder's delay
	grid := begin + (end-begin+size/2)/size*size
	if d := end - grid; d > 2*unit || d < -2*unit {
		return pos
	}
	return grid - int64(n)
}

// join decides how a frame of n samples that should sound at source sample pos
// goes on from what was there: it begins a segment, follows, or is an overlap to
// be trimmed. It returns how many samples of the frame to leave out.
func (s *sound) join(f *astiav.Frame, pos int64, n int) (skip int) {
	house, rate := s.rate.Num, int64(s.shape.rate)
	if !s.seg.open {
		s.open(f, pos)
		return 0
	}
	over, gap := s.seg.follow(pos, house, rate)
	if gap {
		s.flush()
		s.open(f, pos)
	}
	return int(min(int64(n), over))
}

// open begins a segment at a source sample. Source and house samples coincide
// every so often; the segment begins there, with a little silence before the
// sound, so that the sound falls on the same house samples wherever it is begun.
func (s *sound) open(f *astiav.Frame, pos int64) {
	house, rate := s.rate.Num, int64(s.shape.rate)
	every := rate / gcd(rate, house)
	pad := int64(0)
	if every < 2000 {
		pad = (pos%every + every) % every
	}
	s.res.free()
	if s.res = newResampler(f, s.house.SampleRate); s.res == nil {
		return
	}
	s.res.silence(pad)
	s.seg = segment{open: true, start: divFloor((pos-pad)*house, rate), took: pad}
	s.fifo.seek(s.seg.start)
}

func gcd(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

func divFloor(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// flush takes what the resampler still holds and ends the segment.
func (s *sound) flush() {
	if s.res != nil && s.seg.open {
		if l, r, err := s.res.convert(nil, 0, 0); err == nil {
			s.put(l, r)
		}
		// A drained filter starts anew only when it is made anew.
		s.res.free()
		s.res = nil
	}
	s.seg.open = false
}

// put appends house samples to the segment.
func (s *sound) put(l, r []float32) {
	if len(l) == 0 {
		return
	}
	l, r, moved := s.seg.drift.stretch(l, r, s.rate.Num)
	s.seg.moved += moved
	loud := s.gain > 1 || s.shape.channels > 2
	amplify(l, s.gain, loud)
	amplify(r, s.gain, loud)
	s.fifo.append(l, r)
}

// begin sets tick 0 and drops what sounds before sample `from`.
func (s *sound) begin(origin instant, from int64) {
	s.origin = origin
	s.fifo.reset(from)
}

// reset forgets everything decoded: after a seek.
func (s *sound) reset() {
	s.dec.flush()
	s.res.free()
	s.res, s.pts, s.ended, s.ready = nil, noPTS, false, false
	s.seg = segment{}
	s.fifo.reset(0)
}

func (s *sound) close() {
	if s == nil {
		return
	}
	s.res.free()
	s.res = nil
	freeFrame(s.frame)
	s.frame = nil
	s.dec.close()
}

// follow takes note of where the next frame should sound. It returns how many of its
// samples lie over what is there, or that there is a gap before it.
func (g *segment) follow(pos, house, rate int64) (over int64, gap bool) {
	diff := pos*house/rate - g.expected(house, rate)
	limit := house / 80 // 12.5 ms: less than any frame that can be missing
	switch {
	case diff > limit:
		return 0, true
	case diff < -limit:
		return -diff * rate / house, false
	}
	g.drift.note(diff)
	return 0, false
}

// expected is the house sample that follows the segment.
func (g *segment) expected(house, rate int64) int64 {
	return g.start + g.took*house/rate + g.moved
}
