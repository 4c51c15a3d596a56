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
	id, _, _ := strings.Cut(upload, ".")
	temp := path.Join(path.Dir(to), ".airloom-"+id)
	_ = root.Remove(temp)                    // a copy that was cut off is of no use
	defer func() { _ = root.Remove(temp) }() // it is gone where all went well
	if err := roomFor(from, upload, root, path.Dir(to)); err != nil {
		return "", err
	}
	if err := copyFile(from, upload, root, temp); err != nil {
		return "", err
	}
	if name, err = put(root, temp, root, to); err == nil {
		_ = from.Remove(upload)
	}
	return name, err
}

// roomFor returns an error where a copy would leave less than the reserve.
func roomFor(from *os.Root, upload string, root *os.Root, folder string) error {
	info, err := from.Stat(upload)
	if err != nil {
		return err
	}
	free, size, err := spaceIn(root, folder)
	if err == nil && info.Size() > free-Reserve(size) {
		err = syscall.ENOSPC
	}
	return err
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

// space is what is left on a folder's disk for who is not root, and its size.
func space(folder string) (free, size int64, err error) {
	f, err := os.Open(folder)
	if err != nil {
		return 0, 0, err
	}
	return spaceOf(f)
}

// spaceIn is the same for a folder below a root.
func spaceIn(root *os.Root, folder string) (free, size int64, err error) {
	f, err := openFolder(root, folder)
	if err != nil {
		return 0, 0, err
	}
	return spaceOf(f)
}

func spaceOf(f *os.File) (free, size int64, err error) {
	defer f.Close()
	var st unix.Statfs_t
	if err := unix.Fstatfs(int(f.Fd()), &st); err != nil {
		return 0, 0, err
	}
	return int64(st.Bavail) * st.Bsize, int64(st.Blocks) * st.Bsize, nil
}

// Reserve is what uploads leave of a disk of that size: 1 GB, or a twentieth of a
// small one.
func Reserve(size int64) int64 { return min(1<<30, size/20) }

// wayTo tries how an upload gets to a place: a rename between two mounts fails even
// where they are of one disk.
func wayTo(root *os.Root, uploads, to string) (w Way, err error) {
	from, err := os.OpenRoot(uploads)
	if err != nil {
		return w, err
	}
	defer from.Close()
	folder, err := nearest(root, path.Dir(to))
	if err != nil {
		return w, err
	}
	if w.Copied, err = apart(root, folder, from); err != nil {
		return w, err
	}
	if w.Free, w.Size, err = spaceIn(root, folder); err != nil {
		return w, err
	}
	here, err := from.Stat(".")
	if err != nil {
		return w, err
	}
	there, err := root.Stat(folder)
	w.Shared = err == nil && deviceOf(here) == deviceOf(there)
	return w, err
}

// nearest is the folder, or the one above it that is there.
func nearest(root *os.Root, folder string) (string, error) {
	for folder != "." {
		info, err := root.Stat(folder)
		switch {
		case err == nil && info.IsDir():
			return folder, nil
		case err == nil:
			return "", &Error{Refused, fmt.Sprintf("%q is a file, not a folder", folder)}
		case !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR):
			return "", err
		}
		folder = path.Dir(folder)
	}
	return folder, nil
}

// apart reports whether nothing can be renamed between a folder of one root and the
// other root, which it tries with an empty file. The error says that it may not be
// written there.
func apart(a *os.Root, folder string, b *os.Root) (bool, error) {
	name := ".airloom-" + random()
	there := path.Join(folder, name)
	f, err := a.OpenFile(there, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return false, err
	}
	_ = f.Close()
	if err = rename(a, there, b, name); err == nil {
		return false, b.Remove(name)
	}
	if gone := a.Remove(there); gone != nil || !errors.Is(err, syscall.EXDEV) {
		return false, errors.Join(err, gone)
	}
	return true, nil
}

func deviceOf(info fs.FileInfo) uint64 {
	st, _ := info.Sys().(*syscall.Stat_t)
	return st.Dev
}
