package worker

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"airloom/playout/media"
)

// TestMain is also the child: this test's own program, started anew.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "clip-worker" {
		os.Exit(serve(func(ctx context.Context, s media.Spec, at media.Start, h media.House) (reader, error) {
			if strings.HasPrefix(s.Source, "synthetic:") {
				return openSynthetic(ctx, s, at, h)
			}
			return openClip(ctx, s, at, h)
		}))
	}
	if len(os.Args) > 1 && !strings.HasPrefix(os.Args[1], "-") {
		os.Exit(2) // a child of another kind: the tests are not to begin again in it
	}
	os.Exit(m.Run())
}

// synthetic is a reader that plays a script, its faults included. The source
// is a URL: synthetic://what?ticks=100&at=7&...
type synthetic struct {
	house media.House
	l     media.Layout
	what  string
	arg   string
	ticks int64
	at    int64
	n     int64
}

func openSynthetic(_ context.Context, s media.Spec, at media.Start, h media.House) (reader, error) {
	u, err := url.Parse(s.Source)
	if err != nil {
		return nil, err
	}
	q := u.Query()
	num := func(key string) int64 { n, _ := strconv.ParseInt(q.Get(key), 10, 64); return n }
	r := &synthetic{house: h, l: media.LayoutOf(h), what: u.Host, arg: q.Get("arg"), ticks: num("ticks"), at: num("at"), n: at.Tick}
	switch r.what {
	case "hang-open":
		hang()
	case "hang-deaf": // deaf to EOF too, like one that is stuck in the kernel
		fmt.Fprintln(os.Stderr, `{"level":"INFO","msg":"hanging"}`)
		_ = unix.Kill(os.Getpid(), unix.SIGSTOP)
		select {} // the signal may stop another thread first, and this one goes on for a moment
	case "missing":
		return nil, &media.Fault{Kind: media.FaultMissing, Err: errors.New("no such thing")}
	case "crash-open":
		return nil, crash("segv")
	case "rights":
		return nil, &media.Fault{Kind: media.FaultUnsupported, Err: errors.New(rights(r.arg))}
	}
	return r, nil
}

func (r *synthetic) Info() media.ClipInfo {
	return media.ClipInfo{Ticks: r.ticks, Version: "1", Summary: "synthetic"}
}

func (r *synthetic) Close() error { return nil }

func (r *synthetic) Read(slot []byte) (int, error) {
	if r.n >= r.ticks {
		return 0, io.EOF
	}
	if r.n == r.at {
		switch r.what {
		case "crash":
			return 0, crash(r.arg)
		case "hang":
			hang()
		case "hang-call": // as in a read of libav's that never returns
			fmt.Fprintln(os.Stderr, `{"level":"INFO","msg":"hanging"}`)
			for {
				_, _ = unix.Poll(nil, -1)
			}
		case "broken":
			return 0, &media.Fault{Kind: media.FaultBroken, Err: errors.New("bits are missing")}
		case "garbage":
			return r.garbage()
		case "chatty":
			for i := range 500 {
				fmt.Fprintf(os.Stderr, "{\"level\":\"WARN\",\"msg\":\"line %d %s\"}\n", i, strings.Repeat("x", 3000*(i%2)))
			}
		}
	}
	render(slot, r.l, r.n)
	samples := samplesOf(r.house, r.n)
	r.n++
	return samples, nil
}

// hang says so and stops for ever.
func hang() {
	fmt.Fprintln(os.Stderr, `{"level":"INFO","msg":"hanging"}`)
	select {}
}

// render makes a tick that tells its number everywhere.
func render(slot []byte, l media.Layout, n int64) {
	binary.NativeEndian.PutUint64(slot, uint64(n))
	slot[l.OffU], slot[l.OffV] = byte(n), byte(n>>1)
	slot[l.OffL-256] = byte(n)
	for c, off := range []int{l.OffL, l.OffR} {
		s := unsafe.Slice((*float32)(unsafe.Pointer(&slot[off])), l.MaxSamples)
		for i := range s {
			s[i] = soundOf(n, c)
		}
	}
}

func soundOf(n int64, channel int) float32 { return float32(n%1000)/1000 - float32(channel)/2 }

// crash ends this process in one of the ways decoders do.
func crash(how string) error {
	switch how {
	case "segv": // in C, as a decoder would
		mem, err := unix.Mmap(-1, 0, 1<<20, unix.PROT_NONE, unix.MAP_PRIVATE|unix.MAP_ANON)
		if err != nil {
			return err
		}
		h := media.House{Width: 64, Height: 64, FPS: media.Rational{Num: 25, Den: 1}, SampleRate: 8000}
		return copyFrom(h, mem)
	case "panic":
		go func() { panic("a bug of ours") }()
		select {}
	case "exit":
		os.Exit(7)
	case "oom":
		var hoard [][]byte
		for {
			mem, err := unix.Mmap(-1, 0, 1<<28, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
			if err != nil {
				return &media.Fault{Kind: media.FaultBroken, Err: fmt.Errorf("after %d MB: %w", len(hoard)<<8, err)}
			}
			hoard = append(hoard, mem)
		}
	}
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {}
}

// garbage breaks the protocol in the way its argument says.
func (r *synthetic) garbage() (int, error) {
	out := os.NewFile(recordFD, "records")
	rec := record{kind: recTick, slot: 0, samples: uint32(samplesOf(r.house, r.n)), tick: r.n}
	switch r.arg {
	case "bytes":
		_, _ = out.Write([]byte(strings.Repeat("nonsense", 100)))
	case "slot":
		rec.slot = 4000
	case "minus":
		rec.slot = math.MaxUint32
	case "foreign":
		rec.slot = 12
	case "tick":
		rec.tick += 2
	case "samples":
		rec.samples++
	case "huge":
		rec.kind, rec.body = recInfo, 1<<30
	case "hello":
		rec.kind = recHello
	case "kind":
		rec.kind = 77
	case "json":
		rec.kind, rec.body = recInfo, 4
	case "greedy": // hands over one slot for ever and never reads what comes back
		_ = unix.Close(0)
		for ; ; rec.tick++ {
			b := make([]byte, headSize)
			rec.put(b)
			_, _ = out.Write(b)
		}
	case "half":
		_, _ = out.Write(make([]byte, headSize/2))
		os.Exit(0)
	case "shrink":
		err := unix.Ftruncate(ringFD, 0)
		return 0, &media.Fault{Kind: media.FaultUnsupported, Err: err}
	}
	b := make([]byte, headSize)
	rec.put(b)
	_, _ = out.Write(append(b, "oops"...))
	select {}
}

// rights tries what a clip's worker must not do.
func rights(what string) string {
	verb, path, _ := strings.Cut(what, " ")
	var err error
	switch verb {
	case "read":
		_, err = os.ReadFile(path)
	case "write":
		err = os.WriteFile(path, nil, 0o600)
	case "list":
		_, err = os.ReadDir(path)
	case "exec":
		_, err = os.StartProcess("/bin/true", []string{"true"}, &os.ProcAttr{})
	case "socket":
		var fd int
		if fd, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0); err == nil {
			unix.Close(fd)
		}
	case "dial":
		_, err = net.Dial("tcp", path)
	case "threads": // every thread wears the filter, not only the one that put it on
		for range 32 {
			done := make(chan error)
			go func() {
				// Never unlocked: the next one gets another thread.
				lockThread()
				_, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM, 0)
				done <- err
				select {}
			}()
			if e := <-done; e == nil {
				return "a thread without a filter"
			} else {
				err = e
			}
		}
	case "kill":
		pid, _ := strconv.Atoi(path)
		err = unix.Kill(pid, 0)
	case "environ":
		return strings.Join(os.Environ(), "\n")
	case "files":
		return strings.Join(inherited, "\n")
	}
	if err == nil {
		return "allowed"
	}
	return "refused: " + err.Error()
}
