package schedule

import (
	"slices"
	"time"

	"airloom/playlist"
)

// place is what is remembered when an entry takes the air. Once handed out it is
// never changed.
type place struct {
	plans   *Plans // whose lists the runs are of; nil: it was restored, and only names them
	tick    int64  // at which the entry was to take the air
	seen    int64  // starts up to then have been considered
	ground  run    // the base run
	runs    []run  // the others that are open
	air     int    // which of them has the air; or:
	beside  bool   // the entry is not of that run, but fills time before it goes on
	folders []tally
	opened  []opened
	missed  []Missed
}

// opened is the last start of a list whose run was opened, as long as its time has
// not passed: should its plans be read anew, it does not air twice.
type opened struct {
	File string `json:"file"`
	At   int64  `json:"at"`
	End  int64  `json:"end"`
}

// What has the air when none of place.runs does.
const (
	onBase = -1
	onNone = -2 // its run has gone from the plans
)

// kind is what brought a run about.
type kind int

const (
	base  kind = iota // always there, for ever
	timed             // a start of its schedule
	taken             // an operator
)

// run is one playing of a list.
type run struct {
	kind  kind
	list  *list
	start int64 // planned; of a taken run, when it was taken
	end   int64 // see plan.end; of others forever
	cuts  bool
	begun bool
	aired bool  // something of it has been on air…
	lap   bool  // …since it last began again
	laps  int   // how often it has begun again
	told  bool  // it is told as missed
	pause int64 // until then it is not tried again: nothing of it could play
	position
}

// position is what a run airs next, or has on air.
type position struct {
	at    int    // in the list's items
	round int    // which of the item's airings
	visit *visit // of a folder item: nil until it is expanded
	file  int    // in the visit
	left  int64  // the item's tick to go on at
	off   int64  // the channel's tick at which it was left there; -1: before a restart
	again bool   // what interrupts the item wants it to begin again after
	saved *mark  // until it has been found again in the plans
}

// visit is one coming round of a folder item.
type visit struct {
	files []string
	rest  int // how many come after these; whole: all there are
}

// mark is a saved position: what airs, and what stood behind it.
type mark struct {
	file   string
	id     string
	behind []string
}

// run is the run of that number.
func (pl *place) run(i int) *run {
	if i < 0 {
		return &pl.ground
	}
	return &pl.runs[i]
}

func (r *run) goesBefore(o *run) bool {
	return goesBefore(r.list.plan.Priority, o.list.plan.Priority, r.start, o.start, r.list.file, o.list.file)
}

// take is the taken run; -1: there is none.
func (pl *place) take() int {
	return slices.IndexFunc(pl.runs, func(r run) bool { return r.kind == taken })
}

// drop ends a run.
func (pl *place) drop(i int) {
	pl.runs = slices.Delete(pl.runs, i, i+1)
	switch {
	case pl.air == i:
		pl.air = onNone
	case pl.air > i:
		pl.air--
	}
}

// item is what stands at the run's position.
func (r *run) item() *playlist.Item { return &r.list.items[r.at] }

// step moves on to the airing after the one at hand. It reports whether there is
// one; a run that loops begins again, unless nothing of it could play this time.
func (r *run) step() bool {
	r.left = 0
	if r.visit != nil && (r.file+1 < len(r.visit.files) || r.visit.rest != 0) {
		r.file++
		return true
	}
	return r.pass(1)
}

// pass moves on over that many airings of the item, or to the next item.
func (r *run) pass(airings int) bool {
	r.visit, r.file, r.left = nil, 0, 0
	if len(r.list.items) == 0 {
		return false
	}
	if r.round += airings; r.round < r.item().Repeat {
		return true
	}
	r.round = 0
	if r.at++; r.at < len(r.list.items) {
		return true
	}
	again := r.kind == base || r.kind == timed && r.list.loops && r.lap
	r.at, r.lap = 0, false
	r.laps++
	return again
}

// planned is the run's start as people read it.
func (r *run) planned(zone *time.Location) time.Time {
	if r.kind != timed {
		return time.Time{}
	}
	return time.Unix(0, r.start).In(zone)
}

// mode is why an entry of the run airs.
func (r *run) mode() playlist.Mode {
	switch {
	case r.kind == taken:
		return playlist.ModeTake
	case r.kind == base:
		return playlist.ModeBase
	case r.list.plan.hard:
		return playlist.ModeHard
	default:
		return playlist.ModeSoft
	}
}
