package outputtest

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"airloom/output"
	"airloom/playout/media"
)

// Secret must be part of every secret in a peer's address.
const Secret = "planted0secret"

// Got is a picture or a frame of sound that arrived.
type Got struct {
	Kind media.Kind
	Key  bool
	At   time.Duration // on the session's own clock
}

// Peer is a server that takes whatever is sent to it.
type Peer struct {
	URL  string         // with Secret in all that is secret in it
	Shut string         // the same where nobody listens
	Got  func() [][]Got // by session, so far
	Most func() int     // sessions at once, so far
	Hold func(on bool)  // it freezes, or thaws
	Cut  func()         // it breaks off
}

// Case is one way out under test.
type Case struct {
	Dial func(address string) (output.Dialer, error)
	Peer func(t *testing.T) Peer
}

// Conform runs the one suite for all who send: what [output.Output] takes for
// granted of every Dialer and Session. It looks for what is left running, so
// nothing else may run beside it.
func Conform(t *testing.T, c Case) {
	for _, x := range []struct {
		name string
		run  func(*testing.T, *bench)
	}{
		{"BeginsWithAKeyframe", beginsWithAKeyframe},
		{"EndsWhenTheChannelIsClosed", endsWhenClosed},
		{"EndsWithTheContext", endsWithContext},
		{"EndsBeforeAFrozenPeer", endsBeforeAFrozenPeer},
		{"NoticesAFrozenPeer", noticesAFrozenPeer},
		{"NoticesAPeerThatBreaksOff", noticesACut},
		{"SendsNothingWrong", sendsNothingWrong},
		{"SaysThatNobodyListens", saysThatNobodyListens},
		{"NeverTwoAtOnce", neverTwoAtOnce},
	} {
		t.Run(x.name, func(t *testing.T) {
			before := goleak.IgnoreCurrent()
			t.Run("run", func(t *testing.T) {
				x.run(t, &bench{Peer: c.Peer(t), t: t, dial: c.Dial, sample: Coded(t, 100)})
			})
			goleak.VerifyNone(t, before)
		})
	}
}

// bench is one peer, and a session with it.
type bench struct {
	Peer
	t      *testing.T
	dial   func(string) (output.Dialer, error)
	sample *Sample
}

// dialer makes a dialer, whose target is no secret.
func (b *bench) dialer(address string) output.Dialer {
	d, err := b.dial(address)
	require.NoError(b.t, err)
	require.NotContains(b.t, d.Target(), Secret)
	return d
}

// run opens a session and feeds it: head, and then an endless stream. The
// returned function waits for its end.
func (b *bench) run(ctx context.Context, head ...*media.Packet) (output.Session, chan<- struct{}, func(within time.Duration) error) {
	d := b.dialer(b.URL)
	conn, err := d.Reach(ctx)
	require.NoError(b.t, err)
	s, err := d.Open(ctx, conn, b.sample.Info)
	require.NoError(b.t, err)
	in, end, done := make(chan *media.Packet, 64), make(chan struct{}), make(chan error, 1)
	over, stop := context.WithCancel(context.Background())
	for _, p := range head {
		in <- p
	}
	f := &Feed{Sample: b.sample, To: func(p *media.Packet) {
		select {
		case in <- p:
		case <-over.Done():
		}
	}}
	fed := make(chan struct{})
	go func() { defer close(fed); f.Run(over) }()
	go func() {
		<-end
		stop()
		<-fed
		close(in)
	}()
	go func() { done <- s.Run(ctx, in); stop() }()
	ended := false
	b.t.Cleanup(func() {
		if !ended {
			b.t.Error("the session was not waited for")
		}
	})
	return s, end, func(within time.Duration) error {
		ended = true
		select {
		case err := <-done:
			select {
			case <-end:
			default:
				close(end)
			}
			return err
		case <-time.After(within):
			require.FailNow(b.t, "the session does not end", "within %s", within)
			return nil
		}
	}
}

func (b *bench) arrived(n int) {
	require.Eventually(b.t, func() bool {
		g := b.Got()
		return len(g) > 0 && len(g[len(g)-1]) >= n
	}, 10*time.Second, 5*time.Millisecond, "%d packets", n)
}

func beginsWithAKeyframe(t *testing.T, b *bench) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	began := time.Now()
	s, end, wait := b.run(ctx,
		&media.Packet{Kind: media.Audio, Key: true, Units: b.sample.Sound[:1], DTS: -4096, PTS: -4096},
		&media.Packet{Kind: media.Video, Units: b.sample.Pictures[1], DTS: -1, PTS: -1})
	b.arrived(1)
	require.Less(t, time.Since(began), 3*time.Second, "Ant Media Server waits three seconds")
	first := s.Progress()
	b.arrived(40)
	require.Greater(t, s.Progress().Sent, first.Sent)
	require.WithinDuration(t, time.Now(), s.Progress().Alive, 4*time.Second)
	close(end)
	require.NoError(t, wait(2*time.Second))
	got := b.Got()[0]
	require.Equal(t, media.Video, got[0].Kind)
	require.True(t, got[0].Key)
	for _, g := range got {
		if g.Kind == media.Audio {
			require.InDelta(t, got[0].At, g.At, float64(50*time.Millisecond), "sound from the first instant")
			return
		}
	}
	require.Fail(t, "no sound")
}

func endsWhenClosed(t *testing.T, b *bench) {
	_, end, wait := b.run(context.Background())
	b.arrived(10)
	close(end)
	require.NoError(t, wait(2*time.Second))
}

func endsWithContext(t *testing.T, b *bench) {
	ctx, cancel := context.WithCancel(context.Background())
	_, _, wait := b.run(ctx)
	b.arrived(10)
	cancel()
	require.NoError(t, wait(2*time.Second))
}

func endsBeforeAFrozenPeer(t *testing.T, b *bench) {
	ctx, cancel := context.WithCancel(context.Background())
	_, _, wait := b.run(ctx)
	b.arrived(10)
	b.Hold(true)
	defer b.Hold(false)
	cancel()
	_ = wait(2 * time.Second) // its last words may not have arrived
}

func noticesAFrozenPeer(t *testing.T, b *bench) {
	_, _, wait := b.run(context.Background())
	b.arrived(100)
	b.Hold(true)
	defer b.Hold(false)
	b.fault(wait(10*time.Second), output.KindStalled)
}

func noticesACut(t *testing.T, b *bench) {
	_, _, wait := b.run(context.Background())
	b.arrived(10)
	b.Cut()
	b.fault(wait(2*time.Second), output.KindLost)
}

func sendsNothingWrong(t *testing.T, b *bench) {
	first := b.sample.Pictures[0]
	for _, bad := range []*media.Packet{
		{Kind: media.Video, Key: true, Units: first, DTS: -9, PTS: -9},                // back in time
		{Kind: media.Video, Key: true, Units: first[len(first)-1:], DTS: -7, PTS: -7}, // without parameter sets
		{Kind: media.Video, Key: true, Units: first, DTS: -7, PTS: -6},                // a B-frame
		{Kind: media.Video, Key: true, Units: spoiled(first), DTS: -7, PTS: -7},       // another SPS
	} {
		_, _, wait := b.run(context.Background(), &media.Packet{Kind: media.Video, Key: true, Units: first, DTS: -8, PTS: -8}, bad)
		b.fault(wait(3*time.Second), output.KindMedia)
	}
}

// spoiled is an access unit with another SPS.
func spoiled(units [][]byte) [][]byte {
	var out [][]byte
	for _, u := range units {
		if u[0]&0x1f == 7 {
			u = append(append([]byte{}, u...), 1)
		}
		out = append(out, u)
	}
	return out
}

func saysThatNobodyListens(t *testing.T, b *bench) {
	began := time.Now()
	_, err := b.dialer(b.Shut).Reach(context.Background())
	b.fault(err, output.KindUnreachable)
	require.Less(t, time.Since(began), 2*time.Second)
}

// One id is never published twice at once: neither when a session is renewed
// nor when an operator stops and starts the output.
func neverTwoAtOnce(t *testing.T, b *bench) {
	c := OnAir(t, b.sample, b.dialer(b.URL), output.Config{Name: "main"})
	sessions := func(n int) {
		c.Until(10*time.Second, "publishing", func(s output.Status) bool { return s.Sessions >= int64(n) && Publishing(s) })
		require.Eventually(t, func() bool { return len(b.Got()) >= n }, 5*time.Second, 5*time.Millisecond)
		b.arrived(5)
	}
	sessions(1)
	for n := range 3 {
		c.Out.Renew()
		sessions(n + 2)
	}
	for n := range 3 {
		c.Out.Stop()
		c.Out.Start()
		sessions(n + 5)
	}
	c.End()
	require.Equal(t, 1, b.Most())
}

// fault wants the error to be of a kind, in words without a secret.
func (b *bench) fault(err error, kind output.Kind) {
	require.Error(b.t, err)
	require.Equal(b.t, kind, output.KindOf(err), "%v", err)
	require.NotContains(b.t, err.Error(), Secret)
	var f *output.Fault
	require.ErrorAs(b.t, err, &f)
}
