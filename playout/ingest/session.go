package ingest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/bluenviron/gortmplib/pkg/amf0"
)

// session is one connection.
type session struct {
	conn   net.Conn
	in     *chunks
	ack    uint32 // after how many bytes the sender wants to hear from us; 0: never
	acked  uint64
	from   string
	txn    float64 // of the publish command
	opened time.Time
}

// serve has one connection from its first byte to its last.
func (s *Server) serve(ctx context.Context, conn net.Conn) {
	host := hostOf(conn.RemoteAddr())
	if !s.enter(host) {
		return
	}
	x := &session{conn: conn, from: conn.RemoteAddr().String(), opened: time.Now()}
	p, err := s.greet(x)
	switch {
	case p == nil && err == nil:
		err = s.refuseKey(ctx, x)
	case err == nil:
		err = p.enter(x)
	}
	s.entered(host)
	if err != nil {
		if !errors.Is(err, errProbe) {
			s.cfg.Log.Warn("ingest refused a connection", "event", "producer-refused", "from", x.from, "cause", err)
		}
		return
	}
	p.leave(x, x.media(p))
}

var (
	errProbe = errors.New("it said nothing")
	errKey   = errors.New("the stream key is nobody's: look at ingest.producers")
)

// greet goes with a connection as far as to its stream key; nil: it is nobody's.
func (s *Server) greet(x *session) (*producer, error) {
	_ = x.conn.SetDeadline(time.Now().Add(greetWithin))
	if err := x.shakeHands(); err != nil {
		return nil, errProbe
	}
	x.in = newChunks(x.conn)
	for {
		m, err := x.in.next()
		if err != nil {
			return nil, fmt.Errorf("before it showed a key: %w", inWords(err))
		}
		name, args := m.command()
		switch name {
		case "connect":
			err = x.connected(args)
		case "createStream":
			err = x.say(3, 0, "_result", txn(args), nil, float64(1))
		case "play":
			_ = x.status("error", "NetStream.Play.Failed", "nothing is played here: this is where producers send to")
			x.linger()
			return nil, errors.New("it wanted to be sent something")
		case "publish":
			x.txn = txn(args)
			key, _ := at(args, 2).(string)
			key, _, _ = strings.Cut(key, "?")
			return s.whose(key), nil
		}
		if err != nil {
			return nil, inWords(err)
		}
	}
}

// shakeHands is RTMP's beginning: a byte and 1536 more, each way, and an echo.
func (x *session) shakeHands() error {
	const size = 1536
	var theirs [1 + size]byte
	if _, err := io.ReadFull(x.conn, theirs[:]); err != nil {
		return err
	}
	if theirs[0] != 3 {
		return errors.New("it does not speak RTMP")
	}
	ours := make([]byte, 1+2*size)
	ours[0] = 3
	_, _ = rand.Read(ours[9 : 1+size])
	copy(ours[1+size:], theirs[1:])
	if _, err := x.conn.Write(ours); err != nil {
		return err
	}
	_, err := io.ReadFull(x.conn, theirs[:size])
	return err
}

// refuseKey tells that the key is wrong, in its own time.
func (s *Server) refuseKey(ctx context.Context, x *session) error {
	select {
	case <-time.After(wrongKey):
	case <-ctx.Done():
	}
	_ = x.status("error", "NetStream.Publish.BadName", "the stream key is wrong")
	x.linger()
	return errKey
}

// linger lets the last words arrive: what is unread when a connection is closed
// takes them back.
func (x *session) linger() {
	_ = x.conn.SetDeadline(time.Now().Add(time.Second))
	if c, ok := x.conn.(interface{ CloseWrite() error }); ok {
		_ = c.CloseWrite()
	}
	_, _ = io.CopyN(io.Discard, x.conn, 1<<20)
}

// The ways in which a session ends, beside those of a connection.
var (
	errEnded    = errors.New("it ended") // in order
	errFlood    = fmt.Errorf("it sends more than %d Mbit/s", maxRate*8/1_000_000)
	errSilent   = fmt.Errorf("it sent nothing for %v", silence)
	errReplaced = errors.New("it came again by another connection")
)

// media takes what the producer sends, until that ends.
func (x *session) media(p *producer) error {
	x.in.most = heldAfter
	last := time.Now()
	window, read := last, x.in.read
	for {
		if now := time.Now(); now.Sub(window) >= 4*time.Second {
			window, read = now, x.in.read
		} else if x.in.read-read > 4*maxRate {
			return errFlood
		}
		_ = x.conn.SetReadDeadline(last.Add(silence))
		m, err := x.in.next()
		if err != nil {
			return inWords(err)
		}
		switch m.kind {
		case kindAudio, kindVideo:
			if len(m.body) == 0 {
				continue
			}
			last = time.Now()
			p.take(x, m, last)
		case kindData0, kindData3:
			p.data(x, m)
		case kindWindow:
			x.ack, _ = number(m.body)
			x.ack = max(x.ack, piece)
		case kindCommand0, kindCommand3:
			switch name, _ := m.command(); name {
			case "FCUnpublish", "closeStream", "deleteStream":
				return errEnded
			}
		}
		if err := x.acknowledge(); err != nil {
			return inWords(err)
		}
	}
}

// acknowledge tells the sender how much has come, as often as it wants to know.
func (x *session) acknowledge() error {
	if x.ack == 0 || x.in.read-x.acked < uint64(x.ack) {
		return nil
	}
	x.acked = x.in.read
	n := uint32(x.acked)
	return x.send(2, 0, 3, []byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
}

// connected answers a connect.
func (x *session) connected(args []any) error {
	const window = 2_500_000
	number := func(n uint32) []byte { return []byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)} }
	return errors.Join(
		x.send(2, 0, kindWindow, number(window)),
		x.send(2, 0, 6, append(number(window), 2)),
		x.send(2, 0, kindChunkSize, number(piece)),
		x.say(3, 0, "_result", txn(args),
			amf0.Object{{Key: "fmsVer", Value: "FMS/3,0,1,123"}, {Key: "capabilities", Value: float64(31)}},
			amf0.Object{{Key: "level", Value: "status"}, {Key: "code", Value: "NetConnection.Connect.Success"},
				{Key: "description", Value: "Connection succeeded."}, {Key: "objectEncoding", Value: float64(0)}}))
}

// status tells how it stands with the stream, for programs and in words.
func (x *session) status(level, code, words string) error {
	return x.say(5, 1, "onStatus", x.txn, nil,
		amf0.Object{{Key: "level", Value: level}, {Key: "code", Value: code}, {Key: "description", Value: words}})
}

func (x *session) say(chunkStream byte, stream uint32, words ...any) error {
	body, err := amf0.Data(words).Marshal()
	if err != nil {
		return err
	}
	return x.send(chunkStream, stream, kindCommand0, body)
}

// send sends a message in one chunk: all of ours are shorter than that.
func (x *session) send(chunkStream byte, stream uint32, kind byte, body []byte) error {
	n := len(body)
	b := append([]byte{chunkStream, 0, 0, 0, byte(n >> 16), byte(n >> 8), byte(n), kind,
		byte(stream), byte(stream >> 8), byte(stream >> 16), byte(stream >> 24)}, body...)
	_ = x.conn.SetWriteDeadline(time.Now().Add(writeWithin))
	_, err := x.conn.Write(b)
	return err
}

// maxRate is more than any producer sends, in bytes a second.
const maxRate = 12_500_000

// maxCommand bounds a command: what it holds may be nested.
const maxCommand = 16 << 10

// command is the command that a message is; "" where it is none. Of its arguments the
// first is the transaction's number.
func (m message) command() (name string, args []any) {
	body := m.body
	if m.kind == kindCommand3 && len(body) > 0 {
		body = body[1:]
	} else if m.kind != kindCommand0 {
		return "", nil
	}
	if len(body) > maxCommand {
		return "", nil
	}
	data, err := amf0.Unmarshal(body)
	if err != nil || len(data) == 0 {
		return "", nil
	}
	name, _ = data[0].(string)
	return name, data[1:]
}

func at(args []any, i int) any {
	if i >= len(args) {
		return nil
	}
	return args[i]
}

func txn(args []any) float64 {
	n, _ := at(args, 0).(float64)
	return n
}

// inWords says of an error what happened to the connection.
func inWords(err error) error {
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return errSilent
	case errors.Is(err, net.ErrClosed):
		return errReplaced
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return errors.New("its connection broke off")
	}
	return err
}
