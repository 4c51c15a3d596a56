// Package demo makes what the demo airs: five short clips, a still and the
// playlist that names them.
//
// Everything is drawn, composed and coded here, in the process, so that a first
// run needs no file, no network and no other program. Each clip has colours of
// its own, something that moves, a running clock, and a tone each second in time
// with it: who watches and listens can judge for themselves that joins are clean
// and that sound and picture stay together.
package demo

import (
	"context"
	"errors"
	"fmt"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"
)

// version names what Make makes. Raise it whenever a clip changes, so that those
// kept from before are not used.
const version = "1"

const (
	listFile = "demo.yml"
	cardFile = "still.png"
)

// playlist shows what most playlists consist of.
const demoPlaylist = `# The demo's playlist. Edit it while the demo runs, or copy it as a beginning.
name: Demo
loop: true
items:
  - {source: morning.mp4, title: Morning}
  - {source: tide.mp4, title: Tide}
  - {source: still.png, title: A still, duration: 5s}
  - {source: orbit.mp4, title: Orbit}
  - {source: pendulum.mp4, title: Pendulum}
  - {source: snow.mp4, title: Snow (a file without sound)}
`

// Dir is where the clips are kept from one run to the next: the user's cache,
// or, where there is none, the place for temporary files.
func Dir() string {
	base, err := os.UserCacheDir()
	if err != nil {
		base = os.TempDir()
	}
	return filepath.Join(base, "airloom", "demo-"+version)
}

// Make puts the clips and their playlist into the directory, those that are not
// there yet, and returns the playlist's path; the media root is the directory
// itself. It says in a few words what it is
// about to make; it says nothing when all is there.
func Make(ctx context.Context, dir string, progress func(string)) (playlistPath string, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("make the demo's clips: %w", err)
	}
	for i, s := range scenes {
		say := fmt.Sprintf("drawing clip %d of %d: %s, %d seconds", i+1, len(scenes), s.title, s.seconds)
		err := once(filepath.Join(dir, s.file), say, progress, func(path string) error { return shoot(ctx, s, path) })
		if err != nil {
			return "", fmt.Errorf("make the demo's clip %s: %w", s.file, err)
		}
	}
	if err := once(filepath.Join(dir, cardFile), "drawing the still", progress, savePNG); err != nil {
		return "", fmt.Errorf("make the demo's still: %w", err)
	}
	list := filepath.Join(dir, listFile)
	err = once(list, "", progress, func(path string) error { return os.WriteFile(path, []byte(demoPlaylist), 0o644) })
	if err != nil {
		return "", fmt.Errorf("write the demo's playlist: %w", err)
	}
	return list, nil
}

// once makes a file if it is not there. It is made under another name first, so
// that what carries the name is whole, also when two demos begin at once.
func once(path, say string, progress func(string), write func(path string) error) error {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if say != "" && progress != nil {
		progress(say)
	}
	half, err := os.CreateTemp(filepath.Dir(path), ".making-*"+filepath.Ext(path))
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(half.Name()) }() // gone already where all went well
	if err := half.Close(); err != nil {
		return err
	}
	if err := write(half.Name()); err != nil {
		return err
	}
	if err := os.Chmod(half.Name(), 0o644); err != nil {
		return err
	}
	return os.Rename(half.Name(), path)
}

func savePNG(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join((&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(f, card().image()), f.Close())
}
