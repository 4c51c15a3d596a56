package output

import (
	"context"
	"sync"
	"time"
)

const (
	looking = 20 * time.Millisecond // between two looks at a state that is waited for
	// SoonStart is what a way out has to publish in, before a start says that it
	// does not yet.
	SoonStart = 5 * time.Second
)

// Switch is whether an operator wants a way out to publish. It begins on.
type Switch struct {
	// Changed receives a value when it was turned.
	Changed chan struct{}

	mu  sync.Mutex
	on  bool
	end context.CancelFunc // of the present life; nil before the first
}

// NewSwitch returns one that is on.
func NewSwitch() *Switch { return &Switch{Changed: make(chan struct{}, 1), on: true} }

// Turn turns it. Off ends the present life.
func (s *Switch) Turn(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.on = on
	if !on && s.end != nil {
		s.end()
	}
	select {
	case s.Changed <- struct{}{}:
	default:
	}
}

// On reports whether it is on.
func (s *Switch) On() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.on
}

// Begin begins a life, that end ends, where it is on.
func (s *Switch) Begin(end context.CancelFunc) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.on {
		s.end = end
	}
	return s.on
}

// Lives has the way out live, one life after another, while the switch is on and
// until ctx is done. born is asked whether to begin one, and has to ask Begin.
func (s *Switch) Lives(ctx context.Context, born func(end context.CancelFunc) bool, live func(life context.Context)) {
	for ctx.Err() == nil {
		life, end := context.WithCancel(ctx)
		if born(end) {
			live(life)
		} else {
			select {
			case <-ctx.Done():
			case <-s.Changed:
			}
		}
		end()
	}
}

// Await returns the first status that is as wanted, or the last one there was.
func Await(ctx context.Context, status func() Status, wanted func(Status) bool) (Status, error) {
	every := time.NewTicker(looking)
	defer every.Stop()
	for {
		s := status()
		if wanted(s) {
			return s, nil
		}
		select {
		case <-ctx.Done():
			return s, ctx.Err()
		case <-every.C:
		}
	}
}

// Has is a state that is waited for.
func Has(state State) func(Status) bool { return func(s Status) bool { return s.State == state } }
