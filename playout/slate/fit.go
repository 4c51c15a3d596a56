package slate

import (
	"fmt"

	"github.com/asticode/go-astiav"

	"airloom/playout/media"
	"airloom/playout/media/av"
)

// fit makes a house picture of any frame: the whole of it, in its shape, on
// black, in BT.709 limited range.
func fit(h media.House, f *astiav.Frame) (*av.Picture, error) {
	out := astiav.AllocFrame()
	defer out.Free()
	if err := filter(f, out, chain(h, f)); err != nil {
		return nil, err
	}
	size, err := out.ImageBufferSize(1)
	if err != nil {
		return nil, err
	}
	flat := make([]byte, size)
	if _, err := out.ImageCopyToBuffer(flat, 1); err != nil {
		return nil, err
	}
	return av.New(h, func(mem []byte, l media.Layout) {
		from := lines(mem, flat, h.Width, h.Height, l.StrideY)
		from = lines(mem[l.OffU:], from, h.Width/2, h.Height/2, l.StrideC)
		lines(mem[l.OffV:], from, h.Width/2, h.Height/2, l.StrideC)
	})
}

// lines copies a plane and returns what is left of from.
func lines(to, from []byte, width, height, stride int) []byte {
	for y := range height {
		copy(to[y*stride:], from[:width])
		from = from[width:]
	}
	return from
}

// chain is the filters that the frame needs.
func chain(h media.House, f *astiav.Frame) string {
	w, ht := inside(h, f)
	s := ""
	if f.PixelFormat().Descriptor().Flags().Has(astiav.PixelFormatDescriptorFlagAlpha) {
		// What is transparent becomes black.
		s = "format=gbrap,premultiply=inplace=1,format=gbrp,"
	}
	return s + fmt.Sprintf("scale=%d:%d:flags=lanczos+accurate_rnd+full_chroma_int:out_range=tv:out_color_matrix=bt709,"+
		"format=yuv420p,pad=%d:%d:%d:%d:black", w, ht, h.Width, h.Height, (h.Width-w)/4*2, (h.Height-ht)/4*2)
}

// inside is the size of the frame within the house picture: even, in its own
// shape as it is meant to be seen.
func inside(h media.House, f *astiav.Frame) (w, ht int) {
	num, den := int64(f.Width()), int64(f.Height())
	if sar := f.SampleAspectRatio(); sar.Num() > 0 && sar.Den() > 0 {
		num, den = num*int64(sar.Num()), den*int64(sar.Den())
	}
	w, ht = h.Width, even(int64(h.Width)*den, num)
	if ht > h.Height {
		w, ht = even(int64(h.Height)*num, den), h.Height
	}
	return w, ht
}

// even is the even number nearest to a/b, at least 2.
func even(a, b int64) int { return int(max(2, (a+b)/(2*b)*2)) }

// filter sends one frame through a chain of filters.
func filter(in, out *astiav.Frame, chain string) error {
	g := astiav.AllocFilterGraph()
	defer g.Free()
	src, err := g.NewBuffersrcFilterContext(astiav.FindFilterByName("buffer"), "in")
	if err != nil {
		return err
	}
	sink, err := g.NewBuffersinkFilterContext(astiav.FindFilterByName("buffersink"), "out")
	if err != nil {
		return err
	}
	p := astiav.AllocBuffersrcFilterContextParameters()
	defer p.Free()
	p.SetWidth(in.Width())
	p.SetHeight(in.Height())
	p.SetPixelFormat(in.PixelFormat())
	p.SetColorSpace(in.ColorSpace())
	p.SetColorRange(in.ColorRange())
	p.SetTimeBase(astiav.NewRational(1, 1))
	if err := src.SetParameters(p); err != nil {
		return err
	}
	if err := src.Initialize(nil); err != nil {
		return err
	}
	from, to := astiav.AllocFilterInOut(), astiav.AllocFilterInOut()
	defer from.Free()
	defer to.Free()
	from.SetName("in")
	from.SetFilterContext(src.FilterContext())
	to.SetName("out")
	to.SetFilterContext(sink.FilterContext())
	if err := g.Parse(chain, to, from); err != nil {
		return err
	}
	if err := g.Configure(); err != nil {
		return err
	}
	in.SetPts(0)
	if err := src.AddFrame(in, astiav.NewBuffersrcFlags()); err != nil {
		return err
	}
	if err := src.AddFrame(nil, astiav.NewBuffersrcFlags()); err != nil {
		return err
	}
	return sink.GetFrame(out, astiav.NewBuffersinkFlags())
}
