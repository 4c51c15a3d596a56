package srt

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/datarhei/gosrt/circular"
	"github.com/datarhei/gosrt/congestion"
	"github.com/datarhei/gosrt/congestion/live"
	"github.com/datarhei/gosrt/crypto"
	"github.com/datarhei/gosrt/packet"

	"airloom/output"
	"airloom/output/link"
	"airloom/playout/media"
)

const (
	payload    = 7 * 188
	tickEvery  = 10 * time.Millisecond
	stallAfter = 5 * time.Second // a listener says something every second at least
	// A key of SRT is good for so many packets; its successor is announced before.
	refreshAfter  = 1 << 24
	announceAhead = 1 << 12
	roomWithin    = 5 * time.Millisecond // that the system may take to have room for a packet
	leastRate     = 20_000_000           // bits a second, by which a keyframe is spread over time
)

// Session is one publication.
type Session struct {
	target  target
	conn    *reached
	guard   output.Guard
	mux     *muxer
	sender  congestion.Sender
	start   time.Time
	id      uint32 // our socket
	peer    uint32 // theirs
	first   circular.Number
	latency time.Duration

	rest  []byte // of a payload that is not full yet
	last  uint64 // when the last packet is due, µs since the start
	apart uint64 // two packets at least, µs

	keys    crypto.Crypto // nil: nothing is encrypted
	key     packet.PacketEncryption
	coded   int         // packets with this key
	refresh int         // packets a key is used for
	taken   atomic.Bool // the listener has the next key

	sent  atomic.Int64 // bytes
	heard atomic.Int64 // when the listener last said something, Unix nanoseconds

	end  chan error // why the connection is over
	mu   sync.Mutex
	wire []byte
}

func newSession(t target, conn *reached, info media.StreamInfo) (*Session, error) {
	rate := max(leastRate, 4000*(info.VideoKbps+info.AudioKbps))
	s := &Session{
		target: t, conn: conn, guard: output.Guard{Info: info}, start: time.Now(),
		id: random(), first: circular.New(random()&packet.MAX_SEQUENCENUMBER, packet.MAX_SEQUENCENUMBER),
		apart: uint64(payload * 8 * 1_000_000 / rate), key: packet.EvenKeyEncrypted, refresh: refreshAfter,
		end: make(chan error, 1),
	}
	s.heard.Store(s.start.UnixNano())
	var err error
	if s.mux, err = newMuxer(info, s); err != nil {
		return nil, &output.Fault{Kind: output.KindMedia, Err: err}
	}
	return s, nil
}

func (s *Session) now() uint64   { return uint64(time.Since(s.start).Microseconds()) }
func (s *Session) stamp() uint32 { return uint32(s.now() & uint64(packet.MAX_TIMESTAMP)) }

// Progress implements output.Session.
func (s *Session) Progress() output.Progress {
	return output.Progress{Sent: s.sent.Load(), Alive: time.Unix(0, s.heard.Load())}
}

// Run implements output.Session. The caller's goroutine sends, a second reads
// what the listener says.
func (s *Session) Run(ctx context.Context, in <-chan *media.Packet) error {
	s.sender = live.NewSender(live.SendConfig{
		InitialSequenceNumber: s.first,
		// What is that late no listener waits for: libsrt's own rule.
		DropThreshold: uint64(max(time.Second, s.latency*5/4+time.Second).Microseconds()) + 20_000,
		OnDeliver:     s.deliver,
	})
	s.heard.Store(time.Now().UnixNano())
	done := make(chan struct{})
	go func() { defer close(done); s.broke(s.read()) }()
	err := s.send(ctx, in)
	if err == nil {
		s.drain()
	}
	s.write(control(packet.CTRLTYPE_SHUTDOWN, s.peer, s.stamp(), &packet.CIFShutdown{}))
	_ = s.conn.Close()
	<-done
	s.sender.Flush()
	if err != nil {
		return lost(err)
	}
	return nil
}

// broke notes why the connection is over; the first word counts.
func (s *Session) broke(err error) {
	select {
	case s.end <- err:
	default:
	}
}

// send sends every packet as it comes, until in is closed or ctx is done (nil)
// or the connection breaks.
func (s *Session) send(ctx context.Context, in <-chan *media.Packet) error {
	tick := time.NewTicker(tickEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-s.end:
			return err
		case <-tick.C:
			if time.Since(time.Unix(0, s.heard.Load())) > stallAfter {
				return fault(output.KindStalled, "", "the server has stalled: it has said nothing for %s", stallAfter)
			}
			s.sender.Tick(s.now())
		case p, ok := <-in:
			if !ok {
				return nil
			}
			ok, err := s.guard.Check(p)
			if ok {
				if err = s.mux.write(p); err != nil {
					err = &output.Fault{Kind: output.KindMedia, Err: fmt.Errorf("the %s cannot be put into MPEG-TS: %w", p.Kind, err)}
				}
			}
			if err != nil {
				return err
			}
		}
	}
}

// Write takes MPEG-TS from the muxer and passes it on by the payload.
func (s *Session) Write(b []byte) (int, error) {
	s.rest = append(s.rest, b...)
	for len(s.rest) >= payload {
		s.push(s.rest[:payload])
		s.rest = s.rest[payload:]
	}
	return len(b), nil
}

// push puts a payload on its way. What comes at once is spread over time, so
// that a keyframe overruns nobody's buffer.
func (s *Session) push(b []byte) {
	p := packet.NewPacket(s.conn.RemoteAddr())
	p.SetData(b)
	s.last = max(s.now(), s.last+s.apart)
	p.Header().PktTsbpdTime = s.last
	s.sender.Push(p)
}

// drain gives the listener what is under way, and the time to play it out: with
// the connection it throws away what it has not passed on.
func (s *Session) drain() {
	if len(s.rest) > 0 {
		s.push(s.rest)
	}
	end := time.Now().Add(link.LeaveWithin - 300*time.Millisecond)
	var passed time.Time // when all has been acknowledged and passed on
	for now := time.Now(); now.Before(end); now = time.Now() {
		s.sender.Tick(s.now())
		switch {
		case s.sender.Stats().PktBuf > 0:
			passed = time.Time{}
		case passed.IsZero():
			passed = now.Add(s.latency)
		case now.After(passed):
			return
		}
		time.Sleep(tickEvery)
	}
}

// deliver sends a packet of media, for the first time or again. The sender calls
// it one at a time.
func (s *Session) deliver(p packet.Packet) {
	h := p.Header()
	h.DestinationSocketId = s.peer
	if s.keys != nil && !h.RetransmittedPacketFlag {
		h.KeyBaseEncryptionFlag = s.key
		_ = s.keys.EncryptOrDecryptPayload(p.Data(), s.key, h.PacketSequenceNumber.Val()) // the key is ours
		s.count()
	}
	s.write(p)
}

// count has the next key announced in time, and taken when its time has come.
func (s *Session) count() {
	s.coded++
	ahead := min(announceAhead, s.refresh/4)
	left := s.refresh - s.coded
	switch {
	case left <= 0 && s.taken.Load():
		s.key, s.coded = s.key.Opposite(), 0
		s.taken.Store(false)
	case left == ahead:
		_ = s.keys.GenerateSEK(s.key.Opposite()) // fails only without randomness
		s.announce()
	case left < ahead && left%max(1, ahead/10) == 0 && !s.taken.Load():
		s.announce()
	}
}

func (s *Session) announce() {
	cif := &packet.CIFKeyMaterialExtension{}
	if s.keys.MarshalKM(cif, s.target.passphrase, s.key.Opposite()) != nil {
		return
	}
	p := control(packet.CTRLTYPE_USER, s.peer, s.stamp(), cif)
	p.Header().SubType = packet.EXTTYPE_KMREQ
	s.write(p)
}

// buffer is written to by packets.
type buffer struct{ b *[]byte }

func (w buffer) Write(b []byte) (int, error) {
	*w.b = append(*w.b, b...)
	return len(b), nil
}

// write gives a packet to the network.
func (s *Session) write(p packet.Packet) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wire = s.wire[:0]
	_ = p.Marshal(buffer{&s.wire}) // into memory
	if p.Header().IsControlPacket {
		p.Decommission()
	}
	_ = s.conn.SetWriteDeadline(time.Now().Add(roomWithin)) // fails as writing does
	n, err := s.conn.Write(s.wire)
	s.sent.Add(int64(n))
	// A buffer that stays full loses the packet, as any router may; a shut port is the end.
	if errors.Is(err, syscall.ECONNREFUSED) {
		s.broke(err)
	}
}

// read does what the listener says, until the connection ends.
func (s *Session) read() error {
	b := make([]byte, 2048)
	for {
		n, err := s.conn.Read(b)
		if err != nil {
			return err
		}
		if err := s.heed(b[:n]); err != nil {
			return err
		}
	}
}

// heed takes a datagram apart and does what it says; an error is the end. One
// that is none of SRT's is passed over.
func (s *Session) heed(b []byte) (err error) {
	defer passOver()
	p, err := packet.NewPacketFromData(nil, b)
	if err != nil || p.Header().DestinationSocketId != s.id {
		return nil
	}
	defer p.Decommission()
	s.heard.Store(time.Now().UnixNano())
	if !p.Header().IsControlPacket {
		return nil
	}
	if p.Header().ControlType == packet.CTRLTYPE_SHUTDOWN {
		return net.ErrClosed
	}
	s.obey(p)
	return nil
}

func (s *Session) obey(p packet.Packet) {
	h := p.Header()
	switch h.ControlType {
	case packet.CTRLTYPE_ACK:
		cif := &packet.CIFACK{}
		if p.UnmarshalCIF(cif) != nil {
			return
		}
		s.sender.ACK(cif.LastACKPacketSequenceNumber)
		if !cif.IsLite && !cif.IsSmall {
			a := control(packet.CTRLTYPE_ACKACK, s.peer, s.stamp(), nil)
			a.Header().TypeSpecific = h.TypeSpecific
			s.write(a)
		}
	case packet.CTRLTYPE_NAK:
		cif := &packet.CIFNAK{}
		if p.UnmarshalCIF(cif) == nil {
			s.sender.NAK(cif.LostPacketSequenceNumber)
		}
	case packet.CTRLTYPE_KEEPALIVE:
		s.write(control(packet.CTRLTYPE_KEEPALIVE, s.peer, s.stamp(), nil))
	case packet.CTRLTYPE_USER:
		if h.SubType == packet.EXTTYPE_KMRSP {
			s.taken.Store(true)
		}
	}
}
