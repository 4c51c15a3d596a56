package rtmp

import (
	"flag"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"airloom/output"
	"airloom/output/outputtest"
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

type (
	sample  = outputtest.Sample
	channel = outputtest.Channel
)

var coded, publishing = outputtest.Coded, outputtest.Publishing

func onAir(t *testing.T, s *sample, url string, cfg output.Config) *channel {
	d, err := New(url, nil)
	require.NoError(t, err)
	return outputtest.OnAir(t, s, d, cfg)
}

func TestPublishesToNginx(t *testing.T) {
	t.Parallel()
	n, s := newNginx(t), coded(t, 100)
	n.start()
	c := onAir(t, s, n.url(), output.Config{Name: "main"})
	c.Until(5*time.Second, "publishing", publishing)
	c.Until(20*time.Second, "3 s of media", func(s output.Status) bool {
		return time.Since(s.Since) > 3*time.Second && s.Sent > 20000
	})
	require.NotZero(t, c.Out.Status().Bitrate)
	c.End()
	require.Equal(t, output.Stopped, c.Out.Status().State)
	require.Eventually(t, func() bool { return len(n.recordings()) == 1 }, 5*time.Second, 10*time.Millisecond)
	require.Contains(t, n.log(), "deleteStream")
	require.Greater(t, requireSession(t, n.recordings()[0], s, false), 70)
}
