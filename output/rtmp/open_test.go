package rtmp

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math/big"
	"net"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/bluenviron/gortmplib/pkg/message"
	"github.com/stretchr/testify/require"

	"airloom/output"
	"airloom/output/rtmp/receiver"
	"airloom/playout/media"
)

// idr is a keyframe of the plain stream.
func idr(slice []byte) [][]byte { return [][]byte{plain.SPS, plain.PPS, slice} }

// open tries to publish once.
func open(t *testing.T, url string, config *tls.Config) (output.Session, error) {
	d, err := New(url, config)
	require.NoError(t, err)
	conn, err := d.Reach(context.Background())
	if err != nil {
		return nil, err
	}
	return d.Open(context.Background(), conn, plain)
}

var plain = media.StreamInfo{
	Width: 320, Height: 180, FPS: media.Rational{Num: 25, Den: 1}, SampleRate: 44100, Channels: 2,
	SPS: []byte{0x67, 0x64, 0x00, 0x0c, 0xec}, PPS: []byte{0x68, 0xef}, AudioConfig: []byte{0x12, 0x10},
}

// Whatever a server does instead of taking the stream is put into words.
func TestRefusalsInWords(t *testing.T) {
	never := func(net.Conn) {}
	connected := func(c net.Conn) (peer, bool) {
		p, ok := greet(c)
		if !ok {
			return p, false
		}
		_, ok = p.asked("connect")
		return p, ok && p.say(0, "_result", txConnect, nil, status("status", "NetConnection.Connect.Success", "ok")) == nil
	}
	for name, x := range map[string]struct {
		serve func(net.Conn)
		words string
	}{
		"closes at once": {never, "in the handshake: is 127.0.0.1:"},
		"answers nonsense": {func(c net.Conn) {
			_, _ = c.Write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n"))
			_, _ = c.Read(make([]byte, 4096))
		}, "the server's answer makes no sense: invalid rtmp version (72)"},
		"closes at connect": {func(c net.Conn) { p, _ := greet(c); p.asked("connect") }, `it does not know the app "LiveApp", or is still starting`},
		"unknown app, said in a _result": {func(c net.Conn) {
			p, _ := greet(c)
			p.asked("connect")
			_ = p.say(0, "_result", txConnect, nil, status("error", "NetConnection.Connect.InvalidApp", "No scope 'LiveApp' on this server"))
		}, "the server refused the stream: NetConnection.Connect.InvalidApp: No scope 'LiveApp' on this server"},
		"connect refused": {func(c net.Conn) {
			p, _ := greet(c)
			p.asked("connect")
			_ = p.say(0, "_error", txConnect, nil, status("error", "NetConnection.Connect.Rejected", "go away"))
		}, "the server refused the stream: NetConnection.Connect.Rejected: go away"},
		"createStream refused": {func(c net.Conn) {
			p, _ := connected(c)
			p.asked("createStream")
			_ = p.say(0, "_error", txCreate, nil, status("error", "NetStream.Failed", "no more streams"))
		}, "the server refused the stream: NetStream.Failed: no more streams"},
		"closes before Publish.Start": {func(c net.Conn) {
			p, _ := connected(c)
			p.asked("createStream")
			_ = p.say(0, "_result", txCreate, nil, 1.0)
			p.asked("publish")
		}, "server closed the connection: the stream id is already publishing, or publishing is not allowed"},
		"bad name, with the key in its words": {func(c net.Conn) {
			p, _ := connected(c)
			p.asked("createStream")
			_ = p.say(0, "_result", txCreate, nil, 1.0)
			p.asked("publish")
			_ = p.say(0, "onStatus", 0, nil, status("error", "NetStream.Publish.BadName", "secretkey is already publishing"))
		}, "the server refused the stream: NetStream.Publish.BadName: … is already publishing"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := open(t, "rtmp://"+fake(t, nil, x.serve)+"/LiveApp/secretkey", nil)
			require.ErrorContains(t, err, x.words)
			require.Equal(t, output.KindRefused, output.KindOf(err))
			require.NotContains(t, err.Error(), "secret")
		})
	}
}

func TestServerThatSaysNothingIsGivenUp(t *testing.T) {
	t.Parallel()
	began := time.Now()
	addr := fake(t, nil, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
	_, err := open(t, "rtmp://"+addr+"/a/k", nil)
	require.ErrorContains(t, err, "did not answer within 5s")
	require.Less(t, time.Since(began), 8*time.Second)
}

func TestUnreachableInWords(t *testing.T) {
	shut := freeAddress(t)
	_, err := open(t, "rtmp://"+shut+"/a/k", nil)
	require.EqualError(t, err, "connection refused: nothing listens on "+shut)
	require.Equal(t, output.KindUnreachable, output.KindOf(err))
}

// A resolver that fails is named; one that fails later does no harm.
func TestNames(t *testing.T) {
	d, err := New("rtmp://ams.example/a/k", nil)
	require.NoError(t, err)
	answer := &net.DNSError{Err: "no such host", Name: "ams.example", IsNotFound: true}
	d.way.Lookup = func(context.Context, string) ([]string, error) { return nil, answer }
	_, err = d.Reach(context.Background())
	require.EqualError(t, err, "the name ams.example has no address: check the spelling of the output's url")
	require.Equal(t, output.KindName, output.KindOf(err))
	answer = &net.DNSError{Err: "server misbehaving", Name: "ams.example"}
	_, err = d.Reach(context.Background())
	require.ErrorContains(t, err, "cannot be resolved (server misbehaving)")

	addr := fake(t, nil, func(c net.Conn) { _, _ = c.Read(make([]byte, 1)) })
	_, d.way.Port, _ = net.SplitHostPort(addr)
	d.way.Lookup = func(context.Context, string) ([]string, error) { return []string{"127.0.0.9", "127.0.0.1"}, nil }
	conn, err := d.Reach(context.Background())
	require.NoError(t, err)
	require.NoError(t, conn.Close())
	d.way.Lookup = func(context.Context, string) ([]string, error) { return nil, answer }
	conn, err = d.Reach(context.Background())
	require.NoError(t, err, "the last known address still serves")
	require.NoError(t, conn.Close())
}

func certificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	x := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, x, x, &key.PublicKey, key)
	require.NoError(t, err)
	x, err = x509.ParseCertificate(der)
	require.NoError(t, err)
	pool := x509.NewCertPool()
	pool.AddCert(x)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

func TestTLS(t *testing.T) {
	cert, pool := certificate(t)
	got := make(chan string, 8)
	addr := fake(t, &tls.Config{Certificates: []tls.Certificate{cert}}, func(c net.Conn) {
		p, ok := take(c)
		for ok {
			c, err := p.read()
			if ok = err == nil; ok {
				got <- c.name
			}
		}
	})
	_, err := open(t, "rtmps://"+addr+"/a/k", nil)
	require.Equal(t, output.KindTLS, output.KindOf(err))
	require.ErrorContains(t, err, "TLS: the certificate of "+addr+" is not accepted")

	shut := fake(t, nil, func(c net.Conn) { _, _ = c.Write([]byte("not TLS at all")) })
	_, err = open(t, "rtmps://"+shut+"/a/k", nil)
	require.Equal(t, output.KindTLS, output.KindOf(err))
	require.ErrorContains(t, err, "does not speak TLS")

	s, err := open(t, "rtmps://"+addr+"/a/k", &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12})
	require.NoError(t, err)
	in := make(chan *media.Packet)
	close(in)
	require.NoError(t, s.Run(context.Background(), in))
	require.Eventually(t, func() bool { return len(got) == 2 }, 5*time.Second, time.Millisecond, "it did not take leave")
	require.Equal(t, []string{"FCUnpublish", "deleteStream"}, []string{<-got, <-got})
}

// A session answers pings, asks for life itself, passes over what it does not
// know, and gives the server's last words as the cause.
func TestTalkWhilePublishing(t *testing.T) {
	t.Parallel()
	ponged, pinged := make(chan struct{}), make(chan struct{})
	addr := fake(t, nil, func(c net.Conn) {
		p, ok := take(c)
		if !ok {
			return
		}
		_ = p.w.Write(control(message.TypeUserControl, []byte{0, 99, 1, 2, 3, 4})) // no such event
		_ = p.w.Write(control(message.Type(77), []byte{1, 2, 3, 4}))               // no such message
		_ = p.w.Write(control(message.TypeUserControl, userControl(message.UserControlTypePingRequest, 4711)))
		for seen := 0; seen < 2; {
			m, err := p.r.Read()
			if err != nil {
				return
			}
			if m.Type == uint8(message.TypeUserControl) {
				switch message.UserControlType(m.Body[1]) {
				case message.UserControlTypePingResponse:
					close(ponged)
					seen++
				case message.UserControlTypePingRequest:
					close(pinged)
					seen++
				}
			}
		}
		_ = p.say(0, "onStatus", 0, nil, status("status", "NetStream.Unpublish.Success", "k was unpublished"))
	})
	s, err := open(t, "rtmp://"+addr+"/a/k", nil)
	require.NoError(t, err)
	err = s.Run(context.Background(), make(chan *media.Packet))
	<-ponged
	<-pinged
	require.EqualError(t, err, "the server ended the stream: NetStream.Unpublish.Success: … was unpublished")
	require.Equal(t, output.KindLost, output.KindOf(err))
}

// Times that would go back end the session; they are not sent.
func TestSmallerTimeIsNeverSent(t *testing.T) {
	var times []int64
	done := make(chan struct{})
	addr := fake(t, nil, func(c net.Conn) {
		defer close(done)
		p, _ := take(c)
		for {
			m, err := p.r.Read()
			if err != nil {
				return
			}
			if m.Type == uint8(message.TypeVideo) && m.MessageStreamID == swap(7) {
				times = append(times, m.Timestamp.Milliseconds())
			}
		}
	})
	s, err := open(t, "rtmp://"+addr+"/a/k", nil)
	require.NoError(t, err)
	in := make(chan *media.Packet, 4)
	for _, n := range []int64{1000, 1001, 1003, 1002} {
		in <- &media.Packet{Kind: media.Video, DTS: n, PTS: n, Key: true, Units: idr([]byte{0x65})}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	err = s.Run(ctx, in)
	require.Equal(t, output.KindMedia, output.KindOf(err))
	require.EqualError(t, err, "the video would go back from tick 1003 to 1002: a new session is begun instead")
	<-done
	require.Equal(t, []int64{0, 0, 40, 120}, times)
}

// The end does not wait for a server that no longer reads.
func TestEndsBeforeAFrozenServer(t *testing.T) {
	t.Parallel()
	end := make(chan struct{})
	defer close(end)
	frozen := make(chan struct{})
	close(frozen)
	s, err := open(t, "rtmp://"+silent(t, frozen, end)+"/a/k", nil)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	in, done := make(chan *media.Packet), make(chan struct{})
	go func() { defer close(done); _ = s.Run(ctx, in) }()
	picture := idr(make([]byte, 500_000))
	stuck := false
	for n := int64(0); !stuck; n++ {
		select {
		case in <- &media.Packet{Kind: media.Video, DTS: n, PTS: n, Key: true, Units: picture}:
		case <-time.After(time.Second):
			stuck = true
		}
	}
	began := time.Now()
	cancel()
	<-done
	require.Less(t, time.Since(began), 4*time.Second)
}

// Hundreds of sessions leave no goroutine, no descriptor and no memory behind.
func TestManySessionsLeaveNothing(t *testing.T) {
	s, err := receiver.Listen("127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan struct{})
	go func() { defer close(served); _ = s.Run(ctx) }()
	d, err := New("rtmp://"+s.Addr()+"/live/key", nil)
	require.NoError(t, err)
	sessions := func(n int) (heap uint64, files int) {
		for range n {
			conn, err := d.Reach(ctx)
			require.NoError(t, err)
			x, err := d.Open(ctx, conn, plain)
			require.NoError(t, err)
			in := make(chan *media.Packet, 1)
			in <- &media.Packet{Kind: media.Video, Key: true, Units: idr(make([]byte, 100_000))}
			close(in)
			require.NoError(t, x.Run(ctx, in))
		}
		require.Eventually(t, func() bool { return s.Count().Publishers == 0 }, 5*time.Second, time.Millisecond)
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		open, err := os.ReadDir("/proc/self/fd")
		require.NoError(t, err)
		return m.HeapAlloc, len(open)
	}
	heap, files := sessions(20)
	heap2, files2 := sessions(200)
	require.EqualValues(t, 220, s.Count().Pictures)
	require.InDelta(t, files, files2, 4)
	require.Less(t, int64(heap2)-int64(heap), int64(1<<20))
	cancel()
	<-served
}
