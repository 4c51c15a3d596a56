package output

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"airloom/playout/media"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// server is a far end whose every fault can be chosen. Its zero value is well.
type server struct {
	mu       sync.Mutex
	fault    Kind          // of new attempts
	hole     bool          // connecting hangs
	lives    time.Duration // of a session; 0: for ever
	slow     time.Duration // between two packets
	wedged   bool
	hang     bool          // opening hangs until it is given up
	leaves   time.Duration // how long a session takes to end cleanly
	reaches  int
	now      int // sessions that are open
	most     int // at once
	sessions []*session
}

type session struct {
	s       *server
	began   time.Time
	packets []*media.Packet
	ended   bool // cleanly
}

func (s *server) set(f func(*server)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(s)
}

func (s *server) Target() string { return "test://server/…" }

func (s *server) Reach(ctx context.Context) (net.Conn, error) {
	s.mu.Lock()
	s.reaches++
	kind, hole := s.fault, s.hole
	s.mu.Unlock()
	if hole {
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
		kind = KindUnreachable
	}
	if kind == KindUnreachable || kind == KindName {
		return nil, &Fault{Kind: kind, Err: errors.New(string(kind))}
	}
	a, b := net.Pipe()
	_ = b.Close()
	return a, nil
}

func (s *server) Open(ctx context.Context, conn net.Conn, _ media.StreamInfo) (Session, error) {
	_ = conn.Close()
	if s.hang {
		<-ctx.Done()
		return nil, &Fault{Kind: KindRefused, Err: ctx.Err()}
	}
	time.Sleep(20 * time.Millisecond)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fault != "" {
		return nil, &Fault{Kind: s.fault, Err: errors.New("no")}
	}
	x := &session{s: s, began: time.Now()}
	s.sessions = append(s.sessions, x)
	s.now++
	s.most = max(s.most, s.now)
	return x, nil
}

func (x *session) Progress() Progress {
	x.s.mu.Lock()
	defer x.s.mu.Unlock()
	return Progress{Sent: int64(len(x.packets)) * 1000, Alive: time.Now()}
}

func (x *session) Run(ctx context.Context, in <-chan *media.Packet) error {
	defer x.s.set(func(s *server) { s.now-- })
	x.s.mu.Lock()
	lives, slow, leaves := x.s.lives, x.s.slow, x.s.leaves
	if x.s.wedged {
		in = nil
	}
	x.s.mu.Unlock()
	var end <-chan time.Time
	if lives > 0 {
		end = time.After(lives)
	}
	for {
		select {
		case <-ctx.Done():
			time.Sleep(leaves)
			x.s.set(func(*server) { x.ended = true })
			return nil
		case <-end:
			return &Fault{Kind: KindLost, Err: errors.New("reset")}
		case p, ok := <-in:
			if !ok {
				time.Sleep(leaves)
				return nil
			}
			x.s.mu.Lock()
			x.packets = append(x.packets, p)
			x.s.mu.Unlock()
			time.Sleep(slow)
		}
	}
}

// bench is an output before a server, fed by an encoder at 25 pictures and as
// many frames of sound a second, with a keyframe every 2 s and on request.
type bench struct {
	*Output
	all  []*media.Packet
	want atomic.Bool
	end  func()
}

func newBench(s *server, cfg Config) *bench {
	b := &bench{}
	info := media.StreamInfo{FPS: media.Rational{Num: 25, Den: 1}, SampleRate: 44100}
	b.Output = New(cfg, info, s, func() { b.want.Store(true) }, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = b.Run(ctx) }()
	b.end = func() { cancel(); <-done }
	return b
}

// play runs the encoder for d.
func (b *bench) play(d time.Duration) {
	for range d / (40 * time.Millisecond) {
		n := int64(len(b.all) / 2)
		v := &media.Packet{Kind: media.Video, DTS: n, PTS: n, Key: b.want.Swap(false) || n%50 == 0, Units: [][]byte{make([]byte, 1000)}}
		for _, p := range []*media.Packet{v, {Kind: media.Audio, DTS: n * 1764, PTS: n * 1764, Key: true, Units: [][]byte{{1}}}} {
			b.all = append(b.all, p)
			b.Offer(p)
		}
		time.Sleep(40 * time.Millisecond)
		synctest.Wait()
	}
}

// rest lets time pass without an encoder.
func rest(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// bubble runs f in fake time.
func bubble(t *testing.T, s *server, cfg Config, f func(t *testing.T, b *bench)) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(s, cfg)
		defer func() {
			b.end()
			require.Equal(t, Stopped, b.Status().State)
		}()
		f(t, b)
	})
}

func TestSessionBeginsWithAKeyframeThatIsAskedFor(t *testing.T) {
	s := &server{fault: KindRefused}
	bubble(t, s, Config{Name: "main"}, func(t *testing.T, b *bench) {
		b.play(1080 * time.Millisecond)
		s.set(func(s *server) { s.fault = "" })
		b.play(2 * time.Second)
		require.Len(t, s.sessions, 1)
		x := s.sessions[0]
		require.True(t, x.packets[0].Key)
		require.Equal(t, media.Video, x.packets[0].Kind)
		require.NotZero(t, x.packets[0].DTS%50, "waited for a keyframe instead of asking for one")
		require.Equal(t, b.all[len(b.all)-len(x.packets):], x.packets, "lost something")
		st := b.Status()
		require.Equal(t, Publishing, st.State)
		require.Zero(t, st.Dropped)
		require.Equal(t, int64(1), st.Sessions)
		require.Equal(t, int64(len(x.packets))*1000, st.Sent)
		require.InDelta(t, 50*8, st.Bitrate, 50)
		require.Equal(t, x.began.Add(480*time.Hour), st.RenewAt)
	})
}

func TestBackWithinASecondHoweverLongItWasAway(t *testing.T) {
	for _, away := range []time.Duration{time.Second, 10 * time.Second, time.Minute, 36*time.Hour + 123*time.Millisecond} {
		for name, break_ := range map[string]func(*server){
			"shut":        func(s *server) { s.fault = KindUnreachable },
			"black-holed": func(s *server) { s.hole = true },
		} {
			s := &server{lives: 5 * time.Second}
			bubble(t, s, Config{}, func(t *testing.T, b *bench) {
				b.play(4 * time.Second)
				s.set(break_)
				time.Sleep(1100 * time.Millisecond) // the session ends
				s.set(func(s *server) { s.lives = 0 })
				rest(away)
				require.Equal(t, Waiting, b.Status().State)
				require.Equal(t, KindUnreachable, b.Status().LastKind)
				require.Greater(t, b.Status().Attempt, int(away/probeEvery))
				require.LessOrEqual(t, b.Status().RetryIn, probeEvery)
				s.set(func(s *server) { s.fault, s.hole = "", false })
				opened := time.Now()
				b.play(2 * time.Second)
				require.Len(t, s.sessions, 2, name)
				require.LessOrEqual(t, s.sessions[1].began.Sub(opened), 600*time.Millisecond, name)
				require.NotEmpty(t, s.sessions[1].packets)
			})
		}
	}
}

func TestBackWithinTwoSecondsOfTheLastRefusal(t *testing.T) {
	for _, kind := range []Kind{KindRefused, KindTLS, KindName} {
		for _, for_ := range []time.Duration{700 * time.Millisecond, 10 * time.Second, 3 * time.Minute} {
			s := &server{fault: kind}
			bubble(t, s, Config{}, func(t *testing.T, b *bench) {
				rest(for_)
				require.LessOrEqual(t, s.reaches, 4+int(for_/(1200*time.Millisecond)), "hammers")
				require.Equal(t, kind, b.Status().LastKind)
				s.set(func(s *server) { s.fault = "" })
				stopped := time.Now()
				rest(3 * time.Second)
				require.LessOrEqual(t, s.sessions[0].began.Sub(stopped), 1600*time.Millisecond)
			})
		}
	}
}

// A server that takes the stream and cuts it off is sought at once while that
// is rare, and by the ladder when it is not.
func TestResetsAreFollowedButNotHammered(t *testing.T) {
	for lives, want := range map[time.Duration]int{3 * time.Second: 20, 10 * time.Millisecond: 42} {
		s := &server{lives: lives}
		bubble(t, s, Config{}, func(t *testing.T, b *bench) {
			b.play(time.Minute)
			require.InDelta(t, want, len(s.sessions), 6)
			require.LessOrEqual(t, s.reaches, len(s.sessions)+1)
			for _, x := range s.sessions[:len(s.sessions)-1] {
				if lives > time.Second {
					require.True(t, x.packets[0].Key && x.packets[0].Kind == media.Video)
				}
			}
			require.Equal(t, "reset", b.Status().LastError)
		})
	}
}

// An outage lasts until the server has taken the stream for a while, however
// often the state changes meanwhile.
func TestAnOutageIsCountedFromItsBeginning(t *testing.T) {
	for name, break_ := range map[string]func(*server){
		"refused":          func(s *server) { s.fault = KindRefused },
		"cut off at once":  func(s *server) { s.lives = 10 * time.Millisecond },
		"cut off early on": func(s *server) { s.lives = 1500 * time.Millisecond },
	} {
		s := &server{lives: 5 * time.Second}
		bubble(t, s, Config{}, func(t *testing.T, b *bench) {
			b.play(1900 * time.Millisecond)
			require.False(t, b.Status().DownSince.IsZero(), "not steady yet")
			b.play(time.Second)
			require.Zero(t, b.Status().DownSince, "publishing steadily")
			s.set(break_)
			lost := s.sessions[0].began.Add(5 * time.Second)
			states := map[State]bool{}
			for b.play(2200 * time.Millisecond); time.Since(lost) < 30*time.Second; b.play(40 * time.Millisecond) {
				st := b.Status()
				states[st.State] = true
				require.Equal(t, lost, st.DownSince, "%s: %s since %s", name, st.State, st.Since)
			}
			require.Greater(t, len(states), 1, "the state never changed, so this shows nothing")
			s.set(func(s *server) { s.fault, s.lives = "", 0 })
			b.play(5 * time.Second)
			require.Zero(t, b.Status().DownSince, name)
			b.Stop()
			rest(time.Second)
			require.Zero(t, b.Status().DownSince, "stopped is not down")
			s.set(func(s *server) { s.fault = KindUnreachable })
			b.Start()
			again := time.Now()
			rest(10 * time.Second)
			require.Equal(t, again, b.Status().DownSince)
		})
	}
}

// A slow server gets whole groups of pictures with their true times, or not at
// all; the delay stays bounded.
func TestSlowServerLosesWholeGroups(t *testing.T) {
	s := &server{slow: 60 * time.Millisecond} // a third of what comes
	bubble(t, s, Config{}, func(t *testing.T, b *bench) {
		b.play(2 * time.Minute)
		require.Len(t, s.sessions, 1)
		got := s.sessions[0].packets
		last := map[media.Kind]int64{media.Video: -1}
		for _, p := range got {
			if p.Kind == media.Video && p.DTS != last[media.Video]+1 && last[media.Video] >= 0 {
				require.True(t, p.Key, "picture %d follows %d", p.DTS, last[media.Video])
			}
			require.True(t, p.DTS > last[p.Kind] || last[p.Kind] == 0)
			last[p.Kind] = p.DTS
		}
		delay := int64(len(b.all)/2) - last[media.Video]
		require.LessOrEqual(t, delay, int64(25*(4+4)), "pictures behind")
		st := b.Status()
		require.Equal(t, Publishing, st.State)
		require.Greater(t, st.Dropped, int64(2000))
		require.InDelta(t, len(b.all)-len(got), st.Dropped, 201)
		require.InDelta(t, last[media.Video]*1764, last[media.Audio], 3*1764, "sound left the picture")
	})
}

func TestWedgedOutputCostsTheOthersNothing(t *testing.T) {
	stuck, well := &server{wedged: true}, &server{}
	synctest.Test(t, func(t *testing.T) {
		a, b := newBench(stuck, Config{Name: "stuck"}), newBench(well, Config{Name: "well"})
		synctest.Wait()
		time.Sleep(time.Second)
		fan := Fan{a.Output, b.Output}
		for n := range int64(25 * 60 * 10) {
			fan.Offer(&media.Packet{Kind: media.Video, DTS: n, Key: n%50 == 0, Units: [][]byte{make([]byte, 1000)}})
			time.Sleep(40 * time.Millisecond)
		}
		synctest.Wait()
		require.Len(t, well.sessions[0].packets, 25*60*10)
		require.Empty(t, stuck.sessions[0].packets)
		require.LessOrEqual(t, len(a.queue.list), 101, "the queue is bounded")
		require.Greater(t, a.Status().Dropped, int64(14000))
		a.end()
		b.end()
	})
}

// A renewal at a join loses nothing: the second session begins with the very
// keyframe before which the first ended.
func TestRenewalLosesNothing(t *testing.T) {
	s := &server{}
	bubble(t, s, Config{RenewAfter: time.Hour}, func(t *testing.T, b *bench) {
		b.play(59 * time.Minute)
		b.Join()
		b.play(time.Minute)
		require.Len(t, s.sessions, 1, "not due yet")
		b.play(time.Second)
		b.Join()
		b.play(time.Minute)
		require.Len(t, s.sessions, 2)
		first, second := s.sessions[0].packets, s.sessions[1].packets
		require.True(t, second[0].Key && second[0].Kind == media.Video)
		require.Equal(t, b.all[len(b.all)-len(first)-len(second):], append(first, second...))
		require.Equal(t, s.sessions[1].began.Add(time.Hour), b.Status().RenewAt)

		b.play(65 * time.Minute) // and no join
		require.Len(t, s.sessions, 2)
		b.play(5 * time.Minute)
		require.Len(t, s.sessions, 3, "the wrap does not wait for a join")
		require.Zero(t, b.Status().Dropped)
	})
}

// When the server is gone at the renewal, the stream goes on from a keyframe later.
func TestRenewalThatFailsIsAnOutageLikeAnother(t *testing.T) {
	s := &server{}
	bubble(t, s, Config{}, func(t *testing.T, b *bench) {
		b.play(10 * time.Second)
		s.set(func(s *server) { s.fault = KindUnreachable })
		b.Renew()
		b.play(20 * time.Second)
		require.Equal(t, Waiting, b.Status().State)
		require.Zero(t, len(b.queue.list))
		s.set(func(s *server) { s.fault = "" })
		b.play(2 * time.Second)
		require.Len(t, s.sessions, 2)
		require.True(t, s.sessions[1].packets[0].Key)
	})
}

func TestStopAndStart(t *testing.T) {
	s := &server{}
	bubble(t, s, Config{}, func(t *testing.T, b *bench) {
		b.play(time.Second)
		b.Stop()
		b.play(time.Second)
		require.Equal(t, Stopped, b.Status().State)
		require.Len(t, s.sessions, 1)
		b.Start()
		b.play(time.Second)
		require.Equal(t, Publishing, b.Status().State)
		require.Len(t, s.sessions, 2)
		s.set(func(s *server) { s.fault = KindUnreachable; s.lives = 1 })
		b.Stop()
		b.Start()
		b.play(time.Second)
		require.Equal(t, Waiting, b.Status().State)
		b.Stop()
		synctest.Wait()
		require.Equal(t, Stopped, b.Status().State)
	})
}
