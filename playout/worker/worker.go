// Package worker reads clips in child processes, so that a decoder that crashes,
// hangs or eats memory costs one item and never the channel.
//
// The keeper's side is the [Opener]. For each clip it starts this same program
// as a child (`clip-worker`, see [Main]) and shares one ring of memory with it:
// a memfd made and sealed by the keeper, read-only on its side. The child reads
// the clip tick by tick straight into free slots of the ring and says so in a
// few bytes on a pipe; the keeper wraps the picture where it lies, copies the
// sound, and gives the slot back when the picture's last holder has let go.
//
//	keeper ── request (JSON), then numbers of free slots ──► stdin    child
//	keeper ◄── hello, info, ticks, end or fault ──────────── fd 4     child
//	keeper ◄── log lines ─────────────────────────────────── stderr   child
//	keeper ◄─────────── ring of ticks (memfd) ────────────── fd 3     child
//
// The keeper believes nothing it is told: every number is checked against the
// house format. The child has no rights but to read the media root (see
// restrict), inherits no secret, and ends when its stdin does, so that it can
// not outlive the keeper.
package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"airloom/playout/media"
)

// Options say what an opener needs. House is required, the rest has defaults.
type Options struct {
	House media.House
	// Log takes what the children say, with the source they say it of.
	Log *slog.Logger
	// StallMax is how long a child may have room for a tick and not fill it;
	// then the clip ends with a FaultStalled. 0: for ever.
	StallMax time.Duration
	// Feed is what the producer sends whom a source such as ingest://NAME names: one
	// end of a socket, the child's to read. nil: there is no producer.
	Feed func(name string) (*os.File, error)
	// Args are the arguments that make this program a clip's worker; by default
	// "clip-worker".
	Args []string
}

// Stats is what an opener counts.
type Stats struct {
	Workers   int64 // children alive, abandoned ones included
	Opened    int64 // clips opened
	Crashes   int64 // children that died without a last word
	Abandoned int64 // children that outlived SIGKILL, all told
	Stuck     int64 // of those, how many are still there
}

// maxStuck bounds the children waiting on storage that never answers: each
// holds a process and a thread, and a retry every few seconds would add one
// each time.
const maxStuck = 32

// Opener opens clips in child processes. Its methods may be called from any
// goroutine.
type Opener struct {
	o      Options
	layout media.Layout
	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	rights sync.Once // what the kernel lacks is said once

	mu    sync.Mutex
	live  int            // clips whose child is neither reaped nor abandoned
	idle  chan struct{}  // closed and renewed whenever live returns to 0
	stuck map[string]int // sources on which a child hangs beyond SIGKILL

	workers, opened, crashes, abandoned atomic.Int64

	// A child that is told to end by EOF has the polite time before it is
	// killed, and then our patience before it is abandoned.
	polite, patience time.Duration
	kill             func(*os.Process) error
	slots, warm      int // of each ring, see slotsFor
}

// NewOpener returns an opener. Close it at the end.
func NewOpener(o Options) *Opener {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Args == nil {
		o.Args = []string{"clip-worker"}
	}
	ctx, cancel := context.WithCancel(context.Background())
	return &Opener{o: o, layout: media.LayoutOf(o.House), ctx: ctx, cancel: cancel,
		idle: make(chan struct{}), stuck: map[string]int{},
		polite: time.Second, patience: 5 * time.Second, kill: (*os.Process).Kill,
		slots: slotsFor(o.House), warm: warmSlots}
}

// Open starts a child that reads the given part of a clip, from the given tick
// on, and returns at once: whatever takes time, or fails, comes out of the clip.
func (op *Opener) Open(ctx context.Context, s media.Spec, at media.Start) *Clip {
	c := newClip(op, s, at)
	if err := op.admit(c); err != nil {
		c.finish(err)
		return c
	}
	op.opened.Add(1)
	stops := []func() bool{
		context.AfterFunc(ctx, func() { _ = c.Close() }),
		context.AfterFunc(op.ctx, func() { _ = c.Close() }),
	}
	go func() {
		c.run()
		for _, stop := range stops {
			stop()
		}
		op.left()
	}()
	return c
}

// admit counts the clip in, unless it had better not start.
func (op *Opener) admit(c *Clip) error {
	op.mu.Lock()
	defer op.mu.Unlock()
	switch {
	case op.ctx.Err() != nil:
		return &media.Fault{Kind: media.FaultBroken, Err: errors.New("open " + c.name + ": the channel is closing")}
	case op.stuck[c.spec.Source] > 0:
		return &media.Fault{Kind: media.FaultStalled, Err: fmt.Errorf(
			"open %s: an earlier reader still hangs on it, beyond even SIGKILL; check the storage it lies on", c.name)}
	case len(op.stuck) >= maxStuck:
		return &media.Fault{Kind: media.FaultStalled, Err: fmt.Errorf(
			"open %s: %d readers hang beyond SIGKILL, no more are started; check the storage of the media root", c.name, len(op.stuck))}
	}
	op.live++
	return nil
}

// left counts one clip out.
func (op *Opener) left() {
	op.mu.Lock()
	defer op.mu.Unlock()
	if op.live--; op.live == 0 {
		close(op.idle)
		op.idle = make(chan struct{})
	}
}

// Wait returns when every child so far has been reaped, or abandoned because
// even SIGKILL had no effect on it.
func (op *Opener) Wait(ctx context.Context) error {
	for {
		op.mu.Lock()
		live, idle := op.live, op.idle
		op.mu.Unlock()
		if live == 0 {
			return nil
		}
		select {
		case <-idle:
		case <-ctx.Done():
			return fmt.Errorf("wait for %d clip workers: %w", live, ctx.Err())
		}
	}
}

// Close gives all clips up and waits for their children: a few milliseconds as
// a rule, 6 seconds at worst.
func (op *Opener) Close() error {
	op.cancel()
	return op.Wait(context.Background())
}

// Stats returns the counters as they stand.
func (op *Opener) Stats() Stats {
	s := Stats{Workers: op.workers.Load(), Opened: op.opened.Load(), Crashes: op.crashes.Load(), Abandoned: op.abandoned.Load()}
	op.mu.Lock()
	defer op.mu.Unlock()
	for _, n := range op.stuck {
		s.Stuck += int64(n)
	}
	return s
}

// fences tells, once, which fences around children the kernel could not build.
func (op *Opener) fences(missing []string) {
	if len(missing) == 0 {
		return
	}
	op.rights.Do(func() {
		op.o.Log.Warn("clip workers have more rights than they should: the kernel lacks "+strings.Join(missing, ", "), "event", "rights-missing",
			"missing", missing)
	})
}
