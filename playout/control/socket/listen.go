package socket

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// ErrRunning is why a socket cannot be had: another process keeps it.
var ErrRunning = errors.New("another airloom runs with this state folder")

// mode lets the channel's user and group command it.
const mode = 0o660

// listener is a socket in a folder that is locked for as long as it is kept.
type listener struct {
	*net.UnixListener
	dir  *os.File // the lock, which the kernel lets go of with the process
	path string
	made os.FileInfo // what the path led to once it was made
}

// listen makes the socket in the folder. One that a dead process left is
// replaced, one that is kept never: it is the lock on the folder that tells them
// apart, so that two that start at once cannot both win.
func listen(folder string) (*listener, error) {
	dir, err := os.Open(folder)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(dir.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		_ = dir.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, fmt.Errorf("%w: %s", ErrRunning, folder)
		}
		return nil, fmt.Errorf("lock %s: %w", folder, err)
	}
	l := &listener{dir: dir, path: filepath.Join(folder, Name)}
	if err := l.bind(); err != nil {
		_ = dir.Close()
		return nil, err
	}
	return l, nil
}

func (l *listener) bind() error {
	short := through(l.dir)
	if answers(short) { // its lock is gone, with the folder's file system maybe, but it lives
		return fmt.Errorf("%w: %s is answered", ErrRunning, l.path)
	}
	if info, err := os.Lstat(l.path); err == nil {
		if info.Mode().Type() != os.ModeSocket {
			return fmt.Errorf("%s is there and is no socket: move it away", l.path)
		}
		if err := os.Remove(l.path); err != nil {
			return fmt.Errorf("remove the socket that a dead process left: %w", err)
		}
	}
	lc := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		// Before it has a name, so that there is no moment at which others may in.
		var err error
		if cerr := c.Control(func(fd uintptr) { err = unix.Fchmod(int(fd), mode) }); cerr != nil {
			return cerr
		}
		return err
	}}
	got, err := lc.Listen(context.Background(), "unix", short)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", l.path, err)
	}
	l.UnixListener = got.(*net.UnixListener)
	if err := os.Chmod(l.path, mode); err != nil { // the umask took from it
		_ = l.UnixListener.Close()
		return err
	}
	if l.made, err = os.Lstat(l.path); err != nil {
		_ = l.UnixListener.Close()
	}
	return err
}

// gone reports whether the path leads elsewhere by now, or nowhere.
func (l *listener) gone() bool {
	now, err := os.Lstat(l.path)
	return errors.Is(err, fs.ErrNotExist) || err == nil && !os.SameFile(now, l.made)
}

// Close takes the socket away and lets go of the folder.
func (l *listener) Close() error {
	return errors.Join(l.UnixListener.Close(), l.dir.Close())
}

// through is the socket's path by way of the open folder: a socket's address has
// room for some hundred bytes, a folder's path may be longer.
func through(dir *os.File) string {
	return fmt.Sprintf("/proc/self/fd/%d/%s", dir.Fd(), Name)
}

func answers(path string) bool {
	conn, err := net.DialTimeout("unix", path, time.Second)
	if err != nil {
		return false
	}
	_ = conn.Close()
	return true
}
