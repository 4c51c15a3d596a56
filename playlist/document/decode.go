package document

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Reader is a value with a written form of its own. The error is the end of a
// sentence that begins with the value, and says what to write instead; a nil
// error means the value is taken.
type Reader interface{ Read(n *Node) error }

// Decode fills the struct that into points to from the tree, by the fields'
// yaml tags; what the file does not name keeps its value, and a list of nodes is
// handed over as it is, for the caller to decode one by one. unknown, which may be
// nil, can give the words for a key that no field has; "" leaves the usual ones.
func Decode(root *Node, into any, unknown func(path, key string) string) *Reading {
	v := reflect.ValueOf(into).Elem()
	d := decoder{places: &places{few: make([]spot, 0, len(root.Fields)+1)}, unknown: unknown, homes: shapeOf(v.Type()).homes}
	d.places.set("", root.Position)
	d.decode(root, v, "")
	r := &Reading{places: d.places, hidden: d.hidden}
	r.Add(d.problems)
	return r
}

type decoder struct {
	places   *places
	problems Problems
	unknown  func(path, key string) string
	hidden   map[string]bool
	homes    map[string][]string // where a key of this name belongs
}

// shape is what a struct type can take, worked out once: a playlist has one of
// it for each of its many items.
type shape struct {
	keys  map[string][]int // where the field of each key is
	known []string         // the keys, sorted
	homes map[string][]string
}

var shapes sync.Map // of reflect.Type to *shape

func shapeOf(t reflect.Type) *shape {
	if s, ok := shapes.Load(t); ok {
		return s.(*shape)
	}
	s := &shape{keys: map[string][]int{}, homes: map[string][]string{}}
	if t.Kind() == reflect.Struct {
		keysOf(t, nil, s.keys)
	}
	s.known = slices.Sorted(maps.Keys(s.keys))
	collect(t, "", s.homes)
	shapes.Store(t, s)
	return s
}

// collect notes under which sections each key may stand.
func collect(t reflect.Type, path string, homes map[string][]string) {
	if t.Kind() != reflect.Struct {
		return
	}
	for f := range t.Fields() {
		if key := f.Tag.Get("yaml"); key == inline {
			collect(f.Type, path, homes)
		} else if key != "" && key != "-" {
			homes[key] = append(homes[key], path)
			collect(f.Type, join(path, key), homes)
		}
	}
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// errorf complains about the value at path. Inside a list the line says which
// item is meant, so only the path within the item is named.
func (d *decoder) errorf(n *Node, path, format string, args ...any) {
	label := path[strings.LastIndex(path, "]")+1:]
	if label = strings.TrimPrefix(label, "."); label != "" {
		label += ": "
	}
	d.problems.Errorf(d.place(n, path), "%s%s", label, fmt.Sprintf(format, args...))
}

// place is where a value is complained about: a single value itself, else its key.
func (d *decoder) place(n *Node, path string) Position {
	if n.Kind == Scalar {
		return n.Position
	}
	at, _ := d.places.of(path)
	return at
}

var (
	duration = reflect.TypeFor[time.Duration]()
	nodes    = reflect.TypeFor[[]*Node]()
)

func (d *decoder) decode(n *Node, v reflect.Value, path string) {
	if r, ok := v.Addr().Interface().(Reader); ok {
		if n.Kind == Null {
			d.errorf(n, path, "has no value: write one, or remove the line")
		} else if err := r.Read(n); err != nil {
			d.errorf(n, path, "%v", err)
		}
		return
	}
	switch {
	case v.Type() == duration:
		d.time(n, v, path)
	case v.Kind() == reflect.Struct:
		d.fields(n, v, path)
	case v.Kind() == reflect.Map:
		d.mapping(n, v, path)
	case v.Type() == nodes:
		if d.want(n, List, path) {
			v.Set(reflect.ValueOf(n.Items))
		}
	case v.Kind() == reflect.Slice:
		d.list(n, v, path)
	default:
		d.scalar(n, v, path)
	}
}

func (d *decoder) time(n *Node, v reflect.Value, path string) {
	if !d.want(n, Scalar, path) {
		return
	}
	t, err := n.Time()
	if err != nil {
		d.errorf(n, path, "%v", err)
		return
	}
	v.SetInt(int64(t))
}

// Time reads the node as a span of time, see [ParseTime]. A time with colons
// must stand in quotes: other YAML readers take 10:00 for a number of base 60.
func (n *Node) Time() (time.Duration, error) {
	if n.Plain && strings.Contains(n.Text, ":") {
		return 0, fmt.Errorf("times with colons need quotes, as YAML may read %s as a number: write \"%s\"", n.Text, n.Text)
	}
	t, err := ParseTime(n.Text)
	if err != nil {
		return 0, fmt.Errorf("%s %w", n.Quote(), err)
	}
	return t, nil
}

// want reports whether the node is of the kind, and complains if not.
func (d *decoder) want(n *Node, k Kind, path string) bool {
	if n.Kind == k {
		return true
	}
	if n.Kind == Null {
		if k == Scalar {
			d.errorf(n, path, "has no value: write one, or remove the line")
		}
		return false // an empty section is one with nothing in it
	}
	wants := map[Kind]string{Scalar: "write one value", List: "write [one, two], or lines that begin with \"- \"", Map: "write key: value lines below it"}
	d.errorf(n, path, "this is %s where %s is wanted: %s", n.Kind, k, wants[k])
	return false
}

func (d *decoder) fields(n *Node, v reflect.Value, path string) {
	if !d.want(n, Map, path) {
		return
	}
	shape := shapeOf(v.Type())
	var seen seen
	for i, f := range n.Fields {
		index, known := shape.keys[f.Key]
		switch before := seen.before(n.Fields[:i], f); {
		case before > 0:
			d.problems.Errorf(f.Position, "%q stands here a second time (first in line %d): keep one", f.Key, before)
		case !known && d.problems.full(Error): // nobody reads that many, and each is much work
		case !known:
			d.problems.Errorf(f.Position, "%s", d.stranger(path, f.Key, shape.known))
		default:
			d.enter(f, v.FieldByIndex(index), join(path, f.Key))
		}
	}
}

// seen finds keys that stand twice. Few are compared one by one.
type seen map[string]int

// before is the line in which one of the fields before f has its key; 0: none.
func (s *seen) before(fields []Field, f Field) int {
	if len(fields) < fewPlaces {
		for _, b := range fields {
			if b.Key == f.Key {
				return b.Line
			}
		}
		return 0
	}
	if *s == nil {
		*s = map[string]int{}
		for _, b := range fields {
			if (*s)[b.Key] == 0 {
				(*s)[b.Key] = b.Line
			}
		}
	}
	line := (*s)[f.Key]
	if line == 0 {
		(*s)[f.Key] = f.Line
	}
	return line
}

// inline marks a field whose own fields stand among its neighbours.
const inline = ",inline"

func keysOf(t reflect.Type, index []int, keys map[string][]int) {
	for i := range t.NumField() {
		at := append(slices.Clone(index), i)
		if key := t.Field(i).Tag.Get("yaml"); key == inline {
			keysOf(t.Field(i).Type, at, keys)
		} else if key != "" && key != "-" {
			keys[key] = at
		}
	}
}

// enter notes where the key stands and decodes its value.
func (d *decoder) enter(f Field, v reflect.Value, path string) {
	d.places.set(path, f.Position)
	if f.Value.Kind == Scalar {
		d.places.set(path, f.Value.Position)
		d.hide(path, f.Value)
	}
	d.decode(f.Value, v, path)
}

// hide notes that the value at path may be a secret.
func (d *decoder) hide(path string, n *Node) {
	if n.Hidden && d.hidden == nil {
		d.hidden = map[string]bool{}
	}
	if n.Hidden {
		d.hidden[path] = true
	}
}

// stranger is the complaint about a key that is not known here.
func (d *decoder) stranger(path, key string, known []string) string {
	if d.unknown != nil {
		if words := d.unknown(path, key); words != "" {
			return words
		}
	}
	where := ""
	if section := path[strings.LastIndex(path, "]")+1:]; section != "" {
		where = " in " + strings.TrimPrefix(section, ".")
	}
	if near := Nearest(key, known); near != "" {
		return fmt.Sprintf("unknown key %q%s: did you mean %q?", key, where, near)
	}
	if homes := d.homes[key]; len(homes) > 0 && homes[0] != path {
		home := homes[0]
		if home == "" {
			home = "the top level"
		}
		return fmt.Sprintf("unknown key %q%s: it belongs under %s", key, where, home)
	}
	return fmt.Sprintf("unknown key %q%s: remove it, or use one of %s", key, where, strings.Join(known, ", "))
}

// mapping fills a map of strings.
func (d *decoder) mapping(n *Node, v reflect.Value, path string) {
	if !d.want(n, Map, path) {
		return
	}
	out := map[string]string{}
	for _, f := range n.Fields {
		if _, twice := out[f.Key]; twice {
			d.problems.Errorf(f.Position, "%q stands here a second time: keep one", f.Key)
			continue
		}
		var text string
		d.enter(f, reflect.ValueOf(&text).Elem(), join(path, f.Key))
		out[f.Key] = text
	}
	v.Set(reflect.ValueOf(out))
}

func (d *decoder) list(n *Node, v reflect.Value, path string) {
	if !d.want(n, List, path) {
		return
	}
	out := reflect.MakeSlice(v.Type(), len(n.Items), len(n.Items))
	for i, item := range n.Items {
		at := fmt.Sprintf("%s[%d]", path, i)
		d.places.set(at, item.Position)
		d.hide(at, item)
		d.decode(item, out.Index(i), at)
	}
	v.Set(out)
}

func (d *decoder) scalar(n *Node, v reflect.Value, path string) {
	if !d.want(n, Scalar, path) {
		return
	}
	// A number or truth in quotes is text, unless it was brought in from
	// elsewhere, where there is no way to leave the quotes off.
	typed := n.Plain || n.Hidden
	switch v.Kind() {
	case reflect.String:
		v.SetString(n.Text)
	case reflect.Bool:
		if !typed || n.Text != "true" && n.Text != "false" {
			d.errorf(n, path, "%s is neither true nor false: write one of the two, without quotes", n.Quote())
			return
		}
		v.SetBool(n.Text == "true")
	case reflect.Int:
		i, err := strconv.Atoi(n.Text)
		if err != nil || !typed {
			d.errorf(n, path, "%s is no whole number: write digits only, without quotes", n.Quote())
			return
		}
		v.SetInt(int64(i))
	case reflect.Float64:
		f, err := strconv.ParseFloat(n.Text, 64)
		if err != nil || !typed || f-f != 0 || strings.ContainsAny(n.Text, "xXpP_") {
			d.errorf(n, path, "%s is no number: write digits such as -2.5, without quotes", n.Quote())
			return
		}
		v.SetFloat(f)
	default:
		panic(fmt.Sprintf("no way to read a %s", v.Type()))
	}
}
