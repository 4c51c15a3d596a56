package schedule

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/playlist"
)

// Row 2: 30 days of 20 s items with 20 scheduled playlists a day.
func busy(t testing.TB, scheduled int) *Plans {
	words := ""
	for i := range 50 {
		words += fmt.Sprintf("a%d_20 ", i)
	}
	lines := []string{"main: " + words}
	for i := range scheduled {
		lines = append(lines, fmt.Sprintf(`s%d: x20 y20 z20 | {cron: "%d %d * * *", start: %s, priority: %d}`,
			i, i*7%60, i%24, []string{"hard", "soft"}[i%2], i%3))
	}
	return planned(t, lines...)
}

func BenchmarkWalkOf30Days(b *testing.B) {
	p := busy(b, 20)
	for b.Loop() {
		n := 0
		for range p.Walk(context.Background(), playlist.Entry{}, Ended, 0, pal.Ticks(30*24*time.Hour), epoch) {
			n++
		}
		require.Greater(b, n, 129_000)
	}
}

// many is a base of 100,000 items.
func many(t testing.TB, scheduled int) Inputs {
	l := file(t, "main.yml", "x", "")
	l.Items = make([]playlist.Item, 100_000)
	for i := range l.Items {
		l.Items[i] = playlist.Item{ID: fmt.Sprintf("%016x", i), Source: fmt.Sprintf("clips/%d_20", i), Repeat: 1}
	}
	in := Inputs{Base: "main.yml", Lists: []*playlist.Playlist{l}, Grid: pal, Ticks: func(playlist.Item) int64 { return 500 }}
	for i := range scheduled {
		in.Lists = append(in.Lists, files(t, fmt.Sprintf(`s%d: x20 | {cron: "%d %d * * *"}`, i, i*7%60, i%24))...)
	}
	return in
}

func BenchmarkNewOf100000Items(b *testing.B) {
	in := many(b, 0)
	b.ReportAllocs()
	for b.Loop() {
		New(in)
	}
}

func BenchmarkNext(b *testing.B) {
	p, _ := New(many(b, 200))
	e, n := playlist.Entry{}, int64(0)
	b.ReportAllocs()
	for b.Loop() {
		e, n = p.Next(e, Ended, n, epoch), n+500
	}
}

func BenchmarkCut(b *testing.B) {
	p, _ := New(many(b, 200))
	e, n := p.Next(playlist.Entry{}, Ended, 0, epoch), int64(0)
	b.ReportAllocs()
	for b.Loop() {
		if p.Cut(e, n, epoch) == n {
			e = p.Next(e, 0, n, epoch)
		}
		n++
	}
}
