package av

/*
#include <stdlib.h>
*/
import "C"

import (
	"errors"
	"unsafe"

	"airloom/playout/media"
)

// New makes one picture in memory of its own and lets draw fill it: planes Y, U
// and V in the house layout. It is for the slate, for cards and for tests; the
// pictures of clips live in their worker's ring.
func New(h media.House, draw func(mem []byte, l media.Layout)) (*Picture, error) {
	l := media.LayoutOf(h)
	// aligned_alloc wants a multiple of the alignment, which Size is.
	p := C.aligned_alloc(64, C.size_t(l.Size))
	if p == nil {
		return nil, errors.New("no memory for a picture")
	}
	mem := unsafe.Slice((*byte)(p), l.Size)
	draw(mem, l)
	return Wrap(h, l, mem, func() { C.free(p) })
}
