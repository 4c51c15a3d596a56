package airtest

import (
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	gosync "sync"
	"testing"
	"time"
)

// Segment is one segment of an HLS stream, as its playlist named it.
type Segment struct {
	Number int // its media sequence number
	Name   string
	Length time.Duration
	Joint  bool      // a DISCONTINUITY stands before it
	At     time.Time // it was in the viewer's hands
	Bytes  int
}

// Viewer watches an HLS stream as a player does: it keeps its cookies, fetches the
// playlist each half second, and each new segment once, in order. What it got is
// in Pieces, one segment after the other.
type Viewer struct {
	t      testing.TB
	url    string
	client http.Client
	dir    string
	stop   chan struct{}
	wg     gosync.WaitGroup

	mu       gosync.Mutex
	segments []Segment
	faults   []string
	pieces   []string
	away     bool
	ends     int // playlists that said ENDLIST
	next     int // number that comes next; -1: none was seen
}

// View begins to view the stream with this playlist; the test's end ends it.
func View(t testing.TB, url string) *Viewer {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	v := &Viewer{t: t, url: url, dir: t.TempDir(), stop: make(chan struct{}), next: -1,
		client: http.Client{Jar: jar, Timeout: 3 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}}
	v.wg.Go(v.watch)
	t.Cleanup(v.Stop)
	return v
}

// Stop ends the viewing. It may be called more than once.
func (v *Viewer) Stop() {
	v.mu.Lock()
	select {
	case <-v.stop:
	default:
		close(v.stop)
	}
	v.mu.Unlock()
	v.wg.Wait()
}

// Away has the viewer ask for nothing, until it is back. A server that starts may
// not be asked: see [AntMedia.Start].
func (v *Viewer) Away(on bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.away = on
}

// Pieces are the files of what the viewer got: one for each stretch between two
// joints, where a player's decoder begins anew.
func (v *Viewer) Pieces() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return append([]string(nil), v.pieces...)
}

// Segments are those that the viewer has got so far.
func (v *Viewer) Segments() []Segment {
	v.mu.Lock()
	defer v.mu.Unlock()
	return append([]Segment(nil), v.segments...)
}

// Faults are what went wrong for the viewer, in words: segments that the playlist
// named and that were not there, numbers that were left out or went back, ends that
// were none.
func (v *Viewer) Faults() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return append([]string(nil), v.faults...)
}

// Ends counts the playlists that said that the stream has ended.
func (v *Viewer) Ends() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.ends
}

func (v *Viewer) watch() {
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for {
		v.mu.Lock()
		away := v.away
		v.mu.Unlock()
		if !away {
			if body, code := get(v.client, v.url); code == http.StatusOK {
				v.follow(string(body))
			}
		}
		select {
		case <-v.stop:
			return
		case <-tick.C:
		}
	}
}

// follow fetches what is new in a playlist.
func (v *Viewer) follow(text string) {
	list, end := parsePlaylist(text)
	v.mu.Lock()
	if end {
		v.ends++
	}
	next := v.next
	v.mu.Unlock()
	if len(list) == 0 {
		return
	}
	if last := list[len(list)-1].Number; next >= 0 && last < next-1 {
		v.fault("the numbers went back from %d to %d", next-1, last)
		next = -1 // a player that does not give up begins anew
	}
	for _, s := range list {
		if s.Number < next {
			continue
		}
		if next >= 0 && s.Number > next {
			v.fault("segments %d to %d were never seen", next, s.Number-1)
		}
		body, code := get(v.client, v.url[:strings.LastIndexByte(v.url, '/')+1]+s.Name)
		if code != http.StatusOK {
			v.fault("segment %d, %s: %d", s.Number, s.Name, code)
		}
		s.At, s.Bytes = time.Now(), len(body)
		next = s.Number + 1
		v.put(s, body)
	}
}

// put adds a segment to the last piece, or begins another.
func (v *Viewer) put(s Segment, body []byte) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if s.Joint || len(v.pieces) == 0 {
		v.pieces = append(v.pieces, filepath.Join(v.dir, fmt.Sprintf("piece-%d.ts", len(v.pieces)+1)))
	}
	f, err := os.OpenFile(v.pieces[len(v.pieces)-1], os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		v.t.Error(err)
		return
	}
	defer f.Close()
	if _, err := f.Write(body); err != nil {
		v.t.Error(err)
	}
	v.segments, v.next = append(v.segments, s), s.Number+1
}

func (v *Viewer) fault(format string, args ...any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.faults) < 50 {
		v.faults = append(v.faults, time.Now().Format("15:04:05.000 ")+fmt.Sprintf(format, args...))
	}
}

// parsePlaylist takes a media playlist apart; end says that it will not grow.
func parsePlaylist(text string) (list []Segment, end bool) {
	var s Segment
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "#EXT-X-MEDIA-SEQUENCE:"):
			s.Number, _ = strconv.Atoi(line[len("#EXT-X-MEDIA-SEQUENCE:"):])
		case strings.HasPrefix(line, "#EXTINF:"):
			length, _, _ := strings.Cut(line[len("#EXTINF:"):], ",")
			f, _ := strconv.ParseFloat(length, 64)
			s.Length = time.Duration(f * float64(time.Second))
		case line == "#EXT-X-DISCONTINUITY":
			s.Joint = true
		case line == "#EXT-X-ENDLIST":
			end = true
		case line != "" && line[0] != '#':
			s.Name = line
			list = append(list, s)
			s = Segment{Number: s.Number + 1}
		}
	}
	return list, end
}
