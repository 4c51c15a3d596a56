package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"airloom/configs"
	"airloom/playlist"
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
		problems = append(problems, cfg.CheckFiles()...)
		problems.Sort()
	}
	files := len(args)
	for _, file := range args {
		list, found := loadPlaylist(file, cfg)
		problems = append(problems, found...)
		problems = append(problems, missingSources(list, file, cfg)...)
	}
	if files == 0 && cfg != nil {
		var found playlist.Problems
		files, found = checkFolder(cmd.Context(), cfg)
		problems = append(problems, found...)
	}
	for _, p := range problems {
		fmt.Fprintln(cmd.OutOrStdout(), p)
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

// missingSources warns of files that a playlist names and that are not there. It
// is no error: they may yet come.
func missingSources(list *playlist.Playlist, file string, cfg *configs.Config) playlist.Problems {
	var problems playlist.Problems
	if list == nil {
		return nil
	}
	for _, it := range list.Items {
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
	switch {
	case it.Folder != nil:
		return "the folder " + it.Folder.Path, filepath.Join(cfg.Media.Root, filepath.FromSlash(it.Folder.Path))
	case it.Include != "":
		return "the playlist " + it.Include, filepath.Join(cfg.Playlists.Watch, filepath.FromSlash(it.Include))
	}
	path, err := mediaOptions(cfg).Resolve(it.Source)
	if err != nil || !filepath.IsAbs(path) {
		path = ""
	}
	return playlist.Redact(it.Source), path
}

// checkFolder looks through all playlists of the channel, each by itself and then
// as they name each other.
func checkFolder(ctx context.Context, cfg *configs.Config) (files int, problems playlist.Problems) {
	snap, err := readFolder(ctx, cfg)
	if err != nil {
		return 0, nil // a folder that is not there has been told
	}
	problems = snap.Problems
	for _, f := range snap.Files {
		problems = append(problems, f.Problems...)
		problems = append(problems, missingSources(f.Playlist, f.Name, cfg)...)
	}
	_, found := schedule.New(schedule.Inputs{
		Base: baseName(cfg), Lists: snap.Playlists(), Zone: cfg.Channel.Location(), Grid: timeline.Of(houseOf(cfg)),
		Folder: func(playlist.Folder) []schedule.File { return nil }, Ticks: func(playlist.Item) int64 { return 0 },
	})
	problems = append(problems, found...)
	problems.Sort()
	for i := range problems {
		problems[i].File = displayed(filepath.Join(cfg.Playlists.Watch, problems[i].File))
	}
	return len(snap.Files), problems
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
