package encoder

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/asticode/go-astiav"

	"airloom/playout/media/av"
)

// KeyError is a config key whose value a codec refuses.
type KeyError struct {
	Key     string // as in the config: "encoder.video.preset"
	Message string // what is wrong, and what to do
}

func (e KeyError) Error() string { return e.Key + ": " + e.Message }

// Check names every key that the codecs refuse or would quietly ignore. It
// opens them, which takes a few milliseconds. The house is taken to be right.
func Check(cfg Config) []KeyError {
	cfg, bad := cfg.withoutTaken()
	bad = append(bad, cfg.checkVideo()...)
	return append(bad, cfg.checkAudio()...)
}

func (c Config) checkVideo() []KeyError {
	v := c.Video
	found := astiav.FindEncoderByName(v.Codec)
	if found == nil || found.ID() != astiav.CodecIDH264 {
		return []KeyError{{videoKey + "codec", fmt.Sprintf("there is no H.264 encoder %q in this build: use libx264", v.Codec)}}
	}
	var bad []KeyError
	if v.Keyint < 1 {
		bad = append(bad, KeyError{videoKey + "keyint", "the distance of keyframes has to be at least 1 tick: two seconds are usual"})
	}
	t := trial{cfg: c, codec: v.Codec, prepare: c.prepareVideo}
	bad = append(bad, t.check(c.videoOptions())...)
	return bad
}

func (c Config) checkAudio() []KeyError {
	found := astiav.FindEncoderByName(c.Audio.Codec)
	if found == nil || found.ID() != astiav.CodecIDAac {
		return []KeyError{{audioKey + "codec", fmt.Sprintf("there is no AAC encoder %q in this build: use aac", c.Audio.Codec)}}
	}
	t := trial{cfg: c, codec: c.Audio.Codec, prepare: c.prepareAudio}
	return t.check(c.audioOptions())
}

// joined is the key errors as one error, or nil.
func joined(bad []KeyError) error {
	var all []error
	for _, k := range bad {
		all = append(all, k)
	}
	return errors.Join(all...)
}

// trial opens a codec to see what it says.
type trial struct {
	cfg     Config
	codec   string
	prepare func(*astiav.CodecContext)
}

// outcome is what a codec said to a set of options.
type outcome struct {
	err      error
	unknown  []string // names of options it does not have
	lines    []string // its warnings and errors
	reorders bool     // it would make B frames
}

func (t trial) open(opts []option) (o outcome) {
	d := dictionary(opts)
	defer d.Free()
	o.lines = av.Capture(astiav.LogLevelWarning, func() {
		var c *codec
		if c, o.err = openCodec(t.codec, t.prepare, d); o.err == nil {
			o.reorders = c.reorders()
			c.free()
		}
	})
	if o.err == nil {
		o.unknown = keys(d)
	}
	return o
}

// check names the keys that are refused, all of them: what makes the codec
// refuse to open is named and left out, until it opens.
func (t trial) check(opts []option) []KeyError {
	opts, bad := t.listed(opts)
	if o := t.open(nil); o.err != nil {
		return append(bad, t.unexplained(o))
	}
	for {
		o := t.open(opts)
		if o.err == nil {
			return append(bad, t.said(o, opts)...)
		}
		guilty := t.guilty(opts)
		if len(guilty) == 0 {
			return append(bad, t.unexplained(o))
		}
		for _, g := range guilty {
			bad = append(bad, t.refusal(g, o))
		}
		opts = slices.DeleteFunc(opts, func(o option) bool { return slices.Contains(guilty, o) })
	}
}

// listed sorts out the values that no list has: x264 would name them on stderr,
// past every log.
func (t trial) listed(opts []option) (good []option, bad []KeyError) {
	for _, o := range opts {
		list := valid[o.key]
		if list == nil || !slices.ContainsFunc(parts(o), func(v string) bool { return !slices.Contains(list, v) }) {
			good = append(good, o)
			continue
		}
		bad = append(bad, t.notListed(o))
	}
	return good, bad
}

// parts are the values in an option: tunes may be several.
func parts(o option) []string {
	return strings.FieldsFunc(o.value, func(r rune) bool { return r == ',' || r == '+' })
}

func (t trial) notListed(o option) KeyError {
	return KeyError{o.key, fmt.Sprintf("%s knows no %s %q: use one of %s", t.codec, o.name, o.value, strings.Join(valid[o.key], ", "))}
}

// guilty are the options that are refused even alone; where each is fine alone,
// the first without which the rest is taken.
func (t trial) guilty(opts []option) (bad []option) {
	for _, o := range opts {
		if t.open([]option{o}).err != nil {
			bad = append(bad, o)
		}
	}
	if len(bad) > 0 {
		return bad
	}
	for i, o := range opts {
		rest := slices.Delete(slices.Clone(opts), i, i+1)
		if t.open(rest).err == nil {
			return []option{o}
		}
	}
	return nil
}

// refusal is the sentence about an option that keeps the codec from opening.
func (t trial) refusal(o option, whole outcome) KeyError {
	alone := t.open([]option{o})
	if alone.err != nil && o.key == videoKey+"level" {
		return KeyError{o.key, fmt.Sprintf("H.264 has no level %q: use one of %s", o.value, strings.Join(levels, ", "))}
	}
	if alone.err != nil {
		return KeyError{o.key, fmt.Sprintf("%s does not take %s=%s: %s. Correct or remove it", t.codec, o.name, o.value, alone.words())}
	}
	return KeyError{o.key, fmt.Sprintf("%s does not take %s=%s together with the other settings: %s. Change one of them",
		t.codec, o.name, o.value, whole.words())}
}

// unexplained is for a codec that no single option makes refuse.
func (t trial) unexplained(o outcome) KeyError {
	for _, l := range o.lines {
		if strings.HasPrefix(l, "Specified sample rate") {
			return KeyError{"house.sample_rate", fmt.Sprintf("the %s encoder cannot code %d Hz: use 44100 or 48000", t.codec, t.cfg.House.SampleRate)}
		}
	}
	return KeyError{"encoder", fmt.Sprintf("%s does not open for %dx%d at %s fps and %d Hz: %s", t.codec,
		t.cfg.House.Width, t.cfg.House.Height, t.cfg.House.FPS, t.cfg.House.SampleRate, o.words())}
}

// words is the last of what the codec said: the most precise, as a rule.
func (o outcome) words() string {
	if len(o.lines) == 0 {
		return o.err.Error()
	}
	return strings.TrimRight(o.lines[len(o.lines)-1], ". ")
}
