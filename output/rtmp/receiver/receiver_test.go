package receiver_test

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"airloom/output/rtmp"
	"airloom/output/rtmp/receiver"
	"airloom/playout/media"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var info = media.StreamInfo{
	Width: 320, Height: 180, FPS: media.Rational{Num: 25, Den: 1}, SampleRate: 44100, Channels: 2,
	SPS: []byte{0x67, 0x4d, 0x40, 0x0c, 0xec, 0xa0, 0xa0, 0xbf}, PPS: []byte{0x68, 0xef, 0x83, 0xf2},
	AudioConfig: []byte{0x12, 0x10},
}

// What is published comes out packet by packet, and a port scan does no harm.
func TestHandsOnWhatIsPublished(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	s, err := receiver.Listen("127.0.0.1:0")
	require.NoError(t, err)
	got := make(chan receiver.Packet, 16)
	s.OnPacket = func(p receiver.Packet) error { got <- p; return nil }
	ran := make(chan error, 1)
	go func() { ran <- s.Run(ctx) }()

	scan, err := net.Dial("tcp", s.Addr())
	require.NoError(t, err)
	require.NoError(t, scan.Close())

	d, err := rtmp.New("rtmp://"+s.Addr()+"/live/key", nil)
	require.NoError(t, err)
	conn, err := d.Reach(ctx)
	require.NoError(t, err)
	session, err := d.Open(ctx, conn, info)
	require.NoError(t, err)
	in := make(chan *media.Packet)
	go func() {
		in <- &media.Packet{Kind: media.Video, DTS: 100, PTS: 100, Key: true, Units: [][]byte{info.SPS, info.PPS, {0x65, 1}, {0x65, 2, 3}}}
		in <- &media.Packet{Kind: media.Audio, DTS: 176400 + 441, PTS: 176400 + 441, Key: true, Units: [][]byte{{9, 9}}}
		close(in)
	}()
	require.NoError(t, session.Run(ctx, in))
	want := []receiver.Packet{
		{Kind: media.Video, Header: true, Key: true, Units: [][]byte{info.SPS, info.PPS}},
		{Kind: media.Audio, Header: true, Key: true, Units: [][]byte{info.AudioConfig}},
		{Kind: media.Video, Key: true, Units: [][]byte{info.SPS, info.PPS, {0x65, 1}, {0x65, 2, 3}}},
		{Kind: media.Audio, Key: true, DTS: 10, PTS: 10, Units: [][]byte{{9, 9}}},
	}
	for _, w := range want {
		w.Stream, w.Session = "live/key", 1
		require.Equal(t, w, <-got)
	}
	require.Eventually(t, func() bool { return s.Count().Publishers == 0 }, 5*time.Second, time.Millisecond)
	n := s.Count()
	require.Equal(t, receiver.Count{Sessions: 1, Pictures: 1, Frames: 1, Bytes: 35, LastError: ""}, n)
	cancel()
	require.NoError(t, <-ran)
}
