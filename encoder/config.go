package encoder

import (
	"maps"
	"slices"
	"strconv"

	"github.com/asticode/go-astiav"

	"airloom/playout/media"
)

// Config is how the stream is coded.
type Config struct {
	House media.House
	Video Video
	Audio Audio
}

// Video is the part of the config under encoder.video.
type Video struct {
	Codec   string // "libx264"
	Preset  string // "": the codec's own, as for all that follow
	Tune    string
	Profile string
	Level   string
	CRF     *float64 // nil: none
	Maxrate int64    // bit/s; 0: no ceiling
	Bufsize int64    // bits
	// Keyint is the distance of keyframes, in ticks; MinKeyint the least
	// distance that a scene cut keeps, in pictures.
	Keyint, MinKeyint int
	Scenecut          bool
	// Options are handed to the codec by its own names.
	Options map[string]string
}

// Audio is the part of the config under encoder.audio.
type Audio struct {
	Codec   string // "aac"
	Bitrate int64  // bit/s; 0: the codec's own
	Options map[string]string
}

// option is one of the codec's options, with the config key it comes from.
type option struct{ name, value, key string }

const (
	videoKey = "encoder.video."
	audioKey = "encoder.audio."
)

// x264Fixed makes SPS and PPS stand before every IDR although they are in the
// header too.
const x264Fixed = "repeat-headers=1"

// videoOptions are all options of the video codec. A name is there once:
// [Check] refuses options that have a key of their own.
func (c Config) videoOptions() []option {
	v := c.Video
	opts := slices.DeleteFunc(given(videoKey, v.Options), func(o option) bool { return o.name == "x264-params" })
	set := func(key, name, value string) {
		if value != "" {
			opts = append(opts, option{name: name, value: value, key: videoKey + key})
		}
	}
	set("preset", "preset", v.Preset)
	set("tune", "tune", v.Tune)
	set("profile", "profile", v.Profile)
	set("level", "level", v.Level)
	if v.CRF != nil {
		set("crf", "crf", strconv.FormatFloat(*v.CRF, 'f', -1, 64))
	}
	set("maxrate", "maxrate", number(v.Maxrate))
	set("bufsize", "bufsize", number(v.Bufsize))
	set("keyint", "g", number(int64(v.Keyint)))
	set("min_keyint", "keyint_min", number(int64(v.MinKeyint)))
	if !v.Scenecut {
		set("scenecut", "sc_threshold", "0")
	}
	set("options.bf", "bf", "0")
	set("options.forced-idr", "forced-idr", "1")
	set("options.chroma_sample_location", "chroma_sample_location", "left")
	params := x264Fixed
	if own := v.Options["x264-params"]; own != "" {
		params += ":" + own
	}
	set("options.x264-params", "x264-params", params)
	return opts
}

// audioOptions are all options of the audio codec.
func (c Config) audioOptions() []option {
	opts := given(audioKey, c.Audio.Options)
	if c.Audio.Bitrate != 0 {
		opts = append(opts, option{name: "b", value: number(c.Audio.Bitrate), key: audioKey + "bitrate"})
	}
	return opts
}

// prepareVideo sets what is no option.
func (c Config) prepareVideo(ctx *astiav.CodecContext) {
	h := c.House
	ctx.SetWidth(h.Width)
	ctx.SetHeight(h.Height)
	ctx.SetPixelFormat(astiav.PixelFormatYuv420P)
	ctx.SetTimeBase(astiav.NewRational(int(h.FPS.Den), int(h.FPS.Num)))
	ctx.SetFramerate(astiav.NewRational(int(h.FPS.Num), int(h.FPS.Den)))
	ctx.SetSampleAspectRatio(astiav.NewRational(1, 1))
	ctx.SetColorRange(astiav.ColorRangeMpeg)
	ctx.SetColorSpace(astiav.ColorSpaceBt709)
	ctx.SetColorPrimaries(astiav.ColorPrimariesBt709)
	ctx.SetColorTransferCharacteristic(astiav.ColorTransferCharacteristicBt709)
	ctx.SetFlags(astiav.NewCodecContextFlags(astiav.CodecContextFlagGlobalHeader, astiav.CodecContextFlagClosedGop))
}

// prepareAudio sets what is no option.
func (c Config) prepareAudio(ctx *astiav.CodecContext) {
	ctx.SetSampleFormat(astiav.SampleFormatFltp)
	ctx.SetSampleRate(c.House.SampleRate)
	ctx.SetChannelLayout(astiav.ChannelLayoutStereo)
	ctx.SetTimeBase(astiav.NewRational(1, c.House.SampleRate))
	ctx.SetFlags(astiav.NewCodecContextFlags(astiav.CodecContextFlagGlobalHeader))
}

// given are the options that the user names himself.
func given(key string, options map[string]string) []option {
	var opts []option
	for _, name := range slices.Sorted(maps.Keys(options)) {
		opts = append(opts, option{name: name, value: options[name], key: key + "options." + name})
	}
	return opts
}

func number(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

// dictionary is libav's form of the options. The caller frees it.
func dictionary(opts []option) *astiav.Dictionary {
	d := astiav.NewDictionary()
	for _, o := range opts {
		// Its only error is a lack of memory, which the codec will meet too.
		_ = d.Set(o.name, o.value, 0)
	}
	return d
}

// keys are the names in a dictionary.
func keys(d *astiav.Dictionary) []string {
	var names []string
	all := astiav.NewDictionaryFlags(astiav.DictionaryFlagIgnoreSuffix)
	for e := d.Get("", nil, all); e != nil; e = d.Get("", e, all) {
		names = append(names, e.Key())
	}
	return names
}
