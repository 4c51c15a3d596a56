package guide

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"iter"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the guide below must not hang on what the machine has

	"github.com/stretchr/testify/require"

	"airloom/playlist"
	"airloom/playlist/schedule"
	"airloom/playout/media"
	"airloom/playout/timeline"
)

var update = flag.Bool("update", false, "write the guides as they are now")

var grid = timeline.Grid{FPS: media.Rational{Num: 25, Den: 1}, Rate: 44100}

// second is a second of ticks.
const second = 25

func slot(start, ticks int64, source, title string) schedule.Slot {
	return schedule.Slot{
		Entry: playlist.Entry{Item: playlist.Item{ID: source, Source: source, Title: title}, Ticks: ticks, Mode: playlist.ModeBase},
		Start: start, Ticks: ticks, Left: schedule.Ended,
	}
}

// evening is an evening in Berlin that ends in the hour which comes twice.
func evening() (schedule.Clock, []schedule.Slot) {
	zero := time.Date(2026, 10, 24, 22, 0, 0, 30_000_000, time.UTC) // 00:00:00.03 on the 25th
	film := slot(0, 3600*second, "films/one.mkv", "One & only: <the> \"film\"")
	gap := slot(0, 20*second, "", "gap")
	gap.Mode = playlist.ModeSlate
	rest := film
	rest.From, rest.Entry.Ticks, rest.Ticks = 3600*second, 7200*second, 7200*second
	rest.Start = 3900 * second
	gap.Start = rest.Start + rest.Ticks
	ident := gap.Start + gap.Ticks
	return schedule.Clock{Zero: zero}, []schedule.Slot{
		film,
		slot(3600*second, 300*second, "news.mp4", "Nachrichten für Köln\n und\tUmgebung \x07 \xff"),
		rest,
		gap,
		slot(ident, second/2, "promos/sting.mov", "sting.mov"),
		slot(ident+second/2, 7*second-second/2, "promos/ident.mp4", "ident.mp4"),
		slot(ident+7*second, 60*second, "odd/\a.mp4", "\a"),
		slot(ident+67*second, schedule.Never, "rtsp://cam.example/door", "cam.example/door"),
	}
}

func write(t *testing.T, c Channel, clock schedule.Clock, slots iter.Seq[schedule.Slot]) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, Write(&b, c, clock, grid, slots))
	return b.String()
}

func TestAnEvening(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	clock, slots := evening()
	got := write(t, Channel{Name: "Köln & Demo 1", Zone: berlin}, clock, slices.Values(slots))
	const golden = "testdata/evening.xml"
	if *update {
		require.NoError(t, os.WriteFile(golden, []byte(got), 0o644))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, string(want), got)
	valid(t, got)
}

func TestNothingPlanned(t *testing.T) {
	got := write(t, Channel{ID: "one.example.org", Name: "„…“"}, schedule.Clock{}, slices.Values([]schedule.Slot(nil)))
	require.Contains(t, got, `<channel id="one.example.org">`)
	valid(t, got)
	valid(t, write(t, Channel{Name: "…"}, schedule.Clock{}, slices.Values([]schedule.Slot(nil))))
}

// What abuts on air abuts in the guide, on a grid that has no whole seconds too.
func TestProgrammesAbut(t *testing.T) {
	ntsc := timeline.Grid{FPS: media.Rational{Num: 30000, Den: 1001}, Rate: 48000}
	var slots []schedule.Slot
	at := int64(0)
	for i := range int64(500) {
		ticks := 100 + i*37%400
		slots = append(slots, slot(at, ticks, "a.mp4", "a.mp4"))
		at += ticks
	}
	var b bytes.Buffer
	require.NoError(t, Write(&b, Channel{Name: "x"}, schedule.Clock{Zero: time.Unix(1_800_000_000, 7e8)}, ntsc, slices.Values(slots)))
	tv := valid(t, b.String())
	require.Len(t, tv.all("programme"), len(slots))
	stop := ""
	for _, p := range tv.all("programme") {
		if stop != "" {
			require.Equal(t, stop, p.attribute("start"))
		}
		stop = p.attribute("stop")
	}
}

// A reader that goes away ends the walk.
func TestTheReaderGoesAway(t *testing.T) {
	gone := errors.New("gone")
	asked := 0
	err := Write(fails{gone}, Channel{Name: "x"}, schedule.Clock{}, grid, func(yield func(schedule.Slot) bool) {
		for asked < 100_000 && yield(slot(int64(asked)*second, second, "a.mp4", "a")) {
			asked++
		}
	})
	require.ErrorIs(t, err, gone)
	require.Less(t, asked, 1000)
}

type fails struct{ err error }

func (f fails) Write([]byte) (int, error) { return 0, f.err }

func BenchmarkWrite(b *testing.B) {
	clock, slots := evening()
	b.ReportAllocs()
	for b.Loop() {
		if err := Write(io.Discard, Channel{Name: "x"}, clock, grid, slices.Values(slots)); err != nil {
			b.Fatal(err)
		}
	}
}

// element is one element of a document.
type element struct {
	XMLName  xml.Name
	Attrs    []xml.Attr `xml:",any,attr"`
	Children []element  `xml:",any"`
	Text     string     `xml:",chardata"`
}

func (e element) attribute(name string) string {
	for _, a := range e.Attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func (e element) all(name string) []element {
	var of []element
	for _, c := range e.Children {
		if c.XMLName.Local == name {
			of = append(of, c)
		}
	}
	return of
}

// form is what the XMLTV DTD demands of an element, as far as guides use it.
type form struct {
	children string // a pattern of their names, each with a space behind it; "": text alone
	required []string
	implied  []string
}

var dtd = map[string]form{
	"tv":           {children: `^(channel )*(programme )*$`, implied: []string{"date", "source-info-url", "source-info-name", "source-data-url", "generator-info-name", "generator-info-url"}},
	"channel":      {children: `^(display-name )+(icon )*(url )*$`, required: []string{"id"}},
	"display-name": {implied: []string{"lang"}},
	"programme": {
		children: `^(title )+(sub-title )*(desc )*(credits )?(date )?(category )*(keyword )*(language )?(orig-language )?(length )?(icon )*(url )*(country )*(episode-num )*(video )?(audio )?(previously-shown )?(premiere )?(last-chance )?(new )?(subtitles )*(rating )*(star-rating )*(review )*(image )*$`,
		required: []string{"start", "channel"},
		implied:  []string{"stop", "pdc-start", "vps-start", "showview", "videoplus", "clumpidx"},
	},
	"title": {implied: []string{"lang"}},
	"desc":  {implied: []string{"lang"}},
}

// valid holds a document against what the DTD and its comments demand.
func valid(t *testing.T, document string) element {
	t.Helper()
	require.True(t, strings.HasPrefix(document, `<?xml version="1.0" encoding="UTF-8"?>`+"\n"+`<!DOCTYPE tv SYSTEM "xmltv.dtd">`+"\n"))
	var tv element
	d := xml.NewDecoder(strings.NewReader(document))
	require.NoError(t, d.Decode(&tv))
	_, err := d.Token()
	for err == nil {
		_, err = d.Token() // the line break at the end
	}
	require.ErrorIs(t, err, io.EOF)
	require.Equal(t, "tv", tv.XMLName.Local)
	fits(t, tv)
	ids := map[string]bool{}
	for _, c := range tv.all("channel") {
		// A DNS-like name, without a scheme.
		require.Regexp(t, `^[-\pL\pN]+(\.[-\pL\pN]+)+$`, c.attribute("id"))
		require.False(t, ids[c.attribute("id")])
		ids[c.attribute("id")] = true
	}
	latest := time.Time{}
	for _, p := range tv.all("programme") {
		require.True(t, ids[p.attribute("channel")])
		start := moment(t, p.attribute("start"))
		require.False(t, start.Before(latest), "programmes overlap")
		latest = start
		if stop := p.attribute("stop"); stop != "" {
			latest = moment(t, stop)
			require.True(t, latest.After(start))
		}
	}
	return tv
}

func moment(t *testing.T, text string) time.Time {
	x, err := time.Parse("20060102150405 -0700", text)
	require.NoError(t, err)
	return x
}

func fits(t *testing.T, e element) {
	t.Helper()
	name := e.XMLName.Local
	f, known := dtd[name]
	require.True(t, known, name)
	attributes := map[string]bool{}
	for _, a := range e.Attrs {
		require.Contains(t, append(slices.Clone(f.required), f.implied...), a.Name.Local, name)
		require.NotEmpty(t, a.Value)
		attributes[a.Name.Local] = true
	}
	for _, a := range f.required {
		require.True(t, attributes[a], "%s without %s", name, a)
	}
	if f.children == "" {
		require.Empty(t, e.Children)
		require.NotEmpty(t, e.Text)
		require.NotContains(t, e.Text, "\n")
		require.Equal(t, strings.TrimSpace(e.Text), e.Text)
		return
	}
	require.Empty(t, strings.TrimSpace(e.Text), name)
	children := ""
	for _, c := range e.Children {
		children += c.XMLName.Local + " "
		fits(t, c)
	}
	require.Regexp(t, regexp.MustCompile(f.children), children)
}
