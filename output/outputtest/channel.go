package outputtest

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/output"
)

type logTo struct{ t testing.TB }

func (l logTo) Write(b []byte) (int, error) {
	l.t.Logf("%s", b)
	return len(b), nil
}

// Channel is an endless feed into one output.
type Channel struct {
	T    testing.TB
	Out  *output.Output
	Feed *Feed
	End  func() // and waits for it
}

// OnAir begins one.
func OnAir(t testing.TB, s *Sample, d output.Dialer, cfg output.Config) *Channel {
	f := &Feed{Sample: s}
	out := output.New(cfg, s.Info, d, f.Keyframe, slog.New(slog.NewTextHandler(logTo{t}, nil)))
	f.To = out.Offer
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{}, 2)
	go func() { f.Run(ctx); done <- struct{}{} }()
	go func() { _ = out.Run(ctx); done <- struct{}{} }()
	c := &Channel{T: t, Out: out, Feed: f}
	c.End = func() {
		cancel()
		<-done
		<-done
		c.End = func() {}
	}
	t.Cleanup(func() { c.End() })
	return c
}

// Until waits for the status to be so and returns how long that took.
func (c *Channel) Until(within time.Duration, what string, so func(output.Status) bool) time.Duration {
	began := time.Now()
	require.Eventually(c.T, func() bool { return so(c.Out.Status()) }, within, 5*time.Millisecond, what)
	return time.Since(began)
}

// Publishing is a state to wait for.
func Publishing(s output.Status) bool { return s.State == output.Publishing }
