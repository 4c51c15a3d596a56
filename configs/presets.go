package configs

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// The kinds of servers whose rules are known.
const (
	presetAntMedia = "antmedia"
	presetYouTube  = "youtube"
	presetFacebook = "facebook"
	presetTwitch   = "twitch"
	presetMediaMTX = "mediamtx"
)

// Finding is what a kind of server will not take, or will not like.
type Finding struct {
	Key     string // "url": of the output; else a key of the config
	Refused bool   // by the server; else it re-encodes, or complains
	Words   string // without anything of the URL that is secret
}

// rule is what one kind of server asks for.
type rule struct {
	name    string             // for people
	schemes []string           // it takes; none: not said
	keys    int                // seconds from one keyframe to the next, at most; 0: not said
	bits    func(h House) Bits // of picture a second, at most; 0: not said
	asks    bool               // bits is what it recommends as well
	sound   Bits               // a second, that it recommends; 0: not said
	audio   Bits               // a second, at most; 0: not said
	rate    int                // samples a second; 0: not said
	width   int                // at most; 0: not said
	height  int
	host    string // its servers' domain
	app     string // the app of its addresses
}

// rules are figures that the servers' own documentation gives. What it does not
// say, or what has changed and could not be looked up, is left out.
var rules = map[string]rule{
	// Measured with Ant Media Server 2.17.1: its HLS cuts at keyframes alone and
	// into segments of 2 s; with 120 s between them there is no playlist at all.
	// By RTSP it pulls, and takes no publisher (Ant Media's documentation,
	// "Publishing Live Streams": WebRTC, RTMP and, in the Enterprise Edition, SRT).
	presetAntMedia: {name: "Ant Media Server", schemes: []string{"rtmp", "rtmps", "srt"}, keys: 2},
	// YouTube Help, "Choose live encoder settings, bitrates and resolutions":
	// keyframes every 2 s recommended, no more than 4 s; AAC, 128 kbit/s and
	// 44.1 kHz for stereo; a recommended bit rate by size. It re-encodes all.
	// As documented there, not checked here against the service.
	presetYouTube: {name: "YouTube", schemes: []string{"rtmp", "rtmps"}, keys: 4, bits: youtubeBits, asks: true, sound: 128_000, rate: 44100,
		host: ".youtube.com", app: "live2"},
	// Meta, "Live Video API" and "Live video specifications": RTMPS alone since May
	// 2019; a keyframe at least every 2 s; H.264 and AAC, 128 kbit/s at 44.1 or
	// 48 kHz; up to 1080p; up to 4 Mbit/s for 720p at 30. What it takes for more is
	// left out here. As documented there, not checked here against the service.
	presetFacebook: {name: "Facebook", schemes: []string{"rtmps"}, keys: 2, bits: facebookBits, sound: 128_000, width: 1920, height: 1080,
		host: ".facebook.com", app: "rtmp"},
	// Twitch, "Broadcasting Guidelines": a keyframe every 2 s; up to 6000 kbit/s;
	// AAC of up to 160 kbit/s at any rate; up to 1080p.
	// As documented there, not checked here against the service.
	presetTwitch: {name: "Twitch", schemes: []string{"rtmp", "rtmps"}, keys: 2, bits: func(House) Bits { return 6_000_000 },
		audio: 160_000, width: 1920, height: 1080, host: ".twitch.tv", app: "app"},
	// mediamtx passes on what comes and asks for nothing but its streamid.
	presetMediaMTX: {name: "mediamtx"},
}

// youtubeBits is what YouTube recommends for H.264: the second figure of a line
// is for more than 30 pictures a second.
func youtubeBits(h House) Bits {
	lines := []struct {
		height     int
		slow, fast Bits
	}{
		{720, 4_000_000, 6_000_000}, {1080, 10_000_000, 12_000_000},
		{1440, 15_000_000, 24_000_000}, {2160, 30_000_000, 35_000_000},
	}
	for _, l := range lines {
		if min(h.Width, h.Height) <= l.height {
			if h.FPS.Num > 30*h.FPS.Den {
				return l.fast
			}
			return l.slow
		}
	}
	return lines[len(lines)-1].fast
}

// facebookBits is the one figure that is known for certain.
func facebookBits(h House) Bits {
	if min(h.Width, h.Height) <= 720 && h.FPS.Num <= 30*h.FPS.Den {
		return 4_000_000
	}
	return 0
}

// CheckPreset holds what is sent, and where, against the rules of a kind of
// server: a pure function of its arguments. A preset that is not known has none.
func CheckPreset(preset string, e Encoder, h House, target string) (found []Finding) {
	r, ok := rules[preset]
	if !ok {
		return nil
	}
	warn := func(key, format string, args ...any) {
		found = append(found, Finding{Key: key, Words: fmt.Sprintf(format, args...)})
	}
	found = r.address(preset, target)
	if v := e.Video; r.keys > 0 && int64(v.KeyInt)*h.FPS.Den > int64(r.keys)*h.FPS.Num {
		warn("encoder.video.keyint", "%s asks for a keyframe every %d s at least: write %d, or leave the line out", r.name, r.keys, keyInt(h.FPS))
	}
	if r.bits != nil {
		switch most := r.bits(h); {
		case most > 0 && e.Video.MaxRate > most:
			warn("encoder.video.maxrate", "%s is more than the %s that %s asks for at most at %d×%d: write %s", e.Video.MaxRate, most, r.name, h.Width, h.Height, most)
		case r.asks && e.Video.MaxRate < most/2:
			warn("encoder.video.maxrate", "%s is far below the %s that %s asks for at %d×%d, so that it may complain and pictures look worse: write %s, or leave maxrate and bufsize out", e.Video.MaxRate, most, r.name, h.Width, h.Height, most)
		}
	}
	if e.Audio.Bitrate < r.sound/2 {
		warn("encoder.audio.bitrate", "%s is far below the %s that %s asks for: write %s, or leave the line out", e.Audio.Bitrate, r.sound, r.name, r.sound)
	}
	if r.audio > 0 && e.Audio.Bitrate > r.audio {
		warn("encoder.audio.bitrate", "%s is more than the %s that %s takes: write 128k", e.Audio.Bitrate, r.audio, r.name)
	}
	if e.Audio.Codec != "aac" {
		warn("encoder.audio.codec", "%s takes AAC: write aac", r.name)
	}
	if r.rate > 0 && h.SampleRate != r.rate {
		warn("house.sample_rate", "%s asks for %d Hz with two channels: write %d", r.name, r.rate, r.rate)
	}
	if r.width > 0 && (max(h.Width, h.Height) > r.width || min(h.Width, h.Height) > r.height) {
		warn("house.width", "%s takes pictures of up to %d×%d: make the house smaller", r.name, r.width, r.height)
	}
	return found
}

// address is what is wrong with where it is sent.
func (r rule) address(preset, target string) (found []Finding) {
	say := func(refused bool, format string, args ...any) {
		found = append(found, Finding{Key: "url", Refused: refused, Words: fmt.Sprintf(format, args...)})
	}
	scheme, _, _ := strings.Cut(target, "://")
	u, err := url.Parse(target)
	if err != nil {
		return nil // that it is no URL is told already
	}
	switch {
	case preset == presetFacebook && scheme == "rtmp":
		say(true, "Facebook takes RTMPS alone: write rtmps:// and port 443")
	case len(r.schemes) > 0 && !slices.Contains(r.schemes, scheme):
		say(true, "%s takes no publisher by %s: write %s://…", r.name, strings.ToUpper(scheme), r.schemes[0])
	case preset == presetAntMedia && scheme == "srt":
		say(false, "Ant Media Server takes SRT in its Enterprise Edition alone")
	case preset == presetMediaMTX && scheme == "srt":
		// Its documentation, "SRT clients": streamid=publish:path[:user:pass], or
		// SRT's own form with m=publish; anything else means reading.
		if id := u.Query().Get("streamid"); !strings.HasPrefix(id, "publish:") && !strings.Contains(id, "m=publish") {
			say(true, "mediamtx takes a streamid without publish: for a reader's: write streamid=publish:path")
		}
	case r.host != "" && strings.HasSuffix(u.Hostname(), r.host):
		if app, key, _ := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/"); app != r.app || key == "" {
			say(true, "the addresses of %s have the form %s://%s/%s/KEY: write it so", r.name, scheme, u.Host, r.app)
		}
	}
	return found
}

// keyInt is two seconds of pictures: what every server that says anything takes.
func keyInt(fps Rate) int { return int(max(1, 2*fps.Num/fps.Den)) }

// gopDefaults has keyframes two seconds apart at any rate of pictures, where the
// file leaves that open: no server wants more.
func (c *Config) gopDefaults() {
	if c.reading.Has("encoder.video.keyint") || c.House.FPS.Num <= 0 || c.House.FPS.Den <= 0 {
		return
	}
	v := &c.Encoder.Video
	v.KeyInt = keyInt(c.House.FPS)
	if !c.reading.Has("encoder.video.min_keyint") {
		v.MinKeyInt = max(1, v.KeyInt/2)
	}
}

// presetDefaults sets the bit rates that the presets ask for, where the file leaves
// them open. All outputs have the one stream: of several presets the smallest
// figure counts, and an output without one takes what the others ask for. The rate
// of samples is the house's, and 44.1 kHz suits all of them.
func (c *Config) presetDefaults() {
	var picture, sound Bits
	for _, o := range c.Outputs {
		r := rules[o.Preset]
		if r.bits != nil {
			picture = smaller(picture, r.bits(c.House))
		}
		sound = smaller(sound, smaller(r.sound, r.audio))
	}
	if sound > 0 && !c.reading.Has("encoder.audio.bitrate") {
		c.Encoder.Audio.Bitrate = sound
	}
	v := &c.Encoder.Video
	if picture == 0 || c.reading.Has("encoder.video.bufsize") {
		return // the two belong together
	}
	bits, buffer := c.levelBits()
	if !c.reading.Has("encoder.video.maxrate") {
		v.MaxRate = smaller(picture, bits)
	}
	v.BufSize = smaller(2*v.MaxRate, buffer)
}

// smaller is the smaller of two figures; 0 is none.
func smaller(a, b Bits) Bits {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

// levelBits is what the configured level takes a second, and its buffer; 0: there is
// no such level.
func (c *Config) levelBits() (bits, buffer Bits) {
	name, factor := strings.TrimSuffix(c.Encoder.Video.Level, ".0"), c.demand().factor
	for _, l := range levels {
		if l.name == name {
			return Bits(l.bits * factor), Bits(l.cpb * factor)
		}
	}
	return 0, 0
}

// validatePresets holds each output against the rules of its kind of server.
func (c *Config) validatePresets() {
	told := map[Finding]bool{}
	open := !c.reading.Has("encoder.video.maxrate") && !c.reading.Has("encoder.video.bufsize") // so a preset has set them
	for _, o := range c.Outputs {
		if o.Preset == "" {
			continue
		}
		c.oneOf(o.Key+".preset", o.Preset, presetAntMedia, presetYouTube, presetFacebook, presetTwitch, presetMediaMTX)
		for _, f := range CheckPreset(o.Preset, c.Encoder, c.House, o.URL.Reveal()) {
			if told[f] && f.Key != "url" || f.Key == "encoder.video.maxrate" && open {
				continue
			}
			told[f] = true
			if f.Key == "url" {
				f.Key = o.Key + ".url"
			}
			if f.Refused {
				c.errorf(f.Key, "%s", f.Words)
			} else {
				c.warnf(f.Key, "%s", f.Words)
			}
		}
	}
}
