package configs

import (
	"bytes"
	"fmt"
	"net/url"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// Shown is where a key of the config as it is shown stands.
type Shown struct {
	Key  string   // such as "encoder.video.preset"
	Line int      // in the text that is shown, from 1
	At   Position // in the file; zero: the file does not say it, and the default counts
}

// Show is the config as it counts, with all defaults, as YAML, and where each of
// its keys stands. Secrets are hidden, and so is what was brought in from
// elsewhere, which may be one. Who may sign in is left out.
func (c *Config) Show() (text []byte, keys []Shown, err error) {
	with := *c
	with.Web.Users, with.Web.Tokens = nil, nil
	var root yaml.Node
	if err := root.Encode(&with); err != nil {
		return nil, nil, fmt.Errorf("write the config: %w", err)
	}
	drop(&root, "web", "users", "tokens")
	c.leaves(&root, "", func(key string, n *yaml.Node) {
		n.Style |= yaml.FlowStyle // where it is a list
		if c.reading != nil && c.reading.Hidden(key) {
			n.SetString(hidden)
		} else if strings.Contains(n.Value, "://") {
			n.Value = withoutSecrets(n.Value)
		} else if d, err := time.ParseDuration(n.Value); err == nil && strings.HasSuffix(n.Value, "m0s") {
			n.Value = short(d)
		}
	})
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(&root); err != nil {
		return nil, nil, fmt.Errorf("write the config: %w", err)
	}
	var again yaml.Node // which knows its lines
	if err := yaml.Unmarshal(b.Bytes(), &again); err != nil {
		return nil, nil, fmt.Errorf("write the config: %w", err)
	}
	c.leaves(again.Content[0], "", func(key string, n *yaml.Node) {
		s := Shown{Key: key, Line: n.Line}
		if c.reading != nil && c.reading.Has(key) {
			s.At = c.reading.At(key)
		}
		keys = append(keys, s)
	})
	return b.Bytes(), keys, nil
}

// leaves calls each for every value that holds no others, by its key in the file.
func (c *Config) leaves(n *yaml.Node, path string, each func(key string, n *yaml.Node)) {
	switch {
	case n.Kind == yaml.MappingNode && len(n.Content) > 0:
		for i := 0; i+1 < len(n.Content); i += 2 {
			c.leaves(n.Content[i+1], strings.TrimPrefix(path+"."+n.Content[i].Value, "."), each)
		}
	case path == "outputs":
		for i, in := range n.Content {
			c.leaves(in, c.Outputs[i].Key, each)
		}
	default: // a list of words is one value
		each(path, n)
	}
}

// drop takes keys out of a section.
func drop(root *yaml.Node, section string, keys ...string) {
	for i := 0; i+1 < len(root.Content); i += 2 {
		if root.Content[i].Value != section {
			continue
		}
		var kept []*yaml.Node
		in := root.Content[i+1].Content
		for k := 0; k+1 < len(in); k += 2 {
			if !strings.Contains(" "+strings.Join(keys, " ")+" ", " "+in[k].Value+" ") {
				kept = append(kept, in[k], in[k+1])
			}
		}
		root.Content[i+1].Content = kept
	}
}

// withoutSecrets is a URL without user, query and fragment.
func withoutSecrets(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return hidden
	}
	if u.User == nil && u.RawQuery == "" && u.Fragment == "" {
		return text
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return u.String() + "…"
}
