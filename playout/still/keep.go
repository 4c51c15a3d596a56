package still

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// keep holds pictures on disk: as many as fit, those longest unused go first.
type keep struct {
	dir  string // "": nothing is kept
	most int64

	mu    sync.Mutex
	known bool // what is there has been read
	files map[string]*keptPicture
	size  int64
}

type keptPicture struct {
	size int64
	used time.Time
}

func newKeep(dir string, most int64) *keep { return &keep{dir: dir, most: most} }

// look finds out what is there from before. It is for who has locked.
func (k *keep) look() {
	if k.known {
		return
	}
	k.known, k.files = true, map[string]*keptPicture{}
	entries, _ := os.ReadDir(k.dir)
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		if !strings.HasSuffix(e.Name(), ".jpg") { // half written when a process ended
			_ = os.Remove(filepath.Join(k.dir, e.Name()))
			continue
		}
		k.files[e.Name()] = &keptPicture{info.Size(), info.ModTime()}
		k.size += info.Size()
	}
}

// read returns a picture that is kept, or nil.
func (k *keep) read(name string) []byte {
	if k.dir == "" {
		return nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.look()
	f := k.files[name]
	if f == nil {
		return nil
	}
	data, err := os.ReadFile(filepath.Join(k.dir, name))
	if err != nil || len(data) == 0 {
		k.drop(name)
		return nil
	}
	now := time.Now()
	if now.Sub(f.used) > time.Hour {
		_ = os.Chtimes(filepath.Join(k.dir, name), now, now)
	}
	f.used = now
	return data
}

// write keeps a picture. That it cannot is no harm: it can be made again.
func (k *keep) write(name string, data []byte) {
	if k.dir == "" || int64(len(data)) > k.most/10 {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.look()
	if os.MkdirAll(k.dir, 0o750) != nil {
		return
	}
	temp := filepath.Join(k.dir, name+".new")
	if os.WriteFile(temp, data, 0o640) != nil || os.Rename(temp, filepath.Join(k.dir, name)) != nil {
		_ = os.Remove(temp)
		return
	}
	if old := k.files[name]; old != nil {
		k.size -= old.size
	}
	k.files[name] = &keptPicture{int64(len(data)), time.Now()}
	k.size += int64(len(data))
	if k.size > k.most {
		k.evict()
	}
}

// evict makes room: down to nine tenths, so that not each picture costs another.
func (k *keep) evict() {
	names := make([]string, 0, len(k.files))
	for name := range k.files {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(k.files[a].used.Compare(k.files[b].used), cmp.Compare(a, b))
	})
	for _, name := range names {
		if k.size <= k.most/10*9 {
			return
		}
		k.drop(name)
	}
}

func (k *keep) drop(name string) {
	_ = os.Remove(filepath.Join(k.dir, name))
	k.size -= k.files[name].size
	delete(k.files, name)
}
