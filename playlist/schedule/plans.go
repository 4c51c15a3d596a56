package schedule

import (
	"cmp"
	"slices"
	"time"

	"airloom/playlist"
)

// Plans is everything that may air, ready to be asked. It is immutable, and may
// be asked from any goroutine.
type Plans struct {
	in      Inputs
	base    *list
	lists   map[string]*list
	timed   []*list   // those that air by themselves, by file name
	streams []*stream // their starts, the highest priority first
	scrap   int64     // ticks: less than that of an item is not worth going on with
	fits    bool      // some start wants the time before it filled
	fill    filling
	orders  orders
}

// list is a playlist with its includes laid out flat.
type list struct {
	file  string
	loops bool
	items []playlist.Item
	outer []int          // the place in the file of what brought each item; nil: its own
	at    map[string]int // item ID → place in items
	plan  *plan          // nil: it does not air by itself
}

// plan is when a list airs.
type plan struct {
	*playlist.Schedule
	zone   *time.Location
	hard   bool
	moment int64 // the one start of `at`
	window int64 // how late it may begin, when it has no end of its own
	reach  int64 // no start that lies further back still matters
}

// New makes plans of the inputs. The problems are of what only shows when the
// files are seen together: an include that is not there or goes in a circle, a
// base playlist that is missing. What they concern is left out.
func New(in Inputs) (*Plans, playlist.Problems) {
	if in.Zone == nil {
		in.Zone = time.UTC
	}
	p := &Plans{in: in, lists: make(map[string]*list, len(in.Lists)), scrap: in.Grid.Ticks(2 * time.Second)}
	flat, ps := flatten(in.Lists, in.Base)
	for _, l := range flat {
		p.lists[l.file] = l
		p.orders.prepare(p, l)
		if s := l.plan; s != nil {
			p.timed = append(p.timed, l)
			p.fits = p.fits || s.hard && s.Fill == playlist.FillFit
			s.prepare(p, l)
		}
	}
	if p.base = p.lists[in.Base]; p.base == nil {
		p.base = &list{file: in.Base}
		ps.Errorf(playlist.Position{File: in.Base, Line: 1, Column: 1},
			"there is no such playlist, and it is the base playlist: nothing airs when nothing else is scheduled. Put the file there, or name another one in playlists.base")
	}
	p.streams = streams(p.timed)
	if p.fits {
		p.fill = newFilling(p)
	}
	ps.Sort()
	return p, ps
}

// prepare works out what does not depend on the start.
func (s *plan) prepare(p *Plans, l *list) {
	s.zone = p.in.Zone
	s.moment = forever
	if s.At != nil {
		s.moment = nanos(s.At.In(s.zone))
	}
	switch {
	case s.Until != nil:
		s.reach = 2*day + int64(time.Hour)
	case s.Duration > 0:
		s.reach = int64(s.Duration)
	case l.loops:
		s.window, s.reach = forever, forever
	default:
		s.window = max(int64(time.Minute), int64(s.SoftMax+time.Minute), int64(p.in.Grid.Due(p.length(l))))
		s.reach = s.window
	}
}

// length is what the list lasts as far as it is known, in ticks.
func (p *Plans) length(l *list) (sum int64) {
	const most = 1 << 32 // years of ticks: nanoseconds can still hold them
	for i := range l.items {
		it := &l.items[i]
		n := max(p.ticks(*it), 0)
		if it.Folder != nil {
			n = p.folderLength(it)
		}
		sum = min(sum+min(n, most)*int64(max(it.Repeat, 1)), most)
	}
	return sum
}

// folderLength is what a folder's files last when they come round once: where
// only some of them do, as many of an average length.
func (p *Plans) folderLength(it *playlist.Item) (sum int64) {
	files := p.listing(it.Folder)
	for _, f := range files {
		sum += max(p.ticks(fileItem(it, f.Path)), 0)
	}
	if count := int64(it.Folder.Count); count > 0 && count < int64(len(files)) {
		return sum * count / int64(len(files))
	}
	return sum
}

func (p *Plans) listing(f *playlist.Folder) []File {
	if p.in.Folder == nil {
		return nil
	}
	return p.in.Folder(*f)
}

// end is when a run that is to start then is over, and whether that cuts it; if
// not, it is the time until which it may begin.
func (s *plan) end(start int64) (end int64, cuts bool) {
	switch {
	case s.Until != nil:
		return nanos(s.Until.After(time.Unix(0, start).In(s.zone), s.zone)), true
	case s.Duration > 0:
		return later(start, int64(s.Duration)), true
	default:
		return later(start, s.window), false
	}
}

// later is a span after a time; what is too far off never comes.
func later(at, span int64) int64 {
	if at > 0 && span > forever-at {
		return forever
	}
	return at + span
}

// maxItems bounds what includes may unfold to, in all playlists together.
const maxItems = 200_000

// flattener lays out the playlists' includes.
type flattener struct {
	lists map[string]*playlist.Playlist
	ps    playlist.Problems
	room  int      // how many more items may be laid out
	stack []string // the files being laid out, outermost first
}

// flatten lays the playlists out, by file name.
func flatten(in []*playlist.Playlist, base string) ([]*list, playlist.Problems) {
	in = slices.Clone(in)
	slices.SortFunc(in, func(a, b *playlist.Playlist) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Version, b.Version))
	})
	in = slices.CompactFunc(in, func(a, b *playlist.Playlist) bool { return a.File == b.File })
	f := &flattener{lists: make(map[string]*playlist.Playlist, len(in)), room: maxItems}
	for _, pl := range in {
		f.lists[pl.File] = pl
	}
	out := make([]*list, len(in))
	for _, first := range []bool{true, false} { // the base before the others, should they unfold to too much
		for i, pl := range in {
			if (pl.File == base) == first {
				out[i] = f.list(pl)
			}
		}
	}
	return out, f.ps
}

// list lays out one playlist.
func (f *flattener) list(pl *playlist.Playlist) *list {
	l := &list{file: pl.File, loops: pl.Loop, items: pl.Items}
	if s := pl.Schedule; s != nil && (s.Cron != nil || s.At != nil) {
		l.plan = &plan{Schedule: s, hard: s.Start != playlist.Soft}
	}
	if slices.ContainsFunc(pl.Items, func(it playlist.Item) bool { return it.Include != "" }) {
		l.items = nil
		f.stack = append(f.stack[:0], pl.File)
		for i, it := range pl.Items {
			f.add(l, pl.File, "", it, i)
		}
	}
	l.at = make(map[string]int, len(l.items))
	for i := range l.items {
		l.at[l.items[i].ID] = i
	}
	return l
}

// add lays out one item: itself, or what it includes.
func (f *flattener) add(l *list, file, prefix string, it playlist.Item, outer int) {
	id, at := prefix+it.ID, playlist.Position{File: file, Line: it.Line, Column: 1}
	if f.room <= 0 {
		return
	}
	if f.room--; f.room == 0 {
		f.ps.Errorf(at, "the included playlists unfold to more than %d items: what comes from here on is left out. Include less, or use a folder", maxItems)
		return
	}
	if it.Include == "" {
		it.ID = id
		l.items, l.outer = append(l.items, it), append(l.outer, outer)
		return
	}
	pl := f.lists[it.Include]
	switch {
	case pl == nil:
		f.ps.Errorf(at, "there is no playlist %q to include: the item is left out. Name a file in the playlists' folder, with its ending", it.Include)
		return
	case slices.Contains(f.stack, it.Include):
		f.ps.Errorf(at, "playlist %q includes itself, by way of this line: it is left out here", it.Include)
		return
	}
	f.stack = append(f.stack, it.Include)
	for _, inner := range pl.Items {
		f.add(l, it.Include, id+"/", inner, outer)
	}
	f.stack = f.stack[:len(f.stack)-1]
}
