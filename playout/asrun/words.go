package asrun

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"syscall"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// code is SQLite's own for the error, without its refinement; 0 for any other.
func code(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code() & 0xff
	}
	return 0
}

func damaged(err error) bool {
	return errors.Is(err, errDamaged) || code(err) == sqlite3.SQLITE_CORRUPT || code(err) == sqlite3.SQLITE_NOTADB
}

// locked reports that somebody else has the file just now: it need not be opened anew.
func locked(err error) bool {
	return code(err) == sqlite3.SQLITE_BUSY || code(err) == sqlite3.SQLITE_LOCKED
}

func full(err error) bool {
	var e *sqlite.Error
	if errors.As(err, &e) && e.Code() == sqlite3.SQLITE_IOERR_SHMSIZE { // its memory shared with readers is a file too
		return true
	}
	return code(err) == sqlite3.SQLITE_FULL || errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

func denied(err error) bool {
	return code(err) == sqlite3.SQLITE_READONLY || code(err) == sqlite3.SQLITE_CANTOPEN || code(err) == sqlite3.SQLITE_PERM ||
		errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS)
}

// inWords says what keeps the state from being written, and what to do.
func inWords(err error, dir string) string {
	var other *inUse
	switch {
	case errors.As(err, &other):
		return fmt.Sprintf("another airloom (process %s) uses the state directory %s: each channel needs its own, set another state.dir for one of them and restart it", other.pid, dir)
	case errors.Is(err, errNewer):
		return fmt.Sprintf("%s was written by a newer airloom: run that one, or move the file away", filepath.Join(dir, fileName))
	case locked(err):
		return fmt.Sprintf("another program holds %s locked: end it (a backup, an sqlite3 shell)", filepath.Join(dir, fileName))
	case full(err):
		return fmt.Sprintf("the disk of the state directory %s is full: free some space", dir)
	case denied(err):
		return fmt.Sprintf("airloom may not write in the state directory %s: give its user the right to, or set another state.dir", dir)
	case errors.Is(err, syscall.ENOTDIR), errors.Is(err, syscall.EEXIST):
		return fmt.Sprintf("the state directory %s cannot be made, a file is in its place (%v): move that away, or set another state.dir", dir, err)
	}
	return fmt.Sprintf("the state in %s cannot be written (%v): look after the disk, or set another state.dir", dir, err)
}
