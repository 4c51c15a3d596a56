package worker

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"airloom/playout/media"
)

// Clip is a clip that a child reads. It never blocks.
type Clip struct {
	op    *Opener
	spec  media.Spec
	start media.Start
	name  string // the source as people may see it
	ready chan struct{}
	info  atomic.Pointer[media.ClipInfo]

	mu     sync.Mutex
	queue  []*media.Tick // handed over and not yet polled
	end    error         // what Poll says after the queue
	closed bool
	ring   *ring  // nil until the child is started and after the end
	proc   *child // likewise

	progress atomic.Int64 // when the child last did, or last could begin to do, something: Unix ns
}

func newClip(op *Opener, s media.Spec, at media.Start) *Clip {
	return &Clip{op: op, spec: s, start: at, name: displayName(s), ready: make(chan struct{}, 1)}
}

// displayName is a source as logs and messages may show it: without the media
// root, and without what may be secret in a URL.
func displayName(s media.Spec) string {
	if u, err := url.Parse(s.Source); err == nil && u.Scheme != "" && u.Host != "" {
		u.RawQuery, u.Fragment = "", ""
		if u.User != nil {
			u.User = url.User("…")
		}
		return `"` + strings.ReplaceAll(u.String(), "%E2%80%A6", "…") + `"`
	}
	if scheme, _, ok := strings.Cut(s.Source, "://"); ok {
		return `"` + scheme + `://…"`
	}
	if rel, err := filepath.Rel(s.Root, s.Source); s.Root != "" && err == nil && filepath.IsLocal(rel) {
		return `"` + rel + `"`
	}
	return `"` + s.Source + `"`
}

// Poll returns the next tick, media.ErrNotReady, io.EOF after the last, or a
// *media.Fault. Ticks that were handed over before a crash come before its fault.
func (c *Clip) Poll() (*media.Tick, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.queue) == 0 {
		if c.end != nil {
			return nil, c.end
		}
		return nil, media.ErrNotReady
	}
	t := c.queue[0]
	copy(c.queue, c.queue[1:]) // a dozen at most, and no memory is made anew
	c.queue = c.queue[:len(c.queue)-1]
	if r := c.ring; r != nil {
		r.feed(len(c.queue))
		c.widen(r)
	}
	return t, nil
}

// widen opens one slot more for each tick taken, until all are in use.
func (c *Clip) widen(r *ring) {
	if r.opened < len(r.slots) {
		r.opened++
		r.free(r.opened - 1)
	}
}

// Err is the fault that Poll will return after the ticks that are still queued;
// nil while none is known.
func (c *Clip) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if errors.Is(c.end, io.EOF) {
		return nil
	}
	return c.end
}

// Ready receives a value when Poll may have become worth calling.
func (c *Clip) Ready() <-chan struct{} { return c.ready }

// Info is what the child found out on opening.
func (c *Clip) Info() (media.ClipInfo, bool) {
	if i := c.info.Load(); i != nil {
		return *i, true
	}
	return media.ClipInfo{}, false
}

// Close gives the clip up and returns at once; the opener waits for the child.
// Ticks polled before stay valid.
func (c *Clip) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil
	}
	c.closed = true
	for _, t := range c.queue {
		t.Free()
	}
	c.queue, c.end = nil, fmt.Errorf("clip %s: %w", c.name, os.ErrClosed)
	if c.proc != nil {
		c.proc.hangUp()
	}
	c.wake()
	return nil
}

func (c *Clip) wake() {
	select {
	case c.ready <- struct{}{}:
	default:
	}
}

// finish says how the clip ends, once the queue is empty.
func (c *Clip) finish(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.end == nil {
		c.end = err
	}
	c.wake()
}

func (c *Clip) isClosed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed
}

// run is the clip's life on the keeper's side.
func (c *Clip) run() {
	p, r, err := c.begin()
	if fault := (*media.Fault)(nil); errors.As(err, &fault) {
		c.finish(fault)
		return
	}
	if err != nil {
		c.finish(&media.Fault{Kind: media.FaultBroken, Err: fmt.Errorf("open %s: start a reader: %w", c.name, err)})
		return
	}
	if p == nil { // closed in the meantime
		return
	}
	err = c.read(p, r)
	if !c.isClosed() {
		c.finish(c.verdict(p, err))
	}
	c.mu.Lock()
	c.ring, c.proc = nil, nil
	c.mu.Unlock()
	p.retire()
	r.unref()
}

// begin makes the ring, starts the child and grants it its first slots.
func (c *Clip) begin() (*child, *ring, error) {
	if c.isClosed() {
		return nil, nil, nil
	}
	p := &child{clip: c}
	r, file, err := newRing(c.op.o.House, c.op.layout, c.op.slots, p.grant)
	if err != nil {
		return nil, nil, err
	}
	err = p.start(file, request{Protocol: protocol, House: c.op.o.House, Slots: len(r.slots), Spec: c.spec, Start: c.start})
	_ = file.Close()
	if err != nil {
		r.unref()
		return nil, nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ring, c.proc = r, p
	c.progress.Store(time.Now().UnixNano())
	if c.closed {
		p.hangUp()
		return p, r, nil
	}
	for range c.op.warm {
		c.widen(r)
	}
	return p, r, nil
}

// The ways in which a child's words may end, beside io.EOF for a clip that
// played to its end and a *media.Fault.
var (
	errGone    = errors.New("the child is gone")
	errStalled = errors.New("nothing came for too long")
)

// violationError is an error of a child that speaks nonsense.
type violationError struct{ what string }

func (e *violationError) Error() string { return e.what }

func violation(format string, args ...any) error {
	return &violationError{fmt.Sprintf(format, args...)}
}

// read takes the child's records until there is a reason to stop: io.EOF, a
// fault, or one of the errors above.
func (c *Clip) read(p *child, r *ring) error {
	in := bufio.NewReaderSize(p.records, headSize+maxBody)
	greeted, next := false, c.start.Tick
	for {
		head, err := c.await(in, p, r, headSize)
		if err != nil {
			return err
		}
		rec := parseRecord(head)
		if rec.body > maxBody {
			return violation("its record has %d bytes", rec.body)
		}
		if greeted == (rec.kind == recHello) {
			return violation("it said hello at the wrong time")
		}
		whole, err := c.await(in, p, r, headSize+int(rec.body))
		if err != nil {
			return err
		}
		c.progress.Store(time.Now().UnixNano())
		if rec.kind == recTick {
			err = c.tick(r, rec, next)
			next++
		} else {
			err = c.word(rec.kind, whole[headSize:])
			greeted = true
		}
		if err != nil {
			return err
		}
		_, _ = in.Discard(len(whole))
	}
}

// await looks at the next n bytes of the child's records, and out for a stall.
func (c *Clip) await(in *bufio.Reader, p *child, r *ring, n int) ([]byte, error) {
	for {
		b, err := in.Peek(n)
		switch {
		case err == nil:
			return b, nil
		case !errors.Is(err, os.ErrDeadlineExceeded):
			return nil, errGone
		}
		if err := c.rearm(p, r); err != nil {
			return nil, err
		}
	}
}

// rearm sets the time of the next look at a silent child, or says that it has
// been silent for too long.
func (c *Clip) rearm(p *child, r *ring) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return os.ErrClosed
	}
	now := time.Now()
	since := time.Unix(0, c.progress.Load())
	if r.granted.Load() == 0 { // nothing to fill: waiting is what it should do
		since = now
	}
	due := since.Add(c.op.o.StallMax)
	if !now.Before(due) {
		return errStalled
	}
	return p.records.SetReadDeadline(due)
}

// tick checks a handed over tick and queues it.
func (c *Clip) tick(r *ring, rec record, next int64) error {
	switch {
	case rec.body != 0 || rec.tick != next:
		return violation("it handed over tick %d where %d was due", rec.tick, next)
	case int64(rec.slot) >= int64(len(r.slots)):
		return violation("it handed over slot %d of %d", rec.slot, len(r.slots))
	case int(rec.samples) != samplesOf(c.op.o.House, next):
		return violation("its tick %d has %d samples where %d are due", next, rec.samples, samplesOf(c.op.o.House, next))
	}
	t, err := r.take(int(rec.slot), next, int(rec.samples))
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		t.Free()
		return os.ErrClosed
	}
	c.queue = append(c.queue, t)
	r.feed(len(c.queue))
	c.wake()
	return nil
}

// samplesOf is what a clip's tick carries: the samples S(n) … S(n+1) inclusive.
func samplesOf(h media.House, n int64) int {
	s := func(n int64) int64 { return n * int64(h.SampleRate) * h.FPS.Den / h.FPS.Num }
	return int(s(n+1)-s(n)) + 1
}

// word takes a record that is not a tick.
func (c *Clip) word(kind recordKind, body []byte) error {
	switch kind {
	case recHello:
		var h hello
		if err := json.Unmarshal(body, &h); err != nil {
			return violation("its hello is no JSON: %v", err)
		}
		if h.Protocol != protocol {
			return &media.Fault{Kind: media.FaultBroken, Err: fmt.Errorf(
				"open %s: the program file was replaced by another version (protocol %d, this one speaks %d); restart the channel",
				c.name, h.Protocol, protocol)}
		}
		c.op.fences(h.Missing)
		return nil
	case recInfo:
		info := new(media.ClipInfo)
		if err := json.Unmarshal(body, info); err != nil {
			return violation("its description of the clip is no JSON: %v", err)
		}
		c.info.Store(info)
		c.mu.Lock()
		c.wake()
		c.mu.Unlock()
		return nil
	case recEnd:
		return io.EOF
	case recFault:
		var f fault
		if err := json.Unmarshal(body, &f); err != nil {
			return violation("its fault is no JSON: %v", err)
		}
		return asFault(f)
	}
	return violation("it sent a record of kind %d", kind)
}
