package worker

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/asticode/go-astiav"
	"golang.org/x/sys/unix"

	"airloom/playout/media"
	"airloom/playout/media/av"
)

// reader is what the child needs of an open clip.
type reader interface {
	// Info is what is known of the clip.
	Info() media.ClipInfo
	// Read renders the next tick into the slot and returns its samples a
	// channel; io.EOF after the last, or a *media.Fault.
	Read(slot []byte) (samples int, err error)
	Close() error
}

// openFunc opens a clip for reading from a tick on.
type openFunc func(ctx context.Context, s media.Spec, at media.Start, h media.House) (reader, error)

// serve is the child's whole life. It returns the exit status.
func serve(open openFunc) int {
	// Signals to the process group are the keeper's to act upon.
	signal.Ignore(syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE)
	unix.CloseOnExec(ringFD)
	unix.CloseOnExec(recordFD)
	unix.CloseOnExec(feedFD) // where there is one
	log := slog.New(slog.NewJSONHandler(os.Stderr, nil))

	in := bufio.NewReaderSize(os.Stdin, maxRequest)
	line, err := in.ReadSlice('\n')
	if err != nil {
		return 0 // the keeper is gone, or thought better of it
	}
	var req request
	if err := json.Unmarshal(line, &req); err != nil {
		log.Error("clip-worker is started by airloom itself, not by hand", "error", err)
		return 2
	}
	go endWithKeeper()
	av.SetLog(astiav.LogLevelWarning, func(level astiav.LogLevel, line string) { libavLog(log, level, line) })

	c := &childSide{out: os.NewFile(recordFD, "records"), layout: media.LayoutOf(req.House), granted: in}
	if err := c.serve(open, req); err != nil {
		log.Error(err.Error())
		return 3
	}
	return 0
}

// endWithKeeper ends the process when the keeper hangs up, whatever else is
// going on: decoding may be stuck in a read. It sleeps in one call until then;
// a goroutine that read the granted slots would be woken for every tick, and
// the runtime's scheduling then costs more than all else that crosses.
func endWithKeeper() {
	hungUp := []unix.PollFd{{Fd: 0}} // no events: only POLLHUP and POLLERR
	for {
		if n, err := unix.Poll(hungUp, -1); n > 0 {
			os.Exit(0)
		} else if err != nil && !errors.Is(err, unix.EINTR) {
			os.Exit(4)
		}
	}
}

// libavLog passes a line of libav's on. What libav calls an error is one of the
// file's, and may well be played over.
func libavLog(log *slog.Logger, level astiav.LogLevel, line string) {
	l := slog.LevelDebug
	if level <= astiav.LogLevelError {
		l = slog.LevelWarn
	}
	log.Log(context.Background(), l, strings.ToValidUTF8(line, "�"))
}

// childSide is the child's end of the ring.
type childSide struct {
	out     *os.File
	layout  media.Layout
	mem     []byte
	granted *bufio.Reader // numbers of slots
	head    [headSize]byte
}

// opened is after how many ticks a clip has everything at hand that reading it
// takes: what of the program only the opening needed is given back then, for 0.6 ms.
const opened = 3

// serve answers the request and reads the clip into the slots it is granted. An
// error of the clip's crosses to the keeper; what it returns is trouble between
// the two.
func (c *childSide) serve(open openFunc, req request) error {
	h := hello{Protocol: protocol}
	if req.Protocol != protocol {
		return c.say(recHello, h)
	}
	own := lighten() // as long as it may be looked at
	h.Missing = restrict(req.Spec)
	if err := c.say(recHello, h); err != nil {
		return err
	}
	var err error
	c.mem, err = unix.Mmap(ringFD, 0, req.Slots*c.layout.Size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return fmt.Errorf("map ring: %w", err)
	}
	r, err := open(context.Background(), req.Spec, req.Start, req.House)
	if err != nil {
		return c.sayEnd(err)
	}
	defer r.Close()
	tell := c.teller(r, req.House)
	for n := req.Start.Tick; ; n++ {
		if err := tell(); err != nil { // reading may add to what is known
			return err
		}
		slot, err := c.granted.ReadByte()
		if err != nil {
			return nil // the keeper has hung up
		}
		samples, err := r.Read(c.mem[int(slot)*c.layout.Size:][:c.layout.Size:c.layout.Size])
		if err != nil {
			return c.sayEnd(err)
		}
		record{kind: recTick, slot: uint32(slot), samples: uint32(samples), tick: n}.put(c.head[:])
		if _, err := c.out.Write(c.head[:]); err != nil {
			return nil // the keeper has hung up
		}
		if n == req.Start.Tick+opened {
			give(own)
		}
	}
}

// teller returns what is to be called before each tick: it tells what has become known
// of the clip since.
func (c *childSide) teller(r reader, h media.House) func() error {
	told := -1
	work := newEffort(h)
	return func() error {
		work.tick()
		info := r.Info()
		if len(info.Notes) == told && !work.changed() {
			return nil
		}
		told, info.Heavy = len(info.Notes), work.heavy
		return c.say(recInfo, info)
	}
}

// say sends a record with a body.
func (c *childSide) say(kind recordKind, v any) error {
	b, err := withBody(kind, v)
	if err != nil {
		return err
	}
	if _, err := c.out.Write(b); err != nil && !errors.Is(err, unix.EPIPE) {
		return fmt.Errorf("tell the keeper: %w", err)
	}
	return nil
}

// sayEnd says how the clip ended.
func (c *childSide) sayEnd(err error) error {
	if errors.Is(err, io.EOF) {
		record{kind: recEnd}.put(c.head[:])
		_, err := c.out.Write(c.head[:])
		return err
	}
	msg := strings.ToValidUTF8(err.Error(), "�")
	if len(msg) > maxLine {
		msg = strings.ToValidUTF8(msg[:maxLine], "") + "…"
	}
	return c.say(recFault, fault{Kind: media.KindOf(err), Message: msg})
}
