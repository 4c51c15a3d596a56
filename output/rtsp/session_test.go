package rtsp

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"airloom/output"
	"airloom/output/outputtest"
	"airloom/playout/media"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func onAir(t *testing.T, url string, cfg output.Config) *outputtest.Channel {
	d, err := New(url, nil)
	require.NoError(t, err)
	return outputtest.OnAir(t, outputtest.Coded(t, 100), d, cfg)
}

func TestConforms(t *testing.T) {
	outputtest.Conform(t, outputtest.Case{
		Dial: func(a string) (output.Dialer, error) { return New(a, nil) },
		Peer: func(t *testing.T) outputtest.Peer {
			s := serve(t, &server{user: "user" + outputtest.Secret, pass: "pass" + outputtest.Secret}, nil)
			g := outputtest.NewGate(t, s.RTSPAddress)
			url := func(host string) string {
				return "rtsp://user" + outputtest.Secret + ":pass" + outputtest.Secret + "@" + host + "/live/" + outputtest.Secret + "?token=" + outputtest.Secret
			}
			return outputtest.Peer{URL: url(g.Addr), Shut: url("127.0.0.1:1"), Got: s.got, Most: s.atOnce, Hold: g.Hold, Cut: g.Cut}
		},
	})
}

func TestPublishes(t *testing.T) {
	s := serve(t, &server{}, nil)
	c := onAir(t, s.url("/live/key?token=abc"), output.Config{Name: "main"})
	c.Until(5*time.Second, "publishing", outputtest.Publishing)
	c.Until(20*time.Second, "3 s of media", func(output.Status) bool {
		l := s.list()
		return len(l) == 1 && len(l[0].pictures) >= 75
	})
	require.NotZero(t, c.Out.Status().Bitrate)
	c.End()
	require.Equal(t, output.Stopped, c.Out.Status().State)
	require.Eventually(t, func() bool { return s.list()[0].ended }, 5*time.Second, 10*time.Millisecond)
	got := s.list()[0]
	require.True(t, got.teardown)
	for i, p := range got.pictures {
		require.EqualValues(t, 3600*i, p.at-got.pictures[0].at)
		require.Equal(t, i%25 == 0, p.key, i)
	}
	for i, at := range got.sound {
		require.EqualValues(t, 1024*i, at-got.sound[0])
	}
}

// A server that goes by when packets arrive has sound and picture in step all the same.
func TestBeginsInStep(t *testing.T) {
	s := serve(t, &server{}, nil)
	x, err := open(t, s.url("/live/key"), nil)
	require.NoError(t, err)
	c := outputtest.Coded(t, 100)
	in := make(chan *media.Packet, 64)
	for n := range int64(10) {
		in <- &media.Packet{Kind: media.Video, Key: n == 0, Units: c.Pictures[n], DTS: n, PTS: n}
	}
	const first = 1500 // samples after the first picture
	for n := range int64(5) {
		in <- &media.Packet{Kind: media.Audio, Key: true, Units: c.Sound[n : n+1], DTS: first + 1024*n, PTS: first + 1024*n}
	}
	done := make(chan error)
	go func() { done <- x.Run(context.Background(), in) }()
	require.Eventually(t, func() bool { l := s.list(); return len(l) == 1 && len(l[0].pictures) == 10 && len(l[0].sound) == 5 }, 10*time.Second, 5*time.Millisecond)
	close(in)
	require.NoError(t, <-done)
	got := s.list()[0]
	after := time.Duration(got.sound[0])*time.Second/44100 - time.Duration(got.pictures[0].at)*time.Second/90000
	require.InDelta(t, first*time.Second/44100, after, float64(20*time.Millisecond))
}
