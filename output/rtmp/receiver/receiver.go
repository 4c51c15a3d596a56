// Package receiver is a small RTMP server: the far end of the demo and of tests.
//
// It takes whatever is published to it, counts it, and hands it on packet by
// packet. It knows no passwords, so it belongs on loopback.
package receiver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/bluenviron/gortmplib"
	"github.com/bluenviron/gortmplib/pkg/message"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"

	"airloom/playout/media"
)

const (
	greetWithin = 5 * time.Second
	idleAtMost  = 30 * time.Second
)

// Packet is one message of media as it arrived.
type Packet struct {
	Stream  string // app/key
	Session int64  // counts up from 1
	Kind    media.Kind
	// Header marks codec configuration: Units are then SPS and PPS, or one
	// AudioSpecificConfig.
	Header   bool
	Key      bool
	DTS, PTS int64    // milliseconds
	Units    [][]byte // NAL units without lengths, or one AAC frame
}

// Count is what a server has received.
type Count struct {
	Publishers int   // connected now
	Sessions   int64 // since the start
	Pictures   int64
	Frames     int64 // of sound
	Bytes      int64 // of media
	LastError  string
}

// Server receives publications. Set OnPacket before Run.
type Server struct {
	// OnPacket, if set, gets every packet, in order within a session; sessions
	// call it from goroutines of their own. An error ends that session.
	OnPacket func(Packet) error

	listener net.Listener
	mu       sync.Mutex
	count    Count
}

// Listen opens the server's port, such as "127.0.0.1:0".
func Listen(addr string) (*Server, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("open the RTMP receiver: %w", err)
	}
	return &Server{listener: l}, nil
}

// Addr is the address it listens on, with the port it got.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Count returns what was received so far.
func (s *Server) Count() Count {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.count
}

// Run serves publishers until ctx is done, then closes all and returns nil.
func (s *Server) Run(ctx context.Context) error {
	var all sync.WaitGroup
	defer all.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = s.listener.Close() })
	defer stop()
	for {
		conn, err := s.listener.Accept()
		if ctx.Err() != nil {
			if err == nil {
				_ = conn.Close()
			}
			return nil
		}
		if err != nil {
			return fmt.Errorf("RTMP receiver: %w", err)
		}
		all.Go(func() {
			defer conn.Close()
			stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
			defer stop()
			if err := s.serve(conn); err != nil && ctx.Err() == nil && !errors.Is(err, net.ErrClosed) {
				s.note(func(c *Count) { c.LastError = err.Error() })
			}
		})
	}
}

func (s *Server) note(f func(*Count)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(&s.count)
}

// serve receives one publication.
func (s *Server) serve(conn net.Conn) error {
	_ = conn.SetDeadline(time.Now().Add(greetWithin))
	c := &gortmplib.ServerConn{RW: conn}
	if err := c.Initialize(); err != nil {
		return nil // a probe of the port
	}
	if err := c.Accept(); err != nil {
		return err
	}
	if !c.Publish {
		return errors.New("the RTMP receiver only receives")
	}
	p := Packet{Stream: strings.TrimPrefix(c.URL.Path, "/")}
	s.note(func(n *Count) { n.Publishers++; n.Sessions++; p.Session = n.Sessions })
	defer s.note(func(n *Count) { n.Publishers-- })
	for {
		_ = conn.SetDeadline(time.Now().Add(idleAtMost))
		m, err := c.Read()
		if err != nil {
			return err
		}
		if cmd, ok := m.(*message.CommandAMF0); ok && cmd.Name == "deleteStream" {
			return nil
		}
		if err := s.take(p, m); err != nil {
			return err
		}
	}
}

// take counts a message and hands it on.
func (s *Server) take(p Packet, m message.Message) error {
	var err error
	switch m := m.(type) {
	case *message.Video:
		err = s.video(&p, m)
	case *message.Audio:
		err = s.audio(&p, m)
	}
	if err != nil || len(p.Units) == 0 || s.OnPacket == nil {
		return err
	}
	return s.OnPacket(p)
}

func (s *Server) video(p *Packet, m *message.Video) error {
	p.Kind, p.Key = media.Video, m.IsKeyFrame
	p.DTS, p.PTS = m.DTS.Milliseconds(), (m.DTS + m.PTSDelta).Milliseconds()
	switch {
	case m.Type == message.VideoTypeConfig && m.AVCConfig != nil:
		p.Header = true
		for _, x := range m.AVCConfig.SequenceParameterSets {
			p.Units = append(p.Units, x.NALUnit)
		}
		for _, x := range m.AVCConfig.PictureParameterSets {
			p.Units = append(p.Units, x.NALUnit)
		}
	case m.Type == message.VideoTypeAU:
		var units h264.AVCC
		if err := units.Unmarshal(m.AU); err != nil {
			return fmt.Errorf("a picture cannot be taken apart: %w", err)
		}
		p.Units = units
		s.note(func(n *Count) { n.Pictures++; n.Bytes += int64(len(m.AU)) })
	}
	return nil
}

func (s *Server) audio(p *Packet, m *message.Audio) error {
	p.Kind, p.Key = media.Audio, true
	p.DTS, p.PTS = m.DTS.Milliseconds(), m.DTS.Milliseconds()
	switch {
	case m.AACType == message.AudioAACTypeConfig && m.AACConfig != nil:
		config, err := m.AACConfig.Marshal()
		if err != nil {
			return fmt.Errorf("the sound's header cannot be read: %w", err)
		}
		p.Header, p.Units = true, [][]byte{config}
	case m.AACType == message.AudioAACTypeAU:
		p.Units = [][]byte{m.AU}
		s.note(func(n *Count) { n.Frames++; n.Bytes += int64(len(m.AU)) })
	}
	return nil
}
