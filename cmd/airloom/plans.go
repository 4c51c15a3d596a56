package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"airloom/configs"
	"airloom/playlist"
	"airloom/playlist/library"
	"airloom/playlist/schedule"
	"airloom/playout/asrun"
	"airloom/playout/probe"
	"airloom/playout/timeline"
)

// outlook is what commands that look ahead know: the plans as the channel would
// make them of what there is now, and where it stands.
type outlook struct {
	cfg      *configs.Config
	zone     *time.Location
	grid     timeline.Grid
	prober   *probe.Prober
	plans    *schedule.Plans
	problems playlist.Problems // of the playlists
	promised map[promise]time.Duration

	// What is looked at: from tick 0, due at from, up to tick end. After is on
	// air then and is left at its tick left, or stays there where on is set; zero:
	// the programme begins.
	from  time.Time
	end   int64
	after playlist.Entry
	left  int64
	on    bool
}

// lookAheadFlags are the flags of all commands that look ahead.
func lookAheadFlags(cmd *cobra.Command, length string) {
	cmd.Flags().String("from", "", `from when on: "2026-11-21 20:00", "20:00", "tomorrow", "now" or RFC 3339 (default now)`)
	cmd.Flags().String("for", length, "how long, such as 90m, 24h or 30d")
	cmd.Flags().Bool("json", false, "as JSON")
}

// lookAhead reads config, playlists and state, and looks at all media they name.
func lookAhead(cmd *cobra.Command) (*outlook, error) {
	path, err := configPath(cmd)
	if err != nil {
		return nil, err
	}
	cfg, problems := configs.Load(path)
	for _, p := range problems {
		fmt.Fprintln(cmd.ErrOrStderr(), p)
	}
	if problems.Fatal() {
		return nil, silentError{errors.New("the config has mistakes")}
	}
	o := &outlook{cfg: cfg, zone: cfg.Channel.Location(), grid: timeline.Of(houseOf(cfg))}
	now := time.Now()
	if o.from, err = pointFlag(cmd, "from", now, o.zone, now); err != nil {
		return nil, err
	}
	length, err := spanFlag(cmd, "for")
	if err != nil {
		return nil, err
	}
	o.end = o.grid.TickAt(length)
	log := slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	o.prober = probe.New(probe.Options{House: houseOf(cfg), Media: mediaOptions(cfg), StateDir: cfg.State.Dir, Log: log})
	if err := o.plan(cmd.Context(), cmd.ErrOrStderr()); err != nil {
		return nil, err
	}
	from, _ := cmd.Flags().GetString("from")
	if o.from.Before(now.Add(-time.Second)) {
		fmt.Fprintln(cmd.ErrOrStderr(), "that time has passed: this is what a channel would air that begins then. 'airloom asrun' tells what did air")
	}
	return o, o.stand(cmd.Context(), from == "" || from == "now")
}

// plan makes the plans of the playlists' folder.
func (o *outlook) plan(ctx context.Context, told io.Writer) error {
	snap, err := readFolder(ctx, o.cfg)
	if err != nil {
		return err
	}
	problems := append(opened(o.cfg, snap.All()), lacksBase(o.cfg, snap)...)
	lists := withSomeBase(o.cfg, snap.Playlists())
	o.promised = promises(lists)
	var items []playlist.Item
	for _, l := range lists {
		items = append(items, l.Items...)
	}
	if folder := o.cfg.Fallback.Fillers; folder != "" {
		items = append(items, playlist.Item{Folder: &playlist.Folder{Path: folder, Order: playlist.Sorted, Recursive: true}})
	}
	items = append(items, fillersOf(o.cfg, func(playlist.Folder) []schedule.File { return nil })...)
	bar := newProgress(told, "looking at the media")
	err = o.prober.All(ctx, items, func(done, total int) { bar.at(int64(done), int64(total)) })
	bar.done()
	if err != nil {
		return err
	}
	saved, _, err := asrun.Peek(ctx, o.cfg.State.Dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		fmt.Fprintf(told, "where the channel stands is not known, and taken to be its beginning: %v\n", err)
	}
	o.plans, o.problems = schedule.New(schedule.Inputs{
		Base: baseName(o.cfg), Lists: lists, Zone: o.zone, Grid: o.grid, Seed: saved.Seed,
		Folder: o.prober.Folder, Ticks: o.length, Fillers: fillersOf(o.cfg, o.prober.Folder),
	})
	o.problems = append(problems, opened(o.cfg, o.problems)...)
	o.problems.Sort()
	return nil
}

// promise is what tells one piece of a source from another.
type promise struct {
	source  string
	in, out time.Duration
}

// promises are the lengths that playlists promise. A rehearsed clip knows what is
// opened for it, but no playlist.
func promises(lists []*playlist.Playlist) map[promise]time.Duration {
	all := map[promise]time.Duration{}
	for _, l := range lists {
		for _, it := range l.Items {
			if it.Length > 0 {
				all[promise{it.Source, it.In, it.Out}] = it.Length
			}
		}
	}
	return all
}

// length is an item's, for the schedule and the rehearsal alike.
func (o *outlook) length(it playlist.Item) int64 {
	if it.Length == 0 {
		it.Length = o.promised[promise{it.Source, it.In, it.Out}]
	}
	return lengths(o.cfg, o.prober)(it)
}

// lacksBase tells that the base playlist is not there, unless something else told
// of it, or of the whole folder, says why.
func lacksBase(cfg *configs.Config, snap *library.Snapshot) (problems playlist.Problems) {
	name := baseName(cfg)
	if _, ok := snap.File(name); ok || slices.ContainsFunc(snap.Problems, func(p playlist.Problem) bool { return p.File == cfg.Playlists.Watch }) {
		return nil
	}
	problems.Errorf(cfg.Pos("playlists.base"), "playlists.base: there is no %s: nothing airs when nothing else is scheduled. Put the file there, or name another one", displayed(cfg.BasePath()))
	return problems
}

// withSomeBase adds an empty base playlist where there is none, which has been told.
func withSomeBase(cfg *configs.Config, lists []*playlist.Playlist) []*playlist.Playlist {
	name := baseName(cfg)
	if slices.ContainsFunc(lists, func(l *playlist.Playlist) bool { return l.File == name }) {
		return lists
	}
	return append(slices.Clip(lists), &playlist.Playlist{File: name})
}

// readFolder is the playlists' folder as it is now. It leaves nothing there: who
// looks may be another than whom the channel runs as.
func readFolder(ctx context.Context, cfg *configs.Config) (*library.Snapshot, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	l := library.New(library.Config{Dir: cfg.Playlists.Watch, Options: libraryOptions(cfg), Keep: -1})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = l.Run(ctx) // what stands against it, Rescan says
	}()
	select {
	case <-l.Ready():
	case <-ended: // it was told to stop before it had an answer
	}
	if _, err := l.Rescan(ctx); err != nil {
		return nil, fmt.Errorf("read the playlists in %s: %w", cfg.Playlists.Watch, err)
	}
	snap := l.Snapshot()
	cancel()
	<-ended
	return snap, nil
}

// libraryOptions is what the config says about the playlists' folder.
func libraryOptions(cfg *configs.Config) playlist.Options {
	o := mediaOptions(cfg)
	o.DayStart = cfg.Playlists.DayStart
	return o
}

// stand finds out where the channel will be when the outlook begins: it goes on
// from where it stands, or, where none has run, begins with the programme. An
// outlook from now on begins no earlier than what is known of the channel.
func (o *outlook) stand(ctx context.Context, fromNow bool) error {
	saved, alive, err := asrun.Peek(ctx, o.cfg.State.Dir)
	resume := o.cfg.State.Resume
	if err != nil || len(saved.Playhead.Place) == 0 {
		return nil // that it cannot be read has been told
	}
	e, left, err := schedule.Restore(saved.Playhead.Place)
	if err != nil {
		return nil // the channel would begin anew, and so does this
	}
	zero := saved.Playhead.At
	now := time.Now().In(o.zone)
	if !alive && resume != "clock" {
		zero = now // where it would go on if it were started now
	}
	if !alive && resume == "start" {
		if fromNow || !o.from.Before(now) {
			o.after, o.left = schedule.Afresh(e), schedule.Ended
		}
		return nil
	}
	if fromNow {
		if o.from = now; zero.After(now) {
			o.from = zero.In(o.zone)
		}
	} else if !alive && resume != "clock" && o.from.Before(now) {
		return nil
	}
	if o.from.Before(zero) {
		return nil
	}
	tick := o.grid.TickAt(o.from.Sub(zero))
	if alive { // its ticks are the channel's, so that every start is its to the millisecond
		if zero.Add(o.grid.Due(tick)).Before(o.from) {
			tick++
		}
		o.from = zero.Add(o.grid.Due(tick)).In(o.zone)
	}
	o.after, o.left = o.plans.Advance(ctx, e, left, schedule.Clock{Zero: zero}, 0, tick)
	o.on = alive
	return ctx.Err()
}

// clock ties the outlook's ticks to the time of day.
func (o *outlook) clock() schedule.Clock { return schedule.Clock{Zero: o.from} }

// at is when a tick is due, in the channel's zone.
func (o *outlook) at(tick int64) time.Time { return o.from.Add(o.grid.Due(tick)) }

// tell tells what is wrong with the playlists.
func (o *outlook) tell(w io.Writer) {
	for _, p := range o.problems {
		fmt.Fprintln(w, p)
	}
}

// progress tells on a terminal how far something is.
type progress struct {
	w    io.Writer
	what string
	on   bool
	next time.Time
	said bool
}

func newProgress(w io.Writer, what string) *progress {
	f, ok := w.(*os.File)
	p := &progress{w: w, what: what, next: time.Now().Add(300 * time.Millisecond)}
	if ok {
		info, err := f.Stat()
		p.on = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return p
}

// at is told how far it is. It is called from one goroutine at a time.
func (p *progress) at(done, total int64) {
	if !p.on || time.Now().Before(p.next) || total == 0 {
		return
	}
	p.next, p.said = time.Now().Add(100*time.Millisecond), true
	fmt.Fprintf(p.w, "\r%s: %d %%\033[K", p.what, 100*done/total)
}

func (p *progress) done() {
	if p.said {
		fmt.Fprint(p.w, "\r\033[K")
	}
}
