package playlist

import (
	"errors"
	"fmt"
	"net/url"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"airloom/playlist/document"
)

// Options is what playlists may name, the channel's media settings, and what
// their files do not say themselves.
type Options struct {
	Name     string   // the playlist's name: see [NameIn]; "" is the file's own
	DayStart string   // the time of day at which ffplayout's days begin; "" is 05:59:25
	Root     string   // the media root, an absolute path; "" leaves paths as they are
	Schemes  []string // URL schemes that are allowed
	Hosts    []string // hosts that URLs may name; none: any
}

// maxPath is the longest source, in bytes: no file system takes a longer path.
const maxPath = 4096

var errLong = fmt.Errorf("it is longer than %d characters, as no path is: look for a quote or line break that is missing", maxPath)

// isURL tells URLs from file names by their ://.
func isURL(source string) bool { return strings.Contains(source, "://") }

// Live reports whether the source is one that only its sender begins and ends.
// http may be either and counts as a file.
func Live(source string) bool {
	scheme, _, ok := strings.Cut(source, "://")
	return ok && slices.Contains([]string{"rtsp", "rtsps", "rtmp", "rtmps", "srt", "udp", "rtp", "ingest"}, strings.ToLower(scheme))
}

// Endless reports whether the source may have no end of its own: a live one, or a
// stream over http, which only its playlist would tell.
func Endless(source string) bool {
	if Live(source) {
		return true
	}
	u, err := url.Parse(source)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return false
	}
	switch strings.ToLower(path.Ext(u.Path)) {
	case ".m3u8", ".m3u", ".mpd", "":
		return true
	}
	return false
}

// Resolve turns a source into what can be opened: an absolute path under the
// root, or the URL. What leaves the root or is not allowed is an error that says
// what to do. The check is of the text alone: it opens and follows nothing, so
// whoever opens the file has yet to refuse a link that leads out of the root.
func (o Options) Resolve(source string) (string, error) {
	switch {
	case strings.TrimSpace(source) == "":
		return "", errors.New("it is empty: write a file under the media root, or a URL")
	case len(source) > maxPath:
		return "", errLong
	case strings.ContainsFunc(source, unicode.IsControl):
		return "", errors.New("it holds a line break or control character: write it on one line")
	case isURL(source):
		return source, o.checkURL(source)
	}
	return Resolve(o.Root, source)
}

// Resolve places a file name under the root, or says why it does not belong there.
func Resolve(root, source string) (string, error) {
	inside := filepath.Clean(source)
	if filepath.IsAbs(source) && root != "" {
		rel, err := filepath.Rel(root, source)
		if err != nil || !filepath.IsLocal(rel) {
			return "", fmt.Errorf("%q is outside of the media root %s: move the file there, or change media.root", source, root)
		}
		inside = rel
	}
	switch {
	case !filepath.IsAbs(inside) && !filepath.IsLocal(inside):
		return "", fmt.Errorf("%q leaves the media root: write a path below it that does not go up", source)
	case inside == ".":
		return "", fmt.Errorf("%q is the media root itself: name a file in it", source)
	case filepath.IsAbs(inside):
		return inside, nil
	}
	return filepath.Join(root, inside), nil
}

// Folder is a folder's path relative to the media root, with slashes; "." is the
// root itself. Like Resolve it looks at the text alone.
func (o Options) Folder(folder string) (string, error) {
	switch {
	case strings.TrimSpace(folder) == "":
		return "", errors.New("it is empty: write a folder under the media root, or . for the root itself")
	case len(folder) > maxPath:
		return "", errLong
	case strings.ContainsFunc(folder, unicode.IsControl):
		return "", errors.New("it holds a line break or control character: write it on one line")
	case isURL(folder):
		return "", errors.New("a URL is no folder: write source, or a folder under the media root")
	}
	inside := filepath.Clean(folder)
	if filepath.IsAbs(folder) {
		rel, err := filepath.Rel(o.Root, inside)
		if o.Root == "" || err != nil || !filepath.IsLocal(rel) {
			return "", fmt.Errorf("%q is outside of the media root %s: move the folder there, or change media.root", folder, o.Root)
		}
		inside = rel
	}
	if !filepath.IsLocal(inside) {
		return "", fmt.Errorf("%q leaves the media root: write a path below it that does not go up", folder)
	}
	return filepath.ToSlash(inside), nil
}

// Include is another playlist's name: its path below the playlists' folder, with
// slashes.
func (o Options) Include(name string) (string, error) {
	if len(name) > maxPath {
		return "", errLong
	}
	file := filepath.ToSlash(filepath.Clean(name))
	switch {
	case strings.TrimSpace(name) == "":
		return "", errors.New("it is empty: write the name of a file in the playlists' folder")
	case strings.ContainsFunc(name, unicode.IsControl):
		return "", errors.New("it holds a line break or control character: write it on one line")
	case isURL(name) || filepath.IsAbs(name) || !filepath.IsLocal(file) || file == ".":
		return "", fmt.Errorf("%q is no file in the playlists' folder: write a name relative to that folder, such as other.yml", Redact(name))
	case file == o.Name:
		return "", fmt.Errorf("%q is this playlist itself: name another, or write loop: true above items", name)
	}
	return file, nil
}

func (o Options) checkURL(source string) error {
	u, err := url.Parse(source)
	if err != nil {
		// Go's message quotes the URL, which may hold a password.
		return errors.New("this is not a valid URL: look for spaces, and percent-encode what is not a letter or digit")
	}
	if scheme := strings.ToLower(u.Scheme); !slices.Contains(o.Schemes, scheme) {
		if len(o.Schemes) == 0 {
			return errors.New("URLs are not allowed here: add the scheme to media.schemes")
		}
		if near := document.Nearest(scheme, o.Schemes); near != "" {
			return fmt.Errorf("the scheme %q is not allowed: did you mean %q?", scheme, near)
		}
		return fmt.Errorf("the scheme %q is not allowed: use one of %s, or add it to media.schemes", scheme, strings.Join(o.Schemes, ", "))
	}
	host := strings.ToLower(u.Hostname())
	if host == "" {
		if listens := slices.Contains([]string{"udp", "rtp"}, strings.ToLower(u.Scheme)); listens && u.Port() != "" {
			return nil // as in udp://@:5000: it waits for what is sent to it, and leads nowhere
		}
		return errors.New("the URL names no host: write scheme://host/path")
	}
	if len(o.Hosts) > 0 && !slices.ContainsFunc(o.Hosts, func(h string) bool { return strings.EqualFold(h, host) }) {
		return fmt.Errorf("the host %q is not allowed: add it to media.hosts", host)
	}
	return nil
}

// Redact is the source fit to be shown: of a URL, what may hold a password or
// token (user, query, fragment) is left out. File names stay as they are.
func Redact(source string) string {
	if !isURL(source) {
		return source
	}
	u, err := url.Parse(source)
	if err != nil {
		scheme, _, _ := strings.Cut(source, "://")
		return scheme + "://…"
	}
	hidden := u.User != nil || u.RawQuery != "" || u.Fragment != ""
	u.User, u.RawQuery, u.Fragment, u.ForceQuery = nil, "", "", false
	if hidden {
		return u.String() + "…"
	}
	return u.String()
}

// SetSource gives an item that has one another source. A title that was only the
// old one's goes with it.
func (it *Item) SetSource(source string) {
	if it.Title == it.usualTitle() {
		it.Title = ""
	}
	it.Source = source
}

// usualTitle is the title of an item that has none written.
func (it *Item) usualTitle() string {
	switch {
	case it.Include != "":
		return titleOf(it.Include)
	case it.Folder == nil:
		return titleOf(it.Source)
	case it.Folder.Path == ".":
		return "all media"
	}
	return titleOf(it.Folder.Path)
}

// titleOf is the file's name, or of a URL its host and path.
func titleOf(source string) string {
	if isURL(source) {
		_, rest, _ := strings.Cut(strings.TrimSuffix(Redact(source), "…"), "://")
		return strings.TrimSuffix(rest, "/")
	}
	return path.Base(filepath.ToSlash(source))
}
