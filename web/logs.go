package web

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"airloom/playout/control/past"
)

// Logs are the latest lines of the process's log.
type Logs interface {
	// Before is at most n lines older than the one of that ID (0: the one to come)
	// that are wanted, the latest first.
	Before(id int64, n int, want func(*past.Line) bool) []past.Line
	// After is at most n lines younger than the one of that ID, the oldest first;
	// missed: there were others.
	After(id int64, n int) (list []past.Line, missed bool)
	// Last is the ID of the latest line.
	Last() int64
	// Follow gives a channel that holds a value when there are new lines, and what
	// ends that; ok is false when too many follow.
	Follow() (news <-chan struct{}, end func(), ok bool)
}

const (
	// someLines and mostLines are how many lines an answer has, unless told, and at most.
	someLines, mostLines = 200, 1000
	// atOnce is how many lines a follower is sent before it is looked after again.
	atOnce = 100
)

// logs answers with lines of the log, the latest first.
func (s *Server) logs(c *gin.Context) {
	want, ok := wanted(c)
	if !ok {
		return
	}
	limit, ok := wholeNumber(c, "limit", someLines, 1, mostLines)
	if !ok {
		return
	}
	before, err := strconv.ParseInt(c.DefaultQuery("before", "0"), 10, 64)
	if err != nil || before < 0 {
		problem(c, http.StatusBadRequest, "Write before as the id of a line.")
		return
	}
	c.Header("Cache-Control", "no-store")
	c.JSON(http.StatusOK, s.inZone(s.cfg.System.Logs.Before(before, limit, want)))
}

// inZone has the lines tell the channel's time.
func (s *Server) inZone(lines []past.Line) []past.Line {
	zone := s.zone()
	for i := range lines {
		lines[i].At = lines[i].At.In(zone)
	}
	return lines
}

// wanted is which lines are asked for; it has answered where that cannot be
// understood.
func wanted(c *gin.Context) (func(*past.Line) bool, bool) {
	least, search := slog.LevelDebug, strings.ToLower(c.Query("search"))
	if name := c.Query("level"); name != "" {
		if err := least.UnmarshalText([]byte(name)); err != nil || strings.ContainsAny(name, "+-") {
			problem(c, http.StatusBadRequest, "There is no level "+strconv.Quote(name)+": write debug, info, warn or error.")
			return nil, false
		}
	}
	return func(l *past.Line) bool { return l.Is(least) && (search == "" || l.Has(search)) }, true
}

// logEvents sends lines as they are logged. Who comes back with the last line's ID
// first gets what it has missed, as far as that is kept.
func (s *Server) logEvents(c *gin.Context) {
	want, ok := wanted(c)
	if !ok {
		return
	}
	logs := s.cfg.System.Logs
	news, end, ok := logs.Follow()
	if !ok {
		c.Header("Retry-After", "5")
		problem(c, http.StatusServiceUnavailable, "No more listeners are taken. Try again in a few seconds.")
		return
	}
	defer end()
	last := logs.Last()
	if text := lastHeard(c); text != "" {
		if id, err := strconv.ParseInt(text, 10, 64); err == nil {
			last = min(id, last)
		}
	}
	line := newEventLine(c)
	if !line.send([]byte("retry: 1000\n\n")) {
		return
	}
	for {
		var text []byte
		if text, last = s.linesSince(last, want); len(text) > 0 {
			if !line.send(text) {
				return
			}
			continue // there may be more already
		}
		if !line.wait(news, s.live.end) {
			return
		}
	}
}

// linesSince are the next lines that are wanted, as events, and the ID of the
// last line that was looked at.
func (s *Server) linesSince(last int64, want func(*past.Line) bool) (text []byte, next int64) {
	for {
		list, missed := s.cfg.System.Logs.After(last, atOnce)
		if missed {
			text = append(text, "event: missed\ndata: {}\n\n"...)
		}
		if len(list) == 0 {
			return text, last
		}
		last = list[len(list)-1].ID
		for _, l := range s.inZone(list) {
			if !want(&l) {
				continue
			}
			data, _ := json.Marshal(l) // its fields are JSON
			text = fmt.Appendf(text, "id: %d\nevent: line\ndata: %s\n\n", l.ID, data)
		}
		if len(text) > 0 {
			return text, last
		}
	}
}

// lastHeard is the ID of the last event that who comes back has heard.
func lastHeard(c *gin.Context) string {
	if last := c.GetHeader("Last-Event-ID"); last != "" {
		return last
	}
	return c.Query("last_event_id")
}

// eventLine is the way events take to one who listens.
type eventLine struct {
	c      *gin.Context
	line   *http.ResponseController
	over   <-chan time.Time
	silent *time.Timer
}

// newEventLine begins an answer of events.
func newEventLine(c *gin.Context) *eventLine {
	h := c.Writer.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // a proxy may not gather it
	c.Status(http.StatusOK)
	return &eventLine{c, http.NewResponseController(c.Writer), time.After(oneStream), time.NewTimer(heartbeat)}
}

// send sends, and reports whether to go on.
func (l *eventLine) send(text []byte) bool {
	_ = l.line.SetWriteDeadline(time.Now().Add(aWrite))
	if _, err := l.c.Writer.Write(text); err != nil {
		return false
	}
	l.silent.Reset(heartbeat)
	return l.line.Flush() == nil
}

// wait waits for news, breaking the silence, and reports whether to go on.
func (l *eventLine) wait(news <-chan struct{}, end <-chan struct{}) bool {
	for {
		select {
		case <-news:
			return true
		case <-l.silent.C:
			if !l.send([]byte(":\n\n")) {
				return false
			}
		case <-l.over:
			return false
		case <-end:
			return false
		case <-l.c.Request.Context().Done():
			return false
		}
	}
}
