package main

import (
	"context"
	"path/filepath"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"airloom/configs"
	"airloom/playout/control"
	"airloom/web"
	"airloom/web/hooks"
)

// hooksOf tells others of what changes; nil where there is nobody to be told.
func (c *channel) hooksOf() *hooks.Hooks {
	if len(c.cfg.Webhooks) == 0 {
		return nil
	}
	cfg := hooks.Config{Channel: c.cfg.Channel.Name, Status: c.board.Status, Zone: c.cfg.Channel.Location(), Log: c.log}
	for _, w := range c.cfg.Webhooks {
		cfg.Receivers = append(cfg.Receivers, hooks.Receiver{URL: w.URL.Reveal(), Secret: w.Secret.Reveal(), Events: w.Events})
	}
	return hooks.New(cfg)
}

// figuresOf are what the rooms count, for the metrics.
func (c *channel) figuresOf() web.Figures {
	_, counts := c.engine.Snapshot()
	workers := c.workers.Stats()
	f := web.Figures{
		Items: map[string]int64{}, StoodStill: counts.Late, Quarantine: len(c.store.Banned()),
		Wrong: c.plan.wrong[0].Load(), Doubtful: c.plan.wrong[1].Load(), Crashes: workers.Crashes, Stuck: workers.Stuck,
		Disks: c.system.disks.seen(),
	}
	ended := c.board.Items()
	for i, o := range control.Outcomes {
		f.Items[string(o)] = ended[i]
	}
	if c.system.hooks != nil {
		for _, h := range c.system.hooks.Figures() {
			f.Hooks = append(f.Hooks, web.HookFigures{
				Receiver: h.Receiver, Failures: h.Failures, Waiting: h.Waiting,
				Results: map[string]int64{"delivered": h.Delivered, "given-up": h.GivenUp, "dropped": h.Dropped},
			})
		}
	}
	return f
}

// disks looks at how much room there is where the channel writes. To ask may hang
// with the storage, so whoever wants to know is told what was last seen.
type disks struct {
	folders map[string]string // by what is kept there
	rooms   map[string]*atomic.Pointer[web.Disk]
}

func newDisks(cfg *configs.Config) *disks {
	d := &disks{folders: map[string]string{"state": cfg.State.Dir}, rooms: map[string]*atomic.Pointer[web.Disk]{}}
	if cfg.Record.Dir != "" {
		d.folders["record"] = cfg.Record.Dir
	}
	for what := range d.folders {
		d.rooms[what] = &atomic.Pointer[web.Disk]{}
	}
	return d
}

// seen is how much room there was at the last look.
func (d *disks) seen() map[string]web.Disk {
	m := map[string]web.Disk{}
	for what, p := range d.rooms {
		if room := p.Load(); room != nil {
			m[what] = *room
		}
	}
	return m
}

// run looks now and then. A folder whose storage hangs is not asked again before
// it has answered.
func (d *disks) run(ctx context.Context) error {
	busy := map[string]*atomic.Bool{}
	for what := range d.folders {
		busy[what] = &atomic.Bool{}
	}
	every := time.NewTicker(15 * time.Second)
	defer every.Stop()
	for {
		for what, folder := range d.folders {
			if mine := busy[what]; mine.CompareAndSwap(false, true) {
				go func() {
					d.rooms[what].Store(roomIn(folder))
					mine.Store(false)
				}()
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-every.C:
		}
	}
}

// roomIn is how much room there is in a folder, or in what it will be made in; nil
// where that cannot be told.
func roomIn(folder string) *web.Disk {
	for {
		var s unix.Statfs_t
		if err := unix.Statfs(folder, &s); err == nil {
			return &web.Disk{Free: int64(s.Bavail) * s.Bsize, Size: int64(s.Blocks) * s.Bsize} //nolint:gosec // no disk is that large
		}
		above := filepath.Dir(folder)
		if above == folder {
			return nil
		}
		folder = above
	}
}
