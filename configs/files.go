package configs

import (
	"crypto/tls"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"unicode"
)

// CheckFiles looks at the files that the config names. It is for check and
// doctor alone: a stat may hang on a network folder for ever, and nothing that
// is missing here keeps a channel from starting, but for the certificate.
func (c *Config) CheckFiles() Problems {
	var ps Problems
	missing := func(key, path, words string, folder bool) {
		if st, err := os.Stat(path); err != nil {
			ps.Warnf(c.Pos(key), "%s: %s: %v; %s", key, path, cause(err), words)
		} else if st.IsDir() != folder {
			ps.Warnf(c.Pos(key), "%s: %s is %s; %s", key, path, map[bool]string{true: "no folder", false: "no file"}[folder], words)
		}
	}
	missing("media.root", c.Media.Root, "until it is there nothing but the slate can air", true)
	missing("playlists.watch", c.Playlists.Watch, "until it is there nothing but the slate can air", true)
	if st, err := os.Stat(c.Playlists.Watch); err == nil && st.IsDir() {
		missing("playlists.base", c.BasePath(), "until it is there the slate airs", false)
	}
	for key, source := range map[string]string{"fallback.filler": c.Fallback.Filler, "fallback.slate": c.Fallback.Slate} {
		if source != "" && !strings.Contains(source, "://") {
			missing(key, c.inRoot(source), "the built-in slate airs in its place", false)
		}
	}
	if f := c.Fallback.Fillers; f != "" {
		missing("fallback.fillers", c.inRoot(f), "without clips to fill with, the slate fills the time", true)
	}
	if w := c.Web.TLS; w.Cert != "" && w.Key != "" {
		if _, err := tls.LoadX509KeyPair(w.Cert, w.Key); err != nil {
			at := c.Pos("web.tls.cert")
			ps.Errorf(at, "web.tls.cert: cannot use certificate and key: %s; both are PEM files that belong together", oneLine(err))
		}
	}
	ps.Sort()
	return ps
}

// cause is an error without the path, which the message names already.
func cause(err error) error {
	if inner := errors.Unwrap(err); inner != nil {
		return inner
	}
	return err
}

// SlatePath is the slate's file, or "" for the built-in one.
func (c *Config) SlatePath() string {
	if c.Fallback.Slate == "" {
		return ""
	}
	return c.inRoot(c.Fallback.Slate)
}

// inRoot is a source as a path below the media root.
func (c *Config) inRoot(source string) string {
	if filepath.IsAbs(source) {
		return source
	}
	return filepath.Join(c.Media.Root, source)
}

func oneLine(err error) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, err.Error())
}
