package encoder

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// levels are H.264's, lowest first.
var levels = []string{"1", "1b", "1.1", "1.2", "1.3", "2", "2.1", "2.2", "3", "3.1", "3.2", "4", "4.1", "4.2", "5", "5.1", "5.2", "6", "6.1", "6.2"}

// valid is what some keys may hold. A test holds it against x264.
var valid = map[string][]string{
	videoKey + "preset":  {"ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow", "placebo"},
	videoKey + "tune":    {"zerolatency", "fastdecode", "film", "animation", "grain", "stillimage", "psnr", "ssim"},
	videoKey + "profile": {"baseline", "main", "high"},
}

// said reads the warnings of a codec that did open. It says that it will ignore
// something, or that the stream will not be what was asked for, only there.
func (t trial) said(o outcome, opts []option) (bad []KeyError) {
	for _, name := range o.unknown {
		i := slices.IndexFunc(opts, func(o option) bool { return o.name == name })
		bad = append(bad, KeyError{opts[i].key, fmt.Sprintf("%s has no option %q: correct its name or remove it (ffmpeg -h encoder=%[1]s lists them)", t.codec, name)})
	}
	var beyond []string
	for _, l := range o.lines {
		switch {
		case strings.HasPrefix(l, "Error parsing option '"):
			what := strings.TrimSuffix(strings.TrimPrefix(l, "Error parsing option '"), "'.")
			bad = append(bad, KeyError{videoKey + "options.x264-params", fmt.Sprintf("x264 does not take %q: correct or remove it", what)})
		case strings.Contains(l, "> level limit"):
			beyond = append(beyond, l)
		case strings.HasPrefix(l, "VBV bufsize set but maxrate unspecified"):
			bad = append(bad, KeyError{videoKey + "bufsize", "has no effect without maxrate: set that too, or leave both out"})
		case strings.HasPrefix(l, "VBV maxrate specified, but no bufsize"):
			bad = append(bad, KeyError{videoKey + "maxrate", "has no effect without bufsize: set that too, twice the maxrate is usual"})
		case strings.HasPrefix(l, "Too many bits"):
			bad = append(bad, KeyError{audioKey + "bitrate", fmt.Sprintf("%d bit/s are more than AAC can carry at %d Hz: 128k is usual", t.cfg.Audio.Bitrate, t.cfg.House.SampleRate)})
		}
	}
	if len(beyond) > 0 {
		bad = append(bad, t.tooLow(beyond, opts))
	}
	if o.reorders {
		bad = append(bad, KeyError{videoKey + "options", "these options make B frames, which the stream cannot have: remove what turns them on"})
	}
	return bad
}

// tooLow is the sentence about a level that the stream would exceed.
func (t trial) tooLow(beyond []string, opts []option) KeyError {
	h, v := t.cfg.House, t.cfg.Video
	remedy := "lower the size, the frame rate or the maxrate"
	for _, level := range levels[min(slices.Index(levels, v.Level)+1, len(levels)):] {
		try := slices.Clone(opts)
		for i := range try {
			if try[i].key == videoKey+"level" {
				try[i].value = level
			}
		}
		o := t.open(try)
		if o.err == nil && !slices.ContainsFunc(o.lines, func(l string) bool { return strings.Contains(l, "> level limit") }) {
			remedy = fmt.Sprintf("use %q or higher, or "+remedy, level)
			break
		}
	}
	return KeyError{videoKey + "level", fmt.Sprintf("%s is too low for %dx%d at %s fps with a maxrate of %d kbit/s (%s): %s",
		v.Level, h.Width, h.Height, h.FPS, v.Maxrate/1000, strings.Join(beyond, "; "), remedy)}
}

// taken are options that may not be given by name, with what to do instead.
var taken = map[string]map[string]string{
	videoKey: {
		"preset": "preset", "tune": "tune", "profile": "profile", "level": "level", "crf": "crf",
		"maxrate": "maxrate", "bufsize": "bufsize", "g": "keyint", "keyint_min": "min_keyint", "sc_threshold": "scenecut",
		"bf": "", "forced-idr": "", "flags": "", "time_base": "", "intra-refresh": "", "x264opts": "options.x264-params",
	},
	audioKey: {"b": "bitrate", "ab": "bitrate", "flags": "", "ar": "", "ac": "", "ch_layout": "", "time_base": ""},
}

// takenParams are the same within x264-params.
var takenParams = map[string]string{
	"keyint": "keyint", "min-keyint": "min_keyint", "scenecut": "scenecut", "no-scenecut": "scenecut",
	"preset": "preset", "tune": "tune", "profile": "profile", "level": "level", "crf": "crf",
	"vbv-maxrate": "maxrate", "vbv-bufsize": "bufsize",
	"bframes": "", "open-gop": "", "intra-refresh": "", "annexb": "", "repeat-headers": "", "force-cfr": "",
	"fps": "", "timebase": "", "fullrange": "", "interlaced": "", "tff": "", "bff": "", "pulldown": "", "fake-interlaced": "",
}

// withoutTaken names the options that are given twice or may not be changed,
// and leaves them out.
func (c Config) withoutTaken() (Config, []KeyError) {
	var bad []KeyError
	refuse := func(section, at, name, instead string) {
		words := fmt.Sprintf("%s is airloom's own to set, or the stream could not go on for ever: remove it", name)
		if instead != "" {
			words = fmt.Sprintf("%s has a key of its own: set %s%s instead", name, section, instead)
		}
		bad = append(bad, KeyError{section + "options." + at, words})
	}
	c.Video.Options, c.Audio.Options = maps.Clone(c.Video.Options), maps.Clone(c.Audio.Options)
	for _, at := range []struct {
		section string
		options map[string]string
	}{{videoKey, c.Video.Options}, {audioKey, c.Audio.Options}} {
		for _, o := range given(at.section, at.options) {
			if instead, ok := taken[at.section][o.name]; ok {
				refuse(at.section, o.name, o.name, instead)
				delete(at.options, o.name)
			}
		}
	}
	if params, ok := c.Video.Options["x264-params"]; ok {
		c.Video.Options["x264-params"] = strings.Join(slices.DeleteFunc(strings.Split(params, ":"), func(param string) bool {
			name, _, _ := strings.Cut(param, "=")
			instead, ok := takenParams[strings.ReplaceAll(name, "_", "-")]
			if ok {
				refuse(videoKey, "x264-params", name, instead)
			}
			return ok
		}), ":")
	}
	return c, bad
}
