package ingest

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bluenviron/gortmplib/pkg/amf0"
	"github.com/bluenviron/gortmplib/pkg/bytecounter"
	"github.com/bluenviron/gortmplib/pkg/handshake"
	words "github.com/bluenviron/gortmplib/pkg/message"
	"github.com/bluenviron/gortmplib/pkg/rawmessage"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	studioKey = "planted-studio-key"
	vanKey    = "planted-van-key"
)

// text is a log that may be read while it is written.
type text struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (t *text) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.b.Write(p)
}

func (t *text) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.b.String()
}

// open is a server that listens, its address, and what it logs.
func open(t *testing.T) (*Server, string, *text) {
	log := &text{}
	s := New(Config{Listen: "127.0.0.1:0", Log: slog.New(slog.NewTextHandler(log, nil)),
		Producers: []Producer{{"studio", studioKey}, {"van", vanKey}}})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
		for _, key := range []string{studioKey, vanKey, "planted"} {
			require.NotContains(t, log.String(), key)
		}
	})
	addr, err := s.Addr(t.Context())
	require.NoError(t, err)
	return s, addr.String(), log
}

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
		if err == io.EOF && at == 0 { //nolint:errorlint // a file's own
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
		if err == io.EOF { //nolint:errorlint // a file's own
			return
		}
		require.True(v.t, err == nil || again(err), "%v", err)
		require.True(v.t, time.Now().Before(deadline), "it does not end")
	}
}

func comes(t *testing.T, what func() bool) {
	require.Eventually(t, what, 15*time.Second, 5*time.Millisecond)
}

// What a reader gets begins with the headers and a keyframe at time 0, whenever it
// comes, and ends when the producer does.
func TestAReaderBeginsWithHeadersAndAKeyframe(t *testing.T) {
	s, addr, log := open(t)
	_, err := s.Feed("studio")
	require.ErrorContains(t, err, "the producer studio is not sending")
	_, err = s.Feed("nobody")
	require.ErrorContains(t, err, "no producer")

	p := send(t, addr, studioKey+"?user=x")
	comes(t, func() bool { return s.Status()[0].Sends })
	require.False(t, s.Status()[1].Sends)
	p.headers()
	require.NoError(t, p.media(kindVideo, 5000*time.Millisecond, picture(true, "old")))
	require.NoError(t, p.media(kindAudio, 5000*time.Millisecond, []byte{0xaf, 1, 1}))
	require.NoError(t, p.media(kindAudio, 6985*time.Millisecond, []byte{0xaf, 1, 3}))
	comes(t, func() bool {
		s.producers[0].mu.Lock()
		defer s.producers[0].mu.Unlock()
		return s.producers[0].before[lead-1].time == 6985
	})
	v := read(t, s, "studio")
	for _, b := range [][]byte{picture(false, "p"), picture(true, "key"), picture(false, "q")} {
		require.NoError(t, p.media(kindVideo, 7000*time.Millisecond, b))
	}
	require.NoError(t, p.media(kindAudio, 7020*time.Millisecond, []byte{0xaf, 1, 2}))
	meta := v.next()
	require.EqualValues(t, kindData0, meta.kind)
	require.True(t, bytes.HasPrefix(meta.body, []byte("\x02\x00\x0aonMetaData")))
	require.Equal(t, flvTag{kindVideo, 0, avcHeader}, v.next())
	require.Equal(t, flvTag{kindAudio, 0, aacHeader}, v.next())
	require.Equal(t, flvTag{kindAudio, 0, []byte{0xaf, 1, 3}}, v.next(), "the sound with which the picture begins")
	require.Equal(t, flvTag{kindVideo, 15, picture(true, "key")}, v.next())
	require.Equal(t, flvTag{kindVideo, 15, picture(false, "q")}, v.next())
	require.Equal(t, flvTag{kindAudio, 35, []byte{0xaf, 1, 2}}, v.next())

	p.command("deleteStream", float64(0), nil, float64(1))
	v.ends()
	comes(t, func() bool { return !s.Status()[0].Sends })
	require.Empty(t, s.Status()[0].Error)
	require.Contains(t, log.String(), "producer came")
	require.Contains(t, log.String(), "producer left")
}

func TestAWrongKeyIsRefusedInWords(t *testing.T) {
	s, addr, log := open(t)
	for _, key := range []string{"planted-wrong-key", "", studioKey[:len(studioKey)-1], studioKey + "x"} {
		code, words := dial(t, addr).publish(key)
		require.Equal(t, "NetStream.Publish.BadName", code)
		require.Equal(t, "the stream key is wrong", words)
	}
	require.False(t, s.Status()[0].Sends)
	comes(t, func() bool { return strings.Count(log.String(), "the stream key is nobody's") == 4 })
}

// The second with a key is refused while the first sends. Once that has fallen
// silent, it takes its place.
func TestOneConnectionAKey(t *testing.T) {
	s, addr, _ := open(t)
	first := send(t, addr, studioKey)
	require.NoError(t, first.media(kindVideo, 0, avcHeader))
	code, words := dial(t, addr).publish(studioKey)
	require.Equal(t, "NetStream.Publish.BadName", code)
	require.Equal(t, "studio is sending already, from another connection", words)
	other := send(t, addr, vanKey)
	comes(t, func() bool { return s.Status()[1].Sends })
	require.NoError(t, other.media(kindVideo, 0, avcHeader))

	p := s.producers[0]
	p.mu.Lock()
	p.last = p.last.Add(-quiet)
	p.mu.Unlock()
	second := send(t, addr, studioKey)
	comes(t, func() bool { return s.Status()[0].Session == 2 })
	require.NoError(t, second.media(kindVideo, 0, avcHeader))
	_, err := io.Copy(io.Discard, first.conn)
	require.NoError(t, err, "the first is closed")
	require.True(t, s.Status()[0].Sends)
}

// A producer whose connection breaks off has its readers wait. When it comes back,
// with a clock of its own, they go on without a gap.
func TestItComesBackToTheSameReader(t *testing.T) {
	s, addr, _ := open(t)
	first := send(t, addr, studioKey)
	comes(t, func() bool { return s.Status()[0].Sends })
	v := read(t, s, "studio")
	first.headers()
	require.NoError(t, first.media(kindVideo, 90*time.Second, picture(true, "one")))
	require.NoError(t, first.media(kindVideo, 90*time.Second+200*time.Millisecond, picture(false, "two")))
	for range 3 {
		v.next()
	}
	require.Equal(t, flvTag{kindVideo, 0, picture(true, "one")}, v.next())
	require.Equal(t, flvTag{kindVideo, 200, picture(false, "two")}, v.next())
	first.conn.Close()
	comes(t, func() bool { return !s.Status()[0].Sends })
	require.Contains(t, s.Status()[0].Error, "broke off")

	second := send(t, addr, studioKey)
	second.headers()
	require.NoError(t, second.media(kindVideo, 3*time.Second, picture(false, "lost")))
	require.NoError(t, second.media(kindVideo, 4*time.Second, picture(true, "three")))
	require.Equal(t, kindData0, int(v.next().kind))
	require.Equal(t, flvTag{kindVideo, 400, avcHeader}, v.next())
	require.Equal(t, flvTag{kindAudio, 400, aacHeader}, v.next())
	require.Equal(t, flvTag{kindVideo, 400, picture(true, "three")}, v.next(), "a picture later")
}

// reads is the producer's one feed.
func (p *producer) reads(t *testing.T) *feed {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.feeds) != 1 {
		t.Errorf("%d feeds", len(p.feeds))
	}
	return p.feeds[0]
}

// A reader that does not read holds nobody up, and what waits for it stays bounded:
// it misses something and goes on at a keyframe.
func TestASlowReaderMissesSomething(t *testing.T) {
	s, addr, _ := open(t)
	p := send(t, addr, studioKey)
	comes(t, func() bool { return s.Status()[0].Sends })
	v := read(t, s, "studio")
	p.headers()
	body := strings.Repeat("x", 100<<10)
	const all = 400 // 40 MB
	for i := range all {
		require.NoError(t, p.media(kindVideo, time.Duration(i)*40*time.Millisecond, picture(i%10 == 0, fmt.Sprintf("%03d%s", i, body))))
		if i%50 == 49 {
			f := s.producers[0].reads(t)
			f.mu.Lock()
			waits := f.bytes
			f.mu.Unlock()
			require.LessOrEqual(t, waits, maxWaits+(1<<20))
		}
	}
	p.command("deleteStream", float64(0), nil, float64(1))
	last, skips, latest := -1, 0, uint32(0)
	for {
		tag, ok := v.more()
		if !ok {
			break
		}
		require.GreaterOrEqual(t, tag.time, latest)
		require.Less(t, tag.time-latest, uint32(100), "it sees no gap")
		latest = tag.time
		if tag.kind != kindVideo || len(tag.body) < 100 {
			continue
		}
		var i int
		_, err := fmt.Sscanf(string(tag.body[5:8]), "%d", &i)
		require.NoError(t, err)
		if i != last+1 {
			require.Zero(t, i%10, "it goes on at a keyframe")
			skips++
		}
		last = i
	}
	require.Positive(t, skips)
	require.Greater(t, last, all-120, "what it gets in the end is what was sent last")
}

// No producer sends that much: what does is ended, before it is a load.
func TestAFloodIsEnded(t *testing.T) {
	s, addr, _ := open(t)
	p := send(t, addr, studioKey)
	body := []byte(strings.Repeat("x", 1<<20))
	for range 200 {
		if p.media(kindVideo, 0, body) != nil {
			break
		}
	}
	comes(t, func() bool { return !s.Status()[0].Sends })
	require.Contains(t, s.Status()[0].Error, "it sends more than 100 Mbit/s")
}

// The clock of a sender goes round after seven weeks, and is half round after three.
func TestAClockThatGoesRound(t *testing.T) {
	for _, starts := range []uint32{0, 1<<31 - 80, 1<<32 - 80} {
		f, p := &feed{wake: make(chan struct{}, 1)}, &producer{sessions: 1}
		for i := range uint32(3) {
			f.take(p, message{kindVideo, starts + 40*i, picture(i == 0, "x")}, i == 0)
		}
		for i := uint32(3); i < 9; i++ { // and after weeks, when the reader's has
			f.latest, f.picture, f.waits = f.latest+1<<29, f.picture+1<<29, nil
			f.take(p, message{kindVideo, starts + 40*i + (i-2)<<29, picture(false, "x")}, false)
			require.Equal(t, 40*i+(i-2)<<29, f.latest)
		}
	}
}

// A producer that falls silent is dropped.
func TestASilentProducerIsDropped(t *testing.T) {
	s, addr, log := open(t)
	p := send(t, addr, studioKey)
	require.NoError(t, p.media(kindVideo, 0, avcHeader))
	comes(t, func() bool { return s.Status()[0].Sends })
	stop := make(chan struct{})
	defer close(stop)
	go func() { // what is no media does not count
		for {
			select {
			case <-stop:
				return
			case <-time.After(300 * time.Millisecond):
				if p.media(4, 0, []byte{0, 6, 0, 0, 0, 0}) != nil {
					return
				}
			}
		}
	}()
	began := time.Now()
	comes(t, func() bool { return !s.Status()[0].Sends })
	require.Greater(t, time.Since(began), silence-time.Second)
	require.Contains(t, s.Status()[0].Error, "it sent nothing for 6s")
	require.Contains(t, log.String(), "producer left")
}

// Who connects and says nothing, or nonsense, takes a place for a moment only, and
// not more of them than there are.
func TestPlacesAreFew(t *testing.T) {
	_, addr, _ := open(t)
	var conns []net.Conn
	for range maxOfOne + 3 {
		c, err := net.Dial("tcp", addr)
		require.NoError(t, err)
		defer c.Close()
		conns = append(conns, c)
	}
	closed := make(chan int, len(conns))
	for i, c := range conns {
		go func() {
			_ = c.SetReadDeadline(time.Now().Add(2 * time.Second))
			_, err := c.Read(make([]byte, 1))
			if err == io.EOF { //nolint:errorlint // a connection's own
				closed <- i
			} else {
				closed <- -1
			}
		}()
	}
	n := 0
	for range conns {
		if <-closed >= 0 {
			n++
		}
	}
	require.Equal(t, 3, n)
}
