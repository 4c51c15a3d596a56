package ingest

import (
	"encoding/binary"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/bluenviron/gortmplib/pkg/amf0"
	"github.com/bluenviron/gortmplib/pkg/bytecounter"
	"github.com/bluenviron/gortmplib/pkg/handshake"
	words "github.com/bluenviron/gortmplib/pkg/message"
	"github.com/bluenviron/gortmplib/pkg/rawmessage"
	"github.com/stretchr/testify/require"
)

// sender is a producer's end.
type sender struct {
	t    *testing.T
	conn net.Conn
	out  *rawmessage.Writer
	in   *words.Reader
}

// dial goes as far as the handshake.
func dial(t *testing.T, addr string) *sender {
	conn, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	rw := bytecounter.NewReadWriter(conn)
	_, _, err = handshake.DoClient(rw, false, true)
	require.NoError(t, err)
	return &sender{t: t, conn: conn, out: rawmessage.NewWriter(rw, rw.Writer, false), in: words.NewReader(rw, rw.Reader, nil)}
}

func (s *sender) command(args ...any) {
	body, err := amf0.Data(args).Marshal()
	require.NoError(s.t, err)
	_ = s.out.Write(&rawmessage.Message{ChunkStreamID: 3, Type: kindCommand0, Body: body})
}

// status is the next onStatus: its code and words. Whatever comes before it is read over.
func (s *sender) status() (code, said string) {
	for {
		m, err := s.in.Read()
		if err != nil {
			return "", err.Error()
		}
		c, ok := m.(*words.CommandAMF0)
		if !ok || c.Name != "onStatus" {
			continue
		}
		o := c.Arguments[1].(amf0.Object)
		code, _ = o.GetString("code")
		said, _ = o.GetString("description")
		return code, said
	}
}

// publish asks to send with the key.
func (s *sender) publish(key string) (code, said string) {
	s.command("connect", float64(1), amf0.Object{{Key: "app", Value: "live"}, {Key: "tcUrl", Value: "rtmp://x/live"}})
	s.command("createStream", float64(2), nil)
	s.command("publish", float64(3), nil, key, "live")
	return s.status()
}

// send is a sender who has been let in.
func send(t *testing.T, addr, key string) *sender {
	s := dial(t, addr)
	code, words := s.publish(key)
	require.Equal(t, "NetStream.Publish.Start", code, words)
	return s
}

// The messages of a stream: headers, a keyframe, and what hangs on it.
var (
	avcHeader = []byte{0x17, 0, 0, 0, 0, 1, 0x42}
	aacHeader = []byte{0xaf, 0, 0x12, 0x10}
)

func picture(keyframe bool, mark string) []byte {
	first := byte(0x27)
	if keyframe {
		first = 0x17
	}
	return append([]byte{first, 1, 0, 0, 0}, mark...)
}

func (s *sender) media(kind byte, at time.Duration, body []byte) error {
	return s.out.Write(&rawmessage.Message{ChunkStreamID: 4 + kind, Type: kind, MessageStreamID: 1, Timestamp: at, Body: body})
}

func (s *sender) headers() {
	meta, err := amf0.Data{"@setDataFrame", "onMetaData", amf0.ECMAArray{{Key: "width", Value: float64(64)}}}.Marshal()
	require.NoError(s.t, err)
	require.NoError(s.t, s.media(kindData0, 0, meta))
	require.NoError(s.t, s.media(kindVideo, 0, avcHeader))
	require.NoError(s.t, s.media(kindAudio, 0, aacHeader))
}

// flv reads tags.
type flv struct {
	t testing.TB
	f *os.File
}

type flvTag struct {
	kind byte
	time uint32
	body []byte
}

// read is what a worker gets of the producer.
func read(t *testing.T, s *Server, name string) *flv {
	f, err := s.Feed(name)
	require.NoError(t, err)
	t.Cleanup(func() { f.Close() })
	v := &flv{t, f}
	require.Equal(t, flvHeader, v.bytes(len(flvHeader)))
	return v
}

func (v *flv) bytes(n int) []byte {
	b, at := make([]byte, n), 0
	for deadline := time.Now().Add(10 * time.Second); at < n; {
		k, err := v.f.Read(b[at:])
		at += k
		if err == io.EOF && at == 0 {
			return nil
		}
		if err != nil && !again(err) {
			require.NoError(v.t, err)
		}
		require.True(v.t, time.Now().Before(deadline), "nothing came")
	}
	return b
}

func again(err error) bool { return strings.Contains(err.Error(), "temporarily unavailable") }

func (v *flv) next() flvTag {
	tag, ok := v.more()
	require.True(v.t, ok, "it has ended")
	return tag
}

// more is the next tag; false at the end.
func (v *flv) more() (flvTag, bool) {
	h := v.bytes(11)
	if h == nil {
		return flvTag{}, false
	}
	n := int(h[1])<<16 | int(h[2])<<8 | int(h[3])
	tag := flvTag{h[0], uint32(h[7])<<24 | uint32(h[4])<<16 | uint32(h[5])<<8 | uint32(h[6]), v.bytes(n)}
	require.EqualValues(v.t, n+11, binary.BigEndian.Uint32(v.bytes(4)))
	return tag, true
}

// ends waits for the end of what comes, and reads over all until then.
func (v *flv) ends() {
	b, deadline := make([]byte, 64<<10), time.Now().Add(15*time.Second)
	for {
		_, err := v.f.Read(b)
		if err == io.EOF {
			return
		}
		require.True(v.t, err == nil || again(err), "%v", err)
		require.True(v.t, time.Now().Before(deadline), "it does not end")
	}
}

func comes(t *testing.T, what func() bool) {
	require.Eventually(t, what, 15*time.Second, 5*time.Millisecond)
}
