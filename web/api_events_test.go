package web

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/playlist"
	"airloom/playlist/library"
	"airloom/playout/control"
)

// moving is a channel whose status changes.
type moving struct {
	mu     sync.Mutex
	status control.Status
	looks  atomic.Int64
}

func (m *moving) Healthy() bool { return true }
func (m *moving) Status() control.Status {
	m.looks.Add(1)
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.status
}
func (m *moving) change(f func(*control.Status)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f(&m.status)
}

func aMoving() *moving { return &moving{status: onAir().status} }

type event struct{ id, kind, data string }

// listen opens the events; what comes is read from the channel, which is closed
// when they end.
func listen(t *testing.T, at, last string) <-chan event {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, at+"/api/v1/events", nil)
	require.NoError(t, err)
	if last != "" {
		r.Header.Set("Last-Event-ID", last)
	}
	w, err := http.DefaultClient.Do(r) //nolint:bodyclose // closed by the goroutine that reads it
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, w.StatusCode)
	require.Equal(t, "text/event-stream", w.Header.Get("Content-Type"))
	events := make(chan event, 1000)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer close(events)
		defer w.Body.Close()
		var e event
		for lines := bufio.NewScanner(w.Body); lines.Scan(); {
			key, value, _ := strings.Cut(lines.Text(), ": ")
			switch {
			case lines.Text() == "" && e.kind != "":
				events <- e
				e = event{}
			case key == "id":
				e.id = value
			case key == "event":
				e.kind = value
			case key == "data":
				e.data = value
			}
		}
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
	return events
}

// until is the next event of the kind.
func until(t *testing.T, events <-chan event, kind string) event {
	t.Helper()
	for deadline := time.After(5 * time.Second); ; {
		select {
		case e, ok := <-events:
			require.True(t, ok, "the events ended before there was a %s", kind)
			if e.kind == kind {
				return e
			}
		case <-deadline:
			t.Fatalf("there is no event %s", kind)
		}
	}
}

func TestEventsBeginWithTheStatus(t *testing.T) {
	ch := aMoving()
	e := until(t, listen(t, serve(t, Config{}, ch), ""), "status")
	var got struct {
		At     time.Time
		Status control.Status
	}
	require.NoError(t, json.Unmarshal([]byte(e.data), &got))
	require.Equal(t, int64(310), got.Status.Tick)
	require.WithinDuration(t, time.Now(), got.At, 10*time.Second)
}

func TestEventsTellWhatChanges(t *testing.T) {
	ch, p := aMoving(), aPlan()
	events := listen(t, serve(t, Config{Plan: p}, ch), "")
	until(t, events, "status")
	ch.change(func(s *control.Status) {
		n := *s.Now
		n.ID, n.Title = "b", "Two"
		s.Now = &n
		s.Alerts = []control.Alert{{Severity: "error", Code: "output-down", Message: "attempt 3 failed"}}
	})
	var a alertEvent
	require.NoError(t, json.Unmarshal([]byte(until(t, events, "alert").data), &a))
	require.Equal(t, "cleared", a.Change)
	require.Equal(t, "item-skipped", a.Alert.Code)
	require.NoError(t, json.Unmarshal([]byte(until(t, events, "alert").data), &a))
	require.Equal(t, "raised", a.Change)
	until(t, events, "rundown")
	require.Contains(t, until(t, events, "status").data, `"title":"Two"`)
	ch.change(func(s *control.Status) {
		s.Alerts = []control.Alert{{Severity: "error", Code: "output-down", Message: "attempt 4 failed"}}
		s.State = control.Fallback
	})
	for e := range events { // figures that run on are no new alert
		require.NotEqual(t, "alert", e.kind)
		if strings.Contains(e.data, `"state":"fallback"`) {
			break
		}
	}
}

// Everybody hears of a command that took effect, whoever gave it; not of one that
// did not, nor of other changes.
func TestEventsTellOfCommands(t *testing.T) {
	d := &desk{}
	at, until10 := time.Date(2026, 10, 24, 19, 0, 0, 0, time.UTC), time.Date(2026, 10, 24, 19, 0, 10, 0, time.UTC)
	d.notes = []control.Note{{By: "ann", OK: true, Asked: "before anybody listened", Answer: control.Answer{Said: "x"}}}
	h := newHub(aMoving(), nil, nil, d, nil)
	defer h.close()
	me, _, _ := h.join("")
	d.notes = append(d.notes,
		control.Note{By: "ann", Asked: "skip", Said: "no"},
		control.Note{By: "ann", OK: true, Asked: "save main.yml", Said: "ok"},
		control.Note{
			By: "jonas", Via: "desk", From: "192.0.2.7", OK: true, Asked: "take 'One' (main.yml #1)", Said: "on air", At: at,
			Answer: control.Answer{Said: "on air", Item: &control.Item{ID: "a", Title: "One"}, Since: &at, Undo: &until10},
		})
	h.mu.Lock()
	h.look()
	h.mu.Unlock()
	var told []string
	for len(me.events) > 0 {
		if text := string(<-me.events); strings.Contains(text, "event: command") {
			told = append(told, text)
		}
	}
	require.Len(t, told, 1)
	_, data, _ := strings.Cut(told[0], "data: ")
	require.JSONEq(t, `{"who":"jonas","via":"desk","what":"take 'One' (main.yml #1)","said":"on air",
		"item":{"id":"a","playlist":"","index":0,"title":"One"},"at":"2026-10-24T19:00:00Z","undo_until":"2026-10-24T19:00:10Z"}`, data)
}

// Figures alone make a status a second, not one at every look.
func TestFiguresAreNotAChange(t *testing.T) {
	s := onAir().status
	before := matterOf(s)
	s.Tick, s.UptimeS = 311, 12.44
	n, d := *s.Now, time.Now()
	n.PositionS, n.StartedAt = 4, d
	s.Now, s.Resources.RSSBytes, s.Outputs[0].BytesSent, s.Outputs[0].RenewAt = &n, 1, 1, &d
	require.Equal(t, before, matterOf(s))
	s.Outputs[0].State = control.Waiting
	require.NotEqual(t, before, matterOf(s))
}

// An item that is begun again, or moved in, is another countdown at once; one that
// goes on, or waits, is not.
func TestAJumpIsAChange(t *testing.T) {
	ch := aMoving()
	h := newHub(ch, nil, nil, nil, slog.New(slog.DiscardHandler))
	me := &listener{make(chan []byte, behind)}
	h.clients[me] = struct{}{}
	looks := func(change func(*control.Status, *control.Airing)) int {
		ch.change(func(s *control.Status) {
			n := *s.Now
			change(s, &n)
			s.Now = &n
		})
		h.mu.Lock()
		defer h.mu.Unlock()
		for len(me.events) > 0 {
			<-me.events
		}
		h.look()
		return len(me.events)
	}
	looks(func(_ *control.Status, n *control.Airing) { n.PositionS = 7 })
	require.Zero(t, looks(func(_ *control.Status, n *control.Airing) { n.PositionS = 7.1 }))
	require.Equal(t, 1, looks(func(_ *control.Status, n *control.Airing) { n.PositionS = 0.1 }), "begun again")
	require.Equal(t, 1, looks(func(_ *control.Status, n *control.Airing) { n.PositionS = 5 }), "moved on")
	require.NotZero(t, looks(func(s *control.Status, _ *control.Airing) { s.Held = &control.Stand{By: "mira"} }))
	require.Zero(t, looks(func(_ *control.Status, n *control.Airing) { n.PositionS = 1 }), "it waits: no figure runs")
}

func TestEventsGoOnWhereTheyWereLeft(t *testing.T) {
	ch := aMoving()
	at := serve(t, Config{}, ch)
	first := listen(t, at, "")
	last := until(t, first, "status").id
	ch.change(func(s *control.Status) { s.Alerts = nil })
	missed := until(t, first, "alert")

	second := listen(t, at, last)
	e := <-second
	require.Equal(t, missed, e, "what was missed comes first")
	require.Equal(t, "status", (<-second).kind)
	e = <-listen(t, at, missed.id)
	require.Equal(t, "status", e.kind, "nothing was missed")
	for _, strange := range []string{"x", "x-1", strings.Split(last, "-")[0] + "-99", "-"} {
		e = <-listen(t, at, strange)
		require.Equal(t, "reset", e.kind, strange)
	}
}

func TestWhatIsKeptIsBounded(t *testing.T) {
	h := newHub(aMoving(), nil, nil, nil, nil)
	for range recent + 10 {
		h.tell("alert", struct{}{})
	}
	require.Len(t, h.kept, recent)
	require.Equal(t, uint64(recent+10), h.kept[recent-1].seq)
	_, first, ok := h.join(h.epoch + "-9")
	require.True(t, ok)
	require.Contains(t, string(first), "event: reset")
	_, first, _ = h.join(h.epoch + "-10")
	require.NotContains(t, string(first), "event: reset")
	require.Equal(t, recent, strings.Count(string(first), "event: alert"))
	h.close()
	_, _, ok = h.join("")
	require.False(t, ok)
}

// Who does not take what is sent is cut off; the others do not notice.
func TestASlowListenerIsCutOff(t *testing.T) {
	h := newHub(aMoving(), nil, nil, nil, nil)
	slow, _, _ := h.join("")
	quick, _, _ := h.join("")
	h.mu.Lock()
	for range behind + 1 {
		h.send([]byte("x"))
		<-quick.events
	}
	require.NotContains(t, h.clients, slow)
	require.Contains(t, h.clients, quick)
	h.mu.Unlock()
	n := 0
	for range slow.events {
		n++
	}
	require.Equal(t, behind, n)
	h.close()
}

func TestListenersAreBounded(t *testing.T) {
	h := newHub(aMoving(), nil, nil, nil, nil)
	defer h.close()
	for range listeners {
		_, _, ok := h.join("")
		require.True(t, ok)
	}
	_, _, ok := h.join("")
	require.False(t, ok)
}

// However many listen, the channel is asked once a look, and not at all when
// nobody does.
func TestManyListenersCostOneLook(t *testing.T) {
	ch := aMoving()
	at := serve(t, Config{}, ch)
	const many = 200
	conns := make([]net.Conn, many)
	for i := range conns {
		c, err := net.Dial("tcp", strings.TrimPrefix(at, "http://"))
		require.NoError(t, err)
		defer c.Close()
		_, err = io.WriteString(c, "GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
		require.NoError(t, err)
		conns[i] = c
	}
	read := func(text string) {
		for _, c := range conns {
			_ = c.SetReadDeadline(time.Now().Add(10 * time.Second))
			var got strings.Builder
			for buf := make([]byte, 4096); !strings.Contains(got.String(), text); {
				n, err := c.Read(buf)
				require.NoError(t, err)
				got.Write(buf[:n])
			}
		}
	}
	read("event: status")
	began, looks := time.Now(), ch.looks.Load()
	ch.change(func(s *control.Status) { s.State = control.Fallback })
	read(`"state":"fallback"`)
	require.LessOrEqual(t, ch.looks.Load()-looks, int64(time.Since(began)/pulse)+2)
	for _, c := range conns {
		c.Close()
	}
	require.Eventually(t, func() bool {
		n := ch.looks.Load()
		time.Sleep(3 * pulse)
		return ch.looks.Load() == n
	}, 10*time.Second, time.Millisecond, "nobody listens any more")
}

func TestEventsEndWithTheServer(t *testing.T) {
	s, err := New(Config{Listen: "127.0.0.1:0"}, aMoving())
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- s.Run(ctx) }()
	events := listen(t, "http://"+s.Addr().String(), "")
	until(t, events, "status")
	asked := time.Now()
	cancel()
	for range events { // to their end
	}
	require.NoError(t, <-done)
	require.Less(t, time.Since(asked), farewell, "nobody was waited for")
}

// What takes longer than a request may take to arrive is not ended by that.
func TestPatienceWithWhatTakesLong(t *testing.T) {
	ch, d := aMoving(), &slowDesk{takes: 300 * time.Millisecond}
	s, err := New(Config{Listen: "127.0.0.1:0", Desk: d}, ch)
	require.NoError(t, err)
	s.http.ReadTimeout = 100 * time.Millisecond
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- s.Run(ctx) }()
	at := "http://" + s.Addr().String()
	events := listen(t, at, "")
	until(t, events, "status")
	for _, body := range []string{"", `{"item":"a"}`} {
		require.Equal(t, http.StatusOK, post(t, at+"/api/v1/commands/skip", body).StatusCode)
	}
	ch.change(func(s *control.Status) { s.State = control.Fallback })
	for e := range events {
		if strings.Contains(e.data, `"state":"fallback"`) {
			break
		}
	}
	cancel()
	for range events { // to their end
	}
	http.DefaultClient.CloseIdleConnections()
	require.NoError(t, <-done)
}

// slowDesk takes its time to skip.
type slowDesk struct {
	desk
	takes time.Duration
}

func (d *slowDesk) Skip(ctx context.Context, w control.Who, item string) (control.Answer, error) {
	select {
	case <-time.After(d.takes):
		return d.desk.Skip(ctx, w, item)
	case <-ctx.Done():
		return control.Answer{}, ctx.Err()
	}
}

// A folder whose snapshot is what the test says.
type folder struct {
	*library.Library
	snap atomic.Pointer[library.Snapshot]
}

func (f *folder) Snapshot() *library.Snapshot          { return f.snap.Load() }
func (f *folder) Base() string                         { return "a.yml" }
func (f *folder) Options(name string) playlist.Options { return playlist.Options{Name: name} }
func (f *folder) Length(playlist.Item) (time.Duration, bool, string) {
	return 0, true, ""
}

func TestEventsTellOfPlaylists(t *testing.T) {
	f := &folder{}
	f.snap.Store(&library.Snapshot{Generation: 1, Files: []library.File{{Name: "a.yml", Version: "1"}, {Name: "b.yml", Version: "1"}}})
	events := listen(t, serve(t, Config{Lists: f}, aMoving()), "")
	until(t, events, "status")
	f.snap.Store(&library.Snapshot{Generation: 2, Files: []library.File{{Name: "a.yml", Version: "2"}, {Name: "c.yml", Version: "1"}}})
	var e listsEvent
	require.NoError(t, json.Unmarshal([]byte(until(t, events, "playlists").data), &e))
	require.Equal(t, []string{"b.yml"}, e.Removed)
	require.Equal(t, "a.yml c.yml", fmt.Sprintf("%s %s", e.Changed[0].Name, e.Changed[1].Name))
}

func TestAPanicInALookHurtsNobody(t *testing.T) {
	h := newHub(panicking{onAir()}, nil, nil, nil, slog.New(slog.DiscardHandler))
	_, first, ok := h.join("")
	require.True(t, ok)
	require.NotContains(t, string(first), "event: status")
	h.close()
}
