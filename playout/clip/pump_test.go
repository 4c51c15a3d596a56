package clip

import (
	"context"
	"testing"
	"time"

	"github.com/asticode/go-astiav"
	"github.com/stretchr/testify/require"
)

// What has been ended is not gone on with because a packet came at that moment.
func TestTheEndIsNotUndone(t *testing.T) {
	w := newWatch(context.Background())
	defer w.close()
	require.NoError(t, w.within(time.Minute, func() error { w.end(); return nil }), "a packet that just came")
	require.True(t, w.stop.Interrupted())
	w.stop.Resume() // it came a moment sooner
	require.ErrorIs(t, w.within(time.Minute, func() error { t.Error("it reads on"); return nil }), astiav.ErrExit)
}

// A pump whose sender never pauses closes at once.
func TestAPumpThatAlwaysHasSomethingCloses(t *testing.T) {
	for range 20 {
		s := &source{watch: newWatch(context.Background()), url: "udp://239.0.0.1:5000"}
		p := &pump{began: time.Now(), done: make(chan struct{})}
		went := make(chan struct{}, 1)
		go p.run(s, func(*astiav.Packet) error {
			select {
			case went <- struct{}{}:
			default:
			}
			if s.watch.stop.Interrupted() {
				return astiav.ErrExit
			}
			time.Sleep(50 * time.Microsecond) // libav looks for an interruption before, not after
			return nil
		})
		<-went
		closed := make(chan struct{})
		go func() { p.close(s); close(closed) }()
		select {
		case <-closed:
		case <-time.After(5 * time.Second):
			require.Fail(t, "it does not close")
		}
		s.watch.close()
	}
}
