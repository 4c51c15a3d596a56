package rtsp

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"airloom/output"
	"airloom/output/outputtest"
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
	picture, sound := time.Duration(got.pictures[0].at)*time.Second/90000, time.Duration(got.sound[0])*time.Second/44100
	t.Logf("to a server that goes by arrival, sound begins %v after picture", sound-picture)
	require.InDelta(t, got.first, sound-picture, float64(15*time.Millisecond))
	for i, at := range got.sound {
		require.EqualValues(t, 1024*i, at-got.sound[0])
	}
}
