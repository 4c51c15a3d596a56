// Package av holds the libav memory that crosses the seams.
//
// A [Picture] is a house picture in libav's own frame: allocated here, or
// wrapped around foreign memory such as a slot of a worker's ring, without a
// copy. libav counts the references; when the last one goes, the owner of the
// memory is told. The package also sends libav's log lines to slog, through a
// few lines of C of our own: go-astiav's callback formats into 1 KiB with
// vsprintf, and a longer line is a segfault.
package av

/*
#cgo pkg-config: libavutil
#include <libavutil/buffer.h>
#include <libavutil/frame.h>
#include <libavutil/pixfmt.h>
#include <stdint.h>

void airloomFreed(uintptr_t);

static void freed(void *opaque, uint8_t *data) { airloomFreed((uintptr_t)opaque); }

// wrap makes frame a house picture whose planes lie in one stretch of memory.
static int wrap(AVFrame *f, uint8_t *mem, size_t size, uintptr_t owner, int w, int h,
                int stride_y, int stride_c, size_t off_u, size_t off_v) {
	f->buf[0] = av_buffer_create(mem, size, freed, (void *)owner, AV_BUFFER_FLAG_READONLY);
	if (!f->buf[0]) return -1;
	f->format = AV_PIX_FMT_YUV420P;
	f->width = w;
	f->height = h;
	f->data[0] = mem;
	f->data[1] = mem + off_u;
	f->data[2] = mem + off_v;
	f->linesize[0] = stride_y;
	f->linesize[1] = f->linesize[2] = stride_c;
	f->sample_aspect_ratio = (AVRational){1, 1};
	f->color_range = AVCOL_RANGE_MPEG;
	f->colorspace = AVCOL_SPC_BT709;
	f->color_primaries = AVCOL_PRI_BT709;
	f->color_trc = AVCOL_TRC_BT709;
	f->chroma_location = AVCHROMA_LOC_LEFT;
	return 0;
}
*/
import "C"

import (
	"errors"
	"fmt"
	"runtime/cgo"
	"unsafe"

	"github.com/asticode/go-astiav"

	"airloom/playout/media"
)

// Picture is a house picture in libav memory. It is a [media.Picture].
type Picture struct {
	frame *astiav.Frame
}

// Wrap makes a picture of foreign memory that holds a tick in the layout of the
// house format. Nothing is copied; freed is called exactly once, from any
// thread, when libav and every holder have let go of it, also when Wrap fails.
func Wrap(h media.House, l media.Layout, mem []byte, freed func()) (*Picture, error) {
	if len(mem) < l.Size {
		freed()
		return nil, fmt.Errorf("wrap picture: %d bytes where %d are needed", len(mem), l.Size)
	}
	p := handle()
	if p == nil {
		freed()
		return nil, errors.New("wrap picture: out of memory")
	}
	owner := cgo.NewHandle(freed)
	rc := C.wrap((*C.AVFrame)(p.frame.UnsafePointer()), (*C.uint8_t)(unsafe.Pointer(&mem[0])), C.size_t(l.OffL), C.uintptr_t(owner),
		C.int(h.Width), C.int(h.Height), C.int(l.StrideY), C.int(l.StrideC), C.size_t(l.OffU), C.size_t(l.OffV))
	if rc != 0 {
		p.frame.Free()
		owner.Delete()
		freed()
		return nil, errors.New("wrap picture: out of memory")
	}
	media.Live.Pictures.Add(1)
	return p, nil
}

// spare keeps handles for the next picture, so that the steady state of a
// channel, a few handles a tick, allocates nothing.
var spare = make(chan *Picture, 32)

// handle returns a picture without memory, or nil when there is none to be had.
func handle() *Picture {
	select {
	case p := <-spare:
		return p
	default:
	}
	f := astiav.AllocFrame()
	if f == nil {
		return nil
	}
	return &Picture{frame: f}
}

//export airloomFreed
func airloomFreed(owner C.uintptr_t) {
	h := cgo.Handle(owner)
	free := h.Value().(func())
	h.Delete()
	free()
}

// Frame lends the libav frame: valid until this handle is released, not to be
// written to or freed.
func (p *Picture) Frame() *astiav.Frame { return p.frame }

// Ref returns another handle to the same memory.
func (p *Picture) Ref() media.Picture {
	r := handle()
	if r == nil || r.frame.Ref(p.frame) != nil {
		panic("out of memory for a picture's handle") // a few hundred bytes: nothing goes on without
	}
	media.Live.Pictures.Add(1)
	return r
}

// Release gives the handle back. It may not be used after.
func (p *Picture) Release() {
	p.frame.Unref()
	media.Live.Pictures.Add(-1)
	select {
	case spare <- p:
	default:
		p.frame.Free()
	}
}
