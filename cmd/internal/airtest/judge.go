package airtest

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"airloom/playout/control"
)

// busy is the share of the machine that others may take before a failure says
// more of them than of airloom. AIRLOOM_STRICT=1 judges whatever the machine.
const busy = 0.25

func strict() bool { return os.Getenv("AIRLOOM_STRICT") == "1" }

// excused says whether a failure that may come of too little processor time says
// nothing of airloom.
func excused(others float64, strict bool) bool { return others > busy && !strict }

// Excuse is what too little processor time may have done to a stream, by the
// channel's own count. The zero Excuse forgives nothing.
type Excuse struct {
	Held    int64 // ticks that no clip had ready: a picture too many, and silence
	Skipped int64 // pictures that the encoder had no time for: a tick without one
}

// ExcuseOf is what is forgiven a channel, given its last status: nothing on a
// machine that was ours, and else no more than it owned up to.
func ExcuseOf(s control.Status, others float64) Excuse {
	if !excused(others, strict()) {
		return Excuse{}
	}
	return Excuse{Held: s.Encoder.HeldTicks, Skipped: s.Encoder.SkippedTicks}
}

// Judged runs assertions about what depends on speed. What fails while others
// took much of the machine is logged, and the test goes on: a channel that gets
// no processor cannot be on time. It returns whether there was a judgement.
func Judged(t testing.TB, others float64, assert func(testing.TB)) bool {
	t.Helper()
	r := &recorder{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		assert(r)
	}()
	<-done
	if len(r.said) == 0 {
		return true
	}
	return verdict(t, strings.Join(r.said, "\n"), others)
}

// verdict fails the test, or says why it does not.
func verdict(t testing.TB, words string, others float64) bool {
	t.Helper()
	if excused(others, strict()) {
		t.Logf("NOT JUDGED: others took %.0f %% of the machine. It would have failed:\n%s", 100*others, words)
		return false
	}
	t.Error(words)
	return true
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
// machine meanwhile: then it only says so. It returns whether there was a judgement.
func Judge(t testing.TB, what string, got, limit time.Duration, others float64) bool {
	t.Helper()
	text := fmt.Sprintf("%s: %v (limit %v; others took %.0f %% of %d processors)", what, got.Round(100*time.Microsecond), limit,
		100*others, runtime.NumCPU())
	if got <= limit {
		t.Log(text)
		return true
	}
	return verdict(t, text, others)
}
