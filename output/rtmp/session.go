package rtmp

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/bluenviron/gortmplib/pkg/message"
	"github.com/bluenviron/gortmplib/pkg/rawmessage"

	"airloom/output"
	"airloom/output/link"
	"airloom/playout/media"
)

// Session is one publication.
type Session struct {
	wire   *wire
	target target
	info   media.StreamInfo
	guard  output.Guard
	clock  *clock
	alive  atomic.Int64           // Unix nanoseconds
	words  atomic.Pointer[string] // what the server last said of the stream
}

func newSession(w *wire, t target, info media.StreamInfo, start int64) *Session {
	s := &Session{wire: w, target: t, info: info, guard: output.Guard{Info: info}, clock: newClock(info, start)}
	s.alive.Store(time.Now().UnixNano())
	return s
}

// Progress implements output.Session.
func (s *Session) Progress() output.Progress {
	return output.Progress{Sent: int64(s.wire.count.Writer.Count()), Alive: time.Unix(0, s.alive.Load())}
}

// Run implements output.Session.
func (s *Session) Run(ctx context.Context, in <-chan *media.Packet) error {
	r, err := link.Talk(ctx, s.wire.tcp, s.wire.spoken, &s.alive, s.read, func(r *link.Reader) error { return s.write(ctx, in, r) })
	if err == nil {
		return r.Leave(s.wire.conn, s.wire.tcp, s.leave)
	}
	var words string
	if w := s.words.Load(); w != nil {
		words = *w
	}
	return s.target.lost(err, words)
}

// read notes what the server says until the connection ends.
func (s *Session) read() error {
	for {
		c, err := s.wire.read()
		if err != nil {
			return err
		}
		if code, words, bad := c.words(); bad || code == "NetStream.Unpublish.Success" {
			s.words.Store(&words)
		}
	}
}

// write sends the headers and then every packet as it comes, until in is closed
// or ctx is done (nil) or the connection breaks.
func (s *Session) write(ctx context.Context, in <-chan *media.Packet, r *link.Reader) error {
	err := s.headers()
	ping := time.NewTicker(link.PingEvery)
	defer ping.Stop()
	for err == nil {
		select {
		case <-ctx.Done():
			return nil
		case <-r.Done:
			return r.Err
		case m := <-s.wire.replies:
			err = s.wire.w.Write(m)
		case <-ping.C:
			err = s.wire.w.Write(control(message.TypeUserControl,
				userControl(message.UserControlTypePingRequest, uint32(time.Now().UnixMilli()))))
		case p, ok := <-in:
			if !ok {
				return nil
			}
			err = s.send(p)
		}
	}
	return err
}

// headers sends what every session begins with.
func (s *Session) headers() error {
	meta, err := metadata(s.info)
	if err != nil {
		return err
	}
	at := s.clock.start
	if err := s.media(message.TypeDataAMF0, 5, at, meta); err != nil {
		return err
	}
	if err := s.media(message.TypeVideo, message.VideoChunkStreamID, at, videoHeader(s.info)); err != nil {
		return err
	}
	return s.media(message.TypeAudio, message.AudioChunkStreamID, at, audioHeader(s.info))
}

func (s *Session) send(p *media.Packet) error {
	if ok, err := s.guard.Check(p); !ok {
		return err
	}
	dts, composition, ok, err := s.clock.stamp(p)
	switch {
	case err != nil || !ok:
		return err
	case p.Kind == media.Video:
		return s.media(message.TypeVideo, message.VideoChunkStreamID, dts, videoBody(p, composition))
	}
	return s.media(message.TypeAudio, message.AudioChunkStreamID, dts, audioBody(p))
}

func (s *Session) media(t message.Type, chunks byte, millis int64, body []byte) error {
	return s.wire.w.Write(&rawmessage.Message{
		ChunkStreamID: chunks, Timestamp: time.Duration(millis) * time.Millisecond,
		Type: uint8(t), MessageStreamID: s.wire.stream, Body: body,
	})
}

// leave tells the server that the publication ends.
func (s *Session) leave() error {
	if err := s.wire.flush(); err != nil {
		return err
	}
	return s.wire.unpublish(s.target.key)
}
