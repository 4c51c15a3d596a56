package antmedia

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/output"
)

// slowly has the API take its time over each answer.
func (f *fake) slowly(by time.Duration) {
	f.set(func() {
		f.answerWith = func(_ http.ResponseWriter, r *http.Request) bool {
			select {
			case <-time.After(by):
				return false
			case <-r.Context().Done():
				return true
			}
		}
	})
}

// forget lets what the API said be so long ago that it is asked again.
func (b *bench) forget() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.word.at = b.word.at.Add(-askAgain)
}

// An API that is slower than a connect waits for is help all the same, once refused.
func TestSlowAPI(t *testing.T) {
	t.Parallel()
	f := newFake(t)
	f.onlyKnown, f.keeps = true, true
	f.slowly(patience + 50*time.Millisecond)
	b := newBench(t, f, Options{Create: true}, "")
	s, _, err := b.publish()
	require.NoError(t, err)
	require.Equal(t, 1, f.created, "it is made after the refusal")
	b.aged(3 * time.Second)
	_, wait := run(s)
	f.breaks("ch1")
	wait()
	s, _, err = b.publish()
	require.NoError(t, err)
	require.Equal(t, 1, f.count("POST /LiveApp/rest/v2/broadcasts/ch1/stop"))
	aired(s)
	f.set(func() { delete(f.conns, "ch1") })
	b.published()
	require.False(t, b.slow, "it was not given all its time")
}

// While we are refused the API is asked once in five seconds, whatever it answers.
func TestAPIIsAskedSeldom(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(f *fake){
		"a stranger": func(f *fake) { f.hold("ch1", time.Hour, nil) },
		"a secret":   func(f *fake) { f.make("ch1", "created"); f.by = ByHash },
		"unknown":    func(f *fake) { f.onlyKnown = true },
		"nonsense": func(f *fake) {
			f.onlyKnown = true
			f.answerWith = func(w http.ResponseWriter, _ *http.Request) bool { _, _ = w.Write([]byte("<html>")); return true }
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			change(f)
			b := newBench(t, f, Options{}, "")
			for range 4 {
				_, took, err := b.publish()
				require.Error(t, err)
				require.Less(t, took, time.Second)
			}
			require.Equal(t, 1, f.count("GET"))
		})
	}
}

// Nobody is thrown off for one who has nothing to show, or whose credential was not
// accepted.
func TestNoTakeoverInVain(t *testing.T) {
	const stop = "POST /LiveApp/rest/v2/broadcasts/ch1/stop"
	f := newFake(t)
	f.by, f.noTokens = ByToken, true
	f.hold("ch1", time.Hour, nil)
	b := newBench(t, f, Options{Takeover: true, Credential: Credential{By: ByToken}}, "")
	b.refused(output.CauseCredential)
	b.forget()
	b.refused(output.CauseCredential)
	require.Zero(t, f.count(stop), "it gives no token")

	f.set(func() {
		f.noTokens, f.badTokens = false, true
		delete(f.conns, "ch1")
		f.broadcasts["ch1"]["status"] = "finished"
	})
	b.forget()
	b.refused(output.CauseCredential)
	f.hold("ch1", time.Hour, nil)
	b.forget()
	b.refused(output.CauseIDInUse)
	require.Zero(t, f.count(stop), "the token was not accepted")

	b.vain = b.vain.Add(-vainFor)
	b.forget()
	b.refused(output.CauseGhost)
	require.Equal(t, 1, f.count(stop))
	f.hold("ch1", 0, nil)
	b.took = b.took.Add(-takeAgain)
	b.forget()
	b.refused(output.CauseIDInUse)
	require.Equal(t, 1, f.count(stop), "the last time was in vain")
	f.set(func() { f.badTokens = false; delete(f.conns, "ch1"); f.broadcasts["ch1"]["status"] = "finished" })
	b.published()
	f.hold("ch1", time.Hour, nil)
	b.published()
	require.Equal(t, 2, f.count(stop), "we got in since")
}

// A stop that fails is told of once a minute.
func TestStopThatFails(t *testing.T) {
	f := newFake(t)
	f.hold("ch1", time.Hour, nil)
	f.answerWith = func(w http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, "/stop") {
			page(w, 403, "Not allowed IP")
			return true
		}
		return false
	}
	b := newBench(t, f, Options{Takeover: true}, "")
	told := func() int { return strings.Count(b.log.String(), "could not be stopped") }
	for range 3 {
		b.refused(output.CauseIDInUse)
		b.forget()
	}
	require.Equal(t, 1, told())
	require.NotContains(t, b.log.String(), "taking the stream id over")
	b.warned = b.warned.Add(-warnAgain)
	b.refused(output.CauseIDInUse)
	require.Equal(t, 2, told())
}
