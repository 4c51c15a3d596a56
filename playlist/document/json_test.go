package document

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// plainly is what the tree says, as encoding/json would have it.
func plainly(n *Node) any {
	switch n.Kind {
	case List:
		list := []any{}
		for _, item := range n.Items {
			list = append(list, plainly(item))
		}
		return list
	case Map:
		m := map[string]any{}
		for _, f := range n.Fields {
			m[f.Key] = plainly(f.Value)
		}
		return m
	case Scalar:
		switch {
		case !n.Plain:
			return n.Text
		case n.Text == "true" || n.Text == "false":
			return n.Text == "true"
		}
		return json.Number(n.Text)
	}
	return nil
}

// agrees: our tree says what encoding/json reads, and every place is where its
// value begins.
func agrees(t *testing.T, data []byte) {
	n, ps := Parse("a.json", data)
	if n == nil {
		if len(ps) == 0 {
			t.Fatal("no tree and no word")
		}
		return
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if n.Kind == Null {
		return
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var want any
	if err := d.Decode(&want); err != nil {
		t.Fatal(err)
	}
	if got := plainly(n); fmt.Sprintf("%#v", got) != fmt.Sprintf("%#v", want) {
		t.Fatalf("%#v\n%#v", got, want)
	}
	lines := strings.Split(string(data), "\n")
	n.Scalars(func(s *Node) {
		rest := string([]rune(lines[s.Line-1])[s.Column-1:])
		if s.Plain != (rest[0] != '"') || s.Plain && !strings.HasPrefix(rest, s.Text) {
			t.Fatalf("%s: %q stands at %q", s.Position, s.Text, rest)
		}
	})
}

var jsons = []string{
	`{"a": [1, -2.5e3, "x", true, false, null, {}, []], "ä": "b\"c\\", "a": "\u00e9\ud83c\udfac\ud800"}`,
	"\ufeff[\r\n\t\"日本\" ,\n 7]", `""`, ` 12 `, `null`, `[[[[]]]]`, `{"":{"":""}}`, `[`, `{"a":}`, "[\"\x00\"]", `[1`, `"\u00zz"`,
	strings.Repeat("[", 17) + strings.Repeat("]", 17),
}

func TestJSONAgrees(t *testing.T) {
	for _, text := range jsons {
		agrees(t, []byte(text))
	}
	n, _ := Parse("a.json", []byte(jsons[0]))
	require.Len(t, n.Fields, 3, "a doubled key is there twice, for Decode to refuse")
}

func FuzzJSON(f *testing.F) {
	for _, text := range jsons {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) { agrees(t, data) })
}
