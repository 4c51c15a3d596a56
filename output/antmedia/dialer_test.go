package antmedia

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/output"
	"airloom/output/rtmp"
	"airloom/playout/media"
)

var info = media.StreamInfo{
	Width: 320, Height: 180, FPS: media.Rational{Num: 25, Den: 1}, SampleRate: 44100, Channels: 2,
	SPS: []byte{0x67, 0x64, 0x00, 0x0c, 0xec}, PPS: []byte{0x68, 0xef}, AudioConfig: []byte{0x12, 0x10},
}

// bench is a dialer before a fake.
type bench struct {
	*Dialer
	t    *testing.T
	fake *fake
	log  *words
}

// words is a log that may be written and read at once.
type words struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (w *words) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.Write(p)
}

func (w *words) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.String()
}

func newBench(t *testing.T, f *fake, o Options, query string) *bench {
	d, err := rtmp.New("rtmp://"+f.rtmp.Addr().String()+"/LiveApp/ch1"+query, nil)
	require.NoError(t, err)
	b := &bench{t: t, fake: f, log: &words{}}
	if o.Client == nil {
		o.Client, err = NewClient(f.http.URL+"/LiveApp", "")
		require.NoError(t, err)
	}
	o.InURL = query != ""
	o.Log = slog.New(slog.NewTextHandler(b.log, nil))
	b.Dialer = NewDialer(d, o)
	t.Cleanup(o.Client.Close)
	return b
}

// publish tries once, and says how long that took.
func (b *bench) publish() (output.Session, time.Duration, error) {
	began := time.Now()
	conn, err := b.Reach(context.Background())
	if err != nil {
		return nil, time.Since(began), err
	}
	s, err := b.Open(context.Background(), conn, info)
	return s, time.Since(began), err
}

// run lets the session live; end ends it, wait waits until it has broken.
func run(s output.Session) (end, wait func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); defer cancel(); _ = s.Run(ctx, nil) }()
	return func() { cancel(); <-done }, func() { <-done }
}

// aired is a session that has been and gone.
func aired(s output.Session) { end, _ := run(s); end() }

// published publishes, and ends the session at once.
func (b *bench) published() {
	b.t.Helper()
	s, _, err := b.publish()
	require.NoError(b.t, err)
	aired(s)
}

// refused tries to publish, and returns why that was refused.
func (b *bench) refused(cause output.Cause) string {
	b.t.Helper()
	_, took, err := b.publish()
	require.Error(b.t, err)
	require.Equal(b.t, cause, output.CauseOf(err), err.Error())
	require.Equal(b.t, output.KindRefused, output.KindOf(err))
	require.Less(b.t, took, 5*time.Second)
	return err.Error()
}

// aged makes the session that is under way so much older, and returns its start.
func (b *bench) aged(by time.Duration) int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.past.Opened = b.past.Opened.Add(-by)
	return b.fake.age("ch1", by)
}

// refuse lets the first refusal be so much longer ago.
func (b *bench) refuse(ago time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.Dialer.refused = b.Dialer.refused.Add(-ago)
}

func TestBroadcastIsMadeBeforeItIsPublished(t *testing.T) {
	f := newFake(t)
	f.onlyKnown = true
	b := newBench(t, f, Options{Create: true}, "")
	b.published()
	require.Equal(t, 1, f.created)
	b.published()
	require.Equal(t, 1, f.created, "it is there")

	f = newFake(t)
	b = newBench(t, f, Options{}, "")
	b.published()
	require.Zero(t, f.created, "it was not to be")
}

// What shows that we may publish is fetched or counted anew for each connect, and
// what is wrong is told apart from all else.
func TestCredentials(t *testing.T) {
	const b32 = "JBSWY3DPEHPK3PXP"
	for _, c := range []struct {
		Credential
		secret string // of the server
		query  string
	}{
		{Credential{By: ByToken}, "", ""},
		{Credential{By: ByToken}, "", "?a=b"},
		{Credential{By: ByJWT}, "", ""},
		{Credential{By: ByHash, Secret: "s3cret"}, "s3cret", ""},
		{Credential{By: ByTOTP, Secret: b32, Subscriber: "sub"}, b32, ""},
	} {
		t.Run(c.By+c.query, func(t *testing.T) {
			f := newFake(t)
			f.by, f.secret = c.By, c.secret
			b := newBench(t, f, Options{Create: true, Credential: c.Credential}, c.query)
			b.published()
			b.published()
			require.Len(t, f.published, 2)
			if c.By == ByToken || c.By == ByJWT {
				require.NotEqual(t, f.published[0], f.published[1], "a token is for one connect")
			}
			f.set(func() { // from now on nothing that we show is good
				f.secret, f.badTokens = "JBSWY3DPEHPK3PXQ", true
			})
			said := b.refused(output.CauseCredential)
			require.Contains(t, said, "is not accepted")
			require.NotContains(t, said+b.log.String(), "secret-token")
			require.NotContains(t, said+b.log.String(), b32)
		})
	}
}

// Where a token cannot be had the stream is sent without: a server that does not
// ask for one takes it.
func TestNoToken(t *testing.T) {
	f := newFake(t)
	f.noTokens = true
	b := newBench(t, f, Options{Create: true, Credential: Credential{By: ByToken}}, "")
	b.published()
	f.set(func() { f.by = ByToken })
	require.Contains(t, b.refused(output.CauseCredential), "It may be a mock token service")

	f.set(func() { f.noTokens = false })
	b.published()
	f.hold("ch1", time.Hour, nil)
	b.refused(output.CauseIDInUse)
	f.set(func() { delete(f.conns, "ch1"); f.broadcasts["ch1"]["status"] = "finished" })

	b = newBench(t, f, Options{Create: true}, "?token=old")
	require.Contains(t, b.refused(output.CauseCredential), "the token or code in the output's url")
	b = newBench(t, f, Options{Create: true}, "")
	require.Contains(t, b.refused(output.CauseNoReason), "the app may ask for a token")
}

func TestUnknownID(t *testing.T) {
	f := newFake(t)
	f.onlyKnown = true
	require.Contains(t, newBench(t, f, Options{}, "").refused(output.CauseIDUnknown), "create the stream there")
	f.answerWith = func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == "POST" {
			page(w, 403, "Not allowed IP")
			return true
		}
		return false
	}
	require.Contains(t, newBench(t, f, Options{Create: true}, "").refused(output.CauseIDUnknown), "creating it failed")
}

func TestPlannedForAnotherTime(t *testing.T) {
	f := newFake(t)
	f.make("ch1", "created")
	f.broadcasts["ch1"]["plannedStartDate"] = int(f.now().Add(time.Hour).Unix())
	f.broadcasts["ch1"]["plannedEndDate"] = int(f.now().Add(2 * time.Hour).Unix())
	require.Contains(t, newBench(t, f, Options{}, "").refused(output.CauseNotNow), "is planned there from")
}

// A session of ours that the server still holds is stopped, whether its start was
// read while it lived or not.
func TestGhostOfOursIsStopped(t *testing.T) {
	for name, read := range map[string]bool{"its start was read": true, "its start was not read": false} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			f.keeps = true
			b := newBench(t, f, Options{Create: true}, "")
			s, _, err := b.publish()
			require.NoError(t, err)
			_, wait := run(s)
			if read {
				require.True(t, NewWatch(b.Dialer).poll(t.Context()))
				require.Zero(t, b.past.Started, "a moment ago: another could have begun so soon")
				began := b.aged(3 * time.Second)
				require.True(t, NewWatch(b.Dialer).poll(t.Context()))
				require.Equal(t, began, b.past.Started)
				f.age("ch1", 12*time.Millisecond)
			} else {
				b.aged(3 * time.Second)
			}
			f.breaks("ch1")
			wait()
			s, took, err := b.publish()
			require.NoError(t, err)
			require.Less(t, took, 2*time.Second)
			require.Equal(t, 1, f.count("POST /LiveApp/rest/v2/broadcasts/ch1/stop"))
			require.Contains(t, b.log.String(), "the server still holds our last session")
			aired(s)
		})
	}
}

// A server that says it is over, and has not closed it yet, is asked again soon; if
// that does not help, what it may ask for is told.
func TestServerThatIsStillClosing(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	b := newBench(t, f, Options{Create: true}, "")
	s, _, err := b.publish()
	require.NoError(t, err)
	_, wait := run(s)
	f.breaks("ch1")
	wait()
	f.set(func() { delete(f.conns, "ch1"); f.broadcasts["ch1"]["status"] = "finished"; f.closing = 3 })
	s, took, err := b.publish()
	require.NoError(t, err)
	require.GreaterOrEqual(t, took, 3*insistEach)
	require.Less(t, took, insist)
	_, wait = run(s)
	f.breaks("ch1")
	wait()
	f.set(func() { delete(f.conns, "ch1"); f.broadcasts["ch1"]["status"] = "finished"; f.closing = 1000 })
	require.Contains(t, b.refused(output.CauseGhost), "still closing the last session")
	b.refuse(closes)
	require.Contains(t, b.refused(output.CauseNoReason), "the app may ask for a token")
}

// A ghost that has been stopped may still be there at the next connect.
func TestStoppedAndStillHeld(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.hold("ch1", time.Hour, nil)
	f.closing = 2
	b := newBench(t, f, Options{Takeover: true}, "")
	b.published()
	require.Equal(t, 1, f.count("POST /LiveApp/rest/v2/broadcasts/ch1/stop"))
	f.set(func() { f.keeps, f.unstoppable = true, true })
	s, _, err := b.publish()
	require.NoError(t, err)
	b.aged(3 * time.Second)
	_, wait := run(s)
	f.breaks("ch1")
	wait()
	require.Contains(t, b.refused(output.CauseGhost), "still closing the last session")
	require.Equal(t, 2, f.count("POST /LiveApp/rest/v2/broadcasts/ch1/stop"), "it is asked, and taken at its word for a while")
}

// Where the API was too slow before the connect, the ghost is found after it.
func TestGhostIsFoundAfterARefusal(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.keeps = true
	b := newBench(t, f, Options{}, "")
	s, _, err := b.publish()
	require.NoError(t, err)
	b.aged(3 * time.Second)
	_, wait := run(s)
	f.breaks("ch1")
	wait()
	var once sync.Once
	f.set(func() {
		f.answerWith = func(_ http.ResponseWriter, r *http.Request) bool {
			once.Do(func() { <-r.Context().Done() })
			return false
		}
	})
	s, took, err := b.publish()
	require.NoError(t, err)
	require.Less(t, took, 2*time.Second)
	aired(s)
}

func TestStrangerIsNotStopped(t *testing.T) {
	f := newFake(t)
	b := newBench(t, f, Options{Create: true}, "")
	b.published()
	f.hold("ch1", 5*time.Hour, map[string]any{"remoteIp": "192.0.2.7"})
	for range 3 {
		said := b.refused(output.CauseIDInUse)
		require.Contains(t, said, "somebody else sends under this stream id from 192.0.2.7, for 5 h now")
		require.NotContains(t, said, "ch1")
	}
	require.Zero(t, f.count("POST /LiveApp/rest/v2/broadcasts/ch1/stop"))
	require.Equal(t, 2, f.count("GET /LiveApp/rest/v2/broadcasts/ch1"), "before the first two connects, and not at each refusal")
	b.forget()
	b.refused(output.CauseIDInUse)
	require.Equal(t, 3, f.count("GET /LiveApp/rest/v2/broadcasts/ch1"), "once, not before the connect and after it")
}

func TestTakeover(t *testing.T) {
	f := newFake(t)
	f.hold("ch1", time.Hour, nil)
	b := newBench(t, f, Options{Create: true, Takeover: true}, "")
	b.published()
	require.Contains(t, b.log.String(), "taking the stream id over")

	f.hold("ch1", 0, nil) // who did the same to us
	require.Contains(t, b.refused(output.CauseIDInUse), "somebody else")
	require.Equal(t, 1, f.count("POST /LiveApp/rest/v2/broadcasts/ch1/stop"))
	b.took = b.took.Add(-takeAgain)
	b.word = word{}
	b.published()
}

// An API that is away or hangs costs less than a second, and what it would have
// told is missing from the words, and nothing else.
func TestWithoutTheAPI(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	gone, err := NewClient("http://127.0.0.1:1/LiveApp", "")
	require.NoError(t, err)
	for name, b := range map[string]*bench{
		"away":  newBench(t, f, Options{Create: true, Client: gone}, ""),
		"hangs": newBench(t, f, Options{Create: true}, ""),
	} {
		t.Run(name, func(t *testing.T) {
			f.set(func() { f.hangs = name == "hangs" })
			least := time.Hour
			for i := range 4 {
				s, took, err := b.publish()
				require.NoError(t, err)
				require.Less(t, took, 900*time.Millisecond)
				if i == 0 {
					NewWatch(b.Dialer).poll(t.Context()) // gives it all its time
				}
				aired(s)
				if i > 0 {
					least = min(least, took)
				}
			}
			require.Less(t, least, patience, "once it has hung, it is waited for less")
			f.hold("ch1", time.Hour, nil)
			require.Contains(t, b.refused(output.CauseNoReason), "it closed the connection without a word, and ")
			f.set(func() { delete(f.conns, "ch1") })
		})
	}
}

// A server that starts is not asked anything: its app must have answered on RTMP.
func TestAPIIsNotTouchedBeforeTheApp(t *testing.T) {
	f := newFake(t)
	f.set(func() { f.noApp = true })
	b := newBench(t, f, Options{Create: true, Credential: Credential{By: ByToken}}, "")
	_, _, err := b.publish()
	require.Error(t, err)
	require.Zero(t, f.count(""))
	f.set(func() { f.noApp = false })
	b.published()
	require.NotZero(t, f.count(""))
}
