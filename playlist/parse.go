package playlist

import (
	"crypto/sha256"
	"encoding/hex"
	"path/filepath"
	"strings"

	"airloom/playlist/document"
)

// Position is a place in a file, in the config as in playlists.
type Position = document.Position

// Problem is one thing wrong with a file, in the config as in playlists.
type Problem = document.Problem

// Problems is everything wrong with a file.
type Problems = document.Problems

// MaxSize is the largest playlist file that is read, in bytes.
const MaxSize = 64 << 20

// MaxItems is how many items a playlist may have.
const MaxItems = 200_000

// Load reads and checks a playlist file, see [Parse]. One that is larger than
// MaxSize is refused by its size alone.
func Load(path string, o Options) (*Playlist, Problems) {
	data, err := document.ReadFileUpTo(path, MaxSize)
	if err != nil {
		var ps Problems
		ps.Errorf(Position{File: path, Line: 1, Column: 1}, "%v", err)
		return nil, ps
	}
	return Parse(path, data, o)
}

// Parse reads and checks a playlist. The ending of the file's name says how it
// is written: .json is JSON, .m3u, .m3u8 and .txt are lists of paths, all else is
// YAML; what is in it, whether it is ours or ffplayout's. With any error among
// the problems there is no playlist; warnings come beside one. It touches no
// file. Problems name the file as name does; the playlist's own name is
// [Options.Name].
func Parse(name string, data []byte, o Options) (*Playlist, Problems) {
	list, _, ps := parse(name, data, o)
	return list, ps
}

// parse is [Parse] with the tree that it found.
func parse(name string, data []byte, o Options) (*Playlist, *document.Node, Problems) {
	if o.Name == "" {
		o.Name = filepath.Base(name)
	}
	c := &checker{options: o, name: name}
	list := c.read(data)
	c.tellLosses()
	if list != nil {
		c.finish(list, data)
	}
	c.problems.Sort()
	if c.problems.Fatal() {
		return nil, nil, c.problems
	}
	return list, c.root, c.problems
}

// NameIn is a playlist file's name: its path below the playlists' folder, with
// slashes. One that lies elsewhere is known by its last element alone.
func NameIn(folder, path string) string {
	rel, err := filepath.Rel(folder, path)
	if err != nil || rel == "." || !filepath.IsLocal(rel) {
		rel = filepath.Base(path)
	}
	return filepath.ToSlash(rel)
}

// checker gathers what is wrong with one file while it is read.
type checker struct {
	options  Options
	name     string // of the file, in problems
	root     *document.Node
	problems Problems
	losses   []loss
}

// read is the list as far as it could be read; nil says that a problem tells why
// there is nothing.
func (c *checker) read(data []byte) *Playlist {
	switch strings.ToLower(filepath.Ext(c.name)) {
	case ".m3u", ".m3u8", ".txt":
		return c.paths(data)
	}
	root, ps := document.ParseUpTo(c.name, data, MaxSize)
	c.root, c.problems = root, append(c.problems, ps...)
	switch {
	case root == nil:
		return nil
	case root.Kind == document.Map && root.Field("program") != nil && root.Field("items") == nil:
		return c.dated(root)
	}
	if words := noPlaylist(root); words != "" {
		c.problems.Errorf(root.Position, "%s", words)
		return nil
	}
	return c.native(root)
}

// noPlaylist recognises what is no playlist at all.
func noPlaylist(root *document.Node) string {
	switch root.Kind {
	case document.Null:
		return "the playlist is empty: write items: and below it lines such as - {source: one.mp4}"
	case document.List:
		return "a bare list: write items: above it, and indent it"
	case document.Scalar:
		return "this is no playlist: write items: and below it lines such as - {source: one.mp4}"
	}
	return ""
}

// finish fills in what follows from the file as a whole.
func (c *checker) finish(list *Playlist, data []byte) {
	list.File = c.options.Name
	if list.Name == "" {
		list.Name = stem(list.File)
	}
	sum := sha256.Sum256(data)
	list.Version = hex.EncodeToString(sum[:8])
	list.Identify()
}

// stem is a playlist's name for want of a better one: its file's, without the ending.
func stem(file string) string {
	base := file[strings.LastIndex(file, "/")+1:]
	return strings.TrimSuffix(base, filepath.Ext(base))
}

// tooMany refuses a file with more items than a channel can be asked to plan.
func (c *checker) tooMany(at Position, n int) bool {
	if n > MaxItems {
		c.problems.Errorf(at, "%d items are more than %d: split the playlist", n, MaxItems)
	}
	return n > MaxItems
}
