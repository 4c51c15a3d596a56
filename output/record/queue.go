package record

import (
	"sync"
	"time"

	"airloom/playout/media"
)

const (
	queueFor   = 10 * time.Second // of media that may wait for the disk
	queueBytes = 32 << 20
)

// packet is a packet, and when it came: by that clock files begin and end.
type packet struct {
	*media.Packet
	at time.Time
}

// queue holds what is still to be written. When it is full, the group of pictures
// under way is let go as a whole, and what follows up to a keyframe that finds
// room: what is kept has no broken pictures.
type queue struct {
	ready chan struct{} // receives a value when there is something to take

	mu      sync.Mutex
	list    []packet
	bytes   int
	open    bool // packets are taken
	needKey bool
	begun   bool // what comes before the first keyframe is not missed
	dropped int64
}

func newQueue() *queue { return &queue{ready: make(chan struct{}, 1)} }

// begin has the queue take packets, from a keyframe on.
func (q *queue) begin() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.open, q.needKey, q.begun = true, true, false
}

// end has it take none, and lets go of those it has.
func (q *queue) end() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.list, q.bytes, q.open = nil, 0, false
}

func (q *queue) offer(p *media.Packet, at time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.open {
		return
	}
	key := p.Kind == media.Video && p.Key
	full := q.bytes+p.Size() > queueBytes || len(q.list) > 0 && at.Sub(q.list[0].at) > queueFor
	switch {
	case full && q.needKey, !key && q.needKey:
		if q.begun {
			q.dropped++
		}
		return
	case full:
		q.dropped++
		q.shed()
		return
	}
	q.needKey, q.begun = false, true
	q.list = append(q.list, packet{p, at})
	q.bytes += p.Size()
	select {
	case q.ready <- struct{}{}:
	default:
	}
}

// shed lets go of the group of pictures under way, as far as it still waits.
func (q *queue) shed() {
	k := len(q.list) - 1
	for k > 0 && (q.list[k].Kind != media.Video || !q.list[k].Key) {
		k--
	}
	for _, p := range q.list[k:] {
		q.bytes -= p.Size()
	}
	q.dropped += int64(len(q.list) - k)
	clear(q.list[k:])
	q.list, q.needKey = q.list[:k], true
}

// take takes all there is.
func (q *queue) take() []packet {
	q.mu.Lock()
	defer q.mu.Unlock()
	list := q.list
	q.list, q.bytes = nil, 0
	return list
}

func (q *queue) lost() int64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.dropped
}
