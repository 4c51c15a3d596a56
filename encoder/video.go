package encoder

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/asticode/go-astiav"

	"airloom/playout/media"
)

// video codes pictures. Its time base is one tick.
type video struct {
	codec    *codec
	frame    *astiav.Frame // carries a reference to the picture, with a time of its own
	w, h     int
	gop      gop
	sps, pps []byte
	inside   []int64 // ticks whose pictures the codec still holds, oldest first
	out      func(*media.Packet)
}

// framed is a picture in libav memory, such as av.Picture.
type framed interface{ Frame() *astiav.Frame }

func openVideo(cfg Config) (*video, error) {
	opts := dictionary(cfg.videoOptions())
	defer opts.Free()
	c, err := openCodec(cfg.Video.Codec, cfg.prepareVideo, opts)
	if err != nil {
		return nil, err
	}
	v := &video{codec: c, w: cfg.House.Width, h: cfg.House.Height, gop: gop{keyint: int64(cfg.Video.Keyint)}}
	c.emit = v.emit
	for _, u := range split(c.ctx.ExtraData(), nil) {
		switch u[0] & 31 {
		case nalSPS:
			v.sps = slices.Clone(u)
		case nalPPS:
			v.pps = slices.Clone(u)
		}
	}
	if v.sps == nil || v.pps == nil {
		c.free()
		return nil, errors.New("it gave no H.264 parameter sets")
	}
	if v.frame = astiav.AllocFrame(); v.frame == nil {
		c.free()
		return nil, errors.New("out of memory")
	}
	media.Live.Frames.Add(1)
	return v, nil
}

func (v *video) free() {
	v.frame.Free()
	media.Live.Frames.Add(-1)
	v.codec.free()
}

// code codes the picture of tick n. The picture may be on air more than once,
// so its frame is not touched: a reference to it gets the time and the type.
func (v *video) code(n int64, p media.Picture, key bool) error {
	pic, ok := p.(framed)
	if !ok {
		return fmt.Errorf("a %T is not a picture the encoder can read", p)
	}
	f := pic.Frame()
	if f.Width() != v.w || f.Height() != v.h || f.PixelFormat() != astiav.PixelFormatYuv420P {
		return fmt.Errorf("a picture of %dx%d %s, where the house has %dx%d yuv420p", f.Width(), f.Height(), f.PixelFormat(), v.w, v.h)
	}
	if err := v.frame.Ref(f); err != nil {
		return err
	}
	v.frame.SetPts(n)
	v.frame.SetPictureType(astiav.PictureTypeNone)
	key = v.gop.due(n) || key
	if key {
		v.frame.SetPictureType(astiav.PictureTypeI)
	}
	v.inside = append(v.inside, n)
	err := v.codec.send(v.frame)
	v.frame.Unref()
	if err != nil {
		v.inside = slices.DeleteFunc(v.inside, func(m int64) bool { return m == n })
		return err
	}
	v.gop.coded(n)
	return nil
}

// flush has the codec give what it holds, and forgoes what is not out by then.
func (v *video) flush(until time.Time) error {
	if len(v.inside) == 0 || !time.Now().Before(until) {
		return nil
	}
	return v.codec.flush(until)
}

// holds reports whether pictures are still inside the codec.
func (v *video) holds() bool { return len(v.inside) > 0 }

// emit copies the coded picture into Go memory, once, and hands it on.
func (v *video) emit(data []byte, pts, dts int64, _ bool) {
	if i := slices.Index(v.inside, pts); i >= 0 {
		v.inside = slices.Delete(v.inside, i, i+1)
	}
	p := newPacket(data)
	p.Kind, p.PTS, p.DTS = media.Video, pts, dts
	p.Units = split(p.data, p.Units)
	if len(p.Units) > 1 && p.Units[0][0]&31 == nalSEI && p.Units[1][0]&31 == nalSPS {
		// With headers repeated, x264's first words come twice: libav's copy
		// of them stands where no SEI belongs.
		p.Units = p.Units[1:]
	}
	for _, u := range p.Units {
		p.Key = p.Key || u[0]&31 == nalIDR
	}
	v.out(&p.Packet)
}

// gop decides which pictures are keyframes: by the number of the tick, not of
// the picture, so that skipped pictures never stretch a group.
type gop struct {
	keyint int64
	last   int64
	any    bool
}

// due reports whether the picture of tick n has to be a keyframe: it is the
// first, stands on the grid, or is the first since the grid's last point.
func (g *gop) due(n int64) bool { return !g.any || n/g.keyint != g.last/g.keyint }

func (g *gop) coded(n int64) { g.last, g.any = n, true }
