package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"
)

// actors are the long-lived parts of a channel, in stages. They all begin at
// once; the stages end in the opposite order of their adding, each after what
// depends on it has ended, and the parts of one stage end together.
type actors struct {
	log      *slog.Logger
	stages   [][]*actor
	lost     func(name string, err error) // hears of a helper that ended by itself
	stopping func()                       // called when the end begins, before anything is stopped
}

// actor is one part. Without an essential one there is no air; without any other
// there still is.
type actor struct {
	name      string
	essential bool
	run       func(context.Context) error
	stop      context.CancelFunc
	done      chan struct{}
	err       error // valid once done is closed
	told      bool
}

func essential(name string, run func(context.Context) error) *actor {
	return &actor{name: name, run: run, essential: true, done: make(chan struct{})}
}

func helper(name string, run func(context.Context) error) *actor {
	return &actor{name: name, run: run, done: make(chan struct{})}
}

func (g *actors) add(stage ...*actor) { g.stages = append(g.stages, stage) }

func (g *actors) all() (list []*actor) {
	for _, stage := range g.stages {
		list = append(list, stage...)
	}
	return list
}

// run starts all actors, waits until the context is done or an essential one
// ends, and then ends the others. What has not ended after the grace period is
// told to at once, and has lastCall for it.
func (g *actors) run(ctx context.Context, grace time.Duration) error {
	all := g.all()
	ended := make(chan *actor, len(all))
	for _, a := range all {
		var own context.Context
		own, a.stop = context.WithCancel(context.WithoutCancel(ctx))
		go func() {
			a.err = a.run(own)
			close(a.done)
			ended <- a
		}()
	}
	err := g.watch(ctx, ended)
	g.stopping()
	if late := g.end(grace); err == nil {
		err = late
	}
	return err
}

// watch returns when the end has come: with the error of the essential actor
// that is gone, or nil if the context is done.
func (g *actors) watch(ctx context.Context, ended <-chan *actor) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case a := <-ended:
			a.told = true
			err := fmt.Errorf("%s ended by itself", a.name)
			if a.err != nil {
				err = fmt.Errorf("%s ended: %w", a.name, a.err)
			}
			if a.essential {
				return err
			}
			g.lost(a.name, err)
		}
	}
}

// end ends stage after stage.
func (g *actors) end(grace time.Duration) error {
	limit, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	for i := len(g.stages) - 1; i >= 0; i-- {
		for _, a := range g.stages[i] {
			a.stop()
		}
		for _, a := range g.stages[i] {
			if !a.endsBefore(limit) {
				g.log.Warn("a part of the channel takes too long to end: all others are ended now", "event", "part-late", "part", a.name)
				return g.abandon()
			}
			if a.err != nil && !a.told {
				g.log.Warn("a part of the channel did not end cleanly", "event", "part-late", "part", a.name, "error", a.err)
			}
		}
	}
	return nil
}

// lastCall is for those who were waiting for their turn when time ran out: an
// output can still take its leave from the server in it.
const lastCall = 500 * time.Millisecond

// abandon ends all that is left at once. The error names who stays behind.
func (g *actors) abandon() error {
	limit, cancel := context.WithTimeout(context.Background(), lastCall)
	defer cancel()
	all := g.all()
	for _, a := range all {
		a.stop()
	}
	var err error
	for _, a := range all {
		if !a.endsBefore(limit) && err == nil {
			err = fmt.Errorf("%s did not end in time", a.name)
		}
	}
	return err
}

// endsBefore waits until the actor has ended, or the limit is done.
func (a *actor) endsBefore(limit context.Context) bool {
	select {
	case <-a.done:
		return true
	case <-limit.Done():
	}
	select {
	case <-a.done:
		return true
	default:
		return false
	}
}
