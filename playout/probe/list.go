package probe

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
	"unicode"
	"unicode/utf8"

	"airloom/playlist/schedule"
	"airloom/playout/media"
)

// maxFiles bounds a listing: a folder with more is a slip, such as a home
// directory, and would take the memory of many playlists.
const maxFiles = 100_000

// maxDepth bounds how far down a listing goes.
const maxDepth = 64

// moving and still tell media by their names: opening every file to find out
// would take minutes, and a name is what people go by.
var (
	moving = set("mp4 m4v mov qt mkv webm avi divx ts m2ts mts m2t mpg mpeg mpe vob flv f4v wmv asf 3gp 3g2 mxf gxf ogv ogm " +
		"rm rmvb dv nut y4m mjpeg mjpg gif " +
		"mp3 m4a m4b aac ac3 eac3 dts wav w64 rf64 bwf flac alac ape wv aif aiff aifc caf wma oga ogg opus mka mp2 mpa amr au")
	still = set("jpg jpeg png bmp webp tif tiff tga jxl avif heic")
)

// foreign are folders that other programs keep among the media.
var foreign = set("@eadir #recycle $recycle.bin lost+found")

func set(names string) map[string]bool {
	m := map[string]bool{}
	for _, n := range strings.Fields(names) {
		m[n] = true
	}
	return m
}

func kindOf(name string) (film, picture bool) {
	ext := strings.ToLower(strings.TrimPrefix(path.Ext(name), "."))
	return moving[ext], still[ext]
}

func hidden(name string) bool {
	return strings.HasPrefix(name, ".") || strings.HasSuffix(name, "~") || foreign[strings.ToLower(name)]
}

// listable says whether a path can be named in a playlist at all.
func listable(name string) bool {
	return utf8.ValidString(name) && filepath.IsLocal(name) && !strings.ContainsFunc(name, unicode.IsControl)
}

// lister walks one folder.
type lister struct {
	root    string // without symbolic links
	deep    bool
	been    map[[2]uint64]bool // folders, by device and inode: links may lead in circles
	part    answer
	size    int
	count   int
	flushed time.Time
	say     func(answer) error
}

// list answers with the media files of a folder, in parts.
func (c *child) list(f folder) error {
	l := &lister{deep: f.Recursive, been: map[[2]uint64]bool{}, say: func(a answer) error { return c.out.Encode(a) }, flushed: time.Now()}
	err := l.begin(c.root, f.Path)
	var s *sayError
	if errors.As(err, &s) {
		return s.error
	}
	last := answer{Files: l.part.Files, Left: l.part.Left}
	if err != nil {
		last.Kind, last.Fault = media.FaultUnreadable, media.Words(err, longest)
		if errors.Is(err, fs.ErrNotExist) {
			last.Kind = media.FaultMissing
		}
	}
	return c.out.Encode(last)
}

// sayError is trouble with the keeper, not with the folder.
type sayError struct{ error }

var errOutside = errors.New("it leads out of the media root: keep what is played inside it")

func (l *lister) begin(root, name string) error {
	var err error
	if l.root, err = filepath.EvalSymlinks(root); err != nil {
		return err
	}
	real, err := l.inside(filepath.Join(l.root, filepath.FromSlash(name)))
	if err != nil {
		return err
	}
	return l.walk(real, path.Clean(filepath.ToSlash(name)), 0)
}

// inside follows all links of a path, which must not leave the root.
func (l *lister) inside(name string) (string, error) {
	real, err := filepath.EvalSymlinks(name)
	if err != nil {
		return "", err
	}
	if rel, err := filepath.Rel(l.root, real); err != nil || !filepath.IsLocal(rel) {
		return "", errOutside
	}
	return real, nil
}

// walk lists the folder real, which is known as name. Its own files come before
// those of the folders in it. A picture beside films or music is taken for their
// cover; only a folder of nothing but pictures is a show of them.
func (l *lister) walk(real, name string, depth int) error {
	info, err := os.Stat(real)
	if err != nil {
		return err
	}
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		at := [2]uint64{st.Dev, st.Ino}
		if l.been[at] {
			return nil
		}
		l.been[at] = true
	}
	entries, err := os.ReadDir(real) // sorted by name
	if err != nil {
		return err
	}
	var films, pictures []schedule.File
	var folders []string
	for _, e := range entries {
		if err := l.alive(); err != nil {
			return err
		}
		found, dir := l.entry(real, name, e)
		if dir {
			folders = append(folders, e.Name())
		}
		if found == nil {
			continue
		}
		if film, _ := kindOf(e.Name()); film {
			films = append(films, *found)
		} else {
			pictures = append(pictures, *found)
		}
	}
	if len(films) == 0 {
		films = pictures
	} else {
		l.part.Left += len(pictures)
	}
	if err := l.add(films); err != nil || !l.deep || depth == maxDepth {
		return err
	}
	for _, f := range folders {
		if err := l.below(filepath.Join(real, f), path.Join(name, f), depth+1); err != nil {
			return err
		}
	}
	return nil
}

// below walks a folder in the folder. One that cannot be read costs what is in it.
func (l *lister) below(real, name string, depth int) error {
	to, err := l.inside(real)
	if err == nil {
		err = l.walk(to, name, depth)
	}
	var s *sayError
	if errors.As(err, &s) {
		return err
	}
	if err != nil {
		l.part.Left++
	}
	return nil
}

// entry says what one entry of a folder is: a media file, a folder, or neither.
func (l *lister) entry(real, name string, e os.DirEntry) (file *schedule.File, dir bool) {
	film, picture := kindOf(e.Name())
	if hidden(e.Name()) {
		return nil, false
	}
	var info fs.FileInfo
	var err error
	switch {
	case e.IsDir():
		return nil, true
	case e.Type()&fs.ModeSymlink != 0:
		to, err := l.inside(filepath.Join(real, e.Name()))
		if err == nil {
			info, err = os.Stat(to)
		}
		if err != nil {
			l.part.Left++
			return nil, false
		}
		if info.IsDir() {
			return nil, true
		}
	case film || picture:
		if info, err = e.Info(); err != nil {
			return nil, false // it is gone already
		}
	default:
		return nil, false
	}
	if !film && !picture {
		return nil, false
	}
	full := path.Join(name, e.Name())
	if !info.Mode().IsRegular() || !listable(full) {
		l.part.Left++
		return nil, false
	}
	return &schedule.File{Path: full, Modified: info.ModTime()}, false
}

func (l *lister) add(files []schedule.File) error {
	for _, f := range files {
		if l.count == maxFiles {
			l.part.Left++
			continue
		}
		l.count++
		l.part.Files = append(l.part.Files, f)
		if l.size += len(f.Path) + 64; l.size > flushAt {
			if err := l.flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

// alive sends what there is at least once a second, so that a long listing is
// not taken for one that hangs.
func (l *lister) alive() error {
	if time.Since(l.flushed) < time.Second {
		return nil
	}
	return l.flush()
}

func (l *lister) flush() error {
	a := l.part
	a.More = true
	a.Files = slices.Clip(a.Files)
	l.part.Files, l.size, l.flushed = nil, 0, time.Now()
	if err := l.say(a); err != nil {
		return &sayError{err}
	}
	return nil
}
