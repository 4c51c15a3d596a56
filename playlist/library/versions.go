package library

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"airloom/playlist"
)

// versions is the hidden folder beside the playlists with their old texts: a
// folder for each file, named like it, and in it one file for each text, named
// by when it was kept and what it holds: 20261121T160201.000000000Z-<version>.
// Texts are kept whoever wrote them: what airloom replaces, and what it read and
// found good, so that an edit that went wrong can be taken back.
const versions = ".versions"

const stamp = "20060102T150405.000000000Z"

// maxKept is the largest text that is kept when others write it, in bytes: ten
// of them lie beside it.
const maxKept = 8 << 20

// Version is an old text of a playlist.
type Version struct {
	ID      string    // its name among them
	Version string    // of its content
	Saved   time.Time // when that text was written
	Size    int64     // bytes
}

// Versions are the old texts of a playlist, the latest first, without the one
// that is in its place.
func (l *Library) Versions(ctx context.Context, name string) ([]Version, error) {
	var all []Version
	err := l.aside(ctx, func(root *os.Root) error {
		_, now, _, err := l.text(root, name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		all = slices.DeleteFunc(l.kept(root, name), func(v Version) bool { return v.Version == now })
		all = all[:min(len(all), max(l.config.Keep, 0))]
		return nil
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// VersionText is the text of an old version.
func (l *Library) VersionText(ctx context.Context, name, id string) ([]byte, error) {
	var data []byte
	err := l.aside(ctx, func(root *os.Root) (err error) {
		data, err = l.old(root, name, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	return data, nil
}

// Restore saves an old version as the playlist, see [Library.Save].
func (l *Library) Restore(ctx context.Context, name, id, ifVersion string) (version string, err error) {
	var saved string
	err = l.change(ctx, []string{name}, func(root *os.Root) error {
		data, err := l.old(root, name, id)
		if err != nil {
			return err
		}
		saved, err = l.save(root, name, data, ifVersion)
		return err
	})
	if err != nil {
		return "", err
	}
	return saved, nil
}

// LastGood is the latest text of a playlist without errors among its old
// versions: for when the file itself is gone. Nil when there is none.
func (l *Library) LastGood(ctx context.Context, name string) (*playlist.Playlist, error) {
	var list *playlist.Playlist
	err := l.aside(ctx, func(root *os.Root) error {
		list = l.lastGood(root, name)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

func (l *Library) lastGood(root *os.Root, name string) *playlist.Playlist {
	for _, v := range l.kept(root, name) {
		if data, err := l.old(root, name, v.ID); err == nil {
			if list, _ := l.parse(name, data); list != nil {
				return list
			}
		}
	}
	return nil
}

// kept are all old texts, the latest first.
func (l *Library) kept(root *os.Root, name string) (all []Version) {
	entries, err := readDir(root, path.Join(versions, name))
	if err != nil {
		return nil
	}
	for _, e := range slices.Backward(entries) {
		at, version, ok := strings.Cut(e.Name(), "-")
		if _, err := time.Parse(stamp, at); !ok || err != nil || !e.Type().IsRegular() {
			continue
		}
		if st, err := e.Info(); err == nil {
			all = append(all, Version{ID: e.Name(), Version: version, Saved: st.ModTime(), Size: st.Size()})
		}
	}
	return all
}

// old is the text of an old version: all of it, as its name vouches for.
func (l *Library) old(root *os.Root, name, id string) ([]byte, error) {
	_, version, ok := strings.Cut(id, "-")
	if !ok || strings.ContainsRune(id, '/') {
		return nil, fmt.Errorf("%s has no old version %q: %w", name, id, fs.ErrNotExist)
	}
	data, is, _, err := l.text(root, path.Join(versions, name, id))
	if err == nil && is != version {
		err = fmt.Errorf("the old version %q of %s is damaged", id, name)
	}
	return data, err
}

// keepQuietly keeps a text that was read. What fails here is only missed when
// somebody looks for it.
func (l *Library) keepQuietly(root *os.Root, name string, data []byte, st fs.FileInfo) {
	if len(data) > maxKept || l.config.Keep < 0 {
		return
	}
	if err := l.keep(root, name, data, st, false); err != nil {
		l.config.Log.Debug("The text of a playlist could not be kept", "file", name, "cause", err)
	}
}

// keep puts a text among the old versions, as the latest, and drops the oldest
// beyond what is kept. A text that is there already only becomes the latest.
func (l *Library) keep(root *os.Root, name string, data []byte, st fs.FileInfo, durable bool) error {
	l.history.Lock()
	defer l.history.Unlock()
	dir := path.Join(versions, name)
	if err := root.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("keep the old version of %s: %w", name, err)
	}
	version := versionOf(data)
	as := path.Join(dir, time.Now().UTC().Format(stamp)+"-"+version)
	before := l.kept(root, name)
	if i := slices.IndexFunc(before, func(v Version) bool { return v.Version == version && v.Size == int64(len(data)) }); i >= 0 {
		if err := root.Rename(path.Join(dir, before[i].ID), as); err != nil {
			return fmt.Errorf("keep the old version of %s: %w", name, err)
		}
		if !durable {
			return nil
		}
		return errors.Join(syncFile(root, as), syncDirs(root, dir))
	}
	if err := replace(root, as, data, st, durable); err != nil {
		return err
	}
	_ = root.Chtimes(as, time.Time{}, st.ModTime())
	// One more than is shown: the latest is usually the one in its place.
	for _, v := range before[min(len(before), max(l.config.Keep, 0)):] {
		_ = root.Remove(path.Join(dir, v.ID)) // the next one removes it
	}
	return nil
}

// moveHistory has the old versions follow a playlist to its new name.
func (l *Library) moveHistory(root *os.Root, name, to string) {
	l.history.Lock()
	defer l.history.Unlock()
	from, dir := path.Join(versions, name), path.Join(versions, to)
	entries, err := readDir(root, from)
	if err != nil || root.MkdirAll(dir, 0o755) != nil {
		return
	}
	for _, e := range entries {
		_ = root.Rename(path.Join(from, e.Name()), path.Join(dir, e.Name()))
	}
	_ = root.Remove(from)
}
