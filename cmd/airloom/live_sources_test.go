package main_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/bluenviron/gortsplib/v5"
	"github.com/bluenviron/gortsplib/v5/pkg/base"
	"github.com/bluenviron/gortsplib/v5/pkg/description"
	"github.com/bluenviron/gortsplib/v5/pkg/format"
	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"

	"airloom/cmd/internal/airtest"
)

// udpCamera is an RTSP server that passes on what is published to it, over UDP
// alone, with sender reports, as cameras do.
type udpCamera struct {
	server *gortsplib.Server
	port   int
	mute   atomic.Bool // nothing is passed on: the way to it is cut

	mu        sync.Mutex
	stream    *gortsplib.ServerStream
	publisher *gortsplib.ServerSession
}

// freeUDP is a pair of UDP ports, the first of which is even.
func freeUDP(t *testing.T) int {
	for range 100 {
		a, err := net.ListenPacket("udp", "127.0.0.1:0")
		require.NoError(t, err)
		port := a.LocalAddr().(*net.UDPAddr).Port
		a.Close()
		if port%2 != 0 {
			continue
		}
		b, err := net.ListenPacket("udp", fmt.Sprintf("127.0.0.1:%d", port+1))
		if err == nil {
			b.Close()
			return port
		}
	}
	t.Fatal("no pair of UDP ports")
	return 0
}

func newUDPCamera(t *testing.T) *udpCamera {
	c := &udpCamera{port: airtest.FreePort(t)}
	c.start(t)
	t.Cleanup(func() { c.server.Close() })
	return c
}

func (c *udpCamera) start(t *testing.T) {
	udp := freeUDP(t)
	c.server = &gortsplib.Server{Handler: c, RTSPAddress: fmt.Sprintf("127.0.0.1:%d", c.port),
		UDPRTPAddress: fmt.Sprintf("127.0.0.1:%d", udp), UDPRTCPAddress: fmt.Sprintf("127.0.0.1:%d", udp+1)}
	require.NoError(t, c.server.Start())
}

func (c *udpCamera) url() string { return fmt.Sprintf("rtsp://127.0.0.1:%d/cam", c.port) }

func (c *udpCamera) OnSessionClose(x *gortsplib.ServerHandlerOnSessionCloseCtx) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stream != nil && x.Session == c.publisher {
		c.stream.Close()
		c.stream = nil
	}
}

func (c *udpCamera) OnDescribe(*gortsplib.ServerHandlerOnDescribeCtx) (*base.Response, *gortsplib.ServerStream, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stream == nil {
		return &base.Response{StatusCode: base.StatusNotFound}, nil, nil
	}
	return &base.Response{StatusCode: base.StatusOK}, c.stream, nil
}

func (c *udpCamera) OnAnnounce(x *gortsplib.ServerHandlerOnAnnounceCtx) (*base.Response, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stream, c.publisher = &gortsplib.ServerStream{Server: c.server, Desc: x.Description}, x.Session
	if err := c.stream.Initialize(); err != nil {
		return &base.Response{StatusCode: base.StatusInternalServerError}, err
	}
	return &base.Response{StatusCode: base.StatusOK}, nil
}

func (c *udpCamera) OnSetup(x *gortsplib.ServerHandlerOnSetupCtx) (*base.Response, *gortsplib.ServerStream, error) {
	if x.Session.State() == gortsplib.ServerSessionStatePreRecord {
		return &base.Response{StatusCode: base.StatusOK}, nil, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case x.Transport.Protocol == gortsplib.ProtocolTCP:
		return &base.Response{StatusCode: base.StatusUnsupportedTransport}, nil, nil
	case c.stream == nil:
		return &base.Response{StatusCode: base.StatusNotFound}, nil, nil
	}
	return &base.Response{StatusCode: base.StatusOK}, c.stream, nil
}

func (c *udpCamera) OnPlay(*gortsplib.ServerHandlerOnPlayCtx) (*base.Response, error) {
	return &base.Response{StatusCode: base.StatusOK}, nil
}

func (c *udpCamera) OnRecord(x *gortsplib.ServerHandlerOnRecordCtx) (*base.Response, error) {
	x.Session.OnPacketRTPAny(func(m *description.Media, _ format.Format, p *rtp.Packet) {
		c.mu.Lock()
		defer c.mu.Unlock()
		at, ok := x.Session.PacketNTP(m, p)
		switch {
		case c.stream == nil, c.mute.Load():
		case ok: // by the sender's own clock: sound comes in bundles, and would be 100 ms off by its coming
			_ = c.stream.WritePacketRTPWithNTP(m, p, at)
		}
	})
	return &base.Response{StatusCode: base.StatusOK}, nil
}

// shelf serves files by HTTP, and may cut what it sends off or refuse.
type shelf struct {
	*httptest.Server
	refuse atomic.Bool
	cuts   atomic.Int64 // how many answers are still to be cut off after cutAfter bytes
	ranges atomic.Int64
}

const cutAfter = 60_000

func newShelf(t *testing.T, dir string) *shelf {
	s := &shelf{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Range") != "" && r.Header.Get("Range") != "bytes=0-" {
			s.ranges.Add(1)
		}
		switch {
		case s.refuse.Load():
			http.Error(w, "away", http.StatusServiceUnavailable)
		case s.cuts.Add(-1) >= 0:
			http.ServeFile(&cutWriter{ResponseWriter: w, left: cutAfter}, r, filepath.Join(dir, filepath.Base(r.URL.Path)))
			panic(http.ErrAbortHandler)
		default:
			http.ServeFile(w, r, filepath.Join(dir, filepath.Base(r.URL.Path)))
		}
	}))
	t.Cleanup(s.Close)
	return s
}

type cutWriter struct {
	http.ResponseWriter
	left int
}

func (c *cutWriter) Write(b []byte) (int, error) {
	if len(b) > c.left {
		n, _ := c.ResponseWriter.Write(b[:c.left])
		c.left = 0
		if f, ok := c.ResponseWriter.(http.Flusher); ok {
			f.Flush()
		}
		return n, os.ErrClosed
	}
	c.left -= len(b)
	return c.ResponseWriter.Write(b)
}
