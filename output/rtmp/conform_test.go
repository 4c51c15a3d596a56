package rtmp

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/output"
	"airloom/output/outputtest"
	"airloom/output/rtmp/receiver"
)

func TestConforms(t *testing.T) {
	outputtest.Conform(t, outputtest.Case{
		Dial: func(a string) (output.Dialer, error) { return New(a, nil) },
		Peer: func(t *testing.T) outputtest.Peer {
			r := receive(t)
			g := outputtest.NewGate(t, r.server.Addr())
			url := func(host string) string {
				return "rtmp://" + host + "/live/" + outputtest.Secret + "?token=" + outputtest.Secret
			}
			return outputtest.Peer{URL: url(g.Addr), Shut: url("127.0.0.1:1"), Got: r.got, Most: r.atOnce, Hold: g.Hold, Cut: g.Cut}
		},
	})
}

// received is a receiver that notes what came, by session.
type received struct {
	server  *receiver.Server
	mu      sync.Mutex
	media   [][]outputtest.Got
	headers [][]receiver.Packet
	most    int
}

func receive(t *testing.T) *received {
	s, err := receiver.Listen("127.0.0.1:0")
	require.NoError(t, err)
	r := &received{server: s}
	s.OnPacket = func(p receiver.Packet) error {
		now := s.Count().Publishers
		r.mu.Lock()
		defer r.mu.Unlock()
		r.most = max(r.most, now)
		for int64(len(r.media)) < p.Session {
			r.media, r.headers = append(r.media, nil), append(r.headers, nil)
		}
		n := p.Session - 1
		if p.Header {
			r.headers[n] = append(r.headers[n], p)
			return nil
		}
		r.media[n] = append(r.media[n], outputtest.Got{Kind: p.Kind, Key: p.Key, At: time.Duration(p.DTS) * time.Millisecond})
		return nil
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = s.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	return r
}

func (r *received) got() [][]outputtest.Got {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([][]outputtest.Got{}, r.media...)
}

func (r *received) atOnce() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.most
}
