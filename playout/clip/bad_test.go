package clip

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"airloom/playout/media"
)

// put writes a file into a directory of the test's own.
func put(t testing.TB, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, data, 0o644))
	return path
}

func bytesOf(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	return b
}

func garbage(n int) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// refused opens a spec that must fail at once.
func refused(t testing.TB, s media.Spec) *media.Fault {
	t.Helper()
	h := read(t, s, 0, house, whole)
	var f *media.Fault
	require.ErrorAs(t, h.err, &f)
	require.Empty(t, h.numbers)
	t.Log(f.Kind, f)
	return f
}

func TestWhatCannotBePlayedIsNamed(t *testing.T) {
	dir := t.TempDir()
	fifo := filepath.Join(dir, "pipe.mp4")
	require.NoError(t, syscall.Mkfifo(fifo, 0o644))
	good := made{frames: 100, rate: 44100}.file(t)
	whole := bytesOf(t, good)
	faststart := made{frames: 100, rate: 44100, args: x264 + "-c:a aac -movflags +faststart"}.file(t)
	head := bytesOf(t, faststart)
	for name, c := range map[string]struct {
		path string
		kind media.FaultKind
		word string
	}{
		"missing":     {filepath.Join(dir, "no.mp4"), media.FaultMissing, "not there"},
		"directory":   {dir, media.FaultUnreadable, "directory"},
		"pipe":        {fifo, media.FaultUnreadable, "regular"},
		"empty":       {put(t, "e.mp4", nil), media.FaultUnsupported, "empty"},
		"garbage":     {put(t, "g.mp4", garbage(200_000)), media.FaultUnsupported, "not media"},
		"text":        {put(t, "t.txt", []byte(strings.Repeat("hello, this is no film\n", 500))), media.FaultUnsupported, "not media"},
		"header only": {put(t, "h.mp4", head[:strings.Index(string(head), "mdat")+8]), media.FaultBroken, "no picture or sound"},
		"no index":    {put(t, "m.mp4", whole[:len(whole)/2]), media.FaultUnsupported, "not media"},
		"hls":         {put(t, "p.m3u8", []byte("#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n"+good+"\n#EXT-X-ENDLIST\n")), media.FaultUnsupported, ""},
		"concat":      {put(t, "c.txt", []byte("ffconcat version 1.0\nfile '"+good+"'\n")), media.FaultUnsupported, ""},
		"sdp":         {put(t, "c.sdp", []byte("v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n")), media.FaultUnsupported, ""},
		"subtitles":   {put(t, "s.srt", []byte("1\n00:00:01,000 --> 00:00:02,000\nHello\n\n2\n00:00:03,000 --> 00:00:04,000\nBye\n")), media.FaultUnsupported, ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := refused(t, media.Spec{Source: c.path})
			require.Equal(t, c.kind, f.Kind)
			require.Contains(t, f.Error(), c.word)
		})
	}
}

func TestNoPermission(t *testing.T) {
	path := put(t, "secret.mp4", []byte("x"))
	require.NoError(t, os.Chmod(path, 0))
	if os.Geteuid() == 0 { // root may read everything: be somebody else for a moment
		dir := filepath.Dir(path)
		for ; dir != os.TempDir() && dir != "/"; dir = filepath.Dir(dir) {
			require.NoError(t, os.Chmod(dir, 0o755))
		}
		require.NoError(t, syscall.Seteuid(65534))
		defer func() { require.NoError(t, syscall.Seteuid(0)) }()
	}
	_, err := Open(context.Background(), media.Spec{Source: path}, media.Start{}, house)
	require.Equal(t, media.FaultUnreadable, media.KindOf(err), "%v", err)
	require.Contains(t, err.Error(), "may not be read")
}

func TestNothingOutsideTheRoot(t *testing.T) {
	good := made{}.file(t)
	root := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(root, "in.mp4"), bytesOf(t, good), 0o644))
	require.NoError(t, os.Symlink(good, filepath.Join(root, "out.mp4")))
	require.NoError(t, os.Symlink(filepath.Join(root, "in.mp4"), filepath.Join(root, "link.mp4")))
	spec := func(name string) media.Spec { return media.Spec{Source: filepath.Join(root, name), Root: root} }
	for _, name := range []string{"in.mp4", "link.mp4"} {
		ended(t, read(t, spec(name), 0, house, whole))
	}
	require.Equal(t, media.FaultUnreadable, refused(t, spec("out.mp4")).Kind)
	require.Equal(t, media.FaultUnreadable, refused(t, media.Spec{Source: good, Root: root}).Kind)
}

// broken reads a file that breaks off, and returns what it says.
func broken(t testing.TB, path string) (heard, *media.Fault) {
	t.Helper()
	h := read(t, media.Spec{Source: path}, 0, house, whole)
	var f *media.Fault
	require.ErrorAs(t, h.err, &f)
	t.Log(len(h.numbers), f.Kind, f)
	return h, f
}

func TestTruncatedFileEndsAfterItsLastGoodTick(t *testing.T) {
	for _, m := range []made{
		{frames: 250, rate: 44100, args: x264 + "-c:a aac -movflags +faststart"},
		{frames: 250, rate: 44100, ext: "mkv"},
	} {
		b := bytesOf(t, m.file(t))
		h, f := broken(t, put(t, "t."+m.defaults().ext, b[:len(b)/2]))
		require.Equal(t, media.FaultBroken, f.Kind)
		require.Contains(t, f.Error(), "ended early at 00:00:0")
		require.InDelta(t, 125, len(h.numbers), 40)
		good := len(h.numbers) - 6 // pictures that others at the cut were made from
		require.Equal(t, count(good), h.numbers[:good])
		require.EqualValues(t, 250, h.info.Ticks)
	}
}

func TestDamageInTheMiddleCostsOnlyItself(t *testing.T) {
	for _, m := range []made{
		{frames: 250, rate: 44100, args: x264 + "-g 25 -c:a aac -movflags +faststart"},
		{frames: 250, rate: 44100, ext: "mkv", args: x264 + "-g 25 -c:a aac"},
		{frames: 250, rate: 44100, ext: "ts", args: x264 + "-g 25 -c:a aac"},
	} {
		b := bytesOf(t, m.file(t))
		copy(b[len(b)/2:], garbage(len(b)/50))
		h := read(t, media.Spec{Source: put(t, "d."+m.defaults().ext, b)}, 0, house, whole)
		ended(t, h)
		require.Len(t, h.numbers, 250, m.ext)
		good := 0
		for k, n := range h.numbers {
			if n == k {
				good++
			}
		}
		t.Log(m.ext, good, "of 250 good", h.info.Notes)
		require.Greater(t, good, 215)
		for _, o := range h.offsets(house) {
			require.InDelta(t, 0, o, 3)
		}
	}
}

// Where more than a second is gone, of picture and sound, the item is over.
func TestLongDamageEndsTheClip(t *testing.T) {
	m := made{frames: 250, rate: 44100, ext: "mkv", args: x264 + "-g 25 -c:a aac"}
	b := bytesOf(t, m.file(t))
	clear(b[len(b)*2/5 : len(b)*4/5])
	h, f := broken(t, put(t, "d.mkv", b))
	require.Contains(t, f.Error(), "damaged")
	require.InDelta(t, 100, len(h.numbers), 30)
	require.Equal(t, count(len(h.numbers)-6), h.numbers[:len(h.numbers)-6])
}

func TestCancelEndsOpenAndRead(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	r, err := Open(ctx, media.Spec{Source: made{frames: 100, rate: 44100}.file(t)}, media.Start{}, house)
	require.NoError(t, err)
	slot := make([]byte, r.layout.Size)
	_, err = r.Read(slot)
	require.NoError(t, err)
	cancel()
	for err == nil {
		_, err = r.Read(slot)
	}
	require.ErrorIs(t, err, context.Canceled)
	require.NoError(t, r.Close())
	_, err = Open(ctx, media.Spec{Source: made{}.file(t)}, media.Start{}, house)
	require.ErrorIs(t, err, context.Canceled)
}

// A server that accepts and says nothing does not hold anybody.
func TestCancelEndsAnOpenThatHangs(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		c, err := l.Accept()
		if err == nil {
			cancel() // now libav waits for the answer
			_, _ = io.Copy(io.Discard, c)
			_ = c.Close()
		}
	}()
	_, err = Open(ctx, media.Spec{Source: "http://" + l.Addr().String() + "/a.mp4"}, media.Start{}, house)
	require.ErrorIs(t, err, context.Canceled)
}

func TestFileThatGoesWhileItLoops(t *testing.T) {
	path := put(t, "a.webm", bytesOf(t, made{frames: 25, rate: 48000, ext: "webm", tone: ",asetnsamples=960:p=0", args: "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -b:v 1M -c:a libopus"}.file(t)))
	r, err := Open(context.Background(), media.Spec{Source: path, Loop: true, Duration: time.Minute}, media.Start{}, house)
	require.NoError(t, err)
	require.NoError(t, os.Remove(path))
	slot := make([]byte, r.layout.Size)
	for err == nil {
		_, err = r.Read(slot)
	}
	require.Equal(t, media.FaultMissing, media.KindOf(err), "%v", err)
	require.NoError(t, r.Close())
}

// Whatever is done to a file: reading it ends, in ticks, EOF or a fault.
func TestMangledFilesNeverHang(t *testing.T) {
	for _, m := range []made{
		{frames: 25, rate: 44100}, {frames: 25, rate: 44100, ext: "mkv"}, {frames: 25, rate: 44100, ext: "ts"},
		{frames: 25, rate: 48000, ext: "webm", tone: ",asetnsamples=960:p=0", args: "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -b:v 1M -c:a libopus"},
		{frames: 25, rate: 48000, ext: "mpg", tone: ",asetnsamples=1152", args: "-c:v mpeg2video -flags +ildct+ilme -c:a mp2"}, {frames: 25, rate: 44100, ext: "flv"},
		{frames: 25, ext: "gif", args: "-c:v gif"}, {frames: 25, rate: 44100, ext: "avi", args: "-c:v mpeg4 -c:a libmp3lame"},
	} {
		b := bytesOf(t, m.file(t))
		rounds, seed := 24, uint64(7)
		if os.Getenv("AIRLOOM_SOAK") != "" {
			rounds, seed = 600, uint64(time.Now().UnixNano())
			t.Log("seed", seed)
		}
		rnd := rand.New(rand.NewPCG(seed, uint64(len(b))))
		for i := range rounds {
			c := append([]byte(nil), b...)
			if i%3 == 0 {
				c = c[:rnd.IntN(len(c))]
			}
			for range rnd.IntN(40) * min(i%3, 1) {
				c[rnd.IntN(len(c))] ^= byte(1 << rnd.IntN(8))
			}
			if i%6 == 5 { // and the header
				for range 8 {
					c[rnd.IntN(min(2000, len(c)))] = byte(rnd.Uint32())
				}
			}
			began := time.Now()
			h := read(t, media.Spec{Source: put(t, "x."+m.defaults().ext, c)}, int64(i%2*5), house, whole)
			var f *media.Fault
			require.True(t, errors.Is(h.err, io.EOF) || errors.As(h.err, &f), "%v", h.err)
			require.Less(t, time.Since(began), 20*time.Second)
		}
	}
}
