package av

/*
#include <stdlib.h>
#include <libavformat/avio.h>
*/
import "C"

import "unsafe"

// Reads reports whether libav can read by the URL scheme's protocol, such as srt.
func Reads(scheme string) bool {
	url := C.CString(scheme + "://")
	defer C.free(unsafe.Pointer(url))
	return C.avio_find_protocol_name(url) != nil
}
