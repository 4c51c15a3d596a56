package clip

// #cgo LDFLAGS: -ldl
// #include "reach.h"
// #include <stdlib.h>
import "C"

import (
	"net/url"
	"runtime"
	"unsafe"

	"airloom/playout/media"
)

// reach is where an address may lead, by a redirect, a playlist or a description of
// its streams: to the hosts that may be named at all, and to nothing nearer to this
// machine than its own host is. What is on the Internet leads to no address of the
// house's network, what is there to none of the machine itself.
type reach struct{ c *C.clip_reach }

func newReach(spec media.Spec) *reach {
	host := ""
	if u, err := url.Parse(spec.Source); err == nil {
		host = u.Hostname()
	}
	r := &reach{(*C.clip_reach)(C.calloc(1, C.sizeof_clip_reach))}
	r.c.own, r.c.hosts = C.CString(host), C.CString(spec.Hosts)
	return r
}

// during has one call into libav keep to the reach.
func (r *reach) during(call func() error) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	C.clip_reach_set(r.c)
	defer C.clip_reach_set(nil)
	return call()
}

// refused is the host that was led to and may not be; "": none was.
func (r *reach) refused() string { return C.GoString(&r.c.refused[0]) }

func (r *reach) free() {
	C.free(unsafe.Pointer(r.c.own))
	C.free(unsafe.Pointer(r.c.hosts))
	C.free(unsafe.Pointer(r.c))
}

// answers says whether a host may be reached at an address that it is said to have.
func (r *reach) answers(host, address string) bool {
	h, a := C.CString(host), C.CString(address)
	defer C.free(unsafe.Pointer(h))
	defer C.free(unsafe.Pointer(a))
	return C.clip_reach_answers(r.c, h, a) == 1
}

// barred says that an address is reached only where its host is listed.
func barred(address string) bool {
	c := C.CString(address)
	defer C.free(unsafe.Pointer(c))
	return C.clip_barred(c) == 1
}

// classOf is the class of an address.
func classOf(address string) int {
	c := C.CString(address)
	defer C.free(unsafe.Pointer(c))
	return int(C.clip_class(c))
}
