package hls

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/output"
)

var variants = []Variant{MPEGTS, FMP4, LowLatency}

// pulled runs an output for the length of the test.
func pulled(t *testing.T, src *source, v Variant) *Output {
	t.Helper()
	o, err := NewOutput(OutputConfig{Name: "hls", Target: "/hls/index.m3u8", Variant: v, Segment: 2 * time.Second, Segments: 4, Info: src.info})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- o.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
		require.Equal(t, output.Stopped, o.Status().State)
	})
	until(t, "it takes packets", o.on.Load)
	return o
}

func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	require.Eventually(t, is, 20*time.Second, 2*time.Millisecond, what)
}

// feed offers everything up to picture n, as fast as it is taken.
func feed(t *testing.T, src *source, n int64, o *Output) {
	t.Helper()
	for src.tick < n {
		src.until(min(n, src.tick+25), o.Offer)
		until(t, "the packets are taken", func() bool { return len(o.sink.queue) == 0 })
	}
}

func pull(o http.Handler, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	o.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w
}

// read is a media playlist as a player has it.
type read struct {
	sequence, cuts int64
	breaks         int // discontinuities in it
	segments       []string
	dates          []time.Time
	ended          bool
}

var uriIn = regexp.MustCompile(`URI="([^"]*)"`)

func stream(v Variant) string {
	if v == MPEGTS {
		return "/main_stream.m3u8"
	}
	return "/video1_stream.m3u8"
}

func readList(t *testing.T, o http.Handler, v Variant) (r read) {
	t.Helper()
	w := pull(o, stream(v))
	require.Equal(t, http.StatusOK, w.Code, w.Body.String())
	for line := range strings.Lines(w.Body.String()) {
		line = strings.TrimSpace(line)
		key, value, _ := strings.Cut(line, ":")
		switch {
		case key == "#EXT-X-MEDIA-SEQUENCE":
			r.sequence, _ = strconv.ParseInt(value, 10, 64)
		case key == "#EXT-X-DISCONTINUITY-SEQUENCE":
			r.cuts, _ = strconv.ParseInt(value, 10, 64)
		case line == "#EXT-X-DISCONTINUITY":
			r.breaks++
		case key == "#EXT-X-PROGRAM-DATE-TIME":
			at, err := time.Parse(time.RFC3339, value)
			require.NoError(t, err)
			r.dates = append(r.dates, at)
		case line == "#EXT-X-ENDLIST":
			r.ended = true
		case line != "" && line[0] != '#':
			r.segments = append(r.segments, line)
		}
	}
	return r
}

// real are the segments without the gaps that stand before the first of low latency.
func (r read) real() (list []string) {
	for _, s := range r.segments {
		if s != "gap.mp4" {
			list = append(list, s)
		}
	}
	return list
}

// TestOutputPlays lets the ffmpeg program play each variant.
func TestOutputPlays(t *testing.T) {
	for _, v := range variants {
		t.Run(string(v), func(t *testing.T) {
			t.Parallel()
			src := newSource(t)
			o := pulled(t, src, v)
			server := httptest.NewServer(o)
			defer server.Close()
			feed(t, src, 125, o)
			feeding, stop := context.WithCancel(t.Context())
			fed := make(chan struct{})
			go func() {
				defer close(fed)
				pace := time.NewTicker(40 * time.Millisecond)
				defer pace.Stop()
				for {
					select {
					case <-feeding.Done():
						return
					case <-pace.C:
						src.until(src.tick+1, o.Offer)
					}
				}
			}()
			defer func() { stop(); <-fed }()
			until(t, "there is something to play", func() bool { return pull(o, "/index.m3u8").Code == http.StatusOK })
			ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second)
			defer cancel()
			var out, said bytes.Buffer
			cmd := exec.CommandContext(ctx, "ffmpeg", "-v", "error", "-i", server.URL+"/index.m3u8", "-t", "4", "-c", "copy", "-f", "framecrc", "-")
			cmd.Stdout, cmd.Stderr = &out, &said
			require.NoError(t, cmd.Run(), said.String())
			pictures, sounds := framesOf(t, out.String())
			require.GreaterOrEqual(t, len(pictures), 90, said.String())
			require.GreaterOrEqual(t, sounds, 160, said.String())
			for i := 1; i < len(pictures); i++ {
				require.Equal(t, int64(3600), pictures[i]-pictures[i-1], "picture %d", i)
			}
			s := o.Status()
			require.Equal(t, output.Publishing, s.State)
			require.Equal(t, "hls", s.Protocol)
			require.Zero(t, s.Dropped)
			require.True(t, s.DownSince.IsZero())
			require.Greater(t, s.Sent, int64(20_000))
			require.GreaterOrEqual(t, s.Sessions, int64(1))
			require.Zero(t, o.sink.Restarts())
		})
	}
}

// framesOf reads what ffmpeg's framecrc says: the pictures' times, and how many
// frames of sound there are.
func framesOf(t *testing.T, crc string) (pictures []int64, sounds int) {
	for line := range strings.Lines(crc) {
		f := strings.Split(line, ",")
		if strings.HasPrefix(line, "#") || len(f) < 3 {
			continue
		}
		if strings.TrimSpace(f[0]) == "1" {
			sounds++
			continue
		}
		pts, err := strconv.ParseInt(strings.TrimSpace(f[2]), 10, 64)
		require.NoError(t, err)
		pictures = append(pictures, pts)
	}
	return pictures, sounds
}

// Whatever makes the muxer begin again, players see a discontinuity: no name comes
// twice, numbers go on, and what they have read of still can be fetched.
func TestNamesAndNumbersGoOn(t *testing.T) {
	for _, v := range variants {
		t.Run(string(v), func(t *testing.T) {
			src := newSource(t)
			o := pulled(t, src, v)
			feed(t, src, 20, o)
			require.Equal(t, http.StatusServiceUnavailable, pull(o, "/index.m3u8").Code)
			require.Equal(t, http.StatusServiceUnavailable, pull(o, stream(v)).Code)
			require.Equal(t, output.Waiting, o.Status().State)
			feed(t, src, 425, o)
			until(t, "there is a list", func() bool { return o.Status().State == output.Publishing })
			before := readList(t, o, v)
			require.Equal(t, int64(time.Since(epoch)/time.Second)/1000, before.sequence/1000, "numbers begin by the clock")
			names := map[string]bool{}
			for round := range 3 {
				for _, name := range before.real() {
					require.False(t, names[name], "%s is used again", name)
					names[name] = true
				}
				src.tick += 1000 // the timeline jumps
				src.sounding = src.grid.Sample(src.tick)/1024 + 1
				feed(t, src, src.tick/50*50+75, o) // a keyframe, and no whole segment yet
				waiting := readList(t, o, v)
				require.Equal(t, before.segments[len(before.segments)-1], waiting.segments[len(waiting.segments)-1], "the old list is told on")
				require.Equal(t, http.StatusOK, pull(o, "/index.m3u8").Code)
				feed(t, src, src.tick+450, o)
				var after read
				until(t, "the new segments are told", func() bool {
					after = readList(t, o, v)
					return after.sequence > waiting.sequence && o.Status().State == output.Publishing && after.real()[0] != waiting.real()[0]
				})
				require.Greater(t, after.sequence, waiting.sequence+int64(len(waiting.segments))-1, "numbers go on")
				require.Less(t, after.sequence, waiting.sequence+30, "without a leap")
				require.Equal(t, waiting.cuts+int64(waiting.breaks)+1, after.cuts+int64(after.breaks), "round %d", round)
				for _, name := range waiting.real() {
					require.Equal(t, http.StatusOK, pull(o, "/"+name).Code, "%s, of the old list", name)
				}
				before = after
			}
			require.EqualValues(t, 3, o.sink.Restarts())
		})
	}
}

// The first segment after a discontinuity says so, and once it has left the list
// the number of discontinuities does.
func TestDiscontinuityLeavesTheListByNumber(t *testing.T) {
	src := newSource(t)
	o := pulled(t, src, MPEGTS)
	feed(t, src, 160, o)
	until(t, "there is a list", func() bool { return o.Status().State == output.Publishing })
	first := readList(t, o, MPEGTS)
	require.Equal(t, 1, first.breaks)
	require.Len(t, first.segments, 3)
	feed(t, src, 360, o)
	later := readList(t, o, MPEGTS)
	require.Zero(t, later.breaks)
	require.Len(t, later.segments, 4, "as many as are offered")
	require.Equal(t, first.cuts+1, later.cuts)
	require.Equal(t, first.sequence+3, later.sequence)
	for i := 1; i < len(later.dates); i++ {
		require.Equal(t, 2*time.Second, later.dates[i].Sub(later.dates[i-1]), "dates are the timeline's")
	}
	require.Equal(t, http.StatusOK, pull(o, "/"+first.segments[0]).Code, "for a while after it has left the list")
	feed(t, src, 560, o)
	require.Equal(t, http.StatusNotFound, pull(o, "/"+first.segments[0]).Code, "memory is bounded")
}

// What was before a gap is let go of, with nobody asking: memory is bounded.
func TestWhatWasBeforeAGapIsLetGo(t *testing.T) {
	for _, v := range variants {
		t.Run(string(v), func(t *testing.T) {
			src := newSource(t)
			o := pulled(t, src, v)
			feed(t, src, 425, o)
			until(t, "there is a list", func() bool { return o.Status().State == output.Publishing })
			old := readList(t, o, v).real()
			past := func() *muxer {
				o.mu.Lock()
				defer o.mu.Unlock()
				return o.past
			}
			src.tick += 1000 // the timeline jumps
			src.sounding = src.grid.Sample(src.tick)/1024 + 1
			feed(t, src, src.tick+300, o)
			until(t, "it goes on", func() bool { return past() != nil })
			for _, name := range old {
				require.Equal(t, http.StatusOK, pull(o, "/"+name).Code, name)
			}
			feed(t, src, src.tick+1000, o)
			until(t, "it is let go", func() bool { return past() == nil })
			for _, name := range old {
				require.Equal(t, http.StatusNotFound, pull(o, "/"+name).Code, name)
			}
			require.Equal(t, output.Publishing, o.Status().State)
		})
	}
}

// An operator's stop is the stream's end, for players; a start goes on with it.
func TestStopEndsTheListAndStartGoesOn(t *testing.T) {
	for _, v := range variants {
		t.Run(string(v), func(t *testing.T) {
			src := newSource(t)
			o := pulled(t, src, v)
			feed(t, src, 260, o)
			until(t, "there is a list", func() bool { return o.Status().State == output.Publishing })
			require.False(t, readList(t, o, v).ended)
			require.NoError(t, o.Stop(t.Context()))
			end := readList(t, o, v)
			require.True(t, end.ended)
			require.True(t, o.Status().DownSince.IsZero())
			for _, name := range end.real() {
				require.Equal(t, http.StatusOK, pull(o, "/"+name).Code)
			}
			src.until(400, o.Offer)
			require.Empty(t, o.sink.queue, "nothing is taken")
			started := make(chan string)
			go func() { started <- o.Start(t.Context()) }()
			until(t, "packets are taken again", o.on.Load)
			feed(t, src, 650, o)
			require.Empty(t, <-started)
			again := readList(t, o, v)
			require.False(t, again.ended)
			require.Greater(t, again.sequence, end.sequence+int64(len(end.segments))-1)
		})
	}
}

// The end of the process ends no playlist: its players come back to the channel
// that is started anew.
func TestTheEndOfTheProcessIsNotTheStreams(t *testing.T) {
	src := newSource(t)
	o, err := NewOutput(OutputConfig{Variant: MPEGTS, Segment: time.Second, Segments: 4, Info: src.info})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- o.Run(ctx) }()
	until(t, "it takes packets", o.on.Load)
	feed(t, src, 160, o)
	until(t, "there is a list", func() bool { return o.Status().State == output.Publishing })
	cancel()
	require.NoError(t, <-done)
	require.False(t, readList(t, o, MPEGTS).ended)
}

// When no packets come, the state says so; players are told what there was.
func TestAnOutputThatStarves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := newSource(t)
		o := pulled(t, src, LowLatency)
		src.until(110, o.Offer)
		synctest.Wait()
		require.Equal(t, output.Publishing, o.Status().State)
		time.Sleep(stale + time.Second)
		synctest.Wait()
		require.Equal(t, output.Waiting, o.Status().State)
		require.False(t, o.Status().DownSince.IsZero())
		list := readList(t, o, LowLatency)
		require.False(t, list.ended)
		src.until(260, o.Offer)
		synctest.Wait()
		require.Equal(t, output.Publishing, o.Status().State)
		require.Greater(t, readList(t, o, LowLatency).sequence, list.sequence)
	})
}

func TestNoSuchVariant(t *testing.T) {
	src := newSource(t)
	_, err := NewOutput(OutputConfig{Variant: "dash", Info: src.info})
	require.ErrorContains(t, err, "dash")
	src.info.SPS = nil
	_, err = NewOutput(OutputConfig{Variant: MPEGTS, Info: src.info})
	require.Error(t, err)
}
