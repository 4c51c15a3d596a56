package configs

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"airloom/playlist/document"
)

// Load reads and checks the config file, see [Parse].
func Load(path string) (*Config, Problems) {
	data, err := document.ReadFile(path)
	if err != nil {
		var ps Problems
		ps.Errorf(Position{File: path, Line: 1, Column: 1}, "%v", err)
		return place(Default(), path), ps
	}
	return Parse(path, data)
}

// file is the config as written: `output` is short for `outputs` with one.
type file struct {
	Config `yaml:",inline"`
	Output Output `yaml:"output"`
}

// Parse reads and checks a config. Relative paths, also of ${file:…}, are placed
// beside the named file. There always is a config, with defaults in the place of
// what could not be read, so that others can look for more problems in it; it
// may only be used when the problems' Err is nil. Media files are not looked at:
// that is [Config.CheckFiles].
func Parse(name string, data []byte) (*Config, Problems) {
	root, ps := document.Parse(name, data)
	if root == nil {
		return place(Default(), name), ps
	}
	dir := dirOf(name)
	root.Scalars(func(n *document.Node) {
		if err := expand(n, dir); err != nil {
			ps.Errorf(n.Position, "%v", err)
		}
	})
	f := file{Config: *Default()}
	r := document.Decode(root, &f, later)
	c := &f.Config
	c.reading = r
	r.Add(ps)
	c.outputs(f.Output)
	c.gopDefaults()
	c.presetDefaults()
	c.roles()
	c.producers()
	place(c, name)
	c.validate()
	r.Problems.Sort()
	return c, r.Problems
}

// later gives the words for keys that people may know from elsewhere.
func later(path, key string) string {
	if path == "encoder.video" && (key == "bf" || key == "bframes") {
		return "there is no such key: airloom never makes B-frames, as they would delay the stream; remove it"
	}
	return ""
}

// outputs makes `output` a list of one, and fills in what each output left out.
func (c *Config) outputs(single Output) {
	if c.reading.Has("output") {
		single.Key = "output"
		c.Outputs = []Output{single}
	}
	for i := range c.Outputs {
		o := &c.Outputs[i]
		if o.Key == "" {
			o.Key = fmt.Sprintf("outputs[%d]", i)
		}
		if !c.reading.Has(o.Key + ".renew_after") {
			o.RenewAfter = defaultRenew
		}
		if o.Name == "" && i == 0 {
			o.Name = "main"
		} else if o.Name == "" {
			o.Name = fmt.Sprintf("output%d", i+1)
		}
	}
}

// roles gives those without one the least.
func (c *Config) roles() {
	for i := range c.Web.Users {
		c.Web.Users[i].Role = cmp.Or(c.Web.Users[i].Role, "viewer")
	}
	for i := range c.Web.Tokens {
		c.Web.Tokens[i].Role = cmp.Or(c.Web.Tokens[i].Role, "viewer")
	}
}

func dirOf(name string) string {
	dir, err := filepath.Abs(filepath.Dir(name))
	if err != nil { // the working directory is gone: leave it relative
		return filepath.Dir(name)
	}
	return dir
}

// systemDir is where packages put configs; what belongs to a config there has
// its state where the system keeps state.
const systemDir = "/etc/airloom"

// place makes the config's paths absolute, beside the file.
func place(c *Config, name string) *Config {
	dir := dirOf(name)
	if dir == systemDir && (c.reading == nil || !c.reading.Has("state.dir")) {
		c.State.Dir = "/var/lib/airloom"
		if channel := strings.TrimSuffix(filepath.Base(name), filepath.Ext(name)); channel != "airloom" {
			c.State.Dir += "/" + channel
		}
	}
	for _, path := range []*string{&c.Media.Root, &c.Playlists.Watch, &c.State.Dir, &c.Record.Dir, &c.Web.TLS.Cert, &c.Web.TLS.Key} {
		if *path != "" && !filepath.IsAbs(*path) {
			*path = filepath.Join(dir, *path)
		}
	}
	return c
}

// BasePath is the base playlist's file.
func (c *Config) BasePath() string {
	if filepath.IsAbs(c.Playlists.Base) {
		return filepath.Clean(c.Playlists.Base)
	}
	return filepath.Join(c.Playlists.Watch, c.Playlists.Base)
}

var reference = regexp.MustCompile(`\$\{[^}]*\}?`)

// expand puts in what ${env:NAME} and ${file:PATH} stand for. It works on the
// parsed scalar, so that what is brought in can never become structure.
func expand(n *document.Node, dir string) error {
	if !strings.Contains(n.Text, "${") {
		return nil
	}
	var failed error
	text := reference.ReplaceAllStringFunc(n.Text, func(ref string) string {
		value, err := lookup(ref, dir)
		if err != nil && failed == nil {
			failed = err
		}
		return value
	})
	n.Text, n.Hidden = text, true
	return failed
}

// maxSecret is the longest value that ${file:…} brings in, in bytes.
const maxSecret = 64 << 10

func lookup(ref, dir string) (string, error) {
	kind, name, _ := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(ref, "${"), "}"), ":")
	switch {
	case !strings.HasSuffix(ref, "}"):
		return "", errors.New("${ is not closed: write ${env:NAME} or ${file:PATH}")
	case kind != "env" && kind != "file" || name == "":
		return "", errors.New("only ${env:NAME} and ${file:PATH} are known: write one of them")
	case kind == "env":
		value, ok := os.LookupEnv(name)
		if !ok {
			return "", fmt.Errorf("the environment variable %s is not set: set it, or write the value here", name)
		}
		return value, nil
	}
	if !filepath.IsAbs(name) {
		name = filepath.Join(dir, name)
	}
	data, err := document.ReadFile(name)
	if err != nil {
		return "", fmt.Errorf("${file:%s}: %w", name, err)
	}
	if len(data) > maxSecret {
		return "", fmt.Errorf("%s is larger than %d KiB: ${file:…} is for one short value", name, maxSecret>>10)
	}
	return string(bytes.TrimRight(data, "\r\n")), nil
}
