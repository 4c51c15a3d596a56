// Package document reads a file that a person wrote, as YAML or JSON, strictly
// and with the place of everything in it.
//
// [Parse] turns bytes into a tree of [Node]s. [Decode] fills a struct from the
// tree: an unknown or doubled key, or a value that is not what its field wants,
// becomes a [Problem] with file, line, column and remedy, and reading goes on, so
// that one look shows all of them. The config and the playlists are read through
// it, which is why both complain in one voice. It is a leaf.
package document

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Position is a place in a file. Line and Column count from 1, in characters.
type Position struct {
	File         string
	Line, Column int
}

func (p Position) String() string {
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// Severity says whether a problem stands in the way.
type Severity string

// The severities.
const (
	Error   Severity = "error"   // the file cannot be used
	Warning Severity = "warning" // it can, but may not do what is wanted
)

// Problem is one thing wrong with a file: what, where, and what to do.
type Problem struct {
	Position
	Severity Severity
	Message  string
}

// String is the problem on one line: FILE:LINE:COL: message.
func (p Problem) String() string {
	if p.Severity == Warning {
		return fmt.Sprintf("%s: warning: %s", p.Position, p.Message)
	}
	return fmt.Sprintf("%s: %s", p.Position, p.Message)
}

// Problems is everything wrong with a file, or with several.
type Problems []Problem

// Errorf adds an error.
func (ps *Problems) Errorf(at Position, format string, args ...any) {
	if !ps.full(Error) {
		*ps = append(*ps, Problem{at, Error, readable(fmt.Sprintf(format, args...))})
	}
}

// Warnf adds a warning.
func (ps *Problems) Warnf(at Position, format string, args ...any) {
	if !ps.full(Warning) {
		*ps = append(*ps, Problem{at, Warning, readable(fmt.Sprintf(format, args...))})
	}
}

// readable cuts off a message that quotes a value of any length.
func readable(message string) string {
	const longest = 2000
	if len(message) <= longest {
		return message
	}
	return strings.ToValidUTF8(message[:longest], "") + "…"
}

// bound is how many problems are kept: a file can hold millions.
const bound = 50_000

// full reports whether one more would be too many. Of warnings alone there may
// never be so many that an error is lost.
func (ps *Problems) full(s Severity) bool {
	n := len(*ps)
	return n >= bound && (s == Warning || (*ps)[n-1].Severity == Error || n > bound)
}

// most is how many problems are told: who has more than that has one, at the top.
const most = 1000

// Sort puts the problems into the order of the file's lines, drops repeats, and
// closes a list that is beyond reading with how many more there are. Files keep
// the order in which they first appear.
func (ps *Problems) Sort() {
	files := map[string]int{}
	for _, p := range *ps {
		if _, ok := files[p.File]; !ok {
			files[p.File] = len(files)
		}
	}
	slices.SortStableFunc(*ps, func(a, b Problem) int {
		return cmp.Or(files[a.File]-files[b.File], a.Line-b.Line, a.Column-b.Column, cmp.Compare(a.Message, b.Message))
	})
	*ps = slices.Compact(*ps)
	if more := len(*ps) - most; more > 0 {
		rest := (*ps)[most:]
		closing := Problem{rest[0].Position, Warning, fmt.Sprintf("and %d more: mend the first ones, and look again", more)}
		if rest.Fatal() {
			closing.Severity = Error
		}
		*ps = append((*ps)[:most:most], closing)
	}
}

// Fatal reports whether any of the problems is an error.
func (ps Problems) Fatal() bool {
	return slices.ContainsFunc(ps, func(p Problem) bool { return p.Severity == Error })
}

// Err is nil when there are only warnings, else an error whose text is the
// errors, one a line.
func (ps Problems) Err() error {
	var lines []string
	for _, p := range ps {
		if p.Severity == Error {
			lines = append(lines, p.String())
		}
	}
	if lines == nil {
		return nil
	}
	return errors.New(strings.Join(lines, "\n"))
}

// String is all problems, one a line.
func (ps Problems) String() string {
	var b strings.Builder
	for _, p := range ps {
		fmt.Fprintln(&b, p)
	}
	return b.String()
}

// Kind is the kind of a node.
type Kind uint8

// The kinds of nodes.
const (
	Null Kind = iota // nothing was written
	Scalar
	List
	Map
)

func (k Kind) String() string {
	return [...]string{"nothing", "a single value", "a list", "a mapping"}[k]
}

// Node is one value of a file.
type Node struct {
	Position
	Kind   Kind
	Text   string // a scalar, as written, without its quotes
	Plain  bool   // the scalar stands without quotes
	Hidden bool   // the text came from elsewhere and may be a secret: never print it
	Items  []*Node
	Fields []Field
}

// Field is one key of a mapping and its value.
type Field struct {
	Position // of the key
	Key      string
	Value    *Node
}

// Field returns the value of a key, or nil.
func (n *Node) Field(key string) *Node {
	for _, f := range n.Fields {
		if f.Key == key {
			return f.Value
		}
	}
	return nil
}

// Scalars calls f for every scalar of the tree.
func (n *Node) Scalars(f func(*Node)) {
	if n.Kind == Scalar {
		f(n)
	}
	for _, c := range n.Items {
		c.Scalars(f)
	}
	for _, c := range n.Fields {
		c.Value.Scalars(f)
	}
}

// Quote is the text in quotes for a message, cut short, or "the value" where it
// may be a secret.
func (n *Node) Quote() string {
	const shown = 60
	if n.Hidden {
		return "the value"
	}
	if r := []rune(n.Text); len(r) > shown {
		return fmt.Sprintf("%q…", string(r[:shown]))
	}
	return fmt.Sprintf("%q", n.Text)
}
