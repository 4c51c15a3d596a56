package rtmp

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"airloom/output"
	"airloom/playout/media"
)

func TestAddresses(t *testing.T) {
	for in, want := range map[string]target{
		"rtmp://ams.example/LiveApp/ch1":              {false, "ams.example", "1935", "LiveApp", "ch1", "rtmp://ams.example/LiveApp", ""},
		"rtmps://ams.example/LiveApp/ch1?token=a%2Fb": {true, "ams.example", "443", "LiveApp", "ch1?token=a%2Fb", "rtmps://ams.example/LiveApp", ""},
		"rtmp://[::1]:1936/a/b/key":                   {false, "::1", "1936", "a/b", "key", "rtmp://[::1]:1936/a/b", ""},
		"rtmp://h:1/app/a%20b?x=/y/z":                 {false, "h", "1", "app", "a%20b?x=/y/z", "rtmp://h:1/app", ""},
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
	trial := (&Dialer{target: x}).as("airloom-test").target
	require.Equal(t, "Stream … is not … (…)", trial.redact("Stream airloom-test is not mykey (abc)"))
}

func TestSessionClock(t *testing.T) {
	v := func(dts, pts int64, key bool) *media.Packet {
		return &media.Packet{Kind: media.Video, DTS: dts, PTS: pts, Key: key}
	}
	a := func(s int64) *media.Packet { return &media.Packet{Kind: media.Audio, DTS: s, PTS: s, Key: true} }
	c := newClock(media.StreamInfo{FPS: media.Rational{Num: 30000, Den: 1001}, SampleRate: 48000}, 0)
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

func TestMetadataClaimsNoLength(t *testing.T) {
	m, err := metadata(media.StreamInfo{Width: 1280, Height: 720, FPS: media.Rational{Num: 25, Den: 1}, Channels: 2})
	require.NoError(t, err)
	for _, word := range []string{"duration", "filesize"} {
		require.False(t, strings.Contains(string(m), word))
	}
	require.Contains(t, string(m), "@setDataFrame")
}
