package main

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"airloom/playout/control"
	"airloom/playout/control/socket"
)

// ctlWords is an answer for people. Times of day are in the zone.
func ctlWords(r socket.Reply, zone *time.Location) string {
	switch {
	case r.Status != nil:
		return statusWords(*r.Status, zone)
	case r.Quarantine != nil:
		return quarantineWords(r.Quarantine, zone)
	case r.Log != nil:
		return logWords(r.Log, zone)
	default:
		return r.Said + "\n"
	}
}

func statusWords(s control.Status, zone *time.Location) string {
	var b strings.Builder
	clock := clockIn(zone)
	line := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "%-8s "+format+"\n", append([]any{name}, args...)...)
	}
	fmt.Fprintf(&b, "%s is %s, up for %s\n", s.Channel, s.State, seconds(s.UptimeS))
	if n := s.Now; n != nil {
		line("now", "%s  %s, since %s", itemWords(n.Title, n.Playlist, n.Index), placeWords(n.PositionS, n.DurationS), clock(n.StartedAt))
	} else {
		line("now", "no item is on air")
	}
	if n := s.Next; n != nil {
		at := ""
		if n.StartsAt != nil {
			at = "  at " + clock(*n.StartsAt)
		}
		line("next", "%s%s", itemWords(n.Title, n.Playlist, n.Index), at)
	}
	if d := s.Due; d != nil {
		what := "its time ends, and nothing follows"
		if d.ID != "" {
			what = itemWords(d.Title, d.Playlist, d.Index)
		}
		line("due", "%s  at %s", what, clock(d.At))
	}
	for _, x := range []struct {
		name  string
		stand *control.Stand
	}{{"hold", s.Held}, {"slate", s.Slated}} {
		if x.stand != nil {
			line(x.name, "on since %s, by %s", clock(x.stand.Since), x.stand.By)
		}
	}
	for _, o := range s.Outputs {
		line("output", "%s", outputWords(o, clock))
	}
	for _, p := range s.Producers {
		line("live", "%s", producerWords(p, clock))
	}
	for _, a := range s.Alerts {
		line(a.Severity, "%s (since %s)", a.Message, clock(a.Since))
	}
	return b.String()
}

// clockIn writes times of that zone, with the day where it is not today.
func clockIn(zone *time.Location) func(time.Time) string {
	today := time.Now().In(zone).Format(time.DateOnly)
	return func(t time.Time) string {
		if t = t.In(zone); t.Format(time.DateOnly) != today {
			return t.Format(time.DateTime)
		}
		return t.Format(time.TimeOnly)
	}
}

func itemWords(title, file string, index int) string {
	if file == "" { // a producer, of no playlist
		return fmt.Sprintf("'%s'", title)
	}
	return fmt.Sprintf("'%s' (%s #%d)", title, file, index+1)
}

func producerWords(p control.Producer, clock func(time.Time) string) string {
	text := fmt.Sprintf("%s is %s since %s", p.Name, p.State, clock(p.Since))
	if p.From != "" {
		text += ", from " + p.From
	}
	if p.Error != "" {
		text += ": " + p.Error
	}
	return text
}

func placeWords(at, of float64) string {
	if of == 0 {
		return seconds(at)
	}
	return seconds(at) + " of " + seconds(of)
}

// seconds is a time for people, to the second: 01:02:03.
func seconds(s float64) string {
	n := int64(s)
	return fmt.Sprintf("%02d:%02d:%02d", n/3600, n/60%60, n%60)
}

func outputWords(o control.Output, clock func(time.Time) string) string {
	text := fmt.Sprintf("%s is %s since %s", o.Name, o.State, clock(o.Since))
	switch o.State {
	case control.Publishing:
		text += fmt.Sprintf(", %d kbit/s to %s", o.BitrateKbps, o.Target)
	case control.Stopped:
		text += fmt.Sprintf(": 'airloom ctl output start %s' starts it", o.Name)
	default:
		text += ": " + cmp.Or(o.LastError, "no answer yet")
	}
	return text
}

func quarantineWords(list []control.Banned, zone *time.Location) string {
	if len(list) == 0 {
		return "nothing is left out\n"
	}
	var b strings.Builder
	for _, x := range list {
		fmt.Fprintf(&b, "%s\n  left out since %s: %s\n  lift it with: airloom ctl quarantine lift %q\n",
			cmp.Or(x.Source, x.Version), x.Since.In(zone).Format(time.DateTime), x.Cause, x.Version)
	}
	return b.String()
}

func logWords(notes []control.Note, zone *time.Location) string {
	if len(notes) == 0 {
		return "no command has been given since the channel was started\n"
	}
	var b strings.Builder
	for _, n := range notes {
		how := "ok"
		if !n.OK {
			how = string(n.Code)
		}
		fmt.Fprintf(&b, "%s  %-16s %s: %s (%s)\n", n.At.In(zone).Format(time.DateTime),
			control.Who{Name: n.By, Via: n.Via}, n.Asked, n.Said, how)
	}
	return b.String()
}
