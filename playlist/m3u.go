package playlist

import (
	"bytes"
	"fmt"
	"math"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"airloom/playlist/document"
)

// pathReader reads a list of paths line by line: M3U, or plain text, which is M3U
// without directives.
type pathReader struct {
	*checker
	list   *Playlist
	beside string // the folder that relative paths are seen from; "": the media root
	plain  bool   // .txt: paths are never percent-encoded
	coming coming
}

// maxLines is how many lines a list of paths may have.
const maxLines = 2_000_000

// coming is what directives say of the next path.
type coming struct {
	line, at   int // of the first directive; and of the one that ends the item
	title      string
	length     time.Duration // as EXTINF has it
	start, end time.Duration
	run        time.Duration
}

// paths reads a list of paths.
func (c *checker) paths(data []byte) *Playlist {
	text, ok := c.decode(data)
	if !ok {
		return nil
	}
	r := &pathReader{checker: c, list: &Playlist{Loop: true}, plain: strings.EqualFold(filepath.Ext(c.name), ".txt")}
	if dir := filepath.Dir(c.name); c.options.Root != "" && filepath.IsAbs(dir) {
		if rel, err := filepath.Rel(c.options.Root, dir); err == nil && filepath.IsLocal(rel) {
			r.beside = dir
		}
	}
	n := 0
	for line := range strings.Lines(text) {
		n++
		if !r.line(n, strings.TrimRight(line, "\r\n")) {
			return nil
		}
	}
	if r.coming.line > 0 {
		c.lose(c.in(r.coming.line, ""), "no path follows: the line is left out")
	}
	if len(r.list.Items) == 0 {
		c.problems.Warnf(c.in(1, ""), "the playlist has no items: the slate airs in its place")
	}
	return r.list
}

// in is the place behind what stands before it in a line.
func (c *checker) in(line int, before string) Position {
	return Position{File: c.name, Line: line, Column: utf8.RuneCountInString(before) + 1}
}

// decode makes text of the bytes: UTF-8, else what Windows programs write.
func (c *checker) decode(data []byte) (string, bool) {
	switch {
	case len(data) > MaxSize:
		c.problems.Errorf(c.in(1, ""), "the file is larger than %d MiB: split it", MaxSize>>20)
		return "", false
	case bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("\xfe\xff")):
		c.problems.Errorf(c.in(1, ""), "this is UTF-16 text: save the file as UTF-8")
		return "", false
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if !bytes.Contains(data, []byte("\n")) { // as on old Macs
		data = bytes.ReplaceAll(data, []byte("\r"), []byte("\n"))
	}
	if utf8.Valid(data) {
		return string(data), true
	}
	var b strings.Builder
	b.Grow(len(data) + len(data)/8)
	told := false
	for i := 0; i < len(data); i++ {
		if data[i] >= utf8.RuneSelf && !told {
			told = true
			line := bytes.Count(data[:i], []byte("\n")) + 1
			column := i - bytes.LastIndexByte(data[:i], '\n')
			at := Position{File: c.name, Line: line, Column: column}
			if strings.EqualFold(filepath.Ext(c.name), ".m3u8") {
				c.problems.Errorf(at, "this is not UTF-8 text, which .m3u8 stands for: save the file as UTF-8")
				return "", false
			}
			c.problems.Warnf(at, "this is not UTF-8 text: it is read as Latin-1; save the file as UTF-8 if names come out wrong")
		}
		b.WriteRune(latin1(data[i]))
	}
	return b.String(), true
}

// latin1 is a byte of Latin-1, with what Windows has in its empty places.
func latin1(c byte) rune {
	if c >= 0x80 && c < 0xa0 {
		return []rune("€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ")[c-0x80]
	}
	return rune(c)
}

// line reads one line; false ends the reading, as a problem tells why.
func (r *pathReader) line(n int, line string) bool {
	if n > maxLines {
		r.problems.Errorf(r.in(n, ""), "more than %d lines: split the file", maxLines)
		return false
	}
	if len(line) > maxPath+maxText {
		r.problems.Errorf(r.in(n, ""), "%v", errLong)
		return true
	}
	text := strings.TrimSpace(line)
	indent := line[:len(line)-len(strings.TrimLeft(line, " \t"))]
	if i := strings.IndexFunc(text, func(c rune) bool { return c != '\t' && unicode.IsControl(c) }); i >= 0 {
		r.problems.Errorf(r.in(n, indent+text[:i]), "a control character (%+q), which no text holds: remove it", []rune(text[i:])[0])
		return true
	}
	if n == 1 && strings.HasPrefix(text, "ffconcat version") {
		r.problems.Errorf(r.in(n, indent), "this is a list for FFmpeg's concat: write the paths alone, one a line")
		return false
	}
	if text == "" {
		return true
	}
	if !strings.HasPrefix(text, "#") {
		return r.path(n, indent, text)
	}
	name, value, _ := strings.Cut(text, ":")
	before := indent + name + ":"
	switch name = strings.ToUpper(name); {
	case strings.HasPrefix(name, "#EXT-X-"):
		r.problems.Errorf(r.in(n, indent), "this is an HLS playlist, the parts of one stream: write that stream as an item of a YAML playlist, such as - {source: \"https://example.org/live.m3u8\", duration: 1h}")
		return false
	case name == "#EXTINF":
		r.note(n)
		r.extinf(n, before, value)
	case name == "#EXTVLCOPT":
		r.note(n)
		r.option(n, before, value)
	case name == "#PLAYLIST":
		if r.list.Name = oneLine(value); len(r.list.Name) > maxText {
			r.problems.Errorf(r.in(n, before), "the name is longer than %d characters: shorten it", maxText)
		}
	case strings.HasPrefix(name, "#EXTM3U"):
	case strings.HasPrefix(name, "#EXT") || name == "#KODIPROP":
		r.lose(r.in(n, indent), fmt.Sprintf("%.40s: airloom does not know this directive: it is left out", name))
	}
	return true
}

// oneLine is text without the tabs and blanks that it may hold.
func oneLine(s string) string { return strings.TrimSpace(strings.ReplaceAll(s, "\t", " ")) }

// note marks where the directives of the next path begin.
func (r *pathReader) note(n int) {
	if r.coming.line == 0 {
		r.coming.line = n
	}
}

// extinf reads `SECONDS attribute="value" …,Title`.
func (r *pathReader) extinf(n int, before, value string) {
	quoted := false
	comma := strings.IndexFunc(value, func(c rune) bool {
		quoted = quoted != (c == '"')
		return c == ',' && !quoted
	})
	if comma < 0 {
		comma = strings.IndexByte(value+",", ',')
	}
	head, title := value[:comma], strings.TrimPrefix(value[comma:], ",")
	if r.coming.title = oneLine(title); len(r.coming.title) > maxText {
		r.problems.Errorf(r.in(n, before+head+","), "the title is longer than %d characters: shorten it", maxText)
	}
	length, attributes, _ := strings.Cut(strings.TrimSpace(head), " ")
	if strings.TrimSpace(attributes) != "" {
		r.lose(r.in(n, before+length+" "), "attributes of EXTINF are left out: airloom keeps length and title")
	}
	if f, err := strconv.ParseFloat(length, 64); err != nil || math.IsNaN(f) || f > document.MaxTime.Seconds() {
		r.lose(r.in(n, before), fmt.Sprintf("EXTINF: %.40q is no number of seconds: it is left out", length))
	} else if f > 0 { // 0 and -1: nobody knows
		r.coming.length = time.Duration(math.Round(f*1e6)) * time.Microsecond
	}
}

// option reads `name=value` as VLC writes it.
func (r *pathReader) option(n int, before, value string) {
	key, text, _ := strings.Cut(strings.TrimSpace(value), "=")
	var into *time.Duration
	switch strings.TrimPrefix(strings.ToLower(key), ":") {
	case "start-time":
		into = &r.coming.start
	case "stop-time":
		into = &r.coming.end
		r.coming.at = n
	case "run-time":
		into = &r.coming.run
	default:
		r.lose(r.in(n, before), fmt.Sprintf("%.40s: airloom knows start-time, stop-time and run-time of VLC's options: it is left out", key))
		return
	}
	f, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || !(f >= 0 && f <= document.MaxTime.Seconds()) {
		r.problems.Errorf(r.in(n, before+key+"="), "%s: %.40q is no number of seconds: write one such as 12.5", key, text)
		return
	}
	*into = time.Duration(math.Round(f*1e6)) * time.Microsecond
}

// path makes an item of a path and of what was said before it.
func (r *pathReader) path(n int, indent, text string) bool {
	said := r.coming
	r.coming = coming{}
	if r.tooMany(r.in(n, ""), len(r.list.Items)+1) {
		return false
	}
	source, err := r.place(r.unescape(text), r.beside)
	if err != nil {
		r.problems.Errorf(r.in(n, indent), "%v", err)
	}
	it := Item{Source: source, Title: said.title, Repeat: 1, Line: n, In: said.start, Out: said.end, Duration: said.run}
	switch {
	case it.Out > 0 && it.Out <= it.In:
		r.problems.Errorf(r.in(said.at, ""), "stop-time (%s) does not come after start-time (%s): write a later one, or remove it", clock(it.Out), clock(it.In))
	case it.Out > 0 && it.Duration > 0:
		it.Out, it.Duration = 0, min(it.Duration, it.Out-it.In)
	}
	if Live(source) || still(source) {
		if it.Duration == 0 && it.Out > 0 {
			it.Duration = it.Out - it.In
		} else if it.Duration == 0 {
			it.Duration = said.length
		}
		it.In, it.Out = 0, 0
	}
	if Endless(source) && it.Duration == 0 && it.Out == 0 {
		it.Duration = said.length
	}
	if Endless(source) && it.Duration == 0 && it.Out == 0 {
		r.problems.Warnf(r.in(n, indent), "a live source without a duration airs until it breaks off: write its seconds before it, as #EXTINF:3600,Title")
	}
	r.list.Items = append(r.list.Items, it)
	return true
}

// unescape makes a plain path of what players write: VLC percent-encodes names,
// others write them as they are, with Windows' backslashes.
func (r *pathReader) unescape(text string) string {
	if isURL(text) || drive.MatchString(text) || strings.HasPrefix(text, `\\`) {
		return text
	}
	if !strings.Contains(text, "/") {
		text = strings.ReplaceAll(text, `\`, "/")
	}
	if r.plain || strings.ContainsAny(text, " \t") {
		return text
	}
	if plain, err := url.PathUnescape(text); err == nil && utf8.ValidString(plain) {
		return plain
	}
	return text
}
