package record

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/formats/fmp4"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"airloom/output/outputtest"
	"airloom/playout/media"
	"airloom/playout/timeline"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// encoder makes packets of a sample, each picture and frame of sound told from all
// others by its content: its number.
type encoder struct {
	info media.StreamInfo
	grid timeline.Grid
	gop  int64
	lag  func() int64 // samples by which sound comes late
	tick int64
	next int64 // frame of sound; the first is the priming
	held []*media.Packet
}

func anEncoder(t testing.TB) *encoder {
	info := outputtest.Coded(t, 100).Info
	return &encoder{info: info, grid: timeline.Grid{FPS: info.FPS, Rate: int64(info.SampleRate)}, gop: 50, next: -1,
		lag: func() int64 { return 0 }}
}

func mark(kind byte, n int64) []byte {
	return []byte{kind, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n), 0xaa, 0xbb, 0xcc}
}

func numberOf(b []byte) int64 {
	return int64(b[1])<<24 | int64(b[2])<<16 | int64(b[3])<<8 | int64(b[4])
}

// tickOf is what the encoder gives for one tick: its sound first, as far as that is
// whole and does not come late.
func (e *encoder) tickOf() (list []*media.Packet) {
	for ; (e.next+1)*1024 <= e.grid.Sample(e.tick+1); e.next++ {
		e.held = append(e.held, &media.Packet{Kind: media.Audio, DTS: e.next * 1024, PTS: e.next * 1024, Key: true, Units: [][]byte{mark(1, e.next)}})
	}
	late := e.lag()
	for len(e.held) > 0 && e.held[0].PTS+1024+late <= e.grid.Sample(e.tick+1) {
		list, e.held = append(list, e.held[0]), e.held[1:]
	}
	key := e.tick%e.gop == 0
	units := [][]byte{{0x09, 0xf0}}
	if key {
		units = append(units, e.info.SPS, e.info.PPS, mark(0x65, e.tick))
	} else {
		units = append(units, mark(0x41, e.tick))
	}
	list = append(list, &media.Packet{Kind: media.Video, DTS: e.tick, PTS: e.tick, Key: key, Units: units})
	e.tick++
	return list
}

// sample is one of a file, at its time in the track's own units.
type sample struct {
	n, at, lasts int64
	key          bool
}

// content is what a file holds.
type content struct {
	name      string
	video     []sample
	audio     []sample
	fragments []int64 // length of each, in ticks
}

// readFile reads a file as far as it is whole.
func readFile(t testing.TB, name string, data []byte) (c content) {
	t.Helper()
	c.name = name
	var init fmp4.Init
	require.NoError(t, init.Unmarshal(bytes.NewReader(data)))
	require.Len(t, init.Tracks, 2)
	require.EqualValues(t, 25*512, init.Tracks[0].TimeScale)
	require.EqualValues(t, 44100, init.Tracks[1].TimeScale)
	var parts fmp4.Parts
	require.NoError(t, parts.Unmarshal(data))
	for _, p := range parts {
		for _, tr := range p.Tracks {
			at := int64(tr.BaseTime)
			var list []sample
			for _, s := range tr.Samples {
				payload := s.Payload
				if tr.ID == pictures {
					require.Equal(t, []byte{0, 0, 0, 8}, payload[:4], "one unit, without parameters and delimiters")
					payload = payload[4:]
				}
				list = append(list, sample{numberOf(payload), at, int64(s.Duration), !s.IsNonSyncSample})
				at += int64(s.Duration)
			}
			if tr.ID == pictures {
				c.video = append(c.video, list...)
				c.fragments = append(c.fragments, list[len(list)-1].n+1-list[0].n)
			} else {
				c.audio = append(c.audio, list...)
			}
		}
	}
	return c
}

func readAll(t testing.TB, dir string) (all []content) {
	t.Helper()
	list, err := recorded(dir)
	require.NoError(t, err)
	for _, x := range list {
		data, err := os.ReadFile(x.path)
		require.NoError(t, err)
		all = append(all, readFile(t, filepath.Base(x.path), data))
	}
	return all
}

// requireExact holds a file's times against the timeline: its first picture is at
// 0, and each sample stands where its number says.
func requireExact(t testing.TB, c content, grid timeline.Grid) {
	t.Helper()
	base := c.video[0].n
	require.True(t, c.video[0].key, "%s begins with a keyframe", c.name)
	for i, v := range c.video {
		require.Equal(t, (v.n-base)*512, v.at, "%s: picture %d", c.name, v.n)
		if i+1 < len(c.video) {
			require.Equal(t, (c.video[i+1].n-v.n)*512, v.lasts, "%s: picture %d", c.name, v.n)
		}
	}
	zero := grid.Sample(base)
	for i, a := range c.audio {
		require.Equal(t, a.n*1024-zero, a.at, "%s: frame %d", c.name, a.n)
		if i+1 < len(c.audio) {
			require.Equal(t, (c.audio[i+1].n-a.n)*1024, a.lasts, "%s: frame %d", c.name, a.n)
		}
	}
	for _, f := range c.fragments {
		require.LessOrEqual(t, f, int64(100), "%s: a fragment is at most four seconds", c.name)
	}
}

// requireOnce holds that files have all pictures from the first to the last, and all
// frames of sound that begin meanwhile, each once and in order.
func requireOnce(t testing.TB, all []content, grid timeline.Grid) (pictures int) {
	t.Helper()
	first := all[0].video[0].n
	want := first
	sound := all[0].audio[0].n // what came before the first keyframe is not kept
	require.LessOrEqual(t, sound*1024, grid.Sample(first+3))
	for _, c := range all {
		for _, v := range c.video {
			require.Equal(t, want, v.n, c.name)
			want++
		}
		for _, a := range c.audio {
			require.Equal(t, sound, a.n, c.name)
			sound++
		}
		require.LessOrEqual(t, (sound-1)*1024, grid.Sample(want), "%s: sound of the next file", c.name)
	}
	return int(want - first)
}

// Whatever sound's lateness and the keyframes' distance, pieces hold every picture
// and frame once, and each file's are its own.
func TestSplitLosesNothing(t *testing.T) {
	for seed := range uint64(60) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		e := anEncoder(t)
		e.gop = []int64{7, 25, 50, 110, 250}[seed%5]
		most := []int64{0, 1024, 5000, 30000}[seed%4]
		e.lag = func() int64 { return rnd.Int64N(most + 1) }
		s := splitter{grid: e.grid, each: 5 * time.Second, zone: time.UTC}
		at := time.Date(2026, 11, 21, 14, 0, 0, int(rnd.Int64N(1e9)), time.UTC)
		var pieces []*piece
		for range 1000 {
			for _, p := range e.tickOf() {
				pieces = append(pieces, s.feed(packet{p, at.Add(e.grid.Due(p.DTS * int64(1-p.Kind)))})...)
			}
			at = at.Add(time.Duration(rnd.Int64N(100_000))) // arrival jitters
		}
		for _, p := range e.held {
			pieces = append(pieces, s.feed(packet{p, at})...)
		}
		pieces = append(pieces, s.flush()...)
		picture, sound := int64(0), int64(0)
		files := 0
		for _, p := range pieces {
			require.Equal(t, picture, p.from, seed)
			if p.begins {
				files++
				require.True(t, p.video[0].Key)
			}
			for _, v := range p.video {
				require.Equal(t, picture, v.DTS)
				picture++
			}
			require.Equal(t, picture, p.end)
			for _, a := range p.audio {
				require.Equal(t, sound*1024, a.PTS, "seed %d", seed)
				require.Less(t, a.PTS, e.grid.Sample(p.end))
				require.GreaterOrEqual(t, a.PTS, e.grid.Sample(p.from))
				sound++
			}
			require.LessOrEqual(t, p.end-p.from, int64(100))
		}
		require.EqualValues(t, 1000, picture)
		require.GreaterOrEqual(t, sound*1024, e.grid.Sample(1000)-1024)
		require.GreaterOrEqual(t, files, 4, "seed %d", seed)
	}
}

// Sound that does not come any more holds no picture up.
func TestSplitWithoutSound(t *testing.T) {
	e := anEncoder(t)
	s := splitter{grid: e.grid, each: time.Hour, zone: time.UTC}
	pictures := 0
	for range 500 {
		for _, p := range e.tickOf() {
			if p.Kind == media.Audio && e.tick > 200 {
				continue
			}
			for _, x := range s.feed(packet{p, time.Now()}) {
				pictures += len(x.video)
			}
		}
	}
	require.GreaterOrEqual(t, pictures, 400)
	require.LessOrEqual(t, len(s.closed), 1)
}

// Time that runs back begins a file; what is not told apart by time is never mixed.
func TestSplitWhereTimeRunsBack(t *testing.T) {
	e := anEncoder(t)
	s := splitter{grid: e.grid, each: time.Hour, zone: time.UTC}
	var pieces []*piece
	feed := func(n int) {
		for range n {
			for _, p := range e.tickOf() {
				pieces = append(pieces, s.feed(packet{p, time.Now()})...)
			}
		}
	}
	feed(130)
	e.tick, e.next, e.held = 80, 80*44100/25/1024+1, nil
	feed(100)
	pieces = append(pieces, s.flush()...)
	begins := 0
	for _, p := range pieces {
		if p.begins {
			begins++
			require.False(t, p.continues)
		}
		require.NotEmpty(t, p.video)
	}
	require.Equal(t, 2, begins)
	require.EqualValues(t, 180, pieces[len(pieces)-1].end)
}

func TestStretches(t *testing.T) {
	zone := func(name string) *time.Location {
		l, err := time.LoadLocation(name)
		require.NoError(t, err)
		return l
	}
	const hour = time.Hour
	for _, c := range []struct {
		zone string
		each time.Duration
		at   string // UTC
		want string // the zone's
	}{
		{"UTC", hour, "2026-11-21T14:59:59.999Z", "2026-11-21T14:00:00Z"},
		{"UTC", hour, "2026-11-21T15:00:00Z", "2026-11-21T15:00:00Z"},
		{"UTC", 5 * time.Second, "2026-11-21T15:00:09.5Z", "2026-11-21T15:00:05Z"},
		{"Europe/Berlin", hour, "2026-11-21T14:30:00Z", "2026-11-21T15:00:00+01:00"},
		{"Europe/Berlin", 24 * hour, "2026-11-21T23:30:00Z", "2026-11-22T00:00:00+01:00"},
		{"Europe/Berlin", 6 * hour, "2026-11-21T16:59:00Z", "2026-11-21T12:00:00+01:00"},
		{"Asia/Kolkata", hour, "2026-11-21T14:40:00Z", "2026-11-21T20:00:00+05:30"},
		// 25 October 2026: 03:00 is 02:00 again
		{"Europe/Berlin", hour, "2026-10-25T00:30:00Z", "2026-10-25T02:00:00+02:00"},
		{"Europe/Berlin", hour, "2026-10-25T01:30:00Z", "2026-10-25T02:00:00+01:00"},
		{"Europe/Berlin", 24 * hour, "2026-10-25T22:30:00Z", "2026-10-25T00:00:00+02:00"},
		{"Europe/Berlin", 6 * hour, "2026-10-25T04:30:00Z", "2026-10-25T00:00:00+02:00"},
		// 29 March 2026: 02:00 is 03:00
		{"Europe/Berlin", hour, "2026-03-29T00:59:59Z", "2026-03-29T01:00:00+01:00"},
		{"Europe/Berlin", hour, "2026-03-29T01:00:00Z", "2026-03-29T03:00:00+02:00"},
		{"Europe/Berlin", 24 * hour, "2026-03-29T20:00:00Z", "2026-03-29T00:00:00+01:00"},
	} {
		at, err := time.Parse(time.RFC3339, c.at)
		require.NoError(t, err)
		require.Equal(t, c.want, stretchOf(at, c.each, zone(c.zone)).Format(time.RFC3339), "%s in %s, each %s", c.at, c.zone, c.each)
	}
}
