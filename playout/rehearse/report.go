package rehearse

import (
	"time"

	"airloom/playlist"
)

// Severity says what to make of a finding.
type Severity string

// Problem is what an operator has to mend; Remark is what he should know.
const (
	Problem Severity = "problem"
	Remark  Severity = "remark"
)

// Code names a sort of finding.
type Code string

// The sorts of findings.
const (
	CannotPlay    Code = "cannot-play"    // an item was left out
	BreaksOff     Code = "breaks-off"     // an item ended before its time
	Gap           Code = "gap"            // nothing to air: a hold, the filler or the slate stood in
	MissedStart   Code = "missed-start"   // a playlist never got the air
	LateStart     Code = "late-start"     // a hard start was not on time
	UnknownLength Code = "unknown-length" // so what comes after it may come at another time
	UnmetFault    Code = "unmet-fault"    // a fault that was asked for befell nothing
	NothingFits   Code = "nothing-fits"   // time before a hard start that no filler fills
	CutItem       Code = "cut"            // an item was taken off before its end
	WaitedStart   Code = "waited"         // a soft start waited for the item on air
)

// severities has the sorts that are problems.
var severities = map[Code]Severity{
	CannotPlay: Problem, BreaksOff: Problem, Gap: Problem, MissedStart: Problem, LateStart: Problem, UnknownLength: Problem, UnmetFault: Problem,
	NothingFits: Remark, CutItem: Remark, WaitedStart: Remark,
}

// Finding is something that an operator should know, once for all its times.
type Finding struct {
	Code     Code
	Severity Severity
	Tick     int64          // at which it is first seen
	Times    int            // how often it is seen
	Ticks    int64          // what it costs in all: missing, held or cut
	Longest  int64          // the most it costs at once
	Entry    playlist.Entry // whom it concerns; zero where nobody
	Message  string         // a sentence, of the first time
}

// Report is what a rehearsal found.
type Report struct {
	From, To  time.Time
	Ticks     int64
	Entries   int       // items that began
	Lists     int       // playlists that they are of
	Starts    int       // scheduled starts that took the air
	Cuts      int       // items that were cut
	Skipped   int       // items that were left out
	Held      int64     // ticks in which something stood in, unplanned
	Longest   int64     // the longest such stretch
	LongestAt int64     // where it began; -1: there is none
	Fillers   int64     // ticks of planned fillers
	Rest      int64     // ticks of planned rest that nothing filled
	Findings  []Finding // problems first, then in the order of time
	More      int       // findings beyond those that are told
}

// Problems is how many findings are problems.
func (r *Report) Problems() (n int) {
	for _, f := range r.Findings {
		if f.Severity == Problem {
			n++
		}
	}
	return n
}
