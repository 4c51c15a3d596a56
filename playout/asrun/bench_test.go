package asrun

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// hoard writes a file of n rows of a second each, as a real channel has them.
func hoard(t testing.TB, dir string, n int) {
	ctx := context.Background()
	f, err := newFile(ctx, dir)
	require.NoError(t, err)
	defer f.close()
	require.NoError(t, f.open(ctx))
	w := &writer{file: f, begun: true}
	for i := 0; i < n; i += chunk {
		b := batch{all: true, run: 1}
		for k := i; k < min(n, i+chunk); k++ {
			b.rows = append(b.rows, numbered{Row{
				Tick: int64(k) * 25, Ticks: 25, Start: day.Add(time.Duration(k) * time.Second), End: day.Add(time.Duration(k+1) * time.Second),
				Playlist: "main.yml", Index: k % 500, Item: "0123456789abcdef", Source: fmt.Sprintf("films/of/some/length/%d.mp4", k),
				Title: fmt.Sprintf("A film of some length, part %d", k), Mode: "base", Outcome: "played",
			}, int64(k)})
		}
		require.NoError(t, w.commit(ctx, b))
	}
}

// A big log is read at a rate that nobody has to wait for.
func TestHundredThousandRows(t *testing.T) {
	dir := t.TempDir()
	hoard(t, dir, 100_000)
	began, n := time.Now(), 0
	for _, err := range Read(context.Background(), dir, day, day.AddDate(1, 0, 0)) {
		require.NoError(t, err)
		n++
	}
	took := time.Since(began)
	require.Equal(t, 100_000, n)
	t.Logf("100,000 rows in %v", took.Round(time.Millisecond))
	if !raced {
		require.Less(t, took, 10*time.Second) // less than one on a quiet machine
	}

	began, n = time.Now(), 0
	for range Read(context.Background(), dir, day.Add(50_000*time.Second), day.Add(51_000*time.Second)) {
		n++
	}
	require.Equal(t, 1000, n)
	t.Logf("1,000 of them in %v", time.Since(began).Round(time.Microsecond))
	require.Less(t, time.Since(began), took/2+50*time.Millisecond, "by the index")

	began = time.Now()
	c := begin(t, dir, day.AddDate(1, 0, 0))
	t.Logf("a start with them takes %v", time.Since(began).Round(time.Millisecond))
	c.end("")
}

// What the playhead of every second costs.
func BenchmarkPlayhead(b *testing.B) {
	dir := b.TempDir()
	hoard(b, dir, 10_000)
	ctx := context.Background()
	f, err := newFile(ctx, dir)
	require.NoError(b, err)
	defer f.close()
	l, err := f.openAndRead(ctx)
	require.NoError(b, err)
	w := &writer{file: f, left: l, begun: true, mark: mark{next: l.rows}}
	place := make([]byte, 600)
	for n := int64(0); b.Loop(); n++ {
		require.NoError(b, w.commit(ctx, batch{all: true, place: true, run: 1, head: &Playhead{
			Place: place, Tick: l.rows + n, At: day, Air: Row{Tick: l.rows, Start: day, Title: "On air", Source: "films/one.mp4"},
		}}))
	}
}
