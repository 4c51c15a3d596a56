package clip

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"airloom/playout/media"
)

const x264 = "-c:v libx264 -preset veryfast -crf 20 -g 50 "

// kinds are clips of every kind that must play, each 2 seconds of picture.
var kinds = []struct {
	name  string
	made  made
	ticks int // 0: round(frames · 25 / fps)
	area  area
	skew  float64          // ms that the file itself has the sound early
	gone  func(n int) bool // frames that are not in the file
}{
	{name: "house rate", made: made{rate: 44100}},
	{name: "29.97", made: made{fps: "30000/1001", frames: 60, rate: 48000, size: "640x360"}},
	{name: "23.976", made: made{fps: "24000/1001", frames: 48, rate: 48000}},
	{name: "50", made: made{fps: "50", frames: 100, rate: 48000}},
	{name: "59.94 in mkv", made: made{fps: "60000/1001", frames: 120, rate: 48000, ext: "mkv"}},
	{name: "29.97 in mkv", made: made{fps: "30000/1001", frames: 60, rate: 48000, ext: "mkv"}},
	{name: "house rate in mkv", made: made{rate: 44100, ext: "mkv"}},
	{name: "house rate in flv", made: made{rate: 44100, ext: "flv"}},
	{name: "24 without sound", made: made{fps: "24", frames: 48}},
	{name: "mono 22050", made: made{rate: 22050, ch: 1, ext: "mkv"}},
	{name: "5.1", made: made{rate: 48000, ch: 6}},
	{name: "sound 0.7 s shorter", made: made{rate: 44100, sound: 1.3}},
	{name: "sound 0.9 s longer", made: made{rate: 44100, sound: 2.9}, ticks: 73},
	{name: "timestamps from 10 s", made: made{rate: 44100, ext: "ts", args: x264 + "-c:a aac -output_ts_offset 10"}},
	{name: "timestamps from 10 s in mp4", made: made{rate: 44100, args: x264 + "-c:a aac -output_ts_offset 10"}},
	{name: "HEVC", made: made{rate: 48000, args: "-c:v libx265 -preset ultrafast -x265-params log-level=error -c:a aac"}},
	{name: "AV1 and Opus", made: made{rate: 48000, ext: "webm", tone: ",asetnsamples=960:p=0", args: "-c:v libsvtav1 -preset 12 -c:a libopus"}, skew: 7},
	{name: "VP9 and Opus", made: made{rate: 48000, ext: "webm", tone: ",asetnsamples=960:p=0", args: "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -b:v 1M -c:a libopus"}, skew: 7},
	{name: "VP8 and Vorbis", made: made{rate: 44100, ext: "webm", tone: ",asetnsamples=64:p=0", args: "-c:v libvpx -deadline realtime -cpu-used 8 -b:v 1M -c:a libvorbis"}},
	{name: "ProRes", made: made{rate: 48000, ext: "mov", args: "-c:v prores_ks -profile:v 1 -c:a pcm_s16le"}},
	{name: "DNxHR", made: made{rate: 48000, ext: "mov", picture: ",format=yuv422p", args: "-c:v dnxhd -profile:v dnxhr_lb -c:a pcm_s24le"}},
	{name: "MPEG-2 in mxf", made: made{rate: 48000, ext: "mxf", size: "720x576", args: "-c:v mpeg2video -b:v 5M -c:a pcm_s16le"}, area: area{48, 0, 225, 180}},
	{name: "PCM in avi", made: made{rate: 44100, ext: "avi", args: "-c:v mpeg4 -q:v 3 -c:a pcm_s16le"}},
	{name: "full range 4:4:4", made: made{rate: 44100, picture: ",scale=out_range=full,format=yuvj444p", args: "-c:v libx264 -preset veryfast -crf 20 -c:a aac"}},
	{name: "10 bit", made: made{rate: 44100, picture: ",format=yuv420p10le"}},
	{name: "GIF", made: made{fps: "25", ext: "gif", args: "-c:v gif"}},
	{name: "interlaced 16:11", made: made{rate: 48000, ext: "mpg", size: "720x576", tone: ",asetnsamples=1152",
		picture: ",scale=720:576:interl=1,setsar=16/11,setfield=tff",
		args:    "-c:v mpeg2video -b:v 6M -g 12 -bf 2 -flags +ildct+ilme -top 1 -c:a mp2 -b:a 192k"}, area: area{0, 0, 320, 180}},
	{name: "portrait", made: made{rate: 44100, size: "180x320", fps: "30", frames: 60}, area: area{110, 0, 102, 180}},
	{name: "VFR", made: made{rate: 44100, picture: ",select='not(eq(mod(n,7),3)+between(n,30,35))'", args: "-fps_mode vfr " + x264 + "-c:a aac"},
		gone: func(n int) bool { return n%7 == 3 || n >= 30 && n <= 35 }},
}

func TestEveryKind(t *testing.T) {
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			m := k.made.defaults()
			if k.area.w == 0 {
				k.area = whole
			}
			h := read(t, media.Spec{Source: m.file(t)}, 0, house, k.area)
			ended(t, h)
			fps := float64(m.rational().Num) / float64(m.rational().Den)
			if k.ticks == 0 {
				k.ticks = int(math.Round(float64(m.frames) / fps * 25))
			}
			t.Logf("%s; %v; offsets %.2f", h.info.Summary, h.info.Notes, h.offsets(house))
			require.Len(t, h.numbers, k.ticks)
			want := []int{}
			for tick := range k.ticks {
				n := min(int(math.Ceil((float64(tick)+0.5)/25*fps-1e-6))-1, m.frames-1)
				for k.gone != nil && k.gone(n) {
					n--
				}
				want = append(want, n)
			}
			require.Equal(t, want, h.numbers)
			if m.rate == 0 {
				return
			}
			near := 21.0
			if m.fps == "25" {
				near = 3
			}
			off := h.offsets(house)
			require.NotEmpty(t, off)
			for _, o := range off {
				require.InDelta(t, -k.skew, o, near, "%v", off)
			}
		})
	}
}

// In houses of other rates, clips of the house's rate are one picture a tick,
// however coarse the clock of their file.
func TestOtherHouses(t *testing.T) {
	for _, fps := range []string{"30000/1001", "24000/1001", "60000/1001", "50/1"} {
		for _, ext := range []string{"mp4", "mkv", "ts", "flv"} {
			m := made{fps: fps, frames: 120, rate: 44100, ext: ext}
			h := house
			h.FPS, h.SampleRate = m.rational(), 48000
			got := read(t, media.Spec{Source: m.file(t)}, 0, h, whole)
			ended(t, got)
			require.Equal(t, count(120), got.numbers, "%s %s", fps, ext)
			for _, o := range got.offsets(h) {
				require.InDelta(t, 0, o, 3, "%s %s", fps, ext)
			}
			part := read(t, media.Spec{Source: m.file(t)}, 70, h, whole)
			ended(t, part)
			require.Equal(t, got.numbers[70:], part.numbers, "%s %s", fps, ext)
		}
	}
}
