package av

/*
#include <libavutil/avutil.h>

void airloom_log_install(int level);
*/
import "C"

import (
	"sync/atomic"

	"github.com/asticode/go-astiav"
)

var logTo atomic.Pointer[func(level astiav.LogLevel, line string)]

// SetLog sends libav's log lines of the given level and more severe ones to fn,
// without their line ends. fn is called on whatever thread libav logs on, in the
// middle of its work: it must not block. It serves the whole process.
func SetLog(level astiav.LogLevel, fn func(level astiav.LogLevel, line string)) {
	logTo.Store(&fn)
	C.airloom_log_install(C.int(level))
}

//export airloomLog
func airloomLog(level C.int, line *C.char) {
	text := C.GoString(line)
	if capture(text) {
		return
	}
	if fn := logTo.Load(); fn != nil {
		(*fn)(astiav.LogLevel(level), text)
	}
}

// Version is the version of the FFmpeg that is linked.
func Version() string { return C.GoString(C.av_version_info()) }
