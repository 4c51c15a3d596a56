package shelf

import (
	"fmt"
	"path"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"airloom/playout/probe"
)

// MaxName and MaxPath are how long a name, and a path below the root, may be, in bytes.
const (
	MaxName = 255
	MaxPath = 1024
)

func invalid(format string, args ...any) *Error {
	return &Error{Invalid, fmt.Sprintf(format, args...)}
}

// clean is a folder that is there, or may be: "" is the root.
func clean(folder string) (string, error) {
	if folder == "" || folder == "." {
		return "", nil
	}
	return cleanFile(folder)
}

// cleanFile is the path of something that is there, or may be.
func cleanFile(name string) (string, error) {
	switch {
	case name == "":
		return "", invalid("The path is empty: name a file in the media folder")
	case len(name) > 4096:
		return "", invalid("The path is too long")
	case !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl):
		return "", invalid("The path holds characters that no name has")
	case !filepath.IsLocal(name) || path.IsAbs(name):
		return "", invalid("%q leads out of the media folder", name)
	}
	for _, part := range strings.Split(name, "/") {
		if part == ".." || part != "." && probe.IsHidden(part) {
			return "", invalid("%q is not among the media: hidden files are not shown", name)
		}
	}
	if name = path.Clean(name); name == "." {
		return "", invalid("That is the media folder itself: name a file in it")
	}
	return name, nil
}

// CheckNew is the path of something that is to be made, as it will be: its
// characters put together in one way, as it is looked for later.
func CheckNew(name string) (string, error) {
	switch {
	case name == "":
		return "", invalid("The name is empty")
	case !utf8.ValidString(name):
		return "", invalid("The name is not written in UTF-8")
	case path.IsAbs(name) || strings.Contains(name, `\`) || len(name) > 1 && name[1] == ':':
		return "", invalid("%q is no name below the media folder: write folders with /, from the media folder on", name)
	}
	name = norm.NFC.String(name)
	if len(name) > MaxPath {
		return "", invalid("The path is longer than %d bytes", MaxPath)
	}
	for _, part := range strings.Split(name, "/") {
		if err := checkPart(name, part); err != nil {
			return "", err
		}
	}
	return name, nil
}

func checkPart(name, part string) error {
	odd := func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == 0xFFFD }
	switch {
	case part == "" || part == "." || part == "..":
		return invalid("%q leads out of its folder, or has an empty part", name)
	case strings.ContainsFunc(part, odd):
		return invalid("%q holds characters that cannot be seen", strings.Map(func(r rune) rune {
			if odd(r) {
				return '?'
			}
			return r
		}, name))
	case len(part) > MaxName:
		return invalid("The name is longer than %d bytes: shorten it", MaxName)
	case strings.HasPrefix(part, "."):
		return invalid("%q begins with a dot: such files are hidden, and would not be found again", part)
	case probe.IsHidden(part):
		return invalid("%q is a name that other programs use for their own files: choose another", part)
	case strings.TrimSpace(part) != part:
		return invalid("%q begins or ends with a space: take it away", part)
	}
	return nil
}

// CheckFile is a new file's path: its ending has to be that of something that plays.
func CheckFile(name string) (string, error) {
	name, err := CheckNew(name)
	if err != nil {
		return "", err
	}
	if !probe.IsMedia(name) {
		return "", &Error{Refused, fmt.Sprintf("%q is no film, sound or picture by its name: airloom plays .mp4, .mov, .mkv, .ts, .mp3, .wav, .png and the like", path.Base(name))}
	}
	return name, nil
}

// Numbered is the n-th name to try where a name is taken: "name (2).mp4" for 2.
func Numbered(name string, n int) string {
	ext := path.Ext(name)
	stem := strings.TrimSuffix(name, ext)
	number := fmt.Sprintf(" (%d)", n)
	dir, base := path.Split(stem)
	for len(base)+len(number)+len(ext) > MaxName { // by whole characters
		_, size := utf8.DecodeLastRuneInString(base)
		base = base[:len(base)-size]
	}
	return dir + base + number + ext
}
