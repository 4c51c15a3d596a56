package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"airloom/configs"
	"airloom/playlist"
)

func checkCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "check [PLAYLIST…]",
		Short: "Look through the config and the playlists, and tell every mistake at once",
		Long: "Looks through the config and, without arguments, its base playlist. Each problem is told\n" +
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
		args = withBase(args, cfg)
	}
	files := 0
	for _, file := range args {
		list, found := loadPlaylist(file, cfg)
		problems = append(problems, found...)
		problems = append(problems, missingSources(list, file, cfg)...)
		files++
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

// withBase is the playlists to look through: the base playlist if none is named.
func withBase(args []string, cfg *configs.Config) []string {
	if len(args) > 0 || cfg == nil {
		return args
	}
	return []string{cfg.BasePath()}
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
