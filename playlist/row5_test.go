package playlist

import (
	"fmt"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// many is a playlist of so many items, in both languages.
func many(n int) (yml, json string) {
	var y, j strings.Builder
	y.WriteString("name: Many\nitems:\n")
	j.WriteString("{\"name\": \"Many\", \"items\": [\n")
	for i := range n {
		fmt.Fprintf(&y, "  - {source: films/%d.mp4, title: \"Film no. %d\", in: 10s, out: \"00:45:00\"}\n", i, i)
		fmt.Fprintf(&j, "  {\"source\": \"films/%d.mp4\", \"title\": \"Film no. %d\", \"in\": \"10s\", \"out\": \"00:45:00\"}", i, i)
		if i+1 < n {
			j.WriteString(",\n")
		}
	}
	j.WriteString("\n]}\n")
	return y.String(), j.String()
}

func BenchmarkParse100000(b *testing.B) {
	yml, json := many(100_000)
	for name, text := range map[string]string{"many.yml": yml, "many.json": json} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				list, _ := Parse(name, []byte(text), options)
				require.Len(b, list.Items, 100_000)
			}
		})
	}
}

// Row 5: 100,000 items load and validate within 1 s as JSON, 3 s as YAML. On a
// machine that is shared, the processor time tells what it would take alone.
func TestHundredThousandItems(t *testing.T) {
	yml, json := many(100_000)
	for _, c := range []struct {
		name, text string
		limit      time.Duration
	}{{"many.yml", yml, 3 * time.Second}, {"block.yml", blocks(yml), 3 * time.Second}, {"many.json", json, time.Second}} {
		least := time.Hour
		for try := 0; try < 3 && least >= c.limit; try++ {
			begun, used := time.Now(), processor(t)
			list, ps := Parse(c.name, []byte(c.text), options)
			took := min(time.Since(begun), processor(t)-used)
			require.Empty(t, ps)
			require.Len(t, list.Items, 100_000)
			t.Logf("%s: %v (processor %v) for %d KiB", c.name, time.Since(begun), processor(t)-used, len(c.text)>>10)
			least = min(least, took)
		}
		require.Less(t, least, c.limit, c.name)
	}
}

// blocks writes each key on a line of its own.
func blocks(yml string) string {
	return strings.NewReplacer("- {", "- ", ", title", "\n    title", ", in", "\n    in", ", out", "\n    out", "}\n", "\n").Replace(yml)
}

// processor is the time that this process has had.
func processor(t *testing.T) time.Duration {
	var u syscall.Rusage
	require.NoError(t, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// Files that are small for what they would take in memory are refused before
// they take it.
func TestBombs(t *testing.T) {
	const size = 17 << 20
	fill := func(before, unit string) string { return before + strings.Repeat(unit, size/len(unit)) }
	var before, after runtime.MemStats
	for name, text := range map[string]string{
		"commas.yml": fill("items: [", "1,"), "keys.yml": fill("", "a: 1\n"),
		"maps.json":  fill(`{"items": [`, "{},") + "1]}",
		"errors.m3u": fill("", "/a\n"), "latin1.m3u": fill("", "\xe9"), "title.m3u": fill("#EXTINF:1,", "x"),
		"key.yml": fill("", "x") + ": 1\n", "order.yml": fill("items: [{folder: a, order: ", "x") + "}]",
	} {
		data := []byte(text)
		runtime.GC()
		runtime.ReadMemStats(&before)
		list, ps := Parse(name, data, options)
		runtime.ReadMemStats(&after)
		require.Nil(t, list, name)
		require.NotEmpty(t, ps)
		for _, p := range ps {
			require.Less(t, len(p.Message), 2100, name)
		}
		require.Less(t, (after.TotalAlloc-before.TotalAlloc)>>20, uint64(1500), name)
	}
}

// There is an end to how many items a playlist may have.
func TestTooManyItems(t *testing.T) {
	lines := strings.Repeat("a\n", MaxItems)
	list, ps := Parse("a.txt", []byte(lines), options)
	require.Empty(t, ps)
	require.Len(t, list.Items, MaxItems)
	_, ps = Parse("a.txt", []byte(lines+"a\n"), options)
	require.EqualError(t, ps.Err(), "a.txt:200001:1: 200001 items are more than 200000: split the playlist")
	items := strings.Repeat(`{"source": "a"},`, MaxItems) + `{"source": "a"}]}`
	_, ps = Parse("a.json", []byte(`{"items": [`+items), options)
	require.EqualError(t, ps.Err(), "a.json:1:2: 200001 items are more than 200000: split the playlist")
	_, ps = Parse("a.json", []byte(`{"date": "2026-11-21", "program": [`+items), options)
	require.EqualError(t, ps.Err(), "a.json:1:24: 200001 items are more than 200000: split the playlist")
}

// A mistake near the end of a large file is found without reading it many times.
func TestMistakeInManyItems(t *testing.T) {
	yml, _ := many(20_000)
	begun := time.Now()
	_, ps := Parse("many.yml", []byte(yml+"  - {source: a: b}\n"+strings.Repeat("  - {source: a}\n", 1000)), options)
	require.Len(t, ps, 1)
	require.Equal(t, 20_003, ps[0].Line)
	require.Contains(t, ps[0].Message, "a mapping that began with")
	require.Less(t, time.Since(begun), 10*time.Second)
}

// A file in which everything is wrong is told off in a moment.
func TestEverythingWrong(t *testing.T) {
	var b strings.Builder
	b.WriteString("items:\n")
	for range 30_000 {
		b.WriteString("- {sorce: a, titel: b, inn: c, outt: d, colour: e}\n")
	}
	begun := processor(t)
	_, ps := Parse("wrong.yml", []byte(b.String()), options)
	require.Len(t, ps, 1001)
	require.Less(t, processor(t)-begun, 10*time.Second)

	_, ps = Parse("wrong.json", []byte(`{"items": [{`+strings.Repeat(`"colour": 1, "titel": 2, `, 500_000)+`"source": "a"}]}`), options)
	require.Len(t, ps, 1001)
	require.Less(t, processor(t)-begun, 20*time.Second)
}

func BenchmarkEdit100000(b *testing.B) {
	yml, _ := many(100_000)
	list, _ := Parse("many.yml", []byte(yml), options)
	list.Items[50_000].Title = "Another"
	for b.Loop() {
		out, ps := Edit("many.yml", []byte(yml), list, options)
		require.Empty(b, ps)
		require.Equal(b, len(yml)-2, len(out))
	}
}
