package airtest

import (
	"time"

	"airloom/playout/media"
)

// Kind names a sort of test clip.
type Kind string

// The clips of a good playlist. A playlist of all of them is row 1 of the demands.
const (
	Plain1      Kind = "plain1" // 320x180 25p, AAC 44.1 kHz stereo: the small house's own format
	Plain2      Kind = "plain2"
	Plain3      Kind = "plain3"
	NTSC        Kind = "ntsc"        // 29.97
	Film        Kind = "film"        // 23.976
	P50         Kind = "p50"         // 50
	Interlaced  Kind = "interlaced"  // 25i, 720x576, SAR 16:11, MPEG-2
	NoSound     Kind = "nosound"     // 24, picture alone
	VFR         Kind = "vfr"         // pictures left out of 25p
	Rotated     Kind = "rotated"     // portrait by a display matrix
	Mono        Kind = "mono"        // 22.05 kHz mono
	Surround    Kind = "surround"    // 5.1, 48 kHz
	ShortSound  Kind = "shortsound"  // sound 0.7 s shorter than the picture
	LongSound   Kind = "longsound"   // sound 0.9 s longer
	Offset      Kind = "offset"      // MPEG-TS, timestamps from 10 s
	AV1         Kind = "av1"         // with Opus, 30
	HEVC        Kind = "hevc"        //
	ProRes      Kind = "prores"      // with PCM
	DNxHD       Kind = "dnxhd"       // DNxHR LB, 1280x720
	GIF         Kind = "gif"         //
	Still       Kind = "still"       // PNG
	SoundOnly   Kind = "soundonly"   // an audio file
	Second1     Kind = "second1"     // 320x180 25p, one second
	Second2     Kind = "second2"     //
	Long1       Kind = "long1"       // 320x180 25p, ten seconds
	Long2       Kind = "long2"       //
	Camera1     Kind = "camera1"     // 320x180 25p, 75 s, a keyframe a second: what a sender of live pictures sends
	Camera2     Kind = "camera2"     //
	Camera3     Kind = "camera3"     //
	HD1         Kind = "hd1"         // 1280x720 25p, busy pictures, 10 s
	HD2         Kind = "hd2"         //
	HDSecond1   Kind = "hdsecond1"   // 1280x720 25p, one second
	HDSecond2   Kind = "hdsecond2"   //
	Heavy       Kind = "heavy"       // 7680x4320, one second
	Tiny        Kind = "tiny"        // 1x1
	Missing     Kind = "missing"     // no such file
	Empty       Kind = "empty"       // 0 bytes
	Garbage     Kind = "garbage"     // no media, whatever its name says
	Directory   Kind = "directory"   // a directory with a film's name
	NoRead      Kind = "noread"      // mode 0000
	Truncated   Kind = "truncated"   // its second half is not there
	HeaderOnly  Kind = "headeronly"  // nothing after the index
	Corrupt     Kind = "corrupt"     // overwritten in the middle
	ZeroedStart Kind = "zeroedstart" // a film's name, zeros inside
)

// All is the playlist of row 1: every good kind once, house-rate clips between
// them so that joins of both sorts are seen.
var All = []Kind{
	Plain1, Plain2, NTSC, Film, P50, Interlaced, NoSound, Plain3, VFR, Rotated, Mono, Surround,
	ShortSound, LongSound, Offset, AV1, HEVC, ProRes, DNxHD, GIF, Still, SoundOnly,
}

// Bad is what row 4 puts between good clips.
var Bad = []Kind{Missing, Empty, Garbage, Directory, NoRead, Truncated, HeaderOnly, Heavy, Tiny, Corrupt, ZeroedStart}

var (
	p25  = media.Rational{Num: 25, Den: 1}
	p24  = media.Rational{Num: 24, Den: 1}
	p30  = media.Rational{Num: 30, Den: 1}
	p50  = media.Rational{Num: 50, Den: 1}
	ntsc = media.Rational{Num: 30000, Den: 1001}
	film = media.Rational{Num: 24000, Den: 1001}
)

// recipe says how a clip is made. Its hash names the cache directory, so a
// change here makes the clip anew.
type recipe struct {
	Kind       Kind
	ID         int
	File       string
	W, H       int
	FPS        media.Rational
	Pictures   int
	Rate, Ch   int           // of the sound; 0: none
	SoundExtra time.Duration // sound longer (or shorter) than the picture
	Args       []string      // of the ffmpeg program: codecs and filters
	Out        []string      // of the ffmpeg program: the muxer's
	Shape      float64       // width over height as displayed, where not W/H
	Busy       bool          // pictures that cost something to encode
	Fields     bool          // two fields a picture
	Spoil      string        // what is done to the finished file
}

var (
	x264  = []string{"-c:v", "libx264", "-preset", "veryfast", "-crf", "18", "-g", "50", "-threads", "2"}
	aac   = []string{"-c:a", "aac", "-b:a", "128k"}
	plain = append(append([]string{}, x264...), aac...)
	fast  = []string{"-movflags", "+faststart"}
)

// recipes lists every clip. IDs stay below 40: tones name them.
func recipes() []recipe {
	small := func(k Kind, id, pictures int) recipe {
		return recipe{Kind: k, ID: id, File: string(k) + ".mp4", W: 320, H: 180, FPS: p25, Pictures: pictures,
			Rate: 44100, Ch: 2, Args: plain, Out: fast}
	}
	with := func(r recipe, change func(*recipe)) recipe { change(&r); return r }
	return []recipe{
		small(Plain1, 1, 75), small(Plain2, 2, 75), small(Plain3, 3, 75),
		with(small(NTSC, 4, 60), func(r *recipe) { r.W, r.H, r.FPS, r.Rate = 640, 360, ntsc, 48000 }),
		with(small(Film, 5, 48), func(r *recipe) { r.W, r.H, r.FPS, r.Rate = 640, 360, film, 48000 }),
		with(small(P50, 6, 100), func(r *recipe) { r.W, r.H, r.FPS, r.Rate = 640, 360, p50, 48000 }),
		with(small(Interlaced, 7, 50), interlaced),
		with(small(NoSound, 8, 48), func(r *recipe) { r.FPS, r.Rate, r.Args = p24, 0, x264 }),
		with(small(VFR, 9, 50), func(r *recipe) {
			r.Args = append([]string{"-vf", "select='" + vfrKept + "'", "-fps_mode", "vfr"}, plain...)
		}),
		with(small(Rotated, 10, 50), func(r *recipe) {
			r.W, r.H, r.Spoil = 480, 640, "rotate"
			r.Args = append([]string{"-vf", "transpose=2"}, plain...)
		}),
		with(small(Mono, 11, 50), func(r *recipe) { r.Rate, r.Ch, r.File = 22050, 1, "mono.mkv"; r.Out = nil }),
		with(small(Surround, 12, 50), func(r *recipe) {
			r.Rate, r.Ch = 48000, 6
			r.Args = append(append([]string{}, x264...), "-c:a", "aac", "-b:a", "384k")
		}),
		with(small(ShortSound, 13, 50), func(r *recipe) { r.SoundExtra = -700 * time.Millisecond }),
		with(small(LongSound, 14, 50), func(r *recipe) { r.SoundExtra = 900 * time.Millisecond }),
		with(small(Offset, 15, 50), func(r *recipe) { r.File, r.Out = "offset.ts", []string{"-output_ts_offset", "10"} }),
		with(small(AV1, 16, 60), func(r *recipe) {
			r.FPS, r.Rate = p30, 48000
			r.Args = []string{"-c:v", "libsvtav1", "-preset", "10", "-crf", "35", "-c:a", "libopus", "-b:a", "96k"}
		}),
		with(small(HEVC, 17, 50), func(r *recipe) {
			r.Args = append([]string{"-c:v", "libx265", "-preset", "ultrafast", "-crf", "22", "-tag:v", "hvc1", "-x265-params", "log-level=none:pools=2"}, aac...)
		}),
		with(small(ProRes, 18, 50), func(r *recipe) {
			r.File, r.Out = "prores.mov", nil
			r.Args = []string{"-c:v", "prores_ks", "-profile:v", "0", "-pix_fmt", "yuv422p10le", "-c:a", "pcm_s16le"}
		}),
		with(small(DNxHD, 19, 50), func(r *recipe) {
			r.File, r.W, r.H, r.Out = "dnxhd.mov", 1280, 720, nil
			r.Args = []string{"-c:v", "dnxhd", "-profile:v", "dnxhr_lb", "-pix_fmt", "yuv422p", "-c:a", "pcm_s24le"}
		}),
		with(small(GIF, 20, 50), func(r *recipe) { r.File, r.Rate, r.Args, r.Out = "gif.gif", 0, nil, nil }),
		with(small(Still, 21, 1), func(r *recipe) {
			r.File, r.W, r.H, r.Rate, r.Args, r.Out = "still.png", 800, 600, 0, []string{"-frames:v", "1"}, nil
		}),
		with(small(SoundOnly, 22, 50), func(r *recipe) {
			r.File, r.W, r.H, r.Out = "soundonly.flac", 0, 0, nil // as long as it says, where AAC pads
			r.Args = []string{"-c:a", "flac"}
		}),
		small(Second1, 23, 25), small(Second2, 24, 25),
		small(Long1, 34, 250), small(Long2, 35, 250),
		with(small(Camera1, 36, 75*25), camera), with(small(Camera2, 37, 75*25), camera), with(small(Camera3, 38, 75*25), camera),
		with(small(HD1, 25, 250), hd), with(small(HD2, 26, 250), hd),
		with(small(HDSecond1, 27, 25), hd), with(small(HDSecond2, 28, 25), hd),
		with(small(Heavy, 29, 25), func(r *recipe) {
			r.W, r.H = 7680, 4320
			r.Args = append([]string{"-vf", "scale=7680:4320:flags=neighbor", "-c:v", "libx264", "-preset", "ultrafast", "-crf", "30", "-threads", "2"}, aac...)
		}),
		with(small(Tiny, 30, 10), func(r *recipe) {
			r.File, r.Rate, r.Out = "tiny.mkv", 0, nil
			r.Args = []string{"-vf", "scale=1:1,format=yuv444p", "-c:v", "ffv1"}
		}),
		with(small(Truncated, 31, 75), func(r *recipe) { r.Spoil = "truncate" }),
		with(small(HeaderOnly, 32, 50), func(r *recipe) { r.Spoil = "header" }),
		with(small(Corrupt, 33, 75), func(r *recipe) { r.Spoil = "corrupt" }),
	}
}

func interlaced(r *recipe) {
	r.File, r.W, r.H, r.Rate, r.Out = "interlaced.mpg", 720, 576, 48000, nil
	r.Shape, r.Fields = 720.0/576*16/11, true
	r.Args = []string{"-vf", "tinterlace=interleave_top,fieldorder=tff,setfield=tff,setsar=16/11",
		"-c:v", "mpeg2video", "-b:v", "4M", "-maxrate", "6M", "-bufsize", "1835k", "-g", "12", "-bf", "2",
		"-flags", "+ildct+ilme", "-top", "1", "-c:a", "mp2", "-b:a", "192k", "-af", "asetnsamples=1152:p=1"}
}

// camera is what a sender of live pictures sends: no pictures out of order.
func camera(r *recipe) {
	r.Args = append([]string{"-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency", "-crf", "18", "-g", "25", "-threads", "2"}, aac...)
}

// hd is what a film of this size weighs: 6 Mbit/s.
func hd(r *recipe) {
	r.W, r.H, r.Busy = 1280, 720, true
	r.Args = append([]string{"-c:v", "libx264", "-preset", "veryfast", "-b:v", "6M", "-maxrate", "8M", "-bufsize", "12M", "-g", "50", "-threads", "2"}, aac...)
}

// vfrKept is what the variable-rate clip keeps, for the ffmpeg program; kept
// says the same here. Flashes stay, and there is a hole of ten pictures.
const vfrKept = "between(mod(n,25),13,14)+eq(n,49)+not(eq(mod(n,7),3)+eq(mod(n,11),5)+between(n,24,33))"

func kept(n int) bool {
	if m := n % 25; m == 13 || m == 14 || n == 49 {
		return true
	}
	return n%7 != 3 && n%11 != 5 && (n < 24 || n > 33)
}
