package rtmp

import (
	"encoding/binary"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	"github.com/bluenviron/gortmplib/pkg/amf0"
	"github.com/bluenviron/gortmplib/pkg/bytecounter"
	"github.com/bluenviron/gortmplib/pkg/message"
	"github.com/bluenviron/gortmplib/pkg/rawmessage"

	"airloom/output/link"
)

const (
	chunkSize     = 65536
	commandStream = 3 // chunk stream of commands
)

// command is what a server says in AMF0.
type command struct {
	name string
	id   int
	args amf0.Data
}

// wire is RTMP's messages over a socket. One goroutine reads, one writes; what
// has to be said in reply to something read goes to the writer through replies.
type wire struct {
	conn    net.Conn // what is spoken over: the TCP connection or TLS on it
	tcp     *net.TCPConn
	r       *rawmessage.Reader
	w       *rawmessage.Writer
	count   *bytecounter.ReadWriter
	replies chan *rawmessage.Message

	// The message stream, as messages and as commands carry it.
	stream   uint32
	streamID float64

	heard atomic.Int64 // when the last message came, Unix nanoseconds
	acks  atomic.Int64 // acknowledgements received
	pongs atomic.Int64 // answers to pings received
}

func newWire(conn net.Conn, tcp *net.TCPConn) *wire {
	w := &wire{conn: conn, tcp: tcp, count: bytecounter.NewReadWriter(conn), replies: make(chan *rawmessage.Message, 16)}
	w.r = rawmessage.NewReader(w.count, w.count.Reader, func(n uint32) error {
		w.reply(message.TypeAcknowledge, binary.BigEndian.AppendUint32(nil, n))
		return nil
	})
	w.w = rawmessage.NewWriter(w.count, w.count.Writer, false)
	return w
}

func (w *wire) reply(t message.Type, body []byte) {
	select {
	case w.replies <- control(t, body):
	default: // the writer is stuck, and the server with it
	}
}

func control(t message.Type, body []byte) *rawmessage.Message {
	return &rawmessage.Message{ChunkStreamID: message.ControlChunkStreamID, Type: uint8(t), Body: body}
}

func userControl(t message.UserControlType, value uint32) []byte {
	return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint16(nil, uint16(t)), value)
}

// flush writes the replies that are due.
func (w *wire) flush() error {
	for {
		select {
		case m := <-w.replies:
			if err := w.w.Write(m); err != nil {
				return err
			}
		default:
			return nil
		}
	}
}

// say writes a command.
func (w *wire) say(stream uint32, name string, id int, args ...any) error {
	body, err := append(amf0.Data{name, float64(id)}, args...).Marshal()
	if err != nil {
		return err
	}
	return w.w.Write(&rawmessage.Message{
		ChunkStreamID: commandStream, Type: uint8(message.TypeCommandAMF0), MessageStreamID: stream, Body: body,
	})
}

// read returns the next command. Everything else the server says is dealt with
// here; what is unknown is passed over, for servers differ.
func (w *wire) read() (command, error) {
	for {
		m, err := w.r.Read()
		if err != nil {
			return command{}, err
		}
		w.heard.Store(time.Now().UnixNano())
		switch message.Type(m.Type) {
		case message.TypeCommandAMF0:
			if c, ok := parseCommand(m.Body); ok {
				return c, nil
			}
		case message.TypeCommandAMF3: // AMF0 behind a byte, as servers send it
			if c, ok := parseCommand(m.Body[min(1, len(m.Body)):]); ok {
				return c, nil
			}
		default:
			if err := w.obey(m); err != nil {
				return command{}, err
			}
		}
	}
}

// obey does what a protocol message asks for.
func (w *wire) obey(m *rawmessage.Message) error {
	if len(m.Body) < 4 {
		return nil
	}
	value := binary.BigEndian.Uint32(m.Body)
	switch message.Type(m.Type) {
	case message.TypeSetChunkSize:
		if value == 0 || value>>31 != 0 {
			return fmt.Errorf("the server set an impossible chunk size of %d", value)
		}
		return w.r.SetChunkSize(value)
	case message.TypeAbortMessage:
		w.r.AbortChunkStream(value)
	case message.TypeSetWindowAckSize:
		w.r.SetWindowAckSize(value)
	case message.TypeAcknowledge:
		w.acks.Add(1)
	case message.TypeUserControl:
		switch message.UserControlType(value >> 16) {
		case message.UserControlTypePingResponse:
			w.pongs.Add(1)
		case message.UserControlTypePingRequest:
			if len(m.Body) == 6 {
				w.reply(message.TypeUserControl,
					userControl(message.UserControlTypePingResponse, binary.BigEndian.Uint32(m.Body[2:])))
			}
		}
	}
	return nil
}

// spoken is what the server has said so far.
func (w *wire) spoken() link.Spoken {
	return link.Spoken{Heard: time.Unix(0, w.heard.Load()), Acks: w.acks.Load(), Pongs: w.pongs.Load()}
}

func parseCommand(body []byte) (command, bool) {
	data, err := amf0.Unmarshal(body)
	if err != nil || len(data) < 2 {
		return command{}, false
	}
	name, ok1 := data[0].(string)
	id, ok2 := data[1].(float64)
	return command{name, int(id), data[2:]}, ok1 && ok2
}

// answered waits for a command that wanted recognises.
func (w *wire) answered(wanted func(command) bool) (command, error) {
	for {
		c, err := w.read()
		if err != nil {
			return command{}, err
		}
		if err := w.flush(); err != nil {
			return command{}, err
		}
		if wanted(c) {
			return c, nil
		}
	}
}

// words is what the command says in an information object: its code and
// description as they stand, and whether it is an error.
func (c command) words() (code, words string, bad bool) {
	bad = c.name == "_error"
	for _, a := range c.args {
		var o amf0.Object
		switch a := a.(type) {
		case amf0.Object:
			o = a
		case amf0.ECMAArray:
			o = amf0.Object(a)
		default:
			continue
		}
		level, _ := o.GetString("level")
		if c, ok := o.GetString("code"); ok {
			code = c
		}
		if d, ok := o.GetString("description"); ok {
			words = d
		}
		bad = bad || level == "error"
	}
	return code, join(code, words), bad
}

func join(code, words string) string {
	switch {
	case words == "" || words == code:
		return code
	case code == "":
		return words
	}
	return code + ": " + words
}
