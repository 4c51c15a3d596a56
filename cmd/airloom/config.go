package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"airloom/configs"
	"airloom/encoder"
	"airloom/playlist"
)

// places is where a config file is looked for.
var places = []string{"airloom.yml", "/etc/airloom/airloom.yml"}

// configPath is the file that --config names, or the first that is there.
func configPath(cmd *cobra.Command) (string, error) {
	if path, _ := cmd.Flags().GetString("config"); path != "" {
		return path, nil
	}
	for _, path := range places {
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			return path, nil
		}
	}
	return "", fmt.Errorf("no config file: there is neither %s.\n"+
		"Try 'airloom demo' to see a channel that needs none, or name a file with --config FILE", strings.Join(places, " nor "))
}

// loadConfig reads the config and holds it against the codecs too. The config is
// nil when there is none to be had from the file.
func loadConfig(path string) (*configs.Config, configs.Problems) {
	cfg, problems := configs.Load(path)
	if cfg == nil {
		return cfg, problems
	}
	told := map[configs.Position]bool{}
	for _, p := range problems {
		told[p.Position] = true
	}
	for _, e := range encoder.Check(encoderConfig(cfg)) {
		if p := cfg.Problem(e.Key, e.Message); !told[p.Position] { // the config room's word on a key is the better one
			problems = append(problems, p)
		}
	}
	problems.Sort()
	return cfg, problems
}

// loadPlaylist reads one playlist file.
func loadPlaylist(path string, cfg *configs.Config) (*playlist.Playlist, playlist.Problems) {
	return playlist.Load(path, playlistOptions(path, cfg))
}

// playlistOptions is what the config says about the playlist file.
func playlistOptions(path string, cfg *configs.Config) playlist.Options {
	o := mediaOptions(cfg)
	o.Name, o.DayStart = playlist.NameIn(cfg.Playlists.Watch, absolute(path)), cfg.Playlists.DayStart
	return o
}

// absolute is the path seen from the root; where there is no telling, as it is.
func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}
