package playlist

import (
	"cmp"
	"slices"
)

// Rising are the numbers of the longest rising sequence within a list of different
// numbers: what has kept its order when others were moved around it.
func Rising(list []int) map[int]bool {
	ends := []int{}                  // at k: the place of the smallest end of a rising sequence of length k+1
	before := make([]int, len(list)) // the place of the one before it
	for i, v := range list {
		k, _ := slices.BinarySearchFunc(ends, v, func(place, v int) int { return cmp.Compare(list[place], v) })
		before[i] = -1
		if k > 0 {
			before[i] = ends[k-1]
		}
		if k == len(ends) {
			ends = append(ends, i)
		} else {
			ends[k] = i
		}
	}
	stay := make(map[int]bool, len(ends))
	if len(ends) > 0 {
		for i := ends[len(ends)-1]; i >= 0; i = before[i] {
			stay[list[i]] = true
		}
	}
	return stay
}
