package clip

import (
	"errors"
	"sync"
	"time"

	"github.com/asticode/go-astiav"
)

// pump reads a live source as it comes, on a goroutine of its own, so that what is
// not asked for yet does not wait at its sender. From its start to its end only it
// reads from the format context, and what reading may change there nobody asks for:
// what is said of a track was taken down before.
type pump struct {
	began time.Time

	mu    sync.Mutex
	queue []arrival
	bytes int
	end   error
	lost  bool // there was no room
	done  chan struct{}
}

// arrival is a packet and when it came.
type arrival struct {
	pkt *astiav.Packet
	at  time.Time
}

func startPump(s *source) *pump {
	p := &pump{began: time.Now(), done: make(chan struct{})}
	go p.run(s, s.fc.ReadFrame)
	return p
}

func (p *pump) run(s *source, read func(*astiav.Packet) error) {
	defer close(p.done)
	for {
		pkt := newPacket()
		err := s.watch.within(s.patience(), func() error { return read(pkt) })
		if errors.Is(err, astiav.ErrEagain) {
			freePacket(pkt)
			continue
		}
		if err != nil {
			freePacket(pkt)
			pkt = nil
		}
		p.put(pkt, err)
		if err != nil {
			return
		}
	}
}

func (p *pump) put(pkt *astiav.Packet, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil {
		p.end = err
	} else {
		if p.bytes > maxQueued { // nobody asks: what comes now is worth more
			p.drop()
			p.lost = true
		}
		p.queue = append(p.queue, arrival{pkt, time.Now()})
		p.bytes += pkt.Size()
	}
}

// take hands over what has come, and the end once there is nothing more.
func (p *pump) take() (got []arrival, lost bool, end error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	got, p.queue, p.bytes = p.queue, nil, 0
	lost, p.lost = p.lost, false
	return got, lost, p.end
}

func (p *pump) drop() {
	for _, a := range p.queue {
		freePacket(a.pkt)
	}
	p.queue, p.bytes = nil, 0
}

// close ends the reading. The source may be closed after it.
func (p *pump) close(s *source) {
	s.watch.end()
	<-p.done
	p.mu.Lock()
	defer p.mu.Unlock()
	p.drop()
}
