package worker

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"airloom/playout/media"
)

// child is the process that reads one clip.
type child struct {
	clip    *Clip
	process *os.Process
	control *os.File   // its stdin: the request, then granted slots
	slots   slotWriter // control, without waiting
	records *os.File   // what it says
	log     *childLog

	broken atomic.Pointer[error] // set by whoever finds it breaking the rules
	dead   chan struct{}         // closed when it was reaped
	state  *os.ProcessState      // valid then
	err    error                 // of Wait, valid then
}

// start runs the child and sends it the request.
func (p *child) start(ring *os.File, req request) error {
	line, err := json.Marshal(req)
	if err != nil {
		return err
	}
	if len(line) >= maxRequest {
		return fmt.Errorf("the source's name is too long (%d bytes)", len(req.Spec.Source))
	}
	ours, theirs, err := Pipes()
	defer CloseAll(theirs[:])
	if err != nil {
		return err
	}
	feed, err := p.clip.feed()
	if err != nil {
		CloseAll(ours[:])
		return err
	}
	p.control, p.records = ours[0], ours[1]
	p.slots.conn, err = p.control.SyscallConn()
	if err == nil {
		p.process, err = os.StartProcess("/proc/self/exe", append([]string{"airloom"}, p.clip.op.o.Args...), &os.ProcAttr{
			Dir: "/",
			Env: environment(req.Spec),
			// What a library might print belongs with the log, not among records.
			Files: append([]*os.File{theirs[0], theirs[2], theirs[2], ringFD: ring, recordFD: theirs[1]}, feed...),
			// A Ctrl-C at the terminal is for the keeper: it ends its children in order.
			Sys: &syscall.SysProcAttr{Setsid: true},
		})
	}
	CloseAll(feed)
	if err != nil {
		CloseAll(ours[:])
		return err
	}
	p.watch(ours[2])
	// The pipe is empty and larger than the request, so this does not wait. A
	// child that is dead already is found out by reading from it.
	_, _ = p.control.Write(append(line, '\n'))
	return nil
}

// watch reaps the child and reads its log, each on a goroutine of its own.
func (p *child) watch(stderr *os.File) {
	if max := p.clip.op.o.StallMax; max > 0 {
		_ = p.records.SetReadDeadline(time.Now().Add(max))
	}
	p.log = newChildLog(stderr, p.clip.op.o.Log.With("source", p.clip.name), p.clip.spec.Source, p.clip.name)
	go p.log.run()
	p.dead = make(chan struct{})
	p.clip.op.workers.Add(1)
	go func() {
		p.state, p.err = p.process.Wait()
		p.clip.op.workers.Add(-1)
		close(p.dead)
	}()
}

// environment is all that a child inherits: built from nothing, so that no
// secret and no socket of systemd's is in it.
func environment(s media.Spec) []string {
	env := []string{
		"GOGC=25",            // its heap is a few hundred KB beside libav's memory
		"GOMAXPROCS=1",       // one goroutine works; a second processor is looked for in vain, at each tick
		"MALLOC_ARENA_MAX=2", // each arena of glibc's keeps what was once freed in it
		"TZ=UTC",
	}
	pass := []string{"LD_LIBRARY_PATH"}
	if s.Root == "" {
		pass = append(pass, "SSL_CERT_FILE", "SSL_CERT_DIR")
	}
	for _, k := range pass {
		if v, ok := os.LookupEnv(k); ok {
			env = append(env, k+"="+v)
		}
	}
	return env
}

// grant tells the child of slots it may fill. It is called on any thread,
// libav's among them, also after the child's end, and never waits.
func (p *child) grant(slots []byte) {
	if errors.Is(p.slots.write(slots), errPipeFull) {
		err := violation("it hands over slots and never takes them back")
		p.broken.Store(&err)
		p.kill()
		return
	}
	p.clip.progress.Store(time.Now().UnixNano())
}

func (p *child) kill() { _ = p.clip.op.kill(p.process) }

// hangUp tells the child to end, and the reading of it too.
func (p *child) hangUp() {
	_ = p.control.Close()
	_ = p.records.SetReadDeadline(time.Unix(1, 0))
}

// retire waits for the child's end, helps it along, and closes what is left.
func (p *child) retire() {
	op := p.clip.op
	_ = p.control.Close()
	if !p.gone(op.polite) {
		p.kill()
		if !p.gone(op.patience) {
			p.abandon()
		}
	}
	_ = p.records.Close()
	p.log.close()
}

// gone waits for the child to be reaped, but no longer than d.
func (p *child) gone(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-p.dead:
		return true
	case <-timer.C:
		return false
	}
}

// abandon leaves a child that SIGKILL does not end to the goroutine that reaps
// it, should it ever come back from the storage it hangs on.
func (p *child) abandon() {
	op, source := p.clip.op, p.clip.spec.Source
	op.abandoned.Add(1)
	op.o.Log.Error("clip worker hangs beyond SIGKILL and is abandoned; check the storage its file lies on", "event", "storage-hangs",
		"source", p.clip.name, "pid", p.process.Pid)
	op.mu.Lock()
	op.stuck[source]++
	op.mu.Unlock()
	go func() {
		<-p.dead
		op.mu.Lock()
		defer op.mu.Unlock()
		if op.stuck[source]--; op.stuck[source] == 0 {
			delete(op.stuck, source)
		}
	}()
}

// verdict says how a clip ended, in the words an operator reads.
func (c *Clip) verdict(p *child, err error) error {
	var f *media.Fault
	var v *violationError
	switch {
	case errors.Is(err, io.EOF), errors.As(err, &f):
		return err
	case errors.Is(err, errStalled):
		return &media.Fault{Kind: media.FaultStalled, Err: fmt.Errorf(
			"read %s: nothing came for %v; check the storage it lies on or the network it comes over", c.name, c.op.o.StallMax)}
	}
	c.op.crashes.Add(1)
	p.kill() // it is gone, or had better be
	cause := "it closed its pipe and did not end"
	if b := p.broken.Load(); b != nil {
		err = *b
	}
	if errors.As(err, &v) {
		cause = v.what
	} else if p.gone(c.op.polite) {
		cause = p.cause()
	}
	return &media.Fault{Kind: media.FaultCrashed, Err: fmt.Errorf(
		"read %s: the decoder crashed: %s; if it does so again, convert the file or take it out", c.name, cause)}
}

// cause says what a dead child died of.
func (p *child) cause() string {
	said := p.log.lastWords()
	if p.err != nil {
		return p.err.Error()
	}
	ws, ok := p.state.Sys().(syscall.WaitStatus)
	switch {
	case said != "":
		return said
	case ok && ws.Signaled() && ws.Signal() == unix.SIGKILL:
		return "signal SIGKILL, by hand or because memory ran out"
	case ok && ws.Signaled():
		return "signal " + unix.SignalName(ws.Signal())
	}
	return p.state.String()
}
