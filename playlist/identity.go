package playlist

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
)

// Identify gives the items their identities, and those without a title theirs:
// once more where an item has been changed.
func (p *Playlist) Identify() {
	seen := map[string]int{} // how often equal items came before
	for i := range p.Items {
		it := &p.Items[i]
		if it.Title == "" {
			it.Title = it.usualTitle()
		}
		it.ID = identity(*it, seen)
	}
}

// identity is the item's ID: a hash of what it says and of how many equal items
// stand before it in the file, which seen counts. Where it stands, and how its
// file spells it, does not matter.
func identity(it Item, seen map[string]int) string {
	b := make([]byte, 0, 128)
	b = append(strconv.AppendQuote(b, it.Source), ' ')
	b = append(strconv.AppendQuote(b, it.Title), ' ')
	for _, n := range [...]int64{int64(it.In), int64(it.Out), int64(it.Duration), int64(it.Repeat)} {
		b = append(strconv.AppendInt(b, n, 10), ' ')
	}
	b = append(strconv.AppendBool(b, it.Loop), ' ')
	b = append(strconv.AppendQuote(b, it.Audio), ' ')
	b = strconv.AppendFloat(b, it.GainDB, 'g', -1, 64)
	if f := it.Folder; f != nil {
		b = fmt.Appendf(b, " folder %q %s %d %t", f.Path, f.Order, f.Count, f.Recursive)
	}
	if it.Include != "" {
		b = fmt.Appendf(b, " playlist %q", it.Include)
	}
	fields := string(b)
	n := seen[fields]
	seen[fields]++
	sum := sha256.Sum256(fmt.Appendf(b, " %d", n))
	return hex.EncodeToString(sum[:8])
}
