// Package effects tells what an edit of a playlist would change on air: it holds
// what airs as things are against what would air with the edit, both as the
// schedule walks them, and tells the differences as people see them. All of it is
// a pure function of the two.
package effects

import (
	"cmp"
	"slices"
	"strings"

	"airloom/playlist"
	"airloom/playlist/schedule"
)

// Kind is what happens to an entry.
type Kind string

// The kinds of changes.
const (
	Added   Kind = "added"   // it airs, and would not have
	Removed Kind = "removed" // it would have aired
	Moved   Kind = "moved"   // it airs before or after others than it would have
	Retimed Kind = "retimed" // it airs earlier, later, longer or shorter
	Cut     Kind = "cut"     // it is taken off before its end, and would not have been
)

// rank is the order of what is told of one moment.
var rank = map[Kind]int{Removed: 1, Added: 2, Moved: 3, Retimed: 4, Cut: 5}

// Change is one thing that an edit changes on air. Times are ticks of the channel.
type Change struct {
	Kind   Kind
	Slot   schedule.Slot // as it would air; of what is removed, as it would have
	Was    int64         // its tick as things are; None: it does not air
	By     int64         // later by so many ticks; negative: earlier
	Longer int64         // by so many ticks; negative: shorter
	Count  int           // retimed: how many in a row are so by the same By, it among them
	Times  int           // how often the same comes about
	GoesOn int64         // the tick at which it goes on after it was taken off; None: it does not
	edited bool          // the item itself is another
}

// None is the tick of what does not air.
const None int64 = -1

// At is the tick that the change is told at: when the entry airs, or would have.
func (c Change) At() int64 {
	if c.Kind == Removed {
		return c.Was
	}
	return c.Slot.Start
}

// Differs is the first tick at which what airs is another because of it.
func (c Change) Differs() int64 {
	switch {
	case c.Kind == Added:
		return c.Slot.Start
	case c.Kind == Cut:
		return c.Slot.End()
	case c.Kind == Retimed && c.By == 0 && !c.edited:
		return c.Slot.End() - max(c.Longer, 0)
	}
	return min(c.At(), c.Was)
}

// View is what airs from some tick on.
type View struct {
	Slots []schedule.Slot
	Whole bool // what follows the slots lies beyond all that is looked at
}

// Edit is how the items of a playlist differ.
type Edit struct {
	file  string
	now   map[string]string // IDs of changed items: what they are now
	gone  map[string]bool
	fresh map[string]bool
}

// EditOf is the edit that makes one list of items the other.
func EditOf(file string, before, after []playlist.Item) Edit {
	e := Edit{file, map[string]string{}, map[string]bool{}, map[string]bool{}}
	for _, it := range before {
		e.gone[it.ID] = true
	}
	fresh := []playlist.Item{}
	for _, it := range after {
		if !e.gone[it.ID] {
			fresh = append(fresh, it)
		}
		delete(e.gone, it.ID)
	}
	left := map[string][]string{} // IDs, by what they play
	for _, it := range before {
		if e.gone[it.ID] {
			left[what(it)] = append(left[what(it)], it.ID)
		}
	}
	for _, it := range fresh {
		if ids := left[what(it)]; len(ids) > 0 {
			e.now[ids[0]], left[what(it)] = it.ID, ids[1:]
			delete(e.gone, ids[0])
			continue
		}
		e.fresh[it.ID] = true
	}
	return e
}

func what(it playlist.Item) string {
	if it.Folder != nil {
		return "folder " + it.Folder.Path
	}
	return it.Source + "\x00" + it.Include
}

// id is an entry's item by what it is after the edit. What a folder or another
// playlist stands for bears that item's ID as a part of its own.
func (e Edit) id(id string) string {
	if !strings.Contains(id, "/") {
		return cmp.Or(e.now[id], id)
	}
	parts := strings.Split(id, "/")
	for i, p := range parts {
		parts[i] = cmp.Or(e.now[p], p)
	}
	return strings.Join(parts, "/")
}

// among reports whether one of the IDs in an entry's is among them.
func among(ids map[string]bool, id string) bool {
	for part := range strings.SplitSeq(id, "/") {
		if ids[part] {
			return true
		}
	}
	return false
}

// key is the same airing of the same item, in both views.
type key struct {
	playlist, id string
	round        int
	planned      int64
}

func (e Edit) key(s schedule.Slot) key {
	k := key{s.Playlist, e.id(s.Item.ID), s.Round, 0}
	if !s.Planned.IsZero() {
		k.planned = s.Planned.UnixNano()
	}
	return k
}

// airing is an item from its beginning to its end, though something may come in
// between.
type airing struct {
	schedule.Slot       // its first piece
	total         int64 // ticks of all pieces
	goesOn        int64 // the tick of the next piece; None: there is none
}

// whole puts the pieces of what is interrupted and goes on together.
func (e Edit) whole(slots []schedule.Slot) []airing {
	list := make([]airing, 0, len(slots))
	open := map[key]int{} // what was taken off, by its place in the list
	left := map[key]int64{}
	for _, s := range slots {
		k := e.key(s)
		i, ok := open[k]
		if ok = ok && s.From > 0 && left[k] == s.From; ok {
			if list[i].goesOn == None {
				list[i].goesOn = s.Start
			}
			if s.Ticks == schedule.Never {
				list[i].total = schedule.Never
			} else {
				list[i].total += s.Ticks
			}
		} else {
			i = len(list)
			list = append(list, airing{s, s.Ticks, None})
		}
		delete(open, k)
		if s.Left != schedule.Ended && s.Mode != playlist.ModeSlate {
			open[k], left[k] = i, s.Left
		}
	}
	return list
}

// pairs are the places of what airs in both views: of those then, by those now.
func (e Edit) pairs(was, is []airing) (then map[int]int) {
	then = make(map[int]int, len(is))
	taken := make([]bool, len(was))
	for _, byStart := range []bool{true, false} { // a start may have been moved, and its entries with it
		keyOf := func(s airing) key {
			k := e.key(s.Slot)
			if !byStart {
				k.planned = 0
			}
			return k
		}
		waiting := map[key][]int{}
		for i, s := range was {
			if !taken[i] {
				k := keyOf(s)
				waiting[k] = append(waiting[k], i)
			}
		}
		for i, s := range is {
			if _, ok := then[i]; ok {
				continue
			}
			k := keyOf(s)
			if list := waiting[k]; len(list) > 0 {
				then[i], taken[list[0]] = list[0], true
				waiting[k] = list[1:]
			}
		}
	}
	return then
}

// Compare tells what the edit changes before tick end, in the order of time.
func (e Edit) Compare(was, is View, end int64) []Change {
	before, after := e.whole(was.Slots), e.whole(is.Slots)
	then := e.pairs(before, after)
	c := comparison{edit: e, first: map[again]*Change{}}
	order := make([]int, 0, len(after))
	for i := range after {
		if from, ok := then[i]; ok {
			order = append(order, from)
		}
	}
	c.stay = playlist.Rising(order)
	for i, s := range after {
		if s.Start >= end {
			break
		}
		from, ok := then[i]
		switch {
		case ok:
			c.both(before[from], s, c.stay[from])
		case was.Whole || among(e.fresh, s.Item.ID):
			c.add(Change{Kind: Added, Slot: s.Slot, Was: None, GoesOn: None}, "")
		}
	}
	still := make(map[int]bool, len(then))
	for _, from := range then {
		still[from] = true
	}
	for i, s := range before {
		if s.Start >= end {
			break
		}
		if !still[i] && (is.Whole || among(e.gone, s.Item.ID)) {
			c.add(Change{Kind: Removed, Slot: s.Slot, Was: s.Start, GoesOn: None}, "")
		}
	}
	out := make([]Change, len(c.all))
	for i, p := range c.all {
		out[i] = *p
	}
	slices.SortStableFunc(out, func(a, b Change) int {
		return cmp.Or(cmp.Compare(a.At(), b.At()), cmp.Compare(rank[a.Kind], rank[b.Kind]))
	})
	return out
}

// again is what makes one change the same as an earlier one.
type again struct {
	kind         Kind
	playlist, id string
	round        int
	why          string
}

type comparison struct {
	edit  Edit
	stay  map[int]bool
	first map[again]*Change
	all   []*Change
	shift *Change // what the latest entries are retimed like
	by    int64   // and by how much
}

// add takes a change in: once, where a loop brings it about each time.
func (c *comparison) add(x Change, why string) *Change {
	k := again{x.Kind, x.Slot.Playlist, c.edit.id(x.Slot.Item.ID), x.Slot.Round, why}
	if old := c.first[k]; old != nil {
		old.Times++
		return nil
	}
	x.Times, x.Count = 1, 1
	c.first[k] = &x
	c.all = append(c.all, &x)
	return &x
}

// both looks at what airs in both views; stays says that it does so in its order.
func (c *comparison) both(was, is airing, stays bool) {
	x := Change{
		Kind: Retimed, Slot: is.Slot, Was: was.Start, By: is.Start - was.Start, GoesOn: is.goesOn, edited: was.Item.ID != is.Item.ID,
	}
	if was.total != schedule.Never && is.total != schedule.Never {
		x.Longer = is.total - was.total
	}
	newly := is.Left != schedule.Ended && was.Left == schedule.Ended && is.Mode != playlist.ModeSlate
	switch {
	case !stays && x.By != 0:
		x.Kind = Moved
		c.add(x, "")
		return // it says nothing of its neighbours
	case newly:
		x.Kind = Cut
		c.add(x, "")
	case x.Longer != 0:
		c.add(x, "length")
	case x.By == c.by:
		if c.shift != nil {
			c.shift.Count++
		}
		return
	case x.By != 0:
		c.shift, c.by = c.add(x, "shift"), x.By
		return
	}
	c.shift, c.by = nil, 0
}

// Airing is when a draft's item airs next.
type Airing struct {
	Airs  bool
	Start int64 // tick
	End   int64 // tick; schedule.Never: no end in sight
	Mode  playlist.Mode
	Cut   bool // it is taken off before its end
}

// Airings are the next airings of a playlist's items: all that an item stands for,
// as long as nothing else comes in between.
func Airings(file string, items []playlist.Item, slots []schedule.Slot) []Airing {
	place := make(map[string]int, len(items))
	for i := range items {
		place[items[i].ID] = i
	}
	list, last := make([]Airing, len(items)), -1
	type piece struct {
		id    string
		round int
	}
	seen := map[piece]bool{} // of the last one's
	for _, s := range slots {
		i, id := itemOf(file, place, s), piece{s.Item.ID, s.Round}
		switch {
		case i < 0:
		case !list[i].Airs:
			list[i] = Airing{true, s.Start, s.End(), s.Mode, s.Left != schedule.Ended}
			clear(seen)
			seen[id] = true
			last = i
			continue
		case i == last && !seen[id] && list[i].End == s.Start:
			list[i].End, list[i].Cut = s.End(), s.Left != schedule.Ended
			seen[id] = true
			continue
		}
		last = -1
	}
	return list
}

// itemOf is the place of what a slot airs among the items of the file; -1: it is
// of another.
func itemOf(file string, place map[string]int, s schedule.Slot) int {
	if s.Playlist == "" || s.Mode == playlist.ModeSlate || s.Mode == playlist.ModeFiller {
		return -1
	}
	own, rest, _ := strings.Cut(s.Item.ID, "/")
	if s.Playlist == file {
		rest = own
	}
	for part := range strings.SplitSeq(rest, "/") { // of another playlist that includes this one: what is within
		if i, ok := place[part]; ok {
			return i
		}
	}
	return -1
}
