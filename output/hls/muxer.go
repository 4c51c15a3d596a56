package hls

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/bluenviron/gohlslib/v2"
	"github.com/bluenviron/gohlslib/v2/pkg/codecs"

	"airloom/playout/media"
	"airloom/playout/timeline"
)

// videoClock is the time base of H.264 in HLS, in Hz.
const videoClock = 90000

// muxer is one life of the stream, from a keyframe on.
type muxer struct {
	mux          *gohlslib.Muxer
	video, audio *gohlslib.Track
	grid         timeline.Grid
	zero         time.Time // when tick 0 was, or would have been, due
	last         int64     // DTS of the last picture, in ticks

	life // as an Output's
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
		Variant:            s.shape.variant,
		SegmentCount:       s.shape.count,
		SegmentMinDuration: s.shape.segment,
		SegmentMaxSize:     s.shape.most,
		PartMinDuration:    partLength,
		OnEncodeError:      func(err error) { s.log.Debug("HLS muxer", "error", err) },
	}
	if err := m.mux.Start(); err != nil {
		return nil, err
	}
	return m, nil
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

// life is how a muxer stands with the players of an Output.
type life struct {
	once  sync.Once
	first int64             // the number that players know its first segment by
	cuts  int64             // discontinuities before that segment, without its own
	over  bool              // no more packets will come
	ended bool              // nor will any after it
	final map[string]string // its last playlists, once it is closed
}

// close closes the muxer, which answers every request that waits on it.
func (m *muxer) close() { m.once.Do(m.mux.Close) }

// list is one of its playlists as the muxer tells it; it waits until there is
// something to tell. false: there is no such playlist, or the muxer was closed.
func (m *muxer) list(name string) (string, bool) {
	text, code := m.ask(name, nil)
	return text, code == http.StatusOK
}

// ask has the muxer tell a playlist, and returns its HTTP status too.
func (m *muxer) ask(name string, query url.Values) (string, int) {
	a := told{code: http.StatusNotFound} // the muxer is silent about paths that it does not know
	m.mux.Handle(&a, &http.Request{Method: http.MethodGet, URL: &url.URL{Path: "/" + name, RawQuery: query.Encode()}})
	return a.body.String(), a.code
}

// told is an answer that stays here.
type told struct {
	header http.Header
	code   int
	body   bytes.Buffer
}

func (t *told) Header() http.Header {
	if t.header == nil {
		t.header = http.Header{}
	}
	return t.header
}

func (t *told) WriteHeader(code int) { t.code = code }

func (t *told) Write(b []byte) (int, error) { return t.body.Write(b) }
