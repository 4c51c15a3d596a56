// Package hls offers the encoded stream as HLS, out of memory: what the desk
// shows as the picture sent ([Sink]), and what any player or server may pull
// ([Output]).
//
// Packets come in through Offer, which never blocks, and wait in a short queue.
// Run takes them to a muxer, which cuts them into segments at the channel's own
// keyframes; Sink and Output are the http.Handlers that serve those. The newest
// few segments are kept and nothing touches a disk. Whatever the muxer stumbles
// over costs the picture here for one GOP: it is thrown away and begun again at
// the next keyframe, and the channel never hears of it. An Output's players see a
// discontinuity then: names are never used twice, and numbers go on.
package hls

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bluenviron/gohlslib/v2"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"

	"airloom/playout/media"
)

const (
	// queued packets: about four seconds of a channel.
	queueLen = 256
	// maxRequests bounds what clients can make wait here: the muxer lets a
	// request wait for media that is not there yet.
	maxRequests = 128
	// stale is how long the muxer may starve before it is thrown away, which
	// answers everyone who waits on it.
	stale = 10 * time.Second
	// partLength trades delay for requests: a player sits about three behind.
	partLength = 400 * time.Millisecond
	// segments is the least that low-latency HLS allows.
	segments = 7
)

// Config says what is shown.
type Config struct {
	Info media.StreamInfo
	Log  *slog.Logger
}

// Sink is one HLS stream. Mount it under a path of its own: it looks at the last
// element of a request's path only, and its playlist is index.m3u8.
type Sink struct {
	info  media.StreamInfo
	audio mpeg4audio.AudioSpecificConfig
	shape shape
	log   *slog.Logger
	queue chan *media.Packet
	slots chan struct{}

	// came and went are told of each muxer's life, and grown, which may be nil, of
	// its keyframes, by Run's goroutine.
	came, went, grown func(*muxer)

	mu       sync.Mutex
	skipping bool // until a keyframe finds room

	serving  atomic.Pointer[muxer]
	dropped  atomic.Int64
	restarts atomic.Int64
}

// shape is how a stream is cut.
type shape struct {
	variant gohlslib.MuxerVariant
	segment time.Duration // at least
	count   int           // segments that are kept
	most    uint64        // bytes in one of them
}

// New checks the stream's headers. Nothing runs and nothing is served until Run.
func New(cfg Config) (*Sink, error) {
	s, err := newSink(cfg, shape{variant: gohlslib.MuxerVariantLowLatency, segment: time.Second, count: segments})
	if err != nil {
		return nil, err
	}
	s.came = func(m *muxer) { s.serving.Store(m) }
	s.went = func(m *muxer) { // which answers every request that waits on it
		s.serving.CompareAndSwap(m, nil)
		m.mux.Close()
	}
	return s, nil
}

func newSink(cfg Config, as shape) (*Sink, error) {
	s := &Sink{
		info:  cfg.Info,
		shape: as,
		log:   cfg.Log,
		queue: make(chan *media.Packet, queueLen),
		slots: make(chan struct{}, maxRequests),
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	var sps h264.SPS
	if err := sps.Unmarshal(cfg.Info.SPS); err != nil {
		return nil, fmt.Errorf("prepare HLS: read the picture's parameters: %w", err)
	}
	if err := s.audio.Unmarshal(cfg.Info.AudioConfig); err != nil {
		return nil, fmt.Errorf("prepare HLS: read the sound's parameters: %w", err)
	}
	return s, nil
}

// Offer takes a packet, or drops it when the queue is full; it never blocks. A
// gap begins wherever the queue fills up and ends at a keyframe, so that no
// player is shown pictures whose references are missing.
func (s *Sink) Offer(p *media.Packet) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.skipping && (p.Kind != media.Video || !p.Key) {
		s.dropped.Add(1)
		return
	}
	select {
	case s.queue <- p:
		s.skipping = false
	default:
		s.skipping = true
		s.dropped.Add(1)
	}
}

// Dropped is how many packets found the queue full.
func (s *Sink) Dropped() int64 { return s.dropped.Load() }

// Restarts is how often the muxer had to be begun again.
func (s *Sink) Restarts() int64 { return s.restarts.Load() }

// Run muxes until the context ends, and returns nil then.
func (s *Sink) Run(ctx context.Context) error {
	var m *muxer
	defer func() { s.retire(m) }()
	starving := time.NewTimer(stale)
	defer starving.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-starving.C:
			s.retire(m)
			m = nil
		case p := <-s.queue:
			starving.Reset(stale)
			m = s.write(m, p)
		}
	}
}

// write gives the packet to the muxer and returns the muxer to go on with: a new
// one at a keyframe where there was none, none after a failure.
func (s *Sink) write(m *muxer, p *media.Packet) *muxer {
	if m != nil && m.jumped(p) {
		s.log.Debug("HLS: the timeline jumped, begin again", "dts", p.DTS, "kind", p.Kind)
		s.restarts.Add(1)
		s.retire(m)
		m = nil
	}
	if m == nil {
		if p.Kind != media.Video || !p.Key {
			return nil
		}
		var err error
		if m, err = s.begin(p); err != nil {
			s.log.Warn("HLS cannot begin; next try at the next keyframe", "event", "hls-again", "error", err)
			return nil
		}
		s.came(m)
	}
	if err := m.write(p); err != nil {
		s.log.Warn("HLS begins again at the next keyframe", "event", "hls-again", "error", err)
		s.restarts.Add(1)
		s.retire(m)
		return nil
	}
	if s.grown != nil && p.Kind == media.Video && p.Key {
		s.grown(m)
	}
	return m
}

// drain lets go of what waits.
func (s *Sink) drain() {
	for {
		select {
		case <-s.queue:
		default:
			return
		}
	}
}

// retire ends the muxer's life.
func (s *Sink) retire(m *muxer) {
	if m != nil {
		s.went(m)
	}
}
