package clip

import (
	"fmt"

	"github.com/asticode/go-astiav"

	"airloom/playout/media"
)

// normaliser turns pictures of any shape into house pictures, straight into the
// slot. What is a house picture already is copied and nothing else.
type normaliser struct {
	house  media.House
	layout media.Layout

	shape  shape
	fitted fitted
	graph  *graph // nil: the picture needs no work
	tone   bool   // HDR was mapped

	out *astiav.Frame // the last picture, ready
	of  *picture      // of which this is
}

func newNormaliser(h media.House) *normaliser {
	return &normaliser{house: h, layout: media.LayoutOf(h)}
}

// show renders a picture into the slot.
func (n *normaliser) show(p *picture, slot []byte) error {
	if n.of != p || n.out == nil {
		if err := n.prepare(p); err != nil {
			return err
		}
	}
	copyPicture(n.out, slot, n.house, n.layout, n.fitted.place)
	return nil
}

func (n *normaliser) prepare(p *picture) error {
	freeFrame(n.out)
	n.out, n.of = nil, nil
	f := newFrame()
	if err := f.Ref(p.frame); err != nil {
		freeFrame(f)
		return err
	}
	s := shapeOf(f)
	c := coloursOf(s)
	if n.shape != s || n.shape.width == 0 {
		if err := n.rebuild(f, s, c); err != nil {
			freeFrame(f)
			return err
		}
	}
	if n.graph != nil {
		setColours(f, c.rng, c.space, c.primaries, c.trc)
		f.SetPts(0)
		err := n.graph.push(f)
		if err == nil {
			err = n.graph.pull(f)
		}
		if err != nil {
			freeFrame(f)
			n.shape = shape{}
			return fmt.Errorf("a picture of %dx%d %s cannot be converted: %w", s.width, s.height, s.format, err)
		}
	}
	n.out, n.of = f, p
	return nil
}

// rebuild makes the graph for pictures of another shape.
func (n *normaliser) rebuild(f *astiav.Frame, s shape, c colours) error {
	n.drop()
	n.fitted = fit(n.house, s.width, s.height, s.sar, s.turn)
	n.shape = s
	if n.ready(s, c) {
		return nil
	}
	setColours(f, c.rng, c.space, c.primaries, c.trc)
	var err error
	n.graph, err = newGraph(f, media.Rational{Num: 1, Den: 25}, n.text(s, c))
	if err != nil {
		n.shape = shape{}
		return fmt.Errorf("pictures of %dx%d %s cannot be converted: %w", s.width, s.height, s.format, err)
	}
	n.tone = n.tone || c.hdr()
	return nil
}

// ready says that the pictures need nothing but a copy.
func (n *normaliser) ready(s shape, c colours) bool {
	return s.format == astiav.PixelFormatYuv420P && s.width == n.fitted.w && s.height == n.fitted.h && s.turn == turn{} &&
		c.rng == rangeLimited && c.space == space709 && !c.hdr() && !c.wide()
}

// text describes the way from such pictures to the house's colours and size.
func (n *normaliser) text(s shape, c colours) string {
	w, h := n.fitted.w, n.fitted.h
	if s.turn.transpose {
		w, h = h, w
	}
	text := ""
	if s.format.Descriptor().Flags().Has(astiav.PixelFormatDescriptorFlagAlpha) {
		// On black: the colour times its alpha, before scaling, or the colour
		// of what is not there would bleed in.
		text = "format=gbrap,premultiply=inplace=1,format=gbrp,"
	}
	switch {
	case c.hdr():
		// Scaled first, which is cheap, then made linear light; 203 nits, the
		// white of HDR graphics, become about the white of ours, and what is
		// brighter is rolled off.
		text += fmt.Sprintf("scale=w=%d:h=%d:flags=bicubic,zscale=t=linear:npl=203,format=gbrpf32le,zscale=p=bt709,"+
			"tonemap=tonemap=mobius:param=0.3:desat=0,zscale=t=bt709:m=bt709:p=bt709:r=limited:c=left", w, h)
	case c.wide():
		text += fmt.Sprintf("zscale=w=%d:h=%d:f=bicubic:t=bt709:m=bt709:p=bt709:r=limited:c=left", w, h)
	default:
		text += fmt.Sprintf("scale=w=%d:h=%d:flags=bicubic:out_color_matrix=bt709:out_range=tv", w, h)
	}
	return text + ",format=yuv420p" + s.turn.filters()
}

func (n *normaliser) drop() {
	if n.graph != nil {
		n.graph.close()
		n.graph = nil
	}
}

func (n *normaliser) close() {
	if n == nil {
		return
	}
	n.drop()
	freeFrame(n.out)
	n.out = nil
}
