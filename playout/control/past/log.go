package past

import (
	"context"
	"encoding"
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"sort"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

const (
	// maxLines and maxBytes are how much of the log is kept.
	maxLines = 5_000
	maxBytes = 4 << 20
	// maxText is how much of a message, or of one of its values, is kept, in bytes.
	maxText = 4 << 10
	// maxFollowers is how many may follow the log at once.
	maxFollowers = 32
)

// Line is one line of the log, as it was logged.
type Line struct {
	// ID grows from line to line, over restarts of the process too.
	ID      int64           `json:"id"`
	At      time.Time       `json:"at"`
	Level   string          `json:"level"` // debug, info, warn or error
	Message string          `json:"message"`
	Fields  json.RawMessage `json:"fields"` // an object of texts, in the order in which they were logged

	level slog.Level
}

// Is reports whether the line is of this level or of a worse one.
func (l *Line) Is(least slog.Level) bool { return l.level >= least }

// Has reports whether the line's words hold the text, which is in lower case.
func (l *Line) Has(text string) bool {
	return strings.Contains(strings.ToLower(l.Message), text) || strings.Contains(strings.ToLower(string(l.Fields)), text)
}

func (l *Line) size() int { return len(l.Message) + len(l.Fields) + 100 }

// Log keeps the latest lines of the log.
type Log struct {
	mu        sync.Mutex
	lines     []Line // a ring…
	first     int    // …that begins here…
	n         int    // …and holds so many
	bytes     int
	last      int64 // the latest ID
	gone      int64 // the ID of the latest that is no longer kept
	followers map[chan struct{}]struct{}
}

// NewLog returns an empty log.
func NewLog() *Log { return &Log{followers: map[chan struct{}]struct{}{}} }

func (g *Log) at(i int) *Line { return &g.lines[(g.first+i)%len(g.lines)] }

// add keeps a line and wakes who follows. It never waits for anybody.
func (g *Log) add(l Line) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.last = max(g.last+1, l.At.UnixMicro())
	l.ID = g.last
	for g.n == maxLines || g.n > 0 && g.bytes+l.size() > maxBytes {
		g.bytes, g.gone = g.bytes-g.at(0).size(), g.at(0).ID
		*g.at(0) = Line{}
		g.first, g.n = (g.first+1)%len(g.lines), g.n-1
	}
	if g.n == len(g.lines) { // it has not come to its full size yet
		grown := make([]Line, min(maxLines, max(64, 2*g.n)))
		for i := range g.n {
			grown[i] = *g.at(i)
		}
		g.lines, g.first = grown, 0
	}
	g.n++
	*g.at(g.n - 1) = l
	g.bytes += l.size()
	for wake := range g.followers {
		select {
		case wake <- struct{}{}:
		default:
		}
	}
}

// atOnce is how many lines are looked at before whoever logs may go on.
const atOnce = 100

// Before is at most n lines that are older than the one of that ID and that are
// wanted, the latest first; 0 is the ID of what comes.
func (g *Log) Before(id int64, n int, want func(*Line) bool) []Line {
	list := []Line{}
	if id == 0 {
		id = math.MaxInt64
	}
	for {
		older := g.older(id)
		if len(older) == 0 {
			return list
		}
		for _, l := range older {
			if len(list) == n {
				return list
			}
			if want(&l) {
				list = append(list, l)
			}
		}
		id = older[len(older)-1].ID
	}
}

// older is some lines that are older than the one of that ID, the latest first.
func (g *Log) older(id int64) []Line {
	g.mu.Lock()
	defer g.mu.Unlock()
	to := g.after(id - 1)
	list := make([]Line, min(to, atOnce))
	for i := range list {
		list[i] = *g.at(to - 1 - i)
	}
	return list
}

// after is the place of the first line that is younger than the one of that ID.
func (g *Log) after(id int64) int {
	return sort.Search(g.n, func(i int) bool { return g.at(i).ID > id })
}

// After is at most n lines that are younger than the one of that ID, the oldest
// first. missed says that there were others, no longer kept.
func (g *Log) After(id int64, n int) (list []Line, missed bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for i := g.after(id); i < g.n && len(list) < min(n, atOnce); i++ {
		list = append(list, *g.at(i))
	}
	return list, id < g.gone
}

// Follow returns a channel that holds a value when there are lines that After has
// not given yet, and what ends that; ok is false when too many follow.
func (g *Log) Follow() (news <-chan struct{}, end func(), ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.followers) >= maxFollowers {
		return nil, nil, false
	}
	wake := make(chan struct{}, 1)
	g.followers[wake] = struct{}{}
	return wake, func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		delete(g.followers, wake)
	}, true
}

// Last is the ID of the latest line; 0: there is none.
func (g *Log) Last() int64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.last
}

// Handler keeps what is logged and hands it on to next, which also decides which
// levels are logged at all.
func (g *Log) Handler(next slog.Handler) *Handler { return &Handler{log: g, next: next} }

// Handler is a slog.Handler that keeps what it hands on.
type Handler struct {
	log    *Log
	next   slog.Handler
	fields string // what With has added, as JSON without its braces
	group  string // the groups that fields to come are in, such as "a.b."
}

// Log is where the lines are kept.
func (h *Handler) Log() *Log { return h.log }

// Enabled implements slog.Handler.
func (h *Handler) Enabled(ctx context.Context, l slog.Level) bool { return h.next.Enabled(ctx, l) }

// Handle implements slog.Handler.
func (h *Handler) Handle(ctx context.Context, r slog.Record) error {
	b := []byte("{" + h.fields)
	r.Attrs(func(a slog.Attr) bool {
		b = appendField(b, h.group, a)
		return true
	})
	h.log.add(Line{At: r.Time.Round(0), Level: word(r.Level), Message: cut(r.Message), Fields: append(b, '}'), level: r.Level})
	return h.next.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (h *Handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	with := *h
	with.next = h.next.WithAttrs(attrs)
	b := []byte("{" + h.fields)
	for _, a := range attrs {
		b = appendField(b, h.group, a)
	}
	with.fields = string(b[1:])
	return &with
}

// WithGroup implements slog.Handler.
func (h *Handler) WithGroup(name string) slog.Handler {
	with := *h
	with.next = h.next.WithGroup(name)
	if name != "" {
		with.group += name + "."
	}
	return &with
}

// word is a level as the API has it.
func word(l slog.Level) string {
	switch {
	case l >= slog.LevelError:
		return "error"
	case l >= slog.LevelWarn:
		return "warn"
	case l >= slog.LevelInfo:
		return "info"
	}
	return "debug"
}

// appendField writes a field into the object that b is the beginning of. Values
// are written as a text log writes them: what hides itself there, is hidden here.
func appendField(b []byte, group string, a slog.Attr) []byte {
	v := a.Value.Resolve()
	if v.Kind() == slog.KindGroup {
		if a.Key != "" {
			group += a.Key + "."
		}
		for _, in := range v.Group() {
			b = appendField(b, group, in)
		}
		return b
	}
	if a.Equal(slog.Attr{}) {
		return b
	}
	if b[len(b)-1] != '{' {
		b = append(b, ',')
	}
	b = appendText(b, group+a.Key)
	b = append(b, ':')
	return appendText(b, text(v))
}

func appendText(b []byte, s string) []byte {
	quoted, _ := json.Marshal(cut(s)) // a string always can be
	return append(b, quoted...)
}

func text(v slog.Value) (s string) {
	defer func() { // as slog's own: who logs a nil is told so
		if r := recover(); r != nil {
			s = fmt.Sprintf("!PANIC: %v", r)
		}
	}()
	switch v.Kind() {
	case slog.KindTime:
		return v.Time().Format(time.RFC3339Nano)
	case slog.KindAny:
		switch x := v.Any().(type) {
		case encoding.TextMarshaler:
			if data, err := x.MarshalText(); err == nil {
				return string(data)
			}
		case []byte:
			return string(x)
		}
		return fmt.Sprintf("%+v", v.Any())
	}
	return v.String()
}

// cut keeps a text within its bounds.
func cut(s string) string {
	s = strings.ToValidUTF8(s, "�")
	if len(s) <= maxText {
		return s
	}
	s = s[:maxText]
	for !utf8.ValidString(s) {
		s = s[:len(s)-1]
	}
	return s + "…"
}
