package library

import (
	"slices"
	"strings"
	"time"

	"airloom/playlist"
	"airloom/playlist/document"
)

// change notes that the snapshot is behind.
func (r *run) change(now time.Time) {
	if r.stale.IsZero() {
		r.stale = now
	}
}

// troubles are the problems of the folder itself.
func (r *run) troubles() playlist.Problems {
	var ps playlist.Problems
	warn := func(format string, args ...any) {
		p := problem(r.config.Dir, format, args...)
		p.Severity = document.Warning
		ps = append(ps, p)
	}
	kept := "; the playlists read before stay"
	if len(r.entries) == 0 {
		kept = ""
	}
	switch {
	case r.hung:
		ps = append(ps, problem(r.config.Dir, "the folder of playlists does not answer%s: look after its disk or server", kept))
	case r.down != nil:
		ps = append(ps, problem(r.config.Dir, "the folder of playlists cannot be read%s: %v", kept, r.down))
	case r.empty:
		ps = append(ps, problem(r.config.Dir, "the folder of playlists is another one than before, and empty%s: mount it again, or have it reloaded if it is meant to be empty", kept))
	}
	if r.blind != nil {
		warn("changes in the folder show only every %s: %v", min(r.config.Rescan, blindly), r.blind)
	}
	return append(ps, r.folder...)
}

// publish shows what is known.
func (r *run) publish() {
	before := r.snapshot.Load()
	s := &Snapshot{Generation: before.Generation + 1, Edition: before.Edition, Problems: r.troubles()}
	if r.edition {
		s.Edition++
	}
	for _, e := range r.entries {
		e.file.Settling = !e.dirty.IsZero()
		if e.file.Playlist != nil || len(e.file.Problems) > 0 || e.seen.kind != missing {
			s.Files = append(s.Files, e.file)
		}
	}
	slices.SortFunc(s.Files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	r.stale, r.edition = time.Time{}, false
	r.snapshot.Store(s)
	select {
	case r.changed <- struct{}{}:
	default:
	}
	if n := len(r.fresh); n > 0 {
		r.config.Log.Info("Playlists were read", "event", "playlists-read", "count", n, "files", r.fresh[:min(n, 10)])
	}
	r.fresh = nil
	if r.scanned {
		r.once.Do(func() { close(r.ready) })
	}
}

func find(files []File, name string) (int, bool) {
	return slices.BinarySearchFunc(files, name, func(f File, name string) int { return strings.Compare(f.Name, name) })
}
