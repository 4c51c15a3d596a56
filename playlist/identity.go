package playlist

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// identity is the item's ID: a hash of what it says and of how many equal items
// stand before it in the file, which seen counts. Where it stands, and how its
// file spells it, does not matter.
func identity(it Item, seen map[string]int) string {
	fields := fmt.Sprintf("%q %q %d %d %d %d %t %q %g",
		it.Source, it.Title, it.In, it.Out, it.Duration, it.Repeat, it.Loop, it.Audio, it.GainDB)
	n := seen[fields]
	seen[fields]++
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d", fields, n))
	return hex.EncodeToString(sum[:8])
}
