package clip

import (
	"context"
	"errors"
	"io"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/playout/media"
)

func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkRead tells what reading costs, as a share of one core in real time.
func BenchmarkRead(b *testing.B) {
	hd := media.House{Width: 1280, Height: 720, FPS: media.Rational{Num: 25, Den: 1}, SampleRate: 44100, Fit: media.FitPad}
	const rate = "-c:v libx264 -preset veryfast -b:v 6M -maxrate 8M -bufsize 12M -g 50 -c:a aac"
	for name, m := range map[string]made{
		"house":      {size: "1280x720", frames: 250, rate: 44100, args: rate},
		"house-48k":  {size: "1280x720", frames: 250, rate: 48000, args: rate},
		"1080p50":    {size: "1920x1080", fps: "50", frames: 500, rate: 48000, args: rate},
		"576i":       {size: "720x576", frames: 250, rate: 48000, ext: "mpg", picture: ",setsar=16/11,setfield=tff", tone: ",asetnsamples=1152", args: "-c:v mpeg2video -b:v 6M -g 12 -bf 2 -flags +ildct+ilme -top 1 -c:a mp2 -b:a 192k"},
		"360p-601":   {size: "640x360", frames: 250, rate: 44100, args: rate},
		"2160p":      {size: "3840x2160", frames: 50, rate: 48000, args: rate},
		"full-range": {size: "1280x720", frames: 250, rate: 44100, picture: ",scale=out_range=full,format=yuvj420p", args: rate},
	} {
		f := m.file(b)
		b.Run(name, func(b *testing.B) {
			slot := make([]byte, media.LayoutOf(hd).Size)
			ticks, began := 0, cpu()
			for b.Loop() {
				r, err := Open(context.Background(), media.Spec{Source: f}, media.Start{}, hd)
				require.NoError(b, err)
				for err == nil {
					_, err = r.Read(slot)
					ticks++
				}
				require.True(b, errors.Is(err, io.EOF), "%v", err)
				require.NoError(b, r.Close())
			}
			b.ReportMetric(float64(cpu()-began)/1e6/float64(ticks), "cpu-ms/tick")
			b.ReportMetric(100*float64(cpu()-began)/1e9/(float64(ticks)/25), "%core")
		})
	}
}
