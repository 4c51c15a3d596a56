package web

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// slowPlan is a plan that takes its time, and counts how often it is asked.
type slowPlan struct {
	*plan
	asked atomic.Int64
	go_   chan struct{}
}

func (p *slowPlan) Rundown(ctx context.Context, n int) []Upcoming {
	p.asked.Add(1)
	<-p.go_
	return p.rundown[:min(n, len(p.rundown))]
}

// Two hundred desks that ask at once cost one look ahead.
func TestManyWhoAskTheSameCostOneLook(t *testing.T) {
	p := &slowPlan{plan: aPlan(), go_: make(chan struct{})}
	at := serve(t, Config{Plan: p}, onAir()) + "/api/v1/rundown"
	var all sync.WaitGroup
	bodies := make(chan string, 60)
	for range 60 { // no more come in from one address
		all.Go(func() {
			w, err := http.Get(at)
			if err != nil {
				bodies <- err.Error()
				return
			}
			defer w.Body.Close()
			text, _ := io.ReadAll(w.Body)
			bodies <- string(text)
		})
	}
	require.Eventually(t, func() bool { return p.asked.Load() == 1 }, 5*time.Second, time.Millisecond)
	close(p.go_)
	all.Wait()
	close(bodies)
	for b := range bodies {
		require.Contains(t, b, `"title":"One"`)
	}
	asked := p.asked.Load()
	require.LessOrEqual(t, asked, int64(2), "but for who came after a second")
	p.edition++
	ask(t, http.MethodGet, at)
	require.Equal(t, asked+1, p.asked.Load(), "another plan is looked at anew")
	p.at = "elsewhere"
	ask(t, http.MethodGet, at)
	require.Equal(t, asked+2, p.asked.Load(), "and so is another place")
	ask(t, http.MethodGet, at+"?limit=2")
	require.Equal(t, asked+3, p.asked.Load(), "and another question")
}

func TestAnswersAreSharedForASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var a answers
		n := 0
		get := func() (string, error) {
			body, err := a.get(t.Context(), "key", func(w io.Writer) error {
				n++
				_, err := io.WriteString(w, strings.Repeat("x", n))
				return err
			})
			return string(body), err
		}
		for range 3 {
			body, err := get()
			require.NoError(t, err)
			require.Equal(t, "x", body)
		}
		time.Sleep(sharedFor)
		body, _ := get()
		require.Equal(t, "xx", body)

		broken := errors.New("broken")
		_, err := a.get(t.Context(), "other", func(io.Writer) error { return broken })
		require.ErrorIs(t, err, broken)
		_, err = a.get(t.Context(), "other", func(io.Writer) error { return nil })
		require.NoError(t, err, "what failed is not kept")

		_, err = a.get(t.Context(), "large", func(w io.Writer) error {
			_, err := w.Write(make([]byte, mostShared+1))
			return err
		})
		require.ErrorIs(t, err, errTooLarge)
		time.Sleep(sharedFor)
		_, _ = get()
		require.Len(t, a.all, 1, "what is old is let go of")
	})
}

// What is too large to be kept is told all the same.
func TestALargeAnswerIsNotShared(t *testing.T) {
	p := aPlan()
	for len(p.entries) < 40_000 {
		p.entries = append(p.entries, p.entries...)
	}
	w := ask(t, http.MethodGet, serve(t, Config{Plan: p}, onAir())+"/api/v1/schedule?for=31d")
	require.Equal(t, http.StatusOK, w.StatusCode)
	require.Greater(t, len(w.body), mostShared)
	require.True(t, strings.HasSuffix(w.body, "]"))
}
