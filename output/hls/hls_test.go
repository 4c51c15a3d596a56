package hls

import (
	"bytes"
	"context"
	"io"
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

	"airloom/playout/media"
)

// begin runs a sink for the length of the test.
func begin(t *testing.T, src *source) *Sink {
	t.Helper()
	s, err := New(Config{Info: src.info})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
	})
	return s
}

func get(s *Sink, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w
}

// TestPlays lets the ffmpeg program play the stream, as any player would.
func TestPlays(t *testing.T) {
	src := newSource(t)
	s := begin(t, src)
	server := httptest.NewServer(s)
	defer server.Close()

	feeding, stop := context.WithCancel(t.Context())
	fed := make(chan struct{})
	go func() {
		defer close(fed)
		src.until(55, s.Offer) // one GOP at once, then at the channel's pace
		pace := time.NewTicker(40 * time.Millisecond)
		defer pace.Stop()
		for {
			select {
			case <-feeding.Done():
				return
			case <-pace.C:
				src.until(src.tick+1, s.Offer)
			}
		}
	}()
	defer func() { stop(); <-fed }()

	require.Eventually(t, func() bool { return get(s, "/index.m3u8").Code == http.StatusOK }, 20*time.Second, 20*time.Millisecond)
	ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second)
	defer cancel()
	var out, said bytes.Buffer
	cmd := exec.CommandContext(ctx, "ffmpeg", "-v", "error", "-i", server.URL+"/index.m3u8", "-t", "4", "-c", "copy", "-f", "framecrc", "-")
	cmd.Stdout, cmd.Stderr = &out, &said
	require.NoError(t, cmd.Run(), said.String())

	var pictures []int64
	sounds := 0
	for line := range strings.Lines(out.String()) {
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
	require.GreaterOrEqual(t, len(pictures), 95, said.String())
	require.GreaterOrEqual(t, sounds, 160, said.String())
	for i := 1; i < len(pictures); i++ {
		require.Equal(t, int64(3600), pictures[i]-pictures[i-1], "picture %d", i)
	}
	require.Zero(t, s.Dropped())
	require.Zero(t, s.Restarts())
}

func TestOfferNeverBlocksAndGapsEndAtAKeyframe(t *testing.T) {
	src := newSource(t)
	s, err := New(Config{Info: src.info})
	require.NoError(t, err)
	offered := int64(0)
	src.until(1000, func(p *media.Packet) { // nobody takes them
		offered++
		s.Offer(p)
	})
	require.Equal(t, offered-queueLen, s.Dropped())

	for len(s.queue) > 0 {
		<-s.queue
	}
	src.until(1010, s.Offer)
	p := <-s.queue
	require.True(t, p.Kind == media.Video && p.Key)
	require.Equal(t, int64(1000), p.DTS)
}

func TestAnswersBeforeAndBeside(t *testing.T) {
	src := newSource(t)
	s := begin(t, src)
	w := get(s, "/index.m3u8")
	require.Equal(t, http.StatusServiceUnavailable, w.Code)
	require.Equal(t, "1", w.Header().Get("Retry-After"))

	src.until(60, s.Offer)
	require.Eventually(t, func() bool { return get(s, "/hls/index.m3u8").Code == http.StatusOK }, 10*time.Second, 5*time.Millisecond)
	require.Equal(t, http.StatusNotFound, get(s, "/hls/other.mp4").Code)
	w = httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/index.m3u8", nil))
	require.Equal(t, http.StatusMethodNotAllowed, w.Code)
}

// TestBeginsAgain: whatever the muxer stumbles over, the next keyframe heals it.
func TestBeginsAgain(t *testing.T) {
	for name, harm := range map[string]func(p *media.Packet){
		"time runs back":    func(p *media.Packet) { p.DTS, p.PTS = p.DTS-40, p.PTS-40 },
		"time jumps":        func(p *media.Packet) { p.DTS, p.PTS = p.DTS+1000, p.PTS+1000 },
		"an empty unit":     func(p *media.Packet) { p.Units = [][]byte{{}} },
		"garbage":           func(p *media.Packet) { p.Units = [][]byte{{0x67, 1, 2}, {0x41}} },
		"sound before zero": func(p *media.Packet) { p.Kind, p.PTS = media.Audio, -1<<40 },
	} {
		t.Run(name, func(t *testing.T) {
			src := newSource(t)
			s := begin(t, src)
			src.until(60, s.Offer)
			require.Eventually(t, func() bool { return len(s.queue) == 0 }, 10*time.Second, time.Millisecond)
			bad := *src.next()
			for bad.Kind != media.Video {
				bad = *src.next()
			}
			harm(&bad)
			s.Offer(&bad)
			src.until(99, s.Offer)
			require.Eventually(t, func() bool { return s.Restarts() > 0 && len(s.queue) == 0 }, 10*time.Second, time.Millisecond)
			require.Equal(t, http.StatusServiceUnavailable, get(s, "/index.m3u8").Code)

			src.until(160, s.Offer)
			require.Eventually(t, func() bool { return get(s, "/video1_stream.m3u8").Code == http.StatusOK }, 10*time.Second, time.Millisecond)
			require.Equal(t, int64(1), s.Restarts())
		})
	}
}

// TestTimesComeFromTheTimeline: the clock is read once, so that jitter of the
// packets' arrival does not reach the playlist.
func TestTimesComeFromTheTimeline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := newSource(t)
		s := begin(t, src)
		for i := range int64(12) {
			src.until(i*25, s.Offer)
			time.Sleep(time.Duration(700+97*(i%5)) * time.Millisecond)
		}
		synctest.Wait()
		w := get(s, "/video1_stream.m3u8")
		require.Equal(t, http.StatusOK, w.Code)
		var times []time.Time
		for _, m := range regexp.MustCompile(`(?m)^#EXT-X-PROGRAM-DATE-TIME:(.*)$`).FindAllStringSubmatch(w.Body.String(), -1) {
			at, err := time.Parse(time.RFC3339, m[1])
			require.NoError(t, err)
			times = append(times, at)
		}
		require.GreaterOrEqual(t, len(times), 2, w.Body.String())
		for i := 1; i < len(times); i++ {
			require.Equal(t, 2*time.Second, times[i].Sub(times[i-1]))
		}
	})
}

// TestStarving: when no packets come any more, nobody waits for ever.
func TestStarving(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := newSource(t)
		s := begin(t, src)
		src.until(20, s.Offer) // no whole GOP yet: the playlist is waited for
		synctest.Wait()
		answered := make(chan int)
		asked := time.Now()
		go func() { answered <- get(s, "/index.m3u8").Code }()
		require.Equal(t, http.StatusInternalServerError, <-answered)
		require.Equal(t, stale, time.Since(asked))
		require.Equal(t, http.StatusServiceUnavailable, get(s, "/index.m3u8").Code)
	})
}

func TestHeadersAreChecked(t *testing.T) {
	src := newSource(t)
	src.info.SPS = []byte{0x67}
	_, err := New(Config{Info: src.info})
	require.ErrorContains(t, err, "the picture's parameters")
	src = newSource(t)
	src.info.AudioConfig = nil
	_, err = New(Config{Info: src.info})
	require.ErrorContains(t, err, "the sound's parameters")
}

// TestServesThePartsItNames walks from the first playlist down to the bytes.
func TestServesThePartsItNames(t *testing.T) {
	src := newSource(t)
	s := begin(t, src)
	src.until(120, s.Offer)
	require.Eventually(t, func() bool { return len(s.queue) == 0 && get(s, "/index.m3u8").Code == http.StatusOK }, 10*time.Second, 5*time.Millisecond)
	require.Equal(t, "no-store", get(s, "/index.m3u8").Header().Get("Cache-Control"))
	for _, list := range []string{"/video1_stream.m3u8", "/audio2_stream.m3u8"} {
		body := get(s, list).Body.String()
		uris := regexp.MustCompile(`(?m)(?:URI="([^"]+)"|^([^#\n].*)$)`).FindAllStringSubmatch(strings.ReplaceAll(body, "gap.mp4\n", ""), -1)
		require.NotEmpty(t, uris)
		for _, u := range uris {
			if strings.Contains(body, `#EXT-X-PRELOAD-HINT:TYPE=PART,URI="`+u[1]+`"`) {
				continue // not there yet
			}
			w := get(s, "/"+u[1]+u[2])
			require.Equal(t, http.StatusOK, w.Code, "%v in %s", u, body)
			n, err := io.Copy(io.Discard, w.Body)
			require.NoError(t, err)
			require.Positive(t, n)
		}
	}
}
