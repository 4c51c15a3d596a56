package clip

import (
	"errors"

	"github.com/asticode/go-astiav"

	"airloom/playout/media"
)

// graph is a filter graph with one way in and one way out, made for frames of
// one shape.
type graph struct {
	g    *astiav.FilterGraph
	in   *astiav.BuffersrcFilterContext
	out  *astiav.BuffersinkFilterContext
	tb   media.Rational // of what comes out
	from string
}

// newGraph makes the graph that the text describes for frames like f.
func newGraph(f *astiav.Frame, tb media.Rational, text string) (*graph, error) {
	g := &graph{g: astiav.AllocFilterGraph(), from: text}
	if g.g == nil {
		return nil, errors.New("no memory for a filter graph")
	}
	g.g.SetThreadCount(1)
	if err := g.build(f, tb, text); err != nil {
		g.close()
		return nil, err
	}
	g.tb = rational(g.out.TimeBase())
	return g, nil
}

func (g *graph) build(f *astiav.Frame, tb media.Rational, text string) (err error) {
	if g.in, err = g.g.NewBuffersrcFilterContext(astiav.FindFilterByName("buffer"), "in"); err != nil {
		return err
	}
	p := astiav.AllocBuffersrcFilterContextParameters()
	defer p.Free()
	p.SetWidth(f.Width())
	p.SetHeight(f.Height())
	p.SetPixelFormat(f.PixelFormat())
	p.SetTimeBase(astiav.NewRational(int(tb.Num), int(tb.Den)))
	p.SetSampleAspectRatio(f.SampleAspectRatio())
	p.SetColorSpace(f.ColorSpace())
	p.SetColorRange(f.ColorRange())
	if err = g.in.SetParameters(p); err != nil {
		return err
	}
	if err = g.in.Initialize(nil); err != nil {
		return err
	}
	if g.out, err = g.g.NewBuffersinkFilterContext(astiav.FindFilterByName("buffersink"), "out"); err != nil {
		return err
	}
	outs, ins := astiav.AllocFilterInOut(), astiav.AllocFilterInOut()
	defer outs.Free()
	defer ins.Free()
	outs.SetName("in")
	outs.SetFilterContext(g.in.FilterContext())
	outs.SetPadIdx(0)
	ins.SetName("out")
	ins.SetFilterContext(g.out.FilterContext())
	ins.SetPadIdx(0)
	if err = g.g.Parse(text, ins, outs); err != nil {
		return err
	}
	return g.g.Configure()
}

// push puts a frame in and lets go of it; nil ends the stream.
func (g *graph) push(f *astiav.Frame) error {
	err := g.in.AddFrame(f, astiav.NewBuffersrcFlags())
	if f != nil {
		f.Unref()
	}
	return err
}

// pull takes a frame out; astiav.ErrEagain while there is none.
func (g *graph) pull(f *astiav.Frame) error {
	return g.out.GetFrame(f, astiav.NewBuffersinkFlags())
}

func (g *graph) close() {
	g.g.Free()
	g.g = nil
}
