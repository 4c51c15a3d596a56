package clip

import (
	"errors"
	"io"

	"github.com/asticode/go-astiav"
)

// threadsFor says how many threads a decoder may use: the machine is the
// encoder's as well, and each thread holds pictures of its own. One is enough up
// to 720p.
func threadsFor(par *astiav.CodecParameters) int {
	if par.Width()*par.Height() > 1280*720 {
		return 2
	}
	return 1
}

// decoder turns one track's packets into frames.
type decoder struct {
	cc      *astiav.CodecContext
	dm      *demux
	track   *track
	single  bool // one packet is all there is
	fed     bool // a packet came
	drained bool
	errs    int // decode errors so far
}

func newDecoder(dm *demux, t *track) (*decoder, error) {
	par := t.stream.CodecParameters()
	codec := astiav.FindDecoder(par.CodecID())
	if codec == nil {
		return nil, astiav.ErrDecoderNotFound
	}
	d := &decoder{cc: astiav.AllocCodecContext(codec), dm: dm, track: t}
	if err := d.cc.FromCodecParameters(par); err != nil {
		d.close()
		return nil, err
	}
	setupCodec(d.cc, t.tb, threadsFor(par))
	if err := d.cc.Open(codec, nil); err != nil {
		d.close()
		return nil, err
	}
	return d, nil
}

// next decodes one frame into f. io.EOF comes after the last; a fault of the
// data costs what it hits and nothing else.
func (d *decoder) next(f *astiav.Frame) error {
	for {
		err := d.cc.ReceiveFrame(f)
		switch {
		case err == nil:
			return nil
		case errors.Is(err, astiav.ErrEof):
			return io.EOF
		case errors.Is(err, astiav.ErrEagain):
		default:
			d.errs++
			if d.drained {
				return io.EOF
			}
		}
		if err := d.feed(); err != nil {
			return err
		}
	}
}

func (d *decoder) feed() error {
	if d.drained {
		return io.EOF
	}
	if d.single && d.fed {
		d.drained = true
		_ = d.cc.SendPacket(nil)
		return nil
	}
	p, err := d.dm.packet(d.track)
	if errors.Is(err, errStarved) {
		return err
	}
	if err != nil { // the file ends here, well or badly: what the decoder holds is still good
		d.drained = true
		_ = d.cc.SendPacket(nil)
		return nil
	}
	defer freePacket(p)
	d.fed = true
	if err := d.cc.SendPacket(p); err != nil && !errors.Is(err, astiav.ErrEagain) {
		d.errs++
	}
	return nil
}

// frameSize is how many samples a packet of sound holds; 0: it varies.
func (d *decoder) frameSize() int {
	if n := d.cc.FrameSize(); n > 0 {
		return n
	}
	switch d.cc.CodecID() {
	case astiav.CodecIDOpus:
		return 960 // 20 ms, what encoders make
	case astiav.CodecIDAc3, astiav.CodecIDEac3:
		return 1536
	}
	return d.track.stream.CodecParameters().FrameSize()
}

// flush forgets everything: after a seek.
func (d *decoder) flush() {
	flushCodec(d.cc)
	d.drained = false
}

func (d *decoder) close() {
	if d != nil && d.cc != nil {
		d.cc.Free()
		d.cc = nil
	}
}
