package playlist

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"airloom/playlist/document"
	"airloom/playlist/when"
)

// dayStart is when ffplayout's days begin where nothing else is said.
const dayStart = "05:59:25"

// datedList and datedItem are ffplayout's playlist of a day, as documented there
// and as its programs write it. Old ones have begin and length, too.
type datedList struct {
	Channel string           `yaml:"channel"`
	Date    string           `yaml:"date"`
	Begin   string           `yaml:"begin"`
	Length  seconds          `yaml:"length"`
	Program []*document.Node `yaml:"program"`
}

type datedItem struct {
	In       seconds `yaml:"in"`
	Out      seconds `yaml:"out"`
	Duration seconds `yaml:"duration"` // of the whole file
	Source   string  `yaml:"source"`
	Title    string  `yaml:"title"`
	Category string  `yaml:"category"`
	Ad       bool    `yaml:"ad"`
	Audio    string  `yaml:"audio"`
	Filter   string  `yaml:"custom_filter"`
	Volume   float64 `yaml:"volume"`
}

var (
	listKeys = []string{"channel", "date", "begin", "length", "program"}
	itemKeys = []string{"in", "out", "duration", "source", "title", "category", "ad", "audio", "custom_filter", "volume"}
	// ownNotes are what ffplayout's programs note for themselves.
	ownNotes = []string{"begin", "uid", "index", "modified", "start_sec", "current_file", "start_index"}
)

// seconds is a time as a number, or with colons as older files have it.
type seconds struct{ time.Duration }

// Read implements document.Reader.
func (s *seconds) Read(n *document.Node) (err error) {
	if n.Kind != document.Scalar {
		return errors.New("write a number of seconds")
	}
	f, err := strconv.ParseFloat(n.Text, 64)
	if err != nil {
		s.Duration, err = document.ParseTime(n.Text)
		if err != nil {
			return fmt.Errorf("%s %w", n.Quote(), err)
		}
		return nil
	}
	if !(f >= 0 && f <= document.MaxTime.Seconds()) { // NaN is neither
		return fmt.Errorf("%s is no time: write seconds from 0 to %.0f", n.Quote(), document.MaxTime.Seconds())
	}
	// They are made by adding up fractions: what is finer than a microsecond is noise.
	s.Duration = time.Duration(math.Round(f*1e6)) * time.Microsecond
	return nil
}

// dated reads ffplayout's playlist of a day.
func (c *checker) dated(root *document.Node) *Playlist {
	raw := datedList{Length: seconds{24 * time.Hour}}
	c.known(root, listKeys)
	r := document.Decode(root, &raw, nil)
	list := &Playlist{Schedule: c.day(r, &raw)}
	list.Loop = list.Schedule == nil
	list.Name = strings.TrimSpace(raw.Channel + " " + raw.Date)
	checkText(r, "channel", raw.Channel)
	if len(raw.Program) == 0 {
		r.Warnf("program", "the playlist has no items: the slate airs in its place")
	}
	c.problems = append(c.problems, r.Problems...)
	if c.tooMany(r.At("program"), len(raw.Program)) {
		return list
	}
	list.Items = make([]Item, 0, len(raw.Program))
	for _, n := range raw.Program {
		list.Items = append(list.Items, c.datedItem(n))
	}
	return list
}

// known drops what we have no word for, and says so; and what has no value.
func (c *checker) known(n *document.Node, keys []string) {
	n.Fields = slices.DeleteFunc(n.Fields, func(f document.Field) bool {
		if !slices.Contains(keys, f.Key) {
			if !slices.Contains(ownNotes, f.Key) {
				c.lose(f.Position, fmt.Sprintf("%.40q: airloom does not know what this is: it is left out", f.Key))
			}
			return true
		}
		return f.Value.Kind == document.Null
	})
}

var datedName = regexp.MustCompile(`^(\d{4}-\d{2}-\d{2})\.json$`)

// day is when the list airs: from its day's start, for a day. The name of the
// file tells the day before what is written in it does, as in ffplayout.
func (c *checker) day(r *document.Reading, raw *datedList) *Schedule {
	begin := c.options.DayStart
	if m := datedName.FindStringSubmatch(filepath.Base(c.name)); m != nil {
		if raw.Date != "" && raw.Date != m[1] {
			r.Warnf("date", "the file's name says %s: it airs then", m[1])
		}
		raw.Date = m[1]
	}
	if raw.Date == "" {
		r.Warnf("", "the playlist has no date: it airs as base, as part of another, or when taken")
		return nil
	}
	if begin == "" {
		begin = dayStart
	}
	if r.Has("begin") {
		begin = c.begin(r, raw.Begin, begin)
	}
	at, err := when.ParseMoment(raw.Date + " " + begin)
	if err != nil {
		r.Errorf("date", "date: %.40q %v", raw.Date+" "+begin, err)
		return nil
	}
	if raw.Length.Duration <= 0 {
		r.Errorf("length", `length is 0: write "24:00:00", or remove it`)
	}
	s := &Schedule{At: &at, Start: Hard, Return: Resume, Fill: FillCut, Late: Join}
	if until, err := when.ParseClock(begin); err == nil && !r.Has("length") {
		s.Until = &until // a day may have 23 or 25 hours
	} else {
		s.Duration = raw.Length.Duration
	}
	return s
}

// begin is the time of day that an old file begins at, in whole seconds.
func (c *checker) begin(r *document.Reading, text, usual string) string {
	t, err := document.ParseTime(text)
	if err != nil || t >= 24*time.Hour {
		r.Warnf("begin", "begin: %.40q is no time of day: the list begins at %s, the day's start", text, usual)
		return usual
	}
	if t%time.Second != 0 {
		r.Warnf("begin", "begin: lists begin at whole seconds: the fraction is left out")
	}
	return clock(t.Truncate(time.Second))
}

func (c *checker) datedItem(n *document.Node) Item {
	if n.Kind != document.Map {
		c.problems.Errorf(n.Position, `this is no item: write {"in": 0, "out": 10, "duration": 10, "source": "one.mp4"}`)
		return Item{}
	}
	c.known(n, itemKeys)
	raw := datedItem{Volume: 1}
	r := document.Decode(n, &raw, nil)
	it := Item{Title: raw.Title, Repeat: 1, Line: n.Line}
	var err error
	if !r.Has("source") {
		r.Errorf("", "the item has no source: write one")
	} else if it.Source, err = c.place(raw.Source, ""); err != nil {
		r.Errorf("source", "source: %v", err)
	}
	checkText(r, "title", raw.Title)
	c.span(r, &it, raw)
	if r.Has("volume") {
		it.GainDB = c.gain(r, raw.Volume)
	}
	c.loseOf(r, raw)
	c.problems = append(c.problems, r.Problems...)
	return it
}

// span translates in, out and duration: of ffplayout's, out is where the item
// ends, and duration how long the file is. Beyond its end it begins again, and a
// picture stands for as long as there is between in and out.
func (c *checker) span(r *document.Reading, it *Item, raw datedItem) {
	in, out, whole := raw.In.Duration, raw.Out.Duration, raw.Duration.Duration
	if out == 0 {
		out = whole
	}
	it.In, it.Length = in, max(0, out-in)
	switch {
	case out == 0: // nothing is said: to the file's end
	case out <= in:
		r.Errorf("out", "out (%s) does not come after in (%s): write a later out, or remove it", clock(out), clock(in))
	case still(it.Source) || Live(it.Source):
		it.In, it.Duration = 0, out-in
	case whole > 0 && out > whole+sameEnd:
		it.Loop, it.Duration = true, out-in
	case out < whole-sameEnd || whole == 0:
		it.Out = out
	}
}

// sameEnd is how far apart two programs may find the end of one file.
const sameEnd = 100 * time.Millisecond

// gain is a factor of loudness in decibels, to the hundredth.
func (c *checker) gain(r *document.Reading, factor float64) float64 {
	if factor <= 0 {
		if factor < 0 {
			r.Errorf("volume", "volume: %v is no factor: write 0.5 for half", factor)
		}
		return minGain
	}
	return min(max(math.Round(2000*math.Log10(factor))/100, minGain), maxGain)
}

// loseOf tells what of an item's keys has no counterpart.
func (c *checker) loseOf(r *document.Reading, raw datedItem) {
	if raw.Category != "" {
		c.lose(r.At("category"), fmt.Sprintf("category %.40q: airloom knows no categories: it is left out", raw.Category))
	}
	if raw.Ad {
		c.lose(r.At("ad"), "ad: airloom does not mark advertisements: it is left out")
	}
	if raw.Audio != "" {
		c.lose(r.At("audio"), "audio: a sound file of its own is not supported: the source's own sound airs")
	}
	if raw.Filter != "" {
		c.lose(r.At("custom_filter"), "custom_filter: filters are not supported: the item airs without it")
	}
}
