package document

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"sort"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

func parseYAML(name string, data []byte) (*Node, Problems) {
	var ps Problems
	if at := indentingTab(data); at >= 0 {
		ps.Errorf(place(name, data, at), "a tab: YAML is indented with spaces only, two a level")
		return nil, ps
	}
	if marks(data) > maxMarks {
		ps.Errorf(Position{name, 1, 1}, "more than %d keys and values: split the file", maxMarks)
		return nil, ps
	}
	doc, second, err := load(data)
	if err != nil {
		at, words := explain(name, data, err)
		ps.Errorf(at, "%s", words)
		return nil, ps
	}
	if second != nil {
		ps.Errorf(Position{name, second.Line, second.Column}, "a second document begins here: keep one a file, and remove the --- line")
		return nil, ps
	}
	if doc == nil || len(doc.Content) == 0 {
		return &Node{Position: Position{name, 1, 1}}, nil
	}
	c := converter{file: name}
	n := c.convert(doc.Content[0], 0)
	return n, c.problems
}

// maxMarks is how many marks a file may hold: 200,000 items with half a dozen keys.
const maxMarks = 4_000_000

// marks counts what may begin a value, twice where a key stands before it: a tree
// cannot hold many more, and yaml.v3 has no bound of its own. A file of commas
// would take a hundred times its size.
func marks(data []byte) (n int) {
	for i, c := range data {
		switch c {
		case ',', '[', '{':
			n++
		case '-', '?':
			if endsWord(data, i) {
				n++
			}
		case ':':
			if endsWord(data, i) || i > 0 && (data[i-1] == '"' || data[i-1] == '\'') {
				n += 2
			}
		}
	}
	return n
}

// searchable is the largest file that is read some twenty times over to find the
// very character of a mistake.
const searchable = 128 << 10

// mistake is where the shortest beginning of the file ends that fails in this way.
func mistake(data []byte, err error) int {
	var end int
	if len(data) <= searchable {
		end = sort.Search(len(data), func(n int) bool {
			_, _, e := load(data[:n])
			return e != nil && e.Error() == err.Error()
		})
	} else {
		end = mistakeInLarge(data, err)
	}
	for end < len(data) && !utf8.RuneStart(data[end]) {
		end++
	}
	return end
}

// mistakeInLarge looks at the last few list items before the place where the
// reading stopped, a little behind the mistake: without those before them, they
// should fail in the same way. If they do not, that place has to do.
func mistakeInLarge(data []byte, err error) int {
	r := &sipper{data: data}
	_, _, _ = loadFrom(r)
	dashes := dash.FindAllIndex(data[:r.at], -1)
	const few = 4
	if len(dashes) <= few {
		return r.at
	}
	first, begin := dashes[0][0], dashes[len(dashes)-few][0]
	stop := min(len(data), r.at+searchable/4)
	if first+stop-begin > searchable {
		return r.at
	}
	short := append(append([]byte(nil), data[:first]...), data[begin:stop]...)
	_, _, again := load(short)
	if again == nil || yamlLine.ReplaceAllString(again.Error(), "") != yamlLine.ReplaceAllString(err.Error(), "") {
		return r.at
	}
	return max(first, mistake(short, again)) - first + begin
}

var dash = regexp.MustCompile(`(?m)^ *- `)

// sipper hands out one byte at a time. yaml.v3 asks for no more than it needs, so
// what it has taken when it fails ends near the mistake.
type sipper struct {
	data []byte
	at   int
}

func (s *sipper) Read(p []byte) (int, error) {
	if s.at == len(s.data) {
		return 0, io.EOF
	}
	n := copy(p[:1], s.data[s.at:])
	s.at += n
	return n, nil
}

// endsWord reports whether nothing but space follows the character.
func endsWord(data []byte, i int) bool {
	return i+1 == len(data) || strings.IndexByte(" \t\r\n", data[i+1]) >= 0
}

// load reads the first document, and the second if there is one.
func load(data []byte) (first, second *yaml.Node, err error) {
	return loadFrom(bytes.NewReader(data))
}

func loadFrom(r io.Reader) (first, second *yaml.Node, err error) {
	// yaml.v3 panics on a few files that it did not foresee, and a playlist
	// somebody dropped must never end the channel.
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("yaml: %v", r)
		}
	}()
	d := yaml.NewDecoder(r)
	first, second = new(yaml.Node), new(yaml.Node)
	if err = d.Decode(first); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, nil, nil
		}
		return nil, nil, err
	}
	if err = d.Decode(second); err != nil {
		if errors.Is(err, io.EOF) {
			return first, nil, nil
		}
		return nil, nil, err
	}
	return first, second, nil
}

// indentingTab is the offset of the first tab that stands before anything else
// on its line, or −1. Blank lines and comments may hold any.
func indentingTab(data []byte) int {
	offset := 0
	for line := range bytes.Lines(data) {
		indent := line[:len(line)-len(bytes.TrimLeft(line, " \t"))]
		rest := bytes.TrimSpace(line)
		if i := bytes.IndexByte(indent, '\t'); i >= 0 && len(rest) > 0 && rest[0] != '#' {
			return offset + i
		}
		offset += len(line)
	}
	return -1
}

type converter struct {
	file     string
	problems Problems
}

func (c *converter) errorf(n *yaml.Node, format string, args ...any) {
	c.problems.Errorf(Position{c.file, n.Line, n.Column}, format, args...)
}

// convert makes our node of YAML's. What YAML can do beyond plain lists and
// mappings is refused: in a file of this kind it is a mistake or a trap.
func (c *converter) convert(y *yaml.Node, depth int) *Node {
	n := &Node{Position: Position{c.file, y.Line, y.Column}}
	switch {
	case depth > maxDepth:
		c.errorf(y, "more than %d levels deep: no file of airloom's is", maxDepth)
		return n
	case y.Kind == yaml.AliasNode:
		c.errorf(y, "aliases (*%s) are not supported: write the value out", y.Value)
		return n
	case y.Anchor != "":
		c.errorf(y, "anchors (&%s) are not supported: remove it", y.Anchor)
	case y.Style&yaml.TaggedStyle != 0:
		c.errorf(y, "tags (%q) are not supported: remove it", y.Tag)
	}
	switch y.Kind {
	case yaml.SequenceNode:
		n.Kind = List
		n.Items = make([]*Node, len(y.Content))
		for i, item := range y.Content {
			n.Items[i] = c.convert(item, depth+1)
			y.Content[i] = nil // two trees of a large file need not be there at once
		}
	case yaml.MappingNode:
		n.Kind = Map
		n.Fields = make([]Field, 0, len(y.Content)/2)
		for i := 0; i+1 < len(y.Content); i += 2 {
			c.field(n, y.Content[i], y.Content[i+1], depth)
		}
	case yaml.ScalarNode:
		quotes := yaml.SingleQuotedStyle | yaml.DoubleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle
		n.Text, n.Plain = y.Value, y.Style&quotes == 0
		if y.Tag != "!!null" || !n.Plain {
			n.Kind = Scalar
		}
	}
	return n
}

func (c *converter) field(n *Node, key, value *yaml.Node, depth int) {
	switch {
	case key.Kind != yaml.ScalarNode:
		c.errorf(key, "a key must be a plain word")
	case key.Tag == "!!merge":
		c.errorf(key, "merging (<<) is not supported: write the keys out")
	default:
		at := Position{c.file, key.Line, key.Column}
		n.Fields = append(n.Fields, Field{at, key.Value, c.convert(value, depth+1)})
	}
}

var yamlLine = regexp.MustCompile(`^(yaml: )?(line \d+: )?`)

// explain finds where the file stops being YAML, and says it in words. yaml.v3
// names a line, often the one where the construct began and sometimes the line
// before. But it reads from front to back: every beginning of the file that
// contains the mistake fails in the same way, so the shortest one ends with it.
func explain(name string, data []byte, err error) (Position, string) {
	at := place(name, data, max(0, lastInk(data[:mistake(data, err)])))
	said := yamlLine.ReplaceAllString(err.Error(), "")
	for _, w := range yamlWords {
		if strings.Contains(said, w.said) {
			return at, w.words
		}
	}
	return at, fmt.Sprintf("this is not YAML (%s): look at the indentation, and at quotes and brackets that are not closed", said)
}

// lastInk is the offset of the last character that is not white space, so that
// an error found at the end of a file points at what was written last.
func lastInk(data []byte) int {
	trimmed := bytes.TrimRight(data, " \t\r\n")
	_, size := utf8.DecodeLastRune(trimmed)
	return len(trimmed) - size
}

var yamlWords = []struct{ said, words string }{
	{"mapping values are not allowed", `a ": " inside a value, or a key that is indented too far: put the value in quotes, or line the key up with its neighbours`},
	{"did not find expected key", "the indentation does not fit the lines above, or text follows a closing quote: line the keys up"},
	{"did not find expected '-' indicator", `the indentation does not fit the list above: begin the line with "- ", or line it up`},
	{"did not find expected ',' or ']'", `a list that began with "[" goes on here: add a comma or close it with "]"`},
	{"did not find expected ',' or '}'", `a mapping that began with "{" goes on here: add a comma or close it with "}"`},
	{"could not find expected ':'", `a key without its ": ", or a quote that is not closed: write key: value`},
	{"found unexpected end of stream", "a quote that was opened is not closed by the end of the file: close it"},
	{"found character that cannot start any token", "a value cannot begin with this character: put the value in quotes"},
	{"found unknown escape character", `a backslash inside "…" means something else here: double it, or use '…'`},
	{"unknown anchor", "aliases (*name) are not supported: write the value out, in quotes if it begins with *"},
	{"did not find expected alphabetic or numeric character", "a value cannot begin with * or &: put the value in quotes"},
}
