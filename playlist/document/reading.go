package document

import (
	"strconv"
	"strings"
)

// Reading is what came of decoding a file: the problems so far, and where every
// key stands. Keys are named by path: "encoder.video.preset", "outputs[1].url".
type Reading struct {
	Problems Problems
	places   map[string]Position
	hidden   map[string]bool
	bad      map[Position]bool // values that an error was reported for
}

// At is the place of the key's value, or of the nearest thing around it that
// the file holds.
func (r *Reading) At(path string) Position {
	for {
		if at, ok := r.places[path]; ok || path == "" {
			return at
		}
		path = path[:max(0, strings.LastIndexAny(path, ".["))]
	}
}

// Has reports whether the file holds the key.
func (r *Reading) Has(path string) bool { _, ok := r.places[path]; return ok }

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
