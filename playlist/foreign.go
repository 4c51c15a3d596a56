package playlist

import (
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// loss is something that a foreign format says and ours cannot: told once, at
// the first place, with how many more there are.
type loss struct {
	at    Position
	words string
	times int
}

// lose notes that what stands here is left out.
func (c *checker) lose(at Position, words string) {
	if i := slices.IndexFunc(c.losses, func(l loss) bool { return l.words == words }); i >= 0 {
		c.losses[i].times++
	} else if len(c.losses) < mostLosses {
		c.losses = append(c.losses, loss{at, words, 1})
	}
}

// mostLosses bounds what is told of a file that is full of strange words.
const mostLosses = 100

// tellLosses makes warnings of what was left out.
func (c *checker) tellLosses() {
	for _, l := range c.losses {
		if l.times > 1 {
			l.words += fmt.Sprintf(" (here, and %d times more)", l.times-1)
		}
		c.problems.Warnf(l.at, "%s", l.words)
	}
	c.losses = nil
}

var drive = regexp.MustCompile(`^[A-Za-z]:[\\/]`)

// place is a foreign file's source as ours are written: relative to the media
// root. Relative ones are seen from the folder beside, which lies in the root; ""
// is the root itself.
func (c *checker) place(source, beside string) (string, error) {
	if len(source) > maxPath {
		return "", errLong
	}
	if drive.MatchString(source) || strings.HasPrefix(source, `\\`) {
		return "", fmt.Errorf("%q is a path of Windows: put the file below the media root, and write its path from there, with slashes", source)
	}
	if scheme, _, ok := strings.Cut(source, "://"); ok && strings.EqualFold(scheme, "file") {
		u, err := url.Parse(source)
		if err != nil || u.Path == "" || u.Host != "" && u.Host != "localhost" {
			return "", errors.New("this is no file of this machine: write its path below the media root")
		}
		source = u.Path
	}
	if !isURL(source) && !filepath.IsAbs(source) && strings.TrimSpace(source) != "" && beside != "" {
		source = filepath.Join(beside, source)
	}
	full, err := c.options.Resolve(source)
	if err != nil || isURL(source) {
		return source, err
	}
	if rel, err := filepath.Rel(c.options.Root, full); c.options.Root != "" && err == nil {
		return filepath.ToSlash(rel), nil
	}
	return source, nil
}

// still reports whether a source is a picture, which has no length of its own.
func still(source string) bool {
	switch strings.ToLower(filepath.Ext(source)) {
	case ".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff":
		return !isURL(source)
	}
	return false
}
