package configs

import "time"

// HLSName and RecordName are the names that these ways out have among the outputs.
const (
	HLSName    = "hls"
	RecordName = "record"
)

// shortToken is how long one must be that nobody can find by trying.
const shortToken = 16

// muchHLS is how much of the machine's memory segments may take unsaid, in MB.
const muchHLS = 256

func (c *Config) validateHLS() {
	h := c.HLS
	if h.Variant == "" {
		if h.Token.Reveal() != "" {
			c.errorf("hls.token", "there is no HLS to keep people from: set hls.variant, or remove the line")
		}
		return
	}
	c.oneOf("hls.variant", h.Variant, "mpegts", "fmp4", "lowlatency")
	c.atLeast("hls.segment", h.Segment, time.Second)
	if h.Segment > 10*time.Second {
		c.errorf("hls.segment", "%s is too long: write 10s or less, as players begin three segments behind", short(h.Segment))
	}
	mb := int64(h.Segment.Seconds()*float64(h.Segments)*float64(c.Encoder.Video.MaxRate)/8) >> 20
	switch {
	case h.Segments < 3 || h.Segments > 100:
		c.errorf("hls.segments", "%d cannot be offered: write 3 to 100", h.Segments)
	case h.Segment <= 10*time.Second && mb > muchHLS:
		c.warnf("hls.segments", "%d segments of %s at encoder.video.maxrate take up to %d MB of memory, and twice that for a while after a gap: offer fewer", h.Segments, short(h.Segment), mb)
	}
	if n := len(h.Token.Reveal()); n > 0 && n < shortToken {
		c.warnf("hls.token", "it can be guessed, as it has %d characters: write %d or more", n, shortToken)
	}
	if c.Web.Listen == "" {
		c.errorf("hls.variant", "nobody can pull it, as there is no web server: set web.listen, or remove the line")
	}
	c.unnamed("hls", HLSName)
}

// unnamed complains where an output has the name that a section's own has.
func (c *Config) unnamed(section, name string) {
	for _, o := range c.Outputs {
		if o.Name == name {
			c.errorf(o.Key+".name", "%s is the name of the section %s's own output: choose another", c.reading.Quote(o.Key+".name", name), section)
		}
	}
}
