package worker

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync/atomic"
	"syscall"
	"time"
)

// HelpOptions says what a [Help] is. Args and Log are required.
type HelpOptions struct {
	Args  []string // that make this program such a child
	Read  []string // folders it may read
	Write []string // folders it may read and change
	Log   *slog.Logger
}

// Help is a child of this program that answers questions about files, one at a
// time, so that the keeper need not touch them. It is started when it is needed; one
// that hangs costs its deadline, and is abandoned if even SIGKILL does not end it.
type Help struct {
	o     HelpOptions
	turn  chan struct{} // held by who asks
	proc  *helper
	stuck atomic.Int32
	used  time.Time
}

// helper is one child.
type helper struct {
	*os.Process
	in, out *os.File
	reader  *bufio.Reader
	said    []byte // the end of what it wrote to stderr, once heard is closed
	heard   chan struct{}
	dead    chan struct{}
	state   *os.ProcessState
}

// What a child did wrong.
var (
	ErrHung  = errors.New("the storage does not answer: check what the media root lies on")
	errStuck = errors.New("too many children hang on the storage: no more are started until one comes back")
)

// CrashError is a child that died over a question.
type CrashError struct{ How string }

func (e *CrashError) Error() string { return "looking at it crashed: " + e.How }

const (
	helpStarts = 20 * time.Second // a nice process waits long on a busy machine
	helpDies   = 3 * time.Second
	maxHung    = 3
	maxAnswer  = 8 << 20
)

// helpHello is what the keeper tells a child first, and helpReady its answer.
type helpHello struct{ Read, Write []string }
type helpReady struct{ Missing []string }

// answerHead goes before an answer: how long it is, and the bytes that follow it.
type answerHead struct{ Answer, Bytes int }

// NewHelp returns a child that is not started yet.
func NewHelp(o HelpOptions) *Help { return &Help{o: o, turn: make(chan struct{}, 1)} }

// Ask asks the child and puts its answer into a; bytes may come with it. It waits
// for its turn as long as the context lasts, and for the answer as long as within.
func (h *Help) Ask(ctx context.Context, within time.Duration, q, a any) ([]byte, error) {
	select {
	case h.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-h.turn }()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err := h.start(); err != nil {
		return nil, err
	}
	data, err := h.exchange(ctx, within, q, a)
	h.used = time.Now()
	if err == nil {
		return data, nil
	}
	if ctx.Err() != nil { // what it was at is wanted no more
		h.kill()
		return nil, ctx.Err()
	}
	return nil, h.lost(err)
}

func (h *Help) exchange(ctx context.Context, within time.Duration, q, a any) ([]byte, error) {
	p := h.proc
	line, err := json.Marshal(q)
	if err != nil {
		return nil, err
	}
	deadline := time.Now().Add(within)
	_ = p.in.SetWriteDeadline(deadline)
	_ = p.out.SetReadDeadline(deadline)
	// Who asked and went away does not leave a child at work for nobody.
	defer context.AfterFunc(ctx, func() { _ = p.out.SetReadDeadline(time.Unix(1, 0)) })()
	if _, err := p.in.Write(append(line, '\n')); err != nil {
		return nil, err
	}
	return p.read(a)
}

func (p *helper) read(a any) ([]byte, error) {
	line, err := p.reader.ReadSlice('\n')
	if err != nil {
		return nil, err
	}
	var head answerHead
	if err := json.Unmarshal(line, &head); err != nil || head.Answer < 0 || head.Bytes < 0 || head.Answer > maxAnswer || head.Bytes > maxAnswer {
		return nil, errors.New("it answers what cannot be")
	}
	text := make([]byte, head.Answer)
	if _, err := io.ReadFull(p.reader, text); err != nil {
		return nil, err
	}
	data := make([]byte, head.Bytes)
	if _, err := io.ReadFull(p.reader, data); err != nil {
		return nil, err
	}
	return data, json.Unmarshal(text, a)
}

func (h *Help) start() error {
	if h.proc != nil {
		return nil
	}
	if h.stuck.Load() >= maxHung {
		return errStuck
	}
	ours, theirs, err := Pipes()
	defer CloseAll(theirs[:])
	if err != nil {
		return err
	}
	proc, err := os.StartProcess("/proc/self/exe", append([]string{"airloom"}, h.o.Args...), &os.ProcAttr{
		Dir: "/", Env: Environment("/"), Files: theirs[:], Sys: &syscall.SysProcAttr{Setpgid: true},
	})
	if err != nil {
		CloseAll(ours[:])
		return fmt.Errorf("start a child to look at files: %w", err)
	}
	p := &helper{Process: proc, in: ours[0], out: ours[1], reader: bufio.NewReaderSize(ours[1], 4096),
		dead: make(chan struct{}), heard: make(chan struct{})}
	go func() {
		p.state, _ = proc.Wait()
		close(p.dead)
	}()
	go p.listen(ours[2])
	h.proc = p
	line, _ := json.Marshal(helpHello{h.o.Read, h.o.Write})
	_, _ = p.in.Write(append(line, '\n'))
	_ = p.out.SetReadDeadline(time.Now().Add(helpStarts))
	var ready helpReady
	if _, err := p.read(&ready); err != nil {
		return h.lost(err)
	}
	if len(ready.Missing) > 0 {
		h.o.Log.Debug("a child that looks at files has more rights than it should", "missing", ready.Missing)
	}
	return nil
}

// listen keeps the end of what a child says as it dies.
func (p *helper) listen(f *os.File) {
	defer close(p.heard)
	defer f.Close()
	buf := make([]byte, 1024)
	for {
		n, err := f.Read(buf)
		p.said = append(p.said, buf[:n]...)
		p.said = p.said[max(0, len(p.said)-4096):]
		if err != nil {
			return
		}
	}
}

// lost ends a child that broke, and says how it did.
func (h *Help) lost(cause error) error {
	p := h.proc
	if errors.Is(cause, os.ErrDeadlineExceeded) {
		cause = ErrHung
	} else {
		cause = &CrashError{cause.Error()}
		if p.gone(time.Second) {
			cause = &CrashError{p.state.String()}
		}
	}
	h.kill()
	return cause
}

func (h *Help) kill() {
	p := h.proc
	h.proc = nil
	_ = p.Kill()
	if !p.gone(helpDies) {
		h.o.Log.Error("a child that looks at files hangs beyond SIGKILL and is abandoned; check the storage of the media root", "event", "storage-hangs", "pid", p.Pid)
		h.stuck.Add(1)
		go func() {
			<-p.dead
			h.stuck.Add(-1)
		}()
	} else if said := p.words(); said != "" {
		h.o.Log.Debug("a child that looks at files has ended", "said", said)
	}
	CloseAll([]*os.File{p.in, p.out})
}

// words is what a dead child said.
func (p *helper) words() string {
	select {
	case <-p.heard:
		return string(p.said)
	case <-time.After(200 * time.Millisecond):
		return ""
	}
}

func (p *helper) gone(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-p.dead:
		return true
	case <-timer.C:
		return false
	}
}

// Rest ends the child if nobody has asked it for so long: it holds memory.
func (h *Help) Rest(idle time.Duration) {
	select {
	case h.turn <- struct{}{}:
		defer func() { <-h.turn }()
	default:
		return // somebody asks
	}
	if h.proc == nil || time.Since(h.used) < idle {
		return
	}
	_ = h.proc.in.Close()
	h.proc.gone(time.Second)
	h.kill()
}

// Close ends the child. Who asks at the moment is waited for.
func (h *Help) Close() {
	h.turn <- struct{}{}
	defer func() { <-h.turn }()
	if h.proc != nil {
		_ = h.proc.in.Close()
		h.proc.gone(time.Second)
		h.kill()
	}
}
