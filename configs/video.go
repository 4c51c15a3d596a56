package configs

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// level is a row of table A-1 of H.264: what a decoder of that level can take.
type level struct {
	name  string
	rate  int64 // macroblocks a second
	frame int64 // macroblocks a picture
	bits  int64 // 1000 bits a second; High takes a quarter more
	cpb   int64 // 1000 bits of buffer; likewise
}

var levels = []level{
	{"1", 1485, 99, 64, 175}, {"1b", 1485, 99, 128, 350}, {"1.1", 3000, 396, 192, 500},
	{"1.2", 6000, 396, 384, 1000}, {"1.3", 11880, 396, 768, 2000}, {"2", 11880, 396, 2000, 2000},
	{"2.1", 19800, 792, 4000, 4000}, {"2.2", 20250, 1620, 4000, 4000}, {"3", 40500, 1620, 10000, 10000},
	{"3.1", 108000, 3600, 14000, 14000}, {"3.2", 216000, 5120, 20000, 20000}, {"4", 245760, 8192, 20000, 25000},
	{"4.1", 245760, 8192, 50000, 62500}, {"4.2", 522240, 8704, 50000, 62500}, {"5", 589824, 22080, 135000, 135000},
	{"5.1", 983040, 36864, 240000, 240000}, {"5.2", 2073600, 36864, 240000, 240000},
	{"6", 4177920, 139264, 240000, 240000}, {"6.1", 8355840, 139264, 480000, 480000}, {"6.2", 16711680, 139264, 800000, 800000},
}

// demand is what a stream asks of a level.
type demand struct {
	wide, high   int64 // macroblocks
	num, den     int64 // pictures a second
	maxrate, cpb int64 // bits
	factor       int64 // bits a unit of the table
}

func (c *Config) demand() demand {
	v := c.Encoder.Video
	d := demand{
		wide: (int64(c.House.Width) + 15) / 16, high: (int64(c.House.Height) + 15) / 16,
		num: c.House.FPS.Num, den: c.House.FPS.Den,
		maxrate: int64(v.MaxRate), cpb: int64(v.BufSize), factor: 1000,
	}
	if v.Profile == "high" {
		d.factor = 1250
	}
	return d
}

// refuse says what the level cannot take: the key, and words; or "".
func (l level) refuse(d demand) (key, words string) {
	size := d.wide * d.high
	switch {
	case size > l.frame || d.wide*d.wide > 8*l.frame || d.high*d.high > 8*l.frame:
		return "encoder.video.level", fmt.Sprintf("level %s takes pictures of up to %d macroblocks, and this one has %d×%d", l.name, l.frame, d.wide, d.high)
	case size*d.num > l.rate*d.den:
		return "encoder.video.level", fmt.Sprintf("level %s takes up to %d macroblocks a second, and this is %d", l.name, l.rate, size*d.num/d.den)
	case d.maxrate > l.bits*d.factor:
		return "encoder.video.maxrate", fmt.Sprintf("level %s takes up to %s", l.name, Bits(l.bits*d.factor))
	case d.cpb > l.cpb*d.factor:
		return "encoder.video.bufsize", fmt.Sprintf("level %s takes up to %s", l.name, Bits(l.cpb*d.factor))
	}
	return "", ""
}

// lowest is the first level that takes it all, or "".
func lowest(d demand) string {
	for _, l := range levels {
		if key, _ := l.refuse(d); key == "" && l.name != "1b" {
			return l.name
		}
	}
	return ""
}

func (c *Config) validateHouse() {
	h := c.House
	for _, side := range []struct {
		key  string
		size int
	}{{"house.width", h.Width}, {"house.height", h.Height}} {
		switch {
		case side.size < 16 || side.size > 8192:
			c.errorf(side.key, "%d is outside of 16 to 8192", side.size)
		case side.size%2 != 0:
			c.errorf(side.key, "%d is odd, and colour has half the size: write %d or %d", side.size, side.size-1, side.size+1)
		}
	}
	rates := []int{22050, 24000, 32000, 44100, 48000}
	if !slices.Contains(rates, h.SampleRate) {
		c.errorf("house.sample_rate", "%d Hz is not possible: write 44100 or 48000", h.SampleRate)
	}
	c.oneOf("house.fit", h.Fit, "pad", "crop", "stretch")
}

const copyWords = "copy is not possible: clips become one stream only by coding them all alike, in the house format; write %s"

// validateVideo checks what concerns more than the codec alone: the names of
// presets and the like are the encoder's to refuse.
func (c *Config) validateVideo() {
	v := c.Encoder.Video
	if v.Codec == "copy" {
		c.errorf("encoder.video.codec", copyWords, "libx264")
	}
	c.oneOf("encoder.video.profile", v.Profile, "baseline", "main", "high")
	if v.CRF < 1 || v.CRF > 51 {
		c.errorf("encoder.video.crf", "%v is outside of 1 (best) to 51 (worst): 23 is usual", v.CRF)
	}
	c.validateRate(v)
	c.validateGOP(v)
	c.validateLevel(v)
	c.validateOptions("encoder.video", v.Options, videoOwn)
}

func (c *Config) validateRate(v Video) {
	switch {
	case v.MaxRate < 10_000:
		c.errorf("encoder.video.maxrate", "%s is too low for a picture: write 1300k, and at least 10k", v.MaxRate)
	case v.BufSize < v.MaxRate/10:
		c.errorf("encoder.video.bufsize", "%s is less than a tenth of a second of maxrate (%s): write about twice maxrate", v.BufSize, v.MaxRate)
	case v.BufSize < v.MaxRate/2:
		c.warnf("encoder.video.bufsize", "%s is less than half a second of maxrate (%s), so pictures will suffer: about twice maxrate is usual", v.BufSize, v.MaxRate)
	case v.BufSize > 8*v.MaxRate:
		c.warnf("encoder.video.bufsize", "%s is more than eight seconds of maxrate (%s), so viewers may starve: about twice maxrate is usual", v.BufSize, v.MaxRate)
	}
}

// validateGOP: Ant Media Server cuts HLS at keyframes alone. Two seconds apart
// is what it wants; with twelve, viewers wait that long for a first picture.
func (c *Config) validateGOP(v Video) {
	fps := c.House.FPS
	twoSeconds := max(1, 2*fps.Num/fps.Den)
	const key = "encoder.video.keyint"
	span := fmt.Sprintf("keyint %d at %s pictures a second is a keyframe every %s s", v.KeyInt, fps, seconds(int64(v.KeyInt)*fps.Den, fps.Num))
	switch n := int64(v.KeyInt) * fps.Den; {
	case v.KeyInt < 1:
		c.errorf(key, "%d pictures are no distance: write two seconds of them, %d", v.KeyInt, twoSeconds)
		return
	case n > 10*fps.Num:
		c.errorf(key, "%s, and players would wait as long for a picture: write keyint: %d, two seconds", span, twoSeconds)
	case n > 2*fps.Num:
		c.warnf(key, "%s; servers cut their segments there and want 2 s at most: write keyint: %d", span, twoSeconds)
	}
	switch {
	case v.MinKeyInt < 1 || v.MinKeyInt > v.KeyInt:
		at := "encoder.video.min_keyint"
		if !c.reading.Has(at) {
			at = "encoder.video.keyint"
		}
		c.errorf(at, "min_keyint %d is outside of 1 to keyint (%d): write %d", v.MinKeyInt, v.KeyInt, max(1, v.KeyInt/2))
	case v.MinKeyInt > v.KeyInt/2+1:
		c.warnf("encoder.video.min_keyint", "%d is more than half of keyint (%d), and x264 would take %d", v.MinKeyInt, v.KeyInt, v.KeyInt/2+1)
	}
}

// seconds is a ratio with up to two decimals.
func seconds(num, den int64) string {
	return strings.TrimSuffix(strings.TrimRight(strconv.FormatFloat(float64(num)/float64(den), 'f', 2, 64), "0"), ".")
}

func (c *Config) validateLevel(v Video) {
	name := strings.TrimSuffix(v.Level, ".0")
	i := slices.IndexFunc(levels, func(l level) bool { return l.name == name })
	if i < 0 {
		c.errorf("encoder.video.level", `%s is no level of H.264: write one such as "3.1" or "4.1"`, c.reading.Quote("encoder.video.level", v.Level))
		return
	}
	d := c.demand()
	key, words := levels[i].refuse(d)
	if key == "" {
		return
	}
	// Nothing in the file is wrong by itself: point at what the file sets.
	if !c.reading.Has(key) {
		for _, other := range []string{"encoder.video.level", "house.height", "house.width", "house.fps"} {
			if c.reading.Has(other) {
				key = other
				break
			}
		}
	}
	house := fmt.Sprintf("%dx%d at %s", c.House.Width, c.House.Height, c.House.FPS)
	less := ""
	if strings.HasSuffix(key, "rate") || strings.HasSuffix(key, "size") {
		less = "less, or "
	}
	if best := lowest(d); best != "" {
		c.errorf(key, "%s (%s): write %sencoder.video.level: %q", words, house, less, best)
	} else {
		c.errorf(key, "%s (%s), and no level takes more: make it smaller", words, house)
	}
}

// videoOwn and audioOwn are codec options that a key of ours sets.
var videoOwn = map[string]string{
	"preset": "preset", "tune": "tune", "profile": "profile", "level": "level", "crf": "crf",
	"maxrate": "maxrate", "bufsize": "bufsize", "g": "keyint", "keyint": "keyint", "keyint_min": "min_keyint",
	"sc_threshold": "scenecut", "scenecut": "scenecut", "b": "maxrate",
}

var audioOwn = map[string]string{"b": "bitrate", "ab": "bitrate"}

func (c *Config) validateOptions(section string, options map[string]string, own map[string]string) {
	for name, value := range options {
		key := section + ".options." + name
		switch ours := own[name]; {
		case ours != "":
			c.errorf(key, "airloom has a key for this: write %s.%s", section, ours)
		case (name == "bf" || name == "bframes") && value != "0":
			c.errorf(key, "airloom never makes B-frames, as they would delay the stream: remove it")
		case name == "x264-params" || name == "x264opts" || name == "x264_opts":
			c.validateParams(key, section, value, own)
		}
	}
}

// validateParams looks into a list such as "aq-mode=2:bframes=3".
func (c *Config) validateParams(key, section, value string, own map[string]string) {
	for param := range strings.SplitSeq(value, ":") {
		name, v, _ := strings.Cut(param, "=")
		switch name = strings.ReplaceAll(strings.TrimSpace(name), "_", "-"); {
		case name == "bframes" && v != "0":
			c.errorf(key, "bframes: airloom never makes B-frames, as they would delay the stream: remove it")
		case name == "keyint" || name == "min-keyint" || name == "vbv-maxrate" || name == "vbv-bufsize" || own[name] != "":
			c.errorf(key, "%s: airloom has a key for this: set it in %s", name, section)
		}
	}
}

func (c *Config) validateAudio() {
	a := c.Encoder.Audio
	if a.Codec == "copy" {
		c.errorf("encoder.audio.codec", copyWords, "aac")
	}
	// An AAC frame holds at most 6144 bits a channel and 1024 samples.
	most := Bits(2*6*int64(c.House.SampleRate)) / 1000 * 1000
	if a.Bitrate < 16_000 || a.Bitrate > most {
		c.errorf("encoder.audio.bitrate", "%s is outside of 16k to %s: 128k is usual", a.Bitrate, most)
	}
	c.validateOptions("encoder.audio", a.Options, audioOwn)
}
