package schedule

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"airloom/playlist"
)

// ranked is a file with its place in an order.
type ranked struct {
	rank uint64
	path string
}

// ranking is a folder's files in the order in which they air.
type ranking []ranked

func (a ranked) compare(b ranked) int {
	return cmp.Or(cmp.Compare(a.rank, b.rank), strings.Compare(a.path, b.path))
}

// behind is the place of the first file behind the one of that path.
func (o ranking) behind(mark string, rank func(string) uint64) int {
	if mark == "" {
		return 0
	}
	i, ok := slices.BinarySearchFunc(o, ranked{rank(mark), mark}, ranked.compare)
	if ok {
		i++
	}
	return i
}

func (o ranking) has(file string, rank func(string) uint64) bool {
	_, ok := slices.BinarySearchFunc(o, ranked{rank(file), file}, ranked.compare)
	return ok
}

// behindPath is the same in an order by name, or, unsorted, by going through it.
func (o ranking) behindPath(mark string, sorted bool) int {
	if sorted {
		i, ok := slices.BinarySearchFunc(o, mark, func(r ranked, m string) int { return natural(r.path, m) })
		if ok {
			i++
		}
		return i
	}
	return 1 + slices.IndexFunc(o, func(r ranked) bool { return r.path == mark })
}

// rank places a file in a round of a shuffle.
func (s *stage) rank(it *playlist.Item, round int) func(string) uint64 {
	seed := s.p.in.Seed
	return func(file string) uint64 { return rank(seed, it.ID, round, file) }
}

func rank(seed uint64, id string, round int, file string) uint64 {
	const prime = 1099511628211 // FNV-1a
	h := seed ^ 14695981039346656037
	for i := range len(id) {
		h = (h ^ uint64(id[i])) * prime
	}
	h = mix(h + uint64(round))
	for i := range len(file) {
		h = (h ^ uint64(file[i])) * prime
	}
	return mix(h)
}

// mix spreads the bits (the last step of splitmix64).
func mix(h uint64) uint64 {
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}

// orders remembers orders of folders that have been worked out, as long as the
// listings stay as they are.
type orders struct {
	mu    sync.Mutex
	known map[orderKey]knownOrder
}

// orderKey is what an order depends on: the folder and, of a shuffle, the item
// and its round.
type orderKey struct {
	folder playlist.Folder
	id     string
	round  int
}

type knownOrder struct {
	first *File
	n     int
	order ranking
}

const maxOrders = 64

// order is the order in which the files of a folder item air in that round.
func (p *Plans) order(it *playlist.Item, round int) ranking {
	files := p.listing(it.Folder)
	if len(files) == 0 {
		return nil
	}
	o := &p.orders
	key := orderKey{folder: *it.Folder}
	if key.folder.Count = 0; key.folder.Order == playlist.Shuffle {
		key.id, key.round = it.ID, round
	}
	o.mu.Lock()
	known, ok := o.known[key]
	o.mu.Unlock()
	if ok && known.first == &files[0] && known.n == len(files) {
		return known.order
	}
	order := p.sort(it, files, round)
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.known == nil || len(o.known) >= maxOrders {
		o.known = map[orderKey]knownOrder{}
	}
	o.known[key] = knownOrder{&files[0], len(files), order}
	return order
}

// prepare works out orders beforehand that would else be worked out on the
// engine's goroutine: thousands of names take their time.
func (o *orders) prepare(p *Plans, l *list) {
	for i := range l.items {
		if f := l.items[i].Folder; f != nil && f.Order != playlist.Shuffle && len(o.known) < maxOrders {
			p.order(&l.items[i], 0)
		}
	}
}

func (p *Plans) sort(it *playlist.Item, files []File, round int) ranking {
	order := make(ranking, len(files))
	for i, f := range files {
		order[i].path = f.Path
		switch it.Folder.Order {
		case playlist.Shuffle:
			order[i].rank = rank(p.in.Seed, it.ID, round, f.Path)
		case playlist.Newest:
			order[i].rank = ^(uint64(f.Modified.UnixNano()) ^ 1<<63)
		}
	}
	if it.Folder.Order == playlist.Shuffle || it.Folder.Order == playlist.Newest {
		slices.SortFunc(order, ranked.compare)
	} else {
		slices.SortFunc(order, func(a, b ranked) int { return natural(a.path, b.path) })
	}
	return slices.CompactFunc(order, func(a, b ranked) bool { return a.path == b.path })
}

// natural compares names as people do: numbers by their value.
func natural(a, b string) int {
	i := 0 // where they differ, or the number that does begins
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	for i > 0 && digits(a[i-1:i]) > 0 {
		i--
	}
	x, y := a[i:], b[i:]
	for x != "" && y != "" {
		if m, n := digits(x), digits(y); m > 0 && n > 0 {
			u, v := strings.TrimLeft(x[:m], "0"), strings.TrimLeft(y[:n], "0")
			if c := cmp.Or(cmp.Compare(len(u), len(v)), strings.Compare(u, v)); c != 0 {
				return c
			}
			x, y = x[m:], y[n:]
			continue
		}
		if x[0] != y[0] {
			return cmp.Compare(x[0], y[0])
		}
		x, y = x[1:], y[1:]
	}
	return cmp.Or(cmp.Compare(len(x), len(y)), strings.Compare(a, b))
}

// digits is how many digits the text begins with.
func digits(s string) int {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return i
		}
	}
	return len(s)
}
