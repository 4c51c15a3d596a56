// Package encoder turns ticks into the one stream that never restarts.
//
// There is one H.264 and one AAC encoder in a process, opened once by [Open]:
// their parameter sets reach every viewer at the start of a session and must
// never change after. The engine hands ticks to [Encoder.Offer], which never
// blocks; a goroutine of the encoder's own ([Encoder.Run]) codes them and hands
// the packets, copied into Go memory, to a [PacketSink].
//
// A machine that is too slow costs pictures, never sound and never time: the
// queue holds three pictures, and a picture that finds it full is skipped. So
// pictures carry their tick number as timestamp, keyframes are forced by tick
// number, and samples stand where their tick puts them.
package encoder

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"airloom/playout/media"
)

// PacketSink takes the coded packets, in nearly the order of their DTS.
type PacketSink interface {
	// Offer never blocks. The packet is immutable and may be kept.
	Offer(p *media.Packet)
}

// Encoder codes ticks. Offer, Room, RequestKeyframe, Info and Stats may be
// called from any goroutine.
type Encoder struct {
	info  media.StreamInfo
	log   *slog.Logger
	sink  PacketSink
	queue *queue
	video *video
	audio *audio

	wantKey  atomic.Bool
	encoded  atomic.Int64
	failed   atomic.Int64
	busyNs   atomic.Int64 // smoothed time a picture takes
	tickNs   int64
	waiting  []*media.Packet // sound, until its picture is out
	failures failures
}

// Stats is how the encoder does.
type Stats struct {
	Encoded int64   // pictures coded
	Skipped int64   // pictures that found the queue full
	Failed  int64   // pictures or stretches of sound that the codecs refused
	Lost    int64   // ticks whose sound found its backlog full too
	Queue   int     // pictures waiting, 3 at the most
	Speed   float64 // share of the pictures of about the last 2 s that was taken: 1 keeps up
	Load    float64 // time that coding takes, in ticks: above 1 the machine is too slow
}

// Open opens both encoders. An error holds one [KeyError] for each key that a
// codec refused, as [Check] gives them. Run must be called, once: it also frees
// the codecs.
func Open(cfg Config, sink PacketSink, log *slog.Logger) (*Encoder, error) {
	if err := joined(Check(cfg)); err != nil {
		return nil, err
	}
	v, err := openVideo(cfg)
	if err != nil {
		return nil, fmt.Errorf("open the video encoder: %w", err)
	}
	a, err := openAudio(cfg)
	if err != nil {
		v.free()
		return nil, fmt.Errorf("open the audio encoder: %w", err)
	}
	e := &Encoder{log: log, sink: sink, video: v, audio: a, queue: newQueue(cfg.House)}
	v.out = e.pictureOut
	a.out = func(p *media.Packet) { e.waiting = append(e.waiting, p) }
	e.tickNs = int64(time.Second) * cfg.House.FPS.Den / cfg.House.FPS.Num
	e.failures.limit = int(5 * cfg.House.FPS.Num / cfg.House.FPS.Den)
	e.info = media.StreamInfo{
		Width: cfg.House.Width, Height: cfg.House.Height, FPS: cfg.House.FPS,
		SPS: v.sps, PPS: v.pps,
		SampleRate: cfg.House.SampleRate, Channels: 2, AudioConfig: a.config,
		VideoKbps: int(cfg.Video.Maxrate / 1000), AudioKbps: int(cfg.Audio.Bitrate / 1000),
	}
	return e, nil
}

// Info describes the stream. It never changes.
func (e *Encoder) Info() media.StreamInfo { return e.info }

// Offer takes ownership of the tick and never blocks. It is false when the
// tick's picture was skipped because three are waiting already; its sound is
// coded all the same. Ticks come in order of their numbers; gaps are allowed.
func (e *Encoder) Offer(t *media.Tick) bool { return e.queue.offer(t) }

// Room holds a value while a picture offered now would be taken.
func (e *Encoder) Room() <-chan struct{} { return e.queue.room }

// RequestKeyframe makes the next picture coded an IDR.
func (e *Encoder) RequestKeyframe() { e.wantKey.Store(true) }

// Stats reports how the encoder does.
func (e *Encoder) Stats() Stats {
	s := e.queue.stats()
	s.Encoded, s.Failed = e.encoded.Load(), e.failed.Load()
	s.Load = float64(e.busyNs.Load()) / float64(e.tickNs)
	return s
}

// Run codes what is offered until the context ends, then what is still queued,
// flushes the codecs to the sink and frees them. Its only error is a codec that
// refuses everything for 5 s: that does not heal within the process.
func (e *Encoder) Run(ctx context.Context) error {
	defer e.free()
	for ctx.Err() == nil {
		t := e.queue.take()
		if t == nil {
			select {
			case <-e.queue.ready:
			case <-ctx.Done():
			}
			continue
		}
		if err := e.code(t); err != nil {
			return err
		}
	}
	return e.finish()
}

// farewell is how long the pictures still queued, or inside the codec, may take
// at the end. A preset too slow for the machine needs seconds for them, and
// nobody waits for them.
const farewell = time.Second

// finish codes what was taken before the end and empties the codecs.
func (e *Encoder) finish() error {
	e.queue.close()
	began := time.Now()
	for t := e.queue.take(); t != nil; t = e.queue.take() {
		if time.Since(began) > farewell {
			t.DropPicture()
		}
		if err := e.code(t); err != nil {
			return err
		}
	}
	err := e.audio.flush()
	if verr := e.video.flush(began.Add(farewell)); err == nil {
		err = verr
	}
	e.release()
	if err != nil {
		return fmt.Errorf("flush the encoder: %w", err)
	}
	return nil
}

func (e *Encoder) free() {
	e.queue.close()
	for t := e.queue.take(); t != nil; t = e.queue.take() {
		t.Free()
	}
	e.video.free()
	e.audio.free()
}

// code codes one tick and frees it. Sound goes first: what is complete by then
// is older than the picture, so that packets leave nearly in order of DTS.
func (e *Encoder) code(t *media.Tick) error {
	defer t.Free()
	begin := time.Now()
	if err := e.audio.code(t.N, t.Sound); err != nil {
		if err = e.fail("sound", t.N, err); err != nil {
			return err
		}
	}
	if t.Picture == nil {
		e.release()
		return nil
	}
	e.release()
	err := e.video.code(t.N, t.Picture, e.wantKey.Swap(false))
	e.release()
	if err != nil {
		e.wantKey.Store(true)
		return e.fail("picture", t.N, err)
	}
	e.failures.row = 0
	e.encoded.Add(1)
	old := e.busyNs.Load()
	if old == 0 {
		old = int64(time.Since(begin))
	}
	e.busyNs.Store(old + (int64(time.Since(begin))-old)/smooth)
	return nil
}

// smooth is over how many pictures figures are averaged.
const smooth = 50

// maxWaiting bounds the sound that waits for pictures: 6 s at 44.1 kHz, more
// than x264 ever looks ahead.
const maxWaiting = 256

// release lets the sound go that waits: all of it while no picture is inside
// the codec, as always with tune zerolatency. Where x264 looks ahead, sound
// waits for its picture.
func (e *Encoder) release() {
	if e.video.holds() {
		e.let(len(e.waiting) - maxWaiting)
		return
	}
	e.let(len(e.waiting))
}

// pictureOut sends a picture, after the sound that is older.
func (e *Encoder) pictureOut(p *media.Packet) {
	limit, n := e.audio.grid.Sample(p.DTS), 0
	for n < len(e.waiting) && e.waiting[n].DTS < limit {
		n++
	}
	e.let(n)
	e.sink.Offer(p)
}

// let sends the first n packets that wait.
func (e *Encoder) let(n int) {
	if n <= 0 {
		return
	}
	for _, p := range e.waiting[:n] {
		e.sink.Offer(p)
	}
	rest := copy(e.waiting, e.waiting[n:])
	clear(e.waiting[rest:])
	e.waiting = e.waiting[:rest]
}

// failures counts refusals of a codec in a row.
type failures struct {
	row, limit int
	logged     time.Time
}

// fail counts a refusal, logs one every 10 s, and gives up after 5 s of them.
func (e *Encoder) fail(what string, n int64, err error) error {
	e.failed.Add(1)
	e.failures.row++
	if e.failures.row > e.failures.limit {
		return fmt.Errorf("the encoder refused everything for 5 s, last the %s of tick %d: %w", what, n, err)
	}
	if now := time.Now(); now.Sub(e.failures.logged) >= 10*time.Second {
		e.failures.logged = now
		e.log.Error("the encoder refused a "+what, "event", "encoder-refused", "tick", n, "failed", e.failed.Load(), "error", err)
	}
	return nil
}
