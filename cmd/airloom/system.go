package main

import (
	"log/slog"
	"sync/atomic"

	"airloom/encoder"
	"airloom/playout"
	"airloom/playout/control/past"
	"airloom/playout/levels"
	"airloom/playout/media"
	"airloom/playout/still"
	"airloom/web"
	"airloom/web/hooks"
)

// system is what the desk is told of the process and of the machine.
type system struct {
	log     *past.Log
	history *past.History
	meter   *levels.Meter
	still   *still.Air   // nil: there is no page to show it on
	hooks   *hooks.Hooks // nil: nobody is to be told
	disks   *disks

	examining atomic.Bool // a doctor's child is there
}

// heard is the encoder with an ear to the sound on its way there.
type heard struct {
	*encoder.Encoder
	meter *levels.Meter
}

func (h heard) Offer(t *media.Tick) bool {
	h.meter.Hear(t) // while it is still ours
	return h.Encoder.Offer(t)
}

func (c *channel) heard() playout.Encoder {
	c.system.meter = levels.New(c.cfg.House.SampleRate)
	return heard{c.encoder, c.system.meter}
}

// observe prepares what is noted of the channel while it runs.
func (c *channel) observe() {
	var names []string
	for _, o := range c.outputs {
		names = append(names, o.Status().Name)
	}
	c.system.hooks, c.system.disks = c.hooksOf(), newDisks(c.cfg)
	c.system.history = past.NewHistory(names, c.figures)
	if kept, ok := c.log.Handler().(*past.Handler); ok {
		c.system.log = kept.Log()
	}
}

// observers are the parts that note it.
func (c *channel) observers() []*actor {
	list := []*actor{helper("history", c.system.history.Run), helper("levels", c.system.meter.Run), helper("disks", c.system.disks.run)}
	if c.system.hooks != nil {
		list = append(list, helper("webhooks", c.system.hooks.Run))
	}
	return list
}

// shown is what the web server shows of it.
func (c *channel) shown() web.System {
	s := &c.system
	sys := web.System{Doctor: c.examine, Config: c.effective, Versions: versions, Figures: c.figuresOf, History: s.history, Levels: s.meter}
	if s.log != nil {
		sys.Logs = s.log
	}
	if s.still != nil {
		sys.Still = s.still
	}
	return sys
}

// figures are the channel's, for its history.
func (c *channel) figures() past.Figures {
	_, counts := c.engine.Snapshot()
	f := past.Figures{Ticks: counts.Ticks, Held: counts.Held, Skipped: counts.Skipped}
	f.Memory, f.CPU = past.Usage()
	for _, o := range c.outputs {
		f.Sent = append(f.Sent, o.Status().Sent)
	}
	return f
}

// keeping has the logger's lines kept for the desk, too.
func keeping(log *slog.Logger) *slog.Logger { return slog.New(past.NewLog().Handler(log.Handler())) }
