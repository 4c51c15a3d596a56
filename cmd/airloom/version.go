package main

import (
	"encoding/json"
	"fmt"
	"runtime"
	"sync"

	"github.com/asticode/go-astiav"
	"github.com/spf13/cobra"

	"airloom/encoder"
	"airloom/playout/media/av"
	"airloom/web"
)

func versionCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Tell the versions of airloom, Go, FFmpeg and x264",
		Args:  none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			av.SetLog(astiav.LogLevelQuiet, func(astiav.LogLevel, string) {})
			v := versions()
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

// versions are found out once: for x264's, a picture is coded.
var versions = sync.OnceValue(func() web.Versions {
	return web.Versions{Airloom: version, Go: runtime.Version(), FFmpeg: av.Version(), X264: encoder.Version()}
})
