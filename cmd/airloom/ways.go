package main

import (
	"fmt"
	"log/slog"
	"strings"
	"time"

	"airloom/configs"
	"airloom/encoder"
	"airloom/output"
	"airloom/output/rtmp"
	"airloom/output/rtsp"
	"airloom/output/srt"
)

// ways makes an output of each that the config names, with what is put around
// its dialer; aged is how old the first sessions are taken to be.
func ways(list []configs.Output, around func(configs.Output, output.Dialer) output.Dialer, aged time.Duration, enc *encoder.Encoder, log *slog.Logger) (fan output.Fan, err error) {
	for _, o := range list {
		dial, protocol, err := wayOf(o.URL.Reveal())
		if err != nil {
			return nil, fmt.Errorf("output %s: %w", o.Name, err)
		}
		if d, ok := dial.(*rtmp.Dialer); ok {
			d.StartAt(aged.Milliseconds())
		}
		fan = append(fan, output.New(output.Config{Name: o.Name, Protocol: protocol, RenewAfter: o.RenewAfter, Aged: aged},
			enc.Info(), around(o, dial), enc.RequestKeyframe, log))
	}
	return fan, nil
}

// wayOf is the way out that a URL's scheme names. Its errors hold no secret.
func wayOf(url string) (dial output.Dialer, protocol string, err error) {
	switch scheme, _, _ := strings.Cut(url, "://"); scheme {
	case "rtsp", "rtsps":
		dial, err = rtsp.New(url, nil)
		return dial, "rtsp", err
	case "srt":
		dial, err = srt.New(url)
		return dial, "srt", err
	}
	dial, err = rtmp.New(url, nil)
	return dial, "rtmp", err
}
