package probe

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"syscall"

	"github.com/asticode/go-astiav"
	"golang.org/x/sys/unix"

	"airloom/playout/clip"
	"airloom/playout/media"
	"airloom/playout/media/av"
	"airloom/playout/worker"
)

// longest is how many bytes of an error are told.
const longest = 1024

// lookFunc finds out the length of a clip, in ticks of the house, and what it is
// made of.
type lookFunc func(s media.Spec, h media.House) (int64, *media.Streams, error)

// Main is the whole life of a child that looks at files: the program was started
// with the argument "probe-worker". It returns the exit status.
func Main() int {
	av.SetLog(astiav.LogLevelQuiet, func(astiav.LogLevel, string) {})
	return serve(lengthOf)
}

// lengthOf is the length as whoever airs the clip counts it: it is the same code.
func lengthOf(s media.Spec, h media.House) (int64, *media.Streams, error) {
	r, err := clip.Open(context.Background(), s, media.Start{}, h)
	if err != nil {
		return 0, nil, err
	}
	defer r.Close()
	made := r.Streams()
	return r.Info().Ticks, &made, nil
}

// serve answers requests until the keeper hangs up.
func serve(look lookFunc) int {
	// Signals to the process group are the keeper's to act upon.
	signal.Ignore(syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	stepBack()
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, maxLine)
	c := &child{look: look, out: json.NewEncoder(os.Stdout)}
	if !in.Scan() {
		return 0
	}
	var h hello
	if err := json.Unmarshal(in.Bytes(), &h); err != nil {
		fmt.Fprintln(os.Stderr, "probe-worker is started by airloom itself, not by hand")
		return 2
	}
	c.root, c.house = h.Root, h.House
	go worker.EndWithKeeper()
	if c.out.Encode(hello{Protocol: protocol, Missing: worker.Fence(h.Root)}) != nil || h.Protocol != protocol {
		return 0
	}
	for in.Scan() {
		var q request
		if err := json.Unmarshal(in.Bytes(), &q); err != nil {
			fmt.Fprintln(os.Stderr, "request:", err)
			return 3
		}
		if err := c.answer(q); err != nil {
			return 0 // the keeper has hung up
		}
	}
	return 0
}

// stepBack leaves processor and disk to the channel: all threads are nice, and
// those still to come inherit it. Where that is not allowed, nothing is lost.
func stepBack() {
	const idleDisk, process = 3 << 13, 1
	threads, _ := os.ReadDir("/proc/self/task")
	for _, t := range threads {
		if id, err := strconv.Atoi(t.Name()); err == nil {
			_ = unix.Setpriority(unix.PRIO_PROCESS, id, 19)
			_, _, _ = unix.Syscall(unix.SYS_IOPRIO_SET, process, uintptr(id), idleDisk)
		}
	}
}

// child is the child's end.
type child struct {
	look  lookFunc
	out   *json.Encoder
	root  string
	house media.House
}

func (c *child) answer(q request) error {
	if q.List != nil {
		return c.list(*q.List)
	}
	return c.out.Encode(c.length(q))
}

// length looks at one clip, unless its file is the one that was looked at before.
func (c *child) length(q request) answer {
	var a answer
	if info, err := os.Stat(q.Spec.Source); err == nil { // what is wrong with it, look says better
		a.Version = version{info.Size(), info.ModTime().UnixNano()}
		if a.Version == q.Known {
			a.Same = true
			return a
		}
	}
	ticks, made, err := c.look(q.Spec, c.house)
	if err != nil {
		a.Kind, a.Fault = media.KindOf(err), media.Words(err, longest)
		return a
	}
	a.Ticks, a.Made = ticks, made
	return a
}
