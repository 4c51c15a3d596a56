package control

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"airloom/playlist"
)

// Answer is what came of a command.
type Answer struct {
	Said  string     `json:"said"`                 // one sentence for people
	Item  *Item      `json:"item,omitempty"`       // what it put on air, or as next
	Since *time.Time `json:"since,omitempty"`      // when it took effect on air
	Undo  *time.Time `json:"undo_until,omitempty"` // until when Undo takes it back
}

// Item names an item of a playlist.
type Item struct {
	ID       string `json:"id"`
	Playlist string `json:"playlist"`
	Index    int    `json:"index"` // from 0
	Title    string `json:"title"`
}

// Code is why a command was refused, for programs.
type Code string

// The codes, with what they are over HTTP.
const (
	Conflict    Code = "conflict"    // 409: what it meant has changed meanwhile
	Unknown     Code = "unknown"     // 404: there is no such item, playlist or output
	Invalid     Code = "invalid"     // 400: it cannot be understood
	Refused     Code = "refused"     // 422: it cannot be done
	Late        Code = "late"        // 504: it has not come about in time
	Overtaken   Code = "overtaken"   // 409: another command came after it
	Unavailable Code = "unavailable" // 503: the channel is being stopped
)

// Refusal is why a command came to nothing. Error() is for people.
type Refusal struct {
	Code Code
	Err  error
}

func (r *Refusal) Error() string { return r.Err.Error() }

// Unwrap gives the cause.
func (r *Refusal) Unwrap() error { return r.Err }

func refuse(c Code, format string, args ...any) *Refusal {
	return &Refusal{c, fmt.Errorf(format, args...)}
}

// Note is one command or other change, and how it went.
type Note struct {
	At     time.Time `json:"at"`
	By     string    `json:"by"`             // a user's name; "" for a signal
	Via    string    `json:"via"`            // desk, token, loopback, ctl, signal
	From   string    `json:"from,omitempty"` // the network address it came from
	Asked  string    `json:"what"`           // the command in words
	OK     bool      `json:"ok"`
	Code   Code      `json:"code,omitempty"`
	Said   string    `json:"said"` // the answer
	TookMS int64     `json:"took_ms"`
	Answer Answer    `json:"-"` // to a command that has taken effect
}

// maxNotes bounds the list of changes.
const maxNotes = 500

// note takes note of a command in the list and in the log.
func (d *Desk) note(who Who, what string, began time.Time, a Answer, err error) {
	n := Note{
		At: began, By: who.Name, Via: who.Via, From: who.From, Asked: what, OK: err == nil, Said: a.Said,
		TookMS: time.Since(began).Milliseconds(), Answer: a,
	}
	if r, ok := err.(*Refusal); ok { //nolint:errorlint // carry has made it one
		n.Code, n.Said = r.Code, r.Error()
	}
	d.enter("command", n)
}

// Note takes note of a change that was no command of the desk's: a playlist that
// was saved, somebody who signed in. So all changes stand in one list.
func (d *Desk) Note(n Note) { d.enter("change", n) }

func (d *Desk) enter(kind string, n Note) {
	d.mu.Lock()
	if len(d.notes) < maxNotes {
		d.notes = append(d.notes, n)
	} else {
		d.notes[d.noted%maxNotes] = n
	}
	d.noted++
	d.mu.Unlock()
	level := slog.LevelInfo
	if !n.OK {
		level = slog.LevelWarn
	}
	words := []any{"event", kind, "by", Who{Name: n.By, Via: n.Via}.String(), "ok", n.OK, "said", n.Said, "took", time.Duration(n.TookMS) * time.Millisecond}
	if n.From != "" {
		words = append(words, "from", n.From)
	}
	d.rooms.Log.Log(context.Background(), level, kind+" "+n.Asked, words...)
}

// Since are the commands and other changes after the first so many, oldest first,
// as far as they are still known; and how many there have been by now.
func (d *Desk) Since(first int) (list []Note, noted int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := max(first, d.noted-len(d.notes)); i < d.noted; i++ {
		list = append(list, d.notes[i%len(d.notes)])
	}
	return list, d.noted
}

// Notes are the latest commands and other changes, newest first.
func (d *Desk) Notes() []Note {
	d.mu.Lock()
	defer d.mu.Unlock()
	list := make([]Note, 0, len(d.notes))
	for i := range d.notes {
		list = append(list, d.notes[(d.noted-1-i)%len(d.notes)])
	}
	return list
}

// onAir is the answer that tells what a command put on air.
func (d *Desk) onAir(words string, e playlist.Entry) Answer {
	since := d.since(e).In(d.rooms.Zone)
	return Answer{
		Said: fmt.Sprintf("%s: on air since %s", words, since.Format(clockMilli)),
		Item: itemOf(e), Since: &since,
	}
}

const clockMilli = "15:04:05.000"

// since is when the entry came on air.
func (d *Desk) since(e playlist.Entry) time.Time {
	at := time.Now()
	snap, counts := d.rooms.Engine.Snapshot()
	if first := snap.AirFirst + snap.Air.From; same(snap.Air, e) && snap.Airs == "" && first < counts.Ticks {
		at = d.rooms.Rundown.Clock().Zero.Add(d.rooms.Grid.Due(first))
	}
	return at.Truncate(time.Millisecond)
}

func itemOf(e playlist.Entry) *Item {
	return &Item{ID: e.Item.ID, Playlist: e.Playlist, Index: e.Index, Title: e.Item.Title}
}

// same reports whether two entries are the same airing of the same item.
func same(a, b playlist.Entry) bool {
	return a.Item.ID == b.Item.ID && a.Playlist == b.Playlist && a.Round == b.Round
}

// named is the entry as people call it: 'Evening news' (news.yml #1).
func named(e playlist.Entry) string {
	if e.Mode == playlist.ModeLive {
		return fmt.Sprintf("'%s' (live)", e.Item.Title)
	}
	return fmt.Sprintf("'%s' (%s #%d)", e.Item.Title, e.Playlist, e.Index+1)
}

// at is a place in an item, for people: 00:12:03.
func (d *Desk) at(tick int64) string {
	return timecode(d.rooms.Grid.Duration(tick))
}

func timecode(t time.Duration) string {
	s := int64(t / time.Second)
	ms := (t % time.Second).Milliseconds()
	text := fmt.Sprintf("%02d:%02d:%02d", s/3600, s/60%60, s%60)
	if ms > 0 {
		text += fmt.Sprintf(".%03d", ms)
	}
	return text
}
