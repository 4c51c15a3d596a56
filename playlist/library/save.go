package library

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"syscall"

	"airloom/playlist"
)

// Any is whatever version is there.
const Any = "*"

// What a change can be refused for, beside what the file system says.
var (
	// ErrConflict says that the file is not the one the change was made to; the
	// error is a [*ConflictError].
	ErrConflict = errors.New("the playlist has changed meanwhile")
	// ErrName says that no playlist can have that name.
	ErrName = errors.New("no playlist can have that name")
	// ErrInvalid says that the playlist has errors; the error is an [*InvalidError].
	ErrInvalid = errors.New("the playlist has errors")
)

// ConflictError tells what is there instead. Version is empty when nothing is.
type ConflictError struct{ Name, Version string }

func (e *ConflictError) Error() string {
	if e.Version == "" {
		return e.Name + " is not there any more: save it under another name, or as a new one"
	}
	return e.Name + " was changed by somebody else meanwhile: load it again, and repeat the change"
}

// Is makes it an ErrConflict.
func (e *ConflictError) Is(target error) bool { return target == ErrConflict }

// InvalidError tells what is wrong with a playlist that was not saved.
type InvalidError struct{ Problems playlist.Problems }

func (e *InvalidError) Error() string { return e.Problems.Err().Error() }

// Is makes it an ErrInvalid.
func (e *InvalidError) Is(target error) bool { return target == ErrInvalid }

// temporary is what a file is written as until it is whole. There is one writer,
// so one name does, and what a crash leaves behind goes with the next save.
const temporary = ".airloom-save.tmp"

// Read returns a playlist's text as it is in the folder, and its version.
func (l *Library) Read(ctx context.Context, name string) (data []byte, version string, err error) {
	var found []byte
	var as string
	err = l.aside(ctx, func(root *os.Root) (err error) {
		found, as, _, err = l.text(root, name)
		return err
	})
	if err != nil {
		return nil, "", err
	}
	return found, as, nil
}

// Save makes data the playlist of that name, whole or not at all, even if the
// machine fails, and returns its version. ifVersion is the version that was
// edited, "" for a new playlist, or [Any]; if another one is there, nothing is
// saved. Neither is a playlist with errors, unless what is there has errors too.
// The text it replaces is kept as an old version. When Save returns, the new one
// counts.
func (l *Library) Save(ctx context.Context, name string, data []byte, ifVersion string) (version string, err error) {
	var saved string
	err = l.change(ctx, []string{name}, func(root *os.Root) (err error) {
		saved, err = l.save(root, name, data, ifVersion)
		return err
	})
	if err != nil {
		return "", err
	}
	return saved, nil
}

// Remove takes a playlist out of the folder. Its text is kept as an old version.
func (l *Library) Remove(ctx context.Context, name, ifVersion string) error {
	return l.change(ctx, []string{name}, func(root *os.Root) error {
		data, _, st, err := l.present(root, name, ifVersion)
		if err != nil {
			return err
		}
		if data == nil {
			return &ConflictError{Name: name}
		}
		if err := l.keep(root, name, data, st, true); err != nil {
			return err
		}
		if err := root.Remove(name); err != nil {
			return err
		}
		return syncDirs(root, path.Dir(name))
	})
}

// Rename gives a playlist another name, and its old versions with it.
func (l *Library) Rename(ctx context.Context, name, to, ifVersion string) error {
	return l.change(ctx, []string{to, name}, func(root *os.Root) error {
		data, _, _, err := l.present(root, name, ifVersion)
		switch {
		case err != nil:
			return err
		case data == nil:
			return &ConflictError{Name: name}
		}
		if _, _, _, err := l.present(root, to, ""); err != nil {
			return err
		}
		if err := root.MkdirAll(path.Dir(to), 0o755); err != nil {
			return err
		}
		if err := root.Rename(name, to); err != nil {
			return err
		}
		l.moveHistory(root, name, to)
		return errors.Join(syncDirs(root, path.Dir(to)), syncDirs(root, path.Dir(name)))
	})
}

// change is aside, and then has the names read if the library runs.
func (l *Library) change(ctx context.Context, names []string, f func(*os.Root) error) error {
	for _, name := range names {
		if err := CheckName(name); err != nil {
			return err
		}
	}
	if err := l.aside(ctx, f); err != nil {
		return err
	}
	if _, err := l.request(ctx, names); err != nil && !errors.Is(err, ErrStopped) {
		return err
	}
	return nil
}

// aside runs f on a goroutine of its own, one at a time, and waits for it no
// longer than ctx: the folder may hang. After an error f may still be at work: what
// it writes is not to be looked at.
func (l *Library) aside(ctx context.Context, f func(*os.Root) error) error {
	hung := func() error {
		return fmt.Errorf("the folder of playlists does not answer: look after its disk or server (%w)", ctx.Err())
	}
	select {
	case <-l.saving:
	case <-ctx.Done():
		return hung()
	}
	done := make(chan error, 1)
	go func() {
		defer func() { l.saving <- struct{}{} }()
		root, err := os.OpenRoot(l.config.Dir)
		if err != nil {
			done <- fmt.Errorf("the folder of playlists cannot be opened: %w", err)
			return
		}
		defer root.Close()
		done <- f(root)
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return hung()
	}
}

// text reads a file as it is now.
func (l *Library) text(root *os.Root, name string) ([]byte, string, fs.FileInfo, error) {
	if s := look(root, name); s.err != nil {
		return nil, "", nil, s.err
	} else if s.sig.kind == missing {
		return nil, "", nil, fmt.Errorf("%s: %w", name, fs.ErrNotExist)
	}
	f, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, "", nil, err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil || !st.Mode().IsRegular() {
		return nil, "", nil, fmt.Errorf("%s: %w", name, errors.Join(err, fs.ErrInvalid))
	}
	data, err := io.ReadAll(io.LimitReader(f, maxSize+1))
	return data, versionOf(data), st, err
}

// present is what is there under a name, nil when nothing is; an error if it is
// not the version that was edited.
func (l *Library) present(root *os.Root, name, ifVersion string) ([]byte, string, fs.FileInfo, error) {
	if st, err := root.Lstat(name); err == nil && st.Mode()&fs.ModeSymlink != 0 {
		return nil, "", nil, fmt.Errorf("%s is a link: change the file that it leads to", name)
	}
	data, version, st, err := l.text(root, name)
	if errors.Is(err, fs.ErrNotExist) {
		data, version, st, err = nil, "", nil, nil
	}
	if err == nil && ifVersion != Any && ifVersion != version {
		err = &ConflictError{name, version}
	}
	return data, version, st, err
}

func (l *Library) save(root *os.Root, name string, data []byte, ifVersion string) (string, error) {
	if len(data) > maxSize {
		return "", fmt.Errorf("the playlist has %d MiB, more than %d: split it", len(data)>>20, maxSize>>20)
	}
	old, version, st, err := l.present(root, name, ifVersion)
	if err != nil {
		return "", err
	}
	if old != nil && version == versionOf(data) {
		return version, nil
	}
	if _, problems := l.parse(name, data); problems.Fatal() {
		if old == nil {
			return "", &InvalidError{problems}
		}
		if _, before := l.parse(name, old); !before.Fatal() {
			return "", &InvalidError{problems}
		}
	}
	if old != nil {
		// Before the new text is there: at no moment is the old one nowhere.
		if err := l.keep(root, name, old, st, true); err != nil {
			return "", err
		}
	}
	if err := replace(root, name, data, st, true); err != nil {
		return "", err
	}
	return versionOf(data), nil
}

// replace puts data in the place of what has that name, with its rights, so that
// whoever looks sees all of the one or all of the other. A durable one is on the
// disk when it returns.
func replace(root *os.Root, name string, data []byte, as fs.FileInfo, durable bool) error {
	dir := path.Dir(name)
	if err := root.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	temp := path.Join(dir, temporary)
	if err := write(root, temp, data, as, durable); err != nil {
		_ = root.Remove(temp)
		return fmt.Errorf("save %s: %w", name, err)
	}
	if err := root.Rename(temp, name); err != nil {
		_ = root.Remove(temp)
		return fmt.Errorf("save %s: %w", name, err)
	}
	if !durable {
		return nil
	}
	return syncDirs(root, dir)
}

// write makes a new file.
func write(root *os.Root, name string, data []byte, as fs.FileInfo, durable bool) error {
	if err := root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	if as != nil {
		if sys, ok := as.Sys().(*syscall.Stat_t); ok {
			_ = f.Chown(int(sys.Uid), int(sys.Gid)) // only root may give files away; then it stays ours
		}
		_ = f.Chmod(as.Mode().Perm())
	}
	_, err = f.Write(data)
	if durable {
		err = errors.Join(err, f.Sync())
	}
	return errors.Join(err, f.Close())
}

// syncDirs puts the names in a folder, and the folder's own, on the disk.
func syncDirs(root *os.Root, dir string) error {
	for {
		err := syncFile(root, dir)
		if err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, fs.ErrNotExist) { // some file systems cannot
			return err
		}
		if dir == "." {
			return nil
		}
		dir = path.Dir(dir)
	}
}

func syncFile(root *os.Root, name string) error {
	f, err := root.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
