package configs

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestShowIsWhatCounts(t *testing.T) {
	t.Setenv("PRESET", "faster")
	c, ps := Parse("/etc/airloom/airloom.yml", []byte(`channel: {name: Nord}
output:
  url: "rtmp://ams.example/LiveApp/s3cret?token=s3cret"
encoder:
  video:
    preset: "${env:PRESET}"
    options: {rc-lookahead: "10"}
fallback: {filler: "http://me:s3cret@films.example/f.mp4?key=s3cret"}
media: {hosts: [films.example]}
antmedia: {api: "http://ams.example:5080/LiveApp", token: "s3cret"}
web:
  users: [{name: anna.k, role: admin, password_hash: "$argon2id$v=19$m=19456,t=2,p=1$YWJjZGVmZ2hpamtsbW5vcA$YWJjZGVmZ2hpamtsbW5vcGFiY2RlZmdoaWprbG1ub3A"}]
`))
	require.NoError(t, ps.Err(), ps)
	text, keys, err := c.Show()
	require.NoError(t, err)
	shown := string(text)
	require.NotContains(t, shown, "s3cret")
	require.NotContains(t, shown, "argon2id")
	require.NotContains(t, shown, "anna.k")
	require.Contains(t, shown, "rtmp://ams.example/LiveApp/…")
	require.Contains(t, shown, "http://films.example/f.mp4…")
	require.Contains(t, shown, "settle: 2s\n")
	require.Contains(t, shown, "maxrate: 1300k\n")
	require.Contains(t, shown, "preset: (hidden)\n", "what was brought in may be a secret")

	lines := strings.Split(shown, "\n")
	at := map[string]Shown{}
	for _, k := range keys {
		at[k.Key] = k
		last := k.Key[strings.LastIndexByte(k.Key, '.')+1:]
		require.Contains(t, lines[k.Line-1], last+":")
	}
	require.Equal(t, Position{File: "/etc/airloom/airloom.yml", Line: 3, Column: 8}, at["output.url"].At)
	require.Equal(t, 6, at["encoder.video.preset"].At.Line)
	require.Equal(t, 7, at["encoder.video.options.rc-lookahead"].At.Line)
	require.Zero(t, at["encoder.video.codec"].At)
	require.Contains(t, at, "media.schemes")
	require.Contains(t, at, "web.listen")
	require.NotContains(t, at, "web.users")

	require.Contains(t, shown, "renew_after: 480h\n")

	// It is a config that says the same, but for what is hidden.
	again, ps := Parse("/etc/airloom/airloom.yml", []byte(strings.NewReplacer("(hidden)", "faster", "/…", "/x", "f.mp4…", "f.mp4").Replace(shown)))
	require.NoError(t, ps.Err(), ps)
	require.Equal(t, c.Playlists, again.Playlists)
	require.Equal(t, c.Encoder.Video, again.Encoder.Video)
	require.Equal(t, c.Media, again.Media)
	require.Equal(t, c.State, again.State)
}

func TestShowWithoutAFile(t *testing.T) {
	text, keys, err := Default().Show()
	require.NoError(t, err)
	require.Contains(t, string(text), "listen: 127.0.0.1:8080")
	for _, k := range keys {
		require.Zero(t, k.At)
	}
}
