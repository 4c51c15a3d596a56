package configs

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // so that a config means the same on every machine
	"unicode"

	"airloom/playlist/document"
	"airloom/playlist/when"
)

// validate holds the keys against what they may be, and against each other.
func (c *Config) validate() {
	c.validateChannel()
	c.validateMedia()
	c.validatePlaylists()
	c.validateHouse()
	c.validateVideo()
	c.validateAudio()
	c.validateOutputs()
	c.validatePresets()
	c.validateAntMedia()
	c.validateIngest()
	c.validateFallback()
	c.validateRest()
	c.validateHLS()
	c.validateRecord()
	c.validateWebhooks()
	c.validateWeb()
}

// errorf complains about a key, by its name.
func (c *Config) errorf(key, format string, args ...any) {
	c.reading.Errorf(key, "%s", label(key)+fmt.Sprintf(format, args...))
}

func (c *Config) warnf(key, format string, args ...any) {
	c.reading.Warnf(key, "%s", label(key)+fmt.Sprintf(format, args...))
}

// label is the key as a message names it: within a list, the line says which
// entry is meant.
func label(key string) string {
	if key = strings.TrimPrefix(key[strings.LastIndex(key, "]")+1:], "."); key == "" {
		return ""
	}
	return key + ": "
}

// oneOf complains unless the value is one of the words.
func (c *Config) oneOf(key, value string, words ...string) {
	if slices.Contains(words, value) {
		return
	}
	remedy := "write " + strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
	if near := document.Nearest(value, words); near != "" {
		remedy = fmt.Sprintf("did you mean %q?", near)
	}
	c.errorf(key, "%s is not known here: %s", c.reading.Quote(key, value), remedy)
}

// atLeast complains about a time that is shorter.
func (c *Config) atLeast(key string, value, least time.Duration) {
	if value < least {
		c.errorf(key, "%s is too short: write %s or more", short(value), short(least))
	}
}

// short writes a time without the zeros that time.Duration adds.
func short(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

func (c *Config) validateChannel() {
	switch name := c.Channel.Name; {
	case strings.TrimSpace(name) == "":
		c.errorf("channel.name", "it is empty: write a name for the channel")
	case strings.ContainsFunc(name, unicode.IsControl):
		c.errorf("channel.name", "line breaks and control characters are not allowed: write it on one line")
	}
	zone := c.Channel.Timezone
	if _, err := time.LoadLocation(zone); err != nil || zone == "" {
		c.errorf("channel.timezone", "%s is no time zone: write a name such as Europe/Berlin, UTC or Local", c.reading.Quote("channel.timezone", zone))
	}
}

func (c *Config) validateMedia() {
	c.path("media.root", c.Media.Root)
	known := Default().Media.Schemes
	for i, s := range c.Media.Schemes {
		key := fmt.Sprintf("media.schemes[%d]", i)
		if near := document.Nearest(s, known); !slices.Contains(known, s) && near != "" {
			c.errorf(key, "the scheme %s is not known: did you mean %q?", c.reading.Quote(key, s), near)
		} else if !slices.Contains(known, s) {
			c.errorf(key, "the scheme %s cannot be allowed: write one of %s", c.reading.Quote(key, s), strings.Join(known, ", "))
		}
	}
	for i, h := range c.Media.Hosts {
		key := fmt.Sprintf("media.hosts[%d]", i)
		if h == "" || strings.ContainsAny(h, "/@?# ") || strings.Contains(h, "*") || strings.Count(h, ":") == 1 {
			c.errorf(key, "%s is no host: write a name or an address alone, such as cam.example", c.reading.Quote(key, h))
		}
	}
}

// path complains about a path that is empty or means another place than it looks.
func (c *Config) path(key, path string) {
	switch {
	case path == "":
		c.errorf(key, "it is empty: write a path")
	case strings.Contains(path, "/~/") || strings.HasSuffix(path, "/~"):
		c.errorf(key, "~ is not expanded: write the whole path")
	}
}

func (c *Config) validatePlaylists() {
	p := c.Playlists
	c.path("playlists.watch", p.Watch)
	if p.Base == "" {
		c.errorf("playlists.base", "it is empty: write the name of a file in %s", p.Watch)
	} else if !within(p.Watch, c.BasePath()) {
		c.errorf("playlists.base", "%s is outside of the watched folder %s: move the file there, or change playlists.watch", c.reading.Quote("playlists.base", p.Base), p.Watch)
	} else {
		switch ext := strings.ToLower(filepath.Ext(p.Base)); ext {
		case ".yml", ".yaml", ".json", ".m3u", ".m3u8", ".txt":
		default:
			c.errorf("playlists.base", "%s ends in none of .yml, .yaml, .json, .m3u, .m3u8 and .txt: rename the file", c.reading.Quote("playlists.base", p.Base))
		}
	}
	if p.Settle > time.Minute {
		c.errorf("playlists.settle", "%s is too long: write 1m or less, or edits take for ever to air", short(p.Settle))
	}
	c.atLeast("playlists.rescan", p.Rescan, time.Second)
	if _, err := when.ParseClock(p.DayStart); err != nil {
		c.errorf("playlists.day_start", "%s %v", c.reading.Quote("playlists.day_start", p.DayStart), err)
	}
}

// within reports whether the path is below the folder, going by the text alone.
func within(folder, path string) bool {
	rel, err := filepath.Rel(folder, path)
	return err == nil && rel != "." && filepath.IsLocal(rel)
}

func (c *Config) validateFallback() {
	f := c.Fallback
	c.media("fallback.filler", f.Filler)
	c.media("fallback.fillers", f.Fillers)
	if strings.Contains(f.Fillers, "://") {
		c.errorf("fallback.fillers", "fillers is a folder of clips: name one under the media root")
	}
	c.media("fallback.slate", f.Slate)
	if strings.Contains(f.Slate, "://") {
		c.errorf("fallback.slate", "the slate must be at hand when nothing else is: name a picture file under the media root")
	}
	if f.HoldMax >= f.StallMax {
		key := "fallback.hold_max"
		if !c.reading.Has(key) {
			key = "fallback.stall_max"
		}
		c.errorf(key, "hold_max (%s) is not below stall_max (%s): the hold ends before the item is given up", short(f.HoldMax), short(f.StallMax))
	}
}

// media complains about a source that is not below the media root.
func (c *Config) media(key, source string) {
	if scheme, _, ok := strings.Cut(source, "://"); ok {
		if !slices.Contains(c.Media.Schemes, strings.ToLower(scheme)) {
			c.errorf(key, "the scheme %q is not among media.schemes: add it there, or name a file", scheme)
		}
		return
	}
	if source != "" && !within(c.Media.Root, c.inRoot(source)) {
		c.errorf(key, "%s is outside of the media root %s: move the file there", c.reading.Quote(key, source), c.Media.Root)
	}
}

func (c *Config) validateRest() {
	c.path("state.dir", c.State.Dir)
	c.oneOf("state.resume", c.State.Resume, "playhead", "start", "clock")
	c.atLeast("asrun.keep", c.AsRun.Keep, time.Hour)
	c.oneOf("log.level", c.Log.Level, "debug", "info", "warn", "error")
	c.oneOf("log.format", c.Log.Format, "text", "json")
}
