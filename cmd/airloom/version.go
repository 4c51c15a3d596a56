package main

import (
	"encoding/json"
	"fmt"
	"runtime"

	"github.com/asticode/go-astiav"
	"github.com/spf13/cobra"

	"airloom/encoder"
	"airloom/playout/media/av"
)

func versionCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Tell the versions of airloom, Go, FFmpeg and x264",
		Args:  none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			av.SetLog(astiav.LogLevelQuiet, func(astiav.LogLevel, string) {})
			v := struct {
				Airloom string `json:"airloom"`
				Go      string `json:"go"`
				FFmpeg  string `json:"ffmpeg"`
				X264    string `json:"x264"`
			}{version, runtime.Version(), av.Version(), encoder.Version()}
			if asJSON, _ := cmd.Flags().GetBool("json"); asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(v)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "airloom %s\n%s\nFFmpeg %s\nx264 %s\n", v.Airloom, v.Go, v.FFmpeg, v.X264)
			return nil
		},
	}
	cmd.Flags().Bool("json", false, "as JSON")
	return cmd
}
