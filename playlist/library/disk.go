package library

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/fsnotify/fsnotify"

	"airloom/playlist"
)

// What a folder may hold: far beyond what anyone schedules, far below what would
// take the machine's memory.
const (
	maxSize    = playlist.MaxSize
	maxTotal   = 128 << 20 // bytes of all files: parsed, they take several times that
	maxFiles   = 10_000    // playlists
	maxFolders = 2_000     // with the folder itself
	maxDepth   = 32        // folders in folders
	maxBatch   = 200       // files read before the others hear of them
	batchTime  = 200 * time.Millisecond
)

// disk touches the folder, on one goroutine. Anything it does may hang.
type disk struct {
	*Library
	events *fsnotify.Watcher // nil: the system has none left
}

// job is what the disk is to do: look at some names or through everything, or
// read files.
type job struct {
	scan  bool
	names []string
	reads []reading
}

// reading is one file to be read.
type reading struct {
	name    string
	expect  sig
	how     how
	version string // of what was last read: equal content is not parsed again
}

// report is what came of a job.
type report struct {
	begun    time.Time
	err      error // the folder itself cannot be looked into
	root     sig
	scan     bool
	seen     []sight
	unread   []string // folders that could not be read: what is in them is not known
	problems playlist.Problems
	again    bool  // something may have been missed: scan once more
	blind    error // why the system does not tell of changes
	readouts []readout
}

// sight is what a stat of a name showed.
type sight struct {
	name string
	sig  sig
	err  error // it shows, but cannot be used
}

// verdict is what came of reading a file.
type verdict uint8

const (
	taken   verdict = iota // read whole, and parsed if it differs
	busy                   // a program has it open for writing
	unsure                 // it may be written to, nobody can tell: let it hold still
	changed                // it is not, or no longer, what was expected
	failed                 // it could not be read
)

type readout struct {
	name     string
	verdict  verdict
	sig      sig
	err      error
	same     bool // the content is what was read before
	version  string
	playlist *playlist.Playlist
	problems playlist.Problems
	older    *playlist.Playlist // an old version that is good, where this one is not
}

func (d *disk) do(j job) report {
	r := report{begun: time.Now(), scan: j.scan}
	root, err := os.OpenRoot(d.config.Dir)
	if err != nil {
		r.err = plainly(err)
		return r
	}
	defer root.Close()
	st, err := root.Stat(".")
	if err != nil {
		r.err = plainly(err)
		return r
	}
	r.root = sigOf(st)
	if j.scan {
		d.scan(root, &r)
	}
	for _, name := range j.names {
		r.seen = append(r.seen, look(root, name))
	}
	for _, w := range j.reads {
		r.readouts = append(r.readouts, d.read(root, w))
		if len(r.readouts) >= maxBatch || time.Since(r.begun) > batchTime {
			break
		}
	}
	return r
}

// look says what stands under a name, without opening it.
func look(root *os.Root, name string) sight {
	st, err := root.Stat(name)
	switch {
	case err == nil:
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		return sight{name: name}
	default:
		s := sight{name: name, sig: sig{kind: odd}, err: fmt.Errorf("the file cannot be looked at: %w", plainly(err))}
		if l, lerr := root.Lstat(name); lerr == nil && l.Mode()&fs.ModeSymlink != 0 {
			s.sig = sigOf(l)
			s.sig.kind = odd
			s.err = errors.New("this is a link that leads out of the folder, or in circles: copy the file here instead")
		}
		return s
	}
	s := sight{name: name, sig: sigOf(st)}
	switch {
	case st.IsDir():
		s.err = errors.New("this is a folder, with the name of a playlist: it is not read; rename it")
	case !st.Mode().IsRegular():
		s.err = errors.New("this is no plain file but a pipe, a socket or a device: it is not opened; remove it")
	case st.Size() > maxSize:
		s.sig.kind = odd
		s.err = fmt.Errorf("the file has %d MiB, more than %d: it is not read; split it", st.Size()>>20, maxSize>>20)
	}
	return s
}

func sigOf(st fs.FileInfo) sig {
	s := sig{kind: odd, size: st.Size(), mtime: st.ModTime().UnixNano()}
	if st.Mode().IsRegular() {
		s.kind = plain
	}
	if sys, ok := st.Sys().(*syscall.Stat_t); ok {
		s.dev, s.ino = sys.Dev, sys.Ino
		s.ctime = time.Unix(sys.Ctim.Unix()).UnixNano()
	}
	if s.kind == odd { // what stands there matters, not what happens to it
		s.size, s.mtime, s.ctime = 0, 0, 0
	}
	return s
}

// read reads a file that is as expected before and after, and parses it.
func (d *disk) read(root *os.Root, w reading) readout {
	out := readout{name: w.name, verdict: changed}
	now := look(root, w.name)
	if out.sig = now.sig; now.sig != w.expect || now.sig.kind != plain {
		return out
	}
	data, st, v, err := d.content(root, w)
	if out.verdict, out.err = v, err; v != taken {
		return out
	}
	if after := look(root, w.name); after.sig != w.expect {
		out.sig, out.verdict = after.sig, changed
		return out
	}
	out.version = versionOf(data)
	if out.same = out.version == w.version; !out.same {
		d.parsing.Store(true)
		out.playlist, out.problems = d.parse(w.name, data)
		d.parsing.Store(false)
		if out.playlist != nil {
			d.keepQuietly(root, w.name, data, st)
		} else if w.version == "" {
			out.older = d.lastGood(root, w.name)
		}
	}
	return out
}

// content opens what is a plain file and nothing else, and reads all of it.
func (d *disk) content(root *os.Root, w reading) ([]byte, fs.FileInfo, verdict, error) {
	f, err := root.OpenFile(w.name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, nil, failed, plainly(err)
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return nil, nil, failed, plainly(err)
	}
	if sigOf(st) != w.expect {
		return nil, nil, changed, nil
	}
	switch writers(f) {
	case some:
		if w.how != insisted {
			return nil, nil, busy, nil
		}
	case unknown:
		if age := time.Since(st.ModTime()); w.how == early && age < d.config.Settle {
			return nil, nil, unsure, nil
		}
	}
	data := make([]byte, 0, st.Size()+1)
	for {
		n, err := f.Read(data[len(data):cap(data)])
		data = data[:len(data)+n]
		switch {
		case err == io.EOF && int64(len(data)) == st.Size():
			return data, st, taken, nil
		case err == io.EOF || len(data) > int(st.Size()):
			return nil, nil, changed, nil
		case err != nil:
			return nil, nil, failed, plainly(err)
		}
	}
}

// parse reads a playlist's text; its name is the path below the folder.
func (l *Library) parse(name string, data []byte) (list *playlist.Playlist, problems playlist.Problems) {
	// Whatever a file holds, it must not end the channel.
	defer func() {
		if fault := recover(); fault != nil {
			l.config.Log.Error("reading a playlist went wrong: please report it, with the file", "event", "bug", "file", name, "panic", fault, "stack", string(debug.Stack()))
			list, problems = nil, playlist.Problems{problem(name, "airloom failed at reading this file: please report it, with the file")}
		}
	}()
	o := l.config.Options
	o.Name = name
	list, problems = playlist.Parse(l.path(name), data, o)
	for i := range problems {
		problems[i].File = name
	}
	if list != nil {
		list.Version = versionOf(data)
		list.Name = strings.ToValidUTF8(list.Name, "\uFFFD")
	}
	return list, problems
}

// versionOf names a content.
func versionOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:8])
}

// plainly drops from an error what the caller says already: the call and the path.
func plainly(err error) error {
	if e := (*fs.PathError)(nil); errors.As(err, &e) {
		err = e.Err
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errors.New("there is no such folder or file")
	case errors.Is(err, fs.ErrPermission):
		return errors.New("permission denied: let airloom's user read it")
	}
	return err
}
