package shelf

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"path"
	"slices"
	"strings"
)

// Sort is an order of files. Where they are alike in it, their paths decide.
type Sort string

// The orders.
const (
	ByName     Sort = "name"
	ByModified Sort = "modified" // the latest first
	BySize     Sort = "size"     // the largest first
	ByLength   Sort = "length"   // the longest first, by what the keeper knows of it
)

// maxKeyed is how many files the keeper sorts by what it knows of them.
const maxKeyed = 20_000

// MaxFiles bounds what is looked at in one listing: a folder with more is a slip,
// such as a home directory.
const MaxFiles = 100_000

func (s Sort) compare(a, b File) int {
	var first int
	switch s {
	case ByModified:
		first = cmp.Compare(b.Nanos, a.Nanos)
	case ByLength:
		first = cmp.Compare(b.Length, a.Length)
	case BySize:
		first = cmp.Compare(b.Size, a.Size)
	default:
		first = strings.Compare(a.key, b.key)
	}
	return cmp.Or(first, strings.Compare(a.Path, b.Path))
}

// keyed has what names are compared by, worked out once.
func keyed(f File) File {
	f.key = strings.ToLower(path.Base(f.Path))
	return f
}

// sorted puts the files into an order.
func sorted(files []File, by Sort) []File {
	for i := range files {
		files[i] = keyed(files[i])
	}
	slices.SortFunc(files, by.compare)
	return files
}

// page is the files behind the cursor, at most limit, of those that are sorted.
func page(files []File, by Sort, after string, limit int) (part []File, next string) {
	begin := 0
	if last, ok := readCursor(after); ok {
		last = keyed(last)
		begin, _ = slices.BinarySearchFunc(files, last, by.compare)
		if begin < len(files) && by.compare(files[begin], last) == 0 {
			begin++
		}
	}
	part = files[begin:]
	if limit > 0 && len(part) > limit {
		part = part[:limit]
		next = cursor(part[limit-1])
	}
	return part, next
}

// cursor names a file in an order: what is changed meanwhile moves nothing else.
func cursor(f File) string {
	text, _ := json.Marshal(f)
	return base64.RawURLEncoding.EncodeToString(text)
}

func readCursor(text string) (f File, ok bool) {
	if text == "" {
		return f, false
	}
	raw, err := base64.RawURLEncoding.DecodeString(text)
	return f, err == nil && json.Unmarshal(raw, &f) == nil
}

// matcher tells whether a path holds all words of a search.
func matcher(search string) func(string) bool {
	words := strings.Fields(fold(search))
	return func(p string) bool {
		p = fold(p)
		for _, w := range words {
			if !strings.Contains(p, w) {
				return false
			}
		}
		return true
	}
}
