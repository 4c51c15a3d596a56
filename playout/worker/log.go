package worker

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync"
	"time"
)

// A child may say this much: a broken file can make a decoder complain about
// every macroblock. What is beyond is counted.
const (
	maxLine   = 1024 // bytes; the rest of a longer line is cut
	logBurst  = 20   // lines at once
	logEvery  = 200 * time.Millisecond
	wordsTime = 200 * time.Millisecond // to read what a dead child left in its pipe
)

// childLog reads one child's stderr: its log in JSON lines, and what the runtime
// or a library prints when it dies.
type childLog struct {
	file *os.File
	to   *slog.Logger
	done chan struct{}
	hide *strings.Replacer

	mu    sync.Mutex
	words string // why it died, by its own account

	tokens  int
	filled  time.Time
	dropped int
}

// newChildLog logs what comes from f. The source, which may be a URL with a
// password in it, is replaced by its name wherever libav spells it out, and what it
// holds of secrets wherever a server does.
func newChildLog(f *os.File, to *slog.Logger, source, name string) *childLog {
	return &childLog{file: f, to: to, hide: hider(source, strings.Trim(name, `"`)), done: make(chan struct{}), tokens: logBurst, filled: time.Now()}
}

// hider replaces a source by its name, and by "…" its password and what its query
// holds, as they are written there and as they are meant.
func hider(source, name string) *strings.Replacer {
	pairs := []string{source, name}
	hush := func(least int, secret string) {
		if len(secret) >= least {
			pairs = append(pairs, secret, "…")
		}
	}
	if u, err := url.Parse(source); err == nil && u.Host != "" {
		if password, ok := u.User.Password(); ok {
			_, written, _ := strings.Cut(u.User.String(), ":")
			hush(1, password)
			hush(1, written)
		}
		for param := range strings.SplitSeq(u.RawQuery, "&") {
			_, written, _ := strings.Cut(param, "=")
			value, _ := url.QueryUnescape(written) // "" where it is not coded
			hush(maxWord, written)
			hush(maxWord, value)
		}
	}
	return strings.NewReplacer(pairs...)
}

// maxWord is how long a parameter's value must be to be taken for a secret: of what
// is shorter, such as a mode, a log is not to be cleared.
const maxWord = 6

func (l *childLog) run() {
	defer close(l.done)
	in := bufio.NewReaderSize(l.file, maxLine)
	for {
		line, err := in.ReadSlice('\n')
		whole := err == nil
		if len(line) > 0 {
			l.line(bytes.TrimSpace(line))
		}
		for errors.Is(err, bufio.ErrBufferFull) { // skip the rest of a long line
			_, err = in.ReadSlice('\n')
		}
		if err != nil && !whole {
			break
		}
	}
	if l.dropped > 0 {
		l.to.Warn("the decoder said more than is logged", "event", "log-dropped", "lines_dropped", l.dropped)
	}
}

// logLine is what the child's JSON handler writes.
type logLine struct {
	Level slog.Level `json:"level"`
	Msg   string     `json:"msg"`
}

func (l *childLog) line(b []byte) {
	var line logLine
	switch {
	case len(b) == 0:
		return
	case json.Unmarshal(b, &line) != nil || line.Msg == "":
		l.note(b)
		line = logLine{slog.LevelDebug, string(b)}
	case line.Level >= slog.LevelError:
		l.mu.Lock()
		l.words = l.hidden(line.Msg)
		l.mu.Unlock()
	}
	if !l.allow(time.Now()) {
		l.dropped++
		return
	}
	l.to.Log(context.Background(), line.Level, l.hidden(line.Msg), "event", "decoder-says")
}

// addresses are what libav spells out of its own: of a list's parts, of where it was
// redirected to. secret is what may be one in them.
var (
	addresses = regexp.MustCompile(`[A-Za-z][A-Za-z0-9+.-]*://(?:[^\s'",]|,[^\s'"])+`)
	secret    = regexp.MustCompile(`^([^:]+://(?:…@)?)(?:[^/?#]*@)?([^?#]*)[?#].*$|^([^:]+://(?:…@)?)(?:[^/?#]*@)?(.*)$`)
)

// hidden is the line without what may be secret in the addresses it names.
func (l *childLog) hidden(line string) string {
	return addresses.ReplaceAllStringFunc(l.hide.Replace(line), func(a string) string {
		if strings.ContainsAny(a, "?#") {
			return secret.ReplaceAllString(a, "${1}${2}…")
		}
		return secret.ReplaceAllString(a, "${3}${4}")
	})
}

// allow is a bucket of tokens: a burst, then a few lines a second.
func (l *childLog) allow(now time.Time) bool {
	if n := int(now.Sub(l.filled) / logEvery); n > 0 {
		l.tokens = min(l.tokens+n, logBurst)
		l.filled = l.filled.Add(time.Duration(n) * logEvery)
	}
	if l.tokens == 0 {
		return false
	}
	l.tokens--
	return true
}

// Go's runtime catches a signal that C code raised and prints it as it dies.
var (
	dyingSignal = regexp.MustCompile(`^(?:\[signal |PC=.* )?(SIG[A-Z]+)(?::| )`)
	dyingWords  = regexp.MustCompile(`^(?:panic|fatal error|runtime): `)
)

// note keeps the first words of a dying child; a signal's name beats the rest.
func (l *childLog) note(b []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if m := dyingSignal.FindSubmatch(b); m != nil {
		l.words = "signal " + string(m[1])
	} else if l.words == "" && dyingWords.Match(b) {
		l.words = l.hide.Replace(string(b))
	}
}

// lastWords is why a dead child died, by its own account, or "".
func (l *childLog) lastWords() string {
	_ = l.file.SetReadDeadline(time.Now().Add(wordsTime))
	<-l.done
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.words
}

// close gives the log of a child up, whether it is dead or not.
func (l *childLog) close() {
	_ = l.file.SetReadDeadline(time.Now().Add(wordsTime))
	<-l.done
	_ = l.file.Close()
}
