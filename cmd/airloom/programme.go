package main

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"airloom/configs"
	"airloom/playlist"
	"airloom/playlist/library"
	"airloom/playlist/schedule"
	"airloom/playout/control"
	"airloom/playout/probe"
	"airloom/playout/timeline"
)

// programme keeps the rundown's plans as the playlists' folder and the media
// files are: it follows both, on a goroutine of its own.
type programme struct {
	cfg     *configs.Config
	log     *slog.Logger
	library *library.Library
	prober  *probe.Prober
	rundown *schedule.Rundown
	seed    uint64
	// put is told of each new edition; alert shows what is wrong with the
	// playlists, all of it each time.
	put   func(*schedule.Plans, []*playlist.Playlist)
	alert func(playlist.Problems)
	// first is told of the first plans that are of all playlists, before they are in
	// place; nil: nobody waits for them.
	first func(*schedule.Plans)

	asked chan chan struct{} // plan now, and say when it is done
	told  map[string]bool    // problems that are in the log
	wrong [2]atomic.Int64    // how many there are: errors and warnings
	base  *playlist.Playlist // the base playlist as it last was

	lists   atomic.Pointer[[]*playlist.Playlist] // what the plans in place are made of
	edition atomic.Uint64                        // counts the plans
	walks   walks                                // of all who look ahead
	guides  turn                                 // of whoever wants a guide made
}

func newProgramme(cfg *configs.Config, log *slog.Logger) *programme {
	p := &programme{
		cfg: cfg, log: log, asked: make(chan chan struct{}), told: map[string]bool{}, guides: make(turn, 1),
		library: library.New(library.Config{
			Dir: cfg.Playlists.Watch, Settle: cfg.Playlists.Settle, Rescan: cfg.Playlists.Rescan, Options: libraryOptions(cfg), Log: log,
		}),
		prober: probe.New(probe.Options{
			House: houseOf(cfg), Media: mediaOptions(cfg), StateDir: cfg.State.Dir, Rescan: cfg.Playlists.Rescan, Log: log,
		}),
	}
	plans, _ := schedule.New(p.inputs(nil))
	p.rundown = schedule.NewRundown(plans, schedule.Clock{Zero: time.Now()})
	return p
}

// calm is how long lengths and listings may come in before the plans are made
// anew: while a folder is looked at for the first time they come by the hundred.
const calm = 2 * time.Second

// run makes the plans anew whenever anything that bears on them has changed.
func (p *programme) run(ctx context.Context) error {
	var later <-chan time.Time
	for {
		var done chan struct{}
		select {
		case <-ctx.Done():
			return nil
		case <-p.library.Changed():
		case <-p.prober.Changed():
			if later == nil {
				later = time.After(calm)
			}
			continue
		case <-later:
		case done = <-p.asked:
		}
		later = nil
		p.plan()
		if done != nil {
			close(done)
		}
	}
}

// replan waits until plans are in place that know all that is known by now.
func (p *programme) replan(ctx context.Context) error {
	done := make(chan struct{})
	select {
	case p.asked <- done:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// plan makes plans of what is known and puts them in place.
func (p *programme) plan() {
	snap := p.library.Snapshot()
	lists, missing := p.withBase(snap.Playlists())
	plans, problems := schedule.New(p.inputs(lists))
	if !p.read() {
		problems = nil // what is missing may be about to come
	}
	problems = slices.Concat(snap.All(), missing, problems)
	p.tell(problems)
	p.alert(problems)
	if p.first != nil && p.read() {
		p.first(plans)
		p.first = nil
	}
	p.rundown.Replace(plans)
	p.lists.Store(&lists)
	p.want(lists)
	p.put(plans, lists)
	p.edition.Add(1)
}

// read reports whether the folder has been read once, or does not answer.
func (p *programme) read() bool {
	select {
	case <-p.library.Ready():
		return true
	default:
		return false
	}
}

// withBase adds the base playlist as it last was, where it is gone: a channel
// that has lost it goes on with that rather than with the slate.
func (p *programme) withBase(lists []*playlist.Playlist) (_ []*playlist.Playlist, missing playlist.Problems) {
	name := baseName(p.cfg)
	if at := slices.IndexFunc(lists, func(l *playlist.Playlist) bool { return l.File == name }); at >= 0 {
		p.base = lists[at]
		return lists, nil
	}
	if p.base == nil && p.read() {
		ctx, cancel := context.WithTimeout(context.Background(), answersWithin)
		defer cancel()
		p.base, _ = p.library.LastGood(ctx, name) // where there is none, the schedule says what is missing
	}
	if p.base == nil {
		return lists, nil
	}
	missing.Errorf(playlist.Position{File: name, Line: 1, Column: 1},
		"the base playlist is not there: it airs as it last was. Put the file back, or name another one in playlists.base")
	return append(slices.Clip(lists), p.base), missing
}

// tell logs what is wrong, each thing once for as long as it lasts.
func (p *programme) tell(problems playlist.Problems) {
	now, fresh, mended, wrong := make(map[string]bool, len(problems)), 0, 0, 0
	for _, problem := range problems {
		text := problem.String()
		if !now[text] && severity(problem) == slog.LevelError {
			wrong++
		}
		if now[text] || p.told[text] {
			now[text] = true
			continue
		}
		now[text] = true
		if fresh++; fresh <= maxShown {
			p.log.Log(context.Background(), severity(problem), "a playlist is not as it should be", "event", "playlist-problem", "problem", text)
		}
	}
	for text := range p.told {
		if now[text] {
			continue
		}
		if mended++; mended <= maxShown {
			p.log.Info("a playlist was mended", "event", "playlist-mended", "was", text)
		}
	}
	if more := max(0, fresh-maxShown) + max(0, mended-maxShown); more > 0 {
		p.log.Warn("there is more to say of playlists: 'airloom check' tells all of it", "event", "playlist-problem", "lines", more)
	}
	p.told = now
	p.wrong[0].Store(int64(wrong))
	p.wrong[1].Store(int64(len(now) - wrong))
}

// Playlists and Reload are what commands want of the playlists.

// Playlists are the versions in use.
func (p *programme) Playlists() []*playlist.Playlist { return p.library.Snapshot().Playlists() }

// Reload reads all playlists anew, and returns when what was found is in place.
func (p *programme) Reload(ctx context.Context) error {
	problems, err := p.library.Rescan(ctx)
	if err != nil {
		return err
	}
	if err := p.replan(ctx); err != nil {
		return err
	}
	return problems.Err()
}

// lengths is how long items last: until its source has been looked at, as long as
// the playlist promises. A channel that starts in the midst of a day joins it by that.
func lengths(cfg *configs.Config, prober *probe.Prober) func(playlist.Item) int64 {
	grid := timeline.Of(houseOf(cfg))
	return func(it playlist.Item) int64 {
		if n := prober.Ticks(it); n != 0 {
			return n
		}
		promised := it.Length
		if promised == 0 && it.Out > 0 {
			promised = it.Out - it.In
		}
		return grid.Ticks(promised)
	}
}

// maxWanted bounds how many lengths are asked for: beyond, the prober would forget
// some for others.
const maxWanted = 200_000

// want has the lengths of all that may air looked at before they are needed: one
// that is first asked for when its item is next comes too late.
func (p *programme) want(lists []*playlist.Playlist) {
	n := 0
	for _, l := range lists {
		for _, it := range l.Items {
			files := 1
			if it.Folder == nil {
				p.prober.Ticks(it)
			} else {
				listing := p.prober.Folder(*it.Folder)
				files = len(listing)
				for _, f := range listing[:min(files, maxWanted-n)] {
					p.prober.Ticks(probe.FileItem(it, f))
				}
			}
			if n += files; n >= maxWanted {
				return
			}
		}
	}
}

// inputs is all that the schedule is to know of the playlists.
func (p *programme) inputs(lists []*playlist.Playlist) schedule.Inputs {
	return schedule.Inputs{
		Base: baseName(p.cfg), Lists: lists, Zone: p.cfg.Channel.Location(), Grid: timeline.Of(houseOf(p.cfg)), Seed: p.seed,
		Folder: p.prober.Folder, Ticks: lengths(p.cfg, p.prober), Fillers: fillersOf(p.cfg, p.prober.Folder),
	}
}

// baseName is the base playlist as the library names it.
func baseName(cfg *configs.Config) string {
	name := strings.TrimPrefix(cfg.BasePath(), cfg.Playlists.Watch)
	return strings.TrimPrefix(name, "/")
}

// fillersOf are the clips that may fill the time before a hard start.
func fillersOf(cfg *configs.Config, folder func(playlist.Folder) []schedule.File) (items []playlist.Item) {
	if cfg.Fallback.Fillers == "" && cfg.Fallback.Filler != "" {
		return []playlist.Item{fillerOf(cfg.Fallback.Filler)}
	}
	if cfg.Fallback.Fillers != "" {
		for _, f := range folder(playlist.Folder{Path: cfg.Fallback.Fillers, Order: playlist.Sorted, Recursive: true}) {
			items = append(items, fillerOf(f.Path))
		}
	}
	return items
}

func fillerOf(source string) playlist.Item {
	return playlist.Item{ID: "filler/" + source, Source: source, Title: source, Repeat: 1}
}

// maxShown bounds how many playlists are shown as broken: beyond that, one more
// line helps nobody.
const maxShown = 50

// mistakes are the first mistake of each playlist that has any, as alerts.
func mistakes(problems playlist.Problems) (list []control.Alert) {
	told := map[string]bool{}
	for _, p := range problems {
		if severity(p) != slog.LevelError || told[p.File] {
			continue
		}
		told[p.File] = true
		if len(list) < maxShown {
			a := control.Alert{Subject: p.File, Message: p.String()}
			if library.CheckName(p.File) == nil { // else it is about the folder
				a.Playlist = p.File
			}
			list = append(list, a)
		}
	}
	return list
}

func severity(p configs.Problem) slog.Level {
	if (configs.Problems{p}).Fatal() {
		return slog.LevelError
	}
	return slog.LevelWarn
}
