package ingest

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/bluenviron/gortmplib/pkg/amf0"
)

// producer is where what one sends and who reads it meet.
type producer struct {
	name   string
	key    [sha256.Size]byte
	change func()
	log    *slog.Logger

	mu       sync.Mutex
	session  *session // who sends; nil: nobody
	sessions int64
	last     time.Time // when media came
	since    time.Time
	err      string
	pictures bool // there is a picture in what it sends
	meta     []byte
	sound    []byte // their headers
	picture  []byte
	before   [lead]message // the latest of its sound
	feeds    []*feed
	closed   bool
}

func (p *producer) status() Status {
	p.mu.Lock()
	defer p.mu.Unlock()
	st := Status{Name: p.name, Sends: p.session != nil, Since: p.since, Error: p.err, Session: p.sessions}
	if p.session != nil {
		st.From = p.session.from
	}
	return st
}

// enter makes the session the one that sends, or tells it why not.
func (p *producer) enter(x *session) error {
	p.mu.Lock()
	if old := p.session; old != nil {
		if time.Since(p.last) < quiet {
			p.err = "a second connection with its key was refused, from " + hostOf(x.conn.RemoteAddr())
			p.mu.Unlock()
			_ = x.status("error", "NetStream.Publish.BadName", p.name+" is sending already, from another connection")
			x.linger()
			return fmt.Errorf("%s is sending already, from %s", p.name, old.from)
		}
		old.conn.Close() // it is dead, and will find out
	}
	p.session, p.sessions, p.since, p.last, p.err = x, p.sessions+1, time.Now(), time.Now(), ""
	p.pictures, p.meta, p.sound, p.picture, p.before = false, nil, nil, nil, [lead]message{}
	p.mu.Unlock()
	_ = x.conn.SetDeadline(time.Time{})
	if err := x.status("status", "NetStream.Publish.Start", "Start publishing"); err != nil {
		p.leave(x, inWords(err))
		return err
	}
	p.log.Info("producer came", "event", "producer-ready", "producer", p.name, "from", x.from)
	p.change()
	return nil
}

// leave notes that the session is over, and why. Where it did not end in order those
// who read stay, for it may come back.
func (p *producer) leave(x *session, why error) {
	p.mu.Lock()
	mine := p.session == x
	if mine {
		p.session, p.since, p.err = nil, time.Now(), why.Error()
		if errors.Is(why, errEnded) {
			p.err = ""
			p.endFeeds()
		}
	}
	p.mu.Unlock()
	p.log.Info("producer left", "event", "producer-away", "producer", p.name, "from", x.from, "cause", why)
	if mine {
		p.change()
	}
}

// endFeeds has all who read come to the end. They stay listed until they are gone:
// one that does not read on is closed with the rest.
func (p *producer) endFeeds() {
	for _, f := range p.feeds {
		f.end()
	}
}

// open has it be read from again.
func (p *producer) open() {
	p.mu.Lock()
	p.closed = false
	p.mu.Unlock()
}

// close ends all that reads.
func (p *producer) close() {
	p.mu.Lock()
	feeds := p.feeds
	p.feeds, p.closed = nil, true
	p.mu.Unlock()
	for _, f := range feeds {
		f.close()
	}
}

// take hands a message of media on.
func (p *producer) take(x *session, m message, now time.Time) {
	r := roleOf(m)
	if r == header && len(m.body) > maxMeta {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.session != x {
		return
	}
	p.last = now
	if m.kind == kindVideo {
		p.pictures = true
	}
	if r == header {
		if m.kind == kindVideo {
			p.picture = m.body
		} else {
			p.sound = m.body
		}
	}
	// Sound alone is begun with as soon as it is sure that no picture belongs to it.
	starts := r == key || m.kind == kindAudio && r == plain && !p.pictures && now.Sub(p.since) > time.Second
	for _, f := range p.feeds {
		f.take(p, m, starts)
	}
	if m.kind == kindAudio && r == plain {
		copy(p.before[:], p.before[1:])
		p.before[lead-1] = m
	}
}

// setData is the command within a message of data that carries what describes the stream.
var setData, _ = amf0.Data{"@setDataFrame"}.Marshal()

// maxMeta bounds what describes the stream, and each of its headers.
const maxMeta = 64 << 10

// data keeps what describes the stream.
func (p *producer) data(x *session, m message) {
	body := m.body
	if m.kind == kindData3 && len(body) > 0 {
		body = body[1:]
	}
	body = bytes.TrimPrefix(body, setData)
	if len(body) > maxMeta || !bytes.HasPrefix(body, []byte("\x02\x00\x0aonMetaData")) {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.session == x {
		p.meta = body
	}
}

// maxFeeds bounds how many may read a producer at once: one does, or two while the
// first is about to end.
const maxFeeds = 8

func (p *producer) feed() (*os.File, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.closed || p.session == nil:
		return nil, fmt.Errorf("the producer %s is not sending", p.name)
	case len(p.feeds) == maxFeeds:
		return nil, fmt.Errorf("too many read the producer %s", p.name)
	}
	f, theirs, err := newFeed(p.drop)
	if err != nil {
		return nil, fmt.Errorf("read the producer %s: %w", p.name, err)
	}
	p.feeds = append(p.feeds, f)
	return theirs, nil
}

// drop lets go of a feed that nobody reads any more.
func (p *producer) drop(f *feed) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.feeds = slices.DeleteFunc(p.feeds, func(x *feed) bool { return x == f })
}
