package playlist

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"airloom/playlist/document"
)

// The largest values that are not a slip of the hand.
const (
	maxRepeat = 100_000
	maxCount  = 100_000
	minGain   = -60
	maxGain   = 30
	maxText   = 1000 // of a title or name, in bytes
)

// rawList and rawItem are a file of our own as written.
type rawList struct {
	Name     string           `yaml:"name"`
	Loop     bool             `yaml:"loop"`
	Schedule rawSchedule      `yaml:"schedule"`
	Items    []*document.Node `yaml:"items"`
}

type rawItem struct {
	Source    string        `yaml:"source"`
	Folder    string        `yaml:"folder"`
	Order     string        `yaml:"order"`
	Count     int           `yaml:"count"`
	Recursive bool          `yaml:"recursive"`
	Include   string        `yaml:"playlist"`
	Title     string        `yaml:"title"`
	In        time.Duration `yaml:"in"`
	Out       time.Duration `yaml:"out"`
	Duration  time.Duration `yaml:"duration"`
	Loop      loop          `yaml:"loop"`
	Audio     string        `yaml:"audio"`
	GainDB    float64       `yaml:"gain_db"`
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

// native reads a file with our own keys.
func (c *checker) native(root *document.Node) *Playlist {
	raw := rawList{Loop: true}
	r := document.Decode(root, &raw, unknownInList)
	list := &Playlist{Name: raw.Name, Loop: raw.Loop}
	if r.Has("schedule") {
		list.Schedule = schedule(r, raw.Schedule)
		list.Loop = raw.Loop && r.Has("loop")
	}
	checkText(r, "name", raw.Name)
	switch {
	case !r.Has("items"):
		r.Errorf("", "the playlist has no items: write items: and below it lines such as - {source: one.mp4}")
	case len(raw.Items) == 0:
		r.Warnf("items", "the playlist has no items: the slate airs in its place")
	}
	c.problems = append(c.problems, r.Problems...)
	if c.tooMany(r.At("items"), len(raw.Items)) {
		return list
	}
	list.Items = make([]Item, 0, len(raw.Items))
	bad := 0
	for _, n := range raw.Items {
		if bad > mostBad {
			c.problems.Errorf(n.Position, "the items from here on were not looked at: mend those before")
			break
		}
		before := len(c.problems)
		list.Items = append(list.Items, c.item(n))
		if c.problems[before:].Fatal() {
			bad++
		}
	}
	return list
}

// mostBad is how many items may have mistakes before it is taken that the rest
// has them, too: each mistake is a hundred times the work of a good item.
const mostBad = 10_000

// unknownInList gives the words for keys that stand in the wrong place, or come
// from other players, so that nobody hunts for a slip of the pen that is none.
func unknownInList(path, key string) string {
	switch {
	case key == "repeat":
		return `unknown key "repeat": write loop`
	case path == "schedule" && (key == "loop" || key == "name"):
		return fmt.Sprintf("unknown key %q in schedule: it belongs at the top level", key)
	case path == "schedule" && key == "end":
		return `unknown key "end" in schedule: write until`
	case path != "":
		return ""
	case key == "include":
		return `unknown key "include": write an item - {playlist: other.yml}`
	case inItems(key):
		return fmt.Sprintf("unknown key %q: it belongs in an item, below items:", key)
	}
	return ""
}

func inItems(key string) bool {
	switch key {
	case "source", "folder", "playlist", "title", "in", "out", "audio", "gain_db", "order", "count", "recursive":
		return true
	}
	return false
}

// itemReader checks one item.
type itemReader struct {
	*document.Reading
	options   Options
	explained bool // why it names nothing to play has been said
}

func (c *checker) item(n *document.Node) Item {
	switch n.Kind {
	case document.Scalar:
		c.problems.Errorf(n.Position, "an item has keys: write - {source: %s}", n.Quote())
		return Item{}
	case document.List:
		c.problems.Errorf(n.Position, "an item has keys: write - {source: one.mp4}, one item a line")
		return Item{}
	}
	r := itemReader{options: c.options}
	var raw rawItem
	r.Reading = document.Decode(n, &raw, r.unknown)
	it := r.item(raw)
	it.Line = n.Line
	c.problems = append(c.problems, r.Problems...)
	return it
}

func (r *itemReader) unknown(_, key string) string {
	switch key {
	case "file", "path", "url", "src", "filename":
		r.explained = true
		return fmt.Sprintf("unknown key %q: write source", key)
	case "include", "list":
		r.explained = true
		return fmt.Sprintf("unknown key %q: write playlist", key)
	case "dir", "directory":
		r.explained = true
		return fmt.Sprintf("unknown key %q: write folder", key)
	case "repeat":
		return `unknown key "repeat": write loop`
	case "shuffle", "random":
		return fmt.Sprintf("unknown key %q: write order: shuffle", key)
	case "name":
		return `unknown key "name": an item has a title`
	case "schedule", "cron", "at", "start":
		return fmt.Sprintf("unknown key %q: only a whole playlist has a schedule, at its top level: put the item into a playlist of its own", key)
	}
	if document.Nearest(key, []string{"source", "folder", "playlist"}) != "" {
		r.explained = true // a slip of the pen: one complaint is enough
	}
	return ""
}

func (r *itemReader) item(raw rawItem) Item {
	it := Item{
		Source: raw.Source, Title: raw.Title, In: raw.In, Out: raw.Out, Duration: raw.Duration,
		Repeat: max(1, raw.Loop.times), Loop: raw.Loop.forever, Audio: raw.Audio, GainDB: raw.GainDB,
	}
	r.what(&it, raw)
	r.times(it)
	r.sound(it)
	checkText(r.Reading, "title", it.Title)
	return it
}

// what finds out which of source, folder and playlist the item is.
func (r *itemReader) what(it *Item, raw rawItem) {
	kind := ""
	for _, key := range []string{"source", "folder", "playlist"} {
		switch {
		case !r.Has(key):
		case kind != "":
			r.Errorf(key, "%s and %s together: an item is one of them; make two items of it", kind, key)
		default:
			kind = key
		}
	}
	switch kind {
	case "source":
		if _, err := r.options.Resolve(it.Source); err != nil {
			r.Errorf("source", "source: %v", err)
		}
	case "folder":
		r.folder(it, raw)
	case "playlist":
		r.include(it, raw.Include)
	case "":
		if !r.explained {
			r.Errorf("", "the item has no source: write source: and a file under the media root, or a URL")
		}
	}
	if kind != "folder" {
		r.none("it belongs to a folder: remove it, or write folder", "order", "count", "recursive")
	}
}

// none refuses keys that say nothing here.
func (r *itemReader) none(why string, keys ...string) {
	for _, key := range keys {
		if r.Has(key) {
			r.Errorf(key, "%s: %s", key, why)
		}
	}
}

func (r *itemReader) folder(it *Item, raw rawItem) {
	path, err := r.options.Folder(raw.Folder)
	if err != nil {
		r.Errorf("folder", "folder: %v", err)
	}
	it.Folder = &Folder{Path: path, Count: raw.Count, Recursive: raw.Recursive}
	it.Folder.Order = oneOf(r.Reading, "order", Order(raw.Order), Sorted, Shuffle, Newest)
	switch {
	case r.Has("count") && raw.Count < 1:
		r.Errorf("count", "count: %d files cannot air: write 1 or more, or remove the key for all", raw.Count)
	case raw.Count > maxCount:
		r.Errorf("count", "count: %d is more than %d: remove the key for all files", raw.Count, maxCount)
	}
	r.none("a folder's files play whole: remove it, or name the one file with source", "in", "out")
	if it.Loop {
		r.Errorf("loop", "loop: true is for one source: write a number of times, such as loop: 3")
	}
}

func (r *itemReader) include(it *Item, name string) {
	file, err := r.options.Include(name)
	if err != nil {
		r.Errorf("playlist", "playlist: %v", err)
	}
	it.Include = file
	r.none("the items of the other playlist have their own: remove it", "in", "out", "duration", "loop", "audio", "gain_db")
}

// times checks what in, out, duration and loop say together.
func (r *itemReader) times(it Item) {
	switch {
	case r.Has("out") && r.Has("duration"):
		r.Errorf("out", "out and duration together: keep one (duration counts from in)")
	case r.Has("out") && it.Out <= it.In:
		r.Errorf("out", "out (%s) does not come after in (%s): write a later out, or remove it", clock(it.Out), clock(it.In))
	case r.Has("duration") && it.Duration <= 0:
		r.Errorf("duration", "duration is 0: write how long the item airs, or remove the line")
	}
	if it.Loop && !r.Has("duration") && it.Source != "" {
		r.Errorf("loop", "loop: true has no end: add a duration, or write a number of airings such as loop: 3")
	}
	switch {
	case Live(it.Source) && it.In > 0:
		r.Warnf("in", "in and out mean nothing for a live source: use duration")
	case Live(it.Source) && it.Out > 0:
		r.Warnf("out", "in and out mean nothing for a live source: use duration")
	case Endless(it.Source) && it.Out == 0 && !r.Has("duration"):
		r.Warnf("source", "a live source without a duration airs until it breaks off: add a duration")
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

func (r *itemReader) sound(it Item) {
	if r.Has("audio") {
		if n, err := strconv.Atoi(it.Audio); (err != nil || n < 1 || n > 999) && !language.MatchString(it.Audio) {
			r.Errorf("audio", "audio: %q is neither a track number, 1 or more, nor a language: write audio: 2 or audio: deu", it.Audio)
		}
	}
	if it.GainDB < minGain || it.GainDB > maxGain {
		r.Errorf("gain_db", "gain_db: %v dB is outside of %d to %d: write a smaller change", it.GainDB, minGain, maxGain)
	}
}

// checkText refuses what would break a log line or a list on a screen.
func checkText(r *document.Reading, key, s string) {
	if strings.ContainsFunc(s, unicode.IsControl) {
		r.Errorf(key, "%s: line breaks and control characters are not allowed: write it on one line", key)
	} else if len(s) > maxText {
		r.Errorf(key, "%s: longer than %d characters: shorten it", key, maxText)
	}
}

// oneOf is the word that the key holds, or the first of the choices where it
// holds none.
func oneOf[T ~string](r *document.Reading, key string, word T, choices ...T) T {
	if !r.Has(key) {
		return choices[0]
	}
	names := make([]string, len(choices))
	for i, c := range choices {
		if c == word {
			return word
		}
		names[i] = string(c)
	}
	if near := document.Nearest(string(word), names); near != "" {
		r.Errorf(key, "%s: there is no %q: did you mean %q?", key, word, near)
	} else {
		r.Errorf(key, "%s: there is no %q: write %s", key, word, either(names))
	}
	return choices[0]
}

// either joins words with commas and an or.
func either(words []string) string {
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
