package srt

import (
	"bytes"
	"cmp"
	"io"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/mpegts"
	"github.com/bluenviron/mediacommon/v2/pkg/formats/mpegts/codecs"
	srt "github.com/datarhei/gosrt"
	"github.com/stretchr/testify/require"

	"airloom/output/outputtest"
	"airloom/playout/media"
)

// server is a listener that takes what is sent to it and notes what came.
type server struct {
	addr, stream, passphrase string

	mu    sync.Mutex
	conns []srt.Conn
	media [][]outputtest.Got
	now   int
	most  int
}

func serve(t testing.TB, s *server) *server {
	l, err := srt.Listen("srt", "127.0.0.1:0", srt.DefaultConfig())
	require.NoError(t, err)
	s.addr = l.Addr().String()
	var all sync.WaitGroup
	all.Go(func() {
		for {
			r, err := l.Accept2()
			if err != nil {
				return
			}
			switch {
			case r.StreamId() != s.stream:
				r.Reject(srt.REJX_NOTFOUND)
				continue
			case s.passphrase != "" && r.SetPassphrase(s.passphrase) != nil:
				r.Reject(srt.REJ_BADSECRET)
				continue
			}
			conn, err := r.Accept()
			if err == nil {
				all.Go(func() { s.take(conn) })
			}
		}
	})
	t.Cleanup(func() {
		l.Close()
		s.cut()
		all.Wait()
	})
	return s
}

func (s *server) take(c srt.Conn) {
	s.mu.Lock()
	n := len(s.media)
	s.media, s.conns = append(s.media, nil), append(s.conns, c)
	s.now++
	s.most = max(s.most, s.now)
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.now--
	}()
	r := &mpegts.Reader{R: &sized{c: c}}
	if r.Initialize() != nil {
		return
	}
	for _, track := range r.Tracks() {
		switch track.Codec.(type) {
		case *codecs.H264:
			r.OnDataH264(track, func(pts, _ int64, au [][]byte) error {
				s.note(n, outputtest.Got{Key: h264.IsRandomAccess(au), At: time.Duration(pts) * time.Second / 90000})
				return nil
			})
		case *codecs.MPEG4Audio:
			r.OnDataMPEG4Audio(track, func(pts int64, _ [][]byte) error {
				s.note(n, outputtest.Got{Kind: media.Audio, Key: true, At: time.Duration(pts) * time.Second / 90000})
				return nil
			})
		}
	}
	for r.Read() == nil {
	}
}

// sized reads whole payloads and hands them out in pieces.
type sized struct {
	c    io.Reader
	b    [1500]byte
	left bytes.Reader
}

func (r *sized) Read(p []byte) (int, error) {
	if r.left.Len() == 0 {
		n, err := r.c.Read(r.b[:])
		if err != nil {
			return 0, err
		}
		r.left.Reset(r.b[:n])
	}
	return r.left.Read(p)
}

func (s *server) note(n int, g outputtest.Got) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.media[n] = append(s.media[n], g)
}

// got is in the order of time: whoever takes MPEG-TS apart has a picture only
// when the next one begins.
func (s *server) got() (all [][]outputtest.Got) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, list := range s.media {
		list = slices.Clone(list)
		slices.SortStableFunc(list, func(a, b outputtest.Got) int { return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Kind, b.Kind)) })
		all = append(all, list)
	}
	return all
}

func (s *server) atOnce() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.most
}

// cut breaks off with everybody.
func (s *server) cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.conns {
		_ = c.Close()
	}
}

// gate passes datagrams on, or swallows them.
type gate struct {
	addr string
	mu   sync.Mutex
	held bool
	each int // of so many datagrams there, one is lost; 0: none
	seen int
	lost int
}

func newGate(t testing.TB, to string) *gate {
	front, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	g := &gate{addr: front.LocalAddr().String()}
	var all sync.WaitGroup
	backs := map[string]net.Conn{}
	all.Go(func() {
		b := make([]byte, 2048)
		for {
			n, from, err := front.ReadFrom(b)
			if err != nil {
				for _, c := range backs {
					_ = c.Close()
				}
				return
			}
			back := backs[from.String()]
			if back == nil {
				if back, err = net.Dial("udp", to); err != nil {
					continue
				}
				backs[from.String()] = back
				all.Go(func() {
					b := make([]byte, 2048)
					for {
						n, err := back.Read(b)
						if err != nil {
							return
						}
						if !g.closed() {
							_, _ = front.WriteTo(b[:n], from)
						}
					}
				})
			}
			if !g.closed() && !g.swallow() {
				_, _ = back.Write(b[:n])
			}
		}
	})
	t.Cleanup(func() { _ = front.Close(); all.Wait() })
	return g
}

func (g *gate) closed() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.held
}

func (g *gate) swallow() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.seen++
	if g.each == 0 || g.seen < 100 || g.seen%g.each != 0 {
		return false
	}
	g.lost++
	return true
}

func (g *gate) lose(each int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.each = each
}

func (g *gate) losses() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.lost
}

func (g *gate) hold(on bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.held = on
}
