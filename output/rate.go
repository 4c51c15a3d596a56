package output

import (
	"sync"
	"time"
)

// Rate is how fast bytes go out, for ways out that are no session. The zero
// value is ready.
type Rate struct {
	mu    sync.Mutex
	sum   int64
	at    time.Time // of the last sample
	meter meter
}

// Add counts bytes that went out at now.
func (r *Rate) Add(n int64, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.look(now)
	r.sum += n
}

// Sum is all bytes so far, and how many kbit/s they were over the last seconds.
func (r *Rate) Sum(now time.Time) (bytes int64, kbps int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.look(now)
	return r.sum, r.meter.kbps(now, r.sum)
}

// look takes a sample a second, so that the meter spans a few; after a pause it
// begins anew.
func (r *Rate) look(now time.Time) {
	switch d := now.Sub(r.at); {
	case d < time.Second && !r.at.IsZero():
		return
	case d > 10*time.Second:
		r.meter = meter{}
	}
	r.at = now
	r.meter.sample(now, r.sum)
}
