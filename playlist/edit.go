package playlist

import (
	"bytes"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"airloom/playlist/document"
)

// Edit writes a playlist over an old version of its file. What has not changed
// keeps its lines as they are, with the comments in and above them; an item that
// was changed keeps those comments, one that is gone takes them along. JSON has
// no comments and is written anew, as is a file that is laid out too freely.
//
// The name, as of [Parse], says which language it is. What comes out has been
// read again and says what p says. If it cannot be, as p is against the rules,
// or the file is not ours to write, there are only problems.
func Edit(name string, old []byte, p *Playlist, o Options) ([]byte, Problems) {
	if ps := foreignFile(name, old); ps != nil {
		return nil, ps
	}
	if strings.EqualFold(filepath.Ext(name), ".json") {
		return reread(name, EncodeJSON(p), p, o)
	}
	if before, root, _ := parse(name, old, o); before != nil {
		if out := splice(old, root, before, p); out != nil {
			if out, ps := reread(name, out, p, o); out != nil {
				return out, ps
			}
		}
	}
	return reread(name, Encode(p, nil), p, o)
}

// foreignFile refuses to write over other players' files.
func foreignFile(name string, old []byte) (ps Problems) {
	foreign := false
	switch strings.ToLower(filepath.Ext(name)) {
	case ".m3u", ".m3u8", ".txt":
		foreign = true
	case ".json":
		root, _ := document.ParseUpTo(name, old, MaxSize)
		foreign = root != nil && root.Field("program") != nil && root.Field("items") == nil
	}
	if foreign {
		ps.Errorf(Position{File: name, Line: 1, Column: 1}, "airloom reads this format and does not write it: save the playlist as %s",
			strings.TrimSuffix(filepath.Base(name), filepath.Ext(name))+".yml")
	}
	return ps
}

// reread is the data if it says what the playlist says.
func reread(name string, data []byte, want *Playlist, o Options) ([]byte, Problems) {
	got, ps := Parse(name, data, o)
	if got == nil {
		return nil, ps
	}
	a, b := Encode(got, nil), Encode(want, nil)
	if want.Name == "" { // it then goes by its file's
		named := *want
		named.Name = got.Name
		b = Encode(&named, nil)
	}
	if !bytes.Equal(a, b) {
		var ps Problems
		ps.Errorf(Position{File: name, Line: 1, Column: 1}, "what was written would not read the same: the file stays as it is")
		return nil, ps
	}
	return data, ps
}

// part is a run of the old file's lines: comments and empty lines, then content.
type part struct{ lead, body [][]byte }

// layout is an old file taken apart.
type layout struct {
	keys  map[string]part // the keys before items, each with its value
	order []string
	open  part   // the line `items:`, and what stands above it
	items []part // one for each item
	tail  [][]byte
	dash  string // what a new item's line begins with
}

// splice makes the new file out of the old one's lines; nil where those are not
// laid out as one key, one item after the other.
func splice(old []byte, root *document.Node, before, after *Playlist) []byte {
	l := takeApart(root, old)
	if l == nil || len(after.Items) == 0 {
		return nil
	}
	var b bytes.Buffer
	l.writeHead(&b, head(before), head(after))
	write(&b, l.open.lead, l.open.body)
	for i, from := range pair(before.Items, after.Items) {
		line := []byte(l.dash + itemFields(&after.Items[i]).yaml() + "\n")
		switch {
		case from < 0:
			b.Write(line)
		case same(&before.Items[from], &after.Items[i]):
			write(&b, l.items[from].lead, l.items[from].body)
		default:
			write(&b, l.items[from].lead, [][]byte{withComment(line, l.items[from].body)})
		}
	}
	write(&b, l.tail)
	return b.Bytes()
}

func same(a, b *Item) bool { return itemFields(a).yaml() == itemFields(b).yaml() }

func write(b *bytes.Buffer, runs ...[][]byte) {
	for _, lines := range runs {
		for _, line := range lines {
			b.Write(line)
			if !bytes.HasSuffix(line, []byte("\n")) {
				b.WriteByte('\n')
			}
		}
	}
}

// writeHead writes the keys before the items: in their old order, then new ones.
func (l *layout) writeHead(b *bytes.Buffer, before, after mapping) {
	value := func(m mapping, key string) (string, bool) {
		i := slices.IndexFunc(m, func(f field) bool { return f.key == key })
		if i < 0 {
			return "", false
		}
		return m[i].yaml(), true
	}
	for _, key := range l.order {
		was, _ := value(before, key)
		is, stays := value(after, key)
		switch {
		case was == is:
			write(b, l.keys[key].lead, l.keys[key].body)
		case stays:
			write(b, l.keys[key].lead, [][]byte{withComment([]byte(key+": "+is+"\n"), l.keys[key].body)})
		default:
			write(b, l.keys[key].lead)
		}
	}
	for _, f := range after {
		if _, stood := l.keys[f.key]; stood {
			continue
		}
		if was, _ := value(before, f.key); was != f.yaml() { // a name that is the file's own need not be written
			b.WriteString(f.key + ": " + f.yaml() + "\n")
		}
	}
}

var trailing = regexp.MustCompile(`[ \t]+#[^"'\n]*$`)

// withComment is a line with the comment that closes the one old line.
func withComment(line []byte, old [][]byte) []byte {
	if len(old) != 1 {
		return line
	}
	comment := trailing.Find(bytes.TrimRight(old[0], "\r\n"))
	return append(append(bytes.TrimSuffix(line, []byte("\n")), comment...), '\n')
}

// pair finds for each item the old one that it was: the same, or else one of the
// same source that is otherwise gone, or the one in its place; −1: there is none.
func pair(before, after []Item) []int {
	where := make(map[string][]int, len(before))
	for i := range before {
		key := itemFields(&before[i]).yaml()
		where[key] = append(where[key], i)
	}
	from, taken := make([]int, len(after)), make([]bool, len(before))
	take := func(m map[string][]int, key string) int {
		for len(m[key]) > 0 {
			i := m[key][0]
			m[key] = m[key][1:]
			if !taken[i] {
				taken[i] = true
				return i
			}
		}
		return -1
	}
	for i := range after {
		from[i] = take(where, itemFields(&after[i]).yaml())
	}
	what := func(it *Item) string { return itemFields(it)[:1].yaml() }
	gone := map[string][]int{}
	for i := range before {
		if !taken[i] {
			gone[what(&before[i])] = append(gone[what(&before[i])], i)
		}
	}
	for i := range after {
		if from[i] < 0 {
			from[i] = take(gone, what(&after[i]))
		}
	}
	for i := range after {
		if next := i; from[i] < 0 {
			if i > 0 {
				next = from[i-1] + 1
			}
			if next > 0 && next < len(before) && !taken[next] || next == 0 && i == 0 && len(before) > 0 && !taken[0] {
				from[i], taken[next] = next, true
			}
		}
	}
	return from
}

// takeApart finds the lines of each key and item; nil where they share some.
func takeApart(root *document.Node, old []byte) *layout {
	if root == nil || root.Kind != document.Map || len(root.Fields) == 0 {
		return nil
	}
	l := &layout{keys: map[string]part{}}
	lines := slices.Collect(bytes.Lines(old))
	from := 0
	for i, f := range root.Fields {
		end := len(lines)
		if i+1 < len(root.Fields) {
			end = root.Fields[i+1].Line - 1
		}
		start := f.Line - 1
		if f.Column != 1 || start < from || end <= start || end > len(lines) {
			return nil
		}
		last := lastContent(lines, start, end)
		if f.Key != "items" {
			l.keys[f.Key] = part{lines[from:start], lines[start:last]}
			l.order = append(l.order, f.Key)
			from = last
			continue
		}
		if !l.takeItems(f.Value, lines, from, start, last) {
			return nil
		}
		l.tail = lines[last:] // keys behind the items too, as long as they stay what they are
		return l
	}
	return nil
}

// lastContent is the end of what stands from start on, without the comments and
// empty lines before end.
func lastContent(lines [][]byte, start, end int) int {
	for end > start+1 {
		line := bytes.TrimSpace(lines[end-1])
		if len(line) > 0 && line[0] != '#' {
			break
		}
		end--
	}
	return end
}

// takeItems finds each item's lines between those of `items:` and last.
func (l *layout) takeItems(list *document.Node, lines [][]byte, from, open, last int) bool {
	l.open = part{lines[from:open], lines[open : open+1]}
	var starts []int
	at := open + 1
	for _, n := range list.Items {
		start := n.Line - 1
		for start >= at && !dashed(lines[start]) {
			start--
		}
		if start < at {
			return false
		}
		starts = append(starts, start)
		at = start + 1
	}
	before := open + 1
	for i, start := range starts {
		end := last
		if i+1 < len(starts) {
			end = lastContent(lines, start, starts[i+1])
		}
		l.items = append(l.items, part{lines[before:start], lines[start:end]})
		before = end
	}
	if len(starts) > 0 {
		line := lines[starts[0]]
		l.dash = string(line[:bytes.IndexByte(line, '-')]) + "- "
	}
	return len(starts) > 0
}

func dashed(line []byte) bool { return bytes.HasPrefix(bytes.TrimLeft(line, " "), []byte("-")) }
