package clip

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/asticode/go-astiav"

	"airloom/playout/media"
)

// Demuxers that open other files or addresses by themselves, or make pictures
// of plain text. A file that asks for one is not media to us.
const (
	barredFromFiles = "concat,concatf,dash,hls,applehttp,imf,image2,sdp,rtsp,rtp,sap,tty,bin,xbin,adf,idf,lavfi,ffmetadata,webm_dash_manifest,vapoursynth,data,bmv"
	// An address may be a list of parts, which the protocols below and [reach] keep
	// where it belongs; it is no script, and no description of ports to listen at.
	barredFromAddresses = "concat,concatf,imf,image2,sdp,sap,tty,bin,xbin,adf,idf,lavfi,ffmetadata,vapoursynth,data,bmv"
)

// Protocols a URL may lead to. No file: what is at an address may not name one.
const netProtocols = "http,https,tcp,tls,udp,rtp,srtp,rtmp,rtmps,rtmpt,rtsp,httpproxy,crypto,hls,srt,data"

var (
	filesMayUse     = sync.OnceValue(func() string { return demuxersWithout(barredFromFiles) })
	addressesMayUse = sync.OnceValue(func() string { return demuxersWithout(barredFromAddresses) })
)

// Deadlines of one call into libav that reads.
const (
	openWithin = 20 * time.Second
	readWithin = 15 * time.Second
)

// watch ends libav's blocking calls: at their deadline, or when the context ends.
// It must outlive the format context: libav calls into its memory.
type watch struct {
	ctx   context.Context
	stop  *astiav.IOInterrupter
	timer *time.Timer
	late  bool
	over  atomic.Bool // no call is made any more
	undo  func() bool
	reach *reach // nil: a file, which leads nowhere
}

func newWatch(ctx context.Context) *watch {
	w := &watch{ctx: ctx, stop: astiav.NewIOInterrupter()}
	w.timer = time.AfterFunc(time.Hour, w.stop.Interrupt)
	w.timer.Stop()
	w.undo = context.AfterFunc(ctx, w.stop.Interrupt)
	return w
}

// end has the call that runs return at once, and those that follow.
func (w *watch) end() {
	w.over.Store(true)
	w.stop.Interrupt()
}

// within runs one call and gives it a deadline.
func (w *watch) within(d time.Duration, call func() error) error {
	if w.over.Load() { // what was resumed below may have been the end
		return astiav.ErrExit
	}
	w.timer.Reset(d)
	if inner := call; w.reach != nil {
		call = func() error { return w.reach.during(inner) }
	}
	err := call()
	if w.timer.Stop() || err == nil && w.ctx.Err() == nil {
		if err == nil && w.ctx.Err() == nil && !w.over.Load() {
			w.stop.Resume() // it came just in time
		}
		return err
	}
	w.late = true
	return err
}

func (w *watch) close() {
	w.undo()
	w.timer.Stop()
	w.stop.Free()
	if w.reach != nil {
		w.reach.free()
	}
}

// source is an opened file or address with its streams known.
type source struct {
	fc      *astiav.FormatContext
	watch   *watch
	opened  time.Time // when that began
	file    *os.File  // nil for an address
	name    string    // for people
	version string
	size    int64
	url     string // as given; "" for a file
	remote  bool   // an address
	live    bool   // without a length: what is missed is gone
}

func isURL(s string) bool { return strings.Contains(s, "://") }

// openSource opens and probes what the spec names.
func openSource(ctx context.Context, spec media.Spec) (*source, error) {
	s := &source{name: filepath.Base(spec.Source), remote: isURL(spec.Source), opened: time.Now()}
	if s.remote {
		s.name, s.url = hideSecrets(spec.Source), spec.Source
	} else if err := s.openFile(spec); err != nil {
		return nil, err
	}
	s.watch = newWatch(ctx)
	if s.remote && !Fed(spec.Source) {
		s.watch.reach = newReach(spec)
	}
	if err := s.openInput(spec); err != nil {
		s.close()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, s.fault(err)
	}
	return s, nil
}

// openFile opens the file itself, so that libav never sees a path: what was
// checked is what is read, and a playlist inside it leads nowhere.
func (s *source) openFile(spec media.Spec) error {
	path, err := filepath.EvalSymlinks(spec.Source)
	if err != nil {
		return fileFault(s.name, err)
	}
	info, err := os.Stat(path)
	if err == nil {
		err = playable(s.name, info) // before it is opened: opening a pipe would wait
	}
	if err != nil {
		return fileFault(s.name, err)
	}
	if s.file, err = openUnder(spec.Root, path, s.name); err != nil {
		return fileFault(s.name, err)
	}
	s.size = info.Size()
	s.version = fmt.Sprintf("%s %d %d", path, info.Size(), info.ModTime().UnixNano())
	return nil
}

// openUnder opens a path without symbolic links that lies under root.
func openUnder(root, path, name string) (*os.File, error) {
	if root == "" {
		return os.Open(path)
	}
	root, err := filepath.EvalSymlinks(root)
	if err != nil {
		return nil, err
	}
	rel, err := filepath.Rel(root, path)
	if err != nil || !filepath.IsLocal(rel) {
		return nil, fault(media.FaultUnreadable, "%s leads out of the media root: keep what is played inside it", name)
	}
	return os.OpenInRoot(root, rel)
}

func playable(name string, info fs.FileInfo) error {
	switch {
	case info.IsDir():
		return fault(media.FaultUnreadable, "%s is a directory, not a file", name)
	case !info.Mode().IsRegular():
		return fault(media.FaultUnreadable, "%s is not a regular file", name)
	case info.Size() == 0:
		return fault(media.FaultUnsupported, "%s is empty: copy it again", name)
	}
	return nil
}

func (s *source) openInput(spec media.Spec) error {
	d := astiav.NewDictionary()
	defer d.Free()
	set := func(k, v string) { _ = d.Set(k, v, 0) }
	url, hint := spec.Source, s.hint()
	if Fed(url) {
		url, hint = "fd:", astiav.FindInputFormat("flv")
		fedOptions(set)
	} else if s.remote {
		networkOptions(spec.Source, set)
	} else {
		url = "fd:"
		set("fd", fmt.Sprint(s.file.Fd()))
		set("protocol_whitelist", "fd")
		set("format_whitelist", filesMayUse())
	}
	fc := astiav.AllocFormatContext()
	fc.SetIOInterrupter(s.watch.stop)
	err := s.watch.within(openWithin, func() error { return fc.OpenInput(url, hint, d) })
	if err != nil {
		return err // libav has freed the context
	}
	s.fc = fc
	if Fed(spec.Source) {
		s.opened = time.Now() // its producer may have been waited for
	}
	err = s.watch.within(openWithin, func() error { return fc.FindStreamInfo(nil) })
	s.live = s.remote && fc.Duration() <= 0 || Fed(spec.Source)
	return err
}

// hint names the demuxer where the content alone would mislead: a stream of JPEG
// pictures begins as one picture does.
func (s *source) hint() *astiav.InputFormat {
	switch strings.ToLower(filepath.Ext(s.name)) {
	case ".mjpeg", ".mjpg":
		return astiav.FindInputFormat("mjpeg")
	}
	return nil
}

// fault says in words why the source did not open.
func (s *source) fault(err error) error {
	if s.remote {
		return s.networkFault(err)
	}
	switch {
	case s.watch != nil && s.watch.late, errors.Is(err, astiav.ErrExit), errors.Is(err, astiav.ErrEtimedout):
		return fault(media.FaultStalled, "%s did not answer in time: check the storage or the server (libav: %w)", s.name, err)
	default:
		return fault(media.FaultUnsupported, "%s is not media that can be played, or is damaged at its beginning (libav: %w)", s.name, err)
	}
}

func (s *source) close() {
	if s.fc != nil {
		s.fc.CloseInput()
		s.fc = nil
	}
	if s.watch != nil {
		s.watch.close()
	}
	if s.file != nil {
		_ = s.file.Close()
	}
}

func fault(kind media.FaultKind, format string, args ...any) error {
	return &media.Fault{Kind: kind, Err: fmt.Errorf(format, args...)}
}

// fileFault sorts what the system says of a file.
func fileFault(name string, err error) error {
	var f *media.Fault
	if errors.As(err, &f) {
		return err
	}
	var p *fs.PathError
	if errors.As(err, &p) {
		err = p.Err // the path is known, and may be long
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fault(media.FaultMissing, "%s is not there: put it in place, or take it out of the playlist (%w)", name, err)
	case errors.Is(err, fs.ErrPermission):
		return fault(media.FaultUnreadable, "%s may not be read: allow airloom's user to read it (%w)", name, err)
	default:
		return fault(media.FaultUnreadable, "%s cannot be read (%w)", name, err)
	}
}
