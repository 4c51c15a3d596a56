package record

import (
	"time"

	"airloom/playout/media"
	"airloom/playout/timeline"
)

const (
	fragment  = time.Second     // a fragment ends at the first keyframe after this …
	longest   = 3 * time.Second // … or without one
	soundLate = time.Second     // of pictures: sound that has not come by then is missing
	keptSound = 256             // frames that wait for the picture they belong to
)

// piece is a fragment: the pictures from one tick up to another, and the frames of
// sound that begin in that time.
type piece struct {
	// stretch is when the stretch of the clock began that the piece's file is of;
	// begins tells that it is the first of it, and continues that what comes before
	// stands in the file before.
	stretch           time.Time
	begins, continues bool
	from, end         int64 // ticks
	video, audio      []packet
	after             int64 // first sample of the sound that follows, as far as it is known
}

// splitter gathers packets into pieces. It looks at nothing but them and the times
// at which they came.
type splitter struct {
	grid timeline.Grid
	each time.Duration
	zone *time.Location

	now    *piece   // under way; nil before the first keyframe
	closed []*piece // that wait for the end of their sound
	audio  []packet
}

// feed takes a packet and returns the pieces that are whole by it.
func (s *splitter) feed(p packet) []*piece {
	if p.Kind == media.Audio {
		s.audio = append(s.audio, p)
		if s.now == nil && len(s.audio) > keptSound {
			s.audio = s.audio[1:]
		}
		return s.whole(false)
	}
	switch {
	case s.now == nil && !p.Key:
		return nil
	case s.now == nil:
		s.begin(p, true, false)
		return nil
	case p.DTS <= s.last():
		done := s.flush() // time runs back: nothing of it fits together
		if p.Key {
			s.begin(p, true, false)
		}
		return done
	}
	span := s.grid.Duration(p.DTS - s.now.from)
	switch {
	case p.Key && !stretchOf(p.at, s.each, s.zone).Equal(s.now.stretch):
		s.cut(p.DTS)
		s.begin(p, true, true)
	case p.Key && span >= fragment, span >= longest:
		s.cut(p.DTS)
		s.begin(p, false, true)
	default:
		s.now.video = append(s.now.video, p)
	}
	return s.whole(false)
}

// last is the tick of the latest picture.
func (s *splitter) last() int64 { return s.now.video[len(s.now.video)-1].DTS }

// begin begins a piece with the picture.
func (s *splitter) begin(p packet, begins, continues bool) {
	stretch := stretchOf(p.at, s.each, s.zone)
	if !begins {
		stretch = s.closed[len(s.closed)-1].stretch
	}
	s.now = &piece{stretch: stretch, begins: begins, continues: continues, from: p.DTS, video: []packet{p}}
}

// cut ends the piece under way before the tick.
func (s *splitter) cut(tick int64) {
	s.now.end = tick
	s.closed = append(s.closed, s.now)
}

// whole takes out the pieces whose sound has all come; in the end, all of them.
func (s *splitter) whole(all bool) (done []*piece) {
	for len(s.closed) > 0 {
		p := s.closed[0]
		first := s.grid.Sample(p.end)
		n := 0
		for n < len(s.audio) && s.audio[n].PTS < first {
			n++
		}
		missing := s.now != nil && s.grid.Duration(s.last()-p.end) >= soundLate
		if n == len(s.audio) && !missing && !all {
			return done
		}
		p.audio, p.after = s.audio[:n:n], first
		if n < len(s.audio) {
			p.after = s.audio[n].PTS
		}
		for begin := s.grid.Sample(p.from); len(p.audio) > 0 && p.audio[0].PTS < begin; { // of no picture that is kept
			p.audio = p.audio[1:]
		}
		s.audio = s.audio[n:]
		s.closed = s.closed[1:]
		done = append(done, p)
	}
	return done
}

// flush takes out all there is, and begins anew at the next keyframe.
func (s *splitter) flush() []*piece {
	if s.now != nil {
		s.cut(s.last() + 1)
		s.now = nil
	}
	done := s.whole(true)
	s.audio = nil
	return done
}

// stretchOf is when the stretch of the clock began that the moment is in: by the
// zone's clock, from midnight on. In the hour that comes twice there are two of an
// hour or less each, while a longer one takes both.
func stretchOf(at time.Time, each time.Duration, zone *time.Location) time.Time {
	at = at.In(zone)
	clock := time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute +
		time.Duration(at.Second())*time.Second + time.Duration(at.Nanosecond())
	if each <= time.Hour {
		return at.Add(-(clock % each)).Round(0)
	}
	return time.Date(at.Year(), at.Month(), at.Day(), 0, 0, int((clock-clock%each)/time.Second), 0, zone)
}
