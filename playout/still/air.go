package still

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"airloom/playout/media"
	"airloom/playout/worker"
)

// AirOptions is what an [Air] is told once. Info is required.
type AirOptions struct {
	Info media.StreamInfo
	Log  *slog.Logger
	Args []string // that make this program the child; by default "still-worker"
}

// Air makes pictures of what is sent: of the latest keyframe among the packets that
// [Air.Offer] is shown, which it only holds on to. Nothing is decoded until somebody
// asks, then once a keyframe and size, by a child that may read no file at all.
type Air struct {
	o      AirOptions
	help   *worker.Help
	turn   chan struct{} // a picture is asked for in pieces, which must not mix
	epoch  string        // of the process: ticks begin anew with it
	latest atomic.Pointer[media.Packet]

	mu     sync.Mutex
	tick   int64           // of the keyframe…
	making map[int]*making // …that these are pictures of, by width
}

// ErrNothing says that there is nothing to make a picture of yet.
var ErrNothing = errors.New("nothing has been sent yet")

// sizes are how wide the pictures are: few, so that few are made.
var sizes = []int{320, 640, 960, 1280}

// airIn is how long a child may take over a picture of the air.
const airIn = 10 * time.Second

// NewAir returns one that has seen nothing yet.
func NewAir(o AirOptions) *Air {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Args == nil {
		o.Args = []string{"still-worker"}
	}
	return &Air{
		o: o, help: worker.NewHelp(worker.HelpOptions{Args: o.Args, Log: o.Log}),
		epoch: strconv.FormatInt(time.Now().UnixMicro(), 36), making: map[int]*making{}, turn: make(chan struct{}, 1),
	}
}

// Offer takes note of a packet. It never blocks.
func (a *Air) Offer(p *media.Packet) {
	if p.Key && p.Kind == media.Video {
		a.latest.Store(p)
	}
}

// Run ends the child when nobody asks any more, and with the context.
func (a *Air) Run(ctx context.Context) error {
	tick := time.NewTicker(idleAfter / 2)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			a.help.Close()
			return nil
		case <-tick.C:
			a.help.Rest(idleAfter)
		}
	}
}

// Tag names the picture that [Air.Picture] would give now; "" while there is none.
func (a *Air) Tag(width int) string {
	p := a.latest.Load()
	if p == nil {
		return ""
	}
	return a.tag(p.PTS, a.width(width))
}

func (a *Air) tag(tick int64, width int) string { return fmt.Sprintf("%s-%d-%d", a.epoch, tick, width) }

// width is that of the pictures that are made for who wants this one: the next that
// is at least as wide, and no wider than what is sent.
func (a *Air) width(want int) int {
	for _, w := range sizes {
		if w >= want {
			return min(w, a.o.Info.Width)
		}
	}
	return min(sizes[len(sizes)-1], a.o.Info.Width)
}

// Picture is the latest keyframe as JPEG, about that wide, and its tag.
func (a *Air) Picture(ctx context.Context, width int) (data []byte, tag string, err error) {
	p := a.latest.Load()
	if p == nil {
		return nil, "", ErrNothing
	}
	width = a.width(width)
	a.mu.Lock()
	if p.PTS != a.tick {
		a.tick = p.PTS
		clear(a.making)
	}
	job := a.making[width]
	if job == nil {
		job = &making{done: make(chan struct{})}
		a.making[width] = job
		go a.make(p, width, job)
	}
	a.mu.Unlock()
	select {
	case <-job.done:
		return job.data, a.tag(p.PTS, width), job.err
	case <-ctx.Done():
		return nil, "", ctx.Err()
	}
}

// make has one picture made. Those who ask while it is come to share it.
func (a *Air) make(p *media.Packet, width int, job *making) {
	defer close(job.done)
	ctx, cancel := context.WithTimeout(context.Background(), 2*airIn)
	defer cancel()
	select {
	case a.turn <- struct{}{}:
		defer func() { <-a.turn }()
	case <-ctx.Done():
		job.err = ErrBusy
		return
	}
	height := (a.o.Info.Height*width/a.o.Info.Width + 1) &^ 1
	q := question{Width: width &^ 1, Height: height, First: true}
	for pieces := a.pieces(p); job.err == nil && len(pieces) > 0; pieces = pieces[1:] {
		q.Coded, q.More = pieces[0], len(pieces) > 1
		job.data, job.err = put(ctx, a.help, airIn, q, nil)
		q.First = false
	}
}

// pieceSize is how much of a coded picture one question holds, in bytes.
const pieceSize = 512 << 10

// pieces is the keyframe as a decoder takes it, with the parameters it needs, cut
// up to be asked with.
func (a *Air) pieces(p *media.Packet) (list [][]byte) {
	var all []byte
	for _, unit := range append([][]byte{a.o.Info.SPS, a.o.Info.PPS}, p.Units...) {
		all = append(append(all, 0, 0, 0, 1), unit...)
	}
	for len(all) > 0 {
		n := min(len(all), pieceSize)
		list, all = append(list, all[:n]), all[n:]
	}
	return list
}
