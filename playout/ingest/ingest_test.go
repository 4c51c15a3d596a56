package ingest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

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
