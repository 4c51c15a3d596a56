package asrun

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

const lockName = "airloom.lock"

// inUse says that another airloom has the state directory.
type inUse struct{ pid string }

func (e *inUse) Error() string { return "in use by another airloom, process " + e.pid }

// takeLock takes the directory for this process. It waits a moment for a process
// that is about to be gone. The lock is a file's of its own, since the state file
// may be set aside, and one of the open file: the kernel lifts it when the
// process ends, however it ends.
func takeLock(ctx context.Context, dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, lockName), os.O_RDWR|os.O_CREATE, 0o640)
	if err != nil {
		return nil, err
	}
	for deadline := time.Now().Add(500 * time.Millisecond); ; {
		err = unix.FcntlFlock(f.Fd(), unix.F_OFD_SETLK, &unix.Flock_t{Type: unix.F_WRLCK})
		if err == nil {
			break
		}
		if ctx.Err() != nil || time.Now().After(deadline) || !held(err) {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	switch {
	case err == nil:
		// For whoever comes next. The lock holds without it.
		_ = f.Truncate(0)
		_, _ = f.WriteAt([]byte(fmt.Sprintln(os.Getpid())), 0)
		return f, nil
	case held(err):
		pid, _ := io.ReadAll(io.LimitReader(f, 32))
		err = &inUse{pid: strings.TrimSpace(string(pid))}
	}
	f.Close()
	return nil, err
}

func held(err error) bool { return errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EACCES) }

// running reports whether an airloom has the directory. It takes nothing: a lock
// taken to find out would keep a channel that starts just then from its state.
func running(dir string) bool {
	f, err := os.Open(filepath.Join(dir, lockName))
	if err != nil {
		return false
	}
	defer f.Close()
	lock := unix.Flock_t{Type: unix.F_WRLCK}
	return unix.FcntlFlock(f.Fd(), unix.F_OFD_GETLK, &lock) == nil && lock.Type != unix.F_UNLCK
}
