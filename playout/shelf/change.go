package shelf

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// move renames, never onto a name that is taken.
func move(root *os.Root, from, to string) error {
	info, err := root.Lstat(from)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		if to, err = CheckFile(to); err != nil {
			return err
		}
	} else if to == from || strings.HasPrefix(to, from+"/") {
		return &Error{Invalid, fmt.Sprintf("%q cannot be moved into itself", from)}
	}
	if err := above(root, to); err != nil {
		return err
	}
	return rename(root, from, root, to)
}

// rename renames between folders that are held open, so that nothing on the way
// can be exchanged for a link meanwhile. The last part of a path is never followed.
func rename(a *os.Root, from string, b *os.Root, to string) error {
	src, err := openFolder(a, path.Dir(from))
	if err != nil {
		return err
	}
	defer src.Close()
	dst, err := openFolder(b, path.Dir(to))
	if err != nil {
		return err
	}
	defer dst.Close()
	old, name := path.Base(from), path.Base(to)
	err = unix.Renameat2(int(src.Fd()), old, int(dst.Fd()), name, unix.RENAME_NOREPLACE)
	if !errors.Is(err, syscall.EINVAL) && !errors.Is(err, syscall.ENOSYS) {
		return err
	}
	// A file system that does not know how: a second name fails where it is taken.
	err = unix.Linkat(int(src.Fd()), old, int(dst.Fd()), name, 0)
	if err == nil {
		return unix.Unlinkat(int(src.Fd()), old, 0)
	}
	if errors.Is(err, fs.ErrExist) || !errors.Is(err, syscall.EPERM) && !errors.Is(err, syscall.EOPNOTSUPP) && !errors.Is(err, syscall.ENOSYS) {
		return err
	}
	// Nor second names: what is left is to look first.
	if _, err := b.Lstat(to); err == nil {
		return fs.ErrExist
	}
	return unix.Renameat(int(src.Fd()), old, int(dst.Fd()), name)
}

// above makes sure that the folder is there in which something is to be.
func above(root *os.Root, name string) error {
	dir := path.Dir(name)
	if dir == "." {
		return nil
	}
	info, err := root.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &Error{Missing, fmt.Sprintf("There is no folder %q: make it first", dir)}
	case err != nil:
		return err
	case !info.IsDir():
		return &Error{Taken, fmt.Sprintf("%q is a file, not a folder", dir)}
	}
	return nil
}

func makeFolder(root *os.Root, name string) error {
	if info, err := root.Stat(name); err == nil {
		if info.IsDir() {
			return fs.ErrExist
		}
		return &Error{Taken, fmt.Sprintf("%q is a file, not a folder", name)}
	}
	return root.MkdirAll(name, 0o777)
}

// most is how many names are tried where one is taken.
const most = 1000

// place moves an upload to its place: it is written down on the disk first, and
// then it is there, whole. On another disk it is copied beside its place before.
func place(root *os.Root, uploads, upload, to string) (string, error) {
	from, err := os.OpenRoot(uploads)
	if err != nil {
		return "", err
	}
	defer from.Close()
	if !filepath.IsLocal(upload) || strings.Contains(upload, "/") {
		return "", &Error{Invalid, "That is no upload"}
	}
	if err := persist(from, upload); err != nil {
		return "", err
	}
	if dir := path.Dir(to); dir != "." {
		if err := root.MkdirAll(dir, 0o777); err != nil {
			return "", err
		}
	}
	name, err := put(from, upload, root, to)
	if !errors.Is(err, syscall.EXDEV) {
		return name, err
	}
	temp := path.Join(path.Dir(to), ".airloom-"+random())
	defer func() { _ = root.Remove(temp) }() // it is gone where all went well
	if err := copyFile(from, upload, root, temp); err != nil {
		return "", err
	}
	if name, err = put(root, temp, root, to); err == nil {
		_ = from.Remove(upload)
	}
	return name, err
}

// put renames to the first name that is free.
func put(a *os.Root, from string, b *os.Root, to string) (name string, err error) {
	for n := 1; n < most; n++ {
		if name = to; n > 1 {
			name = Numbered(to, n)
		}
		if err = rename(a, from, b, name); !errors.Is(err, fs.ErrExist) {
			break
		}
	}
	if err != nil {
		return "", err
	}
	if dir, err := openFolder(b, path.Dir(name)); err == nil {
		_ = dir.Sync() // the name too is to outlast a power cut
		_ = dir.Close()
	}
	return name, nil
}

// persist has a file written down on its disk.
func persist(root *os.Root, name string) error {
	f, err := root.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Chmod(0o644), f.Sync(), f.Close())
}

func copyFile(a *os.Root, from string, b *os.Root, to string) error {
	src, err := a.Open(from)
	if err != nil {
		return err
	}
	defer src.Close()
	dst, err := b.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = io.Copy(dst, src)
	return errors.Join(err, dst.Sync(), dst.Close())
}

func random() string {
	b := make([]byte, 8)
	_, _ = rand.Read(b) // does not fail
	return hex.EncodeToString(b)
}

// space is what is left on a disk for who is not root, and its size.
func space(folder string) (free, size int64, err error) {
	var st unix.Statfs_t
	if err := unix.Statfs(folder, &st); err != nil {
		return 0, 0, err
	}
	return int64(st.Bavail) * st.Bsize, int64(st.Blocks) * st.Bsize, nil
}

// hiddenUploads is the folder for uploads in a media root on a disk of its own.
const hiddenUploads = ".airloom-uploads"

// uploadsIn is the folder from which a file can be renamed into the root.
func uploadsIn(root *os.Root, wanted string) (string, error) {
	here, err := root.Stat(".")
	if err != nil {
		return "", err
	}
	there, err := os.Stat(wanted)
	if err != nil {
		return "", err
	}
	if deviceOf(here) == deviceOf(there) {
		return wanted, nil
	}
	if err := root.Mkdir(hiddenUploads, 0o750); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	if info, err := root.Lstat(hiddenUploads); err != nil || !info.IsDir() {
		return "", &Error{Refused, hiddenUploads + " in the media folder is no folder: remove it"}
	}
	return filepath.Join(root.Name(), hiddenUploads), nil
}

func deviceOf(info fs.FileInfo) uint64 {
	st, _ := info.Sys().(*syscall.Stat_t)
	return st.Dev
}
