package airtest

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

// busy is the share of the machine that others may take before a failure says
// more of them than of airloom. AIRLOOM_STRICT=1 judges whatever the machine.
const busy = 0.25

func strict() bool { return os.Getenv("AIRLOOM_STRICT") == "1" }

// Judged runs assertions. If they fail while others took much of the machine,
// the test is skipped, with what failed in its log: a channel that gets no
// processor cannot be on time, and cannot be judged.
func Judged(t testing.TB, others float64, assert func(testing.TB)) {
	t.Helper()
	r := &recorder{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		assert(r)
	}()
	<-done
	if len(r.said) == 0 {
		return
	}
	words := strings.Join(r.said, "\n")
	if others > busy && !strict() {
		t.Skipf("NOT JUDGED: others took %.0f %% of the machine. It would have failed:\n%s", 100*others, words)
	}
	t.Error(words)
}

// recorder is a test that notes its failures instead of failing.
type recorder struct {
	testing.TB
	said []string
}

func (r *recorder) Helper()                           {}
func (r *recorder) Error(args ...any)                 { r.said = append(r.said, fmt.Sprint(args...)) }
func (r *recorder) Errorf(format string, args ...any) { r.Error(fmt.Sprintf(format, args...)) }
func (r *recorder) FailNow()                          { runtime.Goexit() }
func (r *recorder) Fatal(args ...any)                 { r.Error(args...); r.FailNow() }
func (r *recorder) Fatalf(format string, args ...any) { r.Errorf(format, args...); r.FailNow() }
func (r *recorder) Failed() bool                      { return len(r.said) > 0 }

// Judge fails the test if a time is over its limit, unless others had the
// machine meanwhile: then it only says so.
func Judge(t testing.TB, what string, got, limit time.Duration, others float64) {
	t.Helper()
	text := fmt.Sprintf("%s: %v (limit %v; others took %.0f %% of %d processors)", what, got.Round(100*time.Microsecond), limit,
		100*others, runtime.NumCPU())
	switch {
	case got <= limit:
		t.Log(text)
	case others > busy && !strict():
		t.Log("NOT JUDGED, the machine is not ours alone: " + text)
	default:
		t.Error(text)
	}
}
