package web

import (
	"cmp"
	"fmt"
	"slices"

	"airloom/playlist"
)

// Difference is how one item differs between two versions of a playlist.
type Difference struct {
	Change string `json:"change"` // added, removed, moved or changed
	From   *int   `json:"from"`   // its place before, from 0; null: it was not there
	To     *int   `json:"to"`     // its place now; null: it is gone
	Title  string `json:"title"`
	Source string `json:"source"`
}

// mostDifferences bounds how many are told.
const mostDifferences = 1000

// differ tells how the items of two versions differ, in the order of their places.
func differ(before, after []playlist.Item) []Difference {
	was := make(map[string]int, len(before))
	for i, it := range before {
		was[it.ID] = i
	}
	list := []Difference{}
	var added []int
	kept := make([]int, 0, len(after)) // places before, in the order of now
	place := map[int]int{}             // before to now
	for i, it := range after {
		if from, ok := was[it.ID]; ok {
			kept, place[from] = append(kept, from), i
		} else {
			added = append(added, i)
		}
	}
	stay := playlist.Rising(kept)
	for _, from := range kept {
		if to := place[from]; !stay[from] {
			list = append(list, difference("moved", &from, &to, after[to]))
		}
	}
	gone := map[string][]int{} // by what they play
	for i, it := range before {
		if _, ok := place[i]; !ok {
			gone[what(it)] = append(gone[what(it)], i)
		}
	}
	for _, to := range added {
		if from := gone[what(after[to])]; len(from) > 0 {
			gone[what(after[to])] = from[1:]
			list = append(list, difference("changed", &from[0], &to, after[to]))
			continue
		}
		list = append(list, difference("added", nil, &to, after[to]))
	}
	for _, left := range gone {
		for _, from := range left {
			list = append(list, difference("removed", &from, nil, before[from]))
		}
	}
	at := func(d Difference) int {
		if d.To != nil {
			return *d.To
		}
		return *d.From
	}
	slices.SortFunc(list, func(a, b Difference) int { return cmp.Or(cmp.Compare(at(a), at(b)), cmp.Compare(a.Change, b.Change)) })
	return list[:min(len(list), mostDifferences)]
}

func what(it playlist.Item) string {
	if it.Folder != nil {
		return "folder " + it.Folder.Path
	}
	return fmt.Sprint(it.Source, "\x00", it.Include)
}

func difference(change string, from, to *int, it playlist.Item) Difference {
	return Difference{change, from, to, it.Title, playlist.Redact(it.Source)}
}
