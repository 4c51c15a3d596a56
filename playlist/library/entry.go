package library

import (
	"fmt"
	"time"

	"airloom/playlist"
	"airloom/playlist/document"
)

const (
	// beat is how long a name that just appeared is watched for writes: a file
	// with content that nobody wrote under this name came by rename, whole.
	beat = 100 * time.Millisecond
	// often is how long renames over one name may follow each other before the
	// file is read between them.
	often = time.Second
)

// kind is what a name stands for.
type kind uint8

const (
	missing kind = iota
	plain
	odd // a pipe, a device, a socket, a folder, a link out: never opened
)

// sig tells one state of a file from another without reading it.
type sig struct {
	kind         kind
	dev, ino     uint64
	size         int64
	mtime, ctime int64 // nanoseconds
}

// how says what a file needs to show before it is read.
type how uint8

const (
	settled  how = iota // it has held still: unless a program is known to write to it
	early               // it came whole, or was there at the start: if no program writes to it, or it is old
	ordered             // somebody asked: unless a program is known to write to it
	insisted            // it has held still for long: whoever keeps it open
)

// entry is one name in the folder, and all that is known about it. Its methods
// are functions of the entry and the time they are given.
type entry struct {
	seen  sig       // what the folder shows
	since time.Time // since when, as far as is known, it has held still
	dirty time.Time // since when it differs from what was read; zero: it does not
	retry time.Time // not to be read before
	tries int       // how often it changed while it was read on order

	start bool // there when the library began
	whole bool // its name appeared, and no write to it was told of since
	order bool // to be read at once, or dropped
	again bool // reading failed in a way that may pass

	bytes int64 // of the text of the last good version
	file  File
	slow  bool // the file's problems say that it does not settle
}

// touch notes that the folder told of a change: the name appeared, it was
// written to, or something else happened to it.
func (e *entry) touch(now time.Time, appeared, written bool) {
	if !appeared && !written {
		return // the stat that follows says what it was
	}
	e.whole = appeared
	e.since = now
	e.soil(now)
}

func (e *entry) soil(now time.Time) {
	if e.dirty.IsZero() {
		e.dirty = now
	}
}

// observe notes what a stat showed.
func (e *entry) observe(s sig, now time.Time) {
	if s == e.seen {
		return
	}
	if s.kind == missing {
		e.whole = false
	}
	e.seen, e.since = s, now
	e.soil(now)
}

// due says when the entry is to be read or, when it is gone, dropped; not ok:
// not until something happens.
func (e *entry) due(c *Config) (at time.Time, h how, ok bool) {
	switch {
	case e.dirty.IsZero() || e.seen.kind == odd:
		return time.Time{}, settled, false
	case e.order:
		at, h = e.dirty, ordered
	case e.seen.kind == missing:
		at, h = e.since.Add(c.Settle), settled
	case e.start:
		at, h = e.dirty, early
	case e.whole && e.seen.size > 0:
		at, h = e.since.Add(beat), early
		if latest := e.dirty.Add(often); latest.Before(at) {
			at = latest
		}
	default:
		at, h = e.since.Add(c.Settle), settled
	}
	if at.Before(e.retry) {
		at = e.retry
	}
	if h == settled && at.Sub(e.since) > c.patience {
		h = insisted
	}
	return at, h, true
}

// clean notes that what the folder shows has been read, or need not be.
func (e *entry) clean() {
	e.dirty, e.retry, e.tries = time.Time{}, time.Time{}, 0
	e.start, e.whole, e.order = false, false, false
	e.settles()
}

// settles takes back the word that it does not.
func (e *entry) settles() {
	if e.slow {
		e.slow, e.file.Problems = false, e.file.Problems[:len(e.file.Problems)-1:len(e.file.Problems)-1]
	}
}

// fret says so once a file has not settled for long.
func (e *entry) fret(c *Config, now time.Time) (changed bool) {
	if e.slow || e.dirty.IsZero() || e.seen.kind != plain || now.Sub(e.dirty) < c.restless {
		return false
	}
	what := "nothing of it airs"
	if e.file.Playlist != nil {
		what = "the version before airs"
	}
	p := problem(e.file.Name, "the file keeps changing, or a program keeps it open for writing: it counts once it has held still for %s; until then %s", c.Settle, what)
	p.Severity = document.Warning
	e.slow, e.file.Problems = true, append(e.file.Problems[:len(e.file.Problems):len(e.file.Problems)], p)
	return true
}

// problem is an error with a whole file.
func problem(name, format string, args ...any) playlist.Problem {
	return playlist.Problem{
		Position: playlist.Position{File: name, Line: 1, Column: 1},
		Severity: document.Error,
		Message:  fmt.Sprintf(format, args...),
	}
}
