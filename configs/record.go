package configs

import "time"

func (c *Config) validateRecord() {
	r := c.Record
	if r.Dir == "" {
		return
	}
	c.path("record.dir", r.Dir)
	switch day := 24 * time.Hour; {
	case r.Each < time.Second:
		c.errorf("record.each", "%s is too short: write 1s or more", short(r.Each))
	case r.Each > day || day%r.Each != 0:
		c.errorf("record.each", "files begin by the clock, and a day is no multiple of %s: write 15m, 1h, 6h or 24h, say", short(r.Each))
	case r.Each < time.Minute:
		c.warnf("record.each", "%s makes %d files a day: 1h is usual", short(r.Each), day/r.Each)
	}
	if r.Keep < r.Each {
		c.errorf("record.keep", "%s is shorter than one file (%s): write more", short(r.Keep), short(r.Each))
	}
	if r.Dir == c.Media.Root || within(c.Media.Root, r.Dir) {
		c.warnf("record.dir", "it lies in the media folder, so that what was recorded is offered for airing and looked at: write a folder outside of %s", c.Media.Root)
	}
	c.unnamed("record", RecordName)
}
