package av

/*
#include <libavutil/log.h>

void airloom_log_install(int level);

static void airloom_log_default(int level) {
	av_log_set_level(level);
	av_log_set_callback(av_log_default_callback);
}
*/
import "C"

import (
	"strings"
	"sync"

	"github.com/asticode/go-astiav"
)

// captured collects lines while a Capture is under way.
var captured struct {
	begin sync.Mutex // one Capture at a time
	sync.Mutex
	on    bool
	lines []string
}

// Capture calls fn and returns what libav logged meanwhile, of the given level
// and more severe, without the "[name @ address]" before each line. Those lines
// go nowhere else, whoever caused them: it is for the start of a process, where
// a codec says only in its log which option it did not like.
func Capture(level astiav.LogLevel, fn func()) []string {
	captured.begin.Lock()
	defer captured.begin.Unlock()
	before := C.av_log_get_level()
	captured.Lock()
	captured.on, captured.lines = true, nil
	captured.Unlock()
	C.airloom_log_install(C.int(level))
	defer func() {
		if logTo.Load() != nil {
			C.airloom_log_install(before)
		} else {
			C.airloom_log_default(before)
		}
	}()
	fn()
	captured.Lock()
	defer captured.Unlock()
	captured.on = false
	return captured.lines
}

// capture keeps the line if a Capture is under way.
func capture(line string) bool {
	captured.Lock()
	defer captured.Unlock()
	if !captured.on {
		return false
	}
	if strings.HasPrefix(line, "[") {
		if _, rest, ok := strings.Cut(line, "] "); ok {
			line = rest
		}
	}
	captured.lines = append(captured.lines, line)
	return true
}
