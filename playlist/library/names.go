package library

import (
	"fmt"
	"io/fs"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Extensions are the endings of playlist files, in small letters.
var Extensions = []string{".yml", ".yaml", ".json", ".m3u", ".m3u8", ".txt"}

// CheckName says why no playlist can have that name; the error is an [ErrName].
func CheckName(name string) error {
	if fs.ValidPath(name) && isPlaylist(name) && !misleads(name) {
		return nil
	}
	return fmt.Errorf("%w: %q: write a name such as evening.yml or shows/evening.yml, not hidden, that ends in .yml, .yaml, .json, .m3u, .m3u8 or .txt", ErrName, name)
}

// longest is what no file system takes more of in one name, and most take as much, in
// bytes; what we write beside it needs some room.
const longest = 200

// misleads reports whether a name is none that anybody would choose: it holds what
// other systems take for a path, or what makes it look like another.
func misleads(name string) bool {
	for part := range strings.SplitSeq(name, "/") {
		if len(part) > longest {
			return true
		}
	}
	return len(name) > 4*longest || strings.ContainsFunc(name, func(r rune) bool {
		return r == '\\' || r == utf8.RuneError || unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)
	})
}

// isPlaylist reports whether a file of that name is read: it ends like a
// playlist, and neither it nor a folder on the way to it is hidden or another
// program's scratch. What programs write before they rename it into place either
// begins with one of the marks below (.goutputstream-X, .#x, .x.yml.Ab12Cd,
// .x.yml.swp, ~syncthing~x.tmp, ~$x) or ends in what is no playlist (4913, x~,
// .swp, .tmp, .part, .crdownload, .filepart, ___jb_tmp___).
func isPlaylist(name string) bool {
	dir, base := path.Split(name)
	if strings.HasPrefix(base, ".") || strings.HasPrefix(base, "~") || strings.HasPrefix(base, "#") {
		return false
	}
	if dir = strings.TrimSuffix(dir, "/"); dir != "" {
		for part := range strings.SplitSeq(dir, "/") {
			if !isFolder(part) {
				return false
			}
		}
	}
	return hasExtension(base) && !isNote(base)
}

// isNote reports whether a text is more likely written for people: a list of
// paths may have any name but those.
func isNote(base string) bool {
	name := strings.ToLower(strings.TrimSuffix(base, path.Ext(base)))
	return strings.EqualFold(path.Ext(base), ".txt") && (name == "readme" || name == "license" || name == "notes")
}

func hasExtension(base string) bool {
	ext := strings.ToLower(path.Ext(base))
	for _, e := range Extensions {
		if e == ext {
			return true
		}
	}
	return false
}

// isFolder reports whether a folder of that name is looked into: not the hidden
// ones, nor the bins and snapshots of file servers, where what was thrown away or
// is long past lies under its old name.
func isFolder(base string) bool {
	return base != "" && !strings.ContainsRune(".~#@$", rune(base[0])) && base != "lost+found" && !hasExtension(base)
}
