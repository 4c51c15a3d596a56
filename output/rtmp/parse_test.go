package rtmp

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/output"
	"airloom/playout/media"
)

func TestAddresses(t *testing.T) {
	for in, want := range map[string]target{
		"rtmp://ams.example/LiveApp/ch1":              {false, "ams.example", "1935", "LiveApp", "ch1", "rtmp://ams.example/LiveApp"},
		"rtmps://ams.example/LiveApp/ch1?token=a%2Fb": {true, "ams.example", "443", "LiveApp", "ch1?token=a%2Fb", "rtmps://ams.example/LiveApp"},
		"rtmp://[::1]:1936/a/b/key":                   {false, "::1", "1936", "a/b", "key", "rtmp://[::1]:1936/a/b"},
		"rtmp://h:1/app/a%20b?x=/y/z":                 {false, "h", "1", "app", "a%20b?x=/y/z", "rtmp://h:1/app"},
	} {
		got, err := parse(in)
		require.NoError(t, err, in)
		require.Equal(t, want, got)
		require.NotContains(t, got.String(), "ch1")
	}
	for in, words := range map[string]string{
		"http://h/app/key":            "begins with rtmp:// or rtmps://",
		"rtmp:///app/key":             "has no host",
		"rtmp://h/key":                "lacks the app or the stream key",
		"rtmp://h/app/":               "lacks the app or the stream key",
		"rtmp://user:secret@h/app/k":  "holds a user or password",
		"rtmp://h/app/key#more":       "has a #",
		"rtmp://h:port/app/secretkey": "is not a URL",
	} {
		_, err := New(in, nil)
		require.ErrorContains(t, err, words, in)
		require.NotContains(t, err.Error(), "secret")
	}
}

func TestKeyIsTakenOutOfTheServersWords(t *testing.T) {
	x, err := parse("rtmp://h/app/mykey?token=abc")
	require.NoError(t, err)
	require.Equal(t, "Stream … is taken (…)", x.redact("Stream mykey is taken (mykey?token=abc)"))
}

func TestSessionClock(t *testing.T) {
	v := func(dts, pts int64, key bool) *media.Packet {
		return &media.Packet{Kind: media.Video, DTS: dts, PTS: pts, Key: key}
	}
	a := func(s int64) *media.Packet { return &media.Packet{Kind: media.Audio, DTS: s, PTS: s, Key: true} }
	c := newClock(media.StreamInfo{FPS: media.Rational{Num: 30000, Den: 1001}, SampleRate: 48000})
	const base = 30 * 86400 * 30 // thirty days in
	start := int64(base) * 48000 * 1001 / 30000
	for _, s := range []struct {
		p    *media.Packet
		ok   bool
		ms   int64
		comp int64
	}{
		{a(start - 1024), false, 0, 0}, // before any picture
		{v(base-1, base-1, false), false, 0, 0},
		{v(base, base+1, true), true, 0, 33},
		{a(start - 1024), false, 0, 0}, // before the first picture's time
		{a(start), true, 0, 0},
		{v(base+1, base+1, false), true, 33, 0},
		{a(start + 1024), true, 21, 0},
		{v(base+3, base+3, false), true, 100, 0}, // a picture was skipped
		{v(base+1800*24*20*60, base+1800*24*20*60, true), true, 20 * 24 * 3600 * 1001, 0},
	} {
		ms, comp, ok, err := c.stamp(s.p)
		require.NoError(t, err)
		require.Equal(t, s.ok, ok)
		require.Equal(t, s.ms, ms)
		require.Equal(t, s.comp, comp)
	}
	for _, bad := range []*media.Packet{a(start + 1024), a(start), v(base+3, base+3, true), v(base+2000*24*30*60, 0, true)} {
		_, _, _, err := c.stamp(bad)
		require.Equal(t, output.KindMedia, output.KindOf(err))
	}
}

// watchFor judges a run of looks, four a second, and returns when the server
// was given up, or 0.
func watchFor(d time.Duration, see func(at time.Duration) (socket, spoken)) time.Duration {
	t0 := time.Unix(1e9, 0)
	e := newEvidence(t0)
	for at := lookEvery; at <= d; at += lookEvery {
		s, said := see(at)
		if said.heard.IsZero() {
			said.heard = t0
		}
		e = e.look(t0.Add(at), s, said)
		if e.alive(t0.Add(at)).Add(stallAfter).Before(t0.Add(at)) {
			return at
		}
	}
	return 0
}

func TestJudgesLife(t *testing.T) {
	t0 := time.Unix(1e9, 0)
	const frozenAt = 20 * time.Second
	bytes := func(at time.Duration, kbps int) uint64 { return uint64(at.Milliseconds()) * uint64(kbps) / 8 }
	// A receiver's window as it was measured: it stands while its program
	// reads, and loses a fifth of what comes while it does not.
	window := func(at time.Duration, kbps int) socket {
		s := socket{acked: bytes(at, kbps), window: 101376}
		if at > frozenAt {
			full := bytes(frozenAt, kbps) + 5*101376
			fell := min(s.acked, full) - bytes(frozenAt, kbps)
			s.pending, s.acked = s.acked > full, min(s.acked, full)
			s.window -= min(s.window, fell/5/1024*1024)
		}
		return s
	}
	for _, kbps := range []int{30, 100, 180, 1400, 20000} {
		for name, speaks := range map[string]func(at time.Duration) spoken{
			"silent": func(time.Duration) spoken { return spoken{} },
			"acknowledging": func(at time.Duration) spoken {
				at = min(at, frozenAt)
				n := int64(bytes(at, kbps)) / ackWindow
				return spoken{heard: t0.Add(time.Duration(n) * ackWindow * 8 * time.Millisecond / time.Duration(kbps)), acks: n}
			},
			"answering": func(at time.Duration) spoken {
				at = min(at, frozenAt)
				return spoken{heard: t0.Add(at.Truncate(pingEvery)), pongs: int64(at / pingEvery)}
			},
		} {
			gone := watchFor(60*time.Second, func(at time.Duration) (socket, spoken) { return window(at, kbps), speaks(at) })
			require.Greater(t, gone, frozenAt, "%s at %d kbit/s: alarm while it lived", name, kbps)
			limit := 10 * time.Second
			if kbps < 100 {
				limit = 14 * time.Second
			}
			require.LessOrEqual(t, gone-frozenAt, limit, "%s at %d kbit/s", name, kbps)
			never := watchFor(frozenAt, func(at time.Duration) (socket, spoken) { return window(at, kbps), speaks(at) })
			require.Zero(t, never)
		}
	}
	require.Zero(t, watchFor(time.Hour, func(at time.Duration) (socket, spoken) {
		steps := uint64(at / (2500 * time.Millisecond)) // a full window that opens by 64 KiB at a time
		return socket{acked: 500000 + steps*65536, pending: true}, spoken{}
	}), "slow but alive")
	require.Zero(t, watchFor(time.Hour, func(at time.Duration) (socket, spoken) {
		s := socket{acked: bytes(at, 100), window: 101376}
		if in := at % (20 * time.Second); in > 10*time.Second && in < 15200*time.Millisecond {
			s.window -= bytes(in-10*time.Second, 100)
		}
		return s, spoken{}
	}), "pauses for five seconds now and then")
	// As measured through a proxy at 200 kbit/s: the window of 300 kB goes within
	// two seconds, then opens by 75 kB every three.
	require.Zero(t, watchFor(time.Hour, func(at time.Duration) (socket, spoken) {
		s := socket{acked: min(bytes(at, 1400), 309248), pending: true}
		s.window = 309248 - s.acked
		if at > 3*time.Second {
			steps, in := uint64(at/(3*time.Second)), at%(3*time.Second)
			if s.acked += (steps - 1) * 75000; in < 500*time.Millisecond {
				s.window = 75000
			} else {
				s.acked += 75000
			}
		}
		return s, spoken{}
	}), "slow and silent, but alive")
	require.Zero(t, watchFor(time.Hour, func(time.Duration) (socket, spoken) {
		return socket{acked: 5000, window: 60000}, spoken{}
	}), "nothing is sent")
	require.NotZero(t, watchFor(9*time.Second, func(time.Duration) (socket, spoken) {
		return socket{acked: 5000, window: 60000, pending: true}, spoken{}
	}), "the cable is cut")
	// Behind a proxy that takes everything, only the server's own words count.
	proxied := func(at time.Duration) (socket, spoken) {
		s := socket{acked: bytes(at, 1400), window: 101376}
		at = min(at, frozenAt)
		return s, spoken{heard: t0.Add(at), acks: int64(at / time.Second)}
	}
	require.InDelta(t, frozenAt+stallAfter, watchFor(time.Minute, proxied), float64(time.Second))
}

func TestMetadataClaimsNoLength(t *testing.T) {
	m, err := metadata(media.StreamInfo{Width: 1280, Height: 720, FPS: media.Rational{Num: 25, Den: 1}, Channels: 2})
	require.NoError(t, err)
	for _, word := range []string{"duration", "filesize"} {
		require.False(t, strings.Contains(string(m), word))
	}
	require.Contains(t, string(m), "@setDataFrame")
}
