package record

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"syscall"
	"time"

	"airloom/output"
	"airloom/playout/timeline"
)

const (
	tryAgain = 2 * time.Second // after the disk has refused something
	sweep    = time.Minute     // between two looks for files whose time is over
	roomEach = 2 * time.Second // between two looks at what is left of the disk
)

// The causes for programs, beside those of package output.
const (
	CauseFull  output.Cause = "disk-full"
	CauseHangs output.Cause = "disk-hangs"
	CauseDisk  output.Cause = "disk-error"
)

// worker is the one goroutine that touches the disk.
type worker struct {
	*Recorder
	format format
	header []byte
	split  splitter

	began   time.Time
	file    *file     // being written; nil: none
	retry   time.Time // not before this
	swept   time.Time
	looked  time.Time
	starved bool // there was no room at the last look
	owed    debt
}

// work records until the context ends.
func (r *Recorder) work(ctx context.Context) {
	w := &worker{Recorder: r, began: time.Now(), format: format{info: r.cfg.Info, audio: r.audio, grid: timeline.Grid{FPS: r.cfg.Info.FPS, Rate: int64(r.cfg.Info.SampleRate)}}}
	var err error
	if w.header, err = w.format.header(); err != nil { // the parameters were read before
		r.fail(fmt.Errorf("the recording's header cannot be made: %w", err), CauseDisk)
		return
	}
	r.wanted.Lives(ctx, r.wanted.Begin, w.record)
}

// record records until it is no longer wanted.
func (w *worker) record(ctx context.Context) {
	w.split = splitter{grid: w.format.grid, each: w.cfg.Each, zone: w.cfg.Zone}
	w.retry = time.Time{}
	w.enter(output.Waiting, nil)
	w.queue.begin()
	every := time.NewTicker(time.Second)
	defer every.Stop()
	for over := false; !over; {
		select {
		case <-ctx.Done():
			over = true
		case <-w.queue.ready:
		case <-every.C:
			w.tidy(time.Now())
		}
		w.digest()
	}
	w.digest()
	w.queue.end()
	for _, p := range w.split.flush() {
		w.write(p)
	}
	w.finish()
	w.enter(output.Stopped, nil)
}

// digest takes what has come.
func (w *worker) digest() {
	for _, p := range w.queue.take() {
		for _, whole := range w.split.feed(p) {
			w.write(whole)
		}
	}
}

// write writes a piece, to a new file where it begins one. After trouble, the next
// keyframe begins a file too.
func (w *worker) write(p *piece) {
	now := time.Now()
	if p.begins {
		w.finish()
	}
	if w.file == nil && (!p.video[0].Key || now.Before(w.retry)) {
		w.lose(p)
		return
	}
	if w.file == nil && !w.open(p, now) {
		w.lose(p)
		return
	}
	b, err := w.format.fragment(p, w.file.base, w.file.number+1)
	if err == nil {
		err = w.disk(func() error { return w.file.append(b) })
	}
	if err != nil {
		w.lose(p)
		w.trouble("write to "+w.file.name, err, now)
		return
	}
	if w.file.number++; w.file.number == 1 {
		w.begun(w.file.name)
	}
	w.rate.Add(int64(len(b)), now)
	w.enter(output.Publishing, nil)
}

// open begins a file with the piece.
func (w *worker) open(p *piece, now time.Time) bool {
	start := p.stretch
	if !p.begins || !p.continues {
		start = p.video[0].at // in the middle of its stretch
	}
	if !w.room(now) {
		return false
	}
	err := w.disk(func() (err error) {
		w.file, err = create(w.cfg.Dir, start.In(w.cfg.Zone), w.header)
		return err
	})
	if err != nil {
		w.file = nil
		w.trouble("begin a file in "+w.cfg.Dir, err, now)
		return false
	}
	w.file.base = p.from
	w.retain(now)
	return true
}

// finish closes the file. One without a fragment is removed: a disk that errs would
// make one at every try.
func (w *worker) finish() {
	if w.file == nil {
		return
	}
	if w.file.number == 0 {
		_ = w.disk(w.file.discard)
		w.file = nil
		return
	}
	if err := w.disk(w.file.close); err != nil {
		w.log.Warn("a recording did not close cleanly", "event", "record-unclean", "file", w.file.name, "cause", err)
	}
	w.log.Info("recorded", "event", "record-file", "file", w.file.name, "bytes", w.file.good)
	w.file = nil
}

// trouble notes what the disk refuses, and closes the file: it goes on with another.
func (w *worker) trouble(doing string, err error, now time.Time) {
	w.finish()
	w.retry = now.Add(tryAgain)
	cause, remedy := CauseDisk, "look at the disk"
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		cause, remedy = CauseFull, "make room on the disk, or shorten record.keep"
	case errors.Is(err, os.ErrPermission):
		remedy = "let the channel's user write there (under systemd: ReadWritePaths=)"
	case errors.Is(err, syscall.EROFS):
		remedy = "mount it for writing, or let the channel write there (under systemd: ReadWritePaths=)"
	case errors.Is(err, os.ErrNotExist):
		remedy = "make the folder"
	}
	w.fail(fmt.Errorf("nothing is recorded, as the channel cannot %s: %w; %s", doing, err, remedy), cause)
}

// tidy does what is due now and then.
func (w *worker) tidy(now time.Time) {
	if w.file != nil && now.Sub(w.looked) >= roomEach && !w.room(now) {
		w.finish()
	}
	if now.Sub(w.swept) >= sweep {
		w.retain(now)
	}
}

// retain removes the recordings whose time is over.
func (w *worker) retain(now time.Time) {
	w.swept = now
	_ = w.disk(func() error {
		list, err := recorded(w.cfg.Dir)
		if doubtful(list, w.cfg.Keep+w.cfg.Each, w.began, now) {
			return err
		}
		for _, x := range expired(list, w.cfg.Keep, w.cfg.Each, now) {
			w.remove(x, "its time is over")
		}
		return err // whoever opens a file there is told
	})
}

// room reports whether there is room to record, and makes some where there is not:
// the oldest recordings go first.
func (w *worker) room(now time.Time) bool {
	w.looked = now
	var free, reserve int64
	err := w.disk(func() (err error) {
		if free, reserve, err = space(w.cfg.Dir); err != nil {
			return nil //nolint:nilerr // whoever opens a file there is told
		}
		free += w.owed.left(free, now)
		need := reserve
		if w.starved { // not on and off all the time
			need += reserve / 8
		}
		if free >= need {
			w.starved = false
			return nil
		}
		if free, err = w.makeRoom(need, free, now); err == nil && free < need {
			err = syscall.ENOSPC
		}
		return err
	})
	if err == nil {
		w.starved = false
		return true
	}
	w.starved = true
	w.retry = now.Add(tryAgain)
	w.fail(fmt.Errorf("nothing is recorded: %s are left on the disk of %s, of which %s stay free; make room there, or shorten record.keep",
		sized(free), w.cfg.Dir, sized(reserve)), CauseFull)
	return false
}

// makeRoom removes recordings, oldest first, until that much is free, or will be;
// none where that cannot help.
func (w *worker) makeRoom(need, free int64, now time.Time) (int64, error) {
	list, err := recorded(w.cfg.Dir)
	if err != nil {
		return free, err
	}
	if w.file != nil {
		list = slices.DeleteFunc(list, func(x old) bool { return x.path == w.file.f.Name() })
	}
	for _, x := range sacrificed(list, free, need) {
		if w.remove(x, "the disk is full") {
			w.trimmed(x)
			free += x.size
		}
	}
	really, _, err := space(w.cfg.Dir)
	w.owed = debt{level: free, most: max(0, free-really), until: now.Add(settled)}
	return free, err
}

// settled is how long a disk is believed that it will free what was removed.
const settled = time.Minute

// debt is what a disk has not freed yet of what was removed.
type debt struct {
	level, most int64 // what is free once it has, and what was missing of that at first
	until       time.Time
}

// left is how much the disk still owes when only so much is free.
func (d debt) left(free int64, now time.Time) int64 {
	if now.After(d.until) {
		return 0
	}
	return min(d.most, max(0, d.level-free))
}

func (w *worker) remove(x old, why string) bool {
	if err := os.Remove(x.path); err != nil {
		w.log.Warn("an old recording cannot be removed", "event", "record-not-removed", "file", x.path, "cause", err)
		return false
	}
	w.log.Info("an old recording is removed", "event", "record-removed", "file", x.path, "why", why)
	return true
}
