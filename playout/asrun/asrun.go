// Package asrun remembers what must outlive the process: what really aired, where
// the channel stands, what is kept off the air.
//
// The engine's side calls [Store.Report] when a piece of the programme has ended
// and [Store.Playhead] every second; neither ever blocks. One goroutine,
// [Store.Run], writes both to an SQLite file in the state directory. While the
// file cannot be had (locked, full, read-only, damaged, on storage that hangs)
// the rows wait in memory and the alert says what to do; the air does not notice.
//
// Tick numbers go on over restarts: the file's own counter is added to the ticks
// of each process. Rows abut, so the sum of all ticks is that counter. What lies
// between two processes is a row of its own, `off`.
package asrun

import "time"

// The outcomes that this room writes itself. All others are the engine's.
const (
	Cut     = "cut"     // an item that was on air when airloom ended
	Off     = "off"     // there was nothing; its ticks, if any, are those a crash left unknown
	Unknown = "unknown" // something aired, but its rows were lost
)

// Row is a piece of the programme that aired, an item that did not, or a time
// without any programme. Ticks are the process's own in what is reported, the
// channel's in what is read.
type Row struct {
	ID      int64 // the order of writing; 0: still on air
	Tick    int64 // its first tick
	Ticks   int64 // how long it aired; 0 for what did not
	Start   time.Time
	End     time.Time // the zero time stands for Start
	Planned time.Time // zero where no time was planned

	Playlist string
	Index    int    // of the item in its playlist, from 0
	Item     string // the item's ID
	Round    int    // which of the item's repeats, from 0
	Source   string // fit to be shown: no passwords
	Title    string
	Mode     string
	From     int64         // the item's tick that it began with
	In, Out  time.Duration // of the source, for display; 0: its beginning, its end

	Outcome string // "" while an item is on air
	Cause   string
}

// Playhead is where the channel stands. The next one replaces it.
type Playhead struct {
	Place []byte    // the schedule's note of it
	Tick  int64     // how many ticks have aired
	At    time.Time // when that was
	Air   Row       // what is on air since its Tick; its Ticks are counted from there
}

// Saved is what the last run left.
type Saved struct {
	Playhead Playhead // with the channel's ticks; its At is zero where there is none
	Ticks    int64    // the channel's tick counter: what this run's tick 0 is
	Ended    string   // why the last run ended; "" after a crash
	Seed     uint64   // for everything that is shuffled: made once, and kept
}

// Ban keeps one version of a file off the air.
type Ban struct {
	Version string
	Why     string
	Since   time.Time
}

const (
	// maxWaiting is how many rows wait in memory: a day of items of one second.
	maxWaiting = 100_000
	// chunk is how many rows are written at once.
	chunk = 5_000
	// pause is the least time between two writes, so that a burst of rows is one.
	pause = 100 * time.Millisecond
	// busy is how long a lock of somebody else's is waited for.
	busy = 2 * time.Second
	// farewell is how long the last write may take.
	farewell = 1500 * time.Millisecond
	// patience is for how long the end of another airloom is waited for. One that
	// goes on for longer is another channel, and what it leaves one day is its own.
	patience = 30 * time.Second
	// silent is when storage that does not answer is told of.
	silent = 5 * time.Second
)

const (
	killed  = "airloom was killed or lost power"
	stopped = "airloom was stopped"
	lost    = "what aired is not known: its rows could not be written, or are in a file that was set aside"
)
