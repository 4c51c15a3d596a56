package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"airloom/configs"
	"airloom/playlist"
)

func convertCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "convert IN OUT",
		Short: "Write another player's playlist as one of ours",
		Long: "Reads a playlist of ffplayout (.json), VLC and others (.m3u, .m3u8), or a list of paths (.txt), and\n" +
			"writes it as YAML, or JSON if OUT ends in .json; OUT may be - for the standard output. What the\n" +
			"other format says and ours cannot is told, and noted at the top of the YAML. Paths are taken to be\n" +
			"relative to the config's media root, or to IN where it lies in there.",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return errors.New("say what to read and what to write: 'airloom convert IN OUT'")
			}
			return nil
		},
		RunE: convert,
	}
	cmd.Flags().Bool("force", false, "write over OUT if it is there")
	return cmd
}

func convert(cmd *cobra.Command, args []string) error {
	in, out := args[0], args[1]
	ext := strings.ToLower(filepath.Ext(out))
	if out != "-" && ext != ".yml" && ext != ".yaml" && ext != ".json" {
		return usageError{fmt.Errorf("%s ends in none of .yml, .yaml and .json: name it so, or write - for the standard output", out)}
	}
	options, err := convertOptions(cmd, in)
	if err != nil {
		return err
	}
	list, problems := playlist.Load(absolute(in), options)
	for i := range problems {
		problems[i].File = in
		fmt.Fprintln(cmd.ErrOrStderr(), problems[i])
	}
	if problems.Fatal() {
		fmt.Fprintf(cmd.ErrOrStderr(), "%s: nothing was written%s\n", in, remains(absolute(in), options))
		return silentError{errors.New("mistakes were found")}
	}
	data := playlist.Encode(list, problems)
	if ext == ".json" {
		data = playlist.EncodeJSON(list)
	}
	if out == "-" {
		_, err = cmd.OutOrStdout().Write(data)
		return err
	}
	force, _ := cmd.Flags().GetBool("force")
	if err := writeNew(out, data, force); err != nil {
		return err
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "%s: %s\n", out, counted(len(list.Items), "item"))
	return nil
}

// remains is how much of a file with mistakes has none, and what to do about it.
func remains(in string, o playlist.Options) string {
	good, all := playlist.Good(in, o)
	if good == 0 {
		return ""
	}
	return fmt.Sprintf(": %d of %s are good. Mend the others, or take them out, and convert it again", good, counted(all, "item"))
}

// convertOptions is what the config says; without one, paths stay as they are.
func convertOptions(cmd *cobra.Command, in string) (playlist.Options, error) {
	path, err := configPath(cmd)
	if err != nil {
		return playlist.Options{Schemes: configs.Default().Media.Schemes}, nil
	}
	cfg, problems := configs.Load(path)
	if cfg == nil {
		return playlist.Options{}, problems.Err()
	}
	return playlistOptions(in, cfg), nil
}

// writeNew writes a file as a whole or not at all: whoever watches its folder
// never sees half of it.
func writeNew(path string, data []byte, force bool) error {
	if _, err := os.Lstat(path); err == nil && !force {
		return fmt.Errorf("%s is there already: name another file, or write over it with --force", path)
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.tmp")
	if err != nil {
		return fmt.Errorf("%s cannot be written: %w", path, err)
	}
	if err = finish(f, data); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return fmt.Errorf("%s cannot be written: %w", path, err)
	}
	return nil
}

// finish writes the data to disk and closes the file.
func finish(f *os.File, data []byte) error {
	_, err := f.Write(data)
	if err == nil {
		err = f.Chmod(0o644)
	}
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	return err
}
