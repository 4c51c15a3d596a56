package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"airloom/web"
)

// examine is airloom doctor for the desk: a child of its own, so that what hangs or
// measures does it there. The demo, which has no config file to tell it of, looks
// by itself.
func (c *channel) examine(ctx context.Context) ([]web.Finding, error) {
	if c.path == "" {
		status := c.board.Status()
		return (&exam{cfg: c.cfg, status: &status}).all(ctx, looks), nil
	}
	type result struct {
		found []web.Finding
		err   error
	}
	if !c.system.examining.CompareAndSwap(false, true) {
		return nil, errors.New("the last examination hangs on the storage still: see whether it answers")
	}
	done := make(chan result, 1)
	go func() {
		found, err := examined(ctx, c.path)
		c.system.examining.Store(false) // its child is gone
		done <- result{found, err}
	}()
	select {
	case r := <-done:
		return r.found, r.err
	case <-ctx.Done():
	}
	select {
	case r := <-done:
		return r.found, r.err
	case <-time.After(time.Second): // it hangs beyond SIGKILL
		return nil, errors.New("it hangs on the storage")
	}
}

// examined asks a child. It may hang with the storage.
func examined(ctx context.Context, path string) (found []web.Finding, err error) {
	var out, said bytes.Buffer
	cmd := exec.CommandContext(ctx, "/proc/self/exe", "doctor", "--json", "--desk", "--config", path)
	cmd.Args[0] = "airloom"
	cmd.Env = withoutVariable(os.Environ(), "NOTIFY_SOCKET") // it has nothing to tell systemd
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = &out, &said, time.Second
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // signals to us are ours
	hold, err := cmd.StdinPipe()                          // it ends with us
	if err != nil {
		return nil, err
	}
	defer hold.Close()
	err = cmd.Run()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && exit.ExitCode() == 1 {
		err = nil // it found errors
	}
	switch {
	case ctx.Err() != nil:
		return nil, errors.New("it took too long: see whether the storage answers")
	case err == nil:
		err = json.Unmarshal(out.Bytes(), &found)
	}
	if err != nil {
		first, _, _ := strings.Cut(said.String(), "\n")
		return nil, fmt.Errorf("%w %s", err, first)
	}
	return found, nil
}

func withoutVariable(env []string, name string) (kept []string) {
	for _, v := range env {
		if !strings.HasPrefix(v, name+"=") {
			kept = append(kept, v)
		}
	}
	return kept
}

// effective is the config as it counts.
func (c *channel) effective() (web.Effective, error) {
	text, keys, err := c.cfg.Show()
	if err != nil {
		return web.Effective{}, err
	}
	e := web.Effective{File: shownPath(c.path), Text: string(text), Keys: make([]web.ConfigKey, len(keys))}
	for i, k := range keys {
		e.Keys[i] = web.ConfigKey{Key: k.Key, Line: k.Line}
		if k.At.Line > 0 {
			e.Keys[i].InFile = &k.At.Line
		}
	}
	return e, nil
}

func shownPath(path string) string {
	if path == "" {
		return ""
	}
	return absolute(path)
}
