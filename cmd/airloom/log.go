package main

import (
	"io"
	"log/slog"
	"sync/atomic"
	"time"
)

// logWriter hands log lines to a goroutine that writes them, so that a stuck
// journald or disk never stops whoever logs. Lines that find the queue full are
// dropped, counted, and the count is logged when there is room again.
type logWriter struct {
	lines   chan []byte
	dropped atomic.Int64
	done    chan struct{}
}

func newLogWriter(to io.Writer) *logWriter {
	w := &logWriter{lines: make(chan []byte, 1024), done: make(chan struct{})}
	go func() {
		defer close(w.done)
		for line := range w.lines {
			if line == nil {
				return
			}
			_, _ = to.Write(line)
			if n := w.dropped.Swap(0); n > 0 {
				slog.Warn("log lines were dropped: whatever reads the log is too slow", "event", "log-dropped", "lines", n)
			}
		}
	}()
	return w
}

// Write never blocks.
func (w *logWriter) Write(p []byte) (int, error) {
	select {
	case w.lines <- append([]byte(nil), p...):
	default:
		w.dropped.Add(1)
	}
	return len(p), nil
}

// close writes what is queued, for at most half a second.
func (w *logWriter) close() {
	limit := time.After(500 * time.Millisecond)
	select {
	case w.lines <- nil:
	case <-limit:
		return
	}
	select {
	case <-w.done:
	case <-limit:
	}
}

// newLogger makes the process's logger. Formats are text and json.
func newLogger(to io.Writer, level slog.Level, format string) *slog.Logger {
	opts := &slog.HandlerOptions{Level: level}
	if format == "json" {
		return slog.New(slog.NewJSONHandler(to, opts))
	}
	return slog.New(slog.NewTextHandler(to, opts))
}
