package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"airloom/playlist"
)

// hidden is what stands for what is not shown of a source, its user and query.
const hidden = "…"

// veil hides what sources hold of secrets, and finds it again: what comes back as it
// was shown is what was there. Where two differ in their secrets alone, each is shown
// with a mark of its own.
type veil struct {
	all map[string][]string // by what is shown of them all: the sources that are shown so
}

// newVeil is the veil of texts and lists.
func newVeil(texts [][]byte, lists ...*playlist.Playlist) *veil {
	v := &veil{map[string][]string{}}
	for _, l := range lists {
		if l == nil {
			continue
		}
		for i := range l.Items {
			v.add(l.Items[i].Source)
		}
	}
	for _, text := range texts {
		addresses(text, func(raw string) string {
			v.add(raw)
			return raw
		})
	}
	return v
}

// bare is what everybody may see of a source.
func bare(source string) string { return playlist.Redact(strings.ReplaceAll(source, `\/`, "/")) }

func (v *veil) add(source string) {
	shown := bare(source)
	if strings.HasSuffix(shown, hidden) && shown != source && !slices.Contains(v.all[shown], source) {
		v.all[shown] = append(v.all[shown], source)
	}
}

// show is the source as it is shown.
func (v *veil) show(source string) string {
	shown := bare(source)
	if !strings.HasSuffix(shown, hidden) {
		return source
	}
	if len(v.all[shown]) > 1 {
		shown += mark(source)
	}
	return shown
}

// mark tells sources apart of which the same is shown. It is too short to say
// anything of what is hidden.
func mark(source string) string {
	sum := sha256.Sum256([]byte(source))
	return hex.EncodeToString(sum[:2])
}

var veiled = regexp.MustCompile(`^(.*` + hidden + `)([0-9a-f]{4})?$`)

// whole is the source that was shown so. One that hides nothing is itself; the error
// says that it is nobody's, or could be several's.
func (v *veil) whole(shown string) (string, error) {
	m := veiled.FindStringSubmatch(shown)
	if m == nil || !strings.Contains(shown, "://") {
		return shown, nil
	}
	var found []string
	for _, source := range v.all[m[1]] {
		if m[2] == "" || m[2] == mark(source) {
			found = append(found, source)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return shown, fmt.Errorf("%s hides a user or query that nothing here has: write the whole URL", shown)
	}
	return shown, fmt.Errorf("%s hides a user or query, and there are several that it could be: write the whole URL", shown)
}

// text is a file's text as it is shown.
func (v *veil) text(text []byte) []byte { return addresses(text, v.show) }

// scheme is how an address begins, also where its slashes are escaped.
var scheme = regexp.MustCompile(`[A-Za-z][A-Za-z0-9+.-]*:(?:\\?/){2}`)

// addresses replaces the addresses in a text: in quotes up to the quote, else up to a
// space.
func addresses(text []byte, with func(string) string) []byte {
	var out bytes.Buffer
	for {
		at := scheme.FindIndex(text)
		if at == nil {
			break
		}
		stops := " \t\r\n\""
		if before := text[:at[0]]; len(before) > 0 && strings.IndexByte(`"'`, before[len(before)-1]) >= 0 {
			stops = "\r\n" + string(before[len(before)-1])
		}
		end := at[1]
		if n := bytes.IndexAny(text[end:], stops); n >= 0 {
			end += n
		} else {
			end = len(text)
		}
		if strings.HasPrefix(stops, " ") { // what closes a list is no part of it
			end = at[1] + len(bytes.TrimRight(text[at[1]:end], ",]}'"))
		}
		out.Write(text[:at[0]])
		out.WriteString(with(string(text[at[0]:end])))
		text = text[end:]
	}
	out.Write(text)
	return out.Bytes()
}

// unveiled is the text with what was not shown of it; the error names the first line
// that has none.
func (v *veil) unveiled(text []byte) (whole []byte, line int, err error) {
	whole = addresses(text, func(shown string) string {
		source, why := v.whole(shown)
		if why != nil && err == nil {
			err = why
			line = 1 + bytes.Count(text[:bytes.Index(text, []byte(shown))], []byte("\n"))
		}
		return source
	})
	return whole, line, err
}
