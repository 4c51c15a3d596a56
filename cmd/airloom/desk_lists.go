package main

import (
	"cmp"
	"context"
	"time"

	"airloom/playlist"
	"airloom/playlist/library"
	"airloom/playout/timeline"
)

// deskLists is the playlists' folder as the web server has it: what it changes
// there is in the plan when it answers.
type deskLists struct {
	*library.Library
	plan *programme
}

// planned has the plan know of a change that was made. It may be known later: the
// change stands.
func (l deskLists) planned(ctx context.Context, err error) error {
	if err == nil {
		_ = l.plan.replan(ctx)
	}
	return err
}

// Save is the library's, and planned.
func (l deskLists) Save(ctx context.Context, name string, data []byte, ifVersion string) (string, error) {
	version, err := l.Library.Save(ctx, name, data, ifVersion)
	return version, l.planned(ctx, err)
}

// Remove is the library's, and planned.
func (l deskLists) Remove(ctx context.Context, name, ifVersion string) error {
	return l.planned(ctx, l.Library.Remove(ctx, name, ifVersion))
}

// Rename is the library's, and planned.
func (l deskLists) Rename(ctx context.Context, name, to, ifVersion string) error {
	return l.planned(ctx, l.Library.Rename(ctx, name, to, ifVersion))
}

// Restore is the library's, and planned.
func (l deskLists) Restore(ctx context.Context, name, id, ifVersion string) (string, error) {
	version, err := l.Library.Restore(ctx, name, id, ifVersion)
	return version, l.planned(ctx, err)
}

// Base is the name of the base playlist.
func (l deskLists) Base() string { return baseName(l.plan.cfg) }

// Options is what a playlist of that name is checked against.
func (l deskLists) Options(name string) playlist.Options {
	o := libraryOptions(l.plan.cfg)
	o.Name = name
	return o
}

// Length is how long an item airs once, as far as it is known.
func (l deskLists) Length(it playlist.Item) (d time.Duration, plays bool, why string) {
	if it.Include != "" {
		return 0, true, ""
	}
	_, why = l.plan.prober.Why(it)
	n := lengths(l.plan.cfg, l.plan.prober)(it)
	if n < 0 {
		return 0, false, cmp.Or(why, "it cannot play")
	}
	return timeline.Of(houseOf(l.plan.cfg)).Duration(n), true, why
}
