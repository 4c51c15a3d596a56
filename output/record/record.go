// Package record keeps what is sent as MP4 files, each of the same stretch of the
// clock: an hour's file is from 14:00 to 15:00.
//
// Packets come in through [Recorder.Offer], which never blocks, and wait in a
// bounded queue. One goroutine takes them to a splitter, which gathers them into
// fragments of a few seconds, and writes each at once: whatever ends the process
// or the machine, the file plays up to the last fragment. Every picture and every
// frame of sound is in exactly one file, at the keyframe that begins a stretch.
//
// A disk may be full, slow, read-only or hang for ever. Only that goroutine waits
// for it; what the queue has no room for is dropped in whole groups of pictures,
// said, and recording goes on by itself when the disk is well again. Old files
// go when their time is over, or sooner to leave room on the disk; only files whose
// names this package made are ever removed.
package record

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"

	"airloom/output"
	"airloom/playout/media"
)

// Config says what is kept, and where.
type Config struct {
	Name string
	Dir  string
	Each time.Duration // of one file; a day is a multiple of it
	Keep time.Duration
	Zone *time.Location // whose clock files begin and end by
	Info media.StreamInfo
	// Alert raises an alert of the code, or takes it back with "". It never blocks.
	Alert func(code, message string)
	Log   *slog.Logger
}

// The codes of alerts.
const (
	AlertDropped = "record-dropped" // there are gaps
	AlertRoom    = "record-room"    // files go before their time
)

// Recorder is one of the ways out: a folder of files.
type Recorder struct {
	cfg    Config
	audio  mpeg4audio.AudioSpecificConfig
	log    *slog.Logger
	queue  *queue
	wanted *output.Switch
	rate   output.Rate
	stick  func() // called before the disk is asked for anything; nil but in tests

	mu     sync.Mutex
	status output.Status
	busy   time.Time // since when the disk is being asked for something; zero: it is not
	told   told
}

// New checks the stream's headers. Nothing is written until Run.
func New(cfg Config) (*Recorder, error) {
	now := time.Now()
	r := &Recorder{
		cfg: cfg, log: cfg.Log, queue: newQueue(), wanted: output.NewSwitch(),
		status: output.Status{Name: cfg.Name, Protocol: "record", Target: cfg.Dir, State: output.Waiting, Since: now, DownSince: now},
	}
	if r.log == nil {
		r.log = slog.New(slog.DiscardHandler)
	}
	r.log = r.log.With("output", cfg.Name)
	if r.cfg.Alert == nil {
		r.cfg.Alert = func(string, string) {}
	}
	var sps h264.SPS
	if err := sps.Unmarshal(cfg.Info.SPS); err != nil {
		return nil, fmt.Errorf("prepare the recording: read the picture's parameters: %w", err)
	}
	if err := r.audio.Unmarshal(cfg.Info.AudioConfig); err != nil {
		return nil, fmt.Errorf("prepare the recording: read the sound's parameters: %w", err)
	}
	return r, nil
}

// Offer takes a packet, or drops it where there is no room; it never blocks.
func (r *Recorder) Offer(p *media.Packet) { r.queue.offer(p, time.Now()) }

// farewell is how long a disk may take for what is left at the end.
const farewell = 2 * time.Second

// Run records until the context ends, and then closes the file. A disk that hangs
// is not waited for: the goroutine at it is left behind.
func (r *Recorder) Run(ctx context.Context) error {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		r.work(ctx)
	}()
	second := time.NewTicker(time.Second)
	defer second.Stop()
	for running := true; running; {
		select {
		case <-ended:
			return nil
		case <-second.C:
			r.watch(time.Now())
		case <-ctx.Done():
			running = false
		}
	}
	select {
	case <-ended:
	case <-time.After(farewell):
		r.log.Warn("the disk of the recording hangs: its last seconds may be lost", "event", "storage-hangs", "dir", r.cfg.Dir)
	}
	return nil
}
