package clip

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/asticode/go-astiav"
	"github.com/stretchr/testify/require"

	"airloom/playout/media"
)

// joined is files one after the other, byte by byte, as recorders leave them.
func joined(t testing.TB, ext string, files ...string) string {
	var all []byte
	for _, f := range files {
		all = append(all, bytesOf(t, f)...)
	}
	return put(t, "joined."+ext, all)
}

const tsArgs = x264 + "-bf 0 -c:a aac "

// A clock that starts anew is mended: no storm of held pictures, no loss, and
// sound stays with its picture.
func TestClockThatJumps(t *testing.T) {
	one := made{frames: 75, rate: 44100, ext: "ts", args: tsArgs + "-output_ts_offset 100"}.file(t)
	for name, two := range map[string]string{
		"back":    made{frames: 75, rate: 44100, ext: "ts", args: tsArgs + "-output_ts_offset 3"}.file(t),
		"forward": made{frames: 75, rate: 44100, ext: "ts", args: tsArgs + "-output_ts_offset 5000"}.file(t),
	} {
		f := joined(t, "ts", one, two, one)
		h := read(t, media.Spec{Source: f}, 0, house, whole)
		ended(t, h)
		require.InDelta(t, 225, len(h.numbers), 6, name)
		require.Contains(t, h.info.Notes, "its clock jumps: it is mended")
		off := h.offsets(house)
		require.GreaterOrEqual(t, len(off), 7)
		for _, o := range off {
			require.InDelta(t, 0, o, 45, "%s: %v", name, off) // the files' own sound overlaps at the joins
		}
		for _, k := range []int{60, 120} {
			part := read(t, media.Spec{Source: f}, int64(k), house, whole)
			ended(t, part)
			require.Equal(t, h.numbers[k:], part.numbers, "%s from tick %d", name, k)
		}
	}
}

// A picture that stands for long while the sound goes on is no jump of the clock.
func TestPictureThatStands(t *testing.T) {
	for _, ext := range []string{"flv", "ts", "mp4"} {
		f := made{frames: 500, rate: 44100, ext: ext, picture: ",select='not(between(n,60,430))'", args: "-fps_mode vfr " + x264 + "-bf 0 -c:a aac"}.file(t)
		h := read(t, media.Spec{Source: f}, 0, house, whole)
		ended(t, h)
		require.InDelta(t, 500, len(h.numbers), 2, ext)
		require.Equal(t, 59, h.numbers[200], ext)
		require.Equal(t, 480, h.numbers[480], ext)
		for _, o := range h.offsets(house) {
			require.InDelta(t, 0, o, 3, ext)
		}
	}
}

// apart writes the packets of a file anew, the sound later than its picture by
// so many seconds of the file, but with the times it had.
func apart(t *testing.T, from string, seconds float64) string {
	in := astiav.AllocFormatContext()
	require.NoError(t, in.OpenInput(from, nil, nil))
	defer in.CloseInput()
	require.NoError(t, in.FindStreamInfo(nil))
	path := filepath.Join(t.TempDir(), "apart.mkv")
	out, err := astiav.AllocOutputFormatContext(nil, "matroska", path)
	require.NoError(t, err)
	defer out.Free()
	for _, s := range in.Streams() {
		o := out.NewStream(nil)
		require.NoError(t, s.CodecParameters().Copy(o.CodecParameters()))
		o.CodecParameters().SetCodecTag(0)
		o.SetTimeBase(s.TimeBase())
	}
	pb, err := astiav.OpenIOContext(path, astiav.NewIOContextFlags(astiav.IOContextFlagWrite), nil, nil)
	require.NoError(t, err)
	out.SetPb(pb)
	require.NoError(t, out.WriteHeader(nil))
	type timed struct {
		p  *astiav.Packet
		at float64
	}
	var all []timed
	for {
		p := astiav.AllocPacket()
		if in.ReadFrame(p) != nil {
			p.Free()
			break
		}
		s := in.Streams()[p.StreamIndex()]
		at := float64(p.Dts()) * s.TimeBase().Float64()
		if s.CodecParameters().MediaType() == astiav.MediaTypeAudio {
			at += seconds
		}
		p.RescaleTs(s.TimeBase(), out.Streams()[p.StreamIndex()].TimeBase())
		all = append(all, timed{p, at})
	}
	slices.SortStableFunc(all, func(a, b timed) int { return cmp.Compare(a.at, b.at) })
	for _, x := range all {
		require.NoError(t, out.WriteFrame(x.p))
		x.p.Free()
	}
	require.NoError(t, out.WriteTrailer())
	require.NoError(t, pb.Close())
	return path
}

// Sound that lies far from its picture in the file is found all the same.
func TestBadlyInterleavedFile(t *testing.T) {
	from := made{frames: 500, rate: 44100}.file(t)
	for _, delay := range []float64{4, 10, -4, -19} {
		h := read(t, media.Spec{Source: apart(t, from, delay)}, 0, house, whole)
		ended(t, h)
		require.Equal(t, count(500), h.numbers)
		off := h.offsets(house)
		require.Len(t, off, 20, "%v s: %v", delay, off)
		for _, o := range off {
			require.InDelta(t, 0, o, 3, "%v s: %v", delay, off)
		}
	}
}

// A file that does not say how long its picture is, only how long it is itself.
func TestLongSoundInAFileThatSaysLittle(t *testing.T) {
	f := apart(t, made{rate: 44100, sound: 5}.file(t), 0)
	h := read(t, media.Spec{Source: f}, 0, house, whole)
	ended(t, h)
	require.Len(t, h.numbers, 125)
	require.Equal(t, 49, h.numbers[124])
}

// The picture may change its size and shape on the way.
func TestPictureChangesOnTheWay(t *testing.T) {
	a := made{frames: 50, rate: 44100, ext: "ts", args: tsArgs}.file(t)
	b := made{frames: 50, rate: 44100, ext: "ts", size: "640x480", args: tsArgs + "-output_ts_offset 2"}.file(t)
	c := made{frames: 50, rate: 44100, ext: "ts", size: "720x576", picture: ",setsar=64/45,setfield=tff",
		args: "-c:v libx264 -preset veryfast -flags +ildct -x264opts tff=1 -bf 0 -c:a aac -output_ts_offset 4"}.file(t)
	h := read(t, media.Spec{Source: joined(t, "ts", a, b, c)}, 0, house, whole)
	ended(t, h)
	require.InDelta(t, 150, len(h.numbers), 3)
	require.Contains(t, h.info.Notes, "interlaced: it is deinterlaced")
	require.Equal(t, count(49), h.numbers[:49])
	last := h.numbers[len(h.numbers)-40:]
	for i, n := range last {
		require.Equal(t, 10+i, n, "%v", last)
	}
}

// Streams without a container have no clock at all.
func TestRawStreams(t *testing.T) {
	for _, m := range []made{
		{ext: "h264", args: "-c:v libx264 -preset veryfast -bf 0 -g 25"},
		{ext: "h264", args: "-c:v libx264 -preset veryfast -bf 2 -g 25"},
		{ext: "hevc", args: "-c:v libx265 -preset ultrafast -x265-params log-level=error"},
		{ext: "m2v", size: "352x288", args: "-c:v mpeg2video -q:v 2 -bf 2"},
		{ext: "ivf", args: "-c:v libvpx -b:v 1M"},
		{ext: "y4m", args: "-strict -1"},
		{ext: "mjpeg", args: "-c:v mjpeg -q:v 2"},
	} {
		a := whole
		if m.ext == "m2v" {
			a = area{50, 0, 220, 180}
		}
		h := read(t, media.Spec{Source: m.file(t)}, 0, house, a)
		ended(t, h)
		require.Equal(t, count(50), h.numbers, m.ext+m.args)
	}
}

func TestTimesThatBeginBelowNought(t *testing.T) {
	for _, ext := range []string{"mkv", "mp4"} {
		f := made{frames: 100, rate: 44100, ext: ext, args: x264 + "-c:a aac -avoid_negative_ts disabled -output_ts_offset -0.5"}.file(t)
		h := read(t, media.Spec{Source: f}, 0, house, whole)
		ended(t, h)
		t.Log(h.numbers[0], len(h.numbers), h.offsets(house))
		require.InDelta(t, 100, len(h.numbers), 14)
		for _, o := range h.offsets(house) {
			require.InDelta(t, 0, o, 21)
		}
	}
}

// Fields become whole pictures: no combs, and every one at its time.
func TestInterlacedMovementHasNoCombs(t *testing.T) {
	big := media.House{Width: 720, Height: 576, FPS: media.Rational{Num: 25, Den: 1}, SampleRate: 44100, Fit: media.FitStretch}
	l := media.LayoutOf(big)
	// A white bar that moves by 16 pixels a field.
	f := cached(t, "mpg", func(out string) []string {
		return []string{"-v", "error", "-y", "-f", "lavfi", "-i", "color=black:s=720x576:r=50:d=2,format=yuv420p,geq=lum='16+219*between(mod(X-16*N,720),0,80)':cb=128:cr=128,tinterlace=interleave_top,setfield=tff",
			"-c:v", "mpeg2video", "-q:v", "2", "-flags", "+ildct+ilme", "-top", "1", out}
	})
	slot, _ := shown(t, media.Spec{Source: f}, big)
	combs := 0
	for y := 100; y < 476; y++ {
		for x := range 720 {
			a, b, c := int(slot[(y-1)*l.StrideY+x]), int(slot[y*l.StrideY+x]), int(slot[(y+1)*l.StrideY+x])
			if a-b > 60 && c-b > 60 || b-a > 60 && b-c > 60 {
				combs++
			}
		}
	}
	require.Less(t, combs, 400, "of 270000 pixels")
	ended(t, read(t, media.Spec{Source: f}, 0, big, area{0, 0, 720, 576}))
	big.FPS.Num = 50 // a house of twice the rate shows each field
	h := read(t, media.Spec{Source: f}, 0, big, area{0, 0, 720, 576})
	ended(t, h)
	require.Len(t, h.numbers, 100)
}

func TestNoFileStaysOpen(t *testing.T) {
	fds := func() int {
		e, err := os.ReadDir("/proc/self/fd")
		require.NoError(t, err)
		return len(e)
	}
	good := made{frames: 50, rate: 44100, ext: "mkv"}.file(t)
	read(t, media.Spec{Source: good}, 0, house, whole)
	before := fds()
	for range 5 {
		read(t, media.Spec{Source: good, Loop: true, Duration: 5e9}, 30, house, whole)
		_ = read(t, media.Spec{Source: put(t, "x.mp4", garbage(5000))}, 0, house, whole)
	}
	require.Equal(t, before, fds())
}
