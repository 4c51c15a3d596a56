package rtmp

import (
	"context"
	"flag"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"airloom/output"
)

// The tests mostly wait for time to pass, so many may run at once.
func TestMain(m *testing.M) {
	flag.Parse()
	_ = flag.Set("test.parallel", "16")
	// The proxy of the slow link leaves goroutines behind.
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("github.com/Shopify/toxiproxy/v2/stream.(*ChanWriter).Write"),
		goleak.IgnoreAnyFunction("github.com/Shopify/toxiproxy/v2.(*ToxicLink).read"),
		goleak.IgnoreAnyFunction("github.com/Shopify/toxiproxy/v2.(*ToxicLink).write"),
		goleak.IgnoreAnyFunction("github.com/Shopify/toxiproxy/v2/toxics.(*ToxicStub).Run"))
}

type logTo struct{ t *testing.T }

func (l logTo) Write(b []byte) (int, error) {
	l.t.Logf("%s", b)
	return len(b), nil
}

// channel is an endless feed into one output.
type channel struct {
	t    *testing.T
	out  *output.Output
	feed *feed
	end  func() // and waits for it
}

func onAir(t *testing.T, s *sample, url string, cfg output.Config) *channel {
	d, err := New(url, nil)
	require.NoError(t, err)
	f := &feed{s: s}
	out := output.New(cfg, s.info, d, f.keyframe, slog.New(slog.NewTextHandler(logTo{t}, nil)))
	f.offer = out.Offer
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{}, 2)
	go func() { f.run(ctx); done <- struct{}{} }()
	go func() { _ = out.Run(ctx); done <- struct{}{} }()
	c := &channel{t: t, out: out, feed: f}
	c.end = func() {
		cancel()
		<-done
		<-done
		c.end = func() {}
	}
	t.Cleanup(func() { c.end() })
	return c
}

// until waits for the status to be so and returns how long that took.
func (c *channel) until(within time.Duration, what string, so func(output.Status) bool) time.Duration {
	began := time.Now()
	require.Eventually(c.t, func() bool { return so(c.out.Status()) }, within, 5*time.Millisecond, what)
	return time.Since(began)
}

func publishing(s output.Status) bool { return s.State == output.Publishing }

func TestPublishesToNginx(t *testing.T) {
	t.Parallel()
	n, s := newNginx(t), coded(t, 100)
	n.start()
	c := onAir(t, s, n.url(), output.Config{Name: "main"})
	c.until(5*time.Second, "publishing", publishing)
	c.until(20*time.Second, "3 s of media", func(s output.Status) bool {
		return time.Since(s.Since) > 3*time.Second && s.Sent > 20000
	})
	require.NotZero(t, c.out.Status().Bitrate)
	c.end()
	require.Equal(t, output.Stopped, c.out.Status().State)
	require.Eventually(t, func() bool { return len(n.recordings()) == 1 }, 5*time.Second, 10*time.Millisecond)
	require.Contains(t, n.log(), "deleteStream")
	require.Greater(t, requireSession(t, n.recordings()[0], s, false), 70)
}
