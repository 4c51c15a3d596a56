package playlist

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"airloom/playlist/document"
)

// Position is a place in a file, in the config as in playlists.
type Position = document.Position

// Problem is one thing wrong with a file, in the config as in playlists.
type Problem = document.Problem

// Problems is everything wrong with a file.
type Problems = document.Problems

// The largest values that are not a slip of the hand.
const (
	maxItems  = 50_000
	maxRepeat = 100_000
	minGain   = -60
	maxGain   = 30
)

// rawList and rawItem are a file as written.
type rawList struct {
	Name  string    `yaml:"name"`
	Loop  bool      `yaml:"loop"`
	Items []rawItem `yaml:"items"`
}

type rawItem struct {
	Source   string        `yaml:"source"`
	Title    string        `yaml:"title"`
	In       time.Duration `yaml:"in"`
	Out      time.Duration `yaml:"out"`
	Duration time.Duration `yaml:"duration"`
	Loop     loop          `yaml:"loop"`
	Audio    string        `yaml:"audio"`
	GainDB   float64       `yaml:"gain_db"`
}

// loop is `loop: true`, `loop: false` or `loop: 3`.
type loop struct {
	forever bool
	times   int
}

// Read implements document.Reader.
func (l *loop) Read(n *document.Node) error {
	switch times, err := strconv.Atoi(n.Text); {
	case n.Kind != document.Scalar || !n.Plain:
		return errors.New("write a number of airings, or true, without quotes")
	case n.Text == "true":
		l.forever = true
	case n.Text == "false":
		l.times = 1
	case err != nil:
		return fmt.Errorf("%s is neither true nor a whole number: write loop: 3 for three airings, or loop: true with a duration", n.Quote())
	case times < 1:
		return fmt.Errorf("an item cannot air %d times: write 1 or more, or remove the item", times)
	case times > maxRepeat:
		return fmt.Errorf("%d airings are more than %d: use loop: true with a duration", times, maxRepeat)
	default:
		l.times = times
	}
	return nil
}

// Load reads and checks a playlist file, see [Parse].
func Load(path string, o Options) (*Playlist, Problems) {
	data, err := document.ReadFile(path)
	if err != nil {
		var ps Problems
		ps.Errorf(Position{File: path, Line: 1, Column: 1}, "%v", err)
		return nil, ps
	}
	return Parse(path, data, o)
}

// Parse reads and checks a playlist: JSON when the name ends in .json, else
// YAML. With any error among the problems there is no playlist; warnings come
// beside one. It touches no file.
func Parse(name string, data []byte, o Options) (*Playlist, Problems) {
	root, ps := document.Parse(name, data)
	if root == nil {
		return nil, ps
	}
	if foreign := foreign(name, root); foreign != "" {
		ps.Errorf(root.Position, "%s", foreign)
		return nil, ps
	}
	raw := rawList{Loop: true}
	c := checker{options: o, seen: map[string]int{}, skip: map[string]bool{}}
	ps = append(ps, c.shapes(root)...)
	c.Reading = document.Decode(root, &raw, c.unknown)
	list := c.list(raw)
	list.File = filepath.Base(name)
	if list.Name == "" {
		list.Name = strings.TrimSuffix(list.File, filepath.Ext(list.File))
	}
	ps = append(ps, c.Problems...)
	ps.Sort()
	if ps.Fatal() {
		return nil, ps
	}
	return list, ps
}

// shapes refuses items that are no mappings, and makes empty ones of them.
func (c *checker) shapes(root *document.Node) (ps Problems) {
	items := root.Field("items")
	if items == nil {
		return nil
	}
	for i, n := range items.Items {
		switch n.Kind {
		case document.Scalar:
			ps.Errorf(n.Position, "an item has keys: write - {source: %s}", n.Quote())
		case document.List:
			ps.Errorf(n.Position, "an item has keys: write - {source: one.mp4}, one item a line")
		default:
			continue
		}
		*n = document.Node{Position: n.Position, Kind: document.Map}
		c.skip[itemPath(i)] = true
	}
	return ps
}

func itemPath(i int) string { return fmt.Sprintf("items[%d]", i) }

// foreign recognises what people are likely to drop and this version cannot play.
func foreign(name string, root *document.Node) string {
	switch ext := strings.ToLower(filepath.Ext(name)); {
	case ext == ".m3u" || ext == ".m3u8":
		return "this version of airloom does not read M3U playlists: write the items as YAML"
	case root.Kind == document.Map && root.Field("program") != nil && root.Field("items") == nil:
		return "this looks like a playlist of ffplayout, which this version of airloom does not read: write the items as YAML"
	case root.Kind == document.Null:
		return "the playlist is empty: write items: and below it lines such as - {source: one.mp4}"
	case root.Kind == document.List:
		return "a bare list: write items: above it, and indent it"
	case root.Kind == document.Scalar:
		return "this is no playlist: write items: and below it lines such as - {source: one.mp4}"
	}
	return ""
}

type checker struct {
	*document.Reading
	options Options
	seen    map[string]int  // how often equal items came before
	skip    map[string]bool // items whose lack of a source is explained already
}

// unknown gives the words for keys that a coming version will know, and for
// other players' names, so that nobody hunts for a slip of the pen that is none.
func (c *checker) unknown(path, key string) string {
	inItem := path != ""
	if inItem && document.Nearest(key, []string{"source"}) != "" {
		c.skip[path] = true // a slip of the pen: one complaint is enough
	}
	switch key {
	case "schedule", "cron", "include":
		return fmt.Sprintf("this version of airloom does not know %q yet: it airs one list for ever; remove the key", key)
	case "folder", "playlist", "order", "count":
		if inItem {
			c.skip[path] = true
			return fmt.Sprintf("this version of airloom does not know %q yet: name each file in an item of its own, with source", key)
		}
	case "file", "path", "url", "src", "filename":
		if inItem {
			c.skip[path] = true
			return fmt.Sprintf("unknown key %q: write source", key)
		}
	case "repeat":
		return `unknown key "repeat": write loop`
	}
	return ""
}

func (c *checker) list(raw rawList) *Playlist {
	list := &Playlist{Name: raw.Name, Loop: raw.Loop}
	switch {
	case !c.Has("items"):
		c.Errorf("", "the playlist has no items: write items: and below it lines such as - {source: one.mp4}")
	case len(raw.Items) == 0:
		c.Warnf("items", "the playlist has no items: the slate airs in its place")
	case len(raw.Items) > maxItems:
		c.Errorf("items", "%d items are more than %d: split the playlist", len(raw.Items), maxItems)
		return list
	}
	if !raw.Loop {
		c.Warnf("loop", "this version of airloom airs one list for ever: it begins again at the end all the same")
	}
	c.text("name", raw.Name)
	for i, r := range raw.Items {
		list.Items = append(list.Items, c.item(itemPath(i), r))
	}
	return list
}

func (c *checker) item(path string, r rawItem) Item {
	it := Item{
		Source: r.Source, Title: r.Title, In: r.In, Out: r.Out, Duration: r.Duration,
		Repeat: max(1, r.Loop.times), Loop: r.Loop.forever, Audio: r.Audio, GainDB: r.GainDB,
		Line: c.At(path).Line,
	}
	c.source(path, it)
	c.times(path, it)
	c.sound(path, it)
	c.text(path+".title", it.Title)
	if it.Title == "" {
		it.Title = titleOf(it.Source)
	}
	it.ID = identity(it, c.seen)
	return it
}

func (c *checker) source(path string, it Item) {
	switch {
	case c.skip[path]:
	case !c.Has(path + ".source"):
		c.Errorf(path, "the item has no source: write source: and a file under the media root, or a URL")
	default:
		if _, err := c.options.Resolve(it.Source); err != nil {
			c.Errorf(path+".source", "source: %v", err)
		}
	}
}

// times checks what in, out, duration and loop say together.
func (c *checker) times(path string, it Item) {
	has := func(key string) bool { return c.Has(path + "." + key) }
	switch {
	case has("out") && has("duration"):
		c.Errorf(path+".out", "out and duration together: keep one (duration counts from in)")
	case has("out") && it.Out <= it.In:
		c.Errorf(path+".out", "out (%s) does not come after in (%s): write a later out, or remove it", clock(it.Out), clock(it.In))
	case has("duration") && it.Duration <= 0:
		c.Errorf(path+".duration", "duration is 0: write how long the item airs, or remove the line")
	}
	if it.Loop && !has("duration") {
		c.Errorf(path+".loop", "loop: true has no end: add a duration, or write a number of airings such as loop: 3")
	}
	if Live(it.Source) {
		if it.In > 0 || it.Out > 0 {
			key := ".in"
			if it.In == 0 {
				key = ".out"
			}
			c.Warnf(path+key, "in and out mean nothing for a live source: use duration")
		} else if !has("duration") {
			c.Warnf(path+".source", "a live source without a duration airs until it breaks off: add a duration")
		}
	}
}

// clock writes a time as HH:MM:SS with what fraction it has.
func clock(d time.Duration) string {
	s := int64(d / time.Second)
	text := fmt.Sprintf("%02d:%02d:%02d", s/3600, s/60%60, s%60)
	if ns := d % time.Second; ns != 0 {
		text += strings.TrimRight(fmt.Sprintf(".%09d", ns), "0")
	}
	return text
}

var language = regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$`)

func (c *checker) sound(path string, it Item) {
	if c.Has(path + ".audio") {
		if n, err := strconv.Atoi(it.Audio); (err != nil || n < 1 || n > 999) && !language.MatchString(it.Audio) {
			c.Errorf(path+".audio", "audio: %q is neither a track number, 1 or more, nor a language: write audio: 2 or audio: deu", it.Audio)
		}
	}
	if it.GainDB < minGain || it.GainDB > maxGain {
		c.Errorf(path+".gain_db", "gain_db: %v dB is outside of %d to %d: write a smaller change", it.GainDB, minGain, maxGain)
	}
}

// text refuses what would break a log line or a list on a screen.
func (c *checker) text(path, s string) {
	if strings.ContainsFunc(s, unicode.IsControl) {
		c.Errorf(path, "%s: line breaks and control characters are not allowed: write it on one line", path[strings.LastIndex(path, ".")+1:])
	}
}
