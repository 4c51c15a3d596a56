package airtest

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"airloom/playout/media"
)

// Item is one line of a channel's playlist.
type Item struct {
	Clip Clip
	More string // further keys, as YAML: "duration: 2s, loop: 3"
}

// Items makes a playlist of clips; a still airs for two seconds.
func Items(clips ...Clip) (out []Item) {
	for _, c := range clips {
		it := Item{Clip: c}
		if c.Still {
			it.More = fmt.Sprintf("duration: %v", stillFor)
		}
		out = append(out, it)
	}
	return out
}

// Setup says what channel to start.
type Setup struct {
	House    media.House       // zero: DefaultHouse
	Output   string            // where to publish
	Items    []Item            // the base playlist, main.yml
	Lists    map[string]string // more files of the playlists' folder: path in it to text
	Media    map[string]Clip   // more media: path below their root to clip
	Sections map[string]string // further sections of the config: name to YAML
	Web      string            // further keys of the config's web section, as YAML: "users: [...]"
	Token    string            // shown whenever the channel is asked something
	User     bool              // run without root's rights, where the test has them
	Env      []string
	Args     []string // further ones of `airloom run`
}

const nobody = 65534

// giveAway makes the channel's directory, and a copy of the binary, readable by nobody.
func (c *Channel) giveAway(bin string) string {
	own := filepath.Join(c.Dir, "airloom")
	if err := copyFile(bin, own, 0o755); err != nil {
		c.t.Fatal(err)
	}
	_ = os.Chmod(filepath.Dir(c.Dir), 0o755)
	_ = filepath.WalkDir(c.Dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !strings.HasPrefix(path, filepath.Join(c.Dir, "media")) && path != own {
			return os.Chown(path, nobody, nobody)
		}
		return nil
	})
	return own
}

// copyFile puts a file at another path, no link, so that its mode is its own.
func copyFile(from, to string, mode os.FileMode) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		out.Close()
		return err
	}
	if err := out.Close(); err != nil {
		return err
	}
	return os.Chmod(to, mode)
}

// write writes config, playlist and media.
func (c *Channel) write(s Setup) {
	for _, d := range []string{"media", "playlists", "state"} {
		if err := os.MkdirAll(filepath.Join(c.Dir, d), 0o755); err != nil {
			c.t.Fatal(err)
		}
	}
	if s.Items != nil {
		c.Playlist(s.Items)
	}
	for name, text := range s.Lists {
		c.put(filepath.Join("playlists", name), text)
	}
	for name, clip := range s.Media {
		if err := c.putMedia(clip, name); err != nil {
			c.t.Fatal(err)
		}
	}
	sections := map[string]string{
		"channel":   "{name: Test, timezone: UTC}",
		"media":     "{root: ./media}",
		"playlists": "{watch: ./playlists, base: main.yml}",
		"house": fmt.Sprintf("{width: %d, height: %d, fps: %q, sample_rate: %d, fit: %s}", s.House.Width, s.House.Height,
			s.House.FPS.String(), s.House.SampleRate, s.House.Fit),
		"output": fmt.Sprintf("{url: %q}", s.Output),
		"state":  "{dir: ./state}",
		"web":    fmt.Sprintf("{listen: \"127.0.0.1:%d\", %s}", c.port, s.Web),
		"log":    "{level: debug}",
	}
	for name, text := range s.Sections {
		sections[name] = text
	}
	if sections["outputs"] != "" {
		delete(sections, "output")
	}
	var b strings.Builder
	for _, name := range sorted(sections) {
		fmt.Fprintf(&b, "%s: %s\n", name, sections[name])
	}
	c.put("airloom.yml", b.String())
}

func sorted(m map[string]string) (names []string) {
	for n := range m {
		names = append(names, n)
	}
	sort.Strings(names)
	return names
}

func (c *Channel) put(name, text string) {
	path := filepath.Join(c.Dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		c.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		c.t.Fatal(err)
	}
}

// Drop puts a file into the playlists' folder while the channel is on air, whole
// from the first moment: it is renamed into place.
func (c *Channel) Drop(name, text string) {
	c.put("playlists/.dropped", text)
	if err := os.Rename(filepath.Join(c.Dir, "playlists/.dropped"), filepath.Join(c.Dir, "playlists", name)); err != nil {
		c.t.Fatal(err)
	}
}

// Playlist writes the base playlist, and the media that it names.
func (c *Channel) Playlist(items []Item) {
	var b strings.Builder
	b.WriteString("name: Main\nloop: true\nitems:\n")
	for _, it := range items {
		more := ""
		if it.More != "" {
			more = ", " + it.More
		}
		name := filepath.Base(it.Clip.Path)
		fmt.Fprintf(&b, "  - {source: %q, title: %q%s}\n", name, it.Clip.Kind, more)
		if err := c.putMedia(it.Clip, name); err != nil {
			c.t.Fatal(err)
		}
	}
	c.put("playlists/main.yml", b.String())
}

func (c *Channel) putMedia(clip Clip, name string) error {
	to := filepath.Join(c.Dir, "media", name)
	if _, err := os.Lstat(to); err == nil {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	switch clip.Kind {
	case Missing:
		return nil
	case Directory:
		return os.Mkdir(to, 0o755)
	case NoRead:
		return copyFile(clip.Path, to, 0)
	}
	return copyFile(clip.Path, to, 0o644)
}
