package web

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"airloom/playlist"
)

func itemsOf(ids string) (items []playlist.Item) {
	for _, id := range strings.Fields(ids) {
		items = append(items, playlist.Item{ID: id, Title: id, Source: strings.ToLower(id[:1])})
	}
	return items
}

func TestDiffer(t *testing.T) {
	for _, c := range []struct{ before, after, want string }{
		{"a b c", "a b c", ""},
		{"a b c", "a c", "removed 1-"},
		{"a c", "a b c", "added -1"},
		{"a b c", "c a b", "moved 2-0"},
		{"a b c", "a B c", "changed 1-1"},
		{"a b c d e", "e b c d x", "moved 4-0, removed 0-, added -4"},
		{"", "a", "added -0"},
		{"a", "", "removed 0-"},
	} {
		var got []string
		place := func(n *int) string {
			if n == nil {
				return ""
			}
			return fmt.Sprint(*n)
		}
		for _, d := range differ(itemsOf(c.before), itemsOf(c.after)) {
			got = append(got, fmt.Sprintf("%s %s-%s", d.Change, place(d.From), place(d.To)))
		}
		require.Equal(t, c.want, strings.Join(got, ", "), "%s to %s", c.before, c.after)
	}
	many := make([]playlist.Item, 5000)
	for i := range many {
		many[i].ID = fmt.Sprint(i)
	}
	require.Len(t, differ(nil, many), mostDifferences)
}
