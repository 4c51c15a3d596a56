package ingest

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// stream is a feed that is looked at as it is written.
type stream struct {
	t    *testing.T
	f    *feed
	p    *producer
	last map[byte]uint32
}

func newStream(t *testing.T) *stream {
	return &stream{t, &feed{wake: make(chan struct{}, 1)}, &producer{sessions: 1}, map[byte]uint32{}}
}

// second sends a second of picture, which begins with a keyframe, and of sound, at the
// sender's times. It returns how many of each were handed on.
func (s *stream) second(picture, sound uint32) (pictures, sounds int) {
	for i := range uint32(25) {
		for _, m := range []message{{kindVideo, picture + 40*i, []byte{0x27, 1, 'x'}}, {kindAudio, sound + 40*i, []byte{0xaf, 1, 'x'}}} {
			switch there := s.one(m, m.kind == kindVideo && i == 0); {
			case there && m.kind == kindVideo:
				pictures++
			case there:
				sounds++
			}
			s.f.waits = nil
		}
	}
	return pictures, sounds
}

func (s *stream) one(m message, starts bool) bool {
	s.f.waits = nil
	s.f.take(s.p, m, starts)
	for _, w := range s.f.waits {
		if last, ok := s.last[m.kind]; ok {
			require.InDelta(s.t, 0, after(w.time, last), 2500, "a reader sees no jump")
		}
		s.last[m.kind] = w.time
	}
	return len(s.f.waits) > 0
}

// A time that is wild, or a clock that is set anew, costs what comes until the next
// keyframe, and no more.
func TestAWildTimeAndAClockSetAnew(t *testing.T) {
	const hour = 3_600_000
	for name, bad := range map[string][]message{
		"far ahead":          {{kindVideo, hour, []byte{0x27, 1, 'x'}}},
		"far ahead, sound":   {{kindAudio, hour, []byte{0xaf, 1, 'x'}}},
		"some seconds":       {{kindAudio, 95_000 + 5000, []byte{0xaf, 1, 'x'}}},
		"far behind":         {{kindVideo, 10, []byte{0x27, 1, 'x'}}},
		"a wild keyframe":    {{kindVideo, 2 * hour, []byte{0x17, 1, 'x'}}},
		"half round":         {{kindVideo, 1<<31 + 95_000, []byte{0x27, 1, 'x'}}},
		"some, one by one":   {{kindVideo, hour, []byte{0x27, 1, 'x'}}, {kindAudio, 5, []byte{0xaf, 1, 'x'}}, {kindVideo, 1 << 31, []byte{0x27, 1, 'x'}}},
		"nothing that's bad": nil,
	} {
		s := newStream(t)
		for i := range uint32(5) {
			s.second(90_000+1000*i, 90_000+1000*i)
		}
		for _, m := range bad {
			s.f.take(s.p, m, m.body[0] == 0x17)
			s.f.waits = nil
		}
		delete(s.last, kindVideo)
		delete(s.last, kindAudio)
		s.second(95_000, 95_000)
		pictures, sounds := s.second(96_000, 96_000)
		require.Equal(t, 25, pictures, name)
		require.GreaterOrEqual(t, sounds, 24, name)
	}
	for _, to := range []uint32{0, 500, 50_000, hour, 1 << 31} { // its clock is set anew
		s := newStream(t)
		for i := range uint32(5) {
			s.second(90_000+1000*i, 90_000+1000*i)
		}
		s.second(to, to)
		pictures, sounds := s.second(to+1000, to+1000)
		require.Equal(t, 25, pictures, "%d", to)
		require.GreaterOrEqual(t, sounds, 24, "%d", to)
	}
}

// Of a sender whose sound and picture have clocks of their own the picture goes on.
func TestClocksThatHaveNothingInCommon(t *testing.T) {
	for _, sound := range []uint32{0, 3_600_000, 1 << 31} {
		s := newStream(t)
		for i := range uint32(5) {
			pictures, _ := s.second(90_000+1000*i, sound+1000*i)
			require.Equal(t, 25, pictures, "%d", sound)
		}
	}
}

// Who reads a producer that has ended stays known until gone, to be closed with all.
func TestAReaderOfWhatHasEndedIsClosed(t *testing.T) {
	s, addr, _ := open(t)
	p := send(t, addr, studioKey)
	comes(t, func() bool { return s.Status()[0].Sends })
	v := read(t, s, "studio")
	p.headers()
	body := strings.Repeat("x", 1<<20)
	for i := range 4 { // more than a socket takes
		require.NoError(t, p.media(kindVideo, time.Duration(i)*40*time.Millisecond, picture(i == 0, body)))
	}
	p.command("deleteStream", float64(0), nil, float64(1))
	comes(t, func() bool { return !s.Status()[0].Sends })
	f := s.producers[0].reads(t)
	s.producers[0].close()
	_, err := f.conn.Read(make([]byte, 1))
	require.ErrorIs(t, err, net.ErrClosed)
	v.f.Close()
}

// That nobody can be listened to is said once, as long as it is for the same cause.
func TestAnAddressThatIsTakenIsToldOnce(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	synctest.Test(t, func(t *testing.T) {
		log := &bytes.Buffer{}
		troubles := 0
		s := New(Config{Listen: taken.Addr().String(), Log: slog.New(slog.NewTextHandler(log, nil)), Trouble: func(string) { troubles++ }})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		require.NoError(t, s.Run(ctx))
		require.Greater(t, troubles, 10, "it goes on trying")
		require.Equal(t, 1, strings.Count(log.String(), "ingest-down"), log.String())
	})
}
