package hooks

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/playout/control"
)

// road answers in the network's place.
type road func(*http.Request) (*http.Response, error)

func (r road) RoundTrip(q *http.Request) (*http.Response, error) { return r(q) }

func says(code int) *http.Response {
	return &http.Response{StatusCode: code, Body: io.NopCloser(bytes.NewReader(nil)), Header: http.Header{}}
}

// attempt is one that the road has seen.
type attempt struct {
	id, stamp string
	after     time.Duration
}

// queued is a queue on a road, in a bubble of time; its end is the test's.
func queued(t *testing.T, r road) *queue {
	q := newQueue("ops.example", Receiver{URL: "https://ops.example/"}, &http.Client{Transport: r}, slog.New(slog.DiscardHandler))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); q.run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	return q
}

func numbered(n int) message {
	return message{id: "evt_" + strconv.Itoa(n), event: OnAir, body: []byte("{}"), made: time.Now()}
}

// One that is not taken is sent again, as it was, and before all others.
func TestOrderIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var seen []attempt
		q := queued(t, func(r *http.Request) (*http.Response, error) {
			seen = append(seen, attempt{r.Header.Get("webhook-id"), r.Header.Get("webhook-timestamp"), time.Since(began)})
			switch len(seen) {
			case 1:
				return nil, errors.New("refused")
			case 2, 3:
				return says(503), nil
			}
			return says(204), nil
		})
		q.put(numbered(1))
		q.put(numbered(2))
		time.Sleep(time.Minute)
		synctest.Wait()
		var ids []string
		for _, a := range seen {
			ids = append(ids, a.id)
		}
		require.Equal(t, []string{"evt_1", "evt_1", "evt_1", "evt_1", "evt_2"}, ids)
		require.Equal(t, 1*time.Second, seen[1].after)
		require.Equal(t, 3*time.Second, seen[2].after)
		require.Equal(t, 7*time.Second, seen[3].after)
		require.Equal(t, strconv.FormatInt(began.Unix()+7, 10), seen[3].stamp, "a receiver refuses what is old")
		require.Equal(t, Figures{Receiver: "ops.example", Delivered: 2, Failures: 3}, q.figures())
	})
}

// After an hour an event is no news any more.
func TestGivenUpAfterAnHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var at []time.Time
		q := queued(t, func(*http.Request) (*http.Response, error) {
			at = append(at, time.Now())
			return says(500), nil
		})
		q.put(numbered(1))
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		require.Equal(t, int64(1), q.figures().GivenUp)
		require.Greater(t, len(at), 15)
		for i := range at[1:] {
			require.LessOrEqual(t, at[i+1].Sub(at[i]), longestWait)
		}
		require.LessOrEqual(t, at[len(at)-1].Sub(at[0]), givenUp+longestWait)
		q.put(numbered(2))
		time.Sleep(time.Second)
		synctest.Wait()
		require.Less(t, time.Since(at[len(at)-1]), 2*time.Second, "the next has its own hour")
	})
}

// What a receiver refuses for good holds up nothing, and is said; what it may yet
// take is sent again.
func TestARefusalIsFinal(t *testing.T) {
	for code, final := range map[int]bool{301: true, 307: true, 400: true, 401: true, 404: true, 410: true, 422: true,
		408: false, 425: false, 429: false, 500: false, 503: false} {
		synctest.Test(t, func(t *testing.T) {
			var ids []string
			q := queued(t, func(r *http.Request) (*http.Response, error) {
				ids = append(ids, r.Header.Get("webhook-id"))
				if len(ids) == 1 {
					return says(code), nil
				}
				return says(200), nil
			})
			var log bytes.Buffer
			q.log = slog.New(slog.NewTextHandler(&log, nil))
			q.put(numbered(1))
			q.put(numbered(2))
			time.Sleep(10 * time.Second)
			synctest.Wait()
			if final {
				require.Equal(t, []string{"evt_1", "evt_2"}, ids, code)
				require.Equal(t, Figures{Receiver: "ops.example", Delivered: 1, GivenUp: 1, Failures: 1}, q.figures())
				require.Contains(t, log.String(), "event=webhook-refused")
				require.Contains(t, log.String(), "name="+OnAir)
				return
			}
			require.Equal(t, []string{"evt_1", "evt_1", "evt_2"}, ids, code)
		})
	}
}

// Who asks for a pause gets it, up to the longest there is.
func TestAPauseThatIsAskedFor(t *testing.T) {
	for asks, want := range map[string]time.Duration{"": firstWait, "30": 30 * time.Second, "99999999999": longestWait, "0": firstWait, "soon": firstWait, "-9": firstWait} {
		synctest.Test(t, func(t *testing.T) {
			var at []time.Time
			q := queued(t, func(*http.Request) (*http.Response, error) {
				at = append(at, time.Now())
				if len(at) > 1 {
					return says(200), nil
				}
				w := says(429)
				w.Header.Set("Retry-After", asks)
				return w, nil
			})
			q.put(numbered(1))
			time.Sleep(time.Hour)
			synctest.Wait()
			require.Len(t, at, 2)
			require.Equal(t, want, at[1].Sub(at[0]), asks)
		})
	}
}

// Of too many events the oldest go.
func TestTheQueueIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ids []string
		open := make(chan struct{})
		q := queued(t, func(r *http.Request) (*http.Response, error) {
			select {
			case <-open:
			case <-r.Context().Done():
				return nil, r.Context().Err()
			}
			ids = append(ids, r.Header.Get("webhook-id"))
			return says(200), nil
		})
		q.put(numbered(0))
		synctest.Wait() // under way
		for n := range most + 10 {
			q.put(numbered(1 + n))
		}
		require.Equal(t, int64(10), q.figures().Dropped)
		require.Equal(t, most, q.figures().Waiting)
		close(open)
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Len(t, ids, 1+most)
		require.Equal(t, []string{"evt_0", "evt_11"}, ids[:2])
		require.Equal(t, fmt.Sprintf("evt_%d", most+10), ids[most])
	})
}

// One that says nothing is waited for as long as it has, and holds nobody else up,
// the end of the channel not either.
func TestOneThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &station{}
		var quick []string
		h := New(Config{Receivers: []Receiver{{URL: "http://hangs.example/"}, {URL: "http://quick.example/"}}, Status: s.status, Log: slog.New(slog.DiscardHandler)})
		hung := 0
		for _, q := range h.queue {
			q.client = &http.Client{Transport: road(func(r *http.Request) (*http.Response, error) {
				if r.URL.Host == "quick.example" {
					quick = append(quick, r.Header.Get("webhook-id"))
					return says(200), nil
				}
				hung++
				began := time.Now()
				<-r.Context().Done()
				require.LessOrEqual(t, time.Since(began), patience)
				return nil, r.Context().Err()
			})}
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); _ = h.Run(ctx) }()
		for n := range 10 {
			s.be(control.Status{State: []control.State{control.OnAir, control.Fallback}[n%2]})
			time.Sleep(2 * pulse)
		}
		synctest.Wait()
		require.Len(t, quick, 10)
		require.Equal(t, 2, hung)
		s.be(control.Status{State: control.Stopping})
		cancel()
		began := time.Now()
		<-done
		require.LessOrEqual(t, time.Since(began), farewell)
		require.Len(t, quick, 11, "the end is told as well")
		f := h.Figures()
		require.Equal(t, int64(11), f[0].Dropped)
		require.Equal(t, int64(11), f[1].Delivered)
	})
}

// Somebody who redirects is not followed: the signature is for one alone.
func TestNoRedirects(t *testing.T) {
	other := receive(t, nil)
	r := receive(t, func(_ int, w http.ResponseWriter) {
		w.Header().Set("Location", other.URL)
		w.WriteHeader(http.StatusTemporaryRedirect)
	})
	s := &station{}
	h, _ := begin(t, s, Receiver{URL: r.URL})
	s.be(alerted(skipped))
	require.Eventually(t, func() bool { return h.Figures()[0].Failures > 0 }, 10*time.Second, 5*time.Millisecond)
	require.Empty(t, other.told())
}

func TestOnlyWhatIsWanted(t *testing.T) {
	r, s := receive(t, nil), &station{}
	h, stop := begin(t, s, Receiver{URL: r.URL, Events: []string{Stopping}})
	s.be(alerted(skipped))
	require.Eventually(t, func() bool { return s.status().Alerts != nil }, time.Second, time.Millisecond)
	s.be(control.Status{State: control.Stopping, Alerts: []control.Alert{skipped}})
	stop()
	require.Equal(t, []string{Stopping}, r.events())
	require.Equal(t, int64(1), h.Figures()[0].Delivered)
}

// The example of the Standard Webhooks specification.
func TestTheSignatureIsTheStandards(t *testing.T) {
	key := keyOf("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	require.Len(t, key, 24)
	require.Equal(t, "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", sign(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", []byte(`{"test": 2432232314}`)))
	require.Equal(t, []byte("plain words"), keyOf("plain words"))
	require.Nil(t, keyOf(""))
}

// What the address holds is a secret, whatever goes wrong with it.
func TestNoAddressIsTold(t *testing.T) {
	for _, address := range []string{
		"http://user:geheim@127.0.0.1:1/geheim?token=geheim",
		"https://no-such-host.invalid/geheim",
		"http://127.0.0.1:1/%zz/geheim", "geheim", "http://geheim:geheim@127.0.0.1:geheim/geheim",
	} {
		var log bytes.Buffer
		h := New(Config{Receivers: []Receiver{{URL: address}}, Log: slog.New(slog.NewTextHandler(&log, nil))})
		q := h.queue[0]
		m := numbered(1)
		err := q.send(t.Context(), m, time.Now())
		require.Error(t, err, address)
		q.note(m, err, false)
		require.NotContains(t, log.String(), "geheim")
		require.NotContains(t, log.String(), base64.StdEncoding.EncodeToString([]byte("user:geheim")))
		require.Contains(t, log.String(), "cannot be told")
		require.NotContains(t, fmt.Sprint(h.Figures()), "geheim")
	}
}
