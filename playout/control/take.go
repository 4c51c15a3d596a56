package control

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

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
	list, it, err := d.find(t)
	if err != nil {
		return d.atOnce(ctx, who, "take", fails(err))
	}
	e := playlist.Entry{Item: it, Playlist: list.File, Index: slices.IndexFunc(list.Items, func(x playlist.Item) bool { return x.ID == top(it.ID) })}
	pick := func(on playlist.Entry, left, n int64) (playlist.Entry, error) {
		return d.rooms.Rundown.Take(on, left, n, list.File, it.ID)
	}
	when := map[bool]string{false: "now", true: "next"}[t.Next]
	key := fmt.Sprintf("take %s %s %s", when, list.File, it.ID)
	return d.inTurn(ctx, who, key, fmt.Sprintf("take %s %s", named(e), when), func(ctx context.Context) (Answer, error) {
		d.unline()
		if t.Next {
			return d.lineUp(ctx, who, e, pick)
		}
		c, err := d.air(ctx, true, who, "take", pick)
		if err != nil {
			return Answer{}, err
		}
		d.changed(c)
		return d.onAir("took "+named(c.to), c.to), nil
	})
}

// find is the playlist and the item that are meant.
func (d *Desk) find(t Take) (*playlist.Playlist, playlist.Item, error) {
	lists := d.rooms.Library.Playlists()
	if t.Playlist == "" {
		return findID(lists, t.Item)
	}
	i := slices.IndexFunc(lists, func(l *playlist.Playlist) bool { return l.File == t.Playlist })
	if i < 0 {
		return nil, playlist.Item{}, refuse(Unknown, "there is no playlist %s%s", t.Playlist, known(lists))
	}
	list := lists[i]
	if t.Version != "" && t.Version != list.Version {
		return nil, playlist.Item{}, refuse(Conflict, "%s has changed since: look at it again, then take", list.File)
	}
	if t.Item == "" {
		if t.Index < 0 || t.Index >= len(list.Items) {
			return nil, playlist.Item{}, refuse(Unknown, "%s has no item #%d: it has %d", list.File, t.Index+1, len(list.Items))
		}
		return list, list.Items[t.Index], nil
	}
	for _, it := range list.Items {
		if it.ID == top(t.Item) {
			it.ID = t.Item
			return list, it, nil
		}
	}
	return nil, playlist.Item{}, refuse(Conflict, "the item is no longer in %s: look at it again, then take", list.File)
}

// findID finds an item by its ID alone, where only one playlist has it.
func findID(lists []*playlist.Playlist, id string) (found *playlist.Playlist, it playlist.Item, err error) {
	for _, list := range lists {
		for _, x := range list.Items {
			if x.ID != top(id) {
				continue
			}
			if found != nil {
				return nil, it, refuse(Invalid, "the item is in %s and in %s: name it as FILE#NUMBER", found.File, list.File)
			}
			found, it = list, x
			it.ID = id
		}
	}
	if found == nil {
		return nil, it, refuse(Unknown, "there is no item %q: name it as FILE#NUMBER, or by its ID as 'airloom schedule --json' has it", id)
	}
	return found, it, nil
}

// top is the ID of the playlist's own item: of what a folder or an include
// stands for, the part before the slash.
func top(id string) string {
	id, _, _ = strings.Cut(id, "/")
	return id
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
	return ": there are " + strings.Join(names, ", ") + more
}

// lined is what was taken as next and waits for the join.
type lined struct {
	pick   picker
	since  time.Time
	cancel context.CancelFunc
	done   chan struct{} // closed when it has aired, or will not
	err    error         // why not; read after done

	mu    sync.Mutex
	named playlist.Entry
}

func (l *lined) entry() playlist.Entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.named
}

// looking is how often it is looked whether what was taken is next.
const looking = 20 * time.Millisecond

// lineUp makes an item the next, and answers when it is.
func (d *Desk) lineUp(ctx context.Context, who Who, e playlist.Entry, pick picker) (Answer, error) {
	l := &lined{pick: pick, since: time.Now(), done: make(chan struct{}), named: e}
	var life context.Context
	life, l.cancel = context.WithCancel(d.life)
	d.mu.Lock()
	d.lined = l
	d.mu.Unlock()
	d.wg.Go(func() { d.await(life, who, l) })

	every := time.NewTicker(looking)
	defer every.Stop()
	for {
		snap, _ := d.rooms.Engine.Snapshot()
		if snap.Next.Playlist == e.Playlist && top(snap.Next.Item.ID) == top(e.Item.ID) && snap.Next.Mode == playlist.ModeTake {
			return Answer{Said: fmt.Sprintf("%s is next%s", named(snap.Next), d.after(snap.Air)), Item: itemOf(snap.Next)}, nil
		}
		select {
		case <-every.C:
		case <-l.done:
			if l.err != nil {
				return Answer{}, l.err
			}
			return d.onAir("took "+named(l.entry()), l.entry()), nil
		case <-ctx.Done():
			d.unline()
			return Answer{}, ctx.Err()
		}
	}
}

// after says what an item waits for.
func (d *Desk) after(on playlist.Entry) string {
	if on.Item.ID == "" {
		return ""
	}
	return ", after " + named(on)
}

// await sees what was taken as next to its join.
func (d *Desk) await(ctx context.Context, who Who, l *lined) {
	defer close(l.done)
	defer l.cancel()
	c, err := d.air(ctx, false, who, "take", l.pick)
	l.err = err
	d.mu.Lock()
	if d.lined == l {
		d.lined = nil
	}
	d.mu.Unlock()
	if err == nil {
		l.mu.Lock()
		l.named = c.to
		l.mu.Unlock()
		d.changed(c)
	}
}

// unline takes back what was taken as next, and returns it.
func (d *Desk) unline() *lined {
	d.mu.Lock()
	l := d.lined
	d.lined = nil
	d.mu.Unlock()
	if l == nil {
		return nil
	}
	l.cancel()
	<-l.done
	if l.err == nil { // it aired at this very moment
		return nil
	}
	return l
}

// recentlyLined is what was taken as next so lately that it can be undone.
func (d *Desk) recentlyLined() *lined {
	d.mu.Lock()
	defer d.mu.Unlock()
	if l := d.lined; l != nil && time.Since(l.since) <= undoWithin && (d.undo == nil || d.undo.at.Before(l.since)) {
		return l
	}
	return nil
}
