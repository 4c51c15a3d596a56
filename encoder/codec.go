package encoder

/*
#cgo pkg-config: libavcodec libavutil
#include <libavcodec/avcodec.h>
*/
import "C"

import (
	"errors"
	"fmt"
	"time"
	"unsafe"

	"github.com/asticode/go-astiav"

	"airloom/playout/media"
)

// codec is one open encoder. Feeding and emptying it goes past astiav, which
// makes an error value of every "not yet", several of them in each tick.
type codec struct {
	ctx *astiav.CodecContext
	pkt *C.AVPacket
	// emit gets each packet; data is libav's and valid only during the call.
	emit func(data []byte, pts, dts int64, key bool)
}

// openCodec opens the named encoder. What it leaves in opts, it did not know.
func openCodec(name string, prepare func(*astiav.CodecContext), opts *astiav.Dictionary) (*codec, error) {
	found := astiav.FindEncoderByName(name)
	if found == nil {
		return nil, fmt.Errorf("no encoder %q is built in", name)
	}
	c := &codec{ctx: astiav.AllocCodecContext(found), pkt: C.av_packet_alloc()}
	if c.ctx == nil || c.pkt == nil {
		return nil, errors.New("out of memory")
	}
	media.Live.Packets.Add(1)
	prepare(c.ctx)
	if err := c.ctx.Open(found, opts); err != nil {
		c.free()
		return nil, err
	}
	return c, nil
}

func (c *codec) free() {
	c.ctx.Free()
	C.av_packet_free(&c.pkt)
	media.Live.Packets.Add(-1)
}

// send gives the encoder a frame, which stays the caller's, and emits what is
// ready then.
func (c *codec) send(f *astiav.Frame) error {
	return c.feed((*C.AVFrame)(f.UnsafePointer()), time.Time{})
}

// flush emits what the encoder still holds. The encoder takes no more frames.
// What is not out by the given time is forgone; a zero time waits for all.
func (c *codec) flush(until time.Time) error { return c.feed(nil, until) }

func (c *codec) feed(f *C.AVFrame, until time.Time) error {
	ctx := (*C.AVCodecContext)(c.ctx.UnsafePointer())
	if rc := C.avcodec_send_frame(ctx, f); rc < 0 {
		return astiav.Error(rc)
	}
	for until.IsZero() || time.Now().Before(until) {
		rc := C.avcodec_receive_packet(ctx, c.pkt)
		if rc == -C.EAGAIN || rc == C.AVERROR_EOF {
			return nil
		}
		if rc < 0 {
			return astiav.Error(rc)
		}
		c.emit(unsafe.Slice((*byte)(c.pkt.data), int(c.pkt.size)), int64(c.pkt.pts), int64(c.pkt.dts),
			c.pkt.flags&C.AV_PKT_FLAG_KEY != 0)
		C.av_packet_unref(c.pkt)
	}
	return nil
}

// reorders reports whether the encoder puts pictures out of order (B frames).
func (c *codec) reorders() bool {
	return (*C.AVCodecContext)(c.ctx.UnsafePointer()).has_b_frames > 0
}

// plane is the memory of one channel of an fltp frame.
func plane(f *astiav.Frame, channel int) []float32 {
	data := (*C.AVFrame)(f.UnsafePointer()).data[channel]
	return unsafe.Slice((*float32)(unsafe.Pointer(data)), f.NbSamples())
}
