package playlist

import (
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"airloom/playlist/document"
)

// Good counts the items of a file that cannot be used, and how many of them have
// no mistake: what would be left of it without the others. It is for people.
func Good(path string, o Options) (good, all int) {
	data, err := document.ReadFileUpTo(path, MaxSize)
	if err != nil {
		return 0, 0
	}
	c := &checker{options: o, name: path}
	list := c.read(data)
	if list == nil {
		return 0, 0
	}
	// What is said of an item stands in its lines; in a list of paths, before it.
	before := slices.Contains([]string{".m3u", ".m3u8", ".txt"}, strings.ToLower(filepath.Ext(path)))
	bad := map[int]bool{}
	for _, p := range c.problems {
		if p.Severity != document.Error {
			continue
		}
		at := sort.Search(len(list.Items), func(i int) bool { return list.Items[i].Line >= p.Line })
		if !before && (at == len(list.Items) || list.Items[at].Line > p.Line) {
			at--
		}
		bad[at] = true
	}
	for i := range list.Items {
		if !bad[i] {
			good++
		}
	}
	return good, len(list.Items)
}
