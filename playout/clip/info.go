package clip

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/asticode/go-astiav"

	"airloom/playout/media"
)

// describe fills in what is known of the clip once its first tick is ready.
func (r *Reader) describe() {
	r.info.Summary = r.summary()
	r.info.Ticks, r.info.Live = r.limit, r.src.live
	if n := r.declared(); n > 0 && !r.spec.Loop && (r.limit == 0 || n < r.limit) {
		r.info.Ticks = n
	}
	r.oddities()
}

// declared is the length in ticks that the file says it has, from its tick 0;
// 0 where it says nothing.
func (r *Reader) declared() int64 {
	switch {
	case r.src.live, !r.moves() && r.sound == nil:
		return 0
	case !r.moves():
		return r.trackTicks(r.sound.dec.track)
	}
	n := r.trackTicks(r.video.dec.track)
	if r.sound != nil && n > 0 {
		if s := r.trackTicks(r.sound.dec.track); s > n+2 {
			n = s
		}
	}
	return n
}

// trackTicks is how many ticks a track lasts from tick 0 on, as declared; where
// only the whole file's length is known, it is that.
func (r *Reader) trackTicks(t *track) int64 {
	if n := r.ownTicks(t); n > 0 {
		return n
	}
	d := r.src.fc.Duration()
	if d <= 0 {
		return 0
	}
	if s := r.src.fc.StartTime(); s != noPTS {
		d += s
	}
	return max(0, instant{d, media.Rational{Num: 1, Den: 1e6}}.round(r.origin(), r.house.FPS))
}

// ownTicks is the same, from what is said of this very track; 0: nothing.
func (r *Reader) ownTicks(t *track) int64 {
	end := after(tagDuration(t.stream))
	if d := t.stream.Duration(); d > 0 {
		start := t.stream.StartTime()
		if start == noPTS {
			start = 0
		}
		end = instant{start + d, t.tb}
	}
	if end.pts <= 0 {
		return 0
	}
	return max(0, end.round(r.origin(), r.house.FPS))
}

// tagDuration is where Matroska keeps a track's end.
func tagDuration(s *astiav.Stream) time.Duration {
	d := s.Metadata()
	if d == nil {
		return 0
	}
	e := d.Get("DURATION", nil, 0)
	if e == nil {
		return 0
	}
	var h, m int
	var sec float64
	if n, _ := fmt.Sscanf(e.Value(), "%d:%d:%f", &h, &m, &sec); n != 3 {
		return 0
	}
	return time.Duration(h)*time.Hour + time.Duration(m)*time.Minute + time.Duration(sec*1e9)
}

// Formats that write down how long they are, so that an early end is damage.
// Elsewhere libav guesses, from a bit rate or the last timestamps.
var exact = []string{"mov", "matroska", "webm", "mxf", "wav", "flac", "avi", "aiff", "caf", "ogg"}

func (s *source) exact() bool {
	return !s.live && slices.ContainsFunc(strings.Split(s.fc.InputFormat().Name(), ","), func(n string) bool {
		return slices.Contains(exact, n)
	})
}

// early says that the end, at tick k of the round, lies well before what the
// file declares. Some are sloppy by a second or a percent.
func (r *Reader) early(k, declared int64) bool {
	if r.limit > 0 && !r.spec.Loop {
		declared = min(declared, r.limit)
	}
	slack := max(r.house.FPS.Num/r.house.FPS.Den, declared/100)
	return r.src.exact() && declared-k > slack
}

// ending says how the clip ended: well, or before its time.
func (r *Reader) ending() error {
	if r.src.live {
		return r.src.lost(r.dm.end)
	}
	k := r.tick - r.base
	want := r.declared()
	end := r.dm.end
	broke := end != nil && !errors.Is(end, astiav.ErrEof) && !errors.Is(end, io.EOF)
	lost := r.video != nil && r.video.lost
	if !broke && !lost && !r.early(k, want) {
		return io.EOF
	}
	at := clock(r.spec.In + r.ticksLast(k))
	switch {
	case lost:
		return fault(media.FaultBroken, "ended early at %s: more than a second of it is damaged there, copy it again", at)
	case Fed(r.spec.Source) && !broke: // in order, or it would not end
		return io.EOF
	case r.src.watch.late:
		return fault(media.FaultStalled, "stalled at %s: nothing came from %s for %v: check the storage or the server", at, r.src.name, readWithin)
	case broke:
		return fault(media.FaultBroken, "ended early at %s: the file is cut off or damaged there, copy it again (libav: %w)", at, end)
	default:
		return fault(media.FaultBroken, "ended early at %s, where %s were declared: the file is cut off or damaged there, copy it again",
			at, clock(r.spec.In+r.ticksLast(want)))
	}
}

// ticksLast is what n ticks last.
func (r *Reader) ticksLast(n int64) time.Duration {
	return time.Duration(instant{n, media.Rational{Num: r.house.FPS.Den, Den: r.house.FPS.Num}}.in(nanos).pts)
}

func (r *Reader) summary() string {
	var parts []string
	if v := r.video; v != nil {
		s := fmt.Sprintf("%s %dx%d", codecName(v.dec), v.dec.cc.Width(), v.dec.cc.Height())
		if f := v.dec.track.mean; f.Num > 0 && !v.still {
			s += fmt.Sprintf(" %s fps", rate(f))
		}
		parts = append(parts, s)
	}
	if a := r.sound; a != nil {
		parts = append(parts, fmt.Sprintf("%s %d Hz %s", codecName(a.dec), a.dec.cc.SampleRate(), a.dec.cc.ChannelLayout()))
	}
	return strings.Join(parts, ", ")
}

func codecName(d *decoder) string { return d.cc.CodecID().Name() }

// rate writes a frame rate as people do: 25, 29.97.
func rate(r media.Rational) string {
	return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.3f", float64(r.Num)/float64(r.Den)), "0"), ".")
}

// oddities notes what an operator may wonder about.
func (r *Reader) oddities() {
	switch {
	case r.video == nil:
		r.note("it has no picture: a card is shown")
	case r.video.still && r.sound != nil:
		r.note("its cover is shown")
	case r.sound == nil && !r.video.still:
		r.note("it has no sound")
	}
	if r.video == nil || r.video.still {
		return
	}
	if r.video.fields.used {
		r.note("interlaced: it is deinterlaced")
	}
	avg, real := r.video.dec.track.mean, r.video.dec.track.finest
	// More than 1 % apart: the shortest step and the mean.
	if avg.Num > 0 && real.Num > 0 && real.Num*avg.Den*100 > avg.Num*real.Den*101 {
		r.note("variable frame rate: %s on average", rate(avg))
	}
	if p := r.video.cur; p != nil && coloursOf(shapeOf(p.frame)).hdr() {
		r.note("HDR: it is tone-mapped")
	}
}

// tell notes what came up while reading.
func (r *Reader) tell() {
	if r.dm == nil {
		return // it could not be opened again
	}
	if r.dm.jumps.count > 0 {
		r.note("its clock jumps: it is mended")
	}
	if r.dm.starve {
		r.note("its picture and sound lie far apart in the file")
	}
	if r.video != nil && r.video.fields.used {
		r.note("interlaced: it is deinterlaced")
	}
	if errs := r.errors(); errs > 0 {
		r.note(PartsDamaged)
	}
}

func (r *Reader) errors() int {
	n := r.dm.holes
	if r.video != nil {
		n += r.video.dec.errs
	}
	if r.sound != nil {
		n += r.sound.dec.errs
	}
	return n
}
