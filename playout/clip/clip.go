// Package clip reads media: whatever libav opens becomes ticks of the house
// format, exact in time.
//
// A [Reader] is one opened item. Packets go from the demuxer into a queue for
// each track and through the decoders only as far as the next tick needs. The
// picture of a tick is the last one of the source whose time has come; it is
// turned, scaled and recoloured only if it is shown, and copied alone where it
// is a house picture already. Its sound is placed by its timestamps, counted in
// house samples from the first picture. All that the source gets wrong, gaps,
// overlaps, jumps, damage, costs what it hits and never moves what follows.
//
// A Reader blocks and may take long; the worker's child is where it runs. It is
// to be used by one goroutine.
package clip

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
	"unsafe"

	"airloom/playout/media"
)

// stillLasts is how long a picture without a length of its own airs.
const stillLasts = 10 * time.Second

// Reader is an opened item.
type Reader struct {
	ctx    context.Context
	spec   media.Spec
	house  media.House
	layout media.Layout

	src   *source
	dm    *demux
	video *video // nil: sound alone
	sound *sound // nil: silence
	norm  *normaliser
	card  []byte // what is shown instead of a picture
	mute  bool   // only pictures are wanted

	zero   instant // what `in` and `out` count from
	live   *live   // nil: not a live source
	limit  int64   // ticks of the item that out or duration allow; 0: none
	tick   int64   // next tick of the item
	base   int64   // the item's tick at which this round of the source began
	info   media.ClipInfo
	failed error
}

// Open opens what the spec names and makes its tick `at` ready to be read. It
// blocks; ctx ends it, and later reads as well. Errors are [*media.Fault]s, or
// the context's.
func Open(ctx context.Context, s media.Spec, at media.Start, h media.House) (*Reader, error) {
	r := &Reader{ctx: ctx, spec: s, house: h, layout: media.LayoutOf(h), tick: at.Tick}
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

// Info is what is known of the clip. Notes may grow while it is read.
func (r *Reader) Info() media.ClipInfo { return r.info }

// Read renders the next tick into the slot, which is a [media.Layout] of the
// house: its planes, and S(k) to S(k+1) inclusive of its sound. It returns the
// number of samples a channel; io.EOF after the last tick; a [*media.Fault] where
// the source breaks off, after the last good tick.
func (r *Reader) Read(slot []byte) (samples int, err error) {
	if len(slot) < r.layout.Size {
		return 0, fmt.Errorf("a slot of %d bytes where %d are needed", len(slot), r.layout.Size)
	}
	if r.failed != nil {
		return 0, r.failed
	}
	if samples, err = r.read(slot); err != nil {
		if errors.Is(err, errStarved) {
			err = errApart(r.src.name)
		}
		if r.ctx.Err() != nil {
			err = r.ctx.Err()
		}
		r.failed = err
		r.tell()
		r.teardown()
	}
	return samples, err
}

func (r *Reader) read(slot []byte) (int, error) {
	if r.ctx.Err() != nil {
		return 0, r.ctx.Err()
	}
	if r.live != nil { // how long it airs, the channel knows
		return r.readLive(slot)
	}
	if r.limit > 0 && r.tick >= r.limit {
		return 0, io.EOF
	}
	there, err := r.reaches(r.tick - r.base)
	if err == nil && !there && r.spec.Loop {
		there, err = r.again()
	}
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

// showPicture renders the picture of the present tick.
func (r *Reader) showPicture(slot []byte) error {
	if r.video == nil || r.video.cur == nil {
		copy(slot[:r.layout.OffL], r.card)
		return nil
	}
	if err := r.norm.show(r.video.cur, slot); err != nil {
		return fault(media.FaultUnsupported, "%s: %w", r.src.name, err)
	}
	return nil
}

// soundTick writes the samples of the present tick. The rounds of a loop begin
// on the item's grid, which may lie up to one sample beside the round's own.
func (r *Reader) soundTick(slot []byte) int {
	from, to := sampleAt(r.house, r.tick), sampleAt(r.house, r.tick+1)
	n := int(to-from) + 1
	left, right := floats(slot[r.layout.OffL:], n), floats(slot[r.layout.OffR:], n)
	if r.sound == nil {
		clear(left)
		clear(right)
		return n
	}
	at := from - sampleAt(r.house, r.base)
	r.sound.fifo.copy(at, left, right)
	r.sound.fifo.drop(at + int64(n) - 1)
	return n
}

func floats(b []byte, n int) []float32 {
	return unsafe.Slice((*float32)(unsafe.Pointer(&b[0])), n)
}

// reaches decodes as far as tick k of the present round needs, and says whether
// the source lasts that long.
func (r *Reader) reaches(k int64) (bool, error) {
	if r.live != nil {
		return r.reachesLive(k)
	}
	from := sampleAt(r.house, r.base)
	until := sampleAt(r.house, r.base+k+1) - from + 1
	if r.sound != nil {
		if err := r.sound.fill(until); err != nil {
			return false, err
		}
	}
	switch {
	case !r.moves() && r.sound != nil:
		return r.soundReaches(k), nil
	case !r.moves():
		return true, nil // a still lasts as long as it is allowed to
	}
	if err := r.video.advance(k); err != nil {
		return false, err
	}
	if r.video.lost && r.silent(k) {
		return false, nil
	}
	if !r.video.ended || k < r.video.end {
		return r.video.cur != nil, nil
	}
	return r.overhang(k)
}

// moves says that the item has a picture that is more than one still.
func (r *Reader) moves() bool { return r.video != nil && !r.video.still }

// overhang says whether tick k, after the picture's end, airs: where the sound
// outlasts the picture by more than two ticks.
func (r *Reader) overhang(k int64) (bool, error) {
	if r.sound == nil {
		return false, nil
	}
	if r.early(r.video.end, r.ownTicks(r.video.dec.track)) {
		return false, nil // the picture broke off: the item is over, not held for minutes
	}
	from := sampleAt(r.house, r.base)
	far := sampleAt(r.house, r.base+r.video.end+2) - from
	if err := r.sound.fill(far + 1); err != nil {
		return false, err
	}
	return r.sound.length() > far && r.soundReaches(k), nil
}

// silent says that nothing is to be heard at tick k of the round.
func (r *Reader) silent(k int64) bool {
	from := sampleAt(r.house, r.base)
	return r.sound == nil || !r.sound.fifo.any(sampleAt(r.house, r.base+k)-from, sampleAt(r.house, r.base+k+1)-from)
}

func (r *Reader) soundReaches(k int64) bool {
	if r.sound == nil {
		return false
	}
	if !r.sound.ended {
		return true
	}
	return k < instant{r.sound.length(), media.Rational{Num: 1, Den: r.sound.rate.Num}}.round(instant{0, media.Rational{Num: 1, Den: r.sound.rate.Num}}, r.house.FPS)
}

// again begins the next round of a loop, if this one ended well.
func (r *Reader) again() (bool, error) {
	if r.tick == r.base {
		return false, nil // a round without a tick would never end
	}
	if err := r.ending(); !errors.Is(err, io.EOF) {
		return false, err
	}
	r.base = r.tick
	if err := r.start(true); err != nil {
		return false, r.noStart(err)
	}
	return r.reaches(0)
}

// Close gives everything back. It may be called at any time between reads.
func (r *Reader) Close() error {
	r.teardown()
	if r.failed == nil {
		r.failed = errors.New("the clip is closed")
	}
	return nil
}

func (r *Reader) teardown() {
	r.release()
	r.norm.close()
	r.norm, r.card = nil, nil
}

// release gives back what belongs to the opened source.
func (r *Reader) release() {
	r.video.close()
	r.sound.close()
	r.video, r.sound = nil, nil
	if r.dm != nil {
		r.dm.close()
		r.dm = nil
	}
	if r.src != nil {
		r.src.close()
		r.src = nil
	}
}
