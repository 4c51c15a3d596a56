package socket

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"sync"
	"time"

	"airloom/playout/control"
)

// Server answers on the socket. It is made by Listen and lives in Run.
type Server struct {
	desk   *control.Desk
	socket *listener
	log    *slog.Logger
	names  names
	look   time.Duration // between two looks whether the socket is still there

	places chan struct{} // one is taken by each end

	mu    sync.Mutex
	conns map[*net.UnixConn]bool
	wg    sync.WaitGroup
}

// Listen keeps the socket in the state folder, which has to be there. The error
// is ErrRunning where another process does.
func Listen(folder string, desk *control.Desk, log *slog.Logger) (*Server, error) {
	l, err := listen(folder)
	if err != nil {
		return nil, err
	}
	return &Server{desk: desk, socket: l, log: log, look: lookEvery, conns: map[*net.UnixConn]bool{}, places: make(chan struct{}, maxClients)}, nil
}

// Path is where the socket is.
func (s *Server) Path() string { return s.socket.path }

// Close gives the socket back where Run is never called.
func (s *Server) Close() error { return s.socket.Close() }

// Run answers until the context is done; then it takes the socket away. It waits
// for the answers to the commands under way: have the desk closed at the same
// time. A socket that somebody removes, with its folder maybe, is made again.
func (s *Server) Run(ctx context.Context) error {
	l := s.socket
	defer func() { _ = l.Close() }()
	defer s.wg.Wait()
	defer s.hangUp()
	for s.accept(ctx, l); ctx.Err() == nil; s.accept(ctx, l) {
		s.log.Warn("somebody has removed the control socket: it is made again", "event", "commands-back", "socket", l.path)
		_ = l.Close()
		again, err := listen(filepath.Dir(l.path))
		for ; err != nil; again, err = listen(filepath.Dir(l.path)) {
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(s.look):
			}
		}
		l = again
	}
	return nil
}

// accept answers on the socket until the context is done, or nobody finds the
// socket any more.
func (s *Server) accept(ctx context.Context, l *listener) {
	found, lose := context.WithCancel(ctx)
	defer lose()
	defer context.AfterFunc(found, func() { _ = l.UnixListener.Close() })()
	go func() { // storage that hangs keeps it, and nobody waits for it
		defer lose()
		for !l.gone() {
			select {
			case <-found.Done():
				return
			case <-time.After(s.look):
			}
		}
	}()
	for {
		conn, err := l.AcceptUnix()
		switch {
		case found.Err() != nil:
			if conn != nil {
				_ = conn.Close()
			}
			return
		case err != nil: // no descriptors left: it passes
			s.log.Warn("the control socket cannot take a call", "event", "commands-down", "error", err)
			select {
			case <-found.Done():
			case <-time.After(placeWithin):
			}
			continue
		}
		s.take(ctx, conn)
	}
}

// take serves one end on a goroutine of its own, or turns it away where there is
// no place for it before long.
func (s *Server) take(ctx context.Context, conn *net.UnixConn) {
	timer := time.NewTimer(placeWithin)
	defer timer.Stop()
	select {
	case s.places <- struct{}{}:
	case <-ctx.Done():
		_ = conn.Close()
		return
	case <-timer.C:
		_ = conn.SetWriteDeadline(time.Now().Add(rejectAfter))
		_, _ = conn.Write(refused(control.Unavailable, "too many ask at once: %d", maxClients).line())
		_ = conn.Close()
		return
	}
	s.mu.Lock()
	s.conns[conn] = true
	s.mu.Unlock()
	s.wg.Go(func() {
		defer func() {
			_ = conn.Close()
			s.mu.Lock()
			delete(s.conns, conn)
			s.mu.Unlock()
			<-s.places
		}()
		s.serve(ctx, conn)
	})
}

// hangUp hears no more requests. One that is being carried out is still answered.
func (s *Server) hangUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		_ = c.CloseRead()
	}
}

// serve answers one end, request after request.
func (s *Server) serve(ctx context.Context, conn *net.UnixConn) {
	who := control.Who{Name: s.names.of(conn), Via: "ctl"}
	in := bufio.NewReaderSize(conn, maxRequest)
	for ctx.Err() == nil {
		_ = conn.SetReadDeadline(time.Now().Add(idle))
		line, err := in.ReadSlice('\n')
		var reply Reply
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			reply = refused(control.Invalid, "the request is longer than %d bytes", maxRequest)
		case err != nil:
			return
		default:
			reply = s.answer(ctx, who, line)
		}
		_ = conn.SetWriteDeadline(time.Now().Add(reading))
		if ctx.Err() != nil {
			_ = conn.SetWriteDeadline(time.Now().Add(rejectAfter))
		}
		if _, werr := conn.Write(reply.line()); werr != nil || err != nil {
			return
		}
	}
}

// answer carries out one request.
func (s *Server) answer(ctx context.Context, who control.Who, line []byte) Reply {
	r, err := parse(line)
	if err != nil {
		return refused(control.Invalid, "%v", err)
	}
	reply := Reply{Protocol: Protocol}
	if reply.Answer, err = s.carry(ctx, who, r, &reply); err != nil {
		code := control.Refused
		if ref := (*control.Refusal)(nil); errors.As(err, &ref) {
			code = ref.Code
		}
		return refused(code, "%v", err)
	}
	reply.OK = true
	return reply
}

// parse reads a request; what it does not know is an error, not left out.
func parse(line []byte) (Request, error) {
	var version struct {
		Protocol int `json:"protocol"`
	}
	if err := json.Unmarshal(line, &version); err != nil {
		return Request{}, fmt.Errorf("the request is no line of JSON: %w", err)
	}
	if version.Protocol != Protocol {
		return Request{}, fmt.Errorf("the channel speaks protocol %d, not %d: use the airloom that it runs, or restart the channel", Protocol, version.Protocol)
	}
	var r Request
	in := json.NewDecoder(bytes.NewReader(line))
	in.DisallowUnknownFields()
	if err := in.Decode(&r); err != nil {
		return r, fmt.Errorf("the request cannot be understood: %w", err)
	}
	if _, err := in.Token(); !errors.Is(err, io.EOF) {
		return r, errors.New("there is more than one request on the line")
	}
	return r, nil
}

// carry has the desk carry a request out.
func (s *Server) carry(ctx context.Context, who control.Who, r Request, reply *Reply) (a control.Answer, err error) {
	d := s.desk
	switch r.Command {
	case Skip:
		return d.Skip(ctx, who, r.Item)
	case Back:
		return d.Back(ctx, who, r.Item)
	case Restart:
		return d.Restart(ctx, who, r.Item)
	case Take:
		return d.Take(ctx, who, control.Take{Playlist: r.Playlist, Item: r.Item, Index: r.Number - 1, Version: r.Version, Next: r.Next})
	case Undo:
		return d.Undo(ctx, who)
	case Seek:
		return d.Seek(ctx, who, r.Item, time.Duration(r.ToMS)*time.Millisecond)
	case Hold, Slate:
		if r.On == nil {
			return a, &control.Refusal{Code: control.Invalid, Err: fmt.Errorf("%s needs on: true or false", r.Command)}
		}
		if r.Command == Hold {
			return d.Hold(ctx, who, *r.On)
		}
		return d.Slate(ctx, who, *r.On)
	case Live:
		if r.On == nil || r.Producer == "" {
			return a, &control.Refusal{Code: control.Invalid, Err: errors.New("live needs a producer, and on: true or false")}
		}
		return d.Live(ctx, who, r.Producer, *r.On)
	case Reload:
		return d.Reload(ctx, who)
	case StopOutput:
		return d.StopOutput(ctx, who, r.Output)
	case StartOutput:
		return d.StartOutput(ctx, who, r.Output)
	case Lift:
		return d.Lift(ctx, who, r.Version)
	}
	return a, s.tell(r, reply)
}

// tell answers the requests that change nothing.
func (s *Server) tell(r Request, reply *Reply) error {
	switch r.Command {
	case Status:
		status := s.desk.Status()
		reply.Status = &status
	case Quarantine:
		reply.Quarantine = append([]control.Banned{}, s.desk.Quarantine()...)
	case Log:
		reply.Log = s.desk.Notes()
	default:
		return &control.Refusal{Code: control.Invalid, Err: fmt.Errorf("there is no command %q", r.Command)}
	}
	return nil
}
