// Package still makes pictures of what lies below the media root: a thumbnail, a
// strip of frames, and the check that a file which was uploaded has to pass.
//
// The keeper decodes nothing. A [Maker] hands each wish to a niced child of this
// program (`still-worker`, see [Main]), of which there are two at most, and keeps
// what comes back on disk below the state folder: so a page full of thumbnails is
// made once. A picture is named by the file's path, size and time of change, and by
// what was asked of it; of those on disk the ones longest unused go first.
package still

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"airloom/playout/media"
	"airloom/playout/worker"
)

// Options is what a maker is told once. Root is required.
type Options struct {
	Root    string         // the media root
	Uploads string         // the folder of what is to be checked; "": there is none
	FPS     media.Rational // the house's; zero: 25
	Dir     string         // where pictures are kept; "": nowhere
	Most    int64          // how many bytes are kept; 0: 256 MiB
	Log     *slog.Logger
	Args    []string // that make this program the child; by default "still-worker"

	children, waiting int
	checkedIn         time.Duration
}

// File is the file of which a picture is wanted, as it is now.
type File struct {
	Path    string // below the root
	Size    int64
	Changed time.Time
}

// ErrBusy says that too many pictures are wanted at once.
var ErrBusy = errors.New("too many pictures are being made at the moment: try again in a few seconds")

// Bounds of what may be asked for.
const (
	MinSize   = 16
	MaxWidth  = 1920
	MaxHeight = 1080
	MaxCount  = 100
)

// Times of a child.
const (
	madeIn    = 30 * time.Second
	checkedIn = 5 * time.Minute
	idleAfter = 20 * time.Second
	failedFor = time.Minute
)

// Maker makes pictures and keeps them. Its methods may be called from any goroutine.
type Maker struct {
	o       Options
	hands   []*worker.Help
	checker *worker.Help // one for all checks: those that hang are counted
	free    chan *worker.Help
	keep    *keep

	mu     sync.Mutex
	wanted int
	making map[string]*making
	failed map[string]failure
}

// making is a picture that several may wait for.
type making struct {
	done chan struct{}
	data []byte
	err  error
}

type failure struct {
	err   error
	until time.Time
}

// New returns a maker. Nothing is started before it is asked.
func New(o Options) *Maker {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Args == nil {
		o.Args = []string{"still-worker"}
	}
	if o.FPS.Num <= 0 || o.FPS.Den <= 0 {
		o.FPS = media.Rational{Num: 25, Den: 1}
	}
	if o.Most <= 0 {
		o.Most = 256 << 20
	}
	if o.children <= 0 {
		o.children = 2
	}
	if o.checkedIn <= 0 {
		o.checkedIn = checkedIn
	}
	if o.waiting <= 0 {
		o.waiting = 64
	}
	m := &Maker{o: o, keep: newKeep(o.Dir, o.Most), making: map[string]*making{}, failed: map[string]failure{}, free: make(chan *worker.Help, o.children)}
	for range o.children {
		h := worker.NewHelp(worker.HelpOptions{Args: o.Args, Read: []string{o.Root}, Log: o.Log})
		m.hands = append(m.hands, h)
		m.free <- h
	}
	m.checker = worker.NewHelp(worker.HelpOptions{Args: o.Args, Read: []string{o.Uploads}, Log: o.Log})
	m.hands = append(m.hands, m.checker)
	return m
}

// Run ends children that have nothing to do, and all of them with the context.
func (m *Maker) Run(ctx context.Context) error {
	tick := time.NewTicker(idleAfter / 2)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			var all sync.WaitGroup
			for _, h := range m.hands {
				all.Go(h.Close)
			}
			all.Wait()
			return nil
		case <-tick.C:
			for _, h := range m.hands {
				h.Rest(idleAfter)
			}
		}
	}
}

// Thumbnail is one picture, JPEG, as wide as asked for. Where at is negative it is
// one from near the beginning; otherwise the one that is shown then.
func (m *Maker) Thumbnail(ctx context.Context, f File, at time.Duration, width int) ([]byte, error) {
	q := question{Width: width, At: []time.Duration{at}, Exact: at >= 0}
	if width < MinSize || width > MaxWidth {
		return nil, fmt.Errorf("a width of %d pixels: it is from %d to %d", width, MinSize, MaxWidth)
	}
	return m.get(ctx, f, q)
}

// Strip is count pictures side by side, JPEG, each as high as asked for and all as
// wide as each other: in the middle of each of count equal parts of the time.
func (m *Maker) Strip(ctx context.Context, f File, from, to time.Duration, count, height int) ([]byte, error) {
	switch {
	case height < MinSize || height > MaxHeight:
		return nil, fmt.Errorf("a height of %d pixels: it is from %d to %d", height, MinSize, MaxHeight)
	case count < 1 || count > MaxCount:
		return nil, fmt.Errorf("%d pictures: they are from 1 to %d", count, MaxCount)
	case from < 0 || to <= from:
		return nil, errors.New("a strip begins before it ends")
	}
	q := question{Height: height}
	step := (to - from) / time.Duration(count)
	for i := range count {
		q.At = append(q.At, from+step*time.Duration(i)+step/2)
	}
	q.Exact = step <= through
	return m.get(ctx, f, q)
}

// get is a picture, made once for all who wait for it.
func (m *Maker) get(ctx context.Context, f File, q question) ([]byte, error) {
	name := nameOf(f, q)
	m.mu.Lock()
	if bad, ok := m.failed[name]; ok && time.Now().Before(bad.until) {
		m.mu.Unlock()
		return nil, bad.err
	}
	job := m.making[name]
	if job == nil {
		if m.wanted >= m.o.waiting {
			m.mu.Unlock()
			return nil, ErrBusy
		}
		m.wanted++
		job = &making{done: make(chan struct{})}
		m.making[name] = job
		q.Path, q.Root, q.FPS = filepath.Join(m.o.Root, filepath.FromSlash(f.Path)), m.o.Root, m.o.FPS
		go m.make(name, q, job)
	}
	m.mu.Unlock()
	select {
	case <-job.done:
		return job.data, job.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// make makes one picture, unless it is kept. Who asked may have gone away: they,
// or another, will want it soon.
func (m *Maker) make(name string, q question, job *making) {
	job.data = m.keep.read(name)
	if job.data == nil {
		job.data, job.err = m.ask(q)
		if job.err == nil {
			m.keep.write(name, job.data)
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.wanted--
	delete(m.making, name)
	if job.err != nil && !errors.Is(job.err, ErrBusy) {
		if len(m.failed) > 1000 {
			clear(m.failed)
		}
		m.failed[name] = failure{job.err, time.Now().Add(failedFor)}
	}
	close(job.done)
}

func (m *Maker) ask(q question) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), madeIn)
	defer cancel()
	select {
	case h := <-m.free:
		defer func() { m.free <- h }()
		return put(ctx, h, madeIn, q, nil)
	case <-ctx.Done():
		return nil, ErrBusy
	}
}

// put asks a child.
func put(ctx context.Context, h *worker.Help, within time.Duration, q question, warning *string) ([]byte, error) {
	var a answer
	data, err := h.Ask(ctx, within, q, &a)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return nil, ErrBusy
	case err != nil:
		return nil, err
	case a.Fault != "":
		return nil, &media.Fault{Kind: a.Kind, Err: errors.New(a.Fault)}
	}
	if warning != nil {
		*warning = a.Warning
	}
	return data, nil
}

// Check has a child open a file in the folder of uploads as the air would, and decode
// its beginning and its end. What keeps it from being played is the error; what is
// merely wrong with it is the warning. The next file is checked by another child.
func (m *Maker) Check(ctx context.Context, name string) (warning string, err error) {
	defer m.checker.Rest(0)
	_, err = put(ctx, m.checker, m.o.checkedIn, question{Check: true, Path: filepath.Join(m.o.Uploads, name), Root: m.o.Uploads, FPS: m.o.FPS}, &warning)
	return warning, err
}

// nameOf names a picture.
func nameOf(f File, q question) string {
	text, _ := json.Marshal(q)
	sum := sha256.Sum256(fmt.Appendf(nil, "1 %q %d %d %s", f.Path, f.Size, f.Changed.UnixNano(), text))
	return hex.EncodeToString(sum[:16]) + ".jpg"
}
