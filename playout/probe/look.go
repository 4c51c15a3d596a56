package probe

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"airloom/playlist"
	"airloom/playlist/schedule"
	"airloom/playout/media"
)

// batch is how many files a child is asked for at once.
const batch = 32

// Times of Run.
const (
	idleAfter = 10 * time.Second // a child without work ends: it holds memory
	tellEvery = 5 * time.Second  // Changed, while there is more to look at
	keepEvery = 30 * time.Second // lengths.json, while it changes
)

// Run looks at what is asked for, and every rescan at all of it again, until the
// context is done.
func (p *Prober) Run(ctx context.Context) error {
	select {
	case <-p.loaded:
	case <-ctx.Done():
		return nil
	}
	h := &hand{o: &p.o, stuck: &p.stuck}
	defer p.save()
	defer h.stop()
	idle := time.NewTimer(idleAfter)
	defer idle.Stop()
	rescan := time.NewTimer(p.o.Rescan)
	defer rescan.Stop()
	var news bool
	told, kept := time.Now(), time.Now()
	var busy time.Duration // since the last rescan
	for ctx.Err() == nil {
		if jobs := p.take(batch); jobs != nil {
			began := time.Now()
			news = p.look(ctx, h, jobs) || news
			busy += time.Since(began)
			idle.Reset(idleAfter)
			if time.Since(told) < tellEvery {
				continue
			}
		}
		if news {
			nudge(p.changed)
			news, told = false, time.Now()
		}
		if time.Since(kept) > keepEvery {
			p.save()
			kept = time.Now()
		}
		if p.waiting() {
			continue
		}
		select {
		case <-ctx.Done():
		case <-p.wake:
		case <-idle.C:
			h.stop()
			p.save()
		case <-rescan.C:
			// Where a round takes long, the storage is then left alone for longer.
			p.again()
			rescan.Reset(max(p.o.Rescan, min(4*busy, 10*p.o.Rescan)))
			busy = 0
		}
	}
	return nil
}

func (p *Prober) waiting() bool {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return len(p.queue) > 0
}

// again puts everything in the queue that somebody has asked for.
func (p *Prober) again() {
	p.round.Add(1)
	var jobs []job
	p.mu.RLock()
	for f, l := range p.listings {
		if l.queued.CompareAndSwap(false, true) {
			jobs = append(jobs, job{folder: f, listing: l})
		}
	}
	p.mu.RUnlock()
	now := time.Now()
	for _, l := range p.every() {
		if l.asked.Load() > 0 && !now.Before(l.again) && l.queued.CompareAndSwap(false, true) {
			jobs = append(jobs, job{length: l})
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.queue = append(jobs, p.queue...)
}

// look does jobs and reports whether it found anything new.
func (p *Prober) look(ctx context.Context, h *hand, jobs []job) (news bool) {
	for len(jobs) > 0 {
		qs := make([]request, len(jobs))
		for i, j := range jobs {
			qs[i] = p.request(j)
		}
		var parts []schedule.File
		n, err := h.ask(ctx, qs, func(i int, a answer) {
			if jobs[i].listing == nil {
				news = p.found(jobs[i], a) || news
				return
			}
			parts = append(parts, a.Files...)
			if len(parts) > maxFiles {
				parts = parts[:maxFiles]
			}
			if !a.More {
				news = p.listed(jobs[i], parts, a) || news
				parts = nil
			}
		})
		jobs = jobs[n:]
		if err == nil {
			continue
		}
		if errors.Is(err, errStuck) || ctx.Err() != nil {
			for _, j := range jobs { // they come again with the next round
				p.put(j)
			}
			return news
		}
		news = p.failed(jobs[0], err) || news
		jobs = jobs[1:]
	}
	return news
}

func (p *Prober) request(j job) request {
	if j.listing != nil {
		return request{List: &j.folder}
	}
	k := j.length.key
	source, err := p.o.Media.Resolve(k.source)
	if err != nil { // a playlist that was checked has none such
		source = filepath.Join(p.o.Media.Root, "\x00")
	}
	q := request{Spec: media.Spec{Source: source, Root: p.o.Media.Root, In: k.in, Out: k.out, Duration: k.duration, Loop: k.loop, Audio: k.audio}}
	unmade := j.length.wanted.Load() && j.length.made == nil && j.length.fault == ""
	if (j.length.ticks.Load() != 0 || j.length.fault != "") && !unmade {
		q.Known = j.length.file
	}
	return q
}

// put says that a job is no longer in the queue.
func (p *Prober) put(j job) {
	if j.listing != nil {
		j.listing.queued.Store(false)
		return
	}
	j.length.queued.Store(false)
}

// found takes an answer down.
func (p *Prober) found(j job, a answer) (news bool) {
	if !a.Same {
		defer p.told(j.length)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	defer p.put(j)
	l := j.length
	if l.used = today(); a.Kind == media.FaultStalled {
		p.rest(l)
	} else {
		l.fails, l.again = 0, time.Time{}
	}
	if a.Same {
		return false
	}
	l.made = p.shared(a.Made)
	ticks := a.Ticks
	if a.Kind != "" {
		ticks = CannotPlay
	}
	if a.Kind == media.FaultStalled { // the storage's fault, not the file's
		ticks = l.ticks.Load()
		a.Version = version{}
	}
	news = l.ticks.Swap(ticks) != ticks || l.fault != a.Fault
	news = news && l.asked.Load() > 0 // what is only looked at changes no plan
	l.file, l.kind, l.fault = a.Version, a.Kind, a.Fault
	p.dirty = true
	return news
}

// failed takes down that a child broke over a job.
func (p *Prober) failed(j job, err error) (news bool) {
	defer p.told(j.length)
	p.mu.Lock()
	defer p.mu.Unlock()
	kind, words := media.FaultStalled, "the storage does not answer: check what the media root lies on"
	var crash *crashError
	crashed := errors.As(err, &crash)
	if crashed {
		kind, words = media.FaultCrashed, "looking at it crashes the decoder ("+crash.how+"): convert the file, or take it out"
	}
	if j.listing != nil {
		p.put(j)
		j.listing.kind, j.listing.fault = kind, words // the files last seen stay
		p.o.Log.Warn("a folder cannot be listed", "event", "folder-unreadable", "folder", j.folder.Path, "cause", err)
		return false
	}
	l := j.length
	if crashed && l.fails == 0 { // once may have been the machine's doing
		l.fails++
		p.queue = append(p.queue, j)
		return false
	}
	p.put(j)
	p.rest(l)
	news = l.fault != words
	l.kind, l.fault, l.file = kind, words, version{}
	if crashed {
		news = l.ticks.Swap(CannotPlay) != CannotPlay || news
	}
	p.o.Log.Warn("a file cannot be looked at", "event", "file-unreadable", "source", l.key.source, "cause", err)
	return news
}

// rest leaves a file alone that failed, for longer each time. It is for who has locked.
func (p *Prober) rest(l *length) {
	l.fails++
	l.again = time.Now().Add(min(time.Hour, p.o.Rescan<<min(l.fails-1, 10)))
}

// settles is how long a file that turns up must have been left alone before it
// counts: a copy that is under way is not to be aired.
const settles = 5 * time.Second

// listed takes a folder's files down.
func (p *Prober) listed(j job, files []schedule.File, last answer) (news bool) {
	defer p.put(j)
	l := j.listing
	if last.Left > 0 && last.Left != l.left {
		p.o.Log.Warn("some files of a folder are left out: names that cannot be written down, links out of the media root, covers, or too many", "event", "files-left-out",
			"folder", j.folder.Path, "files", last.Left)
	}
	p.mu.Lock()
	l.kind, l.fault, l.left = last.Kind, last.Fault, last.Left
	p.mu.Unlock()
	byName := func(a, b schedule.File) int { return strings.Compare(a.Path, b.Path) }
	slices.SortFunc(files, byName)
	var old []schedule.File
	if was := l.files.Load(); was != nil {
		old = *was
		files = slices.DeleteFunc(files, func(f schedule.File) bool {
			_, known := slices.BinarySearchFunc(old, f, byName)
			age := time.Since(f.Modified)
			return !known && age > -settles && age < settles
		})
		if slices.EqualFunc(old, files, func(a, b schedule.File) bool { return a.Path == b.Path && a.Modified.Equal(b.Modified) }) {
			return false
		}
	}
	l.files.Store(&files)
	return true
}

// hands is how many children All has: it is somebody waiting who asks.
const hands = 2

// All looks at everything that the items need, now: folders, the files in them,
// and lengths. progress is told how far it is, from several goroutines. It is
// for commands: Run does the same in its own time.
func (p *Prober) All(ctx context.Context, items []playlist.Item, progress func(done, total int)) error {
	select {
	case <-p.loaded:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer p.save()
	if progress == nil {
		progress = func(int, int) {}
	}
	for _, it := range items {
		if it.Folder != nil {
			p.Folder(*it.Folder)
		}
	}
	if err := p.work(ctx, 1, progress); err != nil {
		return err
	}
	for _, it := range items {
		p.Ticks(it)
		if it.Folder == nil {
			continue
		}
		for _, f := range p.Folder(*it.Folder) {
			p.Ticks(FileItem(it, f))
		}
	}
	return p.work(ctx, hands, progress)
}

// FileItem is a folder's item as the one file's, as far as its length goes.
func FileItem(it playlist.Item, f schedule.File) playlist.Item {
	it.Source, it.Folder = f.Path, nil
	return it
}

// work empties the queue with a number of children.
func (p *Prober) work(ctx context.Context, children int, progress func(done, total int)) error {
	p.mu.Lock()
	total := len(p.queue)
	p.mu.Unlock()
	var mu sync.Mutex
	done := 0
	var all sync.WaitGroup
	for range min(children, (total+batch-1)/batch) {
		all.Go(func() {
			h := &hand{o: &p.o, stuck: &p.stuck}
			defer h.stop()
			for ctx.Err() == nil {
				jobs := p.take(batch)
				if jobs == nil {
					return
				}
				p.look(ctx, h, jobs)
				mu.Lock()
				done += len(jobs)
				progress(done, total)
				mu.Unlock()
			}
		})
	}
	all.Wait()
	return ctx.Err()
}

func today() int64 { return time.Now().Unix() / 86400 }
