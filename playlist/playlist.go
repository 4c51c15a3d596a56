// Package playlist holds what a playlist file says: its items, checked, each with
// an identity of its own, and when it is to air.
package playlist

import (
	"time"

	"airloom/playlist/when"
)

// Item is one line of a playlist, checked and complete. Exactly one of Source,
// Folder and Include says what airs.
type Item struct {
	// ID is a hash of the item's fields and its occurrence number among equal
	// ones in its file: the same after a reload, an edit elsewhere or a move.
	ID       string
	Source   string        // as written: relative to the media root, or a URL
	Folder   *Folder       // a folder's files, one after the other
	Include  string        // another playlist's items: a file name, relative to the playlists' folder
	Title    string        // never empty: falls back to the source's name
	In       time.Duration // where to begin in the source
	Out      time.Duration // where to end in the source; 0: its end
	Duration time.Duration // cap, counted from In; 0: none
	Length   time.Duration // how long it airs, as another player's list says; 0: not said. Believed until the source has been looked at
	Repeat   int           // how often the item airs in a row: 1 or `loop: N`
	Loop     bool          // `loop: true`: begin again until Duration is reached
	Audio    string        // track number (1 is the first) or language; "": the default track
	GainDB   float64
	Line     int // where the item stands in its file
}

// Order is the order in which a folder's files air.
type Order string

// The orders of a folder.
const (
	Sorted  Order = "sorted"  // by name, numbers by value; goes on where it left off
	Shuffle Order = "shuffle" // each once a round, in an order of the round's own
	Newest  Order = "newest"  // latest modified first, each time from the newest
)

// Folder is an item that stands for the files in a folder. It is expanded each
// time it comes round, from the listing as it is known then.
type Folder struct {
	Path      string // relative to the media root; "." is the root itself
	Order     Order
	Count     int  // how many files air each time; 0: all
	Recursive bool // with the folders in it
}

// Start is how a scheduled playlist takes the air.
type Start string

// The starts.
const (
	Hard Start = "hard" // cuts in exactly at its time
	Soft Start = "soft" // after the item on air, at the latest after SoftMax
)

// Fill is what happens, before a hard start, to an item that does not fit.
type Fill string

// The ways to fill.
const (
	FillCut Fill = "cut" // it begins and is cut
	FillFit Fill = "fit" // it waits until after; fillers that fit air in its place, then the slate
)

// Return is how an item that was cut goes on after what cut it.
type Return string

// The ways to return.
const (
	Resume  Return = "resume"  // at its next unaired tick
	Restart Return = "restart" // from its beginning
)

// Late is where a playlist begins whose time has passed when it gets the air.
type Late string

// The ways to be late.
const (
	Begin Late = "begin" // at its beginning
	Join  Late = "join"  // where it would be had it begun in time
)

// Schedule says when a playlist airs by itself. Exactly one of Cron and At is
// set; at most one of Until and Duration.
type Schedule struct {
	Cron     *when.Cron
	At       *when.Moment
	Start    Start
	SoftMax  time.Duration // how long a soft start may wait; 0: as long as the item lasts
	Until    *when.Clock   // it ends at the first such time of day after its start
	Duration time.Duration // it ends this long after its planned start; 0: not by this
	Priority int           // the higher one airs; 0 by default
	Return   Return        // how what it cut goes on after it
	Fill     Fill          // what happens to an item that would be cut by its hard start
	Late     Late
}

// Playlist is one checked playlist file.
type Playlist struct {
	File     string // its path below the playlists' folder, with slashes: its name for people and in the rundown
	Name     string
	Version  string    // of the content: changes with every edit
	Loop     bool      // begins again at its end; a base playlist does in any case
	Schedule *Schedule // nil: airs as base, as part of another, or when taken
	Items    []Item
}

// Mode is why an entry airs.
type Mode string

// The modes, as the schedule and the as-run log have them.
const (
	ModeBase   Mode = "base"
	ModeHard   Mode = "hard"
	ModeSoft   Mode = "soft"
	ModeTake   Mode = "take"   // an operator put it on
	ModeFiller Mode = "filler" // a clip that fills the time before a hard start
	ModeSlate  Mode = "slate"  // nothing fits or nothing is planned: the last picture, then the slate
	ModeLive   Mode = "live"   // a producer who came in
)

// Entry is an item with its place in time. The zero Entry means nothing: its
// Item has no ID.
type Entry struct {
	Item     Item   // of a folder: the one file, with the folder item's other fields
	Playlist string // the file's name
	Index    int    // the item's place in it, from 0
	Round    int    // which of the item's Repeat airings, from 0
	From     int64  // the item's tick to begin with: not 0 where it was cut and goes on
	Ticks    int64  // how much of it is planned to air from there, in ticks; 0: until it ends by itself
	Mode     Mode
	Planned  time.Time // the planned start of what brought it on air; zero where no time was planned
	Runs     bool      // time goes on in it while it waits: opened beforehand, it is to be kept where it would be by now
	// Place is the schedule's own note of where this entry stands. Whoever asks
	// what comes next hands it back as it was.
	Place any
}
