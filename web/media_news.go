package web

import (
	"maps"
	"slices"
	"sync"
	"time"
)

const (
	// mediaEvery is how often changes of the media folder are told at the most.
	mediaEvery = time.Second
	// mostNews is how many paths are told of at once; beyond, it is the whole folder.
	mostNews = 200
)

// mediaNews gathers what has changed of the media folder until it is told.
type mediaNews struct {
	mu      sync.Mutex
	paths   map[string]bool
	uploads bool
	told    time.Time
}

func newMediaNews() *mediaNews { return &mediaNews{paths: map[string]bool{}} }

// files notes that these files or folders are not as they were; "" is the whole folder.
func (n *mediaNews) files(paths []string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, p := range paths {
		if n.paths[""] {
			return
		}
		n.paths[p] = true
		if p == "" || len(n.paths) > mostNews {
			n.paths = map[string]bool{"": true}
		}
	}
}

// upload notes that uploads are not as they were.
func (n *mediaNews) upload() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.uploads = true
}

// mediaEvent is what has changed.
type mediaEvent struct {
	Paths   []string `json:"paths"` // files and folders; "" is the whole folder
	Uploads bool     `json:"uploads"`
}

// take is what there is to tell, if it is time to.
func (n *mediaNews) take(now time.Time) (e mediaEvent, ok bool) {
	if n == nil {
		return e, false
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.paths) == 0 && !n.uploads || now.Sub(n.told) < mediaEvery {
		return e, false
	}
	e = mediaEvent{slices.Sorted(maps.Keys(n.paths)), n.uploads}
	if e.Paths == nil {
		e.Paths = []string{}
	}
	n.paths, n.uploads, n.told = map[string]bool{}, false, now
	return e, true
}

// lookAtMedia tells of changes of the media folder.
func (h *hub) lookAtMedia(now time.Time) {
	if e, ok := h.news.take(now); ok {
		h.tell("media", e)
	}
}
