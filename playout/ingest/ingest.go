// Package ingest is where producers send their programme to: an RTMP listener on
// which each has a key of its own.
//
// A [Server] greets whoever connects, and lets in who shows a producer's key. From
// then on what arrives is written out again as FLV, message by message and without
// being decoded, to whoever reads the producer at that time: a clip's worker, which
// has one end of a pair of sockets ([Server.Feed]) and does all that is dangerous.
//
//	producer ── RTMP ──► session ──► feed ── FLV ──► socket ──► clip worker
//
// Every size is bounded: of what a sender may leave unfinished, and of what waits for
// a reader that is slow, which then misses something and goes on at a keyframe.
// While a producer's connection is lost its readers stay, and go on where they were
// when it comes back; when it ends in order they end.
package ingest

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"slices"
	"sync"
	"time"
)

// Producer is somebody who may send.
type Producer struct {
	Name string
	Key  string
}

// Config is what a server is told once.
type Config struct {
	Listen    string // host:port
	Producers []Producer
	Log       *slog.Logger
	// Trouble is told why nobody can be listened to, and "" once that is over; nil:
	// nobody wants to know.
	Trouble func(string)
}

// The bounds. A producer that sends nothing for silence is gone; one that has sent
// nothing for quiet gives way to another connection with its key.
const (
	greetWithin = 5 * time.Second
	silence     = 6 * time.Second
	quiet       = 2 * time.Second
	writeWithin = 5 * time.Second
	// wrongKey is how long who shows a wrong key waits for the answer, and
	// maxGreetings, maxOfOne how many connections may be at that point, in all and of
	// one address: so a key is not found by trying.
	wrongKey     = time.Second
	maxGreetings = 64
	maxOfOne     = 8
	listenAgain  = 3 * time.Second
)

// Server listens to producers.
type Server struct {
	cfg       Config
	producers []*producer
	changed   chan struct{}
	listening chan struct{} // closed when addr stands

	mu     sync.Mutex
	addr   net.Addr
	greets map[string]int // connections that have not shown a key yet, by address
}

// New returns a server; Run has it listen.
func New(cfg Config) *Server {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Trouble == nil {
		cfg.Trouble = func(string) {}
	}
	s := &Server{cfg: cfg, changed: make(chan struct{}, 1), listening: make(chan struct{}), greets: map[string]int{}}
	for _, p := range cfg.Producers {
		s.producers = append(s.producers, &producer{name: p.Name, key: sha256.Sum256([]byte(p.Key)), since: time.Now(), change: s.change, log: cfg.Log})
	}
	s.cfg.Producers = nil
	return s
}

// Addr is the address it listens on, once it does.
func (s *Server) Addr(ctx context.Context) (net.Addr, error) {
	select {
	case <-s.listening:
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.addr, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Changed receives a value when a producer has come or gone.
func (s *Server) Changed() <-chan struct{} { return s.changed }

func (s *Server) change() {
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

// Run listens until the context is done. An address that cannot be listened on is
// tried again: it may be another process's that is about to end.
func (s *Server) Run(ctx context.Context) error {
	for told := ""; ; {
		up, err := s.listen(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if up || told != err.Error() { // what stays as it is is said once
			told = err.Error()
			s.cfg.Log.Warn("ingest cannot listen; trying again", "event", "ingest-down", "cause", err)
		}
		s.cfg.Trouble(fmt.Sprintf("no producer can come in: %v", err))
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(listenAgain):
		}
	}
}

// listen takes connections until listening itself fails; up says that it has begun to.
func (s *Server) listen(ctx context.Context) (up bool, err error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.cfg.Listen)
	if err != nil {
		return false, err
	}
	s.cfg.Trouble("")
	s.cfg.Log.Info("ingest listens", "event", "ingest-up", "address", l.Addr().String(), "producers", len(s.producers))
	s.mu.Lock()
	if s.addr == nil {
		close(s.listening)
	}
	s.addr = l.Addr()
	s.mu.Unlock()
	var all sync.WaitGroup
	defer all.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(ctx, func() { _ = l.Close() })()
	for _, p := range s.producers {
		p.open()
		defer p.close()
	}
	for {
		conn, err := l.Accept()
		var again net.Error
		if errors.As(err, &again) && !errors.Is(err, net.ErrClosed) && ctx.Err() == nil { // too many open files, or the peer thought better of it
			select {
			case <-time.After(100 * time.Millisecond):
				continue
			case <-ctx.Done():
			}
		}
		if err != nil {
			return true, err
		}
		all.Go(func() {
			defer conn.Close()
			defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
			s.serve(ctx, conn)
		})
	}
}

// enter counts a connection among those that have shown no key yet; false: there are
// too many.
func (s *Server) enter(host string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := 0
	for _, n := range s.greets {
		all += n
	}
	if all >= maxGreetings || s.greets[host] >= maxOfOne {
		return false
	}
	s.greets[host]++
	return true
}

func (s *Server) entered(host string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.greets[host]--; s.greets[host] == 0 {
		delete(s.greets, host)
	}
}

// whose is the producer with the key; nil: nobody's. It takes as long for any key.
func (s *Server) whose(key string) (found *producer) {
	sum := sha256.Sum256([]byte(key))
	for _, p := range s.producers {
		if subtle.ConstantTimeCompare(sum[:], p.key[:]) == 1 {
			found = p
		}
	}
	return found
}

func (s *Server) named(name string) *producer {
	i := slices.IndexFunc(s.producers, func(p *producer) bool { return p.name == name })
	if i < 0 {
		return nil
	}
	return s.producers[i]
}

// Status is how a producer stands.
type Status struct {
	Name    string
	Sends   bool      // it is connected, and has sent within the last seconds
	Since   time.Time // since when it does, or does not
	From    string    // its address; "" while away
	Error   string    // why its connection was lost, or it was refused last; ""
	Session int64     // counts its connections
}

// Status is how each producer stands, in the order of the config.
func (s *Server) Status() []Status {
	list := make([]Status, len(s.producers))
	for i, p := range s.producers {
		list[i] = p.status()
	}
	return list
}

// Feed is what a producer sends from now on, as FLV that begins with its headers and
// a keyframe: a socket's end for a reader in another process. It is the caller's to
// close.
func (s *Server) Feed(name string) (*os.File, error) {
	p := s.named(name)
	if p == nil {
		return nil, fmt.Errorf("there is no producer %q", name)
	}
	return p.feed()
}

// hostOf is the address without its port.
func hostOf(a net.Addr) string {
	host, _, err := net.SplitHostPort(a.String())
	if err != nil {
		return a.String()
	}
	return cmp.Or(host, a.String())
}
