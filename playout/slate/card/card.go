// Package card draws the still pictures that airloom has of its own: the slate
// that airs when nothing can play, and the card that stands for an item which
// is sound alone.
//
// A card is drawn straight into the memory of a house picture, at house size,
// from a few shapes: no file, no font, no decoder and no libav, so that the
// slate's keeper and a clip's worker can both draw, at any time.
package card

import "airloom/playout/media"

// Slate draws the slate: airloom's mark and word on a calm dark ground. mem
// holds a tick in the layout l of the house h; the sound in it is not touched.
func Slate(mem []byte, h media.House, l media.Layout) {
	draw(mem, h, l, append(mark(), word()...))
}

// Sound draws the card for an item without picture, in the same memory.
func Sound(mem []byte, h media.House, l media.Layout) {
	draw(mem, h, l, bars())
}

// Black makes the picture black.
func Black(mem []byte, h media.House, l media.Layout) {
	fill(mem[:l.StrideY*h.Height], 16)
	fill(mem[l.OffU:l.OffU+l.StrideC*(h.Height/2)], 128)
	fill(mem[l.OffV:l.OffV+l.StrideC*(h.Height/2)], 128)
}

func fill(b []byte, v byte) {
	for i := range b {
		b[i] = v
	}
}
