package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"airloom/configs"
	"airloom/playlist"
	"airloom/playlist/document"
	"airloom/playlist/schedule"
	"airloom/playout/timeline"
)

func checkCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "check [PLAYLIST…]",
		Short: "Look through the config and the playlists, and tell every mistake at once",
		Long: "Looks through the config and, without arguments, all its playlists. Each problem is told\n" +
			"as FILE:LINE:COL: message. The exit code is 1 if there is an error, warnings are none.",
		RunE: check,
	}
}

func check(cmd *cobra.Command, args []string) error {
	path, err := configPath(cmd)
	if err != nil && len(args) == 0 {
		return err
	}
	cfg, problems := configs.Default(), configs.Problems(nil)
	if err == nil {
		cfg, problems = loadConfig(path)
		problems = append(problems, missingFiles(cfg, problems)...)
		problems.Sort()
	}
	files, found := len(args), playlist.Problems(nil)
	switch {
	case cfg == nil:
	case files > 0:
		found = checkNamed(cmd.Context(), cfg, err == nil, args)
	default:
		files, found = checkFolder(cmd.Context(), cfg)
	}
	problems = append(problems, found...)
	for _, p := range problems {
		fmt.Fprintln(cmd.OutOrStdout(), p)
	}
	if err == nil && cfg != nil && len(args) == 0 {
		tellUnwritable(cmd.OutOrStdout(), cfg)
	}
	if problems.Fatal() {
		return silentError{errors.New("mistakes were found")}
	}
	if path != "" {
		fmt.Fprintf(cmd.OutOrStdout(), "%s is in order, and %s\n", path, counted(files, "playlist"))
	} else {
		fmt.Fprintf(cmd.OutOrStdout(), "%s in order\n", counted(files, "playlist"))
	}
	return nil
}

// missingFiles are the files that the config names and that are not there, where
// nothing else has been told of the key. Without playlists there is nothing to air.
func missingFiles(cfg *configs.Config, told configs.Problems) (problems configs.Problems) {
	if cfg == nil {
		return nil
	}
	at := map[configs.Position]bool{}
	for _, p := range told {
		at[p.Position] = true
	}
	for _, p := range cfg.CheckFiles() {
		if at[p.Position] {
			continue
		}
		if strings.HasPrefix(p.Message, "playlists.") {
			p.Severity = document.Error
		}
		problems = append(problems, p)
	}
	return problems
}

// missingSources warns of files that a playlist names and that are not there. It
// is no error: they may yet come.
func missingSources(list *playlist.Playlist, file string, cfg *configs.Config) playlist.Problems {
	var problems playlist.Problems
	if list == nil {
		return nil
	}
	for _, it := range list.Items {
		if it.Include != "" {
			continue // what only shows together
		}
		what, path := named(it, cfg)
		if path == "" {
			continue
		}
		if _, err := os.Stat(path); err != nil {
			problems.Warnf(playlist.Position{File: file, Line: it.Line, Column: 1}, "%s is not there: until it is, the next item airs in its place", what)
		}
	}
	return problems
}

// named is what an item names, and the path that it should have here: URLs have
// none.
func named(it playlist.Item, cfg *configs.Config) (what, path string) {
	if it.Folder != nil {
		return "the folder " + it.Folder.Path, filepath.Join(cfg.Media.Root, filepath.FromSlash(it.Folder.Path))
	}
	path, err := mediaOptions(cfg).Resolve(it.Source)
	if err != nil || !filepath.IsAbs(path) {
		path = ""
	}
	return playlist.Redact(it.Source), path
}

// doubts warns of what a schedule says and will not come to.
func doubts(list *playlist.Playlist, file string, cfg *configs.Config, now time.Time) (problems playlist.Problems) {
	if list == nil || list.Schedule == nil {
		return nil
	}
	s, at := list.Schedule, playlist.Position{File: file, Line: 1, Column: 1}
	if s.At != nil && filepath.Ext(list.File) != ".json" { // ffplayout's days stay where they are
		if start := s.At.In(cfg.Channel.Location()); over(list, start, now) {
			problems.Warnf(at, "its time, %s, has passed: it airs no more, unless it is on air just now. Write a later one, or remove the file", start.Format(time.DateTime))
		}
	}
	if s.Fill == playlist.FillFit && cfg.Fallback.Fillers == "" && cfg.Fallback.Filler == "" {
		problems.Warnf(at, "fill: fit, and nothing to fill with: what is left before its start shows the slate. Name a folder of clips in fallback.fillers")
	}
	return problems
}

// over reports whether what began at start ends, as far as is known, before now.
func over(list *playlist.Playlist, start, now time.Time) bool {
	end := start
	switch s := list.Schedule; {
	case s.Until != nil:
		end = s.Until.After(start, start.Location())
	case s.Duration > 0:
		end = start.Add(s.Duration)
	case list.Loop:
		return false
	}
	return end.Before(now)
}

// checkNamed looks through the playlists of that names, each by itself and then,
// where there is a config, as they and the channel's others name each other.
func checkNamed(ctx context.Context, cfg *configs.Config, known bool, files []string) (problems playlist.Problems) {
	var lists []*playlist.Playlist
	names := map[string]string{}
	for _, file := range files {
		list, found := loadPlaylist(file, cfg)
		problems = append(problems, found...)
		problems = append(problems, missingSources(list, file, cfg)...)
		problems = append(problems, doubts(list, file, cfg, time.Now())...)
		if list != nil {
			names[list.File] = file
			lists = append(lists, list)
		}
	}
	if !known {
		return problems
	}
	if snap, err := readFolder(ctx, cfg); err == nil {
		for _, l := range snap.Playlists() {
			if names[l.File] == "" {
				lists = append(lists, l)
			}
		}
	}
	for _, p := range together(cfg, lists) {
		if file := names[p.File]; file != "" {
			p.File = file
			problems = append(problems, p)
		}
	}
	problems.Sort()
	return problems
}

// checkFolder looks through all playlists of the channel, each by itself and then
// as they name each other.
func checkFolder(ctx context.Context, cfg *configs.Config) (files int, problems playlist.Problems) {
	if _, err := os.Stat(cfg.Playlists.Watch); err != nil {
		return 0, nil // as has been told
	}
	snap, err := readFolder(ctx, cfg)
	if err != nil {
		problems.Errorf(playlist.Position{File: displayed(cfg.Playlists.Watch), Line: 1, Column: 1}, "%v", err)
		return 0, problems
	}
	problems = snap.Problems
	for _, f := range snap.Files {
		problems = append(problems, f.Problems...)
		problems = append(problems, missingSources(f.Playlist, f.Name, cfg)...)
		problems = append(problems, doubts(f.Playlist, f.Name, cfg, time.Now())...)
	}
	problems = append(problems, together(cfg, snap.Playlists())...)
	problems.Sort()
	return len(snap.Files), opened(cfg, problems)
}

// together is what only shows when playlists are seen together. That the base is
// not there, or has mistakes, is told already.
func together(cfg *configs.Config, lists []*playlist.Playlist) playlist.Problems {
	_, problems := schedule.New(schedule.Inputs{
		Base: baseName(cfg), Lists: withSomeBase(cfg, lists), Zone: cfg.Channel.Location(), Grid: timeline.Of(houseOf(cfg)),
		Folder: func(playlist.Folder) []schedule.File { return nil }, Ticks: func(playlist.Item) int64 { return 0 },
	})
	return problems
}

// opened names the files of the playlists' folder such that they can be opened.
func opened(cfg *configs.Config, problems playlist.Problems) playlist.Problems {
	for i := range problems {
		if name := problems[i].File; !filepath.IsAbs(name) {
			problems[i].File = displayed(filepath.Join(cfg.Playlists.Watch, name))
		}
	}
	return problems
}

// displayed is a path as short as it can be copied from the terminal.
func displayed(path string) string {
	if here, err := os.Getwd(); err == nil {
		if rel, err := filepath.Rel(here, path); err == nil && filepath.IsLocal(rel) {
			return rel
		}
	}
	return path
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
