package document

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"unicode/utf8"
)

// jsonReader walks over text that is known to be JSON, so it has nothing to
// check. encoding/json's own tokens tell no positions, and cost three times as
// much.
type jsonReader struct {
	file     string
	data     string
	at       int // where it stands
	nodes    int
	problems Problems
	offset   int      // of the place that place found last
	last     Position // and that place
	keys     map[string]string
}

var errStop = errors.New("a problem says why")

func parseJSON(name string, data []byte) (*Node, Problems) {
	if len(bytes.TrimSpace(data)) == 0 {
		return &Node{Position: Position{name, 1, 1}}, nil
	}
	if !json.Valid(data) {
		return nil, explainJSON(name, data, json.Unmarshal(data, new(json.RawMessage)))
	}
	r := &jsonReader{file: name, data: string(data), last: Position{name, 1, 1}, keys: map[string]string{}}
	n, err := r.value(0)
	if err != nil {
		return nil, r.problems
	}
	return n, r.problems
}

// skip goes to the next token. What separates tokens says nothing by itself.
func (r *jsonReader) skip() byte {
	for strings.IndexByte(" \t\r\n,:", r.data[r.at]) >= 0 {
		r.at++
	}
	return r.data[r.at]
}

// place is where it stands. It walks on from the place before, so that the whole
// stays linear.
func (r *jsonReader) place() Position {
	piece := r.data[r.offset:r.at]
	if i := strings.LastIndexByte(piece, '\n'); i >= 0 {
		r.last.Line += strings.Count(piece, "\n")
		r.last.Column = 1 + utf8.RuneCountInString(piece[i+1:])
	} else {
		r.last.Column += utf8.RuneCountInString(piece)
	}
	r.offset = r.at
	return r.last
}

func (r *jsonReader) value(depth int) (*Node, error) {
	first := r.skip()
	n := &Node{Position: r.place()}
	if depth > maxDepth {
		r.problems.Errorf(n.Position, "more than %d levels deep: no file of airloom's is", maxDepth)
		return nil, errStop
	}
	if r.nodes++; r.nodes > maxValues {
		r.problems.Errorf(n.Position, "more than %d values: split the file", maxValues)
		return nil, errStop
	}
	switch first {
	case '[':
		return n, r.list(n, depth)
	case '{':
		return n, r.object(n, depth)
	case '"':
		n.Kind, n.Text = Scalar, strings.Clone(r.text())
		return n, nil
	}
	end := strings.IndexAny(r.data[r.at:], " \t\r\n,]}")
	if end < 0 {
		end = len(r.data) - r.at
	}
	if word := r.data[r.at : r.at+end]; word != "null" {
		n.Kind, n.Text, n.Plain = Scalar, strings.Clone(word), true
	}
	r.at += end
	return n, nil
}

// text reads the string that begins here. It is part of the whole file's text
// unless it has escapes.
func (r *jsonReader) text() string {
	begin := r.at
	escaped := false
	for r.at++; r.data[r.at] != '"'; r.at++ {
		if r.data[r.at] == '\\' {
			escaped = true
			r.at++
		}
	}
	r.at++
	if !escaped {
		return r.data[begin+1 : r.at-1]
	}
	var s string
	_ = json.Unmarshal([]byte(r.data[begin:r.at]), &s) // it is valid
	return s
}

func (r *jsonReader) list(n *Node, depth int) error {
	n.Kind = List
	for r.at++; r.skip() != ']'; {
		item, err := r.value(depth + 1)
		if err != nil {
			return err
		}
		n.Items = append(n.Items, item)
	}
	r.at++
	return nil
}

func (r *jsonReader) object(n *Node, depth int) error {
	n.Kind = Map
	for r.at++; r.skip() != '}'; {
		f := Field{Position: r.place(), Key: r.key()}
		var err error
		if f.Value, err = r.value(depth + 1); err != nil {
			return err
		}
		n.Fields = append(n.Fields, f)
	}
	r.at++
	return nil
}

// key reads a key. A file has few different ones, many times.
func (r *jsonReader) key() string {
	text := r.text()
	key, ok := r.keys[text]
	if !ok {
		key = strings.Clone(text)
		r.keys[key] = key
	}
	return key
}

// explain places a syntax error and says what to do about it.
func explainJSON(name string, data []byte, err error) Problems {
	var ps Problems
	var syntax *json.SyntaxError
	if !errors.As(err, &syntax) || syntax.Offset >= int64(len(data)) && strings.HasPrefix(err.Error(), "unexpected end") {
		ps.Errorf(place(name, data, lastInk(data)), "the file ends before its brackets and quotes are closed: close them")
		return ps
	}
	at := int(syntax.Offset) - 1
	remedy := "look for a missing comma, quote or bracket"
	switch data[at] {
	case '\'':
		remedy = `JSON wants "double" quotes`
	case '/', '#':
		remedy = "JSON has no comments; remove it, or write the file as YAML"
	case ']', '}':
		remedy = "remove the comma before it, or close what is open"
	}
	if strings.Contains(err.Error(), "after top-level value") {
		remedy = "keep one value a file"
	}
	ps.Errorf(place(name, data, at), "this is not JSON (%v): %s", err, remedy)
	return ps
}
