package encoder

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCheckNamesTheKey(t *testing.T) {
	type m = map[string]string
	crf := func(v float64) *float64 { return &v }
	size := func(c *Config, w, h int) { c.House.Width, c.House.Height = w, h }
	for name, c := range map[string]struct {
		spoil func(c *Config)
		want  string // what the only message must hold; "": none
	}{
		"the default":      {func(c *Config) {}, ""},
		"nothing at all":   {func(c *Config) { c.Video = Video{Codec: "libx264", Keyint: 50}; c.Audio.Bitrate = 0 }, ""},
		"1080p at 4":       {func(c *Config) { size(c, 1920, 1080); c.Video.Level = "4" }, ""},
		"good options":     {func(c *Config) { c.Video.Options = m{"refs": "3", "x264-params": "subme=7:me=umh"} }, ""},
		"video codec":      {func(c *Config) { c.Video.Codec = "h264_nvenc" }, `encoder.video.codec: there is no H.264 encoder "h264_nvenc" in this build: use libx264`},
		"not H.264":        {func(c *Config) { c.Video.Codec = "png" }, "encoder.video.codec: "},
		"audio codec":      {func(c *Config) { c.Audio.Codec = "pcm_s16le" }, "encoder.audio.codec: "},
		"preset":           {func(c *Config) { c.Video.Preset = "fastest" }, `encoder.video.preset: libx264 knows no preset "fastest": use one of ultrafast, superfast`},
		"tune":             {func(c *Config) { c.Video.Tune = "zero" }, `encoder.video.tune: libx264 knows no tune "zero": use one of zerolatency`},
		"profile":          {func(c *Config) { c.Video.Profile = "mian" }, `encoder.video.profile: libx264 knows no profile "mian": use one of baseline`},
		"level":            {func(c *Config) { c.Video.Level = "banana" }, `encoder.video.level: H.264 has no level "banana": use one of 1, 1b`},
		"level too low":    {func(c *Config) { size(c, 1920, 1080) }, `use "4" or higher`},
		"rate for level":   {func(c *Config) { c.Video.Maxrate, c.Video.Bufsize = 20e6, 20e6 }, `encoder.video.level: 3.1 is too low`},
		"option":           {func(c *Config) { c.Video.Options = m{"foo": "bar"} }, `encoder.video.options.foo: libx264 has no option "foo"`},
		"option's value":   {func(c *Config) { c.Video.Options = m{"subq": "much"} }, `encoder.video.options.subq: libx264 does not take subq=much`},
		"option's range":   {func(c *Config) { c.Video.Options = m{"me_range": "-100000000000"} }, `encoder.video.options.me_range: `},
		"x264's option":    {func(c *Config) { c.Video.Options = m{"x264-params": "foo=1"} }, `encoder.video.options.x264-params: x264 does not take "foo = 1"`},
		"x264's value":     {func(c *Config) { c.Video.Options = m{"x264-params": "me=banana:subme=2"} }, `x264 does not take "me = banana"`},
		"B frames":         {func(c *Config) { c.Video.Options = m{"bf": "2"} }, `encoder.video.options.bf: bf is airloom's own`},
		"x264's B frames":  {func(c *Config) { c.Video.Options = m{"x264-params": "bframes=2"} }, `encoder.video.options.x264-params: bframes is airloom's own`},
		"a key's own":      {func(c *Config) { c.Video.Options = m{"g": "2"} }, `encoder.video.options.g: g has a key of its own: set encoder.video.keyint instead`},
		"crf out of range": {func(c *Config) { c.Video.CRF = crf(-5) }, `encoder.video.crf: libx264 does not take crf=-5`},
		"lossless main":    {func(c *Config) { c.Video.CRF = crf(0) }, `together with the other settings`},
		"keyint":           {func(c *Config) { c.Video.Keyint = 0 }, `encoder.video.keyint: `},
		"no bufsize":       {func(c *Config) { c.Video.Bufsize = 0 }, `encoder.video.maxrate: has no effect without bufsize`},
		"no maxrate":       {func(c *Config) { c.Video.Maxrate = 0 }, `encoder.video.bufsize: has no effect without maxrate`},
		"audio bitrate":    {func(c *Config) { c.Audio.Bitrate = 5e6 }, `encoder.audio.bitrate: 5000000 bit/s are more than AAC can carry`},
		"audio bits":       {func(c *Config) { c.Audio.Bitrate = 5 }, `encoder.audio.bitrate: aac does not take b=5: Bitrate 5 is extremely low`},
		"sample rate":      {func(c *Config) { c.House.SampleRate = 12345 }, `house.sample_rate: the aac encoder cannot code 12345 Hz`},
		"audio option":     {func(c *Config) { c.Audio.Options = m{"foo": "1"} }, `encoder.audio.options.foo: aac has no option "foo"`},
		"audio's value":    {func(c *Config) { c.Audio.Options = m{"aac_coder": "fest"} }, `encoder.audio.options.aac_coder: aac does not take aac_coder=fest`},
		"audio's rate":     {func(c *Config) { c.Audio.Options = m{"ar": "22050"} }, `encoder.audio.options.ar: `},
	} {
		t.Run(name, func(t *testing.T) {
			alive(t)
			cfg := testConfig()
			c.spoil(&cfg)
			bad := Check(cfg)
			if c.want == "" {
				require.Empty(t, bad)
				return
			}
			require.Len(t, bad, 1)
			require.Contains(t, bad[0].Error(), c.want)
			e, err := Open(cfg, &collect{}, slog.New(slog.DiscardHandler))
			require.Nil(t, e)
			require.ErrorContains(t, err, c.want)
		})
	}
}

// All mistakes are named at once.
func TestCheckNamesAll(t *testing.T) {
	cfg := testConfig()
	cfg.Video.Preset, cfg.Video.Profile, cfg.Video.Level = "fastest", "mian", "9"
	cfg.Video.Options = map[string]string{"foo": "bar", "subq": "much", "x264-params": "one=1:two=2"}
	cfg.Audio.Options = map[string]string{"foo": "bar"}
	var keys []string
	for _, k := range Check(cfg) {
		keys = append(keys, strings.TrimPrefix(k.Key, "encoder."))
	}
	require.ElementsMatch(t, []string{
		"video.preset", "video.profile", "video.level", "video.options.foo", "video.options.subq",
		"video.options.x264-params", "video.options.x264-params", "audio.options.foo",
	}, keys)
}

// What the messages offer, x264 takes.
func TestListsAreTrue(t *testing.T) {
	for key, list := range valid {
		for _, value := range list {
			cfg := testConfig()
			cfg.House.Width, cfg.House.Height = 64, 64
			cfg.Video = Video{Codec: "libx264", Keyint: 50}
			switch key {
			case videoKey + "preset":
				cfg.Video.Preset = value
			case videoKey + "tune":
				cfg.Video.Tune = value
			case videoKey + "profile":
				cfg.Video.Profile = value
			}
			require.Empty(t, Check(cfg), "%s %s", key, value)
		}
	}
	for _, level := range append(levels, "3.0", "4.0") {
		cfg := testConfig()
		cfg.House.Width, cfg.House.Height = 64, 64
		cfg.Video = Video{Codec: "libx264", Keyint: 50, Level: level}
		require.Empty(t, Check(cfg), "level %s", level)
	}
}
