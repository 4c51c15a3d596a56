package playlist

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Encode writes a playlist as YAML of our own: one item a line, and of what a
// file may say only what differs from what goes without saying. lost, which may
// be nil, becomes comments at the top: what the format it came from said and
// this one does not. The same playlist always gives the same bytes.
func Encode(p *Playlist, lost Problems) []byte {
	var b bytes.Buffer
	for _, l := range lost {
		fmt.Fprintf(&b, "# %s:%d:%d: %s\n", path.Base(l.File), l.Line, l.Column, printable(l.Message))
	}
	for _, f := range head(p) {
		fmt.Fprintf(&b, "%s: %s\n", f.key, f.yaml())
	}
	if len(p.Items) == 0 {
		b.WriteString("items: []\n")
		return b.Bytes()
	}
	b.WriteString("items:\n")
	for i := range p.Items {
		fmt.Fprintf(&b, "  - %s\n", itemFields(&p.Items[i]).yaml())
	}
	return b.Bytes()
}

// EncodeJSON writes a playlist as JSON with the same keys.
func EncodeJSON(p *Playlist) []byte {
	var b bytes.Buffer
	b.WriteString("{\n")
	for _, f := range head(p) {
		fmt.Fprintf(&b, "  %q: %s,\n", f.key, f.json())
	}
	b.WriteString("  \"items\": [")
	for i := range p.Items {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "\n    %s", itemFields(&p.Items[i]).json())
	}
	if len(p.Items) > 0 {
		b.WriteString("\n  ")
	}
	b.WriteString("]\n}\n")
	return b.Bytes()
}

// field is a key and its value: a string, a mapping, or what stands without
// quotes in both languages.
type field struct {
	key   string
	value any
}

type mapping []field

func (f field) yaml() string {
	switch v := f.value.(type) {
	case string:
		return scalar(v)
	case mapping:
		return v.yaml()
	}
	return fmt.Sprint(f.value)
}

func (f field) json() string {
	switch v := f.value.(type) {
	case string:
		return jsonText(v)
	case mapping:
		return v.json()
	}
	return fmt.Sprint(f.value)
}

// jsonText quotes without the escapes that JSON in a web page needs.
func jsonText(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string always can be
	return strings.TrimSuffix(b.String(), "\n")
}

func (m mapping) yaml() string {
	parts := make([]string, len(m))
	for i, f := range m {
		parts[i] = f.key + ": " + f.yaml()
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

func (m mapping) json() string {
	parts := make([]string, len(m))
	for i, f := range m {
		parts[i] = strconv.Quote(f.key) + ": " + f.json()
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// head is what a file says before its items.
func head(p *Playlist) (fs mapping) {
	if p.Name != "" {
		fs = append(fs, field{"name", p.Name})
	}
	if p.Loop != (p.Schedule == nil) {
		fs = append(fs, field{"loop", p.Loop})
	}
	if p.Schedule != nil {
		fs = append(fs, field{"schedule", scheduleFields(p.Schedule)})
	}
	return fs
}

func scheduleFields(s *Schedule) (fs mapping) {
	add := func(set bool, key string, value any) {
		if set {
			fs = append(fs, field{key, value})
		}
	}
	if s.Cron != nil {
		add(true, "cron", s.Cron.String())
	}
	if s.At != nil {
		add(true, "at", s.At.String())
	}
	add(true, "start", string(s.Start))
	add(s.SoftMax > 0, "soft_max", span(s.SoftMax))
	if s.Until != nil {
		add(true, "until", s.Until.String())
	}
	add(s.Duration > 0, "duration", span(s.Duration))
	add(s.Priority != 0, "priority", s.Priority)
	add(s.Return != Resume && s.Return != "", "return", string(s.Return))
	add(s.Fill != FillCut && s.Fill != "", "fill", string(s.Fill))
	add(s.Late != Begin && s.Late != "", "late", string(s.Late))
	return fs
}

func itemFields(it *Item) (fs mapping) {
	add := func(set bool, key string, value any) {
		if set {
			fs = append(fs, field{key, value})
		}
	}
	switch f := it.Folder; {
	case f != nil:
		add(true, "folder", f.Path)
		add(f.Order != Sorted && f.Order != "", "order", string(f.Order))
		add(f.Count > 0, "count", f.Count)
		add(f.Recursive, "recursive", true)
	case it.Include != "":
		add(true, "playlist", it.Include)
	default:
		add(true, "source", it.Source)
	}
	add(it.Title != "" && it.Title != it.usualTitle(), "title", it.Title)
	add(it.In > 0, "in", clock(it.In))
	add(it.Out > 0, "out", clock(it.Out))
	add(it.Duration > 0, "duration", span(it.Duration))
	add(it.Loop, "loop", true)
	add(!it.Loop && it.Repeat > 1, "loop", it.Repeat)
	add(it.Audio != "", "audio", it.Audio)
	add(it.GainDB != 0, "gain_db", number(strconv.FormatFloat(it.GainDB, 'f', -1, 64)))
	return fs
}

// number is a decimal number, which stands without quotes.
type number string

// span writes how long something takes: 1h30m, 8s, 1m54.72s.
func span(d time.Duration) string {
	var b strings.Builder
	if h := d / time.Hour; h > 0 {
		fmt.Fprintf(&b, "%dh", h)
	}
	if m := d % time.Hour / time.Minute; m > 0 {
		fmt.Fprintf(&b, "%dm", m)
	}
	if s := d % time.Minute; s > 0 {
		b.WriteString(strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%d.%09d", s/time.Second, s%time.Second), "0"), ".") + "s")
	}
	return b.String()
}

// scalar writes text so that every YAML reader takes it for text, within braces
// too: as it is where nothing could be mistaken, else in double quotes.
func scalar(s string) string {
	if plain(s) {
		return s
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

func plain(s string) bool {
	first := true
	for _, r := range s {
		switch {
		case unicode.IsLetter(r) || r >= '0' && r <= '9' || r == '/' || r == '_':
		case !first && strings.ContainsRune(" .-+()@", r):
		default:
			return false
		}
		first = false
	}
	if s == "" || strings.HasSuffix(s, " ") {
		return false
	}
	if strings.Trim(s, "0123456789abcdefABCDEFoOxX_.+- ") == "" && s[0] <= '9' {
		return false // a number, or a date
	}
	switch strings.ToLower(s) {
	case "null", "true", "false", "yes", "no", "on", "off", "y", "n":
		return false
	}
	return true
}

// printable keeps a comment on its line.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, s)
}
