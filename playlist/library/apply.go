package library

import (
	"errors"
	"strings"
	"time"

	"airloom/playlist"
)

// apply takes in what the disk found.
func (r *run) apply(rep report, now time.Time) {
	r.asked = time.Time{}
	if r.hung {
		r.hung = false
		r.change(now)
	}
	if !r.present(rep, now) {
		return
	}
	for _, s := range rep.seen {
		r.sight(s, now)
	}
	if rep.scan {
		r.compare(rep, now)
	}
	gone := map[string]string{} // by version: under what names
	for name, e := range r.entries {
		if e.seen.kind == missing && len(rep.readouts) > 0 && e.file.Version != "" {
			gone[e.file.Version] = name
		}
	}
	for _, o := range rep.readouts {
		r.readout(o, rep, now)
		if name, ok := gone[o.version]; ok && o.verdict == taken && name != o.name {
			r.drop(name, now)       // it has this name now
			delete(gone, o.version) // and may have a second one
		}
	}
	r.answer()
	if !r.scanned && !r.starting() {
		r.scanned = true
		r.change(now)
	}
}

// present notes whether the folder can be looked into, and is the one it was.
func (r *run) present(rep report, now time.Time) bool {
	if (rep.err == nil) != (r.down == nil) || rep.err != nil && rep.err.Error() != r.down.Error() {
		r.down = rep.err
		r.change(now)
		r.rescan(now) // back: everything may have changed
	}
	if rep.err != nil {
		r.rescan(now.Add(min(glance, r.config.Rescan)))
		r.answer()
		r.scanned = true
		return false
	}
	if id := (sig{dev: rep.root.dev, ino: rep.root.ino}); id != r.root {
		if !rep.scan {
			r.rescan(now)
			for _, q := range r.waiting {
				q.looked = q.waiting != nil
			}
			return false
		}
		r.empty = r.root != sig{} && len(rep.seen) == 0 && len(r.entries) > 0
		r.root = id
		r.change(now)
	}
	return true
}

// starting reports whether files that were there at the start are still to be
// read.
func (r *run) starting() bool {
	for _, e := range r.entries {
		if e.start && !e.dirty.IsZero() {
			return true
		}
	}
	return false
}

// sight takes in what a stat showed.
func (r *run) sight(s sight, now time.Time) {
	e := r.entries[s.name]
	switch {
	case e == nil && s.sig.kind == missing:
		return
	case e == nil:
		e = r.add(s.name, now)
		e.start = !r.scanned
	}
	before := e.dirty
	e.observe(s.sig, now)
	if before.IsZero() && !e.dirty.IsZero() && !e.file.Settling {
		r.change(now)
	}
	if s.sig.kind == missing && e.file.Playlist == nil && e.file.Problems == nil {
		r.drop(s.name, now)
		return
	}
	if s.err != nil && !e.dirty.IsZero() {
		r.refuse(e, s.err, now)
		e.clean()
	}
}

// refuse makes an error of the file its only problem.
func (r *run) refuse(e *entry, err error, now time.Time) {
	e.settles()
	e.file.Problems = playlist.Problems{problem(e.file.Name, "%v", err)}
	r.change(now)
}

// compare takes in that a scan saw everything there is.
func (r *run) compare(rep report, now time.Time) {
	if errs(rep.blind) != errs(r.blind) || r.folder.String() != rep.problems.String() {
		r.change(now)
	}
	r.blind, r.folder = rep.blind, rep.problems
	if rep.again {
		r.rescan(now)
	}
	seen := map[string]bool{}
	for _, s := range rep.seen {
		seen[s.name] = true
	}
	if len(seen) > 0 && r.empty {
		r.empty = false
		r.change(now)
	}
	if r.empty && !r.asks() {
		return
	}
	r.empty = false
	for name, e := range r.entries {
		if e.again { // what kept it from being read may have passed
			e.again = false
			e.soil(now)
		}
		if !seen[name] && !hidden(name, rep.unread) {
			r.sight(sight{name: name}, now)
		}
	}
}

func errs(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// hidden reports whether the name is in one of the folders that could not be read.
func hidden(name string, unread []string) bool {
	for _, dir := range unread {
		if strings.HasPrefix(name, dir+"/") {
			return true
		}
	}
	return false
}

// readout takes in what came of reading a file.
func (r *run) readout(o readout, rep report, now time.Time) {
	e := r.entries[o.name]
	if e == nil {
		return
	}
	switch o.verdict {
	case busy, unsure:
		e.retry = now.Add(max(20*time.Millisecond, min(250*time.Millisecond, r.config.Settle/4)))
		e.start, e.whole = false, false
		r.unread(e, "a program keeps it open for writing: it counts once it is done")
	case changed:
		e.start = false
		if e.observe(o.sig, now); e.tries < 3 {
			e.tries++
		} else {
			r.unread(e, "it keeps changing: it counts once it holds still")
		}
	case failed:
		r.refuse(e, errors.New("the file cannot be read: "+o.err.Error()), now)
		e.again = true
		e.clean()
	case taken:
		r.take(e, o, now)
		if e.since.After(rep.begun) { // something happened to it meanwhile
			since := e.since
			e.clean()
			e.since = since
			e.soil(now)
		} else {
			e.clean()
		}
	}
}

// take has the new version count.
func (r *run) take(e *entry, o readout, now time.Time) {
	r.change(now)
	e.settles()
	if o.same {
		return
	}
	e.file.Version, e.file.Problems = o.version, o.problems
	if o.playlist == nil && e.file.Playlist == nil && o.older != nil {
		e.file.Playlist = o.older
		r.edition = true
		r.config.Log.Warn("A playlist is broken: its last good version airs", "event", "playlist-broken", "file", o.name, "items", len(o.older.Items))
	}
	if o.playlist != nil {
		e.file.Playlist = o.playlist
		r.bytes += o.sig.size - e.bytes
		e.bytes = o.sig.size
		r.edition = true
		r.fresh = append(r.fresh, o.name)
	}
}
