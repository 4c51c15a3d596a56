package antmedia

import (
	"time"
)

// Owner is whose session it is that holds a stream id.
type Owner string

// The owners.
const (
	Nobody   Owner = "nobody"
	Ours     Owner = "ours"
	Stranger Owner = "stranger"
)

// Past is what we know of our own last session.
type Past struct {
	Opened time.Time // on our clock; zero: there was none
	Broke  time.Time // when it ended without a farewell; zero: it did not
	// Started is the start that the server last gave for it while we published, in
	// its milliseconds, and when it was older than moves; 0: it was not asked in time.
	Started int64
}

// By how much the server's count of a session's age may be off from ours: it notes
// the start with the first packets, and cuts its time to whole seconds.
const (
	younger = 4 * time.Second
	older   = time.Second
)

// moves is by how much the server corrects the start of a session that runs: by 12 ms
// was seen.
const moves = time.Second

// OwnerOf tells whose the session is that the answer speaks of.
//
// The server says neither who publishes nor from where. It does say when the
// session began, and a stream id has one session at a time: so a session that
// began when ours did is ours. Where the server's word for that was read during
// our session, only the same word counts: it stays true however the clocks are set
// meanwhile. A start within moves of it counts too, if the ages agree: ours still
// held the id when that second was over, so nobody else's session began in it,
// unless a clock was set. Where the word was not read, as in a session of a
// second, the ages are compared, each taken on one machine's clock; and only if our
// session broke, and no earlier than that one began: a server that is told of the
// end lets go at once, and then anybody may have taken the id. The server's count is
// never too high, since it cuts its time to whole seconds: so one who came right
// after ours is not taken for ours.
//
// A stream that the server itself fetches or plays is never ours.
func OwnerOf(a Answer, ours Past, now time.Time) Owner {
	switch {
	case !a.Known || !a.Held():
		return Nobody
	case a.Type != "liveStream" || ours.Opened.IsZero() || a.StartTime == 0:
		return Stranger
	case ours.Started != 0 && ours.Started != a.StartTime && (!ours.near(a) || !ours.beganWith(a, now)):
		return Stranger
	case ours.Started == 0 && (ours.Broke.IsZero() || !ours.beganWith(a, now) || a.Running(now) < now.Sub(ours.Broke)):
		return Stranger
	}
	return Ours
}

// beganWith reports whether the session of the answer began when ours did.
func (p Past) beganWith(a Answer, now time.Time) bool {
	if a.StartTime == 0 || a.Date.IsZero() {
		return false
	}
	off := now.Sub(p.Opened) - a.Running(now)
	return -older <= off && off <= younger
}

// near reports whether the session of the answer can be the one whose start was read.
func (p Past) near(a Answer) bool {
	return time.Duration(max(a.StartTime-p.Started, p.Started-a.StartTime))*time.Millisecond <= moves
}
