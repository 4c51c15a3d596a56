package document

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
)

type jsonReader struct {
	file     string
	data     []byte
	dec      *json.Decoder
	problems Problems
	offset   int      // of the token that next found last
	last     Position // and its place
}

func parseJSON(name string, data []byte) (*Node, Problems) {
	if len(bytes.TrimSpace(data)) == 0 {
		return &Node{Position: Position{name, 1, 1}}, nil
	}
	// The whole is checked first: only here does the error say exactly where.
	if err := json.Unmarshal(data, new(json.RawMessage)); err != nil {
		return nil, explainJSON(name, data, err)
	}
	r := &jsonReader{file: name, data: data, dec: json.NewDecoder(bytes.NewReader(data)), last: Position{name, 1, 1}}
	r.dec.UseNumber()
	n, err := r.value(0)
	if err != nil { // too deep is the only thing left
		return nil, r.problems
	}
	return n, r.problems
}

// next is the position of the next token: the decoder only tells where the last
// one ended. It walks on from the position before, so that the whole stays linear.
func (r *jsonReader) next() Position {
	to := int(r.dec.InputOffset())
	rest := r.data[to:]
	to += len(rest) - len(bytes.TrimLeft(rest, " \t\r\n,:"))
	for _, c := range string(r.data[r.offset:to]) {
		r.last.Column++
		if c == '\n' {
			r.last.Line, r.last.Column = r.last.Line+1, 1
		}
	}
	r.offset = to
	return r.last
}

func (r *jsonReader) value(depth int) (*Node, error) {
	n := &Node{Position: r.next()}
	t, err := r.dec.Token()
	if err != nil {
		return nil, err
	}
	if depth > maxDepth {
		r.problems.Errorf(n.Position, "more than %d levels deep: no file of airloom's is", maxDepth)
		return nil, errors.New("too deep")
	}
	switch t := t.(type) {
	case json.Delim:
		if t == '[' {
			return n, r.list(n, depth)
		}
		return n, r.object(n, depth)
	case string:
		n.Kind, n.Text = Scalar, t
	case json.Number:
		n.Kind, n.Text, n.Plain = Scalar, t.String(), true
	case bool:
		n.Kind, n.Text, n.Plain = Scalar, "false", true
		if t {
			n.Text = "true"
		}
	}
	return n, nil
}

func (r *jsonReader) list(n *Node, depth int) error {
	n.Kind = List
	for r.dec.More() {
		item, err := r.value(depth + 1)
		if err != nil {
			return err
		}
		n.Items = append(n.Items, item)
	}
	_, err := r.dec.Token()
	return err
}

func (r *jsonReader) object(n *Node, depth int) error {
	n.Kind = Map
	for r.dec.More() {
		f := Field{Position: r.next()}
		t, err := r.dec.Token()
		if err != nil {
			return err
		}
		f.Key, _ = t.(string)
		if f.Value, err = r.value(depth + 1); err != nil {
			return err
		}
		n.Fields = append(n.Fields, f)
	}
	_, err := r.dec.Token()
	return err
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
