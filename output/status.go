package output

import (
	"time"
)

// State is what an output is doing.
type State string

// The states of an output.
const (
	Publishing State = "publishing" // the server takes the stream
	Connecting State = "connecting" // the server was reached and is being asked
	Waiting    State = "waiting"    // for the server, or for the next attempt
	Stopped    State = "stopped"    // by an operator, or at the end
)

// Status is a snapshot of an output.
type Status struct {
	Name      string
	Protocol  string // rtmp, rtsp, srt, hls or record
	State     State
	Since     time.Time     // when it entered the state
	DownSince time.Time     // since when it has not published steadily; zero while it does, and while stopped
	Target    string        // without the stream key
	Attempt   int           // attempts since the last session; 0 while publishing
	RetryIn   time.Duration // until the next attempt; 0 while none is waited for
	LastError string        // one sentence; "" once it has published for a while
	LastKind  Kind
	LastCause Cause
	Sent      int64     // bytes, over all sessions
	Bitrate   int       // kbit/s over the last seconds
	Dropped   int64     // packets a slow server had no room for
	Sessions  int64     // opened so far
	RenewAt   time.Time // when the session is due to be renewed; zero unless publishing
	Alive     time.Time // when the server last showed that it reads; zero unless publishing
}

// Status returns a snapshot. It never waits for the network.
func (o *Output) Status() Status {
	dropped := o.queue.shedSoFar()
	o.mu.Lock()
	defer o.mu.Unlock()
	now := time.Now()
	s := o.status
	s.Dropped = dropped
	switch s.State {
	case Waiting:
		s.RetryIn = o.retry.Wait(now)
	case Publishing:
		if now.Sub(s.Since) >= steady {
			s.DownSince = time.Time{}
		}
	case Stopped:
		s.DownSince = time.Time{}
	}
	if o.session != nil {
		p := o.session.Progress()
		s.Sent += p.Sent
		s.Alive = p.Alive
		s.Bitrate = o.meter.kbps(now, p.Sent)
	}
	return s
}

// enter sets the state.
func (o *Output) enter(s State) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.setState(s)
}

// setState notes a change of state. An outage begins when a steady session ends,
// or when a stopped output is wanted again; attempts and sessions that are cut
// off in their first moments belong to it.
func (o *Output) setState(s State) {
	was := o.status.State
	if was == s {
		return
	}
	now := time.Now()
	if was == Stopped || (was == Publishing && now.Sub(o.status.Since) >= steady) {
		o.status.DownSince = now
	}
	o.status.State, o.status.Since = s, now
}

// meter measures a rate over the last seconds from a sample a second.
type meter struct {
	at   [6]time.Time
	sent [6]int64
}

func (m *meter) sample(now time.Time, sent int64) {
	copy(m.at[1:], m.at[:])
	copy(m.sent[1:], m.sent[:])
	m.at[0], m.sent[0] = now, sent
}

func (m *meter) kbps(now time.Time, sent int64) int {
	for i := len(m.at) - 1; i >= 0; i-- {
		if m.at[i].IsZero() {
			continue
		}
		if d := now.Sub(m.at[i]).Milliseconds(); d > 0 {
			return int((sent - m.sent[i]) * 8 / d)
		}
	}
	return 0
}
