package schedule

import (
	"cmp"
	"path"
	"slices"
	"strconv"
	"strings"

	"airloom/playlist"
)

// tally is how far a folder item has come.
type tally struct {
	ID    string `json:"id"`          // of the item
	Round int    `json:"r,omitempty"` // of a shuffle
	Mark  string `json:"m,omitempty"` // the file the order goes on behind; "": at its beginning
	Owed  string `json:"o,omitempty"` // the file that would have been the round's first, and comes next
	Last  string `json:"l,omitempty"` // the file that was given last
}

const (
	// portion is how many files of a folder are laid out at once: a place is
	// saved every second, and stays small.
	portion = 32
	whole   = -1 // all files there are
)

// expand lays out the files that the run's folder item stands for, as far as the
// position needs them. It reports whether there is a file at the position.
func (s *stage) expand(r *run) bool {
	it, v := r.item(), r.visit
	if v != nil && r.file < len(v.files) {
		return true
	}
	rest, more := it.Folder.Count, false
	if v != nil {
		rest, more = v.rest, true
	}
	if !more && rest <= 0 {
		rest = whole
	}
	if rest == 0 {
		return false
	}
	next := &visit{}
	if r.visit, r.file = next, 0; len(s.p.listing(it.Folder)) == 0 {
		return false // thousands of folders may be: no tally of each
	}
	t := s.tally(it.ID)
	switch it.Folder.Order {
	case playlist.Shuffle:
		next.files, next.rest = s.shuffled(it, t, rest)
	case playlist.Newest:
		if !more {
			t.Mark = ""
		}
		next.files, next.rest = onward(s.p.order(it, 0), t, rest, false)
	default:
		next.files, next.rest = onward(s.p.order(it, 0), t, rest, true)
	}
	return len(next.files) > 0
}

// tally is the tally of a folder item, to be changed.
func (s *stage) tally(id string) *tally {
	i, ok := slices.BinarySearchFunc(s.folders, id, func(t tally, id string) int { return strings.Compare(t.ID, id) })
	s.folders = slices.Clone(s.folders)
	if !ok {
		s.folders = slices.Insert(s.folders, i, tally{ID: id})
	}
	return &s.folders[i]
}

// shuffled gives the next files of a shuffle. A round's order is that of the
// files' ranks, so that one that is gone leaves no trace, and one that is new
// takes its turn: in this round if its rank is still to come.
func (s *stage) shuffled(it *playlist.Item, t *tally, want int) (files []string, rest int) {
	all := want == whole
	order := s.p.order(it, t.Round)
	if !all {
		want = min(want, len(order))
	}
	for len(files) < portion && want != 0 && len(order) > 0 {
		i := order.behind(t.Mark, s.rank(it, t.Round))
		switch {
		case t.Owed != "":
			owed := t.Owed
			if t.Owed = ""; !order.has(owed, s.rank(it, t.Round)) {
				continue
			}
			t.Last = owed
		case i == len(order):
			t.Round, t.Mark = t.Round+1, ""
			if all && len(files) > 0 {
				return files, 0
			}
			order = s.p.order(it, t.Round)
			continue
		case t.Mark == "" && len(order) > 1 && order[0].path == t.Last:
			// Not the same file twice in a row: the first and the second change places.
			t.Owed, t.Mark, t.Last = order[0].path, order[1].path, order[1].path
		default:
			t.Mark, t.Last = order[i].path, order[i].path
		}
		files = append(files, t.Last)
		if !all {
			want--
		}
	}
	return s.roundOver(it, t, order, files, want)
}

// roundOver closes the round of a folder that airs whole when nothing of it is
// left.
func (s *stage) roundOver(it *playlist.Item, t *tally, order ranking, files []string, want int) ([]string, int) {
	if want == whole && t.Owed == "" && order.behind(t.Mark, s.rank(it, t.Round)) == len(order) {
		t.Round, t.Mark = t.Round+1, ""
		return files, 0
	}
	return files, want
}

// onward gives the next files of a fixed order: behind the mark, and from the
// beginning again if it goes round.
func onward(order ranking, t *tally, want int, round bool) (files []string, rest int) {
	i := 0
	if t.Mark != "" {
		i = order.behindPath(t.Mark, round)
	}
	if want == whole || want > len(order) {
		want = len(order)
		if !round {
			want -= i
		}
	}
	for ; len(files) < portion && want > 0; want-- {
		if i == len(order) {
			if !round {
				return files, 0
			}
			i = 0
		}
		files = append(files, order[i].path)
		t.Mark, t.Last = order[i].path, order[i].path
		i++
	}
	return files, want
}

// fileItem is the item that airs for a file of a folder item.
func fileItem(it *playlist.Item, file string) playlist.Item {
	out := *it
	name := path.Base(file)
	out.ID = it.ID + "/" + fileID(file)
	out.Source, out.Folder = file, nil
	out.Title = cmp.Or(strings.TrimSuffix(name, path.Ext(name)), name)
	return out
}

// fileID is the file's part of its item's identity.
func fileID(file string) string { return strconv.FormatUint(rank(0, "", 0, file)>>16, 36) }
