package configs

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// What a preset asks for and the file leaves open is set; what the file says stays.
func TestPresetSetsTheDistanceOfKeyframes(t *testing.T) {
	for text, want := range map[string][2]int{
		`output: {preset: twitch, url: "rtmps://h/app/k"}` + "\nhouse: {fps: 24}":                                                  {48, 24},
		`output: {preset: youtube, url: "rtmp://h/app/k"}` + "\nhouse: {fps: 59.94, width: 640, height: 360}":                      {119, 59},
		`output: {preset: antmedia, url: "rtmp://h/app/k"}` + "\nhouse: {fps: 15}\nencoder: {video: {keyint: 20, min_keyint: 10}}": {20, 10},
		`output: {preset: mediamtx, url: "rtsp://h/k"}` + "\nhouse: {fps: 30}":                                                     {50, 25},
		`output: {url: "rtmp://h/app/k"}` + "\nhouse: {fps: 30}":                                                                   {50, 25},
	} {
		c, ps := Parse("airloom.yml", []byte(text))
		require.Empty(t, ps.String(), text)
		require.Equal(t, want, [2]int{c.Encoder.Video.KeyInt, c.Encoder.Video.MinKeyInt}, text)
	}
}

// Nobody's rules are those of a preset that is not known, and no finding holds a secret.
func TestCheckPresetIsPure(t *testing.T) {
	c := Default()
	require.Empty(t, CheckPreset("", c.Encoder, c.House, "rtmp://h/a/k"))
	require.Empty(t, CheckPreset("nobody", c.Encoder, c.House, "rtmp://h/a/k"))
	e := c.Encoder
	e.Video.KeyInt, e.Video.MaxRate, e.Audio.Codec, e.Audio.Bitrate = 1000, 1<<40, "libopus", 1<<20
	h := c.House
	h.Width, h.Height, h.SampleRate = 8192, 8192, 22050
	for preset := range rules {
		for _, url := range []string{"rtmp://u:secret@x.youtube.com/a/secret?x=secret", "srt://h:1?streamid=secret", "rtsp://secret@h/secret", "rtmp://live.twitch.tv/secret", "secret"} {
			for _, f := range CheckPreset(preset, e, h, url) {
				require.NotContains(t, f.Words, "secret", "%s %s", preset, url)
				require.NotEmpty(t, f.Key)
			}
		}
		require.NotEmpty(t, CheckPreset(preset, e, h, "rtmp://h/a/k"), preset)
	}
}

func TestTargetsHideWhatMayBeSecret(t *testing.T) {
	for url, shown := range map[string]string{
		"rtmp://h:1/app/key?token=x":                       "rtmp://h:1/app/…",
		"rtsp://user:pass@h:8554/live/key?token=x":         "rtsp://h:8554/…",
		"rtsps://user:pass@h/key":                          "rtsps://h/…",
		"srt://h:9000?streamid=publish:key&passphrase=abc": "srt://h:9000/…",
		"rtmp://h/key":                                     "rtmp://h/…",
		"secret":                                           "(hidden)",
	} {
		require.Equal(t, shown, TargetOf(url).String())
	}
}
