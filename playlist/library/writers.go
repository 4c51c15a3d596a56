package library

import (
	"os"
	"slices"

	"golang.org/x/sys/unix"
)

// writing says whether a program has a file open for writing.
type writing uint8

const (
	unknown writing = iota
	none
	some
)

// truthful are the file systems, by the magic number of statfs, whose word on a
// lease is the whole truth. On a network the writer may sit elsewhere, and a
// refusal may mean anything.
var truthful = []int64{
	unix.EXT4_SUPER_MAGIC, unix.XFS_SUPER_MAGIC, unix.BTRFS_SUPER_MAGIC, unix.F2FS_SUPER_MAGIC,
	unix.TMPFS_MAGIC, unix.OVERLAYFS_SUPER_MAGIC,
}

// writers asks the kernel by taking a read lease, which it grants only while
// nobody has the file open for writing, and giving it back at once. It grants
// one to the file's owner and to root alone; for others it is unknown.
func writers(f *os.File) (w writing) {
	raw, err := f.SyscallConn()
	if err != nil {
		return unknown
	}
	_ = raw.Control(func(fd uintptr) {
		var fs unix.Statfs_t
		if unix.Fstatfs(int(fd), &fs) != nil || !slices.Contains(truthful, fs.Type) {
			return
		}
		switch _, err := unix.FcntlInt(fd, unix.F_SETLEASE, unix.F_RDLCK); err {
		case nil:
			_, _ = unix.FcntlInt(fd, unix.F_SETLEASE, unix.F_UNLCK)
			w = none
		case unix.EAGAIN:
			w = some
		}
	})
	return w
}
