package document

import (
	"strconv"
	"strings"
)

// Reading is what came of decoding a file: the problems so far, and where every
// key stands. Keys are named by path: "encoder.video.preset", "outputs[1].url".
type Reading struct {
	Problems Problems
	places   *places
	hidden   map[string]bool
	bad      map[Position]bool // values that an error was reported for
}

// At is the place of the key's value, or of the nearest thing around it that
// the file holds.
func (r *Reading) At(path string) Position {
	for {
		if at, ok := r.places.of(path); ok || path == "" {
			return at
		}
		path = path[:max(0, strings.LastIndexAny(path, ".["))]
	}
}

// Has reports whether the file holds the key.
func (r *Reading) Has(path string) bool { _, ok := r.places.of(path); return ok }

// Hidden reports whether the key's value was brought in from elsewhere: it may be
// a secret.
func (r *Reading) Hidden(path string) bool { return r.hidden[path] }

// Add takes over problems found elsewhere: their values count as not read.
func (r *Reading) Add(ps Problems) {
	if len(ps) > 0 && r.bad == nil {
		r.bad = map[Position]bool{}
	}
	for _, p := range ps {
		r.bad[p.Position] = true
	}
	r.Problems = append(r.Problems, ps...)
}

// Errorf reports an error at the key, unless its value could not be read: what
// stands in the struct then is not what the file says.
func (r *Reading) Errorf(path, format string, args ...any) {
	if at := r.At(path); !r.bad[at] {
		r.Problems.Errorf(at, format, args...)
	}
}

// Warnf reports a warning at the key, on the same terms as Errorf.
func (r *Reading) Warnf(path, format string, args ...any) {
	if at := r.At(path); !r.bad[at] {
		r.Problems.Warnf(at, format, args...)
	}
}

// Quote is the text of a key in quotes for a message, or "the value" where it
// was brought in from elsewhere and may be a secret.
func (r *Reading) Quote(path, text string) string {
	if r.hidden[path] {
		return "the value"
	}
	return strconv.Quote(text)
}

// places knows where each key stands. A playlist's items have a few keys each,
// and for those a list is cheaper than a map.
type places struct {
	few  []spot
	many map[string]Position
}

type spot struct {
	path string
	at   Position
}

const fewPlaces = 16

func (p *places) of(path string) (Position, bool) {
	if p.many != nil {
		at, ok := p.many[path]
		return at, ok
	}
	for i := range p.few {
		if p.few[i].path == path {
			return p.few[i].at, true
		}
	}
	return Position{}, false
}

func (p *places) set(path string, at Position) {
	if p.many == nil && len(p.few) < fewPlaces {
		for i := range p.few {
			if p.few[i].path == path {
				p.few[i].at = at
				return
			}
		}
		p.few = append(p.few, spot{path, at})
		return
	}
	if p.many == nil {
		p.many = make(map[string]Position, 4*fewPlaces)
		for _, s := range p.few {
			p.many[s.path] = s.at
		}
	}
	p.many[path] = at
}
