package playlist

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// listOf is a playlist of the named sources; "a*3" airs three times.
func listOf(t testing.TB, words string) *Playlist {
	var b strings.Builder
	b.WriteString("items:\n")
	for word := range strings.FieldsSeq(words) {
		source, times, ok := strings.Cut(word, "*")
		if !ok {
			times = "1"
		}
		fmt.Fprintf(&b, "  - {source: %s, loop: %s}\n", source, times)
	}
	list, ps := Parse("main.yml", []byte(b.String()), Options{})
	require.NoError(t, ps.Err())
	return list
}

// walk is what follows, item by item.
func walk(l *Loop, from Entry, n int) string {
	var names []string
	for range n {
		from = l.after(from)
		names = append(names, fmt.Sprintf("%s%d", from.Item.Source, from.Round))
	}
	return strings.Join(names, " ")
}

func TestLoopRepeatsForEver(t *testing.T) {
	l := NewLoop(listOf(t, "a b*3 c"))
	require.Equal(t, Entry{Item: l.Playlist().Items[0], Playlist: "main.yml"}, l.after(Entry{}))
	require.Equal(t, "b0 b1 b2 c0 a0 b0", walk(l, l.after(Entry{}), 6))
}

func TestLoopOfOneAndOfNone(t *testing.T) {
	l := NewLoop(nil)
	require.Zero(t, l.after(Entry{}))
	require.Zero(t, l.after(Entry{}))
	require.Zero(t, l.after(Entry{Item: Item{ID: "gone"}}))
	l.Replace(listOf(t, "a"))
	require.Equal(t, "a0 a0", walk(l, Entry{}, 2))
	a := l.after(Entry{})
	l.Replace(nil)
	require.Zero(t, l.after(a), "nothing follows in an empty playlist")
	l.Replace(listOf(t, "x a y"))
	require.Equal(t, "y0 x0", walk(l, a, 2), "identity outlives an empty playlist")
}

func TestLoopAfterEdits(t *testing.T) {
	for _, c := range []struct{ before, at, after, want string }{
		{"a b c", "b", "c b a", "a0 c0"},        // moved: on from where it stands now
		{"a b c", "b", "a b x c", "x0 c0"},      // something new behind it
		{"a b c", "b", "a c", "c0 a0"},          // gone: the next one
		{"a b c d", "b", "a d", "d0 a0"},        // and the next of it as well
		{"a b c", "c", "x a b", "a0 b0"},        // gone at the end: round to the first survivor
		{"a b c", "b", "x a", "a0 x0"},          // only the one before it is left
		{"a b c", "b", "x y", "x0 y0"},          // all gone: from the beginning
		{"a a a b", "a", "a a b", "a0 b0"},      // one of several alike
		{"a b*3 c", "b", "a b*2 c", "c0 a0"},    // another item now: the next
		{"a b c", "b", "x b x c", "x0 c0"},      // among doubles
		{"a b c d e", "c", "e d x", "d0 x0 e0"}, // survivors in another order
	} {
		l := NewLoop(listOf(t, c.before))
		e := l.after(Entry{})
		for e.Item.Source != c.at {
			e = l.after(e)
		}
		l.Replace(listOf(t, c.after))
		require.Equal(t, c.want, walk(l, e, len(strings.Fields(c.want))), "%+v", c)
	}
}

func TestLoopRemembersSeveralEdits(t *testing.T) {
	l := NewLoop(listOf(t, "a b c d e"))
	b := l.after(l.after(Entry{}))
	for _, words := range []string{"a c d e", "a d e", "a e", "a e f"} {
		l.Replace(listOf(t, words))
	}
	require.Equal(t, "e0 f0", walk(l, b, 2))
	for range 10 * memory {
		l.Replace(listOf(t, "x y"))
	}
	require.Len(t, l.old, memory)
	require.Equal(t, "x0 y0", walk(l, b, 2), "forgotten: from the beginning")
}

// Whatever is edited while whoever walks it, what comes is in the playlist.
func TestLoopUnderEdits(t *testing.T) {
	lists := []*Playlist{listOf(t, "a b c"), listOf(t, "c b*2"), listOf(t, "d"), listOf(t, "a a a")}
	l := NewLoop(lists[0])
	var group sync.WaitGroup
	group.Go(func() {
		for range 2000 {
			l.Replace(lists[rand.N(len(lists))])
		}
	})
	for range 2 {
		group.Go(func() {
			e := l.after(Entry{})
			for range 2000 {
				e = l.after(e)
				if e.Item.ID == "" || e.Round >= e.Item.Repeat {
					t.Errorf("%+v is no entry", e)
				}
			}
		})
	}
	group.Wait()
}
