package airtest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"syscall"
	"time"
)

// Killed is a channel's end by kill -9.
type Killed struct {
	At       time.Time
	Children int           // that it had
	Gone     time.Duration // how long after it the last of them was gone
	Alone    []string      // of them, those that were still there 5 s later, in words; they have been ended
}

// Kill ends the keeper, and the keeper alone, as the kernel would when memory is
// short. What a test wants to know of its children is listed while it stands still:
// none comes to be between the list and the end.
func (c *Channel) Kill() (k Killed) {
	c.t.Helper()
	c.Signal(syscall.SIGSTOP)
	children := Tree(c.PID())[1:]
	k.Children, k.At = len(children), time.Now()
	c.Signal(syscall.SIGKILL)
	<-c.ended
	lives := func(pid int) bool { return Alive(pid) && isOurs(pid) }
	for end := time.Now().Add(5 * time.Second); slices.ContainsFunc(children, lives) && time.Now().Before(end); {
		time.Sleep(5 * time.Millisecond)
	}
	k.Gone = time.Since(k.At)
	for _, pid := range children {
		if lives(pid) {
			s, _ := statOf(pid)
			k.Alone = append(k.Alone, fmt.Sprintf("%v, state %c, waits in %s, has used %v", commandLine(pid), s.state, read(fmt.Sprintf("/proc/%d/wchan", pid)), s.cpu))
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
	return k
}

// isOurs says whether the process is a child of airloom's kind: its number may
// have gone to another.
func isOurs(pid int) bool {
	line := commandLine(pid)
	return slices.Contains(line, "clip-worker") || slices.Contains(line, "probe-worker")
}

// Again starts a channel once more that has ended, in the same place and with
// what its config says by now.
func (c *Channel) Again() {
	c.t.Helper()
	old := c.cmd
	c.cmd = exec.Command(old.Path, old.Args[1:]...)
	c.cmd.SysProcAttr, c.cmd.Env, c.cmd.Dir, c.cmd.Stdout, c.cmd.Stderr = old.SysProcAttr, old.Env, old.Dir, old.Stdout, old.Stderr
	c.Started = time.Now()
	if err := c.cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	ended := make(chan struct{})
	c.ended = ended
	go func(cmd *exec.Cmd) { _ = cmd.Wait(); close(ended) }(c.cmd)
}

// Section writes a section of the config anew, for the next start.
func (c *Channel) Section(name, text string) {
	c.t.Helper()
	path := filepath.Join(c.Dir, "airloom.yml")
	line := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(name) + `: .*$`)
	old, err := os.ReadFile(path)
	if err != nil {
		c.t.Fatal(err)
	}
	if !line.Match(old) {
		c.t.Fatalf("the config has no section %s", name)
	}
	c.put("airloom.yml", line.ReplaceAllLiteralString(string(old), name+": "+text))
}
