package schedule

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"airloom/playlist"
)

// Take is the entry with which an operator puts the item of that list on air at
// tick n, e being left at its tick left. In the list that is on air anyway it
// moves only where that is; of another it airs from that item to the list's end,
// then the plan goes on where it was left. A take ends the take before it. Hard
// starts to come go before it; what is soft waits until it is over.
func (p *Plans) Take(e playlist.Entry, left, n int64, c Clock, file, itemID string) (playlist.Entry, error) {
	l := p.lists[file]
	if l == nil {
		return playlist.Entry{}, fmt.Errorf("there is no playlist %q: look at the list again, it may have been removed or renamed", file)
	}
	if live := liveOf(e); live != nil {
		e, left = live.stands(p, n, c)
	}
	s := p.stage(e, n, c)
	if s.air == onNone || s.run(s.air).list != l {
		s.leave(e, left)
	} else {
		s.own()
	}
	s.due()
	r := s.target(l)
	if !s.locate(r, itemID) {
		return playlist.Entry{}, fmt.Errorf("playlist %q has no such item any more: it has been edited. Look at it again", file)
	}
	if r.item().Folder != nil && !s.expand(r) {
		return playlist.Entry{}, fmt.Errorf("that item of playlist %q is a folder, and there is no file in it", file)
	}
	return s.entry(r), nil
}

// target is the run in which a take of the list moves: the one on air, or a taken
// one in place of the last.
func (s *stage) target(l *list) *run {
	s.beside = false
	if s.air != onNone && s.run(s.air).list == l {
		return s.run(s.air)
	}
	for i := len(s.runs) - 1; i >= 0; i-- {
		if r := &s.runs[i]; r.kind == taken || r.list == l {
			s.drop(i)
		}
	}
	s.air = len(s.runs)
	s.runs = append(s.runs, run{kind: taken, list: l, start: s.now, end: forever, begun: true})
	return &s.runs[s.air]
}

// locate moves the run to the item of that ID: one of its list's, or a folder's
// file.
func (s *stage) locate(r *run, id string) bool {
	if at, ok := r.list.at[id]; ok {
		r.position = position{at: at}
		return true
	}
	cut := strings.LastIndexByte(id, '/')
	if cut < 0 {
		return false
	}
	at, ok := r.list.at[id[:cut]]
	if !ok || r.list.items[at].Folder == nil {
		return false
	}
	named := func(file string) bool { return fileID(file) == id[cut+1:] }
	if r.at == at && r.visit != nil {
		if i := slices.IndexFunc(r.visit.files, named); i >= 0 {
			r.file, r.left = i, 0
			return true
		}
	}
	files := s.p.listing(r.list.items[at].Folder)
	i := slices.IndexFunc(files, func(f File) bool { return named(f.Path) })
	if i < 0 {
		return false
	}
	r.position = position{at: at, visit: &visit{files: []string{files[i].Path}}}
	return true
}

// Back is the airing before e in its list, from the beginning: the last of the
// list where that goes round, e itself where it was the first. A folder's files
// that aired before e's are gone back to as far as they were laid out together.
func (p *Plans) Back(e playlist.Entry, _, n int64, c Clock) (playlist.Entry, error) {
	if liveOf(e) != nil {
		return playlist.Entry{}, errLive
	}
	s := p.stage(e, n, c)
	if s.first || s.air == onNone || len(s.run(s.air).list.items) == 0 {
		return playlist.Entry{}, errors.New("nothing of the plan is on air to go back from")
	}
	s.own()
	s.due()
	if s.air == onNone {
		return playlist.Entry{}, errors.New("the playlist on air is over: there is nothing to go back to")
	}
	r := s.run(s.air)
	s.beside = false
	for range len(r.list.items) + 1 {
		r.back()
		if (r.item().Folder == nil || s.expand(r)) && p.ticks(s.item(r)) >= 0 {
			return s.entry(r), nil
		}
	}
	return playlist.Entry{}, errors.New("no item before this one can play")
}

// back moves to the airing before.
func (r *run) back() {
	r.left = 0
	if r.visit != nil && r.file > 0 {
		r.file--
		return
	}
	visit := r.visit
	r.visit, r.file = nil, 0
	switch {
	case r.round > 0:
		r.round--
	case r.at > 0:
		r.at--
		r.round = max(r.item().Repeat, 1) - 1
	case r.kind == base || r.kind == timed && r.list.loops:
		r.at = len(r.list.items) - 1
		r.round = max(r.item().Repeat, 1) - 1
	default:
		r.visit = visit
	}
}

// Seek is e from its item's tick to on; 0 is its beginning.
func (p *Plans) Seek(e playlist.Entry, to, _ int64, _ Clock) (playlist.Entry, error) {
	if e.Item.ID == "" || e.Mode == playlist.ModeSlate {
		return playlist.Entry{}, errors.New("nothing is on air to seek in")
	}
	total := max(p.ticks(e.Item), 0)
	if to < 0 || total > 0 && to >= total {
		return playlist.Entry{}, fmt.Errorf("tick %d is not in %s: it has %d", to, e.Item.Title, total)
	}
	e.From, e.Ticks = to, 0
	if total > 0 {
		e.Ticks = total - to
	}
	return e, nil
}
