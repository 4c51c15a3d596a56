package main

import (
	"context"
	"fmt"
	"time"
)

// actors are the long-lived parts of a channel. They begin in the order they
// were added and end in the opposite one, each after what depends on it has
// ended: outputs outlive the encoder, the encoder outlives the engine.
type actors struct {
	list []*actor
}

type actor struct {
	name string
	run  func(context.Context) error
	stop context.CancelFunc
	done chan struct{}
	err  error
}

func (g *actors) add(name string, run func(context.Context) error) {
	g.list = append(g.list, &actor{name: name, run: run, done: make(chan struct{})})
}

// run starts all actors, waits until the context is done or one of them ends by
// itself, and then ends the others, all within the grace period.
func (g *actors) run(ctx context.Context, grace time.Duration) error {
	ended := make(chan *actor, len(g.list))
	for _, a := range g.list {
		var own context.Context
		own, a.stop = context.WithCancel(context.WithoutCancel(ctx))
		go func() {
			a.err = a.run(own)
			close(a.done)
			ended <- a
		}()
	}
	var first error
	select {
	case <-ctx.Done():
	case a := <-ended:
		first = fmt.Errorf("%s ended: %w", a.name, a.err)
		if a.err == nil {
			first = fmt.Errorf("%s ended by itself", a.name)
		}
	}
	deadline := time.After(grace)
	for i := len(g.list) - 1; i >= 0; i-- {
		a := g.list[i]
		a.stop()
		select {
		case <-a.done:
		case <-deadline:
			return fmt.Errorf("%s did not end within %s", a.name, grace)
		}
	}
	return first
}
