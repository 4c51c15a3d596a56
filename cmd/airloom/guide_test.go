package main

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// Only one has the turn; the others get it after that one, or are told to come
// again.
func TestOneTurnAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := make(turn, 1)
		back, err := turns.take(t.Context())
		require.NoError(t, err)
		next := make(chan error)
		go func() {
			back, err := turns.take(t.Context())
			if err == nil {
				back()
			}
			next <- err
		}()
		time.Sleep(turnWithin / 2)
		synctest.Wait()
		select {
		case <-next:
			t.Fatal("two at once")
		default:
		}
		back()
		require.NoError(t, <-next)

		back, err = turns.take(t.Context())
		require.NoError(t, err)
		asked := time.Now()
		_, err = turns.take(t.Context())
		require.Equal(t, errNoTurn, err)
		require.Equal(t, turnWithin, time.Since(asked))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err = turns.take(ctx)
		require.Equal(t, context.Canceled, err, "whoever has gone waits no longer")
		back()
	})
}
