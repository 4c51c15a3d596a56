package web

import (
	"context"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"airloom/playout/levels"
)

const (
	// heartbeat is how long a client hears nothing: what lies between would take
	// a silent connection for a dead one.
	heartbeat = 10 * time.Second
	// aWrite is how long a client may take to take what it is sent. Over HTTP/2 it
	// is also how long it may hear nothing, so it is longer than a heartbeat.
	aWrite = heartbeat + 5*time.Second
	// oneStream is how long a client stays before it has to come back, which its
	// browser does by itself: so that who may no longer listen is noticed.
	oneStream = time.Hour
)

// events sends what happens, as it happens, for as long as the client listens:
// server-sent events. See [hub] for what they are.
func (s *Server) events(c *gin.Context) {
	last := c.GetHeader("Last-Event-ID")
	if last == "" {
		last = c.Query("last_event_id")
	}
	line := http.NewResponseController(c.Writer)
	me, first, ok := s.live.join(last)
	if !ok {
		c.Header("Retry-After", "5")
		problem(c, http.StatusServiceUnavailable, "No more listeners are taken. Try again in a few seconds.")
		return
	}
	defer s.live.leave(me)
	loud, quiet := s.levels(c)
	defer quiet()
	c.Header("Content-Type", "text/event-stream")
	c.Header("Cache-Control", "no-store")
	c.Header("X-Accel-Buffering", "no") // a proxy may not gather it
	c.Status(http.StatusOK)

	send := func(text []byte) bool {
		_ = line.SetWriteDeadline(time.Now().Add(aWrite))
		if _, err := c.Writer.Write(text); err != nil {
			return false
		}
		return len(me.events) > 0 || line.Flush() == nil
	}
	if send(first) {
		stay(c.Request.Context(), me.events, loud, send)
	}
}

// stay sends what comes until the client is gone, too slow, or has stayed long enough.
func stay(ctx context.Context, events <-chan []byte, loud <-chan levels.Levels, send func([]byte) bool) {
	silent, over := time.NewTicker(heartbeat), time.NewTimer(oneStream)
	defer silent.Stop()
	defer over.Stop()
	for {
		select {
		case text, open := <-events:
			if !open || !send(text) { // too slow, or the server stops
				return
			}
			silent.Reset(heartbeat)
		case l := <-loud:
			if !send(levelsEvent(l)) {
				return
			}
		case <-silent.C:
			if !send([]byte(":\n\n")) {
				return
			}
		case <-over.C:
			return
		case <-ctx.Done():
			return
		}
	}
}
