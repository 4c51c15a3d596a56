package worker

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"airloom/playout/media"
	"airloom/playout/media/av"
)

// bundle is how many free slots go back to the child at once, and lowWater the
// number of ticks at hand from which on every slot goes back at once instead.
// At a tick's pace both processes sleep in between, and to be woken costs more
// than all else that crosses: so a third of the times will do.
const (
	bundle   = 4
	lowWater = 4
)

// The ring's size trades memory for calm. While the encoder keeps up, it and the
// engine hold 2 pictures, and up to bundle-1 slots wait to go back; the rest
// bridges a hiccup of the decoder. A queue that is full all the same holds 6.
const (
	heldDownstream = 2
	hiccupMillis   = 300
	fewestSlots    = 8
)

// slotsFor is the number of slots for a house format: 13 at 25 fps.
func slotsFor(h media.House) int {
	ticks := (hiccupMillis*h.FPS.Num + 1000*h.FPS.Den - 1) / (1000 * h.FPS.Den)
	return int(min(max(heldDownstream+bundle-1+ticks, fewestSlots), 64))
}

// warmSlots is how many slots a child gets before its first tick is taken: a
// clip that only waits for its turn needs no more, and a slot that was never
// filled takes no memory.
const warmSlots = 5

// A slot belongs to the keeper until it is granted, then to the child until
// that hands it over with a tick, then to the picture's holders until the last
// one lets go of it.
const (
	slotKept uint32 = iota
	slotGranted
	slotHeld
)

// ring is the keeper's side of the memory shared with one child.
type ring struct {
	house  media.House
	layout media.Layout
	mem    []byte // read-only
	slots  []slot
	opened int // slots that were granted at least once; guarded by the clip

	refs    atomic.Int32 // pictures held, and one for the clip itself
	granted atomic.Int32 // slots with the child
	hungry  atomic.Bool  // few ticks are at hand

	mu   sync.Mutex
	kept []byte             // free slots, not yet granted
	send func(slots []byte) // tells the child
}

type slot struct {
	state atomic.Uint32
	freed func() // the picture's last holder has let go
}

// rings counts the mappings alive in this process: no tool of Go's sees them.
var rings atomic.Int64

// newRing makes the memory of n slots and returns it with the file to hand to the
// child. send is called, on any thread, with slots that the child may fill; it
// may not block.
func newRing(h media.House, l media.Layout, n int, send func(slots []byte)) (*ring, *os.File, error) {
	f, err := sealedMemory(n * l.Size)
	if err != nil {
		return nil, nil, err
	}
	mem, err := unix.Mmap(int(f.Fd()), 0, n*l.Size, unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		_ = f.Close()
		return nil, nil, fmt.Errorf("map ring of %d MB: %w", n*l.Size>>20, err)
	}
	rings.Add(1)
	r := &ring{house: h, layout: l, mem: mem, slots: make([]slot, n), send: send}
	r.hungry.Store(true)
	r.refs.Store(1)
	for i := range r.slots {
		r.slots[i].freed = func() {
			r.free(i)
			r.unref()
		}
	}
	return r, f, nil
}

// sealedMemory makes anonymous memory whose size nobody can change any more: a
// child that cut it short would kill the keeper with SIGBUS.
func sealedMemory(size int) (*os.File, error) {
	fd, err := unix.MemfdCreate("airloom-ring", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING|unix.MFD_NOEXEC_SEAL)
	if errors.Is(err, unix.EINVAL) { // before Linux 6.3
		fd, err = unix.MemfdCreate("airloom-ring", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	}
	if err != nil {
		return nil, fmt.Errorf("make ring: %w", err)
	}
	f := os.NewFile(uintptr(fd), "ring")
	if err := f.Truncate(int64(size)); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("make ring of %d MB: %w", size>>20, err)
	}
	if _, err := unix.FcntlInt(f.Fd(), unix.F_ADD_SEALS, unix.F_SEAL_SHRINK|unix.F_SEAL_GROW|unix.F_SEAL_SEAL); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("seal ring: %w", err)
	}
	return f, nil
}

// free puts a slot where the child's next ones come from.
func (r *ring) free(i int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.slots[i].state.Store(slotKept)
	r.kept = append(r.kept, byte(i))
	if len(r.kept) >= bundle || r.hungry.Load() {
		r.grant()
	}
}

// feed says how many ticks are at hand.
func (r *ring) feed(ticks int) {
	hungry := ticks <= lowWater
	if r.hungry.Swap(hungry); hungry {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.grant()
	}
}

// grant gives the free slots to the child; r.mu is held.
func (r *ring) grant() {
	if len(r.kept) == 0 {
		return
	}
	for _, i := range r.kept {
		r.slots[i].state.Store(slotGranted)
	}
	r.granted.Add(int32(len(r.kept)))
	r.send(r.kept)
	r.kept = r.kept[:0]
}

// take makes a tick of the slot a child handed over. The number of samples has
// been checked.
func (r *ring) take(i int, n int64, samples int) (*media.Tick, error) {
	if !r.slots[i].state.CompareAndSwap(slotGranted, slotHeld) {
		return nil, violation("it handed over slot %d, which is not its own", i)
	}
	r.granted.Add(-1)
	mem := r.mem[i*r.layout.Size : (i+1)*r.layout.Size : (i+1)*r.layout.Size]
	r.refs.Add(1)
	p, err := av.Wrap(r.house, r.layout, mem, r.slots[i].freed) // on failure the slot is freed already
	if err != nil {
		return nil, &media.Fault{Kind: media.FaultBroken, Err: err}
	}
	t := media.NewTick(samples)
	t.N = n
	t.Picture = p
	copySound(t.Sound[0], mem[r.layout.OffL:])
	copySound(t.Sound[1], mem[r.layout.OffR:])
	return t, nil
}

// loudest is +24 dB over full scale: far beyond what a clip plays, far below
// what AAC encoders refuse. A refusal would cost the channel, not the item.
const loudest = 16

// copySound copies samples out of shared memory and leaves out what is none.
func copySound(to []float32, from []byte) {
	src := unsafe.Slice((*float32)(unsafe.Pointer(&from[0])), len(to))
	for i, v := range src {
		if !(v >= -loudest && v <= loudest) {
			v = 0
		}
		to[i] = v
	}
}

// unref lets go of the mapping; the last one unmaps it.
func (r *ring) unref() {
	if r.refs.Add(-1) == 0 {
		_ = unix.Munmap(r.mem)
		rings.Add(-1)
	}
}

// slotWriter writes slots' numbers to a pipe without ever waiting. It may be
// used on any thread, also after the pipe was closed.
type slotWriter struct {
	conn syscall.RawConn
}

// errPipeFull says that the child does not read what it is sent: at most one
// byte per slot is ever on its way, so it hands over what it was not given.
var errPipeFull = errors.New("pipe is full")

func (w slotWriter) write(slots []byte) error {
	var err error
	werr := w.conn.Write(func(fd uintptr) bool {
		_, err = unix.Write(int(fd), slots)
		return true
	})
	if errors.Is(err, unix.EAGAIN) {
		return errPipeFull
	}
	return errors.Join(werr, err)
}
