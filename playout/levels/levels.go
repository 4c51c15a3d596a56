// Package levels measures the sound that is sent: peaks, and loudness as EBU R 128
// has it, for the meters of whoever looks at the channel.
//
// The sound of each tick passes [Meter.Hear] on its way to the encoder. While
// nobody follows, that is one comparison; else it is copied into a ring without a
// lock, so that the tick waits for nobody. [Meter.Run] measures it, five times a
// second, and tells all who follow.
package levels

import (
	"context"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"airloom/playout/media"
)

const (
	// Least is what silence measures, in dB.
	Least = -100
	// Every is how often the levels are told.
	Every = 200 * time.Millisecond
	// ringSeconds is how far measuring may fall behind.
	ringSeconds = 2
	// lingers is how long the ring is kept when nobody follows any more.
	lingers = 10 * time.Second
)

// Levels are the levels of the sound up to and with a tick.
type Levels struct {
	Tick int64
	Peak [2]float64 // highest sample since the last levels, left and right, dBFS
	// Momentary is the loudness of the last 0.4 s, Short that of the last 3 s, in
	// LUFS; NaN until so much has been heard.
	Momentary, Short float64
}

// Meter measures the sound of one channel.
type Meter struct {
	rate int
	ring atomic.Pointer[ring] // nil: nobody follows
	wake chan struct{}

	mu        sync.Mutex
	followers map[chan Levels]struct{}
}

// New returns a meter of stereo sound at so many samples a second.
func New(rate int) *Meter {
	return &Meter{rate: rate, wake: make(chan struct{}, 1), followers: map[chan Levels]struct{}{}}
}

// Hear takes note of a tick's sound, if anybody follows. It never blocks, and
// keeps nothing of the tick. It is called from one goroutine.
func (m *Meter) Hear(t *media.Tick) {
	if r := m.ring.Load(); r != nil {
		r.put(t.N, t.Sound)
	}
}

// Follow has the levels told to the channel it returns, until end is called. Who
// is late gets the latest only.
func (m *Meter) Follow() (news <-chan Levels, end func()) {
	c := make(chan Levels, 1)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.followers[c] = struct{}{}
	select {
	case m.wake <- struct{}{}:
	default:
	}
	return c, func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		delete(m.followers, c)
	}
}

// Run measures while anybody follows, until the context is done.
func (m *Meter) Run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-m.wake:
			m.measure(ctx)
		}
	}
}

// measure measures until nobody has followed for a while.
func (m *Meter) measure(ctx context.Context) {
	every := time.NewTicker(Every)
	defer every.Stop()
	r := newRing(ringSeconds * m.rate)
	m.ring.Store(r)
	defer m.ring.Store(nil)
	l := newLoudness(m.rate)
	alone := time.Duration(0)
	for alone < lingers {
		select {
		case <-ctx.Done():
			return
		case <-every.C:
		}
		if r.missed.Swap(false) { // the windows would have a hole in them
			l = newLoudness(m.rate)
		}
		tick, any := r.take(l.add)
		switch {
		case !m.tell(l, tick, any):
			alone += Every
		default:
			alone = 0
		}
	}
}

// tell tells the levels to all who follow, and reports whether anybody does.
func (m *Meter) tell(l *loudness, tick int64, any bool) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !any || len(m.followers) == 0 {
		return len(m.followers) > 0
	}
	now := Levels{Tick: tick, Peak: l.peaks(), Momentary: math.NaN(), Short: math.NaN()}
	if v, ok := l.over(momentaryBlocks); ok {
		now.Momentary = v
	}
	if v, ok := l.over(shortBlocks); ok {
		now.Short = v
	}
	for c := range m.followers {
		select {
		case <-c: // what it has not taken yet
		default:
		}
		c <- now // nobody else sends
	}
	return true
}

// ring takes sound from one goroutine to one other, without a lock.
type ring struct {
	sound      [2][]float32
	head, tail atomic.Int64 // samples that were put and taken, since the beginning
	tick       atomic.Int64 // the latest tick
	missed     atomic.Bool  // there was no room
}

func newRing(samples int) *ring {
	return &ring{sound: [2][]float32{make([]float32, samples), make([]float32, samples)}}
}

func (r *ring) put(tick int64, sound [2][]float32) {
	n, size, head := min(len(sound[0]), len(sound[1])), len(r.sound[0]), r.head.Load()
	if head+int64(n)-r.tail.Load() > int64(size) {
		r.missed.Store(true)
		return
	}
	at := int(head % int64(size))
	for c := range r.sound {
		k := copy(r.sound[c][at:], sound[c][:n])
		copy(r.sound[c], sound[c][k:n])
	}
	r.tick.Store(tick)
	r.head.Store(head + int64(n))
}

// take hands out what there is, in up to two pieces, and tells the latest tick;
// any is false when there is nothing.
func (r *ring) take(add func(left, right []float32)) (tick int64, any bool) {
	head, tail, size := r.head.Load(), r.tail.Load(), int64(len(r.sound[0]))
	tick = r.tick.Load()
	for tail < head {
		at := tail % size
		to := min(at+head-tail, size)
		add(r.sound[0][at:to], r.sound[1][at:to])
		tail += to - at
		any = true
	}
	r.tail.Store(tail)
	return tick, any
}
