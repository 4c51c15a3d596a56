// Package playlist holds what a playlist file says: its items, checked, each
// with an identity of its own.
package playlist

import "time"

// Item is one line of a playlist, checked and complete.
type Item struct {
	// ID is a hash of the item's fields and its occurrence number among equal
	// ones in its file: the same after a reload, an edit elsewhere or a move.
	ID       string
	Source   string        // as written: relative to the media root, or a URL
	Title    string        // never empty: falls back to the source's name
	In       time.Duration // where to begin in the source
	Out      time.Duration // where to end in the source; 0: its end
	Duration time.Duration // cap, counted from In; 0: none
	Repeat   int           // how often the item airs in a row: 1 or `loop: N`
	Loop     bool          // `loop: true`: begin again until Duration is reached
	Audio    string        // track number (1 is the first) or language; "": the default track
	GainDB   float64
	Line     int // where the item stands in its file
}

// Playlist is one checked playlist file.
type Playlist struct {
	File  string // its name, for people and in the rundown
	Name  string
	Loop  bool
	Items []Item
}

// Entry is an item with its place in the order of airing. The zero Entry means
// nothing: its Item has no ID.
type Entry struct {
	Item     Item
	Playlist string // the file's name
	Index    int    // the item's place in it, from 0
	Round    int    // which of the item's Repeat airings, from 0
}
