package media

import (
	"sync"
	"sync/atomic"
)

// Picture is one house picture whose memory is somebody else's business: libav
// memory, a slot of a worker's ring, or a bare number in a test. It may be raw
// or, one day, already coded; nothing between clip and encoder may ask.
type Picture interface {
	// Ref returns another handle to the same picture. Each handle is released once.
	Ref() Picture
	// Release gives the handle back. The memory goes with the last one.
	Release()
}

// Tick is one house video frame and exactly the samples that sound with it: the
// unit that crosses every seam before the encoder. Passing a tick passes its
// ownership; the owner calls [Tick.Free] once.
type Tick struct {
	// N is the tick's number: in a clip, counted from the item's first tick;
	// from the engine on, the channel's tick counter.
	N int64
	// Picture is nil where it was skipped and only the sound counts.
	Picture Picture
	// Sound is planar stereo, ±1.0. From a clip, tick k carries the samples
	// S(k) … S(k+1) *inclusive*: one more than sound with it. Where a tick is
	// not a whole number of samples, the channel's grid lies up to one sample
	// beside the clip's, and the engine cuts the right window out of it.
	Sound [2][]float32

	buf  [2][]float32
	kept bool
}

var ticks = sync.Pool{New: func() any { return new(Tick) }}

// NewTick returns a tick with room for the given number of samples a channel.
// The samples are not cleared.
func NewTick(samples int) *Tick {
	t := ticks.Get().(*Tick)
	for c := range t.buf {
		if cap(t.buf[c]) < samples {
			t.buf[c] = make([]float32, samples)
		}
		t.Sound[c] = t.buf[c][:samples]
	}
	t.N, t.Picture = 0, nil
	Live.Ticks.Add(1)
	return t
}

// NewKept returns a tick that stays its maker's: Free gives back its picture and
// nothing else, so that the maker can hand it out again and again, with
// [Tick.Again], instead of making a tick for each. It is for clips that cost
// nothing, as in a rehearsal: whoever takes the ticks has to free each before it
// asks for the next, which the engine does when its encoder does. The sound has
// room for a tick's samples and one more; several ticks may share it if nobody
// writes to it.
func NewKept(sound [2][]float32) *Tick { return &Tick{Sound: sound, buf: sound, kept: true} }

// Again makes a kept tick number n of its clip, with the picture.
func (t *Tick) Again(n int64, p Picture) *Tick {
	t.N, t.Picture, t.Sound = n, p, t.buf
	return t
}

// Silence sets every sample of the tick to zero.
func (t *Tick) Silence() {
	clear(t.Sound[0])
	clear(t.Sound[1])
}

// DropPicture releases the picture and keeps the sound.
func (t *Tick) DropPicture() {
	if t.Picture != nil {
		t.Picture.Release()
		t.Picture = nil
	}
}

// Free releases the tick and its picture. The tick may not be used after.
func (t *Tick) Free() {
	t.DropPicture()
	if t.kept {
		return
	}
	Live.Ticks.Add(-1)
	ticks.Put(t)
}

// Live counts what is alive in this process. Every media test ends where it
// began, and the figures are exported: Go's heap tools see none of libav's.
var Live struct {
	Ticks    atomic.Int64 // ticks not yet freed
	Pictures atomic.Int64 // handles of libav pictures
	Frames   atomic.Int64 // other libav frames
	Packets  atomic.Int64 // libav packets
}
