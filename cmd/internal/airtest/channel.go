package airtest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	gosync "sync"
	"syscall"
	"testing"
	"time"

	"airloom/playout/control"
)

// Channel is a running airloom.
type Channel struct {
	Dir     string
	Started time.Time // of the process

	t     testing.TB
	cmd   *exec.Cmd
	port  int
	ended chan struct{}
	log   *journal
	token string // shown whenever the channel is asked something
}

// journal collects what the process writes.
type journal struct {
	mu   gosync.Mutex
	text strings.Builder
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(b)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

var built struct {
	once gosync.Once
	path string
	err  error
}

// Binary is the airloom binary: AIRLOOM_BIN, or built once for this run of the
// tests, which the build cache makes quick.
func Binary(t testing.TB) string {
	t.Helper()
	if p := os.Getenv("AIRLOOM_BIN"); p != "" {
		return p
	}
	built.once.Do(func() {
		base, err := os.UserCacheDir()
		if err != nil {
			base = os.TempDir()
		}
		built.path = filepath.Join(base, "airloom", "testbin", "airloom")
		cmd := exec.Command("go", "build", "-o", built.path, "airloom/cmd/airloom")
		if out, err := cmd.CombinedOutput(); err != nil {
			built.err = fmt.Errorf("build airloom: %w\n%s", err, out)
		}
	})
	if built.err != nil {
		t.Fatal(built.err)
	}
	return built.path
}

// Airloom starts a channel; the test's end stops it. What it said is shown if
// the test fails.
func Airloom(t testing.TB, s Setup) *Channel {
	t.Helper()
	c := Prepare(t, s)
	bin := Binary(t)
	c.cmd = exec.Command(bin, append([]string{"run", "--config", filepath.Join(c.Dir, "airloom.yml")}, s.Args...)...)
	if s.User && os.Geteuid() == 0 {
		c.cmd.Path = c.giveAway(bin)
		c.cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	c.cmd.Dir, c.cmd.Stdout, c.cmd.Stderr = c.Dir, c.log, c.log
	c.cmd.Env = append(os.Environ(), s.Env...)
	c.Started = time.Now()
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c.ended = make(chan struct{})
	go func() { _ = c.cmd.Wait(); close(c.ended) }()
	t.Cleanup(c.cleanup)
	return c
}

// Prepare writes all that a channel needs and does not start it: for commands
// that do without.
func Prepare(t testing.TB, s Setup) *Channel {
	t.Helper()
	if s.House.Width == 0 {
		s.House = DefaultHouse
	}
	c := &Channel{t: t, Dir: t.TempDir(), port: FreePort(t), log: &journal{}, token: s.Token}
	c.write(s)
	return c
}

// PID is the keeper's process id.
func (c *Channel) PID() int { return c.cmd.Process.Pid }

// Running says whether the keeper has not ended.
func (c *Channel) Running() bool {
	select {
	case <-c.ended:
		return false
	default:
		return true
	}
}

// Log is what the process has written so far.
func (c *Channel) Log() string { return c.log.String() }

// Logged counts the lines that match the pattern.
func (c *Channel) Logged(pattern string) int {
	return len(regexp.MustCompile(`(?m)^.*(?:`+pattern+`).*$`).FindAllString(c.Log(), -1))
}

var client = http.Client{Timeout: 2 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}

// Status asks the channel how it is. ok is false while it does not answer.
func (c *Channel) Status() (s control.Status, ok bool) {
	body, code := c.Get("/api/v1/status")
	if code != http.StatusOK {
		return s, false
	}
	if err := json.Unmarshal([]byte(body), &s); err != nil {
		c.t.Errorf("status is not what the design says: %v\n%s", err, body)
		return s, false
	}
	return s, true
}

// URL is where a path is on the channel's web server.
func (c *Channel) URL(path string) string { return fmt.Sprintf("http://127.0.0.1:%d%s", c.port, path) }

// Get asks the channel's web server; code is 0 while it does not answer.
func (c *Channel) Get(path string) (body string, code int) {
	ask, err := http.NewRequest(http.MethodGet, c.URL(path), nil)
	if err != nil {
		c.t.Fatal(err)
	}
	if c.token != "" {
		ask.Header.Set("Authorization", "Bearer "+c.token)
	}
	r, err := client.Do(ask)
	if err != nil {
		return "", 0
	}
	defer r.Body.Close()
	b, _ := io.ReadAll(r.Body)
	return string(b), r.StatusCode
}

// Until waits until the status satisfies the condition.
func (c *Channel) Until(within time.Duration, what string, cond func(control.Status) bool) time.Duration {
	c.t.Helper()
	return Eventually(c.t, within, what, func() bool {
		if !c.Running() {
			c.t.Fatalf("airloom has ended while waiting until %s", what)
		}
		s, ok := c.Status()
		return ok && cond(s)
	})
}

// Publishing waits until the first output publishes.
func (c *Channel) Publishing(within time.Duration) time.Duration {
	c.t.Helper()
	return c.Until(within, "it publishes", func(s control.Status) bool { return s.Output.State == control.Publishing })
}

// Workers lists the clips' workers, oldest first.
func (c *Channel) Workers() (pids []int) {
	for _, pid := range Tree(c.PID()) {
		if slices.Contains(commandLine(pid), "clip-worker") {
			pids = append(pids, pid)
		}
	}
	slices.Sort(pids)
	return pids
}

// Worker waits for the worker that has the clip's file open, other than those given.
func (c *Channel) Worker(clip Clip, not ...int) (found int) {
	c.t.Helper()
	Eventually(c.t, 3*time.Second, "a worker has "+filepath.Base(clip.Path)+" open", func() bool {
		for _, pid := range c.Workers() {
			if slices.Contains(not, pid) {
				continue
			}
			files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
			for _, f := range files {
				if to, _ := os.Readlink(f); filepath.Base(to) == filepath.Base(clip.Path) {
					found = pid
					return true
				}
			}
		}
		return false
	})
	return found
}

// Signal sends the keeper a signal.
func (c *Channel) Signal(s os.Signal) { _ = c.cmd.Process.Signal(s) }

// Stop asks the channel to end (SIGTERM) and returns how long it took and its
// exit code. It fails the test when that takes longer than 10 s.
func (c *Channel) Stop() (took time.Duration, code int) {
	c.t.Helper()
	start := time.Now()
	c.Signal(syscall.SIGTERM)
	select {
	case <-c.ended:
	case <-time.After(10 * time.Second):
		c.t.Errorf("airloom does not end within 10 s of SIGTERM")
		_ = c.cmd.Process.Kill()
		<-c.ended
	}
	return time.Since(start), c.cmd.ProcessState.ExitCode()
}

// Usage is what the tree uses now.
func (c *Channel) Usage() Usage { return UsageOf(c.PID()) }

// cleanup ends what is left, each through its own id.
func (c *Channel) cleanup() {
	tree := Tree(c.PID())
	if c.Running() {
		c.Signal(syscall.SIGTERM)
		select {
		case <-c.ended:
		case <-time.After(6 * time.Second):
			_ = c.cmd.Process.Kill()
			<-c.ended
		}
	}
	for _, pid := range tree[min(1, len(tree)):] {
		if Alive(pid) && slices.Contains(commandLine(pid), "clip-worker") {
			c.t.Errorf("worker %d outlives its keeper", pid)
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
	if c.t.Failed() {
		c.t.Logf("airloom said:\n%s", tail(c.Log(), 60))
	}
}

// tail is the last n lines.
func tail(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
