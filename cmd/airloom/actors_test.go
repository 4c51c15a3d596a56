package main

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// stageplay is a set of actors that write down what happens, in fake time.
type stageplay struct {
	actors
	mu     sync.Mutex
	events []string
}

func newPlay() *stageplay {
	p := &stageplay{}
	p.actors = actors{
		log:      slog.New(slog.DiscardHandler),
		lost:     func(_ string, err error) { p.note("lost: " + err.Error()) },
		stopping: func() { p.note("stopping") },
	}
	return p
}

func (p *stageplay) note(what string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.events = append(p.events, what)
}

// ends is an actor's life that takes so long to end after it was told to.
func (p *stageplay) ends(name string, after time.Duration) func(context.Context) error {
	return func(ctx context.Context) error {
		<-ctx.Done()
		p.note(name + " told")
		time.Sleep(after)
		return nil
	}
}

func TestActorsEndStageByStage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlay()
		p.add(helper("board", p.ends("board", 0)))
		p.add(helper("web", p.ends("web", 2*time.Second)), helper("output", p.ends("output", 2*time.Second)))
		p.add(essential("engine", p.ends("engine", 0)))
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		began := time.Now()
		require.NoError(t, p.run(ctx, 3*time.Second))
		require.Equal(t, time.Hour+2*time.Second, time.Since(began), "one stage ends together")
		require.Equal(t, []string{"stopping", "engine told"}, p.events[:2])
		require.ElementsMatch(t, []string{"web told", "output told"}, p.events[2:4])
		require.Equal(t, "board told", p.events[4])
	})
}

func TestALostHelperDoesNotEndTheAir(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlay()
		p.add(helper("web", func(context.Context) error { return errors.New("no more sockets") }))
		p.add(helper("preview", func(context.Context) error { return nil }))
		p.add(essential("engine", p.ends("engine", 0)))
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		began := time.Now()
		require.NoError(t, p.run(ctx, time.Second))
		require.Equal(t, time.Hour, time.Since(began))
		require.ElementsMatch(t, []string{"lost: web ended: no more sockets", "lost: preview ended by itself"}, p.events[:2])
	})
}

func TestALostEngineEndsTheAir(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlay()
		p.add(helper("output", p.ends("output", time.Second)))
		p.add(essential("encoder", func(context.Context) error { return errors.New("refused") }))
		require.EqualError(t, p.run(t.Context(), 3*time.Second), "encoder ended: refused")
		require.Equal(t, []string{"stopping", "output told"}, p.events)
	})
}

// One that hangs may cost its own clean end, never that of the others.
func TestWhoeverHangsTheOthersAreToldToEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlay()
		p.add(helper("output", p.ends("output", lastCall/2)))
		p.add(essential("encoder", p.ends("encoder", time.Hour)))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		began := time.Now()
		require.EqualError(t, p.run(ctx, 3*time.Second), "encoder did not end in time")
		require.Equal(t, 3*time.Second+lastCall, time.Since(began))
		require.Equal(t, []string{"stopping", "encoder told", "output told"}, p.events)
		time.Sleep(time.Hour) // until it is gone too
	})
}

func TestLateButWithinTheLastCallIsAnOrderlyEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlay()
		p.add(helper("output", p.ends("output", 0)))
		p.add(essential("encoder", p.ends("encoder", 3*time.Second+lastCall/2)))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		require.NoError(t, p.run(ctx, 3*time.Second))
	})
}
