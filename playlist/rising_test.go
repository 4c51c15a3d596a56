package playlist

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// What stays is in order, and nothing more could stay.
func TestRising(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		list := r.Perm(r.IntN(9))
		stay := Rising(list)
		var kept []int
		for _, v := range list {
			if stay[v] {
				kept = append(kept, v)
			}
		}
		require.True(t, slices.IsSorted(kept))
		best := 0
		for mask := range 1 << len(list) {
			var some []int
			for i, v := range list {
				if mask&(1<<i) != 0 {
					some = append(some, v)
				}
			}
			if slices.IsSorted(some) {
				best = max(best, len(some))
			}
		}
		require.Len(t, kept, best, "%v", list)
	}
}
