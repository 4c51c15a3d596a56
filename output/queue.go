package output

import (
	"sync"

	"airloom/playout/media"
)

const maxQueueBytes = 16 << 20

// queue holds what a session has still to send. It is shut while there is no
// session, opens with a keyframe, and sheds whole groups of pictures when full.
type queue struct {
	maxPictures int
	ready       chan struct{} // receives a value when next may have become worth calling

	mu       sync.Mutex
	list     []*media.Packet
	bytes    int
	pictures int
	open     bool
	needKey  bool // nothing is taken until the next keyframe
	counting bool // what is not taken counts as dropped
	wantCut  bool // the next keyframe to come begins another session
	cut      int  // index of the packet that begins another session; −1: none
	dropped  int64
}

func newQueue(maxPictures int) *queue {
	return &queue{maxPictures: maxPictures, ready: make(chan struct{}, 1), cut: -1}
}

// begin opens the queue for a session. What was kept for it at a cut stays.
func (q *queue) begin() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.cut, q.wantCut = -1, false
	if !q.open {
		q.open, q.needKey, q.counting = true, true, false
	}
}

// end shuts the queue and lets go of what is in it.
func (q *queue) end() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.drop(len(q.list))
	q.open, q.cut, q.wantCut = false, -1, false
}

// renew makes the next keyframe the beginning of another session.
func (q *queue) renew() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.open && q.cut < 0 {
		q.wantCut = true
	}
}

// offer takes the packet, or not, and reports whether a keyframe is needed to
// go on.
func (q *queue) offer(p *media.Packet) (keyframe bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.open {
		return false
	}
	key := p.Kind == media.Video && p.Key
	if q.needKey && !key {
		if q.counting {
			q.dropped++
		}
		return false
	}
	q.needKey = false
	if key && q.wantCut {
		q.cut, q.wantCut = len(q.list), false
	}
	q.list = append(q.list, p)
	q.count(p, 1)
	if q.pictures > q.maxPictures || q.bytes > maxQueueBytes || len(q.list) > 8*q.maxPictures {
		keyframe = q.shed()
	}
	select {
	case q.ready <- struct{}{}:
	default:
	}
	return keyframe
}

// shed makes room: everything before the last keyframe goes, sound with it so
// that it stays in step. Without one, everything goes until the next.
func (q *queue) shed() (keyframe bool) {
	k := len(q.list) - 1
	for k > 0 && (q.list[k].Kind != media.Video || !q.list[k].Key) {
		k--
	}
	if k <= 0 {
		k = len(q.list)
		q.needKey, q.counting = true, true
	}
	q.dropped += int64(k)
	switch {
	case q.cut >= 0 && k == len(q.list):
		q.cut, q.wantCut = -1, true
	case q.cut >= 0:
		q.cut = max(0, q.cut-k)
	}
	q.drop(k)
	return q.needKey
}

// next takes out the oldest packet; nil if there is none, or if another session
// begins here.
func (q *queue) next() (p *media.Packet, cut bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.cut == 0 {
		return nil, true
	}
	if len(q.list) == 0 {
		return nil, false
	}
	p = q.list[0]
	q.drop(1)
	if q.cut > 0 {
		q.cut--
	}
	return p, false
}

func (q *queue) shedSoFar() int64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.dropped
}

func (q *queue) drop(n int) {
	for _, p := range q.list[:n] {
		q.count(p, -1)
	}
	clear(q.list[:n])
	q.list = q.list[n:]
}

func (q *queue) count(p *media.Packet, sign int) {
	q.bytes += sign * p.Size()
	if p.Kind == media.Video {
		q.pictures += sign
	}
}
