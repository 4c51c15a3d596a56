package probe

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"airloom/playlist"
	"airloom/playlist/schedule"
	"airloom/playout/media"
)

func (b *bench) list(t *testing.T, f playlist.Folder) []string {
	t.Helper()
	b.again()
	// Lengths are not of interest, and some files would crash the child.
	b.Folder(f)
	require.NoError(t, b.work(context.Background(), 1, func(int, int) {}))
	names := []string{}
	for _, file := range b.Folder(f) {
		require.False(t, file.Modified.IsZero())
		names = append(names, file.Path)
	}
	return names
}

func TestListing(t *testing.T) {
	b := pretender(t)
	b.put(t, "p/b.MP4", "p/a.mkv", "p/10.mp3", "p/.hidden.mp4", "p/draft.mp4~", "p/notes.txt", "p/cover.jpg", "p/film.mp4.part",
		"p/sub/c.mp4", "p/sub/deeper/d.webm", "p/.trash/e.mp4", "p/@eaDir/f.mp4", "p/line\nbreak.mp4", "p/\xff\xfe.mp4", "p/名前 é.mp4",
		"stills/1.png", "stills/2.jpg", "elsewhere/z.mp4", "p/odd.mp4/inside.mp4")
	outside := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(outside, "secret.mp4"), []byte("x"), 0o644))
	for link, to := range map[string]string{
		"p/way-out.mp4":       filepath.Join(outside, "secret.mp4"),
		"p/out-folder":        outside,
		"p/up.mp4":            "../../etc/passwd",
		"p/inside.mp4":        "../elsewhere/z.mp4",
		"p/absolute.mp4":      filepath.Join(b.root, "elsewhere/z.mp4"),
		"p/dangling.mp4":      "nowhere.mp4",
		"p/sub/circle":        "..",
		"p/sub/linked-folder": "../../elsewhere",
		"p/text.mp4":          "notes.txt",
		"shortcut":            "p/sub",
		"way-out":             outside,
	} {
		require.NoError(t, os.Symlink(to, filepath.Join(b.root, link)))
	}
	flat := []string{"p/10.mp3", "p/a.mkv", "p/absolute.mp4", "p/b.MP4", "p/inside.mp4", "p/text.mp4", "p/名前 é.mp4"}
	require.Equal(t, flat, b.list(t, playlist.Folder{Path: "p"}))
	require.Equal(t, flat, b.list(t, playlist.Folder{Path: "./p/"}))
	require.Contains(t, b.log.String(), "left out")
	require.Equal(t, []string{"p/10.mp3", "p/a.mkv", "p/absolute.mp4", "p/b.MP4", "p/inside.mp4", "p/odd.mp4/inside.mp4",
		"p/sub/c.mp4", "p/sub/deeper/d.webm", "p/sub/linked-folder/z.mp4", "p/text.mp4", "p/名前 é.mp4"},
		b.list(t, playlist.Folder{Path: "p", Recursive: true}))
	require.Equal(t, []string{"stills/1.png", "stills/2.jpg"}, b.list(t, playlist.Folder{Path: "stills"}))
	require.Equal(t, []string{"shortcut/c.mp4"}, b.list(t, playlist.Folder{Path: "shortcut"}))
	require.Empty(t, b.list(t, playlist.Folder{Path: "."}))
	require.Len(t, b.list(t, playlist.Folder{Path: ".", Recursive: true}), 13, "a folder that is linked to is listed once")

	for path, kind := range map[string]media.FaultKind{"none": media.FaultMissing, "way-out": media.FaultUnreadable,
		"p/a.mkv": media.FaultUnreadable, "../x": media.FaultMissing} {
		f := playlist.Folder{Path: path}
		require.Empty(t, b.list(t, f), path)
		got, why := b.Why(playlist.Item{Folder: &f})
		require.Equal(t, kind, got, "%s: %s", path, why)
	}
}

// A long listing comes in parts and is bounded.
func TestLongListing(t *testing.T) {
	b := pretender(t)
	require.NoError(t, os.Mkdir(filepath.Join(b.root, "many"), 0o755))
	for i := range 2500 {
		require.NoError(t, os.WriteFile(filepath.Join(b.root, "many", fmt.Sprintf("a name that is long enough to fill parts %05d.mp4", i)), nil, 0o644))
	}
	require.Len(t, b.list(t, playlist.Folder{Path: "many"}), 2500)

	l := &lister{say: func(answer) error { return nil }}
	require.NoError(t, l.add(make([]schedule.File, maxFiles+5)))
	require.Equal(t, maxFiles, l.count)
	require.Equal(t, 5, l.part.Left)
}
