package hls

import (
	"context"
	"time"

	"airloom/output"
)

const (
	looking   = 20 * time.Millisecond // between two looks at a state that is waited for
	soonStart = 5 * time.Second       // for the first segment, before Start says that there is none yet
)

// Stop ends the playlist, so that players play to its end and stop there, and
// takes no more until Start. It returns once that is so.
func (o *Output) Stop(ctx context.Context) error {
	o.want(false)
	return o.await(ctx, output.Stopped)
}

// Start undoes Stop. It returns once there is something to play, or with what
// keeps it from that for now, in words.
func (o *Output) Start(ctx context.Context) (trouble string) {
	o.want(true)
	ctx, cancel := context.WithTimeout(ctx, soonStart)
	defer cancel()
	if o.await(ctx, output.Publishing) != nil {
		return "no segment is whole yet"
	}
	return ""
}

func (o *Output) want(on bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.wanted = on
	if !on && o.stop != nil {
		o.stop()
	}
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

func (o *Output) await(ctx context.Context, s output.State) error {
	every := time.NewTicker(looking)
	defer every.Stop()
	for o.Status().State != s {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-every.C:
		}
	}
	return nil
}
