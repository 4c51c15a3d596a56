package hooks

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	// most is how many events wait for one receiver.
	most = 256
	// patience is how long a receiver may take to answer.
	patience = 5 * time.Second
	// An attempt is followed by another after firstWait, then twice that, up to
	// longestWait; after givenUp the event is not told any more.
	firstWait, longestWait = time.Second, 5 * time.Minute
	givenUp                = time.Hour
)

// message is an event on its way to one receiver.
type message struct {
	id, event string
	body      []byte
	made      time.Time
}

// Figures are how a receiver is told.
type Figures struct {
	Receiver  string // host and port
	Delivered int64
	GivenUp   int64 // refused for good, or not taken for an hour
	Dropped   int64 // found the queue full, or the channel at its end
	Failures  int64 // attempts that came to nothing
	Waiting   int
}

// queue are the events for one receiver.
type queue struct {
	to     Receiver
	client *http.Client
	log    *slog.Logger
	key    []byte // that signs; nil: nothing is signed

	mu      sync.Mutex
	waiting []message
	closed  bool
	seen    Figures
	news    chan struct{} // holds a value when something has come, or the end
	away    bool          // the last attempt failed
}

func newQueue(name string, r Receiver, client *http.Client, log *slog.Logger) *queue {
	return &queue{to: r, client: client, log: log, key: keyOf(r.Secret), seen: Figures{Receiver: name}, news: make(chan struct{}, 1)}
}

// keyOf is the key that a secret stands for: whsec_ and base64, as the
// specification writes it, or the text itself.
func keyOf(secret string) []byte {
	if coded, ok := strings.CutPrefix(secret, "whsec_"); ok {
		if key, err := base64.StdEncoding.DecodeString(coded); err == nil {
			return key
		}
	}
	if secret == "" {
		return nil
	}
	return []byte(secret)
}

func (q *queue) wants(event string) bool {
	return len(q.to.Events) == 0 || slices.Contains(q.to.Events, event)
}

// put queues a message. The oldest goes where there is no room.
func (q *queue) put(m message) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == most {
		q.waiting = q.waiting[1:]
		q.seen.Dropped++
	}
	q.waiting = append(q.waiting, m)
	q.wake()
}

// close has run return when nothing waits any more.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.wake()
}

func (q *queue) wake() {
	select {
	case q.news <- struct{}{}:
	default:
	}
}

// take gives the oldest message; ok is false when there will be no more.
func (q *queue) take(ctx context.Context) (m message, ok bool) {
	for {
		q.mu.Lock()
		if len(q.waiting) > 0 {
			m = q.waiting[0]
			q.waiting = q.waiting[1:]
			q.mu.Unlock()
			return m, true
		}
		closed := q.closed
		q.mu.Unlock()
		if closed {
			return m, false
		}
		select {
		case <-ctx.Done():
			return m, false
		case <-q.news:
		}
	}
}

// run tells the receiver what comes, until the queue is closed and empty or the
// context is done.
func (q *queue) run(ctx context.Context) {
	for {
		m, ok := q.take(ctx)
		if !ok {
			return
		}
		q.deliver(ctx, m)
	}
}

// deliver sends the message until it is taken, refused for good, or too old.
func (q *queue) deliver(ctx context.Context, m message) {
	for wait := firstWait; ; wait = min(2*wait, longestWait) {
		err := q.send(ctx, m, time.Now())
		if q.note(m, err, ctx.Err() != nil) {
			return
		}
		pause := wait
		if no := (*answer)(nil); errors.As(err, &no) {
			pause = max(wait, min(no.after, longestWait))
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

// answer is a receiver's that did not take an event.
type answer struct {
	code  int
	after time.Duration // it asks for this pause
}

func (a *answer) Error() string {
	return fmt.Sprintf("it answers %d %s", a.code, http.StatusText(a.code))
}

// forGood reports whether the receiver will never take this event: the next may be
// another matter, and must not wait for it.
func (a *answer) forGood() bool {
	switch a.code {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return false
	}
	return a.code >= 300 && a.code < 500
}

// note counts an attempt, and reports whether it was the message's last.
func (q *queue) note(m message, err error, over bool) (last bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if err == nil {
		q.seen.Delivered++
		if q.away {
			q.log.Info("events reach their receiver again", "event", "webhook-up", "receiver", q.seen.Receiver)
		}
		q.away = false
		return true
	}
	q.seen.Failures++
	refused := (*answer)(nil)
	switch {
	case over:
		q.seen.Dropped += 1 + int64(len(q.waiting))
		q.waiting = nil
		return true
	case errors.As(err, &refused) && refused.forGood():
		q.seen.GivenUp++
		q.log.Warn("a receiver refuses an event: it is not told again", "event", "webhook-refused", "receiver", q.seen.Receiver, "name", m.event, "cause", err)
		return true
	case time.Since(m.made) > givenUp:
		q.seen.GivenUp++
		return true
	case !q.away:
		q.away = true
		q.log.Warn("a receiver of events cannot be told: trying again for an hour", "event", "webhook-down", "receiver", q.seen.Receiver, "name", m.event, "cause", err)
	}
	return false
}

// send is one attempt. The error holds nothing of the address but its host.
func (q *queue) send(ctx context.Context, m message, now time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, q.to.URL, bytes.NewReader(m.body))
	if err != nil {
		return errors.New("its address is none")
	}
	stamp := strconv.FormatInt(now.Unix(), 10)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "airloom")
	r.Header.Set("webhook-id", m.id)
	r.Header.Set("webhook-timestamp", stamp)
	if q.key != nil {
		r.Header.Set("webhook-signature", "v1,"+sign(q.key, m.id, stamp, m.body))
	}
	w, err := q.client.Do(r)
	if err != nil {
		if inner := (*url.Error)(nil); errors.As(err, &inner) {
			err = inner.Err // which does not name the address
		}
		if errors.Is(err, context.DeadlineExceeded) {
			err = fmt.Errorf("no answer within %v", patience)
		}
		return err
	}
	defer w.Body.Close()
	_, _ = io.CopyN(io.Discard, w.Body, 4<<10) // so that the connection can be kept
	if w.StatusCode < 200 || w.StatusCode > 299 {
		seconds, _ := strconv.Atoi(w.Header.Get("Retry-After"))
		return &answer{w.StatusCode, time.Duration(min(max(0, seconds), int(longestWait/time.Second))) * time.Second}
	}
	return nil
}

// sign is the signature of version 1 of the specification.
func sign(key []byte, id, stamp string, body []byte) string {
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%s.%s", id, stamp, body)
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func (q *queue) figures() Figures {
	q.mu.Lock()
	defer q.mu.Unlock()
	f := q.seen
	f.Waiting = len(q.waiting)
	return f
}
