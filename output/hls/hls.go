// Package hls offers the encoded stream as HLS, out of memory: what the desk
// shows as the picture sent, and what any player may pull.
//
// Packets come in through [Sink.Offer], which never blocks, and wait in a short
// queue. Run takes them to a muxer, which cuts them into fragments at the
// channel's own keyframes; the Sink is the http.Handler that serves those. The
// newest few segments are kept and nothing touches a disk. Whatever the muxer
// stumbles over costs the picture here for one GOP: it is thrown away and begun
// again at the next keyframe, and the channel never hears of it.
package hls

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bluenviron/gohlslib/v2"
	"github.com/bluenviron/gohlslib/v2/pkg/codecs"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h264"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"

	"airloom/playout/media"
	"airloom/playout/timeline"
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

// videoClock is the time base of H.264 in HLS, in Hz.
const videoClock = 90000

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
	log   *slog.Logger
	queue chan *media.Packet
	slots chan struct{}

	mu       sync.Mutex
	skipping bool // until a keyframe finds room

	serving  atomic.Pointer[gohlslib.Muxer]
	dropped  atomic.Int64
	restarts atomic.Int64
}

// New checks the stream's headers. Nothing runs and nothing is served until Run.
func New(cfg Config) (*Sink, error) {
	s := &Sink{
		info:  cfg.Info,
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
			s.log.Warn("HLS preview cannot begin; next try at the next keyframe", "error", err)
			return nil
		}
	}
	if err := m.write(p); err != nil {
		s.log.Warn("HLS preview begins again at the next keyframe", "error", err)
		s.restarts.Add(1)
		s.retire(m)
		return nil
	}
	return m
}

// retire closes the muxer, which answers every request that waits on it.
func (s *Sink) retire(m *muxer) {
	if m == nil {
		return
	}
	s.serving.CompareAndSwap(m.mux, nil)
	m.mux.Close()
}

// begin starts a muxer whose first packet will be p.
func (s *Sink) begin(p *media.Packet) (*muxer, error) {
	m := &muxer{
		grid:  timeline.Grid{FPS: s.info.FPS, Rate: int64(s.info.SampleRate)},
		video: &gohlslib.Track{Codec: &codecs.H264{SPS: s.info.SPS, PPS: s.info.PPS}, ClockRate: videoClock},
		audio: &gohlslib.Track{Codec: &codecs.MPEG4Audio{Config: s.audio}, ClockRate: s.info.SampleRate, Name: "Sound"},
		last:  p.DTS,
	}
	// One look at the clock; from here on times come from the timeline.
	m.zero = time.Now().Add(-m.grid.Due(p.DTS))
	m.mux = &gohlslib.Muxer{
		Tracks:             []*gohlslib.Track{m.video, m.audio},
		Variant:            gohlslib.MuxerVariantLowLatency,
		SegmentCount:       segments,
		SegmentMinDuration: time.Second,
		PartMinDuration:    partLength,
		OnEncodeError:      func(err error) { s.log.Debug("HLS muxer", "error", err) },
	}
	if err := m.mux.Start(); err != nil {
		return nil, err
	}
	s.serving.Store(m.mux)
	return m, nil
}

// ServeHTTP answers with a playlist or a part of the stream.
func (s *Sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "only GET is served here", http.StatusMethodNotAllowed)
		return
	}
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	default:
		later(w, "too many players")
		return
	}
	mux := s.serving.Load()
	if mux == nil {
		later(w, "no picture yet")
		return
	}
	a := &answer{ResponseWriter: w}
	mux.Handle(a, r)
	if !a.begun { // the muxer is silent about paths it does not know
		http.Error(w, "no such part of the stream", http.StatusNotFound)
	}
}

func later(w http.ResponseWriter, why string) {
	w.Header().Set("Retry-After", "1")
	w.Header().Set("Cache-Control", "no-store")
	http.Error(w, why, http.StatusServiceUnavailable)
}

// answer remembers whether anything was answered.
type answer struct {
	http.ResponseWriter
	begun bool
}

func (a *answer) WriteHeader(code int) {
	a.begun = true
	// A playlist that outlives its muxer would send players to parts that are gone.
	if a.Header().Get("Content-Type") == "application/vnd.apple.mpegurl" {
		a.Header().Set("Cache-Control", "no-store")
	}
	a.ResponseWriter.WriteHeader(code)
}

func (a *answer) Write(b []byte) (int, error) {
	a.begun = true
	return a.ResponseWriter.Write(b)
}

// muxer is one life of the stream, from a keyframe on.
type muxer struct {
	mux          *gohlslib.Muxer
	video, audio *gohlslib.Track
	grid         timeline.Grid
	zero         time.Time // when tick 0 was, or would have been, due
	last         int64     // DTS of the last picture, in ticks
}

// jumped reports whether a picture stands so far from the last one that players
// had better begin anew than wait through the gap.
func (m *muxer) jumped(p *media.Packet) bool {
	if p.Kind != media.Video {
		return false
	}
	gap := m.grid.Duration(p.DTS - m.last)
	m.last = p.DTS
	return gap < 0 || gap > stale
}

// write muxes one packet. A panic of the muxer becomes an error: it may cost the
// preview, never the channel.
func (m *muxer) write(p *media.Packet) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("HLS muxer panicked: %v", r)
		}
	}()
	units := p.Units
	for _, u := range units {
		if len(u) == 0 {
			return errors.New("empty unit in a packet")
		}
	}
	if p.Kind == media.Audio {
		at := m.zero.Add(m.sound(p.PTS))
		return m.mux.WriteMPEG4Audio(m.audio, at, p.PTS, units)
	}
	ticks := timeline.Grid{FPS: m.grid.FPS, Rate: videoClock}
	return m.mux.WriteH264(m.video, m.zero.Add(m.grid.Due(p.PTS)), ticks.Sample(p.PTS), units)
}

// sound is when a sample sounds, counted from tick 0. In whole seconds and the
// rest, so that nothing overflows in a channel's life.
func (m *muxer) sound(sample int64) time.Duration {
	s, rest := sample/m.grid.Rate, sample%m.grid.Rate
	return time.Duration(s)*time.Second + time.Duration(rest)*time.Second/time.Duration(m.grid.Rate)
}
