package worker

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"airloom/playout/media"
)

// logged collects what is logged.
type logged struct {
	mu  sync.Mutex
	buf strings.Builder
}

func (l *logged) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func TestChildsLogIsBounded(t *testing.T) {
	var l logged
	op := opener(t, Options{Log: slog.New(slog.NewTextHandler(&l, nil))})
	spec := script("chatty")
	spec.Source += "&token=secret"
	_, err := drain(t, op.Open(context.Background(), spec, media.Start{}))
	require.ErrorIs(t, err, io.EOF)
	settled(t, op)
	require.Contains(t, l.String(), `level=WARN msg="line 0 "`)
	require.Contains(t, l.String(), `source="\"synthetic://chatty\""`)
	require.Contains(t, l.String(), "lines_dropped=")
	require.Less(t, strings.Count(l.String(), "\n"), 60)
	require.NotContains(t, l.String(), "secret")
}

func TestMissingFencesAreToldOnce(t *testing.T) {
	var l logged
	op := opener(t, Options{Log: slog.New(slog.NewTextHandler(&l, nil))})
	op.fences(nil)
	require.Empty(t, l.String())
	for range 3 {
		op.fences([]string{"landlock (not in this kernel)"})
	}
	require.Equal(t, 1, strings.Count(l.String(), "more rights than they should"))
}

// Go's runtime tells in its own words what a decoder died of.
func TestLastWords(t *testing.T) {
	for said, want := range map[string]string{
		"fatal error: unexpected signal during runtime execution\n[signal SIGSEGV: segmentation violation code=0x2 addr=0x7f]\nrest": "signal SIGSEGV",
		"SIGABRT: abort\nPC=0x7 m=0 sigcode=18446744073709551610":                                                                    "signal SIGABRT",
		"runtime: out of memory: cannot allocate 4194304-byte block":                                                                 "runtime: out of memory: cannot allocate 4194304-byte block",
		"panic: a bug\n\ngoroutine 1 [running]:\npanic: another":                                                                     "panic: a bug",
		`{"level":"ERROR","msg":"map ring: no memory"}`:                                                                              "map ring: no memory",
		`{"level":"WARN","msg":"panic: not really"}`:                                                                                 "",
	} {
		l := newChildLog(nil, slog.New(slog.DiscardHandler), "/media/one.mp4", `"one.mp4"`)
		for line := range strings.Lines(said) {
			l.line([]byte(strings.TrimSpace(line)))
		}
		require.Equal(t, want, l.words)
	}
}

func TestLibavsWordsDoNotHoldASecret(t *testing.T) {
	const source = "rtsp://me:secret%2Fword@cam/door?mode=live&key=se%2Bcret-key&other=plain-secret"
	var out bytes.Buffer
	name := displayName(media.Spec{Source: source})
	require.Equal(t, `"rtsp://…@cam/door"`, name)
	l := newChildLog(nil, slog.New(slog.NewTextHandler(&out, nil)), source, name)
	l.line([]byte(`{"level":"WARN","msg":"Opening ` + source + ` failed"}`))
	require.Contains(t, out.String(), "Opening rtsp://…@cam/door failed")
	for _, said := range []string{
		"403 not with secret/word", "403 not with secret%2Fword", "Opening http://cdn/1.ts?key=se%2Bcret-key", "what is se+cret-key", "plain-secret?",
	} {
		l.line([]byte(`{"level":"WARN","msg":"` + said + `, live"}`))
	}
	require.Equal(t, 6, strings.Count(out.String(), "…"))
	require.Equal(t, 5, strings.Count(out.String(), ", live"), "what is no secret stays")
	l.line([]byte("panic: plain-secret"))
	require.Equal(t, "panic: …", l.words)
	require.NotContains(t, out.String(), "cret")
}

func TestNamesHoldNoSecret(t *testing.T) {
	for source, want := range map[string]string{
		"http://me:secret@h/a.mp4?key=secret#secret": `"http://…@h/a.mp4"`,
		"http://me:secret%zz@h/a.mp4":                `"http://…"`,
		"/media/a/b.mp4":                             `"a/b.mp4"`,
	} {
		require.Equal(t, want, displayName(media.Spec{Root: "/media", Source: source}))
	}
}

// What libav says of addresses, its own included, goes without what is secret in them.
func TestALogLineHidesWhatIsSecretInAddresses(t *testing.T) {
	l := newChildLog(nil, slog.New(slog.DiscardHandler), "rtsp://ops:hunter2@cam.example/door?token=hunter2", `"rtsp://cam.example/door"`)
	for line, want := range map[string]string{
		"[rtsp @ 0x1] rtsp://ops:hunter2@cam.example/door?token=hunter2: 401":          "[rtsp @ 0x1] rtsp://cam.example/door: 401",
		"[hls @ 0x1] Opening 'https://cdn.example/a/7.ts?token=hunter2' for reading":   "[hls @ 0x1] Opening 'https://cdn.example/a/7.ts…' for reading",
		"[tcp @ 0x1] Connection to tcp://cam.example:554?timeout=5000000 failed: away": "[tcp @ 0x1] Connection to tcp://cam.example:554… failed: away",
		"keepalive request failed for 'http://u:hunter2@h/x' with error":               "keepalive request failed for 'http://h/x' with error",
		"no address here": "no address here",
	} {
		require.Equal(t, want, l.hidden(line))
	}
}
