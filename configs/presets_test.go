package configs

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Keyframes are two seconds apart at any rate of pictures, with a preset or without;
// what the file says stays.
func TestKeyframesFollowTheRateOfPictures(t *testing.T) {
	for text, want := range map[string][2]int{
		`output: {preset: twitch, url: "rtmps://h/app/k"}` + "\nhouse: {fps: 24}":                                                  {48, 24},
		`output: {preset: youtube, url: "rtmp://h/app/k"}` + "\nhouse: {fps: 59.94, width: 640, height: 360}":                      {119, 59},
		`output: {preset: antmedia, url: "rtmp://h/app/k"}` + "\nhouse: {fps: 15}\nencoder: {video: {keyint: 20, min_keyint: 10}}": {20, 10},
		`output: {preset: mediamtx, url: "rtsp://h/k"}` + "\nhouse: {fps: 30}":                                                     {60, 30},
		`output: {url: "rtmp://h/LiveApp/k"}` + "\nantmedia: {api: \"http://h:5080/LiveApp\"}\nhouse: {fps: 10}":                   {20, 10},
		`output: {url: "rtmp://h/app/k"}` + "\nhouse: {fps: 4}":                                                                    {8, 4},
		`output: {url: "rtmp://h/app/k"}`: {50, 25},
	} {
		c, ps := Parse("airloom.yml", []byte(text))
		require.Empty(t, ps.String(), text)
		require.Equal(t, want, [2]int{c.Encoder.Video.KeyInt, c.Encoder.Video.MinKeyInt}, text)
	}
}

// The bit rates that a preset asks for are set where the file leaves them open; what
// the file says stays, and of several presets the smallest figure counts.
func TestPresetSetsBitRates(t *testing.T) {
	const (
		youtube  = "{name: y, preset: youtube, url: \"rtmp://h/app/y\"}"
		facebook = "{name: f, preset: facebook, url: \"rtmps://h/app/f\"}"
		twitch   = "{name: t, preset: twitch, url: \"rtmp://h/app/t\"}"
		antmedia = "{name: a, preset: antmedia, url: \"rtmp://h/app/a\"}"
		hd       = "\nhouse: {width: 1920, height: 1080}\nencoder: {video: {level: \"4\"}}"
	)
	for text, want := range map[string][3]Bits{
		antmedia:                     {1_300_000, 2_600_000, 128_000},
		youtube:                      {4_000_000, 8_000_000, 128_000},
		youtube + hd:                 {10_000_000, 20_000_000, 128_000},
		facebook:                     {4_000_000, 8_000_000, 128_000},
		facebook + hd:                {1_300_000, 2_600_000, 128_000},
		twitch:                       {6_000_000, 12_000_000, 160_000},
		twitch + hd:                  {6_000_000, 12_000_000, 160_000},
		youtube + ", " + twitch + hd: {6_000_000, 12_000_000, 128_000},
		twitch + ", " + youtube:      {4_000_000, 8_000_000, 128_000},
		antmedia + ", " + twitch:     {6_000_000, 12_000_000, 160_000},
		twitch + "\nhouse: {width: 320, height: 180}\nencoder: {video: {level: \"2\"}}": {2_000_000, 2_000_000, 160_000},
		youtube + "\nencoder: {video: {maxrate: 3M}, audio: {bitrate: 96k}}":            {3_000_000, 6_000_000, 96_000},
		youtube + "\nencoder: {video: {maxrate: 2M, bufsize: 3M}}":                      {2_000_000, 3_000_000, 128_000},
	} {
		outputs, rest, _ := strings.Cut(text, "\n")
		text = "outputs: [" + outputs + "]\n" + rest
		c, ps := Parse("airloom.yml", []byte(text))
		require.Empty(t, ps.String(), text)
		e := c.Encoder
		require.Equal(t, want, [3]Bits{e.Video.MaxRate, e.Video.BufSize, e.Audio.Bitrate}, text)
	}
	c, ps := Parse("airloom.yml", []byte("outputs: ["+youtube+", "+twitch+"]\nhouse: {width: 2560, height: 1440, fps: 50}\nencoder: {video: {level: \"5.1\"}}"))
	require.EqualValues(t, 6_000_000, c.Encoder.Video.MaxRate)
	require.Contains(t, ps.String(), "Twitch takes pictures of up to")
	require.NotContains(t, ps.String(), "far below", "what another's preset asks for is no mistake of the file's")
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
