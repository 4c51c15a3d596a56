package output

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// One id is never published twice at once, however long a server takes to let
// the old session go: neither at a renewal, nor when an operator stops and starts.
func TestNeverTwoSessionsAtOnce(t *testing.T) {
	s := &server{leaves: 1200 * time.Millisecond}
	bubble(t, s, Config{RenewAfter: 10 * time.Second}, func(t *testing.T, b *bench) {
		b.play(35 * time.Second) // renewed by the clock
		require.GreaterOrEqual(t, len(s.sessions), 3)
		for range 3 {
			b.Renew()
			b.Renew()
			b.play(500 * time.Millisecond)
			b.Stop()
			b.Start()
			b.play(5 * time.Second)
			require.Equal(t, Publishing, b.Status().State)
		}
		require.Equal(t, 1, s.most)
		require.Equal(t, 1, s.now)
	})
}

// A session that is taken to be old is renewed when its clock would be full,
// whatever the operator has set; the next one is new.
func TestAgedSession(t *testing.T) {
	s := &server{}
	aged := renewLimit - 10*time.Second
	bubble(t, s, Config{RenewAfter: 596 * time.Hour, Aged: aged}, func(t *testing.T, b *bench) {
		b.play(9 * time.Second)
		require.Len(t, s.sessions, 1)
		require.WithinDuration(t, s.sessions[0].began.Add(10*time.Second), b.Status().RenewAt, 0)
		b.play(4 * time.Second)
		require.Len(t, s.sessions, 2)
		require.WithinDuration(t, s.sessions[1].began.Add(renewLimit), b.Status().RenewAt, 0)
		b.play(time.Minute)
		require.Len(t, s.sessions, 2)
	})
}
