package encoder

import (
	"errors"
	"slices"
	"time"

	"github.com/asticode/go-astiav"

	"airloom/playout/media"
	"airloom/playout/timeline"
)

// audio codes sound. Its time base is one sample; ticks of any length are
// gathered into the codec's frames.
type audio struct {
	codec  *codec
	frame  *astiav.Frame
	planes [2][]float32 // the frame's memory
	n      int          // samples in the frame
	next   int64        // the channel's sample that comes next
	any    bool         // next is valid
	grid   timeline.Grid
	config []byte
	out    func(*media.Packet)
}

func openAudio(cfg Config) (*audio, error) {
	opts := dictionary(cfg.audioOptions())
	defer opts.Free()
	c, err := openCodec(cfg.Audio.Codec, cfg.prepareAudio, opts)
	if err != nil {
		return nil, err
	}
	a := &audio{codec: c, grid: timeline.Of(cfg.House), config: slices.Clone(c.ctx.ExtraData())}
	c.emit = a.emit
	a.frame = astiav.AllocFrame()
	if a.frame == nil {
		c.free()
		return nil, errors.New("out of memory")
	}
	media.Live.Frames.Add(1)
	a.frame.SetSampleFormat(astiav.SampleFormatFltp)
	a.frame.SetChannelLayout(astiav.ChannelLayoutStereo)
	a.frame.SetSampleRate(cfg.House.SampleRate)
	a.frame.SetNbSamples(c.ctx.FrameSize())
	if err := a.frame.AllocBuffer(0); err != nil {
		a.free()
		return nil, err
	}
	return a, nil
}

func (a *audio) free() {
	a.frame.Free()
	media.Live.Frames.Add(-1)
	a.codec.free()
}

// maxSilence bounds, in seconds, the gap that is filled with silence.
const maxSilence = 20

// code codes the sound of tick n. Sound stands where its tick puts it: what is
// missing before it becomes silence, what would overlap is cut.
func (a *audio) code(n int64, sound [2][]float32) error {
	begin, end := a.grid.Sample(n), a.grid.Sample(n+1)
	if !a.any {
		a.next, a.any = begin, true
	}
	if begin-a.next > maxSilence*a.grid.Rate {
		// Catching up on that would only delay what is live.
		if err := a.complete(); err != nil {
			return err
		}
		a.next = begin
	}
	if err := a.silence(begin - a.next); err != nil {
		return err
	}
	have := int64(min(len(sound[0]), len(sound[1])))
	from, to := a.next-begin, min(end-begin, have)
	if from < to {
		if err := a.write(sound[0][from:to], sound[1][from:to]); err != nil {
			return err
		}
	}
	return a.silence(end - a.next)
}

// write gathers samples into frames and codes each that is full.
func (a *audio) write(l, r []float32) error {
	for len(l) > 0 {
		to, err := a.space()
		if err != nil {
			return err
		}
		k := copy(to[0], l)
		copy(to[1], r[:k])
		l, r = l[k:], r[k:]
		if err := a.filled(k); err != nil {
			return err
		}
	}
	return nil
}

// silence writes n samples of silence, none if n ≤ 0.
func (a *audio) silence(n int64) error {
	for n > 0 {
		to, err := a.space()
		if err != nil {
			return err
		}
		k := int(min(n, int64(len(to[0]))))
		clear(to[0][:k])
		clear(to[1][:k])
		n -= int64(k)
		if err := a.filled(k); err != nil {
			return err
		}
	}
	return nil
}

// complete fills up the frame that is begun, if one is.
func (a *audio) complete() error {
	if a.n == 0 {
		return nil
	}
	return a.silence(int64(a.frame.NbSamples() - a.n))
}

// space is what is still free in the frame.
func (a *audio) space() (to [2][]float32, err error) {
	if a.n == 0 {
		// The codec may hold on to the last frame's memory.
		if err := a.frame.MakeWritable(); err != nil {
			return to, err
		}
		for c := range a.planes {
			a.planes[c] = plane(a.frame, c)
		}
	}
	for c := range to {
		to[c] = a.planes[c][a.n:]
	}
	return to, nil
}

// filled counts k samples more in the frame, and codes it when it is full.
func (a *audio) filled(k int) error {
	a.n += k
	a.next += int64(k)
	if a.n < a.frame.NbSamples() {
		return nil
	}
	a.frame.SetPts(a.next - int64(a.n))
	a.n = 0
	return a.codec.send(a.frame)
}

// flush codes what is begun, and what the codec still holds.
func (a *audio) flush() error {
	if err := a.complete(); err != nil {
		return err
	}
	return a.codec.flush(time.Time{})
}

// emit copies the AAC frame into Go memory, once, and hands it on.
func (a *audio) emit(data []byte, pts, dts int64, _ bool) {
	p := newPacket(data)
	p.Kind, p.Key, p.PTS, p.DTS = media.Audio, true, pts, dts
	p.Units = append(p.Units, p.data)
	a.out(&p.Packet)
}
