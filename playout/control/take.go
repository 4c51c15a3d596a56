package control

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"airloom/playlist"
)

// Take names an item to be put on air: by its ID, or by its place in a playlist.
type Take struct {
	Playlist string // the file's name; "" where the ID alone says it
	Item     string // the item's ID; "" where the place says it
	Index    int    // its place in the playlist, from 0, where Item is ""
	Version  string // the version of the playlist it was seen in; "": any
	Next     bool   // after the item on air, not at once
}

// Take puts an item on air, at once or as next; the programme runs on from there
// to the end of its playlist.
func (d *Desk) Take(ctx context.Context, who Who, t Take) (Answer, error) {
	when := map[bool]string{false: "now", true: "next"}[t.Next]
	e, err := find(d.rooms.Library.Playlists(), t)
	if err != nil {
		return d.atOnce(ctx, who, strings.Join(strings.Fields("take "+t.Playlist+" "+t.Item+" "+when), " "), fails(err))
	}
	key := fmt.Sprintf("take %s %s %s", when, e.Playlist, e.Item.ID)
	return d.inTurn(ctx, who, key, fmt.Sprintf("take %s %s", named(e), when), func(ctx context.Context) (Answer, error) {
		d.unline()
		a := &attempt{what: "take", who: who, why: named(e) + " taken", next: t.Next,
			pick: func(on playlist.Entry, left, n int64) (playlist.Entry, error) {
				return d.rooms.Rundown.Take(on, left, n, e.Playlist, e.Item.ID)
			}}
		return d.put(ctx, a, func(c change) string { return "took " + named(c.to) })
	})
}

// find is the item that is meant, with its playlist and place.
func find(lists []*playlist.Playlist, t Take) (playlist.Entry, error) {
	if t.Playlist == "" {
		return findID(lists, t.Item)
	}
	i := slices.IndexFunc(lists, func(l *playlist.Playlist) bool { return l.File == t.Playlist })
	if i < 0 {
		return playlist.Entry{}, refuse(Unknown, "there is no playlist %s%s", t.Playlist, known(lists))
	}
	list := lists[i]
	if t.Version != "" && t.Version != list.Version {
		return playlist.Entry{}, refuse(Conflict, "%s has changed since: look at it again, then take", list.File)
	}
	if t.Item != "" {
		if e, ok := within(list, t.Item); ok {
			return e, nil
		}
		return playlist.Entry{}, refuse(Conflict, "the item is no longer in %s: look at it again, then take", list.File)
	}
	if t.Index < 0 || t.Index >= len(list.Items) {
		return playlist.Entry{}, refuse(Unknown, "%s has no item #%d: it has %d", list.File, t.Index+1, len(list.Items))
	}
	return playlist.Entry{Playlist: list.File, Index: t.Index, Item: list.Items[t.Index]}, nil
}

// findID finds an item by its ID alone, where only one playlist has it.
func findID(lists []*playlist.Playlist, id string) (found playlist.Entry, err error) {
	for _, list := range lists {
		e, ok := within(list, id)
		switch {
		case !ok:
		case found.Item.ID != "":
			return e, refuse(Invalid, "the item is in %s and in %s: name it as FILE#NUMBER", found.Playlist, list.File)
		default:
			found = e
		}
	}
	if found.Item.ID == "" {
		return found, refuse(Unknown, "there is no item %q: name it as FILE#NUMBER, or by its ID as 'airloom schedule --json' has it", id)
	}
	return found, nil
}

// within finds an item in its playlist. Of what a folder or an include stands for,
// the ID begins with the playlist's own item's, up to the slash.
func within(list *playlist.Playlist, id string) (playlist.Entry, bool) {
	own, _, _ := strings.Cut(id, "/")
	i := slices.IndexFunc(list.Items, func(it playlist.Item) bool { return it.ID == own })
	if i < 0 {
		return playlist.Entry{}, false
	}
	e := playlist.Entry{Playlist: list.File, Index: i, Item: list.Items[i]}
	e.Item.ID = id
	return e, true
}

// known names some playlists there are.
func known(lists []*playlist.Playlist) string {
	if len(lists) == 0 {
		return ": there is none at all"
	}
	names := make([]string, len(lists))
	for i, l := range lists {
		names[i] = l.File
	}
	slices.Sort(names)
	more := ""
	if len(names) > 5 {
		names, more = names[:5], fmt.Sprintf(" and %d more", len(names)-5)
	}
	return ": choose from " + strings.Join(names, ", ") + more
}
