// Package airtest is the project's own measuring bench: it judges a stream by
// what a real RTMP server recorded of it, never by what airloom says of itself.
//
// Data passes through it in one direction. [Clips] makes marker clips, whose
// every picture carries the clip's id and its own number, and whose sound beeps
// at the instant the picture flashes. [Airloom] plays them from the real binary
// into [NGINX], perhaps through a [Tap] that notes when bytes arrive. [Analyse]
// takes the recording apart again: which picture of which clip aired when, where
// the sound stands against it, and what is missing, doubled, black or silent.
// [Usage] adds what the process tree cost.
//
// It needs the ffmpeg program and, for the server, nginx with its rtmp module.
package airtest

import (
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"airloom/playout/media"
)

// DefaultHouse is the small house that a test uses where no size matters.
var DefaultHouse = media.House{
	Width: 320, Height: 180, FPS: media.Rational{Num: 25, Den: 1}, SampleRate: 44100, Fit: media.FitPad,
}

// HDHouse is the house of the cost and memory rows.
var HDHouse = media.House{
	Width: 1280, Height: 720, FPS: media.Rational{Num: 25, Den: 1}, SampleRate: 44100, Fit: media.FitPad,
}

// Soak says whether the long versions of the rows are wanted (AIRLOOM_SOAK=1).
func Soak() bool { return os.Getenv("AIRLOOM_SOAK") == "1" }

// Eventually waits for a condition and fails the test, in words, if it does not
// come true in time. It looks every 20 ms: fine enough for what a viewer sees.
func Eventually(t testing.TB, within time.Duration, what string, cond func() bool) time.Duration {
	t.Helper()
	start := time.Now()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !cond() {
		if time.Since(start) > within {
			t.Fatalf("waited %v, and still not: %s", within, what)
		}
		<-tick.C
	}
	return time.Since(start)
}

// Stay lets the air run for d, and looks at it every 100 ms: check returns ""
// while all is well. Measuring takes its time; this is the one place that waits
// for time to pass.
func Stay(t testing.TB, d time.Duration, check func() string) {
	t.Helper()
	end := time.NewTimer(d)
	defer end.Stop()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-end.C:
			return
		case <-tick.C:
			if check == nil {
				continue
			}
			if bad := check(); bad != "" {
				t.Fatal(bad)
			}
		}
	}
}

// need finds a program, or says how to get it.
func need(t testing.TB, name, pkg string) string {
	t.Helper()
	p, err := exec.LookPath(name)
	if err != nil {
		for _, dir := range []string{"/usr/sbin/", "/usr/local/sbin/"} { // not in every user's PATH
			if _, err := os.Stat(dir + name); err == nil {
				return dir + name
			}
		}
		t.Fatalf("the tests need the %s program: apt-get install %s (`make test` does)", name, pkg)
	}
	return p
}

// seconds renders a time on a recording's line.
func seconds(d time.Duration) string { return fmt.Sprintf("%.3f s", d.Seconds()) }

// ms is a duration in milliseconds, for figures.
func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
