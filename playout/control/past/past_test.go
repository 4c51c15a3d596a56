package past

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"airloom/configs"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fill adds figures every ten seconds: 250 ticks each, one of them held.
func fill(h *History, from time.Time, steps int) (next time.Time) {
	for range steps {
		f := h.was
		h.add(from, Figures{
			Ticks: f.Ticks + 250, Held: f.Held + 1, Skipped: f.Skipped + 25, Memory: 100 << 20,
			CPU: f.CPU + 5*time.Second, Sent: []int64{sent(f) + 1_250_000},
		})
		from = from.Add(Step)
	}
	return from
}

func sent(f Figures) int64 {
	if len(f.Sent) == 0 {
		return 0
	}
	return f.Sent[0]
}

func shown(t *testing.T, s Series) string {
	t.Helper()
	b, err := json.Marshal(s)
	require.NoError(t, err)
	return string(b)
}

var began = time.Date(2026, 11, 21, 19, 0, 0, 0, time.UTC)

func TestHistoryIsWhatFiguresGrewBy(t *testing.T) {
	h := NewHistory([]string{"main"}, nil)
	now := fill(h, began, 4).Add(-time.Second)
	s := h.Since(50*time.Second, 100, now)
	require.Equal(t, Step, s.Step)
	require.Equal(t, began.Add(-10*time.Second).Unix(), s.From.Unix())
	require.Equal(t, "[null,null,0.9,0.9,0.9]", shown(t, s.Speed))
	require.Equal(t, "[null,null,1,1,1]", shown(t, s.Held))
	require.Equal(t, "[null,null,25,25,25]", shown(t, s.Skipped))
	require.Equal(t, "[null,null,100,100,100]", shown(t, s.Memory))
	require.Equal(t, "[null,null,50,50,50]", shown(t, s.CPU))
	require.Equal(t, "[null,null,1000,1000,1000]", shown(t, s.Bitrate["main"]))
}

// In fewer points, sums are sums, the worst speed shows, and a gap is none where
// something is known.
func TestHistoryInFewerPoints(t *testing.T) {
	h := NewHistory(nil, nil)
	now := fill(h, began, 7).Add(-time.Second)
	f := h.was
	f.Ticks, f.Skipped = f.Ticks+250, f.Skipped+250
	h.add(now.Add(time.Second), f)
	s := h.Since(80*time.Second, 2, now.Add(2*time.Second))
	require.Equal(t, 40*time.Second, s.Step)
	require.Equal(t, "[3,3]", shown(t, s.Held))
	require.Equal(t, "[0.9,0]", shown(t, s.Speed))
	require.Equal(t, 75.0, float64(s.Skipped[0]))
	require.Equal(t, 325.0, float64(s.Skipped[1]))
}

func TestHistoryHasGaps(t *testing.T) {
	h := NewHistory(nil, nil)
	now := fill(h, began, 2)
	now = fill(h, now.Add(5*time.Minute), 2).Add(-time.Second) // it stood still
	s := h.Since(6*time.Minute, 1000, now)
	require.Equal(t, 1.0, float64(s.Held[len(s.Held)-1]))
	for _, v := range s.Held[4 : len(s.Held)-1] {
		require.True(t, math.IsNaN(float64(v)))
	}
	// A counter that shrinks is another one.
	h.add(now.Add(time.Second), Figures{})
	s = h.Since(Step, 1, now.Add(2*time.Second))
	require.Equal(t, "[null]", shown(t, s.Held))
}

// The clock is set back by an hour: what lies in the future is forgotten, and the
// last hour is written anew.
func TestHistoryWhenTheClockIsSetBack(t *testing.T) {
	h := NewHistory(nil, nil)
	now := fill(h, began, 720)
	now = fill(h, now.Add(-time.Hour), 10).Add(-time.Second)
	s := h.Since(time.Hour, 1000, now)
	require.Equal(t, "[1,null,1,1,1,1,1,1,1,1,1]", shown(t, s.Held[len(s.Held)-11:]))
	s = h.Since(24*time.Hour, 10000, now.Add(time.Hour))
	require.Equal(t, "[null,null,null]", shown(t, s.Held[len(s.Held)-3:]))
}

func TestHistoryIsBounded(t *testing.T) {
	h := NewHistory(nil, nil)
	now := fill(h, began, Steps+100).Add(-time.Second)
	s := h.Since(1000*time.Hour, 1<<30, now)
	require.Len(t, s.Held, Steps)
	require.NotContains(t, shown(t, s.Held), "null")
	require.Len(t, h.Since(24*time.Hour, 720, now).Held, 720)
	now = fill(h, now.Add(48*time.Hour), 2)
	require.Equal(t, 8639, strings.Count(shown(t, h.Since(24*time.Hour, Steps, now.Add(-time.Second)).Held), "null"))
}

func TestHistoryIsTakenEveryTenSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := int64(0)
		h := NewHistory(nil, func() Figures { n++; return Figures{Ticks: 250 * n} })
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- h.Run(ctx) }()
		time.Sleep(time.Minute + 6*time.Second)
		cancel()
		require.NoError(t, <-done)
		require.EqualValues(t, 7, n)
		require.Equal(t, "[1,1,1,1,1,1]", shown(t, h.Since(time.Minute, 10, time.Now()).Speed))
	})
}

func newLogger() (*slog.Logger, *Log, *strings.Builder) {
	var b strings.Builder
	g := NewLog()
	return slog.New(g.Handler(slog.NewTextHandler(&b, &slog.HandlerOptions{Level: slog.LevelInfo}))), g, &b
}

func everything(*Line) bool { return true }

func TestLogKeepsWhatItHandsOn(t *testing.T) {
	l, g, out := newLogger()
	l.Debug("not wanted")
	l.With("channel", "Demo").WithGroup("output").Warn("it is \"away\"", "name", "main", "for", 1500*time.Millisecond, "cause", errors.New("no route"),
		slog.Group("try", "n", 3))
	list := g.Before(0, 10, everything)
	require.Len(t, list, 1)
	require.Contains(t, out.String(), `level=WARN msg="it is \"away\"" channel=Demo output.name=main output.for=1.5s output.cause="no route" output.try.n=3`)
	require.Equal(t, "warn", list[0].Level)
	require.Equal(t, `it is "away"`, list[0].Message)
	require.Equal(t, `{"channel":"Demo","output.name":"main","output.for":"1.5s","output.cause":"no route","output.try.n":"3"}`, string(list[0].Fields))
	require.Empty(t, g.Before(list[0].ID, 10, everything))
	require.True(t, list[0].Is(slog.LevelWarn))
	require.False(t, list[0].Is(slog.LevelError))
	require.True(t, list[0].Has("no route"))
	require.NotContains(t, out.String(), "not wanted")
}

// What is hidden in the log is hidden here.
func TestLogKeepsNoSecrets(t *testing.T) {
	l, g, out := newLogger()
	target := configs.TargetOf("rtmp://ams.example/LiveApp/s3cret?token=s3cret")
	l.Info("publishing", "to", target, "all", []configs.Target{target}, "in", struct{ T configs.Target }{target})
	l.With("to", target).Error(fmt.Sprintf("cannot reach %v", target))
	for _, line := range g.Before(0, 10, everything) {
		require.NotContains(t, line.Message+string(line.Fields), "s3cret")
		require.Contains(t, line.Message+string(line.Fields), "rtmp://ams.example/LiveApp/…")
	}
	require.NotContains(t, out.String(), "s3cret")
}

func TestLogIsBounded(t *testing.T) {
	g := NewLog()
	h := g.Handler(slog.NewTextHandler(io.Discard, nil))
	say := func(text string) {
		require.NoError(t, h.Handle(context.Background(), slog.NewRecord(time.Now(), slog.LevelInfo, text, 0)))
	}
	for i := range maxLines + 10 {
		say(fmt.Sprint(i))
	}
	list := g.Before(0, 1<<30, everything)
	require.Len(t, list, maxLines)
	require.Equal(t, "10", list[maxLines-1].Message)
	require.Equal(t, fmt.Sprint(maxLines+9), list[0].Message)
	for i := range 1500 {
		say(fmt.Sprint(i, strings.Repeat("ü", 16<<10)))
	}
	require.LessOrEqual(t, g.bytes, maxBytes)
	list = g.Before(0, 1<<30, everything)
	require.Less(t, len(list), 1100)
	require.LessOrEqual(t, len(list[0].Message), maxText+3)
	n := 0
	for _, line := range list {
		n += line.size()
	}
	require.Equal(t, n, g.bytes)
}

func TestFollowersMissNothingAndHoldNobodyUp(t *testing.T) {
	l, g, _ := newLogger()
	l.Info("before")
	from := g.Last()
	news, end, ok := g.Follow()
	require.True(t, ok)
	for i := range 100 {
		l.Info(fmt.Sprint(i)) // nobody takes them
	}
	<-news
	list, missed := g.After(from, 60)
	require.False(t, missed)
	require.Len(t, list, 60)
	require.Equal(t, "0", list[0].Message)
	list, _ = g.After(list[59].ID, 60)
	require.Len(t, list, 40)
	require.Equal(t, "99", list[39].Message)
	for i := range maxLines {
		l.Info(fmt.Sprint(i))
	}
	_, missed = g.After(from, 10)
	require.True(t, missed)
	end()
	require.Empty(t, g.followers)

	for range maxFollowers {
		_, _, ok = g.Follow()
		require.True(t, ok)
	}
	_, _, ok = g.Follow()
	require.False(t, ok)
}

func TestLogIsForMany(t *testing.T) {
	l, g, _ := newLogger()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for i := range 500 {
				l.Info(fmt.Sprint(i))
				g.Before(0, 3, everything)
			}
		})
	}
	all.Wait()
	list := g.Before(0, maxLines, everything)
	require.Len(t, list, 4000)
	for i := range list[1:] {
		require.Greater(t, list[i].ID, list[i+1].ID)
	}
}
