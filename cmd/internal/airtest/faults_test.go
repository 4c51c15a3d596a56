package airtest

import (
	"bytes"
	"encoding/binary"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// programme is what a stream for the analyser's own test is made of: which
// picture of which clip at each tick, and the sound. Faults are put in before it
// is encoded.
type programme struct {
	pics  []ref
	sound []float32 // stereo, interleaved
}

type ref struct{ clip, n int } // clip: index into house; −1: black

// house are the clips of the programme.
var houseKinds = []Kind{Plain1, Plain2, Plain3}

func recipeOf(k Kind) recipe {
	return recipes()[slices.IndexFunc(recipes(), func(r recipe) bool { return r.Kind == k })]
}

// perfect is one round of the clips, joined as they should be.
func perfect(t *testing.T) *programme {
	p := &programme{}
	for i := range len(houseKinds) {
		r := recipeOf(houseKinds[i%len(houseKinds)])
		for n := range r.Pictures {
			p.pics = append(p.pics, ref{i % len(houseKinds), n})
		}
		var raw bytes.Buffer
		require.NoError(t, r.drawSound(&raw))
		part := make([]float32, raw.Len()/4)
		require.NoError(t, binary.Read(&raw, binary.LittleEndian, part))
		p.sound = append(p.sound, part...)
	}
	return p
}

// encode writes the programme as a server would have recorded it.
func (p *programme) encode(t *testing.T, more ...string) *flvFile {
	dir := t.TempDir()
	snd := filepath.Join(dir, "sound")
	var raw bytes.Buffer
	require.NoError(t, binary.Write(&raw, binary.LittleEndian, p.sound))
	require.NoError(t, os.WriteFile(snd, raw.Bytes(), 0o644))
	out := filepath.Join(dir, "out.flv")
	args := append([]string{"-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", "320x180", "-r", "25", "-i", "pipe:0",
		"-f", "f32le", "-ar", "44100", "-ac", "2", "-i", snd,
		"-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency", "-profile:v", "main", "-level", "3.1", "-crf", "23",
		"-g", "50", "-sc_threshold", "0", "-bf", "0", "-threads", "2", "-x264-params", "repeat-headers=1",
		"-c:a", "aac", "-b:a", "128k"}, append(more, "-flvflags", "no_duration_filesize", out)...)
	require.NoError(t, feed(t, args, p.draw, true))
	f := readTags(t, out)
	f.retime()
	return f
}

func (p *programme) draw(w io.Writer) error {
	buf := make([]byte, 320*180*3/2)
	for _, q := range p.pics {
		if q.clip < 0 {
			fill(buf[:320*180], 16)
			fill(buf[320*180:], 128)
		} else {
			recipeOf(houseKinds[q.clip]).draw(buf, 320, 180, q.n, q.n)
		}
		if _, err := w.Write(buf); err != nil {
			return err
		}
	}
	return nil
}

// flvFile is a recording as a list of tags that can be tampered with.
type flvFile struct {
	t    *testing.T
	head []byte
	tags []tag
}

type tag struct {
	kind byte
	ts   int
	body []byte
}

func (g tag) header() bool { return len(g.body) > 1 && g.body[1] == 0 }

func readTags(t *testing.T, path string) *flvFile {
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	f := &flvFile{t: t, head: data[:13]}
	for at := 13; at+11 < len(data); {
		n := int(data[at+1])<<16 | int(data[at+2])<<8 | int(data[at+3])
		f.tags = append(f.tags, tag{data[at], 0, bytes.Clone(data[at+11 : at+11+n])})
		at += 15 + n
	}
	return f
}

// retime puts every picture and AAC frame where its count says; the priming goes.
func (f *flvFile) retime() {
	pics, snd := 0, -1
	for i := range f.tags {
		g := &f.tags[i]
		switch {
		case g.kind == 18 || g.header():
		case g.kind == 9:
			g.ts = 40 * pics
			pics++
		case g.kind == 8:
			g.ts = int(math.Round(float64(snd) * 1024 / 44.1))
			snd++
		}
	}
	f.tags = slices.DeleteFunc(f.tags, func(g tag) bool { return g.ts < 0 })
}

func (f *flvFile) of(kind byte) (out []*tag) {
	for i := range f.tags {
		if g := &f.tags[i]; g.kind == kind && !g.header() {
			out = append(out, g)
		}
	}
	return out
}

func (f *flvFile) clone() *flvFile {
	c := &flvFile{f.t, f.head, slices.Clone(f.tags)}
	for i := range c.tags {
		c.tags[i].body = bytes.Clone(c.tags[i].body)
	}
	return c
}

// analyse writes the tags to a file and judges it.
func (f *flvFile) analyse() *Report {
	var out bytes.Buffer
	out.Write(f.head)
	for _, g := range f.tags {
		n := len(g.body)
		out.Write([]byte{g.kind, byte(n >> 16), byte(n >> 8), byte(n), byte(g.ts >> 16), byte(g.ts >> 8), byte(g.ts), byte(g.ts >> 24), 0, 0, 0})
		out.Write(g.body)
		_ = binary.Write(&out, binary.BigEndian, uint32(n+11))
	}
	path := filepath.Join(f.t.TempDir(), "tampered.flv")
	require.NoError(f.t, os.WriteFile(path, out.Bytes(), 0o644))
	return Analyse(f.t, path, Clips(f.t, houseKinds...), DefaultHouse)
}

// verdicts are the names of the assertions that a report fails.
func verdicts(t *testing.T, r *Report) (out []string) {
	for _, c := range []struct {
		name string
		do   func(testing.TB)
	}{
		{"contiguous", r.RequireContiguous},
		{"declared", func(t testing.TB) { r.RequireDeclared(t, 77, 31, 50) }},
		{"order", func(t testing.TB) { r.RequireOrder(t, Clips(t, houseKinds...)) }},
		{"joins", r.RequireJoins},
		{"sync", r.RequireSync},
		{"sound", r.RequireSound},
	} {
		w := &recorder{TB: t}
		c.do(w)
		if len(w.said) > 0 {
			out = append(out, c.name)
		}
	}
	return out
}

// A stream without a fault passes everything: else the bench itself is wrong.
func TestAnalyserPassesPerfect(t *testing.T) {
	r := perfect(t).encode(t).analyse()
	t.Log(r)
	require.Empty(t, verdicts(t, r), r)
	require.Len(t, r.Runs, 3)
	require.Equal(t, 9, r.Sums().Beeps)
	require.InDelta(t, 0, ms(r.Sums().FitMean), 0.5)
	require.InDelta(t, 0, ms(r.Trend()), 0.3)
}

// Faults in what is shown and heard.
// A beep with which a recording begins is not whole in it, and no fault.
func TestAnalyserKnowsThatASessionMayBeginWithAMark(t *testing.T) {
	p := perfect(t)
	first := firstMark(recipeOf(houseKinds[0]).FPS)
	p.pics, p.sound = p.pics[first:], p.sound[2*first*44100/25:]
	f := p.encode(t)
	at := slices.IndexFunc(f.tags, func(g tag) bool { return g.kind == 8 && !g.header() })
	f.tags = slices.Delete(f.tags, at, at+1) // the frame that the server did not get
	require.Empty(t, verdicts(t, f.analyse()))
}

func TestAnalyserFindsFaultsInContent(t *testing.T) {
	sample := func(tick int) int { return tick * 44100 / 25 * 2 }
	for _, c := range []struct {
		name  string
		do    func(*programme)
		fails []string
		check func(*testing.T, *Report)
	}{
		{"a picture lost", func(p *programme) {
			p.pics = slices.Delete(p.pics, 100, 101)
			p.sound = slices.Delete(p.sound, sample(100), sample(101))
		}, []string{"joins", "order"}, func(t *testing.T, r *Report) { require.Equal(t, 1, r.Sums().Lost) }},
		{"a picture doubled", func(p *programme) {
			p.pics = slices.Insert(p.pics, 100, p.pics[99])
			p.sound = slices.Insert(p.sound, sample(100), p.sound[sample(99):sample(100)]...)
		}, []string{"joins", "order"}, func(t *testing.T, r *Report) { require.Equal(t, 1, r.Sums().Doubled) }},
		{"a clip's last picture lost", func(p *programme) {
			p.pics = slices.Delete(p.pics, 149, 150)
			p.sound = slices.Delete(p.sound, sample(149), sample(150))
		}, []string{"joins", "order"}, func(t *testing.T, r *Report) { require.Equal(t, 1, r.Sums().TailLost) }},
		{"a clip's first picture lost", func(p *programme) {
			p.pics = slices.Delete(p.pics, 75, 76)
			p.sound = slices.Delete(p.sound, sample(75), sample(76))
		}, []string{"joins", "order"}, func(t *testing.T, r *Report) { require.Equal(t, 1, r.Sums().HeadLost) }},
		{"a clip's last picture held once more", func(p *programme) {
			p.pics = slices.Insert(p.pics, 150, p.pics[149])
			p.sound = slices.Insert(p.sound, sample(150), p.sound[sample(100):sample(101)]...)
		}, []string{"joins", "order"}, func(t *testing.T, r *Report) { require.Equal(t, 1, r.Runs[1].TailHold) }},
		{"a black picture at a join", func(p *programme) { p.pics[150] = ref{clip: -1} },
			[]string{"joins", "order"}, func(t *testing.T, r *Report) { require.Len(t, r.Black, 1) }},
		{"sound 5 ms late", func(p *programme) { p.sound = append(make([]float32, 441), p.sound...) },
			[]string{"sync"}, func(t *testing.T, r *Report) { require.InDelta(t, 5, ms(r.Sums().FitMean), 0.5) }},
		{"sound 5 ms early", func(p *programme) { p.sound = p.sound[441:] },
			[]string{"sync"}, func(t *testing.T, r *Report) { require.InDelta(t, -5, ms(r.Sums().FitMean), 0.5) }},
		{"sound 40 ms late from the third clip on", func(p *programme) {
			p.sound = slices.Insert(p.sound, sample(150), p.sound[sample(100):sample(101)]...)
		}, []string{"sync"}, func(t *testing.T, r *Report) { require.InDelta(t, 40, ms(r.Sums().FitMax), 1) }},
		{"one AAC frame of silence", func(p *programme) { clear(p.sound[sample(105) : sample(105)+2*1024]) },
			[]string{"sound"}, func(t *testing.T, r *Report) {
				require.InDelta(t, 23, ms(r.Quiet[0].To-r.Quiet[0].From), 8)
			}},
		{"a beep muted", func(p *programme) { clear(p.sound[sample(113):sample(116)]) },
			[]string{"sound", "sync"}, func(t *testing.T, r *Report) { require.Equal(t, 1, r.Sums().MissingBeeps) }},
		{"the clock of the sound 0.05 % fast", func(p *programme) { p.sound = drop(p.sound, 2000) },
			[]string{"sync"}, func(t *testing.T, r *Report) { require.InDelta(t, -4.5, ms(r.Trend()), 0.4) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := perfect(t)
			c.do(p)
			r := p.encode(t).analyse()
			require.ElementsMatch(t, c.fails, verdicts(t, r), r)
			c.check(t, r)
		})
	}
}

// drop leaves out each n-th stereo sample.
func drop(in []float32, n int) (out []float32) {
	for i := 0; i+1 < len(in); i += 2 {
		if i/2%n != n-1 {
			out = append(out, in[i], in[i+1])
		}
	}
	return out
}

// Faults in how it is packed.
func TestAnalyserFindsFaultsInPacking(t *testing.T) {
	good := perfect(t).encode(t)
	other := perfect(t).encode(t, "-profile:v", "high")
	for _, c := range []struct {
		name  string
		do    func(*flvFile)
		fails []string
	}{
		{"nothing", func(*flvFile) {}, nil},
		{"one picture missing in time", func(f *flvFile) {
			gone := f.of(9)[110]
			i := slices.IndexFunc(f.tags, func(g tag) bool { return g.kind == 9 && g.ts == gone.ts })
			f.tags = slices.Delete(f.tags, i, i+1)
		}, []string{"contiguous", "joins"}},
		{"one picture 2 ms late", func(f *flvFile) { f.of(9)[110].ts += 2 }, []string{"contiguous"}},
		{"a DTS repeated", func(f *flvFile) { f.of(9)[110].ts = f.of(9)[109].ts }, []string{"contiguous", "joins", "order"}},
		{"sound jumps by 200 ms", func(f *flvFile) {
			for _, g := range f.of(8)[250:] {
				g.ts += 200
			}
		}, []string{"contiguous", "sync", "sound"}},
		{"sound jumps by 2 ms", func(f *flvFile) {
			for _, g := range f.of(8)[250:] {
				g.ts += 2
			}
		}, []string{"contiguous"}},
		{"an AAC frame left out", func(f *flvFile) {
			gone := f.of(8)[250]
			i := slices.IndexFunc(f.tags, func(g tag) bool { return g.kind == 8 && !g.header() && g.ts == gone.ts })
			f.tags = slices.Delete(f.tags, i, i+1)
		}, []string{"contiguous", "sound"}},
		{"the header changed", func(f *flvFile) {
			for _, g := range other.tags {
				if g.kind == 9 && g.header() {
					f.tags = slices.Insert(f.tags, len(f.tags)-4, tag{9, f.tags[len(f.tags)-5].ts, g.body})
				}
			}
		}, []string{"contiguous"}},
		{"a keyframe that says it is none", func(f *flvFile) { f.of(9)[100].body[0] = 0x27 }, []string{"declared"}},
		{"an IDR without its parameter sets", func(f *flvFile) { f.of(9)[100].body = withoutSets(f.of(9)[100].body) }, []string{"declared"}},
		{"a damaged picture", func(f *flvFile) {
			b := f.of(9)[120].body
			for i := 40; i < len(b); i++ {
				b[i] = byte(i * 37)
			}
		}, []string{"contiguous"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := good.clone()
			f.t = t
			c.do(f)
			r := f.analyse()
			got := verdicts(t, r)
			if c.name == "a damaged picture" { // how much else it spoils is the decoder's business
				require.Contains(t, got, "contiguous", r)
				return
			}
			require.ElementsMatch(t, c.fails, got, r)
		})
	}
}

// withoutSets leaves out SPS and PPS.
func withoutSets(body []byte) []byte {
	out := bytes.Clone(body[:5])
	for b := body[5:]; len(b) > 4; {
		n := int(binary.BigEndian.Uint32(b)) + 4
		if k := b[4] & 31; k != 7 && k != 8 {
			out = append(out, b[:n]...)
		}
		b = b[n:]
	}
	return out
}
