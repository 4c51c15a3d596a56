package shelf

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"
)

const (
	// watchEvery is how often folders are looked at that somebody has before him.
	watchEvery = 2 * time.Second
	// watchFor is for how long after that.
	watchFor = 2 * time.Minute
	// maxWatched is how many of them.
	maxWatched = 16
)

// watch knows which folders were looked at of late.
type watch struct {
	mu      sync.Mutex
	folders map[string]time.Time
	tell    func(folders []string)
}

func (w *watch) note(folder string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, known := w.folders[folder]; !known && len(w.folders) >= maxWatched {
		oldest := slices.MinFunc(slices.Collect(maps.Keys(w.folders)), func(a, b string) int { return w.folders[a].Compare(w.folders[b]) })
		delete(w.folders, oldest)
	}
	w.folders[folder] = time.Now()
}

// OnChange has f called with folders that are no longer as they were when somebody
// looked at them. It must not wait.
func (s *Shelf) OnChange(f func(folders []string)) {
	s.watch.mu.Lock()
	defer s.watch.mu.Unlock()
	s.watch.tell = f
}

// lookAround looks whether folders have changed that were looked at of late.
func (s *Shelf) lookAround(ctx context.Context) {
	s.watch.mu.Lock()
	for folder, at := range s.watch.folders {
		if time.Since(at) > watchFor {
			delete(s.watch.folders, folder)
		}
	}
	folders, tell := slices.Sorted(maps.Keys(s.watch.folders)), s.watch.tell
	s.watch.mu.Unlock()
	if len(folders) == 0 || tell == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, changesIn)
	defer cancel()
	if a, _, err := s.ask(ctx, s.lister, changesIn, question{Op: opWatch, Folders: folders}); err == nil && len(a.Folders) > 0 {
		tell(a.Folders)
	}
}
