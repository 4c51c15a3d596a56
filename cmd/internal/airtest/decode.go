package airtest

import (
	"bufio"
	"fmt"
	"io"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"airloom/playout/media"
)

// decoder is the ffmpeg program turning one stream of a file into raw data. On
// the side it tells the time of each decoded frame, and its complaints.
type decoder struct {
	cmd    *exec.Cmd
	out    *bufio.Reader
	drain  chan struct{}
	frames []frameInfo
	errors []string
}

type frameInfo struct {
	at      time.Duration
	samples int
}

var (
	frameLine  = regexp.MustCompile(` n: *\d+ pts: *\S+ +pts_time:(-?[0-9.e+-]+)(?:.* nb_samples:(\d+))?`)
	ffmpegAddr = regexp.MustCompile(` @ 0x[0-9a-f]+`)
)

// decode starts to decode a stream of the file.
func decode(t testing.TB, path string, args ...string) (*decoder, error) {
	all := append([]string{"-hide_banner", "-nostats", "-nostdin", "-loglevel", "level+info", "-copyts",
		"-threads", "2", "-i", path}, append(args, "pipe:1")...)
	d := &decoder{cmd: exec.Command(need(t, "ffmpeg", "ffmpeg"), all...), drain: make(chan struct{})}
	out, err := d.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	words, err := d.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	d.out = bufio.NewReaderSize(out, 1<<20)
	if err := d.cmd.Start(); err != nil {
		return nil, err
	}
	go d.listen(words)
	return d, nil
}

func (d *decoder) listen(words io.Reader) {
	defer close(d.drain)
	lines := bufio.NewScanner(words)
	for lines.Scan() {
		line := lines.Text()
		if m := frameLine.FindStringSubmatch(line); m != nil {
			s, _ := strconv.ParseFloat(m[1], 64)
			n, _ := strconv.Atoi(m[2])
			d.frames = append(d.frames, frameInfo{time.Duration(s*1e9 + 0.5), n})
		} else if strings.Contains(line, "[error]") || strings.Contains(line, "[fatal]") {
			d.errors = append(d.errors, ffmpegAddr.ReplaceAllString(strings.TrimSpace(line), ""))
		}
	}
}

func (d *decoder) close() error {
	_, _ = io.Copy(io.Discard, d.out)
	<-d.drain
	return d.cmd.Wait()
}

// Picture is one decoded picture of a recording.
type Picture struct {
	At    time.Duration
	Clip  int // id; 0: no marker
	N     int // its number in the clip
	Flash bool
	Black bool
	Diff  float64 // mean difference to the one before, of 255
}

// analysisWidth is what pictures are reduced to before they are looked at.
const analysisWidth = 320

// pictures decodes the picture of the file. A house picture is w by h.
func pictures(t testing.TB, path string, house media.House, shapes []float64) ([]Picture, []string, error) {
	w := analysisWidth
	h := 2 * int(float64(w)*float64(house.Height)/float64(house.Width)/2+0.5)
	d, err := decode(t, path, "-map", "0:v:0", "-vf",
		fmt.Sprintf("showinfo=checksum=0,scale=%d:%d:flags=area,format=gray", w, h),
		"-fps_mode", "passthrough", "-f", "rawvideo")
	if err != nil {
		return nil, nil, err
	}
	read := markerReader{w: w, h: h, places: places(float64(house.Width)/float64(house.Height), shapes)}
	var out []Picture
	pix, prev := make([]byte, w*h), make([]byte, w*h)
	for {
		if _, err := io.ReadFull(d.out, pix); err != nil {
			break
		}
		s := read.read(pix)
		p := Picture{Flash: s.flash, Black: !s.ok && black(pix), Diff: 255}
		if s.ok {
			p.Clip, p.N = s.id, s.n
		}
		if len(out) > 0 {
			p.Diff = difference(pix, prev)
		}
		out = append(out, p)
		pix, prev = prev, pix
	}
	if err := d.close(); err != nil {
		d.errors = append(d.errors, "ffmpeg: "+err.Error())
	}
	if len(d.frames) != len(out) {
		return nil, d.errors, fmt.Errorf("%s: %d pictures, but the times of %d", path, len(out), len(d.frames))
	}
	for i := range out {
		out[i].At = d.frames[i].at
	}
	return out, d.errors, nil
}

func difference(a, b []byte) float64 {
	sum := 0
	for i := range a {
		v := int(a[i]) - int(b[i])
		sum += max(v, -v)
	}
	return float64(sum) / float64(len(a))
}
