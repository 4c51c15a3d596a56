package main_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/cmd/internal/airtest"
	"airloom/playout/control"
)

// crowd is what many desks do to a channel.
type crowd struct {
	ch      *airtest.Channel
	events  [200]atomic.Int64 // heard by each listener
	cut     atomic.Int64      // streams that ended
	mu      sync.Mutex
	took    []time.Duration
	refused []string
}

// listen hears the events until the context ends.
func (c *crowd) listen(ctx context.Context, me int) {
	path := "/api/v1/events"
	if me%10 == 0 { // some look at the meters
		path += "?levels=1"
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.ch.URL(path), nil)
	if err != nil {
		panic(err)
	}
	wire := &http.Transport{}
	defer wire.CloseIdleConnections()
	w, err := (&http.Client{Transport: wire}).Do(r)
	if err != nil {
		c.cut.Add(1)
		return
	}
	defer w.Body.Close()
	for lines := bufio.NewScanner(w.Body); lines.Scan(); {
		if lines.Text() == "event: status" {
			c.events[me].Add(1)
		}
	}
	if ctx.Err() == nil {
		c.cut.Add(1)
	}
}

// asks is what desks ask for, in turn: fifty a second.
func asks() (list []string) {
	for path, times := range map[string]int{
		"/api/v1/status": 12, "/api/v1/rundown?limit=50": 10, "/api/v1/rundown?limit=200": 2, "/api/v1/schedule?for=24h": 4,
		"/api/v1/schedule?for=2h": 4, "/api/v1/playlists": 4, "/api/v1/playlists/day.yml": 3, "/api/v1/asrun": 3,
		"/api/v1/commands": 2, "/api/v1/page": 1, "/api/v1/me": 1, "/": 2, "effects": 2,
	} {
		list = append(list, slices.Repeat([]string{path}, times)...)
	}
	slices.SortFunc(list, func(a, b string) int { return strings.Compare(a[len(a)/2:]+a, b[len(b)/2:]+b) })
	return list
}

// ask asks for one thing.
func (c *crowd) ask(client *http.Client, path, draft string) {
	began := time.Now()
	var w *http.Response
	var err error
	if path == "effects" {
		w, err = client.Post(c.ch.URL("/api/v1/playlists/day.yml/effects"), "text/plain", strings.NewReader(draft))
	} else {
		w, err = client.Get(c.ch.URL(path))
	}
	words := ""
	if err == nil {
		_, err = io.Copy(io.Discard, w.Body)
		_ = w.Body.Close()
		if w.StatusCode != http.StatusOK && path != "/" { // it may be built without its page
			words = fmt.Sprint(path, " ", w.StatusCode)
		}
	}
	if err != nil {
		words = fmt.Sprint(path, " ", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.took = append(c.took, time.Since(began))
	if words != "" {
		c.refused = append(c.refused, words)
	}
}

// work is 200 listeners and 50 requests a second, for a time.
func (c *crowd) work(t *testing.T, length time.Duration, draft string) {
	ctx, cancel := context.WithTimeout(t.Context(), length)
	defer cancel()
	var all sync.WaitGroup
	for i := range c.events {
		all.Go(func() { c.listen(ctx, i) })
	}
	wires := &http.Transport{MaxIdleConnsPerHost: 50}
	defer wires.CloseIdleConnections()
	client := &http.Client{Transport: wires, Timeout: 10 * time.Second}
	paths := asks()
	every := time.NewTicker(time.Second / 50)
	defer every.Stop()
	for i := 0; ctx.Err() == nil; i++ {
		select {
		case <-every.C:
			all.Go(func() { c.ask(client, paths[i%len(paths)], draft) })
		case <-ctx.Done():
		}
	}
	all.Wait()
}

// lost are the ticks that were held and the pictures that were skipped between two
// looks.
func lost(before, after control.Status) int64 {
	return after.Encoder.HeldTicks - before.Encoder.HeldTicks + after.Encoder.SkippedTicks - before.Encoder.SkippedTicks
}

// Row 4 of the desk: 200 listeners and 50 requests a second cost the air nothing. A
// channel that nobody asks runs beside it: what the machine does to the one it does to
// the other, and what only being asked does shows in the one alone. That the work does
// not simply take the processors from both shows in the idle one, which has to be on
// time as well.
func TestDesk04Load(t *testing.T) {
	length := 25 * time.Second
	if airtest.Soak() {
		length = 5 * time.Minute
	}
	clips := airtest.Clips(t, airtest.Long1, airtest.Long2)
	srv := airtest.NGINX(t)
	var day strings.Builder
	day.WriteString("schedule: {cron: \"0 */6 * * *\", start: soft}\nitems:\n")
	for i := range 300 {
		fmt.Fprintf(&day, "  - {source: %s.mp4, title: Item %d}\n", clips[i%2].Kind, i)
	}
	channel := func(key string) *airtest.Channel {
		return airtest.Airloom(t, airtest.Setup{
			Output: srv.URL(key), Items: airtest.Items(clips...), Lists: map[string]string{"day.yml": day.String()},
		})
	}
	idle, asked := channel("idle"), channel("asked")
	for _, ch := range []*airtest.Channel{idle, asked} {
		ch.Publishing(10 * time.Second)
	}
	before := [2]control.Status{lastStatus(t, idle), lastStatus(t, asked)}
	cpu := [2]time.Duration{idle.Usage().CPU, asked.Usage().CPU}
	machine := airtest.Watch()
	c := &crowd{ch: asked}
	c.work(t, length, day.String()+"  - {source: long1.mp4, title: New}\n")
	others := machine.Others()
	after := [2]control.Status{lastStatus(t, idle), lastStatus(t, asked)}

	slices.Sort(c.took)
	p99, n := c.took[len(c.took)*99/100], len(c.took)
	heard := c.events[0].Load()
	for i := range c.events {
		heard = min(heard, c.events[i].Load())
	}
	t.Logf("%d requests, p50 %v, p99 %v, longest %v; each listener heard at least %d statuses; lost: idle %d, asked %d; processor: idle %v, asked %v; others took %.0f %%",
		n, c.took[n/2], p99, c.took[n-1], heard, lost(before[0], after[0]), lost(before[1], after[1]),
		idle.Usage().CPU-cpu[0], asked.Usage().CPU-cpu[1], 100*others)
	require.Empty(t, c.refused, "all are answered")
	require.Zero(t, c.cut.Load(), "no listener is cut off")
	require.Equal(t, before[1].Output.Sessions, after[1].Output.Sessions)
	airtest.Judged(t, others, func(t testing.TB) {
		require.LessOrEqual(t, lost(before[1], after[1]), lost(before[0], after[0]), "beside an idle channel")
		require.Zero(t, lost(before[0], after[0]), "the idle channel has its time")
		require.GreaterOrEqual(t, heard, int64(length/time.Second)-5)
		require.GreaterOrEqual(t, n, int(length/time.Second)*45)
	})
	airtest.Judge(t, "answers at p99", p99, time.Second, others)
}
