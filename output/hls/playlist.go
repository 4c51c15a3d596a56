package hls

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// index is the name of the playlist that players are given.
const index = "index.m3u8"

// streams are the playlists that the index may name; the first of them that there
// is counts the segments.
var streams = []string{"main_stream.m3u8", "video1_stream.m3u8", "audio2_stream.m3u8"}

// lists are all playlists of a muxer that has something to tell.
func (m *muxer) lists() map[string]string {
	all := map[string]string{}
	for _, name := range append([]string{index}, streams...) {
		if text, ok := m.list(name); ok {
			all[name] = text
		}
	}
	return all
}

// after is how many numbers a muxer's segments have taken, once it is over.
func (m *muxer) after() int64 {
	for _, name := range streams {
		if text, ok := m.final[name]; ok {
			p := parse(text)
			n := p.sequence + int64(len(p.segments))
			if len(p.rest) > 0 {
				n++ // parts of the next one have been told
			}
			return n
		}
	}
	return 0
}

// sequence is the number of the first segment that it still has; it waits as list
// does.
func (m *muxer) sequence() int64 {
	for _, name := range streams {
		if text, ok := m.list(name); ok {
			return parse(text).sequence
		}
	}
	return 0
}

// mediaList is a playlist of segments, in lines.
type mediaList struct {
	sequence int64 // of the first segment
	head     []string
	segments [][]string // each with its tags
	rest     []string   // parts of the segment that is under way
}

const sequenceTag = "#EXT-X-MEDIA-SEQUENCE:"

// parse takes a playlist of gohlslib's apart. One that names no segments of its
// own, such as the index, is all head.
func parse(text string) (p mediaList) {
	into := &p.head
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if number, ok := strings.CutPrefix(line, sequenceTag); ok {
			p.sequence, _ = strconv.ParseInt(number, 10, 64)
			continue
		}
		if into == &p.head && ofSegment(line) {
			into = &p.rest
		}
		*into = append(*into, line)
		if into == &p.rest && line != "" && line[0] != '#' {
			p.segments, p.rest = append(p.segments, p.rest), nil
		}
	}
	return p
}

// ofSegment reports whether a line is the first of a segment's.
func ofSegment(line string) bool {
	for _, tag := range []string{"#EXTINF:", "#EXT-X-PROGRAM-DATE-TIME:", "#EXT-X-GAP", "#EXT-X-PART:", "#EXT-X-PRELOAD-HINT:"} {
		if strings.HasPrefix(line, tag) {
			return true
		}
	}
	return false
}

// told is the playlist as players are told it: the last count segments, under the
// numbers that players know them by, and a discontinuity before the first of all.
func (p mediaList) told(m *muxer, count int, query string) string {
	gone := max(0, len(p.segments)-count)
	sequence := p.sequence + int64(gone)
	cuts := m.cuts
	if sequence > 0 {
		cuts++
	}
	var b strings.Builder
	for _, line := range p.head {
		write(&b, line, query)
		if strings.HasPrefix(line, "#EXT-X-TARGETDURATION") {
			fmt.Fprintf(&b, "%s%d\n#EXT-X-DISCONTINUITY-SEQUENCE:%d\n", sequenceTag, m.first+sequence, cuts)
		}
	}
	if sequence == 0 {
		b.WriteString("#EXT-X-DISCONTINUITY\n")
	}
	for _, lines := range p.segments[gone:] {
		for _, line := range lines {
			write(&b, line, query)
		}
	}
	if m.ended {
		b.WriteString("#EXT-X-ENDLIST\n")
		return b.String()
	}
	for _, line := range p.rest {
		write(&b, line, query)
	}
	return b.String()
}

// indexed is the index as players are told it.
func indexed(text, query string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		write(&b, strings.TrimRight(line, "\r\n"), query)
	}
	return b.String()
}

// write adds the query to the addresses in a line.
func write(b *strings.Builder, line, query string) {
	const uri = `URI="`
	switch i := strings.Index(line, uri); {
	case query == "" || line == "":
	case line[0] != '#':
		line += "?" + query
	case i >= 0:
		if end := strings.IndexByte(line[i+len(uri):], '"'); end >= 0 {
			end += i + len(uri)
			line = line[:end] + "?" + query + line[end:]
		}
	}
	b.WriteString(line)
	b.WriteByte('\n')
}

// asked is what a player asks the muxer to wait for, in the muxer's own numbers.
// What has passed is not waited for.
func asked(q url.Values, first int64) url.Values {
	const number, part = "_HLS_msn", "_HLS_part"
	n, err := strconv.ParseInt(q.Get(number), 10, 64)
	if err != nil || n < first {
		return nil
	}
	as := url.Values{number: {strconv.FormatInt(n-first, 10)}}
	if q.Has(part) {
		as.Set(part, q.Get(part))
	}
	return as
}
