package probe

import (
	"time"

	"airloom/playout/media"
)

// Known says how much is known of a file.
type Known string

// What may be known of a file.
const (
	Good     Known = "ok"       // it plays
	Checking Known = "checking" // it is being looked at, or will be
	Bad      Known = "bad"      // it cannot play
	Unknown  Known = "unknown"  // the storage does not answer, or too much is waiting
)

// About is what is known of one file.
type About struct {
	Known   Known
	Problem string         // why it cannot play, or is not known
	Ticks   int64          // how long it is; 0: it does not say, or is not known
	Made    *media.Streams // nil: not known
}

// maxAsked is how much may wait to be looked at only because somebody browses.
const maxAsked = 1000

// About is what is known of the file with that path below the media root, as it
// is now: of that size, changed at that time. It answers at once; what it does
// not know is looked at, once, and does not change the plan.
func (p *Prober) About(path string, size int64, changed time.Time) About {
	l := p.length(key{source: path})
	now := version{size, changed.UnixNano()}
	p.mu.Lock()
	a := l.about(now)
	ask := a.Known == Checking && !l.queued.Load()
	if ask && (len(p.queue) >= maxAsked || time.Now().Before(l.again)) {
		a.Known, a.Problem, ask = Unknown, l.fault, false
	}
	l.wanted.Store(true)
	p.mu.Unlock()
	if ask && l.queued.CompareAndSwap(false, true) {
		p.push(job{length: l})
	}
	return a
}

// Peek is the same, and has nothing looked at.
func (p *Prober) Peek(path string, size int64, changed time.Time) About {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if l := p.lengths[key{source: path}]; l != nil {
		return l.about(version{size, changed.UnixNano()})
	}
	return About{Known: Unknown}
}

// about is for who has locked.
func (l *length) about(now version) About {
	ticks := l.ticks.Load()
	switch {
	case ticks == CannotPlay && l.kind == media.FaultCrashed:
		return About{Known: Bad, Problem: l.fault}
	case l.file != now:
		return About{Known: Checking}
	case ticks == CannotPlay:
		return About{Known: Bad, Problem: l.fault}
	case l.made == nil:
		return About{Known: Checking, Ticks: ticks}
	}
	return About{Known: Good, Ticks: ticks, Made: l.made}
}

// OnLook has f called with the source of each file that has been looked at, from
// another goroutine. It must not wait.
func (p *Prober) OnLook(f func(source string)) { p.onLook.Store(&f) }

func (p *Prober) told(l *length) {
	if f := p.onLook.Load(); f != nil && l != nil && l.wanted.Load() {
		(*f)(l.key.source)
	}
}

// makeup tells one kind of file from another.
type makeup struct {
	video media.VideoStream
	audio media.AudioStream
}

// maxMakes bounds how many makeups are shared.
const maxMakes = 10_000

// shared is the one copy of what many files are made of. It is for who has locked.
func (p *Prober) shared(s *media.Streams) *media.Streams {
	if s == nil {
		return nil
	}
	var m makeup
	if s.Video != nil {
		m.video = *s.Video
	}
	if s.Audio != nil {
		m.audio = *s.Audio
	}
	if one := p.makes[m]; one != nil {
		return one
	}
	if len(p.makes) >= maxMakes || p.makes == nil {
		p.makes = map[makeup]*media.Streams{}
	}
	p.makes[m] = s
	return s
}

// IsMedia tells by its name whether a file may be played: a film, sound or a picture.
func IsMedia(name string) bool {
	film, picture := kindOf(name)
	return film || picture
}

// IsHidden tells files and folders that are not shown: hidden ones, leftovers of
// editors, and what other programs keep among the media.
func IsHidden(name string) bool { return hidden(name) }
