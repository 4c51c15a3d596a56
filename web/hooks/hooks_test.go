package hooks

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"airloom/playout/control"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// got is one request that a receiver had.
type got struct {
	header http.Header
	body   []byte
	Event  struct {
		ID, Channel, Event string
		At                 time.Time
		Data               map[string]map[string]any
	}
}

// receiver notes what it is told; answer says how it takes it.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	all    []got
	answer func(n int, w http.ResponseWriter)
}

func receive(t *testing.T, answer func(n int, w http.ResponseWriter)) *receiver {
	r := &receiver{answer: answer}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, _ := io.ReadAll(q.Body)
		one := got{header: q.Header, body: body}
		_ = json.Unmarshal(body, &one.Event)
		r.mu.Lock()
		n := len(r.all)
		r.all = append(r.all, one)
		r.mu.Unlock()
		if r.answer != nil {
			r.answer(n, w)
		}
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) told() []got {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]got(nil), r.all...)
}

func (r *receiver) events() (list []string) {
	for _, g := range r.told() {
		list = append(list, g.Event.Event)
	}
	return list
}

// station is a channel whose status is changed by the test.
type station struct {
	mu sync.Mutex
	s  control.Status
}

func (s *station) status() control.Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.s
}

func (s *station) be(st control.Status) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.s = st
}

func begin(t *testing.T, s *station, to ...Receiver) (*Hooks, context.CancelFunc) {
	h := New(Config{Channel: "Test", Receivers: to, Status: s.status, Log: slog.New(slog.DiscardHandler)})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- h.Run(ctx) }()
	stop := sync.OnceFunc(func() {
		cancel()
		require.NoError(t, <-done)
	})
	t.Cleanup(stop)
	return h, stop
}

func alerted(alerts ...control.Alert) control.Status {
	return control.Status{State: control.Starting, Alerts: alerts}
}

var skipped = control.Alert{Severity: "warning", Code: "item-skipped", Message: "One (main.yml, line 3): gone", ItemID: "a", Playlist: "main.yml"}

func TestAnAlertIsTold(t *testing.T) {
	r, s := receive(t, nil), &station{}
	h, _ := begin(t, s, Receiver{URL: r.URL + "/path", Secret: "a secret of some length"})
	s.be(alerted(skipped))
	require.Eventually(t, func() bool { return len(r.told()) == 1 }, 10*time.Second, 5*time.Millisecond)
	s.be(alerted())
	require.Eventually(t, func() bool { return len(r.told()) == 2 }, 10*time.Second, 5*time.Millisecond)
	require.Equal(t, []string{AlertRaised, AlertCleared}, r.events())
	one := r.told()[0]
	require.Equal(t, "Test", one.Event.Channel)
	require.WithinDuration(t, time.Now(), one.Event.At, time.Minute)
	require.Equal(t, "item-skipped", one.Event.Data["alert"]["code"])
	require.Equal(t, one.Event.ID, one.header.Get("webhook-id"))
	require.Equal(t, "application/json", one.header.Get("Content-Type"))
	stamp := one.header.Get("webhook-timestamp")
	require.Equal(t, "v1,"+sign([]byte("a secret of some length"), one.Event.ID, stamp, one.body), one.header.Get("webhook-signature"))
	require.Eventually(t, func() bool { return h.Figures()[0].Delivered == 2 }, 10*time.Second, 5*time.Millisecond)
}
