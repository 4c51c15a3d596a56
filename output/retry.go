package output

import "time"

const (
	probeEvery = 500 * time.Millisecond // while the port is shut
	steady     = 2 * time.Second        // a session that lived less was refused in effect
	maxProbes  = 12                     // under way at once
)

// ladder is the wait after the first, second, … refusal in a row. The last
// step repeats: a wait that grew would keep a server that is back waiting too.
var ladder = [...]time.Duration{
	250 * time.Millisecond, 500 * time.Millisecond, time.Second, 1500 * time.Millisecond,
}

// Retry is what the next attempt depends on. The zero value is due at once.
// Its methods are pure functions of it and of what they are given.
type Retry struct {
	wait     time.Duration
	since    time.Time // what wait counts from
	refusals int       // in a row
}

// Wait is how long to wait from now for the next attempt; never negative.
func (r Retry) Wait(now time.Time) time.Duration {
	if r.since.IsZero() {
		return 0
	}
	return max(0, r.since.Add(r.wait).Sub(now))
}

// Probing is the state after an attempt to reach the server began at now. The
// next begins without waiting for how this one ends, so that an address which
// swallows everything delays nothing.
func (r Retry) Probing(now time.Time) Retry {
	return Retry{wait: probeEvery, since: now, refusals: r.refusals}
}

// Failed is the state after an attempt ended at now with a fault of the given
// kind. Jitter, 0 ≤ jitter < 1, spreads those who were refused together.
func (r Retry) Failed(kind Kind, now time.Time, jitter float64) Retry {
	if kind == KindUnreachable {
		// The beat of the probes goes on, and with a shut port the refusals
		// before it are history.
		return Retry{wait: r.wait, since: r.since}
	}
	step := ladder[min(r.refusals, len(ladder)-1)]
	step -= time.Duration(jitter * 0.2 * float64(step))
	return Retry{wait: step, since: now, refusals: r.refusals + 1}
}

// Ended is the state after a session that lived for the given time. One that
// lived is sought again at once; one that was cut off in its first moments is
// as good as refused.
func (r Retry) Ended(lived time.Duration, kind Kind, now time.Time, jitter float64) Retry {
	if lived < steady {
		return r.Failed(kind, now, jitter)
	}
	return Retry{}
}
