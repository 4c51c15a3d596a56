// Package probe finds out what only the media files themselves can tell: how
// long an item lasts, and which files lie in a folder.
//
// The keeper never touches the files: a hung mount would hang it. A [Prober]
// answers from memory at once, and what it does not know yet is put in a queue.
// A niced child of this same program (`probe-worker`, see [Main]) takes from it:
// it opens each clip with the very code that airs it, so that its length in
// ticks is the one that will be counted. A file that hangs or crashes the child
// costs its deadline and the child, and the next child goes on behind it.
//
// What was found out is kept in {state.dir}/lengths.json: a file whose size and
// time of change are still the same is not opened again. The running channel
// and the commands share it.
package probe

import (
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"airloom/playlist"
	"airloom/playlist/schedule"
	"airloom/playout/media"
	"airloom/playout/timeline"
)

// CannotPlay is the length of an item that cannot play.
const CannotPlay int64 = -1

// Options is what a prober is told once. House and Media are required.
type Options struct {
	House media.House
	Media playlist.Options // what items may name, and where files lie
	// StateDir is where lengths are kept; "": only in memory.
	StateDir string
	// KeepNothing leaves what is kept as it is: who looks may be another than whose it is.
	KeepNothing bool
	// Rescan is how often Run looks whether files have changed; 0: every minute.
	Rescan time.Duration
	Log    *slog.Logger
	// Args are the arguments that make this program a child that looks at files;
	// by default "probe-worker".
	Args []string

	within, dies time.Duration // see answersIn and diesIn
	kill         func(*os.Process) error
}

// key is what an item's length depends on, beside the file.
type key struct {
	source            string // as the playlist has it
	in, out, duration time.Duration
	loop              bool
	audio             string
}

func keyOf(it playlist.Item) key {
	return key{it.Source, it.In, it.Out, it.Duration, it.Loop, it.Audio}
}

// length is what is known of one key.
type length struct {
	key    key
	ticks  atomic.Int64 // 0: unknown
	queued atomic.Bool  // waits to be looked at
	asked  atomic.Int64 // the round in which somebody last asked

	// Of the goroutine that looks; written, and read by others, under the prober's lock.
	file   version // as it was looked at
	kind   media.FaultKind
	fault  string // why it cannot play, or is not known
	fails  int    // how often it hung or crashed in a row
	again  time.Time
	used   int64          // the day somebody last asked, since 1970
	made   *media.Streams // what the file is made of; nil: not known
	wanted atomic.Bool    // somebody wants to know what it is made of
}

// listing is what is known of one folder.
type listing struct {
	files  atomic.Pointer[[]schedule.File]
	queued atomic.Bool
	asked  atomic.Int64

	kind  media.FaultKind
	fault string
	left  int
}

// Prober knows lengths and listings. Its methods may be called from any
// goroutine; Ticks and Folder never wait for a file.
type Prober struct {
	o     Options
	grid  timeline.Grid
	stuck stuck
	round atomic.Int64 // counts rescans

	mu       sync.RWMutex
	lengths  map[key]*length
	all      []*length // the same; who goes through all of them needs no lock
	listings map[folder]*listing
	queue    []job
	dirty    bool // there is more to keep than the file has
	makes    map[makeup]*media.Streams
	onLook   atomic.Pointer[func(string)]

	loaded  chan struct{} // closed when what was kept is known, or cannot be
	wake    chan struct{}
	changed chan struct{}
}

// job is one thing to look at: a length or, where listing is set, a folder.
type job struct {
	length  *length
	folder  folder
	listing *listing
}

// New returns a prober that will soon know what the state's file knows, see
// [Prober.Loaded]: storage that hangs does not keep it.
func New(o Options) *Prober {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Args == nil {
		o.Args = []string{"probe-worker"}
	}
	def := func(d *time.Duration, to time.Duration) {
		if *d <= 0 {
			*d = to
		}
	}
	def(&o.Rescan, time.Minute)
	def(&o.within, answersIn)
	def(&o.dies, diesIn)
	if o.kill == nil {
		o.kill = (*os.Process).Kill
	}
	p := &Prober{
		o: o, grid: timeline.Of(o.House), lengths: map[key]*length{}, listings: map[folder]*listing{},
		loaded: make(chan struct{}), wake: make(chan struct{}, 1), changed: make(chan struct{}, 1),
	}
	p.round.Store(1)
	go p.load()
	return p
}

// Loaded is closed once what the state's file knows is known.
func (p *Prober) Loaded() <-chan struct{} { return p.loaded }

// Ticks is the item's length in ticks: 0 while it is unknown, and of what has no
// length of its own, such as a live source; [CannotPlay] of what cannot play. A
// folder or an included playlist is no single item: 0.
func (p *Prober) Ticks(it playlist.Item) int64 {
	if it.Source == "" {
		return 0
	}
	if strings.Contains(it.Source, "://") {
		return p.promised(it)
	}
	l := p.length(keyOf(it))
	if l.asked.Swap(p.round.Load()) == 0 && l.queued.CompareAndSwap(false, true) {
		p.push(job{length: l})
	}
	return l.ticks.Load()
}

// promised is the length of what comes over a network: as long as the playlist
// says. Nothing is asked of the network for it.
func (p *Prober) promised(it playlist.Item) int64 {
	switch {
	case it.Duration > 0:
		return max(1, p.grid.Ticks(it.Duration))
	case it.Out > 0 && !playlist.Live(it.Source):
		return max(1, p.grid.Ticks(it.Out-it.In))
	}
	return 0
}

// Folder is the folder's media files as last seen, sorted by name. The slice is
// not to be changed.
func (p *Prober) Folder(f playlist.Folder) []schedule.File {
	l := p.listing(folderOf(f))
	if l.asked.Swap(p.round.Load()) == 0 && l.queued.CompareAndSwap(false, true) {
		p.push(job{folder: folderOf(f), listing: l})
	}
	if files := l.files.Load(); files != nil {
		return *files
	}
	return nil
}

// Why says why an item cannot play, or why its length is not known; "" where
// nothing stands against it. Of a folder it says why it cannot be listed.
func (p *Prober) Why(it playlist.Item) (media.FaultKind, string) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if it.Folder != nil {
		if l := p.listings[folderOf(*it.Folder)]; l != nil {
			return l.kind, l.fault
		}
		return "", ""
	}
	if l := p.lengths[keyOf(it)]; l != nil {
		return l.kind, l.fault
	}
	return "", ""
}

// Changed receives a value when lengths or listings have become known or others
// than they were.
func (p *Prober) Changed() <-chan struct{} { return p.changed }

// maxKnown bounds what is remembered. What nobody has asked for of late goes first.
const maxKnown = 300_000

func (p *Prober) length(k key) *length {
	p.mu.RLock()
	l := p.lengths[k]
	p.mu.RUnlock()
	if l != nil {
		return l
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if l = p.lengths[k]; l == nil {
		if len(p.lengths) >= maxKnown {
			p.forget()
		}
		l = p.add(k)
	}
	return l
}

// add is for who has locked.
func (p *Prober) add(k key) *length {
	l := &length{key: k}
	p.lengths[k] = l
	p.all = append(p.all, l)
	return l
}

// forget drops what was not asked for in this round or the one before, and where
// that is nothing, any one.
func (p *Prober) forget() {
	before := len(p.lengths)
	for k, l := range p.lengths {
		if l.asked.Load() < p.round.Load()-1 {
			delete(p.lengths, k)
		}
	}
	for k := range p.lengths {
		if len(p.lengths) < before {
			break
		}
		delete(p.lengths, k)
	}
	p.all = slices.Collect(maps.Values(p.lengths))
}

// every is all lengths there are by now.
func (p *Prober) every() []*length {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.all
}

func (p *Prober) listing(f folder) *listing {
	p.mu.RLock()
	l := p.listings[f]
	p.mu.RUnlock()
	if l != nil {
		return l
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if l = p.listings[f]; l == nil {
		l = &listing{}
		p.listings[f] = l
	}
	return l
}

func (p *Prober) push(j job) {
	p.mu.Lock()
	p.queue = append(p.queue, j)
	p.mu.Unlock()
	nudge(p.wake)
}

// take takes jobs off the queue: a folder alone, or up to n lengths.
func (p *Prober) take(n int) []job {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.queue) == 0 {
		p.queue = nil
		return nil
	}
	if p.queue[0].listing != nil {
		n = 1
	}
	n = min(n, len(p.queue))
	if i := slices.IndexFunc(p.queue[:n], func(j job) bool { return j.listing != nil }); i > 0 {
		n = i
	}
	jobs := slices.Clone(p.queue[:n])
	p.queue = p.queue[n:]
	return jobs
}

func nudge(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
