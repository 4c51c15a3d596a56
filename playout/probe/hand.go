package probe

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"syscall"
	"time"

	"airloom/playout/worker"
)

// Deadlines of a child.
const (
	startsIn  = 20 * time.Second // a nice process waits long on a busy machine
	answersIn = 25 * time.Second // for one file: libav itself gives up after 20 s
	diesIn    = 3 * time.Second  // after SIGKILL, or it hangs beyond it
)

// looksUntil is how many files a child looks at before another takes its place:
// what a library leaks then does not matter.
const looksUntil = 5_000

// hand is the keeper's side of one child. It is used by one goroutine.
type hand struct {
	o     *Options
	stuck *stuck
	*process
}

// process is one child.
type process struct {
	*os.Process
	in     *os.File // its stdin
	out    *os.File // its stdout
	lines  *bufio.Scanner
	said   *tail // its stderr
	dead   chan struct{}
	state  *os.ProcessState // valid when dead is closed
	looked int
}

// errHung is a child that did not answer in time.
var errHung = errors.New("it does not answer")

// crashError is a child that died over a file.
type crashError struct{ how string }

func (e *crashError) Error() string { return e.how }

// ask sends requests and hands each answer to got, in order. It returns how many
// were answered in full, and why no more were: that is the next one's fault.
func (h *hand) ask(ctx context.Context, qs []request, got func(i int, a answer)) (int, error) {
	if err := h.start(ctx); err != nil {
		return 0, err
	}
	var text []byte
	for _, q := range qs {
		line, err := json.Marshal(q)
		if err != nil {
			return 0, err
		}
		text = append(append(text, line...), '\n')
	}
	// The child's answers fit into its pipe, so it always comes to reading on.
	_ = h.in.SetWriteDeadline(time.Now().Add(h.o.within))
	if _, err := h.in.Write(text); err != nil && !errors.Is(err, syscall.EPIPE) {
		return 0, h.lost(err)
	}
	for i := range qs {
		for more := true; more; {
			a, err := h.read(ctx)
			if err != nil {
				return i, h.lost(err)
			}
			more = a.More && qs[i].List != nil
			got(i, a)
		}
		h.looked++
	}
	if h.looked >= looksUntil {
		h.stop()
	}
	return len(qs), nil
}

func (h *hand) read(ctx context.Context) (a answer, err error) {
	line, err := h.line(ctx, h.o.within)
	if err != nil {
		return a, err
	}
	if json.Unmarshal(line, &a) != nil {
		return a, errLies
	}
	return a, a.check()
}

// line is the next line the child says, within the time it has.
func (h *hand) line(ctx context.Context, within time.Duration) ([]byte, error) {
	_ = h.out.SetReadDeadline(time.Now().Add(within))
	out := h.out
	defer context.AfterFunc(ctx, func() { _ = out.SetReadDeadline(time.Unix(1, 0)) })()
	if h.lines.Scan() {
		return h.lines.Bytes(), nil
	}
	if err := h.lines.Err(); err != nil {
		return nil, err
	}
	return nil, io.EOF
}

// start makes sure that there is a child.
func (h *hand) start(ctx context.Context) error {
	if h.process != nil {
		return nil
	}
	if h.stuck.full() {
		return errStuck
	}
	ours, theirs, err := worker.Pipes()
	defer worker.CloseAll(theirs[:])
	if err != nil {
		return err
	}
	proc, err := os.StartProcess("/proc/self/exe", append([]string{"airloom"}, h.o.Args...), &os.ProcAttr{
		Dir: "/", Env: worker.Environment(h.o.Media.Root), Files: theirs[:],
		// Apart from Ctrl-C at the terminal, but in the keeper's session: being
		// nice counts only within one, where sessions are scheduled as groups.
		Sys: &syscall.SysProcAttr{Setpgid: true},
	})
	if err != nil {
		worker.CloseAll(ours[:])
		return fmt.Errorf("start a child to look at files: %w", err)
	}
	p := &process{Process: proc, in: ours[0], out: ours[1], said: newTail(ours[2]),
		lines: bufio.NewScanner(ours[1]), dead: make(chan struct{})}
	p.lines.Buffer(nil, maxLine)
	go func() {
		p.state, _ = proc.Wait()
		close(p.dead)
	}()
	h.process = p
	return h.greet(ctx)
}

func (h *hand) greet(ctx context.Context) error {
	line, _ := json.Marshal(hello{Protocol: protocol, House: h.o.House, Root: h.o.Media.Root})
	_, _ = h.in.Write(append(line, '\n')) // the pipe is empty; a dead child shows below
	text, err := h.line(ctx, startsIn)
	if err != nil {
		return h.lost(err)
	}
	var them hello
	if err := json.Unmarshal(text, &them); err != nil || them.Protocol != protocol {
		return h.lost(errLies)
	}
	if len(them.Missing) > 0 {
		h.o.Log.Debug("a child that looks at files has more rights than it should", "missing", them.Missing)
	}
	return nil
}

// lost ends a child that broke, and says how it did.
func (h *hand) lost(cause error) error {
	p := h.process
	switch {
	case errors.Is(cause, os.ErrDeadlineExceeded):
		cause = errHung
	case errors.Is(cause, errLies):
		cause = &crashError{cause.Error()}
	case p.gone(time.Second):
		if cause = (&crashError{p.said.words()}); cause.Error() == "" {
			cause = &crashError{p.state.String()}
		}
	default:
		cause = &crashError{"it closed its pipe and did not end"}
	}
	h.kill()
	return cause
}

// stop ends the child in peace: it has nothing to do.
func (h *hand) stop() {
	if h.process == nil {
		return
	}
	_ = h.in.Close()
	h.gone(time.Second)
	h.kill()
}

// kill ends the child, or abandons one that even that does not end.
func (h *hand) kill() {
	_ = h.o.kill(h.Process)
	if !h.gone(h.o.dies) {
		h.o.Log.Error("a child that looks at files hangs beyond SIGKILL and is abandoned; check the storage of the media root", "event", "storage-hangs", "pid", h.Pid)
		h.stuck.wait(h.dead)
	}
	worker.CloseAll([]*os.File{h.in, h.out})
	h.said.close()
	h.process = nil
}

// gone waits for the child to be reaped, but no longer than d.
func (p *process) gone(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-p.dead:
		return true
	case <-timer.C:
		return false
	}
}

// tail keeps the beginning of what a child says as it dies.
type tail struct {
	file *os.File
	done chan struct{}
	mu   sync.Mutex
	text []byte
}

func newTail(f *os.File) *tail {
	t := &tail{file: f, done: make(chan struct{})}
	go func() {
		defer close(t.done)
		buf := make([]byte, 1024)
		for {
			n, err := f.Read(buf)
			t.mu.Lock()
			t.text = append(t.text, buf[:min(n, max(0, 4096-len(t.text)))]...)
			t.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	return t
}

// close may leave the file of an abandoned child to be read until its end.
func (t *tail) close() {
	_ = t.file.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
	<-t.done
	_ = t.file.Close()
}

// words is the first line a dead child said.
func (t *tail) words() string {
	_ = t.file.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
	<-t.done
	t.mu.Lock()
	defer t.mu.Unlock()
	line, _, _ := bytes.Cut(bytes.TrimSpace(t.text), []byte("\n"))
	return string(line[:min(len(line), 200)])
}

// maxStuck bounds the children that hang beyond SIGKILL: each holds a process.
const maxStuck = 4

var errStuck = errors.New("too many children hang on the storage: no more are started until one comes back")

// stuck counts children that were abandoned.
type stuck struct {
	mu sync.Mutex
	n  int
}

func (s *stuck) wait(dead <-chan struct{}) {
	s.mu.Lock()
	s.n++
	s.mu.Unlock()
	go func() {
		<-dead
		s.mu.Lock()
		s.n--
		s.mu.Unlock()
	}()
}

func (s *stuck) full() bool { return s.count() >= maxStuck }

func (s *stuck) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.n
}
