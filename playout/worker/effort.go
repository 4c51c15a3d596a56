package worker

import (
	"time"

	"golang.org/x/sys/unix"

	"airloom/playout/media"
	"airloom/playout/timeline"
)

// effort measures the processor time that ticks take, in windows of a few ticks:
// what tells a clip that is too heavy from a machine that is too busy.
type effort struct {
	limit time.Duration // processor time of a window above which the clip is heavy
	begin time.Duration // processor time used up to the window's begin
	ticks int
	heavy bool
	said  bool // heavy, as last told
	now   func() time.Duration
}

// window is how many ticks are judged together: few, since a clip that is far
// too heavy gives few.
const window = 8

func newEffort(h media.House) *effort {
	real := timeline.Of(h).Duration(window)
	return &effort{limit: real * 4 / 5, begin: ProcessorTime(), now: ProcessorTime}
}

// tick is called before each tick is read.
func (e *effort) tick() {
	if e.ticks++; e.ticks <= window {
		return
	}
	now := e.now()
	e.heavy = now-e.begin > e.limit
	e.begin, e.ticks = now, 1
}

// changed reports, once for each change, that the clip has become heavy or light.
func (e *effort) changed() bool {
	if e.heavy == e.said {
		return false
	}
	e.said = e.heavy
	return true
}

// ProcessorTime is what this process has used, all its threads together.
func ProcessorTime() time.Duration {
	var u unix.Rusage
	_ = unix.Getrusage(unix.RUSAGE_SELF, &u) // it cannot fail
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
