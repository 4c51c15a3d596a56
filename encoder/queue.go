package encoder

import (
	"sync"

	"airloom/playout/media"
)

// maxPictures is how many pictures wait for the encoder at the most. It is what
// bounds latency when the machine is too slow.
const maxPictures = 3

// maxBacklog is for how many seconds sound may wait. Coding sound is a
// thousandth of the work, so only an encoder that is stuck gets there.
const maxBacklog = 20

// queue holds ticks between the engine and the encoder's goroutine: a ring of
// fixed size in which at most three have pictures.
type queue struct {
	mu       sync.Mutex
	ring     []*media.Tick
	head, n  int
	pictures int
	last     int64 // number of the newest tick taken in
	any      bool  // last is valid
	closed   bool

	skipped, lost int64
	speed         float64

	ready chan struct{} // a tick came
	room  chan struct{} // holds a value while pictures < maxPictures
}

func newQueue(h media.House) *queue {
	q := &queue{
		ring:  make([]*media.Tick, maxBacklog*h.FPS.Num/h.FPS.Den+1),
		speed: 1,
		ready: make(chan struct{}, 1),
		room:  make(chan struct{}, 1),
	}
	q.showRoom()
	return q
}

// offer takes the tick in. False: its picture was skipped.
func (q *queue) offer(t *media.Tick) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	defer q.showRoom() // the caller may have taken the value
	backwards := q.any && t.N <= q.last
	if q.closed || backwards || q.n == len(q.ring) {
		q.lost++
		t.Free()
		return false
	}
	q.last, q.any = t.N, true
	taken := q.admit(t)
	q.ring[(q.head+q.n)%len(q.ring)] = t
	q.n++
	select {
	case q.ready <- struct{}{}:
	default:
	}
	return taken
}

// admit decides on the tick's picture.
func (q *queue) admit(t *media.Tick) bool {
	if t.Picture == nil {
		return true
	}
	if q.pictures == maxPictures {
		t.DropPicture()
		q.skipped++
		q.speed -= q.speed / smooth
		return false
	}
	q.pictures++
	q.speed += (1 - q.speed) / smooth
	return true
}

// take gives the oldest tick, or nil.
func (q *queue) take() *media.Tick {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.n == 0 {
		return nil
	}
	t := q.ring[q.head]
	q.ring[q.head] = nil
	q.head = (q.head + 1) % len(q.ring)
	q.n--
	if t.Picture != nil {
		q.pictures--
		q.showRoom()
	}
	return t
}

// showRoom makes the channel room tell the truth.
func (q *queue) showRoom() {
	if q.pictures < maxPictures {
		select {
		case q.room <- struct{}{}:
		default:
		}
		return
	}
	select {
	case <-q.room:
	default:
	}
}

// close makes the queue refuse what is offered from now on.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
}

func (q *queue) stats() Stats {
	q.mu.Lock()
	defer q.mu.Unlock()
	return Stats{Skipped: q.skipped, Lost: q.lost, Queue: q.pictures, Speed: q.speed}
}
