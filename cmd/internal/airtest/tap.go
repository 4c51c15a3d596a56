package airtest

import (
	"fmt"
	"math"
	"net"
	"slices"
	"strconv"
	gosync "sync"
	"testing"
	"time"
)

// Tap stands between a publisher and its server and notes when bytes pass, and
// when each message of picture and sound has passed whole. It adds nothing and
// holds nothing back; only what TCP tells of the far end is lost behind it.
type Tap struct {
	Port int

	t        testing.TB
	upstream int
	mu       gosync.Mutex
	passed   []arrival
	media    []Message
	metadata []string // bodies of data messages
	sessions int
	conns    map[net.Conn]bool
	hole     chan struct{} // closed: bytes pass; else they wait
	refuse   bool
	wg       gosync.WaitGroup
}

type arrival struct {
	at time.Time
	n  int
}

// Message is one RTMP message of picture or sound.
type Message struct {
	At      time.Time     // its last byte passed
	Stamp   time.Duration // its timestamp
	Video   bool
	Header  bool // a sequence header
	Key     bool
	Session int // counted from 1
}

func itoa(n int) string { return strconv.Itoa(n) }

// NewTap listens on loopback and passes on to the given port there.
func NewTap(t testing.TB, upstream int) *Tap {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	tap := &Tap{Port: l.Addr().(*net.TCPAddr).Port, t: t, upstream: upstream, conns: map[net.Conn]bool{},
		hole: make(chan struct{})}
	close(tap.hole)
	tap.wg.Add(1)
	go tap.accept(l)
	t.Cleanup(func() {
		l.Close()
		tap.Hole(false)
		tap.Reset()
		tap.wg.Wait()
	})
	return tap
}

// Reset breaks all connections as a crashed server does (RST).
func (p *Tap) Reset() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		_ = c.(*net.TCPConn).SetLinger(0)
		c.Close()
	}
	p.conns = map[net.Conn]bool{}
}

// Refuse makes the far end close every new connection at once.
func (p *Tap) Refuse(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refuse = on
}

// Hole swallows the wire: connections stay, and nothing passes or is read.
func (p *Tap) Hole(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.hole:
		if on {
			p.hole = make(chan struct{})
		}
	default:
		if !on {
			close(p.hole)
		}
	}
}

func (p *Tap) open() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.hole
}

// URL is where to publish a stream of the given name through the tap.
func (p *Tap) URL(name string) string {
	return fmt.Sprintf("rtmp://127.0.0.1:%d/LiveApp/%s", p.Port, name)
}

func (p *Tap) accept(l net.Listener) {
	defer p.wg.Done()
	for {
		in, err := l.Accept()
		if err != nil {
			return
		}
		out, err := net.Dial("tcp", "127.0.0.1:"+itoa(p.upstream))
		if err != nil {
			in.Close()
			continue
		}
		p.mu.Lock()
		if p.refuse {
			p.mu.Unlock()
			in.Close()
			out.Close()
			continue
		}
		p.conns[in], p.conns[out] = true, true
		p.sessions++
		session := p.sessions
		p.mu.Unlock()
		p.wg.Add(2)
		go p.pass(in, out, &chunkReader{emit: func(m Message) { p.note(m, session) }, data: p.data})
		go p.pass(out, in, nil)
	}
}

// pass copies one direction; the publisher's is read along the way.
func (p *Tap) pass(from, to net.Conn, read *chunkReader) {
	defer p.wg.Done()
	defer to.Close()
	defer from.Close()
	buf := make([]byte, 64<<10)
	for {
		<-p.open()
		n, err := from.Read(buf)
		<-p.open()
		if n > 0 && read != nil {
			now := time.Now()
			p.mu.Lock()
			p.passed = append(p.passed, arrival{now, n})
			p.mu.Unlock()
			read.feed(now, buf[:n])
		}
		if n > 0 {
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

func (p *Tap) note(m Message, session int) {
	m.Session = session
	p.mu.Lock()
	p.media = append(p.media, m)
	p.mu.Unlock()
}

func (p *Tap) data(body []byte) {
	p.mu.Lock()
	p.metadata = append(p.metadata, string(body))
	p.mu.Unlock()
}

// Metadata is every data message that has passed so far, as AMF bytes.
func (p *Tap) Metadata() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.metadata)
}

// Media is every message of picture and sound that has passed so far.
func (p *Tap) Media() []Message {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.media)
}

// Bytes is how many bytes the publisher has sent.
func (p *Tap) Bytes() (n int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, a := range p.passed {
		n += int64(a.n)
	}
	return n
}

// MaxGap is the longest time without a byte, from the first message of media on.
func (p *Tap) MaxGap() (gap time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.media) == 0 {
		return math.MaxInt64
	}
	last := p.media[0].At
	for _, a := range p.passed {
		if a.at.After(last) {
			gap, last = max(gap, a.at.Sub(last)), a.at
		}
	}
	return gap
}

// Gaps lists the times without a byte longer than the given one.
func (p *Tap) Gaps(over time.Duration) (out []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := 1; i < len(p.passed); i++ {
		if d := p.passed[i].at.Sub(p.passed[i-1].at); d > over {
			out = append(out, fmt.Sprintf("%v at %v", d.Round(time.Millisecond), p.passed[i-1].at.Format("15:04:05.000")))
		}
	}
	return out
}

// Late is how far behind their timestamps messages arrived, against the
// promptest of them.
type Late struct {
	P50, P99, Max time.Duration
	// Growth is how much later the last quarter arrived than the first, by
	// their medians: a stream in real time stays near 0.
	Growth time.Duration
}

// Lateness compares arrival and timestamps of the last session.
func (p *Tap) Lateness() (l Late) {
	var late []time.Duration
	for _, m := range p.Media() {
		if m.Header || m.Session != p.lastSession() {
			continue
		}
		late = append(late, m.At.Sub(time.Unix(0, 0))-m.Stamp)
	}
	if len(late) < 8 {
		return Late{P99: math.MaxInt64, Max: math.MaxInt64}
	}
	least := slices.Min(late)
	for i := range late {
		late[i] -= least
	}
	q := len(late) / 4
	l.Growth = quantile(late[len(late)-q:], 0.5) - quantile(late[:q], 0.5)
	l.P50, l.P99, l.Max = quantile(late, 0.5), quantile(late, 0.99), slices.Max(late)
	return l
}

// Zero is when the first picture of the last session passed, or would have passed
// had it been as prompt as the promptest message: timestamps count from here.
func (p *Tap) Zero() (zero time.Time) {
	first := time.Duration(-1)
	session := p.lastSession()
	for _, m := range p.Media() {
		if m.Header || !m.Video || m.Session != session {
			continue
		}
		if first < 0 {
			first, zero = m.Stamp, m.At
		}
		if at := m.At.Add(first - m.Stamp); at.Before(zero) {
			zero = at
		}
	}
	return zero
}

func (p *Tap) lastSession() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.media[len(p.media)-1].Session
}

func quantile(v []time.Duration, q float64) time.Duration {
	s := slices.Clone(v)
	slices.Sort(s)
	return s[min(len(s)-1, int(q*float64(len(s))))]
}
