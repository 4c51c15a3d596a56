package library

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"

	"airloom/playlist"
)

const (
	gather   = 20 * time.Millisecond  // changes so close together are looked at at once
	hurry    = 500 * time.Millisecond // a snapshot waits no longer for others
	glance   = time.Second            // how often the folder itself is looked at
	blindly  = 3 * time.Second        // how often all is looked through when the system does not tell
	maxNames = 5_000                  // more names than this at once: all is looked through
	atOnce   = 1_000                  // events taken in before anything else is done
)

// run is the state of a running library, all of it on the goroutine of Run.
type run struct {
	*Library
	entries map[string]*entry
	watcher *fsnotify.Watcher
	jobs    chan job
	reports chan report

	asked   time.Time           // since when the disk is at work; zero: it rests
	names   map[string]struct{} // to be looked at
	nameAt  time.Time           // when
	scanAt  time.Time           // when to look through everything
	glanced time.Time
	root    sig
	blind   error             // why the system does not tell of changes
	folder  playlist.Problems // what the last scan found wrong with the folder
	down    error             // why the folder cannot be looked into
	empty   bool              // it is empty since it is another one than before: probably not mounted
	hung    bool
	waiting []*request
	scanned bool
	bytes   int64 // of the texts whose playlists are held

	stale   time.Time // since when the snapshot is behind; zero: it is not
	edition bool      // playlists have changed since
	fresh   []string  // and which were read
}

// Run watches the folder until ctx is done, which it returns the error of. A
// folder that is missing or hangs is a problem in the snapshot, and is tried
// again. It must run once at a time.
func (l *Library) Run(ctx context.Context) error {
	r := &run{
		Library: l,
		entries: map[string]*entry{},
		jobs:    make(chan job, 1),
		reports: make(chan report, 1),
		names:   map[string]struct{}{},
	}
	r.watcher, r.blind = fsnotify.NewBufferedWatcher(atOnce)
	go func(d *disk) {
		for j := range r.jobs {
			r.reports <- l.access(d, j)
		}
	}(&disk{Library: l, events: r.watcher})
	stopped := make(chan struct{})
	l.running.Store(&stopped)
	defer func() {
		l.running.Store(nil)
		close(stopped)
		r.close()
	}()
	r.loop(ctx)
	return ctx.Err()
}

// close leaves the disk's goroutine behind if the folder hangs: nothing ends it.
func (r *run) close() {
	close(r.jobs)
	over := make(chan struct{})
	go func() {
		if !r.asked.IsZero() {
			<-r.reports
		}
		if r.watcher != nil {
			r.watcher.Close()
		}
		close(over)
	}()
	select {
	case <-over:
	case <-time.After(time.Second):
	}
}

func (r *run) loop(ctx context.Context) {
	var events chan fsnotify.Event
	var errs chan error
	if r.watcher != nil {
		events, errs = r.watcher.Events, r.watcher.Errors
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case e := <-events:
			now := time.Now()
			r.note(e, now)
			for range min(len(events), atOnce) {
				r.note(<-events, now)
			}
		case err := <-errs:
			r.lost(err, time.Now())
		case q := <-r.requests:
			r.waiting = append(r.waiting, q)
		case rep := <-r.reports:
			r.apply(rep, time.Now())
		case <-timer.C:
		}
		timer.Reset(r.step(time.Now()))
	}
}

// note takes in what the system told. It must be quick: the system's queue is
// bounded.
func (r *run) note(e fsnotify.Event, now time.Time) {
	name, err := filepath.Rel(r.config.Dir, e.Name)
	if err != nil {
		return
	}
	name = filepath.ToSlash(name)
	appeared := e.Has(fsnotify.Create)
	gone := e.Has(fsnotify.Remove) || e.Has(fsnotify.Rename)
	switch base := name[strings.LastIndex(name, "/")+1:]; {
	case name == ".":
		if gone {
			r.rescan(now.Add(gather))
		}
	case isPlaylist(name):
		entry := r.entries[name]
		if entry == nil {
			if len(r.entries) >= maxFiles {
				return
			}
			entry = r.add(name, now)
		}
		entry.touch(now, appeared, e.Has(fsnotify.Write))
		r.look(name, now)
	case (appeared || gone) && isFolder(base) && !strings.HasPrefix(name, "."), appeared && base == "..data":
		// A folder came or went, or Kubernetes has switched a ConfigMap.
		r.rescan(now.Add(gather))
	}
}

// lost starts over after events were dropped.
func (r *run) lost(err error, now time.Time) {
	if err == nil {
		return
	}
	r.config.Log.Warn("The system lost count of the changes in the playlists' folder: looking it through", "event", "folder-looked-through", "folder", r.config.Dir, "cause", err)
	for _, e := range r.entries {
		e.whole = false // it may have been written to
	}
	r.rescan(now.Add(gather))
}

func (r *run) add(name string, now time.Time) *entry {
	e := &entry{since: now, file: File{Name: name}}
	r.entries[name] = e
	return e
}

func (r *run) look(name string, now time.Time) {
	if len(r.names) == 0 {
		r.nameAt = now.Add(gather)
	}
	if r.names[name] = struct{}{}; len(r.names) > maxNames {
		clear(r.names)
		r.rescan(now)
	}
}

func (r *run) rescan(at time.Time) {
	if at.Before(r.scanAt) {
		r.scanAt = at
	}
}

// step gives the disk what is next, publishes, and says how long there is
// nothing to do.
func (r *run) step(now time.Time) time.Duration {
	next := now.Add(time.Minute)
	sooner := func(t time.Time) {
		if t.Before(next) {
			next = t
		}
	}
	if r.asked.IsZero() {
		if j, ok := r.next(now, sooner); ok {
			r.asked = now
			r.jobs <- j
		}
	}
	if !r.asked.IsZero() {
		if sooner(r.asked.Add(r.config.stuck)); now.Sub(r.asked) >= r.config.stuck {
			next = now.Add(time.Second)
			if !r.hung && !r.parsing.Load() {
				r.hung, r.scanned = true, true
				r.change(now)
			}
		}
	}
	for _, e := range r.entries {
		if r.down == nil && !r.hung && e.fret(&r.config, now) {
			r.change(now)
		}
		if !e.dirty.IsZero() {
			if !e.slow {
				sooner(e.dirty.Add(r.config.restless))
			}
		}
	}
	if !r.stale.IsZero() {
		// What is at hand in a moment is shown together.
		if r.asked.IsZero() && next.Sub(now) > beat || now.Sub(r.stale) >= hurry {
			r.publish()
		} else {
			sooner(r.stale.Add(hurry))
		}
	}
	return max(next.Sub(now), time.Millisecond)
}

// next is the disk's next job: what was asked for, what is due, a look.
func (r *run) next(now time.Time, sooner func(time.Time)) (job, bool) {
	for _, q := range r.waiting {
		if !q.looked {
			q.looked = true
			if q.names == nil {
				return job{scan: true}, true
			}
			return job{names: q.names}, true
		}
	}
	if !now.Before(r.scanAt) {
		r.scanAt = now.Add(r.interval())
		clear(r.names)
		return job{scan: true}, true
	}
	if len(r.names) > 0 {
		if !now.Before(r.nameAt) {
			var j job
			for name := range r.names {
				j.names = append(j.names, name)
			}
			clear(r.names)
			return j, true
		}
		sooner(r.nameAt)
	}
	if j := r.due(now, sooner); len(j.names)+len(j.reads) > 0 {
		return j, true
	}
	sooner(r.scanAt)
	if at := r.glanced.Add(min(glance, r.interval())); now.Before(at) {
		sooner(at)
		return job{}, false
	}
	r.glanced = now
	return job{}, true // only whether the folder is there, and the same
}

func (r *run) interval() time.Duration {
	if r.blind != nil {
		return min(r.config.Rescan, blindly)
	}
	return r.config.Rescan
}

// due are the files whose time has come, in the order of their names.
func (r *run) due(now time.Time, sooner func(time.Time)) (j job) {
	if r.down != nil {
		return j
	}
	planned := r.bytes
	for name, e := range r.entries {
		at, how, ok := e.due(&r.config)
		switch {
		case !ok:
		case now.Before(at):
			sooner(at)
		case e.seen.kind == missing:
			r.drop(name, now)
		case planned-e.bytes+e.seen.size > maxTotal:
			r.refuse(e, fmt.Errorf("the playlists have more than %d MiB in all: this one is not read; remove others", maxTotal>>20), now)
			e.clean()
			e.again = true
		default:
			planned += e.seen.size - e.bytes
			j.reads = append(j.reads, reading{name: name, expect: e.seen, how: how, version: e.file.Version})
		}
	}
	slices.SortFunc(j.reads, func(a, b reading) int { return strings.Compare(a.name, b.name) })
	if len(j.reads) > maxBatch {
		j.reads = j.reads[:maxBatch]
		sooner(now)
	}
	return j
}

// drop forgets a file that is gone.
func (r *run) drop(name string, now time.Time) {
	e := r.entries[name]
	delete(r.entries, name)
	r.bytes -= e.bytes
	if e.file.Playlist != nil || e.file.Problems != nil || e.file.Settling {
		r.edition = r.edition || e.file.Playlist != nil
		r.change(now)
		r.config.Log.Info("A playlist is gone", "event", "playlist-gone", "file", name)
	}
	for _, q := range r.waiting {
		delete(q.waiting, name)
	}
}
