// Package guide writes what a channel is going to air as an XMLTV document, the
// form in which programme guides, players and recorders read listings. It is
// fed the slots of a walk over the plans and writes them one by one, so that a
// month of short clips needs no more memory than an hour of films.
package guide

import (
	"bufio"
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"iter"
	"path"
	"strings"
	"time"
	"unicode"

	"airloom/playlist"
	"airloom/playlist/schedule"
	"airloom/playout/timeline"
)

// Channel is what a guide says of a channel.
type Channel struct {
	ID   string         // as other programs know it, a name such as "one.example.org"; "": made of the name
	Name string         // for viewers
	Zone *time.Location // in which times are written; nil: UTC
}

// The document's frame. What stands in between is one line an element, in the
// order that the format demands.
const (
	head = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE tv SYSTEM "xmltv.dtd">
<tv generator-info-name="airloom">
  <channel id="%s">
    <display-name>%s</display-name>
  </channel>
`
	foot = "</tv>\n"
)

// Write writes the guide of the slots, in their order, by the clock that ties
// their ticks to the time of day. Each airing is a programme of its own, also
// the pieces of one that was cut and goes on later. Left out is what has no
// source, as there is nothing to watch, and what lasts from no full second to
// another, as the format knows no finer times. The error is the writer's.
func Write(w io.Writer, c Channel, clock schedule.Clock, grid timeline.Grid, slots iter.Seq[schedule.Slot]) error {
	out := bufio.NewWriter(w)
	g := guide{out: out, id: escape(c.id()), zone: c.Zone, clock: clock, grid: grid}
	g.name = cmp.Or(escape(c.Name), g.id)
	if g.zone == nil {
		g.zone = time.UTC
	}
	if _, err := fmt.Fprintf(out, head, g.id, g.name); err != nil {
		return err
	}
	for s := range slots {
		if err := g.programme(s); err != nil {
			return err
		}
	}
	if _, err := out.WriteString(foot); err != nil {
		return err
	}
	return out.Flush()
}

// id is the channel's identifier: where none is given, its name in the letters
// that the format asks for.
func (c Channel) id() string {
	if c.ID != "" {
		return c.ID
	}
	words := strings.FieldsFunc(strings.ToLower(c.Name), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
	if len(words) == 0 {
		words = []string{"channel"}
	}
	return strings.Join(words, "-") + ".airloom"
}

type guide struct {
	out   *bufio.Writer
	id    string // escaped, as is the name
	name  string
	zone  *time.Location
	clock schedule.Clock
	grid  timeline.Grid
}

func (g *guide) programme(s schedule.Slot) error {
	start, stop := g.time(s.Start), ""
	if s.Ticks != schedule.Never {
		stop = g.time(s.Start + s.Ticks)
	}
	if s.Item.Source == "" || start == stop {
		return nil
	}
	fmt.Fprintf(g.out, `  <programme start="%s"`, start)
	if stop != "" {
		fmt.Fprintf(g.out, ` stop="%s"`, stop)
	}
	fmt.Fprintf(g.out, " channel=\"%s\">\n    <title>%s</title>\n", g.id, cmp.Or(escape(title(s.Item)), g.name))
	if s.From > 0 {
		fmt.Fprintf(g.out, "    <desc lang=\"en\">Continued from %s</desc>\n", g.position(s.From))
	}
	_, err := g.out.WriteString("  </programme>\n")
	return err
}

// time is when a tick is due, in the second in which it is: so what abuts on air
// abuts in the guide.
func (g *guide) time(tick int64) string {
	return g.clock.Zero.Add(g.grid.Due(tick)).In(g.zone).Format("20060102150405 -0700")
}

// position is how far into an item a tick is.
func (g *guide) position(tick int64) string {
	s := int64(g.grid.Duration(tick) / time.Second)
	return fmt.Sprintf("%02d:%02d:%02d", s/3600, s/60%60, s%60)
}

// title is the item's for viewers, to whom the ending of a file's name is nothing.
func title(it playlist.Item) string {
	if it.Title == path.Base(it.Source) {
		if name := strings.TrimSuffix(it.Title, path.Ext(it.Title)); name != "" {
			return name
		}
	}
	return it.Title
}

// escape is text fit for an element or attribute: on one line, without what XML
// cannot hold.
func escape(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
	var b strings.Builder
	xml.EscapeText(&b, []byte(strings.Join(strings.Fields(text), " "))) //nolint:errcheck // a Builder takes everything
	return b.String()
}
