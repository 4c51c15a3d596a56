package clip

import (
	"errors"
	"fmt"
	"io"

	"github.com/asticode/go-astiav"

	"airloom/playout/media"
)

// deinterlacer stands between decoder and video. Progressive pictures pass it
// untouched; from the first interlaced one on, all go through bwdif, which
// leaves progressive ones as they are.
type deinterlacer struct {
	dec      *decoder
	doubled  bool // one picture a field: where the house has twice the rate
	graph    *graph
	shape    shape
	order    int // field order of the container, where the codec has none a picture
	used     bool
	finished bool
	hold     *astiav.Frame // what comes after the graph was drained for a change
}

func newDeinterlacer(dec *decoder, h media.House) *deinterlacer {
	d := &deinterlacer{dec: dec, order: -1}
	r := dec.track.mean
	// More than 1.5 times the source's rate.
	d.doubled = r.Num > 0 && h.FPS.Num*r.Den*2 > h.FPS.Den*r.Num*3
	switch dec.cc.CodecID() {
	case astiav.CodecIDRawvideo, astiav.CodecIDMjpeg, astiav.CodecIDV210, astiav.CodecIDFfv1, astiav.CodecIDHuffyuv:
		d.order = fieldOrder(dec.cc) // these do not say it themselves
	}
	return d
}

// next gives the next picture, progressive.
func (d *deinterlacer) next(f *astiav.Frame) error {
	for {
		if d.graph != nil {
			err := d.graph.pull(f)
			if err == nil {
				rescalePTS(f, d.graph.tb, d.dec.track.tb)
				return nil
			}
			if d.finished && d.hold == nil {
				return io.EOF
			}
			if errors.Is(err, astiav.ErrEof) {
				d.graph.close()
				d.graph = nil
			}
		}
		if d.hold != nil {
			f.MoveRef(d.hold)
			freeFrame(d.hold)
			d.hold = nil
		} else if err := d.dec.next(f); err != nil {
			if d.graph != nil && errors.Is(err, io.EOF) {
				d.finished = true
				_ = d.graph.push(nil)
				continue
			}
			return err
		}
		done, err := d.take(f)
		if done || err != nil {
			return err
		}
	}
}

// take passes a progressive picture on (done) or puts it into the graph.
func (d *deinterlacer) take(f *astiav.Frame) (done bool, err error) {
	s := stampOf(f)
	if d.order > fieldProgressive {
		s.interlaced, s.topFirst = true, d.order == fieldTT || d.order == fieldBT
		setFields(f, true, s.topFirst)
	}
	if d.graph == nil && !s.interlaced {
		return true, nil
	}
	f.SetPts(s.pts)
	sh := shapeOf(f)
	if d.graph != nil && sh != d.shape { // drain it first, then make another
		d.hold = newFrame()
		d.hold.MoveRef(f)
		return false, d.graph.push(nil)
	}
	if d.graph == nil {
		mode := "send_frame"
		if d.doubled {
			mode = "send_field"
		}
		d.graph, err = newGraph(f, d.dec.track.tb, fmt.Sprintf("bwdif=mode=%s:deint=interlaced", mode))
		if err != nil {
			return true, nil // a shape bwdif does not take airs as it is
		}
		d.shape, d.used = sh, true
	}
	if err := d.graph.push(f); err != nil {
		d.dec.errs++
	}
	return false, nil
}

// libav's AVFieldOrder.
const (
	fieldProgressive = 1
	fieldTT          = 2
	fieldBT          = 5
)

func rescalePTS(f *astiav.Frame, from, to media.Rational) {
	if from != to && f.Pts() != noPTS {
		setPTS(f, instant{2*f.Pts() + 1, media.Rational{Num: from.Num, Den: 2 * from.Den}}.in(to).pts)
	}
}

func (d *deinterlacer) reset() {
	if d.graph != nil {
		d.graph.close()
		d.graph = nil
	}
	freeFrame(d.hold)
	d.hold, d.finished = nil, false
}

func (d *deinterlacer) close() {
	if d != nil {
		d.reset()
	}
}
