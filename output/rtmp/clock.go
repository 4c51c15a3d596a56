package rtmp

import (
	"airloom/output"
	"airloom/playout/media"
	"airloom/playout/timeline"
)

// A session's times are milliseconds in 31 bits.
const lastMillisecond = 1<<31 - 1

// clock turns a packet's counts into the session's milliseconds. Its start is
// the first picture, so that every session begins with a keyframe, at 0 but for
// tests.
type clock struct {
	grid  timeline.Grid
	begun bool
	base  int64 // tick
	start int64 // the first picture's millisecond
	last  [2]int64
}

func newClock(i media.StreamInfo, start int64) *clock {
	return &clock{start: start, grid: timeline.Grid{FPS: i.FPS, Rate: int64(i.SampleRate)}, last: [2]int64{-1, -1}}
}

// stamp returns the packet's decoding time and its composition offset, in
// milliseconds. ok is false for what lies before the session's first picture,
// such as the sound encoder's priming. A time that does not rise is an error:
// servers throw away everything until the old one is passed again, and say
// nothing of it.
func (c *clock) stamp(p *media.Packet) (dts, composition int64, ok bool, err error) {
	if !c.begun {
		if p.Kind != media.Video || !p.Key {
			return 0, 0, false, nil
		}
		c.begun, c.base = true, p.DTS
	}
	if p.Kind == media.Video {
		dts = c.grid.VideoMillis(p.DTS, c.base)
		composition = c.grid.VideoMillis(p.PTS, c.base) - dts
	} else if dts = c.grid.AudioMillis(p.DTS, c.base); dts < 0 {
		return 0, 0, false, nil
	}
	dts += c.start
	if dts <= c.last[p.Kind] {
		return 0, 0, false, fault(output.KindMedia,
			"the %s would go back from %d to %d ms: a new session is begun instead", p.Kind, c.last[p.Kind], dts)
	}
	if dts > lastMillisecond {
		return 0, 0, false, fault(output.KindMedia, "the session's clock is full: a new session is begun")
	}
	c.last[p.Kind] = dts
	return dts, composition, true, nil
}
