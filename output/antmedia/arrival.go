package antmedia

import (
	"fmt"
	"time"

	"airloom/output"
)

// State is whether the stream is known to arrive.
type State string

// The states of arrival.
const (
	Proven     State = "proven"
	NotProven  State = "not-proven"
	NotChecked State = "not-checked"
)

// Arrival is whether the stream reaches the server, by the server's own word.
type Arrival struct {
	State  State
	Cause  output.Cause  // why it is not proven, where that is known: see [Error]; ""
	Status string        // the server's word for the broadcast
	Age    time.Duration // since what the server last showed
	Detail string        // in words, why it is not proven; ""
	Known  bool          // the rest is what the server says
	Server Server
}

// Server is what the server says of the stream. What it does not say is 0 or "".
type Server struct {
	Version  string
	Kbps     int
	Speed    float64
	Width    int
	Height   int
	Received int64 // bytes
	Viewers  int
	For      time.Duration // how long it has received this session
}

const (
	lapses   = 20 * time.Second // without a change
	pollEach = 5 * time.Second
	// lapsesUnseen is that while the last look failed: a change may be ten seconds old
	// before a look fails, and the next one may take seven.
	lapsesUnseen = 25 * time.Second
)

// look is what was seen at one poll.
type look struct {
	answer   Answer
	foreign  bool          // the session that holds the id is not ours
	err      *Error        // why there is no answer
	playlist string        // changes when the HLS playlist does; "": none was seen
	age      time.Duration // of the playlist
	at       time.Time
}

// sight is what has been seen of one session of ours. Its methods are pure. The
// server's status proves nothing: it says broadcasting for up to 20 s after the
// last packet. What changes from one poll to the next does.
type sight struct {
	opened  time.Time     // the session
	last    look          // the last with an answer
	err     *Error        // of the last poll
	errAt   time.Time     // since when there has been no answer; zero while there is
	changed time.Time     // when a poll last showed something new; zero: none has
	shown   time.Duration // how old that was by then, by the server's clock
	list    string
	slow    int // updates in a row that told of too low a speed
}

// see adds a poll.
func (s sight) see(l look) sight {
	if l.err != nil {
		if s.err = l.err; s.errAt.IsZero() {
			s.errAt = l.at
		}
		return s
	}
	was := s.last.answer
	a := l.answer
	moved := was.Known && a.Known && a.StartTime == was.StartTime && !l.foreign
	if moved && (a.UpdateTime > was.UpdateTime || a.ReceivedBytes > was.ReceivedBytes) {
		s.changed, s.shown = l.at, a.Idle(l.at)
		s.slow++
		if a.Speed == 0 || a.Speed >= slowest {
			s.slow = 0
		}
	}
	if l.foreign {
		s.list, s.slow, l.playlist = "", 0, ""
	}
	if l.playlist != "" && s.list != "" && l.playlist != s.list {
		s.changed, s.shown = l.at, l.age
	}
	if l.playlist != "" {
		s.list = l.playlist
	}
	s.last, s.err, s.errAt = l, nil, time.Time{}
	return s
}

// arrival is the verdict now.
func (s sight) arrival(now time.Time) Arrival {
	a := s.last.answer
	v := Arrival{State: NotProven, Status: a.Status, Known: a.Known && !s.last.foreign}
	if v.Known {
		v.Server = Server{Kbps: int(a.Bitrate / 1000), Speed: a.Speed, Width: a.Width, Height: a.Height,
			Received: a.ReceivedBytes, Viewers: a.Viewers(), For: a.Running(now)}
	}
	lasts := lapses
	if s.err != nil {
		lasts = lapsesUnseen
	}
	fresh := !s.changed.IsZero() && now.Sub(s.changed) < lasts
	if !s.changed.IsZero() {
		v.Age = s.shown + now.Sub(s.changed)
	}
	switch {
	case fresh && !s.last.foreign:
		v.State = Proven
	case s.err != nil:
		v.Cause, v.Detail = s.err.Cause, s.err.Error()
	case s.last.at.IsZero(), now.Sub(s.opened) < lapses && s.changed.IsZero():
		v.Detail = "the session is new: the server shows what arrives after some seconds"
	case s.last.foreign:
		v.Cause, v.Detail = output.CauseIDInUse, "the session there is not ours: it began at another time"
	case !a.Known:
		v.Cause, v.Detail = output.CauseIDUnknown, "the server knows nothing of the stream that we send"
	default:
		v.Detail = fmt.Sprintf("nothing that the server shows of the stream has changed for %s", rough(now.Sub(s.since())))
	}
	return v
}

// since is when something last changed, or when the session began.
func (s sight) since() time.Time {
	if s.changed.IsZero() {
		return s.opened
	}
	return s.changed
}
