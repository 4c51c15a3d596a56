package control

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"airloom/playlist"
	"airloom/playout"
)

// maxItems bounds the alerts for single items.
const maxItems = 100

// itemKey names an item of a playlist.
type itemKey struct{ playlist, id string }

// items are the alerts for single items: each stands until its item airs well
// again, or is no longer there to do so.
type items struct {
	alerts map[itemKey]Alert
	known  map[string]bool // the IDs of the items there are; nil: not told
}

// there reports whether there is such an item. The ID of what an item stands for,
// a folder's file or another playlist's item, begins with its own.
func (i *items) there(id string) bool {
	own, _, _ := strings.Cut(id, "/")
	return i.known == nil || i.known[own]
}

// note raises an alert for an item that failed, or takes it back. Only how an
// item ended counts: a piece that a hold broke off says nothing yet.
func (i *items) note(r playout.Row, now time.Time) {
	id := itemKey{r.Entry.Playlist, r.Entry.Item.ID}
	if !r.Final || !i.there(id.id) {
		return
	}
	if r.Cause == nil {
		if r.Outcome == playout.Played {
			delete(i.alerts, id)
		}
		return
	}
	if reason := playout.Reason(""); errors.As(r.Cause, &reason) {
		return // the clock or an operator took it off
	}
	old, again := i.alerts[id]
	if again {
		now = old.Since
	} else if len(i.alerts) >= maxItems {
		delete(i.alerts, i.oldest())
	}
	i.alerts[id] = Alert{
		Severity: "warning", Code: "item-" + strings.ReplaceAll(string(r.Outcome), " ", "-"), Since: now,
		Message: fmt.Sprintf("%s (%s, line %d): %v", r.Entry.Item.Title, r.Entry.Playlist, r.Entry.Item.Line, r.Cause),
		ItemID:  id.id, Playlist: id.playlist, Index: &r.Entry.Index,
	}
}

// oldest is the item whose alert has stood longest.
func (i *items) oldest() (found itemKey) {
	var since time.Time
	for id, a := range i.alerts {
		if since.IsZero() || a.Since.Before(since) {
			found, since = id, a.Since
		}
	}
	return found
}

// find tells the alerts where their items stand by now.
func (i *items) find(lists []*playlist.Playlist) {
	for id, a := range i.alerts {
		at := slices.IndexFunc(lists, func(l *playlist.Playlist) bool { return l.File == id.playlist })
		if a.Index = nil; at >= 0 {
			if e, ok := within(lists[at], id.id); ok {
				a.Index = &e.Index
			}
		}
		i.alerts[id] = a
	}
}

// keep lets go of what is not among the IDs, now and from now on.
func (i *items) keep(ids map[string]bool) {
	i.known = ids
	for id := range i.alerts {
		if !i.there(id.id) {
			delete(i.alerts, id)
		}
	}
}
