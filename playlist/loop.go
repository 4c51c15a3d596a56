package playlist

import (
	"math"
	"slices"
	"sync"
)

// memory is how many replaced playlists a Loop remembers, to find its way on
// from an entry that was handed out before the edits.
const memory = 16

// Loop is the order of airing of one playlist, for ever: item after item, each
// as often as it repeats, and from the last to the first. It stands before
// whoever walks it, and the playlist may be replaced at any time.
//
// A zero [Entry] means nothing: it is what an empty playlist gives. What follows
// nothing is the first item, so asking again after an edit is enough.
type Loop struct {
	mu   sync.Mutex
	list *Playlist
	// at finds the current list's items, old its predecessors', newest first.
	at  map[string]int
	old []order
}

// order is what is left of a replaced playlist: its items' identities.
type order struct {
	ids []string
	at  map[string]int
}

// NewLoop returns the loop of a playlist; nil is an empty one.
func NewLoop(p *Playlist) *Loop {
	l := &Loop{}
	l.set(p)
	return l
}

func (l *Loop) set(p *Playlist) {
	if p == nil {
		p = &Playlist{}
	}
	l.list, l.at = p, make(map[string]int, len(p.Items))
	for i, it := range p.Items {
		l.at[it.ID] = i
	}
}

// Replace puts another playlist in place. Entries handed out stay valid: what
// comes after them is found by their item's identity, and where the item is
// gone, the first that survives of those that stood behind it follows.
func (l *Loop) Replace(p *Playlist) {
	l.mu.Lock()
	defer l.mu.Unlock()
	ids := make([]string, len(l.list.Items))
	for i, it := range l.list.Items {
		ids[i] = it.ID
	}
	l.old = slices.Insert(l.old, 0, order{ids, l.at})
	l.old = l.old[:min(len(l.old), memory)]
	l.set(p)
}

// Next is what follows the entry as the playlist stands now; the entry itself
// where it is left before its end.
func (l *Loop) Next(e Entry, left, _ int64) Entry {
	if left >= 0 && e.Item.ID != "" {
		e.From = left
		return e
	}
	return l.after(e)
}

// Cut is never: a loop knows no time of day.
func (l *Loop) Cut(Entry, int64) int64 { return math.MaxInt64 }

func (l *Loop) after(e Entry) Entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	if e.Item.ID == "" {
		return l.entry(0, 0)
	}
	if i, ok := l.at[e.Item.ID]; ok {
		if next := e.Round + 1; next < l.list.Items[i].Repeat {
			return l.entry(i, next)
		}
		return l.entry(i+1, 0)
	}
	return l.entry(l.survivor(e.Item.ID), 0)
}

// survivor is the index of the first item still there of those that stood
// behind the one that is gone, in the newest playlist that held it; 0 if none is.
func (l *Loop) survivor(gone string) int {
	for _, o := range l.old {
		at, ok := o.at[gone]
		if !ok {
			continue
		}
		for step := 1; step < len(o.ids); step++ {
			if i, ok := l.at[o.ids[(at+step)%len(o.ids)]]; ok {
				return i
			}
		}
		break
	}
	return 0
}

// entry is the item at index i, past the end from the beginning.
func (l *Loop) entry(i, round int) Entry {
	n := len(l.list.Items)
	if n == 0 {
		return Entry{}
	}
	i %= n
	return Entry{Item: l.list.Items[i], Playlist: l.list.File, Index: i, Round: round}
}

// Playlist is what is walked now.
func (l *Loop) Playlist() *Playlist {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.list
}
