package clip

// #cgo pkg-config: libavcodec libavformat libavutil libswresample
// #include "shim.h"
// #include <stdlib.h>
import "C"

import (
	"unsafe"

	"github.com/asticode/go-astiav"

	"airloom/playout/media"
)

// noPTS is libav's word for a timestamp that is not there.
const noPTS = -1 << 63

func rational(r astiav.Rational) media.Rational {
	return media.Rational{Num: int64(r.Num()), Den: int64(r.Den())}
}

// newFrame and freeFrame count the frames this package holds.
func newFrame() *astiav.Frame {
	f := astiav.AllocFrame()
	if f == nil {
		panic("out of memory for a frame") // a few hundred bytes: nothing goes on without
	}
	media.Live.Frames.Add(1)
	return f
}

func freeFrame(f *astiav.Frame) {
	if f != nil {
		f.Free()
		media.Live.Frames.Add(-1)
	}
}

func newPacket() *astiav.Packet {
	p := astiav.AllocPacket()
	if p == nil {
		panic("out of memory for a packet")
	}
	media.Live.Packets.Add(1)
	return p
}

func freePacket(p *astiav.Packet) {
	if p != nil {
		p.Free()
		media.Live.Packets.Add(-1)
	}
}

// clocked says that a packet's time is by its sender's report, which says what time
// of day it was. go-astiav does not hand the packet out.
func clocked(p *astiav.Packet) bool {
	return C.clip_clocked(*(*unsafe.Pointer)(unsafe.Pointer(p))) != 0
}

func isKey(p *astiav.Packet) bool { return p.Flags().Has(astiav.PacketFlagKey) }

// shape is what of a picture decides how it becomes a house picture.
type shape struct {
	format                   astiav.PixelFormat
	width, height            int
	sar                      media.Rational // 0/x: unknown
	rng, space               int
	primaries, trc, location int
	turn                     turn
}

func shapeOf(f *astiav.Frame) shape {
	var c C.clip_shape
	C.clip_frame_shape(f.UnsafePointer(), &c)
	s := shape{
		format: astiav.PixelFormat(c.format), width: int(c.width), height: int(c.height),
		sar: media.Rational{Num: int64(c.sar_num), Den: int64(c.sar_den)},
		rng: int(c._range), space: int(c.space), primaries: int(c.primaries), trc: int(c.trc), location: int(c.chroma),
	}
	if c.turned != 0 {
		var m [9]int32
		for i := range m {
			m[i] = int32(c.matrix[i])
		}
		s.turn = turnOf(m)
	}
	return s
}

// stamp is what of a frame decides when it is shown.
type stamp struct {
	pts, duration                 int64 // noPTS, 0: unknown
	interlaced, topFirst, corrupt bool
}

func stampOf(f *astiav.Frame) stamp {
	var c C.clip_stamp
	C.clip_frame_stamp(f.UnsafePointer(), &c)
	return stamp{
		pts: int64(c.pts), duration: int64(c.duration),
		interlaced: c.interlaced != 0, topFirst: c.top_first != 0, corrupt: c.corrupt != 0,
	}
}

func setColours(f *astiav.Frame, rng, space, primaries, trc int) {
	C.clip_frame_colours(f.UnsafePointer(), C.int(rng), C.int(space), C.int(primaries), C.int(trc))
}

func setFields(f *astiav.Frame, interlaced, topFirst bool) {
	b := map[bool]C.int{true: 1}
	C.clip_frame_fields(f.UnsafePointer(), b[interlaced], b[topFirst])
}

// place says which part of a frame goes where in a house picture.
type place struct {
	x, y, w, h   int // in the house picture, even
	fromX, fromY int // in the frame, even
}

// copyPicture copies a yuv420p frame into a slot and paints the rest black.
func copyPicture(f *astiav.Frame, slot []byte, h media.House, l media.Layout, p place) {
	c := C.clip_place{
		stride_y: C.int(l.StrideY), stride_c: C.int(l.StrideC), house_w: C.int(h.Width), house_h: C.int(h.Height),
		off_u: C.size_t(l.OffU), off_v: C.size_t(l.OffV),
		x: C.int(p.x), y: C.int(p.y), w: C.int(p.w), h: C.int(p.h), from_x: C.int(p.fromX), from_y: C.int(p.fromY),
	}
	C.clip_frame_copy(f.UnsafePointer(), (*C.uint8_t)(unsafe.Pointer(&slot[0])), &c)
}

func setupCodec(cc *astiav.CodecContext, tb media.Rational, threads int) {
	C.clip_codec_setup(cc.UnsafePointer(), C.int(tb.Num), C.int(tb.Den), C.int(threads))
}

func flushCodec(cc *astiav.CodecContext) { C.clip_codec_flush(cc.UnsafePointer()) }

func fieldOrder(cc *astiav.CodecContext) int { return int(C.clip_field_order(cc.UnsafePointer())) }

// demuxersWithout lists libav's demuxers except some, for format_whitelist.
func demuxersWithout(names string) string {
	c := C.CString(names)
	defer C.free(unsafe.Pointer(c))
	all := C.clip_demuxers(c)
	defer C.free(unsafe.Pointer(all))
	return C.GoString(all)
}

// soundShape is what of a sound frame its resampler is made for.
type soundShape struct {
	format, rate, channels int
	layout                 uint64
}

func soundShapeOf(f *astiav.Frame) (s soundShape, samples int) {
	var c C.clip_sound
	C.clip_frame_sound(f.UnsafePointer(), &c)
	return soundShape{format: int(c.format), rate: int(c.rate), channels: int(c.channels), layout: uint64(c.layout)}, int(c.samples)
}

// resampler makes planar float stereo of the house rate of any sound.
type resampler struct {
	swr  unsafe.Pointer
	l, r []float32 // scratch, valid until the next call
}

func newResampler(f *astiav.Frame, rate int) *resampler {
	p := C.clip_swr_new(f.UnsafePointer(), C.int(rate))
	if p == nil {
		return nil
	}
	return &resampler{swr: p}
}

func (s *resampler) free() {
	if s != nil && s.swr != nil {
		C.clip_swr_free(s.swr)
		s.swr = nil
	}
}

// silence puts samples of silence, of the source's rate, before what is converted next.
func (s *resampler) silence(samples int64) {
	if samples > 0 {
		C.clip_swr_silence(s.swr, C.int(samples))
	}
}

// convert takes count samples of the frame from skip on; without a frame it
// drains what the filter still holds.
func (s *resampler) convert(f *astiav.Frame, skip, count int) (l, r []float32, err error) {
	room := int(C.clip_swr_room(s.swr, C.int(count))) + 32
	if cap(s.l) < room {
		s.l, s.r = make([]float32, room), make([]float32, room)
	}
	var p unsafe.Pointer
	if f != nil {
		p = f.UnsafePointer()
	}
	n := C.clip_swr_convert(s.swr, p, C.int(skip), C.int(count),
		(*C.float)(&s.l[:1][0]), (*C.float)(&s.r[:1][0]), C.int(room))
	if n < 0 {
		return nil, nil, astiav.Error(n)
	}
	return s.l[:n], s.r[:n], nil
}

// setPTS gives a frame its time, and leaves its duration to be guessed.
func setPTS(f *astiav.Frame, pts int64) {
	C.clip_frame_time(f.UnsafePointer(), C.int64_t(pts), 0)
}
