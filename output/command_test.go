package output

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// pair is two outputs, each before a server of its own.
func pair(t *testing.T, a, b *server, f func(t *testing.T, fan Fan, play func(time.Duration))) {
	synctest.Test(t, func(t *testing.T) {
		x, y := newBench(a, Config{Name: "main"}), newBench(b, Config{Name: "spare"})
		defer y.end()
		defer x.end()
		f(t, Fan{x.Output, y.Output}, func(d time.Duration) {
			for range d / (40 * time.Millisecond) {
				x.play(40 * time.Millisecond)
				y.Offer(x.all[len(x.all)-2])
				y.Offer(x.all[len(x.all)-1])
			}
		})
	})
}

func TestAnOutputIsStoppedAndStartedByName(t *testing.T) {
	a, b := &server{}, &server{}
	pair(t, a, b, func(t *testing.T, fan Fan, play func(time.Duration)) {
		play(4 * time.Second)
		require.NoError(t, fan.Stop(t.Context(), "main"))
		require.Equal(t, Stopped, fan[0].Status().State, "it is so when the call returns")
		require.True(t, a.sessions[0].ended)
		require.NoError(t, fan.Stop(t.Context(), "main"), "twice is once")
		play(4 * time.Second)
		require.Len(t, a.sessions, 1)
		require.Equal(t, Publishing, fan[1].Status().State)
		require.Len(t, b.sessions, 1, "the other notices nothing")
		require.Zero(t, fan[1].Status().Dropped)

		began := time.Now()
		trouble, err := fan.Start(t.Context(), "main")
		require.NoError(t, err)
		require.Empty(t, trouble)
		require.Equal(t, Publishing, fan[0].Status().State)
		require.LessOrEqual(t, time.Since(began), 100*time.Millisecond, "at once")
		play(2 * time.Second)
		require.True(t, a.sessions[1].packets[0].Key)
		require.Len(t, b.sessions, 1)

		require.EqualError(t, fan.Stop(t.Context(), "man"), `there is no output "man"`)
		_, err = fan.Start(t.Context(), "man")
		require.EqualError(t, err, `there is no output "man"`)
	})
}

func TestAStartThatIsRefusedSaysSoAndGoesOn(t *testing.T) {
	a := &server{fault: KindRefused}
	pair(t, a, &server{}, func(t *testing.T, fan Fan, play func(time.Duration)) {
		play(time.Second)
		require.NotEmpty(t, fan[0].Status().LastError)
		require.NoError(t, fan.Stop(t.Context(), "main"))
		require.Empty(t, fan[0].Status().LastError, "stopped is no trouble")
		require.Zero(t, fan[0].Status().DownSince)

		trouble, err := fan.Start(t.Context(), "main")
		require.NoError(t, err)
		require.Equal(t, "no", trouble)
		a.set(func(s *server) { s.fault = "" })
		play(2 * time.Second)
		require.Equal(t, Publishing, fan[0].Status().State)
	})
}

func TestAServerThatSaysNothingKeepsNobodyWaiting(t *testing.T) {
	a := &server{hang: true}
	pair(t, a, &server{}, func(t *testing.T, fan Fan, _ func(time.Duration)) {
		synctest.Wait()
		require.NoError(t, fan.Stop(t.Context(), "main"), "also in the middle of an attempt")
		began := time.Now()
		trouble, err := fan.Start(t.Context(), "main")
		require.NoError(t, err)
		require.Equal(t, "no answer yet", trouble)
		require.Equal(t, SoonStart, time.Since(began))
	})
}

func TestAStopThatTakesLongSaysSo(t *testing.T) {
	a := &server{leaves: 3 * time.Second}
	pair(t, a, &server{}, func(t *testing.T, fan Fan, play func(time.Duration)) {
		play(time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorContains(t, fan.Stop(ctx, "main"), "output main is told to stop, but its session has not ended yet")
		require.NoError(t, fan.Stop(t.Context(), "main"))
	})
}
